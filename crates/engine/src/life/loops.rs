//! An agent that goes round in circles is told so, and held where that does not help.

use super::turns::Run;
use super::{Ended, Life};
use crate::EngineError;
use crate::loops::Circle;
use anchorhold_domain::{EventKind, Fault, LoopPattern, PauseReason};

/// What a model is told that answered with nothing.
const SPEAK: &str = "Your last answer held no words and no call of a tool, so nothing happened. Go on with \
    a tool, say what you need with ask_user, or end with finish.";

impl Life {
    /// Looks for circles in what was done last; `Some` where the run ends because of one.
    pub(super) async fn notice_loops(&self, run: &mut Run) -> Result<Option<Ended>, EngineError> {
        self.look_back(run).await?;
        let Some(circle) = run.look_back.circles.as_ref().and_then(|circles| circles.found()) else {
            return Ok(None);
        };
        if circle.hold {
            return self.hold_in_circle(fault(&circle)).await.map(Some);
        }
        self.advise(run, circle.pattern, circle.times, advice(&circle)).await?;
        Ok(None)
    }

    /// Answers a model that said nothing and asked for nothing, where its turn would end with that;
    /// `Some` where the run ends because it does so again.
    ///
    /// The turn is open again once it was told.
    pub(super) async fn break_silence(&self, run: &mut Run) -> Result<Option<Ended>, EngineError> {
        self.look_back(run).await?;
        if !run.look_back.answered && !self.resident.log.waiting().await.is_empty() {
            // The user let it go on with something else to do.
            return Ok(None);
        }
        match run.look_back.silent {
            0 => Ok(None),
            1 => {
                self.advise(run, LoopPattern::NoProgress, 1, SPEAK.to_owned()).await?;
                Ok(None)
            }
            times => self
                .hold_in_circle(Fault {
                    code: "model_silent".to_owned(),
                    message: format!(
                        "hear the agent: the model answered {times} times with neither words nor a call"
                    ),
                    hint: Some(
                        "resume to ask it once more, tell it more, or give it another model".to_owned(),
                    ),
                })
                .await
                .map(Some),
        }
    }

    async fn advise(
        &self,
        run: &mut Run,
        pattern: LoopPattern,
        times: u32,
        advice: String,
    ) -> Result<(), EngineError> {
        let noticed = EventKind::LoopNoticed { pattern, times, advice };
        for event in self.resident.log.append(vec![noticed]).await?.events.iter() {
            run.history.take(&event.kind, None);
        }
        Ok(())
    }

    async fn hold_in_circle(&self, fault: Fault) -> Result<Ended, EngineError> {
        let paused =
            EventKind::Paused { reason: PauseReason::Loop, limit: None, until: None, fault: Some(fault) };
        self.resident.log.append(vec![paused]).await?;
        Ok(Ended::Told)
    }
}

/// What the model is told. It is the host that speaks, and what is quoted is what the model itself called.
fn advice(circle: &Circle) -> String {
    let try_this = match circle.pattern {
        LoopPattern::Identical => "The result will not change by asking again.",
        LoopPattern::PingPong => "Decide for one of the two, or for a third way.",
        LoopPattern::NoProgress => "Where edits fail, read the place again and copy its text exactly.",
    };
    format!(
        "You go round in circles: {}. {try_this} Take another approach; if something is unclear, ask with \
         ask_user; if the work is done, or cannot be done, say so with finish.",
        circle.what
    )
}

fn fault(circle: &Circle) -> Fault {
    Fault {
        code: "agent_in_circles".to_owned(),
        message: format!("work on: the agent goes round in circles, though it was told so: {}", circle.what),
        hint: Some("tell it what to do instead and resume it, or let it wrap up".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_what_repeats_and_every_way_out() {
        for pattern in [LoopPattern::Identical, LoopPattern::PingPong, LoopPattern::NoProgress] {
            let circle =
                Circle { pattern, times: 3, what: "3 times now “Read a” came".to_owned(), hold: false };
            let advice = advice(&circle);
            for part in ["3 times now “Read a” came", "another approach", "ask_user", "finish"] {
                assert!(advice.contains(part), "{advice}");
            }
        }
    }
}
