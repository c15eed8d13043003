//! The calls of one answer: those that only read together, those that edit one after another.

use super::turns::Run;
use super::{Ended, Life};
use crate::EngineError;
use crate::log::Belongings;
use crate::tools::{AnyTool, End, Report, ToolFailure};
use anchorhold_domain::{EventKind, PlanStep, ToolOutcome};
use anchorhold_model::CallRequest;
use anchorhold_store::Blob;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Instant;

/// How much of a result the event itself holds; the whole is stored once, by its hash.
const INLINE_RESULT: usize = 4096;
/// The tool that ends the turn, and what it is refused with where the model has not seen yet that there is more
/// to do.
const FINISH: &str = "finish";
const LOOK_FIRST: &str = "another call of this answer was refused, so the turn goes on: read what it says, see to it, \
    and call finish again, alone";
/// The tool that must come last, since it ends the run until the user answers.
const ASK: &str = "ask_user";

/// A finished call and what it ends.
pub(super) struct Finished {
    kind: EventKind,
    /// The whole result where the event holds only its beginning, and what it is stored as.
    whole: Option<(String, Blob)>,
    /// What git has in no file yet of its checkpoint.
    objects: Vec<u8>,
    end: Option<End>,
    plan: Option<Vec<PlanStep>>,
}

impl Life {
    /// Runs the calls that have no result yet; `Some` where the run ends with them.
    ///
    /// Where the cell is lost under them it returns as well, for those that have none then.
    pub(super) async fn run_calls(&self, run: &mut Run) -> Result<Option<Ended>, EngineError> {
        let mut calls = run.history.open_calls().to_vec();
        calls.sort_by_key(|call| (call.tool == ASK, call.tool == FINISH));
        let mut rest = calls.as_slice();
        while let Some((first, others)) = rest.split_first() {
            if self.wishes.stop.is_cancelled() {
                self.cancel(run, rest).await?;
                return Ok(Some(Ended::Stopped));
            }
            // A pause holds after the call that was going on; the others run when it ends.
            if self.wishes.wants_pause() {
                return Ok(None);
            }
            if run.edits(first) {
                let finished = match self.run_call(run, first).await {
                    Ok(finished) => finished,
                    Err(error) => match self.lost(run, std::slice::from_ref(first), error).await? {
                        Some(finished) => finished,
                        None => return Ok(None),
                    },
                };
                rest = others;
                if let Some(End::Ask { question }) = &finished.end {
                    // A second question of the same answer would be lost behind the first.
                    self.refuse_more_questions(run, rest).await?;
                    let asked =
                        EventKind::QuestionAsked { call: first.id.clone(), question: question.clone() };
                    self.resident.log.append(vec![asked]).await?;
                    return Ok(Some(Ended::Told));
                }
                self.write(run, vec![finished]).await?;
            } else {
                let reads = match run.losses.concern(rest) {
                    // Together they would not tell which of them it is that a cell cannot bear.
                    true => 1,
                    false => rest.iter().take_while(|call| !run.edits(call)).count(),
                };
                let (group, others) = rest.split_at(reads);
                let running = join_all(group.iter().map(|call| self.run_call(run, call)));
                let finished = tokio::select! {
                    finished = running => finished,
                    () = self.wishes.stop.cancelled() => {
                        self.cancel(run, rest).await?;
                        return Ok(Some(Ended::Stopped));
                    }
                };
                rest = others;
                if self.write_reads(run, group, finished).await? {
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// Writes down what calls came to that ran together; `true` where the cell was lost under some.
    async fn write_reads(
        &self,
        run: &mut Run,
        calls: &[CallRequest],
        results: Vec<Result<Finished, EngineError>>,
    ) -> Result<bool, EngineError> {
        let (mut done, mut broken, mut reason) = (Vec::new(), Vec::new(), None);
        for (call, result) in calls.iter().zip(results) {
            match result {
                Ok(finished) => done.push(finished),
                Err(error) => {
                    broken.push(call.clone());
                    reason.get_or_insert(error);
                }
            }
        }
        self.write(run, done).await?;
        let Some(error) = reason else { return Ok(false) };
        if let Some(finished) = self.lost(run, &broken, error).await? {
            self.write(run, vec![finished]).await?;
        }
        Ok(true)
    }

    async fn run_call(&self, run: &Run, call: &CallRequest) -> Result<Finished, EngineError> {
        let began = Instant::now();
        let result = match run.tool(&call.tool) {
            Some(_) if call.tool == FINISH && run.history.refused() => {
                Err(ToolFailure::Refused(LOOK_FIRST.to_owned()))
            }
            Some(tool) => tool.run(&call.arguments, &run.workspace).await,
            None => {
                let tools: Vec<&str> = run.tools.iter().map(|tool| tool.name()).collect();
                let name: String = call.tool.chars().take(60).collect();
                let reason = format!("there is no tool named {name}; there are {}", tools.join(", "));
                Err(ToolFailure::Refused(reason))
            }
        };
        let (outcome, report) = match result {
            Ok(report) => (ToolOutcome::Ok, report),
            Err(ToolFailure::Refused(reason)) => {
                (ToolOutcome::Refused, Report { content: reason, ..Report::default() })
            }
            Err(ToolFailure::Quoted { reason, shown }) => {
                (ToolOutcome::Refused, Report { content: reason, shown, ..Report::default() })
            }
            Err(ToolFailure::Broken(error)) => return Err(error),
        };
        self.finished(call, outcome, report, began).await
    }

    pub(super) async fn finished(
        &self,
        call: &CallRequest,
        outcome: ToolOutcome,
        report: Report,
        began: Instant,
    ) -> Result<Finished, EngineError> {
        let report = crate::visible::report(report);
        let (result, result_blob, whole) = if report.content.len() > INLINE_RESULT {
            let blob = Blob::of(report.content.clone().into_bytes()).await?;
            let cut = report.content.floor_char_boundary(INLINE_RESULT);
            let result = report.content.get(..cut).unwrap_or_default().to_owned();
            (result, Some(blob.hash().to_owned()), Some((report.content, blob)))
        } else {
            (report.content, None, None)
        };
        let (checkpoint, edited, files_changed, objects) = match report.change {
            Some(change) => (Some(change.checkpoint), change.edited, change.files_changed, change.objects),
            None => (None, Vec::new(), self.agent().files_changed, Vec::new()),
        };
        let kind = EventKind::ToolFinished {
            call: call.id.clone(),
            outcome,
            result,
            result_blob,
            duration_ms: u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX),
            edited,
            checkpoint,
            files_changed,
            shown: report.shown,
        };
        Ok(Finished { kind, whole, objects, end: report.end, plan: report.plan })
    }

    async fn write(&self, run: &mut Run, finished: Vec<Finished>) -> Result<(), EngineError> {
        let (mut kinds, mut wholes, mut results) = (Vec::new(), Vec::new(), Vec::new());
        let mut objects = Vec::new();
        for done in finished {
            objects.extend(done.objects);
            kinds.push(done.kind);
            let (whole, blob) = done.whole.unzip();
            wholes.push(whole);
            results.extend(blob);
            if let Some(steps) = done.plan {
                kinds.push(EventKind::PlanChanged { steps });
                wholes.push(None);
            }
        }
        let objects = if objects.is_empty() { None } else { Some(Blob::of(objects).await?) };
        let events = self.resident.log.append_with(kinds, Belongings { results, objects }).await?.events;
        for (event, whole) in events.iter().zip(wholes) {
            run.history.take(event, whole);
        }
        if run.workspace.mirror().has_much_to_keep() {
            // Where git cannot have it, all that follows would pile up in memory.
            self.shared.keep(run.workspace.mirror(), &self.agent()).await?;
        }
        Ok(())
    }

    /// Writes down that calls were cut short, so that the model knows when the run goes on.
    async fn cancel(&self, run: &mut Run, calls: &[CallRequest]) -> Result<(), EngineError> {
        self.end_without_running(
            run,
            calls,
            ToolOutcome::Cancelled,
            "the user stopped the agent before this ran",
        )
        .await
    }

    async fn refuse_more_questions(&self, run: &mut Run, calls: &[CallRequest]) -> Result<(), EngineError> {
        self.end_without_running(run, calls, ToolOutcome::Refused, "ask one question at a time").await
    }

    pub(super) async fn end_without_running(
        &self,
        run: &mut Run,
        calls: &[CallRequest],
        outcome: ToolOutcome,
        reason: &str,
    ) -> Result<(), EngineError> {
        let mut finished = Vec::new();
        for call in calls {
            let report = Report { content: reason.to_owned(), ..Report::default() };
            finished.push(self.finished(call, outcome, report, Instant::now()).await?);
        }
        self.write(run, finished).await
    }
}

impl Run {
    fn tool(&self, name: &str) -> Option<Arc<dyn AnyTool>> {
        self.tools.iter().find(|tool| tool.name() == name).map(Arc::clone)
    }

    fn edits(&self, call: &CallRequest) -> bool {
        self.tool(&call.tool).is_some_and(|tool| tool.edits())
    }
}
