//! What the commits of a push say, and where in the log each ends.

use super::calm;
use crate::history;
use anchorhold_domain::{Agent, CommitStyle, Event, EventKind};
use anchorhold_repo::CommitToMake;

/// The longest subject made of an instruction, in characters; git's own tools cut longer ones.
const LONGEST_SUBJECT: usize = 72;
/// More than these are one commit.
const MOST_COMMITS: usize = 100;

/// The work on one instruction since the last push, or all work up to a re-application.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The instruction's words; none where it is more than one.
    text: Option<String>,
    /// What the model says it did.
    summaries: Vec<String>,
    /// The last checkpoint in it; none where it changed nothing.
    checkpoint: Option<String>,
}

/// Reads what was worked on since the last push.
pub(super) fn stretches(events: &[Event]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut current: Option<String> = None;
    for event in events {
        match &event.kind {
            EventKind::TurnStarted { text, .. } => {
                current = Some(text.clone());
                stretches.push(Stretch { text: Some(text.clone()), ..Stretch::default() });
            }
            EventKind::ToolRequested { tool, arguments, .. } if tool == "finish" => {
                if let Some((summary, _)) = history::finish(arguments) {
                    last(&mut stretches, current.as_ref()).summaries.push(summary.trim().to_owned());
                }
            }
            EventKind::ToolFinished { checkpoint: Some(commit), .. } => {
                last(&mut stretches, current.as_ref()).checkpoint = Some(commit.clone());
            }
            // The trees before do not hold what others did.
            EventKind::Reapplied { checkpoint, .. } => {
                let summaries = stretches.drain(..).flat_map(|stretch| stretch.summaries).collect();
                stretches.push(Stretch { text: None, summaries, checkpoint: Some(checkpoint.clone()) });
            }
            EventKind::PushCompleted { .. } => stretches.clear(),
            _ => {}
        }
    }
    stretches
}

/// Plans the commits from `parent_tree` to `tree`, the last of which has that tree.
///
/// `tree_of` reads a checkpoint.
pub(super) fn commits<E>(
    agent: &Agent,
    stretches: &[Stretch],
    parent_tree: &str,
    tree: &str,
    tree_of: impl Fn(&str) -> Result<String, E>,
) -> Result<Vec<CommitToMake>, E> {
    let mut commits = Vec::new();
    if agent.delivery.commits == CommitStyle::PerInstruction {
        let mut before = parent_tree.to_owned();
        for stretch in stretches {
            let Some(checkpoint) = &stretch.checkpoint else { continue };
            let after = tree_of(checkpoint)?;
            if after != before {
                commits.push(CommitToMake { tree: after.clone(), message: message_of(agent, stretch) });
                before = after;
            }
        }
        if before != tree || commits.len() > MOST_COMMITS {
            commits.clear();
        }
    }
    if commits.is_empty() {
        let summaries: Vec<&str> =
            stretches.iter().flat_map(|stretch| &stretch.summaries).map(String::as_str).collect();
        commits
            .push(CommitToMake { tree: tree.to_owned(), message: message(agent, &agent.name, &summaries) });
    }
    Ok(commits)
}

/// One message in place of several.
pub(super) fn joined(commits: &[CommitToMake]) -> String {
    commits.iter().map(|commit| commit.message.trim_end()).collect::<Vec<_>>().join("\n\n") + "\n"
}

fn last<'a>(stretches: &'a mut Vec<Stretch>, current: Option<&String>) -> &'a mut Stretch {
    // An instruction that was pushed in the middle goes on.
    if stretches.is_empty() {
        stretches.push(Stretch { text: current.cloned(), ..Stretch::default() });
    }
    match stretches.last_mut() {
        Some(last) => last,
        None => unreachable!("one was added above"),
    }
}

fn message_of(agent: &Agent, stretch: &Stretch) -> String {
    let subject = stretch.text.as_deref().and_then(|text| text.lines().find(|line| !line.trim().is_empty()));
    let summaries: Vec<&str> = stretch.summaries.iter().map(String::as_str).collect();
    message(agent, &calm::line(subject.unwrap_or(&agent.name), LONGEST_SUBJECT), &summaries)
}

/// A subject, what the agent said it did as the body, and who did it where the user wants that said.
fn message(agent: &Agent, subject: &str, summaries: &[&str]) -> String {
    let mut text = match summaries {
        [] => format!("{subject}\n"),
        [summary] => format!("{subject}\n\n{summary}\n"),
        several => {
            let list: String = several.iter().map(|summary| format!("- {summary}\n")).collect();
            format!("{subject}\n\n{list}")
        }
    };
    text = calm::plain(&text);
    if agent.delivery.trailer {
        let model = calm::line(&format!("{}/{}", agent.model.provider, agent.model.name), 200);
        text.push_str(&format!("\nAgent: Anchorhold ({model})\n"));
    }
    // No commit can hold what its writers could not have typed.
    text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect()
}
