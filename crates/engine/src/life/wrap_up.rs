//! The end that the user asks for: one last answer without tools, whatever the limits say.
//!
//! Whatever becomes of that one request, which the model that stands in may answer, the run ends with it: it
//! is completed, stopped, or paused with words about what is wrong. The work so far stays as the last
//! checkpoint, which can be pushed.

use super::asking::Weight;
use super::model::Reply;
use super::turns::Run;
use super::{Ended, Life};
use crate::EngineError;
use anchorhold_domain::{EventKind, Fault, PauseReason, ToolOutcome};
use anchorhold_model::Answer;
use std::time::Instant;

/// How the last paragraph begins.
const NOT_VERIFIED: &str = "not verified:";
/// The result of a call that was still to be run.
const NOT_RUN: &str = "the user asked the agent to wrap up before this ran";
/// The summary where the model says nothing.
const SILENT: &str = "The agent was asked to wrap up and said nothing.";

impl Life {
    /// Asks for the last answer and completes the run with it.
    pub(super) async fn wrap_up_run(&self, run: &mut Run) -> Result<Ended, EngineError> {
        let open = run.history.open_calls().to_vec();
        self.end_without_running(run, &open, ToolOutcome::Cancelled, NOT_RUN).await?;
        let fault = loop {
            if let Some(ended) = self.make_room(run).await? {
                return Ok(ended);
            }
            // The cell's report belongs before the end of the run.
            run.cell.settled().await;
            let request = self.agent().requests.saturating_add(1);
            let began = Instant::now();
            let asked = run.history.conversation();
            match self.answer_to(&mut run.voice, asked, request, Weight::Whole).await {
                Ok(Reply::Answer(answer)) => return self.close(run, request, answer, began).await,
                Ok(Reply::Stopped) => return Ok(Ended::Stopped),
                Ok(Reply::Held) => return Ok(Ended::Told),
                Ok(Reply::Interrupted(text)) => {
                    // There is no turn left in which an instruction could be heard: the user decides.
                    let interrupted = EventKind::ModelInterrupted { request, text };
                    let paused = EventKind::Paused {
                        reason: PauseReason::User,
                        limit: None,
                        until: None,
                        fault: None,
                    };
                    self.resident.log.append(vec![interrupted, paused]).await?;
                    return Ok(Ended::Told);
                }
                Ok(Reply::Changed) => {}
                Ok(Reply::TooLong(error)) => break EngineError::from(error).fault(),
                Err(error) => break error.fault(),
            }
        };
        let paused = EventKind::Paused {
            reason: PauseReason::Provider,
            limit: None,
            until: None,
            fault: Some(Fault { message: format!("wrap up: {}", fault.message), ..fault }),
        };
        self.resident.log.append(vec![paused]).await?;
        Ok(Ended::Told)
    }

    /// Writes the answer down as the end of the run; tools that it calls nevertheless are left out.
    async fn close(
        &self,
        run: &mut Run,
        request: u32,
        answer: Answer,
        began: Instant,
    ) -> Result<Ended, EngineError> {
        let (summary, unverified) = outcome(&answer.text);
        let answered = EventKind::ModelAnswered {
            request,
            text: answer.text,
            reasoning: answer.reasoning,
            // What a wire wants to see again names the calls, which are not in the log.
            replay: answer.replay.filter(|_| answer.calls.is_empty()),
            usage: answer.usage,
            cost: run.voice.info.price.as_ref().map(|price| price.cost(&answer.usage)),
            duration_ms: u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX),
        };
        self.resident.log.append(vec![answered, EventKind::Completed { summary, unverified }]).await?;
        Ok(Ended::Told)
    }
}

/// The summary, and what could not be verified where that has a paragraph.
fn outcome(text: &str) -> (String, Option<String>) {
    let text = text.trim();
    // Models put it in bold now and then.
    let begins = |line: &str| {
        let line = line.trim_start_matches(['*', '_', '#', '-', ' ']);
        line.get(..NOT_VERIFIED.len()).is_some_and(|start| start.eq_ignore_ascii_case(NOT_VERIFIED))
    };
    let mut place = 0;
    let mut found = None;
    for line in text.split_inclusive('\n') {
        if begins(line) {
            found = Some(place);
        }
        place += line.len();
    }
    let (summary, rest) = text.split_at(found.unwrap_or(text.len()));
    let unverified = rest.split_once(':').map(|(_, rest)| rest.trim_start_matches(['*', '_']).trim());
    let summary = summary.trim();
    let summary = if summary.is_empty() { SILENT } else { summary };
    (summary.to_owned(), unverified.filter(|text| !text.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_verified_is_told_apart_from_the_summary() {
        let cases = [
            ("All is done.", ("All is done.", None)),
            (
                "Half is done.\n\nNot verified: the tests.\nNor the docs.",
                ("Half is done.", Some("the tests.\nNor the docs.")),
            ),
            ("Half.\n**Not verified:** the tests", ("Half.", Some("the tests"))),
            ("Half.\nNot verified:  ", ("Half.", None)),
            ("It is not verified: really.", ("It is not verified: really.", None)),
            ("Not verified: everything", (SILENT, Some("everything"))),
            (" \n", (SILENT, None)),
        ];
        for (text, (summary, unverified)) in cases {
            assert_eq!(outcome(text), (summary.to_owned(), unverified.map(str::to_owned)), "{text:?}");
        }
    }
}
