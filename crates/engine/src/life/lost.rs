//! A cell that is lost under a run: opened again, filled from the last checkpoint, and the calls that
//! have no result done again.
//!
//! What a call did in the lost cell is in no checkpoint, so that doing it again is doing it once.

use super::tool_calls::Finished;
use super::turns::Run;
use super::{Ended, Life};
use crate::EngineError;
use crate::tools::Report;
use anchorhold_domain::{EventKind, PauseReason, ToolOutcome};
use anchorhold_model::CallRequest;
use anchorhold_sandbox::{Docker, SandboxError};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How often a run opens its cell again before it ends with what became of the cell.
const REOPENINGS: u32 = 6;
/// How many cells a call may be too much for.
const TRIES: u32 = 2;
/// How long an engine that went away is waited for. A service manager starts one again after 2 s.
const ENGINE_BACK: Duration = Duration::from_secs(10);
/// How long one is waited for that is not there yet where agents go on by themselves: after the machine's
/// start Docker Desktop takes a minute or two, and nobody is there who could try again.
const ENGINE_STARTS: Duration = Duration::from_secs(300);
/// How often it is looked for meanwhile; nothing tells when it is there.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// What the model is told of a call that the memory of a cell is too small for.
const TOO_LARGE: &str = "the workspace ran out of memory on this call, and again when it was tried a second time; \
                         nothing was changed. Take smaller steps: smaller files, or fewer at once";

/// The same of a call that a cell does not come to the end of.
const TOO_LONG: &str = "this call took longer than a minute, and again when it was tried a second time; nothing was \
                        changed. Take smaller steps: a simpler pattern, fewer files or fewer replacements at once";

/// The cells that a run has lost.
#[derive(Default)]
pub(super) struct Losses {
    reopened: u32,
    /// How many cells ran out of memory or time while a call was under way.
    overtaxed: HashMap<String, u32>,
}

/// What is to be done about a loss.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Open the cell again and repeat the calls.
    Repeat,
    /// Open the cell again and answer the call: it is too much for a cell.
    Refuse,
    /// End the run.
    GiveUp,
}

impl Losses {
    /// Whether one of these calls may be too much for a cell, so that they go one by one.
    pub(super) fn concern(&self, calls: &[CallRequest]) -> bool {
        calls.iter().any(|call| self.overtaxed.contains_key(&call.id))
    }

    fn judge(&mut self, calls: &[CallRequest], overtaxed: bool) -> Verdict {
        self.reopened += 1;
        if self.reopened > REOPENINGS {
            return Verdict::GiveUp;
        }
        if !overtaxed {
            return Verdict::Repeat;
        }
        let mut tries = 0;
        for call in calls {
            let count = self.overtaxed.entry(call.id.clone()).or_default();
            *count += 1;
            tries = *count;
        }
        // Of several it is not known which one it was.
        if calls.len() == 1 && tries >= TRIES { Verdict::Refuse } else { Verdict::Repeat }
    }
}

impl Life {
    /// Sees to calls that broke: where the cell is lost it is opened again, so that they can be repeated.
    ///
    /// A call that alone used up the memory or the time of two cells is answered instead: that is the result.
    ///
    /// # Errors
    /// What broke them, where it was not the loss of the cell, or where that happens too often.
    pub(super) async fn lost(
        &self,
        run: &mut Run,
        calls: &[CallRequest],
        error: EngineError,
    ) -> Result<Option<Finished>, EngineError> {
        let lost = lost(&error).filter(|_| !self.wishes.stop.is_cancelled());
        let Some(lost) = lost else { return Err(error) };
        let verdict = run.losses.judge(calls, lost.is_out_of_memory() || lost.is_silence());
        if verdict == Verdict::GiveUp {
            return Err(error);
        }
        let refusal = if lost.is_silence() { TOO_LONG } else { TOO_LARGE };
        self.reopen(run, &error).await?;
        let ([call], Verdict::Refuse) = (calls, verdict) else { return Ok(None) };
        let report = Report { content: refusal.to_owned(), ..Report::default() };
        self.finished(call, ToolOutcome::Refused, report, Instant::now()).await.map(Some)
    }

    /// Begins to open the cell once more; the next call waits for it.
    async fn reopen(&self, run: &mut Run, error: &EngineError) -> Result<(), EngineError> {
        let message = format!("{}; it is made anew from the last checkpoint", error.message());
        self.resident.log.append(vec![EventKind::Noted { message }]).await?;
        let docker = self.engine_within(ENGINE_BACK).await?;
        if lost(error).is_some_and(SandboxError::is_silence) {
            // It is there still, busy with what nobody waits for any more.
            let cell = self.shared.cell_of(self.resident.log.id());
            docker.while_answering(docker.park(&cell)).await?;
        }
        let cell = self.open_cell(docker, None);
        let (mirror, tree) = run.workspace.source();
        let (reader, rules, stop) = (mirror.clone(), run.workspace.rules(), self.wishes.stop.clone());
        let read = tokio::task::spawn_blocking(move || {
            Ok::<_, EngineError>(rules.seen(reader.entries(&tree, &|| stop.is_cancelled())?))
        });
        let seen = read.await.map_err(|_| EngineError::Panicked { verb: "read the tree" })??;
        cell.fill(mirror, seen);
        run.workspace.move_to(cell.state());
        run.cell = cell;
        Ok(())
    }

    /// The engine for an agent that goes on by itself. One that is not there yet is waited for, unless the
    /// agent is paused before.
    pub(super) async fn engine_awaited(&self) -> Result<Result<Docker, Ended>, EngineError> {
        let error = match self.shared.docker().await {
            Ok(docker) => return Ok(Ok(docker)),
            Err(error) => error,
        };
        if !is_gone(&error) {
            return Err(error);
        }
        let message = format!("{}; it is waited for", error.message());
        self.resident.log.append(vec![EventKind::Noted { message }]).await?;
        tokio::select! {
            biased;
            () = self.wishes.paused() => {
                self.hold(PauseReason::User, None, None).await?;
                Ok(Err(Ended::Told))
            }
            found = self.engine_within(ENGINE_STARTS) => found.map(Ok),
        }
    }

    /// Waits for an engine that went away: one that is restarted or updated is back soon.
    async fn engine_within(&self, patience: Duration) -> Result<Docker, EngineError> {
        let began = Instant::now();
        loop {
            let error = match self.shared.docker().await {
                Ok(docker) => return Ok(docker),
                Err(error) => error,
            };
            if !is_gone(&error) || began.elapsed() >= patience || self.wishes.stop.is_cancelled() {
                return Err(error);
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.wishes.stop.cancelled() => {}
            }
        }
    }
}

/// Whether there is no engine, as far as anybody knows yet.
fn is_gone(error: &EngineError) -> bool {
    matches!(error.code(), "engine_stopped" | "engine_missing")
}

/// The failure of the cell at the bottom of a failure, where it is the loss of the cell or its engine.
fn lost(error: &EngineError) -> Option<&SandboxError> {
    match error {
        EngineError::Sandbox(error) if error.is_loss() => Some(error),
        EngineError::Cell(error) => lost(error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Losses, REOPENINGS, Verdict, lost};
    use crate::EngineError;
    use anchorhold_model::CallRequest;
    use anchorhold_sandbox::SandboxError;
    use std::sync::Arc;
    use std::time::Duration;

    fn call(id: &str) -> CallRequest {
        CallRequest { id: id.to_owned(), tool: "search".to_owned(), arguments: "{}".to_owned() }
    }

    #[test]
    fn calls_that_ran_together_go_one_by_one_and_the_one_that_is_too_large_is_refused() {
        let calls = [call("one"), call("two")];
        let mut losses = Losses::default();
        assert!(!losses.concern(&calls));
        assert_eq!(losses.judge(&calls, true), Verdict::Repeat);
        assert!(losses.concern(&calls));
        assert_eq!(losses.judge(&calls[..1], true), Verdict::Refuse);
        assert!(!losses.concern(&[call("three")]));
    }

    #[test]
    fn a_cell_that_does_not_answer_a_call_is_lost_and_one_that_an_engine_does_not_make_is_not() {
        let (attempt, after) = (String::new(), Duration::from_secs(60));
        let silent = SandboxError::CellSilent { attempt: attempt.clone(), after };
        assert!(lost(&silent.into()).is_some_and(SandboxError::is_silence));
        let slow = EngineError::from(SandboxError::Timeout { attempt, after });
        assert!(lost(&EngineError::Cell(Arc::new(slow))).is_none());
    }

    #[test]
    fn a_call_is_not_blamed_for_a_cell_that_was_killed_and_a_run_gives_up_in_the_end() {
        let mut losses = Losses::default();
        for _ in 0..REOPENINGS {
            assert_eq!(losses.judge(&[call("one")], false), Verdict::Repeat);
        }
        assert!(!losses.concern(&[call("one")]));
        assert_eq!(losses.judge(&[call("one")], false), Verdict::GiveUp);
    }
}
