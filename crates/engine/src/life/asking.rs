//! Asking the model until there is an answer, or something else to be done first.
//!
//! Trouble with a provider never ends a run: a request is made again where that may help, then of the
//! model that stands in, and then the agent is paused with words about what is wrong, to go on by itself
//! where time can heal it. Nothing here runs a tool: calls are run from an answer that is in the log, so
//! that a broken answer can be asked for again and no call runs twice.

use super::Life;
use super::model::{Reply, Voice};
use super::trouble::{Pressure, Verdict, pause_length, pressure, quota_pause, verdict, wait};
use crate::EngineError;
use crate::gate::{Come, Pass};
use anchorhold_domain::{EventKind, Fault, PauseReason, Signal, Timestamp, Usage};
use anchorhold_model::{Answer, Conversation, Delta, ModelError};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;

/// Pieces of text that may wait for a slow watcher.
const DELTAS: usize = 64;

/// How much hangs on an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// The run: without it the agent is held.
    Whole,
    /// Something that can be done without it.
    Aside,
}

/// What ends a wait before its time.
enum Disturbance {
    Stop,
    Pause,
    Interrupt,
}

/// What one request came to.
enum Once {
    Reply(Reply),
    Failed(ModelError),
}

impl Life {
    /// Asks for one answer to a conversation, again where that may help. Every request of a run goes
    /// through here.
    ///
    /// A model that stood in stays for the rest of the run; the next run begins with the agent's own.
    ///
    /// # Errors
    /// [`EngineError::Model`] for a request [`Weight::Aside`] that no model will answer, and those of the
    /// log.
    pub(super) async fn answer_to(
        &self,
        voice: &mut Voice,
        conversation: &Conversation,
        request: u32,
        weight: Weight,
    ) -> Result<Reply, EngineError> {
        let patience = &self.shared.config.patience;
        let mut attempt = 1;
        loop {
            self.select(voice).await?;
            let error = match self.answer_once(voice, conversation, request).await? {
                Once::Reply(reply) => return Ok(reply),
                Once::Failed(error) => error,
            };
            let verdict = verdict(&error);
            if verdict == Verdict::TooLong {
                return Ok(Reply::TooLong(error));
            }
            if verdict == Verdict::Again && attempt < patience.tries {
                let wait = wait(&error, attempt, patience);
                self.tell_retry(attempt, EngineError::from(error).fault(), wait).await?;
                if let Some(reply) = self.sit_out(wait).await? {
                    return Ok(reply);
                }
                attempt += 1;
                continue;
            }
            let error = EngineError::from(error);
            let fault = error.fault();
            if verdict != Verdict::Ask
                && let Some(other) = self.stand_in(voice, &fault).await
            {
                *voice = other;
                self.select(voice).await?;
                // The request was sized and priced for the model before.
                return Ok(Reply::Changed);
            }
            return match verdict {
                Verdict::Again => {
                    let events = self.resident.log.store().all_events(self.resident.log.id(), 0).await?;
                    let until = self.after(pause_length(&events, patience));
                    self.hold(PauseReason::Provider, Some(until), Some(fault)).await
                }
                Verdict::Later(wait) => {
                    let events = self.resident.log.store().all_events(self.resident.log.id(), 0).await?;
                    let until = self.after(quota_pause(wait, &events));
                    self.hold(PauseReason::Quota, Some(until), Some(fault)).await
                }
                Verdict::TooLong | Verdict::Elsewhere | Verdict::Ask => match weight {
                    Weight::Whole => self.hold(PauseReason::Provider, None, Some(fault)).await,
                    Weight::Aside => Err(error),
                },
            };
        }
    }

    /// Makes one request when the provider's gate lets it go, passing on the pieces as they come.
    async fn answer_once(
        &self,
        voice: &Voice,
        conversation: &Conversation,
        request: u32,
    ) -> Result<Once, EngineError> {
        let pass = match self.pass(voice).await? {
            Ok(pass) => pass,
            Err(reply) => return Ok(Once::Reply(reply)),
        };
        self.hub().signal(Signal::ModelRequested { request });
        let (heard, usage) = self.listen(voice, conversation).await;
        let once = match heard {
            Ok(Ok(answer)) => {
                pass.succeeded();
                return Ok(Once::Reply(Reply::Answer(answer)));
            }
            Ok(Err(error)) => {
                match pressure(&error) {
                    Pressure::Limited(wait) => pass.limited(wait, &fault_of(&error)),
                    Pressure::None => {}
                }
                Once::Failed(error)
            }
            Err(reply) => Once::Reply(reply),
        };
        if usage != Usage::default() {
            let cost = voice.info.price.as_ref().map(|price| price.cost(&usage));
            self.resident.log.append(vec![EventKind::AnswerLost { request, usage, cost }]).await?;
        }
        Ok(once)
    }

    /// Waits for the gate of the model's key; otherwise says what came in between.
    async fn pass(&self, voice: &Voice) -> Result<Result<Pass, Reply>, EngineError> {
        let mut turn = self.shared.gates.of(&voice.choice).turn();
        loop {
            tokio::select! {
                biased;
                disturbance = self.disturbed(true) => return Ok(Err(self.yield_to(disturbance).await?)),
                come = turn.come() => match come {
                    Come::Pass(pass) => return Ok(Ok(pass)),
                    // No request of this agent failed: the provider told another one to wait.
                    Come::Held { wait, fault } => self.tell_retry(0, fault, wait).await?,
                },
            }
        }
    }

    /// Hears one answer out, unless the user wants to be heard first; with what the request has used by then.
    async fn listen(
        &self,
        voice: &Voice,
        conversation: &Conversation,
    ) -> (Result<Result<Answer, ModelError>, Reply>, Usage) {
        let (sender, mut deltas) = mpsc::channel(DELTAS);
        let answer = voice.model.answer(conversation, &sender);
        tokio::pin!(answer);
        let disturbed = self.disturbed(false);
        tokio::pin!(disturbed);
        let (mut said, mut used) = (String::new(), Usage::default());
        let heard = loop {
            tokio::select! {
                disturbance = &mut disturbed => break Err(match disturbance {
                    Disturbance::Stop | Disturbance::Pause => Reply::Stopped,
                    Disturbance::Interrupt => Reply::Interrupted(said),
                }),
                answer = &mut answer => break Ok(answer),
                Some(delta) = deltas.recv() => self.hub().signal(match delta {
                    Delta::Text(text) => {
                        said.push_str(&text);
                        Signal::TextDelta { text }
                    }
                    Delta::Reasoning(text) => Signal::ReasoningDelta { text },
                    Delta::Call { index, tool, arguments } => Signal::CallDelta { index, tool, arguments },
                    Delta::Used(usage) => {
                        used = usage;
                        continue;
                    }
                }),
            }
        };
        // The last word on it may not have been heard yet.
        while let Ok(delta) = deltas.try_recv() {
            if let Delta::Used(usage) = delta {
                used = usage;
            }
        }
        (heard, used)
    }

    /// Lets a time pass before the next try; says what came in between, if anything did.
    async fn sit_out(&self, wait: Duration) -> Result<Option<Reply>, EngineError> {
        let disturbance = tokio::select! {
            () = tokio::time::sleep(wait) => return Ok(None),
            disturbance = self.disturbed(true) => disturbance,
        };
        self.yield_to(disturbance).await.map(Some)
    }

    /// Waits for the user to want something; for a pause only where it `holds` at this place.
    async fn disturbed(&self, holds: bool) -> Disturbance {
        let heard = self.heard.load(Ordering::Relaxed);
        let mut interrupts = self.resident.log.interrupts();
        tokio::select! {
            biased;
            () = self.wishes.stop.cancelled() => Disturbance::Stop,
            () = self.wishes.paused(), if holds => Disturbance::Pause,
            // The log outlives its listeners.
            Ok(_) = interrupts.wait_for(|last| *last > heard) => Disturbance::Interrupt,
        }
    }

    async fn yield_to(&self, disturbance: Disturbance) -> Result<Reply, EngineError> {
        match disturbance {
            Disturbance::Stop => Ok(Reply::Stopped),
            Disturbance::Pause => self.hold(PauseReason::User, None, None).await,
            Disturbance::Interrupt => Ok(Reply::Interrupted(String::new())),
        }
    }

    async fn tell_retry(&self, attempt: u32, fault: Fault, wait: Duration) -> Result<(), EngineError> {
        let wait_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
        self.resident.log.append(vec![EventKind::ModelRetried { attempt, fault, wait_ms }]).await.map(drop)
    }

    /// Writes down which model is asked, where the log says another or none.
    async fn select(&self, voice: &mut Voice) -> Result<(), EngineError> {
        if let Some(fault) = voice.untold.take() {
            let selected = EventKind::ModelSelected {
                model: voice.choice.clone(),
                window: voice.info.window,
                output_limit: voice.info.output_limit,
                priced: voice.info.price.is_some(),
                fault,
            };
            self.resident.log.append(vec![selected]).await?;
        }
        Ok(())
    }

    /// Prepares the model that stands in, where there is one that is not asked already.
    async fn stand_in(&self, voice: &Voice, fault: &Fault) -> Option<Voice> {
        let other = self.agent().fallback.clone().filter(|other| *other != voice.choice)?;
        match Voice::prepare(&self.shared, &other).await {
            Ok(mut prepared) => {
                prepared.untold = Some(Some(fault.clone()));
                Some(prepared)
            }
            Err(error) => {
                tracing::warn!(agent = %self.resident.log.id(), error = error.message(), "the model that stands in cannot be asked");
                None
            }
        }
    }

    pub(super) async fn hold(
        &self,
        reason: PauseReason,
        until: Option<Timestamp>,
        fault: Option<Fault>,
    ) -> Result<Reply, EngineError> {
        let paused = EventKind::Paused { reason, limit: None, until, fault };
        self.resident.log.append(vec![paused]).await?;
        Ok(Reply::Held)
    }

    fn after(&self, wait: Duration) -> Timestamp {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.resident.log.now().0.saturating_add(wait))
    }
}

fn fault_of(error: &ModelError) -> Fault {
    Fault { code: error.code().to_owned(), message: error.to_string(), hint: Some(error.hint().to_owned()) }
}
