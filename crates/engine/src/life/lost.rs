//! A cell that is lost under a run: opened again, filled from the last checkpoint, and the calls that
//! have no result done again.
//!
//! What a call did in the lost cell is in no checkpoint, so that doing it again is doing it once.

use super::Life;
use super::tool_calls::Finished;
use super::turns::Run;
use crate::EngineError;
use crate::tools::Report;
use anchorhold_domain::{EventKind, ToolOutcome};
use anchorhold_model::CallRequest;
use anchorhold_sandbox::SandboxError;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// How often a run opens its cell again before it ends with what became of the cell.
const REOPENINGS: u32 = 6;
/// With how many cells a call may be tried.
const TRIES: u32 = 2;
/// What the model is told of a call that the memory of a cell is too small for.
const TOO_LARGE: &str = "the workspace ran out of memory on this call, and again when it was tried a second time; \
                         nothing was changed. Take smaller steps: smaller files, or fewer at once";

/// The cells that a run has lost.
#[derive(Default)]
pub(super) struct Losses {
    reopened: u32,
    by_call: HashMap<String, u32>,
}

impl Losses {
    /// Whether one of these calls was under way when a cell was lost, so that they go one by one.
    pub(super) fn concern(&self, calls: &[CallRequest]) -> bool {
        calls.iter().any(|call| self.by_call.contains_key(&call.id))
    }
}

impl Life {
    /// Sees to calls that broke: where the cell is lost it is opened again, so that they can be repeated.
    ///
    /// A call that alone used up the memory of two cells is answered instead: that is the result.
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
        let out_of_memory = lost.is_out_of_memory();
        run.losses.reopened += 1;
        let mut tries = 0;
        for call in calls {
            let count = run.losses.by_call.entry(call.id.clone()).or_default();
            *count += 1;
            tries = tries.max(*count);
        }
        let guilty = match calls {
            [call] if tries >= TRIES && out_of_memory => Some(call),
            _ if tries >= TRIES => return Err(error),
            _ => None,
        };
        if run.losses.reopened > REOPENINGS {
            return Err(error);
        }
        self.reopen(run, &error).await?;
        let Some(call) = guilty else { return Ok(None) };
        let report = Report { content: TOO_LARGE.to_owned(), change: None, end: None };
        self.finished(call, ToolOutcome::Refused, report, Instant::now()).await.map(Some)
    }

    /// Begins to open the cell once more; the next call waits for it.
    async fn reopen(&self, run: &mut Run, error: &EngineError) -> Result<(), EngineError> {
        // An engine that is gone as well ends the run, with words that say so.
        let docker = self.shared.docker().await?;
        let message = format!("{}; it is made anew from the last checkpoint", error.message());
        self.resident.log.append(vec![EventKind::Noted { message }]).await?;
        let cell = self.open_cell(docker, true);
        let (mirror, tree) = run.workspace.source();
        let reader = mirror.clone();
        let read = tokio::task::spawn_blocking(move || reader.entries(&tree));
        let entries = read.await.map_err(|_| EngineError::Panicked { verb: "read the tree" })??;
        cell.fill(mirror, Arc::new(entries));
        run.workspace.move_to(cell.state());
        run.cell = cell;
        Ok(())
    }
}

/// The failure of the cell at the bottom of a failure, where it is the cell's loss.
fn lost(error: &EngineError) -> Option<&SandboxError> {
    match error {
        EngineError::Sandbox(error) if error.is_loss() => Some(error),
        EngineError::Cell(error) => lost(error),
        _ => None,
    }
}
