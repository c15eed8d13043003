//! What people and programs read on standard output.

#[cfg(test)]
mod tests;

use crate::exit::Exit;
use anchorhold_domain::{
    CellFact, ChecksState, ClonePhase, DeliveryStep, Event, EventKind, FactVerdict, Fault, Feedback,
    FeedbackKind, LimitKind, PlanStep, PullRequest, PullRequestState, Signal, StepStatus, Timestamp,
    ToolOutcome, Withheld,
};
use anchorhold_engine::{make_visible, visible_text};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::io::{Write, stderr, stdout};
use std::time::Duration;

/// Prints a log, line by line.
pub(crate) struct Log {
    json: bool,
    began: Option<Timestamp>,
    labels: HashMap<String, String>,
    task_queued: bool,
    /// The last event that was printed.
    last_seq: u32,
    progress: ProgressBar,
}

impl Log {
    pub(crate) fn new(json: bool) -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        // Drawn on standard error, and only where that is a terminal.
        let progress =
            if json { ProgressBar::hidden() } else { ProgressBar::new_spinner().with_style(style) };
        Self { json, began: None, labels: HashMap::new(), task_queued: false, last_seq: 0, progress }
    }

    /// A log whose beginning was printed before, the task with it.
    pub(crate) fn resumed(json: bool) -> Self {
        Self { task_queued: true, ..Self::new(json) }
    }

    /// Prints an event: as JSON, or as a line with the seconds since the first one.
    pub(crate) fn event(&mut self, event: &Event) {
        self.last_seq = event.seq;
        if self.json {
            json(event);
            return;
        }
        let began = *self.began.get_or_insert(event.at);
        let seconds = Duration::from_millis((event.at.0 - began.0).max(0).unsigned_abs()).as_secs_f64();
        if let Some(text) = self.text(&event.kind, event.at) {
            self.progress.set_message("");
            self.progress.suspend(|| line(logged(seconds, &text)));
        }
    }

    /// The number of the last event that was printed.
    pub(crate) fn last_seq(&self) -> u32 {
        self.last_seq
    }

    /// Shows how far something is, while it lasts.
    pub(crate) fn signal(&self, signal: &Signal) {
        match signal {
            Signal::CloneProgress { phase, received, total, kib, bytes_per_second, again_in_s } => {
                self.progress.set_message(match phase {
                    ClonePhase::Waiting => "waiting for another agent's fetch".to_owned(),
                    ClonePhase::Connecting => "asking the server for its branches".to_owned(),
                    ClonePhase::Counting => "the server counts what to send".to_owned(),
                    ClonePhase::Receiving => {
                        let rate = bytes_per_second / 1024;
                        format!("fetching {received} of {total} objects, {kib} KiB, {rate} KiB/s")
                    }
                    ClonePhase::Resolving => {
                        format!("resolving deltas: {received} of {total} objects, {kib} KiB")
                    }
                    ClonePhase::Broken => format!("the connection broke; again in {again_in_s} s"),
                });
            }
            Signal::ImportProgress { done, total } => {
                self.progress.set_message(format!("filling the workspace, {done} of {total} files"));
            }
            Signal::ModelRequested { request } => {
                self.progress.set_message(format!("waiting for the model, request {request}"));
            }
            Signal::TextDelta { .. }
            | Signal::ReasoningDelta { .. }
            | Signal::CallDelta { .. }
            | Signal::Unwritten { .. } => {}
        }
        self.progress.tick();
    }

    /// Takes the progress line away.
    pub(crate) fn end(&self) {
        self.progress.finish_and_clear();
    }

    fn text(&mut self, kind: &EventKind, at: Timestamp) -> Option<String> {
        Some(match kind {
            // The task is also the first instruction, and is printed when its turn comes.
            EventKind::Created { .. } | EventKind::StartRequested => return None,
            EventKind::CloneStarted => "cloning".to_owned(),
            EventKind::SlotAwaited { ahead } => format!("waits for a free slot, {ahead} ahead"),
            EventKind::SlotTaken => "its turn has come".to_owned(),
            EventKind::StartCancelled => "the start was taken back".to_owned(),
            EventKind::Cloned { base_commit, files, kib, notes, .. } => {
                let notes: String = notes.iter().map(|note| format!("\n{note}")).collect();
                format!("cloned {} with {files} files, {kib} KiB{notes}", short(base_commit))
            }
            EventKind::CloneCancelled { .. } => "the clone was cancelled".to_owned(),
            EventKind::CellOpened { facts, ready_ms, .. } => {
                let reduced = facts.iter().any(|fact| fact.verdict == FactVerdict::Reduced);
                let state = if reduced { "closed, with less than every layer" } else { "sealed" };
                let facts: String = facts.iter().map(fact).collect();
                format!("the cell is {state}, ready after {ready_ms} ms{facts}")
            }
            EventKind::InstructionQueued { .. } if !self.task_queued => {
                self.task_queued = true;
                return None;
            }
            EventKind::InstructionQueued { text, .. } => format!("+ queued: {text}"),
            EventKind::InstructionEdited { text, .. } => format!("reworded: {text}"),
            EventKind::InstructionRemoved { .. } => "an instruction was taken back".to_owned(),
            EventKind::InstructionsReordered { .. } => "the queue was put in another order".to_owned(),
            EventKind::InstructionSentNow { .. } => "an instruction was sent at once".to_owned(),
            EventKind::PromptPrepared { guidance, mapped, excluded, .. } => {
                let mut told = format!("the model is told of {mapped} files");
                if *excluded > 0 {
                    told.push_str(&format!(", {excluded} are kept from it"));
                }
                if !guidance.is_empty() {
                    told.push_str(&format!("; it is given {}", guidance.join(", ")));
                }
                told
            }
            EventKind::ModelSelected { model, fault, .. } => {
                let why = fault.as_ref().map(|fault| format!("{}; ", fault.message));
                format!("{}asks {} of {}", why.unwrap_or_default(), model.name, model.provider)
            }
            EventKind::PlanChanged { steps } => {
                let done = steps.iter().filter(|step| step.status == StepStatus::Done).count();
                let lines: String = steps.iter().map(step).collect();
                format!("plan, {done} of {} done{lines}", steps.len())
            }
            EventKind::ResultsShrunk { calls, tokens_before, tokens_after } => format!(
                "the results of {} older calls were cut: {tokens_before} to {tokens_after} tokens",
                calls.len()
            ),
            EventKind::Compacted { tokens_before, tokens_after, .. } => {
                format!("the conversation was summed up: {tokens_before} to {tokens_after} tokens")
            }
            EventKind::LoopNoticed { times, .. } => {
                format!("it goes round in circles, {times} times now, and was told so")
            }
            EventKind::LimitNeared { limit, used, most } => {
                let (used, most) = (amount(*limit, *used), amount(*limit, *most));
                format!("the limit of {} is near: {used} of {most}", limited(*limit))
            }
            EventKind::AnswerLost { usage, .. } => {
                format!("no answer came of a request that had used {} tokens", usage.total())
            }
            EventKind::ModelInterrupted { .. } => "the answer was broken off to hear you".to_owned(),
            EventKind::TurnStarted { text, .. } => format!("▾ {text}"),
            EventKind::ModelAnswered { text, .. } if text.is_empty() => return None,
            EventKind::ModelAnswered { text, .. } => format!("  “{text}”"),
            EventKind::ModelRetried { fault, wait_ms, .. } => {
                format!("  {}; retrying in {:.1} s", fault.message, f64::from(*wait_ms) / 1000.0)
            }
            EventKind::ToolRequested { call, label, .. } => {
                self.labels.insert(call.clone(), label.clone());
                return None;
            }
            EventKind::ToolFinished { call, outcome, result, duration_ms, edited, .. } => {
                let label = self.labels.remove(call).unwrap_or_else(|| call.clone());
                tool(&label, *outcome, result, *duration_ms, edited.iter().map(|e| (e.added, e.removed)))
            }
            EventKind::QuestionAsked { question, .. } => format!("? {question}"),
            EventKind::QuestionAnswered { text, .. } => format!("  answered: {text}"),
            EventKind::Paused { reason, limit, fault, until } => {
                let paused = match limit {
                    Some(limit) => format!("‖ paused: at the limit of {}", limited(*limit)),
                    None => format!("‖ paused: {reason:?}").to_lowercase(),
                };
                let fault = fault.as_ref().map(|fault| format!("\n{}", fault.message));
                let until = until.map(|until| {
                    let seconds = (until.0 - at.0).max(0) / 1000;
                    format!(", goes on by itself in {} min {} s", seconds / 60, seconds % 60)
                });
                format!("{paused}{}{}", until.unwrap_or_default(), fault.unwrap_or_default())
            }
            EventKind::LimitsChanged { .. } => "the limits were changed".to_owned(),
            EventKind::ModelChanged { model, .. } => format!("the model is {} now", model.name),
            EventKind::FileRulesChanged { .. } => "the rules about files were changed".to_owned(),
            EventKind::WrapUpRequested => "it was asked to wrap up".to_owned(),
            EventKind::Resumed => "resumed".to_owned(),
            EventKind::Completed { summary, unverified } => {
                let unverified = unverified.as_ref().map(|text| format!("\nnot verified: {text}"));
                format!("✓ completed: {summary}{}", unverified.unwrap_or_default())
            }
            EventKind::Failed { fault } | EventKind::PushFailed { fault } => failed(&fault.message, fault),
            EventKind::PushStarted { branch, commit, unreviewed, .. } => {
                let how = if *unreviewed { ", which nobody read" } else { "" };
                format!("↑ pushing {} to {branch}{how}", short(commit))
            }
            EventKind::PushCompleted { branch, commit, created } => {
                let how = if *created { "created" } else { "moved forward" };
                format!("✓ pushed: {branch} was {how} to {}", short(commit))
            }
            EventKind::DeliveryChanged { .. } => "how its work is handed over was changed".to_owned(),
            EventKind::TargetChanged { branch } => format!("the target branch is {branch} now"),
            EventKind::Reapplied { onto, files_changed, .. } => {
                format!("the work was put onto {}; {files_changed} files differ from it", short(onto))
            }
            EventKind::PullRequestChanged { pull_request } => pull(pull_request),
            EventKind::FeedbackArrived { items, over } => {
                let lines: String = items.iter().map(heard).collect();
                let over = match over.len() {
                    0 => None,
                    1 => Some("1 failed check fails no more".to_owned()),
                    count => Some(format!("{count} failed checks fail no more")),
                };
                let came = format!("{} came back", pieces(items.len()));
                match over {
                    None => format!("↓ {came}{lines}"),
                    Some(over) if items.is_empty() => format!("↓ {over}"),
                    Some(over) => format!("↓ {came}; {over}{lines}"),
                }
            }
            EventKind::FeedbackTaken { ids, by_itself, attempt, .. } => {
                let how = if *by_itself { format!(" by itself, for time {attempt}") } else { String::new() };
                format!("{} became an instruction{how}", pieces(ids.len()))
            }
            EventKind::Deleted => "deleted; the log is kept".to_owned(),
            EventKind::Restored => "restored".to_owned(),
            EventKind::DeliveryFailed { step, fault } => {
                let left = match step {
                    DeliveryStep::Push => "nothing was pushed by itself",
                    DeliveryStep::PullRequest => "the pull request was left as it is",
                    DeliveryStep::FollowUp => "what came back waits for you",
                };
                failed(&format!("{left}: {}", fault.message), fault)
            }
            EventKind::Noted { message } => message.clone(),
        })
    }
}

/// A line of the log. More lines stand below its words, so that nobody's text can pass for a line of its own.
fn logged(seconds: f64, text: &str) -> String {
    format!("{seconds:>7.2}s  {}", text.trim_end().replace('\n', "\n          "))
}

/// What went wrong, and what can be done.
fn failed(message: &str, fault: &Fault) -> String {
    let hint = fault.hint.as_ref().map(|hint| format!("\nwhat to do: {hint}"));
    format!("! {message}{}", hint.unwrap_or_default())
}

/// A fact on a line of its own: what was promised, and how it was found to be so.
fn fact(fact: &CellFact) -> String {
    let CellFact { name, promised, measured, verdict, .. } = fact;
    let line = match (verdict, promised) {
        (FactVerdict::Holds, Some(promised)) if promised == measured => format!("✓ {name}: {measured}"),
        (FactVerdict::Holds, Some(promised)) => format!("✓ {name}: {promised} ({measured})"),
        (FactVerdict::Reduced, _) => format!("! {name}: {measured} (reduced)"),
        (FactVerdict::Broken, promised) => {
            format!("✗ {name}: {measured} (promised: {})", promised.as_deref().unwrap_or("nothing"))
        }
        (FactVerdict::Holds | FactVerdict::Told, _) => format!("· {name}: {measured}"),
    };
    format!("\n{line}")
}

/// A pull request in one line.
pub(crate) fn pull(pull_request: &PullRequest) -> String {
    let state = match pull_request.state {
        PullRequestState::Draft => "is a draft",
        PullRequestState::Open => "is open",
        PullRequestState::Closed => "was closed",
        PullRequestState::Merged => "was merged",
    };
    let checks = match pull_request.checks {
        ChecksState::None => "no checks",
        ChecksState::Pending => "checks are running",
        ChecksState::Passed => "all checks passed",
        ChecksState::Failed => "checks failed",
    };
    let withheld: String = withheld(&pull_request.withheld).iter().map(|line| format!("\n{line}")).collect();
    format!(
        "⇄ pull request #{} {state}, {checks}: {}{withheld}",
        pull_request.number,
        shown(&pull_request.url)
    )
}

/// What of a pull request's checks cannot be read, and what to do; nothing where all can.
pub(crate) fn withheld(withheld: &[Withheld]) -> Vec<String> {
    let words =
        |word: fn(&Withheld) -> &'static str| withheld.iter().map(word).collect::<Vec<_>>().join(" and ");
    if withheld.is_empty() {
        return Vec::new();
    }
    let what = words(|withheld| match withheld {
        Withheld::Checks => "checks",
        Withheld::CommitStatuses => "commit statuses",
        Withheld::JobLogs => "job logs",
    });
    let permissions = words(|withheld| match withheld {
        Withheld::Checks => "Checks",
        Withheld::CommitStatuses => "Commit statuses",
        Withheld::JobLogs => "Actions",
    });
    let mut hint = format!("what to do: give the app or the token read access to {permissions}");
    if withheld.contains(&Withheld::JobLogs) {
        hint.push_str("; job logs are with another host, which the network must let through");
    }
    vec![format!("{what} cannot be read with this token"), hint]
}

fn pieces(count: usize) -> String {
    if count == 1 { "one piece of feedback".to_owned() } else { format!("{count} pieces of feedback") }
}

/// A piece of feedback on a line of its own.
fn heard(item: &Feedback) -> String {
    format!("\n{}", piece(item))
}

/// A piece of feedback in one line.
pub(crate) fn piece(item: &Feedback) -> String {
    let what = match item.kind {
        FeedbackKind::LineComment => "comment",
        FeedbackKind::Review => "review",
        FeedbackKind::Comment => "comment on the whole",
        FeedbackKind::FailedCheck => "failed check",
    };
    let place = match (&item.path, item.line) {
        (Some(path), Some(line)) => format!(" on {}:{line}", shown(path)),
        (Some(path), None) => format!(" on {}", shown(path)),
        (None, _) => String::new(),
    };
    format!("{what} by {}{place}: {}", shown(&item.author), shown(&item.title))
}

/// Others' words in one line.
pub(crate) fn shown(text: &str) -> String {
    make_visible(text)
}

/// What a limit is about.
fn limited(limit: LimitKind) -> &'static str {
    match limit {
        LimitKind::Tokens => "tokens",
        LimitKind::Turns => "requests",
        LimitKind::Time => "running time",
        LimitKind::Money => "money",
        LimitKind::DayTokens => "tokens in a day",
        LimitKind::DayTurns => "requests in a day",
        LimitKind::DayTime => "running time in a day",
        LimitKind::DayMoney => "money in a day",
    }
}

fn amount(limit: LimitKind, amount: u32) -> String {
    match limit {
        LimitKind::Tokens | LimitKind::DayTokens | LimitKind::Turns | LimitKind::DayTurns => {
            amount.to_string()
        }
        LimitKind::Time | LimitKind::DayTime => format!("{amount} s"),
        LimitKind::Money | LimitKind::DayMoney => format!("${:.4}", f64::from(amount) / 1e6),
    }
}

fn step(step: &PlanStep) -> String {
    let mark = match step.status {
        StepStatus::Done => '✓',
        StepStatus::Active => '●',
        StepStatus::Pending => '○',
    };
    format!("\n{mark} {}", step.text)
}

fn tool(
    label: &str,
    outcome: ToolOutcome,
    result: &str,
    duration_ms: u32,
    edited: impl Iterator<Item = (u32, u32)>,
) -> String {
    let (mark, why) = match outcome {
        ToolOutcome::Ok => ('✓', String::new()),
        ToolOutcome::Refused => ('✗', format!("\n{}", result.lines().next().unwrap_or_default())),
        ToolOutcome::Cancelled => ('–', String::new()),
    };
    let (added, removed) = edited.fold((0, 0), |(a, r), (added, removed)| (a + added, r + removed));
    let counts = if added + removed > 0 { format!("  +{added} −{removed}") } else { String::new() };
    format!("  {mark} {label}{counts}  {duration_ms} ms{why}")
}

/// Prints a failure: what was attempted, and what to do now.
pub(crate) fn fault(fault: &Fault) {
    aside(format_args!("error: {}", fault.message));
    if let Some(hint) = &fault.hint {
        aside(format_args!("what to do: {hint}"));
    }
}

/// Prints a fault, and says which status it ends the program with.
pub(crate) fn refused(refused: &Fault) -> Exit {
    fault(refused);
    Exit::of(&refused.code)
}

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        // A program reads every character as it is, so that nothing is made visible here.
        Ok(text) => drop(writeln!(stdout(), "{}", escaped(&text))),
        Err(error) => aside(format_args!("error: print the value as JSON: {error}")),
    }
}

/// JSON without the control characters that it allows in a string and that some terminals obey.
fn escaped(json: &str) -> Cow<'_, str> {
    let is_control = |c: &char| matches!(c, '\u{7f}'..='\u{9f}');
    if !json.chars().any(|c| is_control(&c)) {
        return json.into();
    }
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match is_control(&c) {
            true => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => text.push(c),
        }
    }
    text.into()
}

/// The first characters of an object id, as git shows them.
pub(crate) fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}

/// Writes a line to standard output. A reader that went away is no reason to end an agent's run.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(stdout(), "{}", visible(text));
}

/// Writes text that ends its own lines to standard output.
pub(crate) fn text(text: &str) {
    let _ = write!(stdout(), "{}", visible(text));
}

/// Writes a line to standard error, which may be closed as well.
pub(crate) fn aside(text: impl Display) {
    let _ = writeln!(stderr(), "{}", visible(text));
}

/// What a terminal is given. Models, servers and repositories say what they like, and none of it may move a
/// cursor, hide what follows, turn its direction or reach a clipboard.
fn visible(text: impl Display) -> String {
    let text = text.to_string();
    visible_text(&text).unwrap_or(text)
}
