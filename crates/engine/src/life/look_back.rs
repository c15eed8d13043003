//! What a run has to know of its log to keep limits and to see circles: read when it begins, and kept up
//! with what was added since. Nothing of it is kept anywhere else, so that a crash loses nothing.

use super::Life;
use super::turns::Run;
use crate::EngineError;
use crate::loops::Circles;
use anchorhold_domain::{Event, EventKind, LimitKind, PauseReason, Timestamp};
use std::collections::{HashMap, HashSet};

/// A reading of the log up to an event.
#[derive(Debug, Default)]
pub(super) struct LookBack {
    /// The number of that event.
    seen: u32,
    /// The limits that the user was warned of: which, how much it was, and when.
    pub(super) warned: Vec<(LimitKind, u32, Timestamp)>,
    /// The limit that held the agent last, until the model answers.
    pub(super) held_by: Option<LimitKind>,
    /// Tokens that the last request read; at least as many are read by the next.
    pub(super) last_input: u32,
    /// Answers in a row that said nothing and asked for nothing.
    pub(super) silent: u32,
    /// Whether the model answered since the run went on last.
    pub(super) answered: bool,
    pub(super) circles: Option<Circles>,
}

impl LookBack {
    /// Reads a whole log, circles left out.
    pub(super) fn over(events: &[Event]) -> Self {
        let mut read = Self::default();
        events.iter().for_each(|event| read.take(event, None));
        read
    }

    fn take(&mut self, event: &Event, tree: Option<String>) {
        self.seen = event.seq;
        if let Some(circles) = &mut self.circles {
            circles.take(&event.kind, tree);
        }
        match &event.kind {
            EventKind::LimitNeared { limit, most, .. } => self.warned.push((*limit, *most, event.at)),
            EventKind::Paused { reason: PauseReason::Limit, limit, .. } => self.held_by = *limit,
            EventKind::ModelAnswered { text, usage, .. } => {
                self.held_by = None;
                self.answered = true;
                self.last_input = usage.input_tokens;
                self.silent = if text.trim().is_empty() { self.silent.saturating_add(1) } else { 0 };
            }
            EventKind::ResultsShrunk { .. } | EventKind::Compacted { .. } => self.last_input = 0,
            EventKind::ToolRequested { .. } | EventKind::TurnStarted { .. } | EventKind::Completed { .. } => {
                self.silent = 0
            }
            // It is told once more before it is held again.
            EventKind::Resumed => {
                self.silent = self.silent.min(1);
                self.answered = false;
            }
            _ => {}
        }
    }
}

impl Life {
    /// Reads what was added to the log.
    pub(super) async fn look_back(&self, run: &mut Run) -> Result<(), EngineError> {
        let log = &self.resident.log;
        if run.look_back.circles.is_none() {
            let edits: HashSet<String> =
                run.tools.iter().filter(|tool| tool.edits()).map(|tool| tool.name().to_owned()).collect();
            run.look_back.circles = Some(Circles::new(edits));
        }
        if self.agent().last_seq == run.look_back.seen {
            return Ok(());
        }
        let events = log.after(run.look_back.seen).await?;
        let mut trees = self.trees(run, &events).await?;
        for event in &events {
            let tree = match &event.kind {
                EventKind::ToolFinished { checkpoint: Some(commit), .. } => trees.remove(commit),
                _ => None,
            };
            run.look_back.take(event, tree);
        }
        Ok(())
    }

    /// The trees of the checkpoints in these events, by their commits.
    async fn trees(&self, run: &Run, events: &[Event]) -> Result<HashMap<String, String>, EngineError> {
        let commits = events.iter().filter_map(|event| match &event.kind {
            EventKind::ToolFinished { checkpoint, .. } => checkpoint.clone(),
            _ => None,
        });
        let (mut known, mut unknown) = (HashMap::new(), Vec::new());
        for commit in commits {
            match run.workspace.tree_of(&commit) {
                Some(tree) => drop(known.insert(commit, tree)),
                None => unknown.push(commit),
            }
        }
        if unknown.is_empty() {
            return Ok(known);
        }
        let (mirror, _) = run.workspace.source();
        let looking = tokio::task::spawn_blocking(move || {
            for commit in unknown {
                // One that is not in the mirror any more says nothing about circles.
                if let Ok(tree) = mirror.tree_of(&commit) {
                    known.insert(commit, tree);
                }
            }
            known
        });
        looking.await.map_err(|_| EngineError::Panicked { verb: "read the checkpoints" })
    }
}
