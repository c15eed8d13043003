//! The text of a pull request: what the agent says it did, the repository's template, and where it comes
//! from. The last stands between two marks, so that it can be replaced and the rest is left as it is.

use super::calm;
use anchorhold_domain::{Agent, Event, EventKind};

const BEGIN: &str = "<!-- anchorhold -->";
const END: &str = "<!-- /anchorhold -->";
/// How much of the agent's own words is sent, in bytes.
const MOST_WORDS: usize = 16 * 1024;
/// The longest text that GitHub takes, in characters.
pub(super) const LONGEST: usize = 65_536;
/// The longest title that GitHub takes, in characters.
pub(super) const LONGEST_TITLE: usize = 256;
const LONGEST_SUBJECT: usize = 72;

/// What the log says of the work as a whole.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// What the agent said last that it did.
    summary: String,
    /// What it could not verify.
    unverified: Option<String>,
    /// Instructions that it worked on.
    instructions: usize,
    /// The tree that was pushed last.
    tree: Option<String>,
}

impl Work {
    /// Reads the log.
    pub(super) fn read(events: &[Event]) -> Self {
        let mut work = Self::default();
        let mut sent = None;
        for event in events {
            match &event.kind {
                EventKind::TurnStarted { .. } => work.instructions += 1,
                EventKind::Completed { summary, unverified } => {
                    work.summary.clone_from(summary);
                    work.unverified.clone_from(unverified);
                }
                EventKind::PushStarted { tree, .. } => sent = Some(tree.clone()),
                EventKind::PushCompleted { .. } => work.tree.clone_from(&sent),
                _ => {}
            }
        }
        work
    }
}

/// Returns a title: what the agent said it did, where that is one short line, else its name.
pub(super) fn title(agent: &Agent, work: &Work) -> String {
    let first = calm::line(work.summary.lines().next().unwrap_or_default(), LONGEST_SUBJECT);
    let sentence = first.split_once(". ").map_or(first.as_str(), |(sentence, _)| sentence);
    let sentence = sentence.trim_end_matches('.');
    let chosen =
        if sentence.is_empty() || sentence.ends_with('…') { agent.name.as_str() } else { sentence };
    calm::plain(&calm::line(chosen, LONGEST_TITLE))
}

/// Returns the whole text.
pub(super) fn text(agent: &Agent, work: &Work, template: Option<&str>) -> String {
    let provenance = provenance(agent, work);
    // What is calmed grows a little.
    let words = cut(&calm::markdown(&cut(work.summary.trim(), MOST_WORDS)), MOST_WORDS);
    let mut parts = vec![words];
    if let Some(template) = template {
        let left =
            LONGEST.saturating_sub(provenance.len() + parts.iter().map(String::len).sum::<usize>() + 8);
        parts.push(cut(template.trim(), left));
    }
    parts.push(provenance);
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

/// Puts a new provenance in the place of the old one; `None` where somebody took that away.
pub(super) fn renewed(body: &str, agent: &Agent, work: &Work) -> Option<String> {
    let begin = body.rfind(BEGIN)?;
    let end = begin + body.get(begin..)?.find(END)? + END.len();
    let (before, after) = (body.get(..begin)?, body.get(end..)?);
    let renewed = format!("{before}{}{after}", provenance(agent, work));
    (renewed.chars().count() <= LONGEST).then_some(renewed)
}

fn provenance(agent: &Agent, work: &Work) -> String {
    let name = |text: &str| calm::markdown(&calm::line(text, 200)).replace(['*', '[', ']'], " ");
    let base =
        agent.base_commit.as_deref().and_then(|commit| commit.get(..10)).unwrap_or("an unknown commit");
    let instructions = match work.instructions {
        1 => "one instruction".to_owned(),
        count => format!("{count} instructions"),
    };
    let mut text = format!(
        "{BEGIN}\n---\nMade by the agent “{}” of Anchorhold with {} of {}, from {base} of `{}`, on {instructions}.",
        name(&agent.name),
        name(&agent.model.name),
        name(&agent.model.provider),
        agent.source_branch.replace('`', "'"),
    );
    if let Some(tree) = &work.tree {
        text.push_str(&format!(" The tree that was pushed is `{tree}`."));
    }
    text.push_str("\nThe agent could not execute code.");
    if let Some(unverified) = &work.unverified {
        text.push_str(&format!(" Not verified: {}", calm::markdown(&calm::line(unverified, 2_000))));
    }
    text.push_str(&format!("\n{END}"));
    text
}

/// At most so many bytes of a text, whole characters.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    format!("{}…", text.get(..text.floor_char_boundary(most.saturating_sub(4))).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{END, LONGEST, Work, renewed, text, title};
    use crate::log::tests::log;
    use anchorhold_domain::Agent;

    async fn agent() -> Agent {
        let (log, _place) = log().await;
        Agent { base_commit: Some("0123456789abcdef".to_owned()), ..Agent::clone(&log.latest()) }
    }

    fn work(summary: &str) -> Work {
        Work {
            summary: summary.to_owned(),
            unverified: Some("whether it builds, @octocat".to_owned()),
            instructions: 2,
            tree: Some("t1".to_owned()),
        }
    }

    const PROVENANCE: &str = "<!-- anchorhold -->\n---\nMade by the agent “Errand” of Anchorhold with demo of scripted, \
        from 0123456789 of `main`, on 2 instructions. The tree that was pushed is `t1`.\nThe agent could not \
        execute code. Not verified: whether it builds, @\u{200b}octocat\n<!-- /anchorhold -->";

    #[tokio::test]
    async fn a_text_is_the_agents_words_the_template_and_where_it_comes_from() {
        let agent = agent().await;
        let whole =
            text(&agent, &work("Done, @octocat. Fixes #3\n<!-- anchorhold -->"), Some("## Checklist\n"));
        let words = "Done, @\u{200b}octocat. Fixes #\u{200b}3\n<\u{200b}!-- anchorhold -->";
        assert_eq!(whole, format!("{words}\n\n## Checklist\n\n{PROVENANCE}"));
    }

    #[tokio::test]
    async fn whatever_the_agent_says_there_is_room_for_the_whole_provenance() {
        let agent = agent().await;
        for words in ["@a ".repeat(2_700), "@".repeat(20_000)] {
            let work = work(&format!("{}\n{words}", "`".repeat(8_000)));
            let work = Work { unverified: Some(words), ..work };
            let whole = text(&agent, &work, Some(&"é".repeat(LONGEST)));
            assert!(whole.chars().count() <= LONGEST, "{}", whole.chars().count());
            assert!(whole.ends_with(END) && renewed(&whole, &agent, &work).is_some());
        }
    }

    #[tokio::test]
    async fn what_the_user_wrote_around_the_provenance_stays_and_one_that_was_taken_away_stays_away() {
        let agent = agent().await;
        let old = "Mine.\n\n<!-- anchorhold -->\nold\n<!-- /anchorhold -->\nand below\n";
        assert_eq!(renewed(old, &agent, &work("")).unwrap(), format!("Mine.\n\n{PROVENANCE}\nand below\n"));
        assert_eq!(renewed("Mine.", &agent, &work("")), None);
        assert_eq!(renewed("<!-- anchorhold --> and no end", &agent, &work("")), None);
    }

    #[tokio::test]
    async fn a_title_is_the_summary_where_that_is_short_and_else_the_agents_name() {
        let agent = agent().await;
        assert_eq!(title(&agent, &work("Renames the crate. And more.")), "Renames the crate");
        assert_eq!(title(&agent, &work("")), "Errand");
        assert_eq!(title(&agent, &work(&"long ".repeat(30))), "Errand");
        assert_eq!(title(&agent, &work("Fixes #3 for @octocat")), "Fixes issue #3 for @ octocat");
    }
}
