//! Circles in a log: a reading of it that says when an agent repeats itself.
//!
//! Successful calls count like refused ones: most models that are stuck read the same file for hours.
//! Reading, searching and planning what is new is progress however long it takes, and so is every
//! edit that leads to files which were not there before. Nothing here asks a clock or the
//! workspace, so that a log read again says the same.

use anchorhold_domain::{EventKind, LoopPattern, PauseReason, PlanStep, ToolOutcome};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// How often the same call may come to the same result while no file changes.
const SAME_CALL: u32 = 3;
/// How often two calls may take turns.
const ROUNDS: u32 = 3;
/// Calls in these rounds.
const WHOLE: usize = 2 * ROUNDS as usize;
/// How often the files may be again as they were.
const RETURNS: u32 = 2;
/// Requests that may pass without anything new; half of that once the agent was told.
const IDLE_REQUESTS: u32 = 12;
/// Edits of one file that may fail before one succeeds; half of that once the agent was told.
const FAILED_EDITS: u32 = 4;
/// Requests after which a call is no repetition of the one before, and a circle another one than that which
/// the agent was told of.
const FORGOTTEN_AFTER: u32 = 24;
/// Circles that an agent is told of before it is held.
const NOTICES: u32 = 3;
/// How much of a call's label is repeated to the model and the user, in bytes.
const LABEL: usize = 160;

/// A circle, and what is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Circle {
    /// How it goes round.
    pub(crate) pattern: LoopPattern,
    /// How many times.
    pub(crate) times: u32,
    /// What repeats, as the beginning of a sentence.
    pub(crate) what: String,
    /// Whether the agent was told before and goes on nevertheless.
    pub(crate) hold: bool,
}

/// What the log says of the calls since the user last said something.
#[derive(Debug, Default)]
pub(crate) struct Circles {
    /// The names of the tools that change files.
    edits: HashSet<String>,
    open: HashMap<String, Call>,
    /// Every call that was made, by its tool and arguments.
    made: HashSet<u64>,
    plans: HashSet<u64>,
    /// Calls with their results since files changed last, and the request that made each last.
    same: HashMap<u64, Same>,
    /// The last calls with their results, as many as two that take turns fill.
    last: Vec<(u64, String)>,
    /// Every tree there was.
    trees: HashSet<String>,
    tree: Option<String>,
    returns: u32,
    /// Refused edits by file.
    failed: HashMap<String, u32>,
    requests: u32,
    /// Requests since something new was done.
    idle: u32,
    notices: u32,
    /// The number of the request before which the agent was told last.
    told_at: Option<u32>,
    /// Why it was paused last, and whether it goes on by itself.
    paused: Option<(PauseReason, bool)>,
}

#[derive(Debug)]
struct Call {
    tool: String,
    arguments: String,
    label: String,
}

#[derive(Debug)]
struct Same {
    times: u32,
    request: u32,
    label: String,
}

impl Circles {
    /// Begins; `edits` names the tools that change files.
    pub(crate) fn new(edits: HashSet<String>) -> Self {
        Self { edits, ..Self::default() }
    }

    /// Takes an event; `tree` is the tree that its checkpoint holds, where it has one.
    pub(crate) fn take(&mut self, kind: &EventKind, tree: Option<String>) {
        match kind {
            EventKind::ModelAnswered { .. } => self.answered(),
            EventKind::ToolRequested { call, tool, label, arguments } => {
                let label = label.get(..label.floor_char_boundary(LABEL)).unwrap_or_default().to_owned();
                let made = Call { tool: tool.clone(), arguments: arguments.clone(), label };
                self.open.insert(call.clone(), made);
            }
            EventKind::ToolFinished { call, outcome, result, result_blob, .. } => {
                if let Some(call) = self.open.remove(call) {
                    self.finished(call, *outcome, hash(&(result, result_blob)), tree);
                }
            }
            EventKind::PlanChanged { steps } => self.planned(plan(steps)),
            // What was read before is not before the model any more, and may be read again.
            EventKind::ResultsShrunk { .. } | EventKind::Compacted { .. } => {
                self.same.clear();
                self.last.clear();
            }
            EventKind::LoopNoticed { .. } => self.told(),
            EventKind::Paused { reason, until, .. } => self.paused = Some((*reason, until.is_some())),
            EventKind::Resumed => {
                let by_itself = match self.paused.take() {
                    Some((PauseReason::Interrupted | PauseReason::Quota | PauseReason::Provider, _)) => true,
                    Some((PauseReason::User | PauseReason::Stopped | PauseReason::Question, until)) => until,
                    Some((PauseReason::Limit | PauseReason::Loop, until)) => until,
                    None => false,
                };
                if !by_itself {
                    self.begin_anew();
                }
            }
            // The user said something, so that the same thing may make sense again.
            EventKind::TurnStarted { .. } => self.begin_anew(),
            EventKind::QuestionAnswered { call, .. } => {
                self.open.remove(call);
                self.begin_anew();
            }
            _ => {}
        }
    }

    /// The circle that the agent goes in, if it does.
    pub(crate) fn found(&self) -> Option<Circle> {
        let (pattern, times, what) =
            self.failing().or_else(|| self.turns()).or_else(|| self.identical()).or_else(|| self.idling())?;
        let recent = self.told_at.is_some_and(|at| self.requests - at <= FORGOTTEN_AFTER);
        Some(Circle { pattern, times, what, hold: recent || self.notices >= NOTICES })
    }

    fn answered(&mut self) {
        self.requests = self.requests.saturating_add(1);
        self.idle = self.idle.saturating_add(1);
    }

    fn finished(&mut self, call: Call, outcome: ToolOutcome, result: u64, tree: Option<String>) {
        if outcome == ToolOutcome::Cancelled {
            return;
        }
        let made = hash(&(&call.tool, &call.arguments));
        let new = self.made.insert(made);
        let changed = tree.is_some() && tree != self.tree;
        if let Some(tree) = tree.filter(|_| changed) {
            self.same.clear();
            self.last.clear();
            if self.trees.insert(tree.clone()) {
                self.progress();
            } else {
                self.returns += 1;
            }
            self.tree = Some(tree);
        }
        if self.edits.contains(&call.tool) {
            let file = file(&call.arguments);
            match outcome {
                ToolOutcome::Refused => *self.failed.entry(file).or_default() += 1,
                ToolOutcome::Ok | ToolOutcome::Cancelled => drop(self.failed.remove(&file)),
            }
        } else if new && outcome == ToolOutcome::Ok {
            self.progress();
        }
        if !changed {
            self.repeated(hash(&(made, result)), call.label);
        }
    }

    fn planned(&mut self, plan: u64) {
        if self.plans.insert(plan) {
            self.progress();
        }
    }

    /// Counts a call that changed nothing; several of the same answer are one.
    fn repeated(&mut self, key: u64, label: String) {
        let request = self.requests;
        let same = self.same.entry(key).or_insert(Same { times: 0, request, label: label.clone() });
        if request - same.request > FORGOTTEN_AFTER {
            same.times = 0;
        }
        if same.times == 0 || same.request != request {
            same.times += 1;
            same.request = request;
        }
        if self.last.len() == WHOLE {
            self.last.remove(0);
        }
        self.last.push((key, label));
    }

    fn progress(&mut self) {
        self.idle = 0;
    }

    fn told(&mut self) {
        self.same.clear();
        self.last.clear();
        self.failed.clear();
        self.returns = 0;
        self.idle = 0;
        self.notices += 1;
        self.told_at = Some(self.requests);
    }

    fn begin_anew(&mut self) {
        let edits = std::mem::take(&mut self.edits);
        let (open, tree) = (std::mem::take(&mut self.open), self.tree.take());
        *self = Self { edits, open, tree, ..Self::default() };
    }

    fn failing(&self) -> Option<(LoopPattern, u32, String)> {
        let most = self.patience(FAILED_EDITS);
        // By its name where two are equal, so that a log read again says the same.
        let (file, times) = self.failed.iter().max_by_key(|(file, times)| (**times, *file))?;
        let file = if file.is_empty() { "a file" } else { file };
        let what = format!("{times} edits of {file} were refused, one after the other");
        (*times >= most).then_some((LoopPattern::NoProgress, *times, what))
    }

    fn turns(&self) -> Option<(LoopPattern, u32, String)> {
        if self.returns >= RETURNS {
            let what = format!("{} times now the files are again as they were before", self.returns);
            return Some((LoopPattern::PingPong, self.returns, what));
        }
        let [.., (_, one), (_, other)] = self.last.as_slice() else { return None };
        (self.in_turn() >= WHOLE).then(|| {
            let what = format!("{ROUNDS} times now “{one}” and “{other}” took turns with the same results");
            (LoopPattern::PingPong, ROUNDS, what)
        })
    }

    fn identical(&self) -> Option<(LoopPattern, u32, String)> {
        let (_, same) = self.same.iter().max_by_key(|(key, same)| (same.times, **key))?;
        // Two calls in turn have a name of their own, which is clear a call or two later.
        let in_turn = (4..WHOLE).contains(&self.in_turn());
        let what = format!("{} times now “{}” came to the same result", same.times, same.label);
        (same.times >= SAME_CALL && !in_turn).then_some((LoopPattern::Identical, same.times, what))
    }

    fn idling(&self) -> Option<(LoopPattern, u32, String)> {
        let what = format!(
            "{} answers in a row changed nothing and read nothing that was not read before",
            self.idle
        );
        (self.idle >= self.patience(IDLE_REQUESTS)).then_some((LoopPattern::NoProgress, self.idle, what))
    }

    /// How many of the last calls are two different ones in turn.
    fn in_turn(&self) -> usize {
        let mut keys = self.last.iter().rev().map(|(key, _)| *key);
        let (Some(last), Some(before)) = (keys.next(), keys.next()) else { return 0 };
        if last == before {
            return 0;
        }
        2 + keys.zip([last, before].into_iter().cycle()).take_while(|(key, expected)| key == expected).count()
    }

    fn patience(&self, usual: u32) -> u32 {
        if self.told_at.is_some() { usual / 2 } else { usual }
    }
}

/// The file that an edit is about; empty where the arguments do not say it.
fn file(arguments: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(arguments).unwrap_or_default();
    let named = ["path", "from"].iter().find_map(|name| value.get(name)?.as_str());
    let named = named.unwrap_or_default();
    named.get(..named.floor_char_boundary(LABEL)).unwrap_or_default().to_owned()
}

fn plan(steps: &[PlanStep]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for step in steps {
        (&step.text, step.status as u8).hash(&mut hasher);
    }
    hasher.finish()
}

/// Kept in memory alone, so that it need not stay the same from one version to the next.
fn hash(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
#[path = "loops_tests.rs"]
mod tests;
