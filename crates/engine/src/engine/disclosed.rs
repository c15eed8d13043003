//! Which files' text went to which provider, and which files can be mentioned.

use super::Engine;
use crate::EngineError;
use crate::rules::Rules;
use anchorhold_domain::{AgentId, Disclosure, Event, EventKind, ModelChoice};
use std::collections::{HashMap, HashSet};

impl Engine {
    /// Returns the files whose text was sent to a model, by file and provider, as the log tells.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn disclosures(&self, id: AgentId) -> Result<Vec<Disclosure>, EngineError> {
        let model = self.agent(id).await?.model.clone();
        Ok(disclosures(&self.events(id, 0).await?, model))
    }

    /// Returns paths of the agent's workspace that match what was typed behind an `@`, the best first.
    ///
    /// # Errors
    /// Those of the repository.
    pub async fn mentionable(&self, id: AgentId, typed: &str) -> Result<Vec<String>, EngineError> {
        let agent = self.agent(id).await?;
        // Before the first start there is no tree to look into.
        let Some(base) = agent.base_tree.clone() else { return Ok(Vec::new()) };
        let shared = std::sync::Arc::clone(&self.shared);
        let mirror = shared.mirror(&agent.github_repo).await?;
        let typed = typed.to_owned();
        let looking = tokio::task::spawn_blocking(move || {
            let tree = match &agent.checkpoint {
                Some(commit) => mirror.tree_of(commit)?,
                None => base,
            };
            let paths = shared.mentionable.of(&tree, &agent.files.excluded, || {
                Ok::<_, EngineError>((mirror.paths(&tree)?, Rules::read(&agent.files)?))
            })?;
            Ok(paths.matching(&typed))
        });
        looking.await.map_err(|_| EngineError::Panicked { verb: "look for files" })?
    }
}

/// Something of a file that stands in the conversation.
struct Told {
    path: String,
    by: String,
    /// The call whose result it is; a cut result is sent to nobody any more.
    call: Option<String>,
    seq: u32,
}

/// Reads a log: what was put into the conversation went to the model of that moment, and to each one that
/// was asked afterwards as long as it stood there. Nothing that is cut later was not sent, and where it is
/// not known whether something was cut it was sent.
fn disclosures(events: &[Event], model: ModelChoice) -> Vec<Disclosure> {
    let mut model = events.iter().find_map(created).unwrap_or(model);
    let mut list = List::default();
    let mut told: Vec<Told> = Vec::new();
    let mut tools: HashMap<&str, &str> = HashMap::new();
    // Some servers count their calls anew in each answer, so that a cut of one says nothing of which.
    let mut ambiguous: HashSet<&str> = HashSet::new();
    for event in events {
        let mut tell = |path: &String, by: &str, call: Option<&String>| {
            list.add(&model, path, by, event.seq);
            told.push(Told { path: path.clone(), by: by.to_owned(), call: call.cloned(), seq: event.seq });
        };
        match &event.kind {
            EventKind::PromptPrepared { guidance, .. } => {
                guidance.iter().for_each(|path| tell(path, "guidance", None));
            }
            EventKind::TurnStarted { shown, .. } => shown.iter().for_each(|path| tell(path, "mention", None)),
            EventKind::ToolRequested { call, tool, .. } => {
                let again = tools.insert(call, tool).is_some();
                if again {
                    ambiguous.insert(call);
                }
            }
            EventKind::ToolFinished { call, shown, .. } => {
                let tool = tools.get(call.as_str()).copied().unwrap_or("tool");
                shown.iter().for_each(|path| tell(path, tool, Some(call)));
            }
            EventKind::ResultsShrunk { calls, .. } => {
                told.retain(|told| {
                    let cut = |call: &String| calls.contains(call) && !ambiguous.contains(call.as_str());
                    !told.call.as_ref().is_some_and(cut)
                });
            }
            // What the user said stays, and with it what was attached to it.
            EventKind::Compacted { through, .. } => {
                told.retain(|told| told.call.is_none() || told.seq > *through);
            }
            EventKind::ModelSelected { model: next, .. } | EventKind::ModelChanged { model: next, .. } => {
                if (&next.provider, &next.base_url) != (&model.provider, &model.base_url) {
                    // The conversation goes to another one, with everything in it.
                    told.iter().for_each(|told| list.add(next, &told.path, &told.by, event.seq));
                }
                model = next.clone();
            }
            _ => {}
        }
    }
    list.0
}

fn created(event: &Event) -> Option<ModelChoice> {
    match &event.kind {
        EventKind::Created { agent: Some(agent), .. } => Some(agent.model.clone()),
        _ => None,
    }
}

/// Disclosures in the order in which they first happened.
#[derive(Default)]
struct List(Vec<Disclosure>, HashMap<(String, String, Option<String>), usize>);

impl List {
    fn add(&mut self, model: &ModelChoice, path: &str, by: &str, seq: u32) {
        let key = (path.to_owned(), model.provider.clone(), model.base_url.clone());
        let place = *self.1.entry(key).or_insert_with(|| {
            self.0.push(Disclosure {
                path: path.to_owned(),
                provider: model.provider.clone(),
                base_url: model.base_url.clone(),
                by: Vec::new(),
                first_seq: seq,
                times: 0,
            });
            self.0.len() - 1
        });
        if let Some(found) = self.0.get_mut(place) {
            found.times = found.times.saturating_add(1);
            if !found.by.iter().any(|known| known == by) {
                found.by.push(by.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::disclosures;
    use anchorhold_domain::{Event, EventKind, InstructionId, ModelChoice, Timestamp, ToolOutcome, Usage};
    use uuid::Uuid;

    fn model(provider: &str) -> ModelChoice {
        ModelChoice {
            provider: provider.to_owned(),
            name: "any".to_owned(),
            base_url: None,
            wire: None,
            effort: None,
        }
    }

    fn selected(provider: &str) -> EventKind {
        EventKind::ModelSelected {
            model: model(provider),
            window: None,
            output_limit: None,
            priced: false,
            fault: None,
        }
    }

    fn called(call: &str, tool: &str) -> EventKind {
        EventKind::ToolRequested {
            call: call.to_owned(),
            tool: tool.to_owned(),
            label: String::new(),
            arguments: String::new(),
        }
    }

    fn finished(call: &str, shown: &[&str]) -> EventKind {
        EventKind::ToolFinished {
            call: call.to_owned(),
            outcome: ToolOutcome::Ok,
            result: String::new(),
            result_blob: None,
            duration_ms: 0,
            edited: vec![],
            checkpoint: None,
            files_changed: 0,
            shown: shown.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    fn turn(shown: &str) -> EventKind {
        EventKind::TurnStarted {
            instruction: InstructionId(Uuid::nil()),
            text: String::new(),
            shown: vec![shown.to_owned()],
            attached: None,
        }
    }

    fn prompt() -> EventKind {
        EventKind::PromptPrepared {
            blob: String::new(),
            guidance: vec!["AGENTS.md".to_owned()],
            mapped: 1,
            excluded: 0,
        }
    }

    #[track_caller]
    fn check(kinds: Vec<EventKind>, expected: &[&str]) {
        let events: Vec<Event> =
            (1..).zip(kinds).map(|(seq, kind)| Event { seq, at: Timestamp(0), kind }).collect();
        let told: Vec<String> = disclosures(&events, model("one"))
            .into_iter()
            .map(|d| {
                format!(
                    "{} to {} by {} from {}, {}",
                    d.path,
                    d.provider,
                    d.by.join("+"),
                    d.first_seq,
                    d.times
                )
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn each_file_is_told_with_who_was_sent_it_by_what_and_how_often() {
        check(
            vec![
                prompt(),
                turn("a.rs"),
                called("1", "read_file"),
                called("2", "search"),
                finished("1", &["a.rs"]),
                finished("2", &["a.rs", "b.rs"]),
            ],
            &[
                "AGENTS.md to one by guidance from 1, 1",
                "a.rs to one by mention+read_file+search from 2, 3",
                "b.rs to one by search from 6, 1",
            ],
        );
    }

    #[test]
    fn another_provider_is_sent_what_stands_in_the_conversation_by_then() {
        check(
            vec![
                prompt(),
                called("1", "read_file"),
                finished("1", &["a.rs"]),
                called("2", "read_file"),
                finished("2", &["b.rs"]),
                EventKind::ResultsShrunk { calls: vec!["1".to_owned()], tokens_before: 2, tokens_after: 1 },
                selected("one"),
                selected("two"),
            ],
            &[
                "AGENTS.md to one by guidance from 1, 1",
                "a.rs to one by read_file from 3, 1",
                "b.rs to one by read_file from 5, 1",
                "AGENTS.md to two by guidance from 8, 1",
                "b.rs to two by read_file from 8, 1",
            ],
        );
    }

    #[test]
    fn a_call_that_shares_its_id_with_another_is_not_taken_for_the_one_that_was_cut() {
        check(
            vec![
                called("0", "read_file"),
                finished("0", &["a.rs"]),
                called("0", "read_file"),
                finished("0", &["b.rs"]),
                EventKind::ResultsShrunk { calls: vec!["0".to_owned()], tokens_before: 2, tokens_after: 1 },
                selected("two"),
            ],
            &[
                "a.rs to one by read_file from 2, 1",
                "b.rs to one by read_file from 4, 1",
                "a.rs to two by read_file from 6, 1",
                "b.rs to two by read_file from 6, 1",
            ],
        );
    }

    #[test]
    fn a_summary_takes_nothing_back_that_was_sent() {
        let compacted = EventKind::Compacted {
            through: 2,
            summary: String::new(),
            tokens_before: 2,
            tokens_after: 1,
            usage: Usage::default(),
            cost: None,
        };
        check(
            vec![called("1", "read_file"), finished("1", &["a.rs"]), compacted, selected("two")],
            &["a.rs to one by read_file from 2, 1"],
        );
    }
}
