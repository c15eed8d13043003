//! Room in the conversation: old results are cut first, then what is older is summed up.

use super::asking::Weight;
use super::model::{Asked, Reply};
use super::turns::Run;
use super::{Ended, Life};
use crate::EngineError;
use crate::context::{Budget, Step, bounded, learn};
use anchorhold_domain::{EventKind, PauseReason, Usage};
use anchorhold_model::ModelError;

/// Steps before one request. Each makes the conversation smaller, and a handful is the most there are.
const STEPS: usize = 12;
/// Which parts of the budget a request for a summary takes: less where the model says that it is too long.
const SUMMARY_PARTS: [u32; 2] = [2, 6];

impl Life {
    /// Makes room where the next request would not fit; `Some` where the run ends with that.
    pub(super) async fn make_room(&self, run: &mut Run) -> Result<Option<Ended>, EngineError> {
        for _ in 0..STEPS {
            // The model may be another one after a summary was asked for.
            run.recall_window();
            let budget = Budget::of(&run.voice.info);
            match run.history.next_step(budget) {
                None => return Ok(None),
                Some(Step::Shrink(calls)) => self.shrink(run, calls).await?,
                Some(Step::Compact(through)) => {
                    if let Some(ended) = self.compact(run, through, budget).await? {
                        return Ok(Some(ended));
                    }
                }
                Some(Step::TooSmall) => break,
            }
        }
        self.hold_too_small(run).await.map(Some)
    }

    /// Learns from a request that the model refused as too long.
    pub(super) async fn learn_limit(&self, run: &mut Run, error: &ModelError) -> Result<Asked, EngineError> {
        let Some(window) = learn(&run.voice.info, run.history.tokens()) else {
            self.hold_too_small(run).await?;
            return Ok(Asked::Held);
        };
        run.voice.info.window = Some(window);
        let message = format!("{error}; from now on at most {window} tokens are sent");
        self.take(run, EventKind::Noted { message }).await?;
        // So that a run that goes on later need not learn it again.
        let learned = EventKind::ModelSelected {
            model: run.voice.choice.clone(),
            window: Some(window),
            output_limit: run.voice.info.output_limit,
            priced: run.voice.info.price.is_some(),
            fault: None,
        };
        self.take(run, learned).await?;
        Ok(Asked::Again)
    }

    async fn shrink(&self, run: &mut Run, calls: Vec<String>) -> Result<(), EngineError> {
        let (tokens_before, tokens_after) = (run.history.tokens(), run.history.tokens_without(&calls));
        let shrunk = EventKind::ResultsShrunk { calls, tokens_before, tokens_after };
        self.take(run, shrunk).await
    }

    /// Sums up everything through an event; `Some` where the run ends while the model is asked for it.
    async fn compact(
        &self,
        run: &mut Run,
        through: u32,
        budget: Budget,
    ) -> Result<Option<Ended>, EngineError> {
        let (mut usage, mut cost, mut summary) = (Usage::default(), Some(0), None);
        for part in SUMMARY_PARTS {
            let asked = run.history.request_summary(through, budget.most / part);
            let request = self.agent().requests.saturating_add(1);
            match self.answer_to(&mut run.voice, &asked, request, Weight::Aside).await {
                Ok(Reply::Answer(answer)) => {
                    cost = run.voice.info.price.as_ref().map(|price| price.cost(&answer.usage));
                    usage = answer.usage;
                    summary = bounded(&answer.text, run.history.summary_bytes(budget));
                }
                Ok(Reply::TooLong(_)) => continue,
                Ok(Reply::Stopped) => return Ok(Some(Ended::Stopped)),
                Ok(Reply::Held) => return Ok(Some(Ended::Told)),
                // It may have room enough, or read less at once.
                Ok(Reply::Changed) => return Ok(None),
                Ok(Reply::Interrupted(_)) => {}
                Err(EngineError::Model(error)) => {
                    tracing::warn!(agent = %self.resident.log.id(), %error, "no summary; a list stands in");
                }
                Err(error) => return Err(error),
            }
            break;
        }
        let summary = summary.unwrap_or_else(|| run.history.list(through, budget));
        let tokens_before = run.history.tokens();
        let tokens_after = run.history.tokens_summed(through, &summary);
        let compacted = EventKind::Compacted { through, summary, tokens_before, tokens_after, usage, cost };
        self.take(run, compacted).await?;
        Ok(None)
    }

    /// Holds the agent since what must be sent is more than the model can read.
    async fn hold_too_small(&self, run: &Run) -> Result<Ended, EngineError> {
        let error = EngineError::ContextTooSmall {
            model: run.voice.choice.name.clone(),
            tokens: run.history.tokens(),
            most: Budget::of(&run.voice.info).most,
        };
        let paused = EventKind::Paused {
            reason: PauseReason::Provider,
            limit: None,
            until: None,
            fault: Some(error.fault()),
        };
        self.resident.log.append(vec![paused]).await?;
        Ok(Ended::Told)
    }

    async fn take(&self, run: &mut Run, kind: EventKind) -> Result<(), EngineError> {
        for event in self.resident.log.append(vec![kind]).await?.events.iter() {
            run.history.take(event, None);
        }
        Ok(())
    }
}

impl Run {
    /// Believes in the smaller window where the log tells of one.
    fn recall_window(&mut self) {
        if let Some(window) = self.history.window_of(&self.voice.choice) {
            let known = self.voice.info.window.unwrap_or(u32::MAX);
            self.voice.info.window = Some(known.min(window));
        }
    }
}
