//! Start, stop, pause, resume, answer, push.

use super::Engine;
use crate::life::{Life, Stage, stopped};
use crate::resident::{Resident, Wishes, Work};
use crate::{EngineError, delivery, rules, validate};
use anchorhold_domain::{
    Agent, AgentId, Event, EventKind, Fault, FileRules, Instruction, Limits, ModelChoice, PauseReason,
    PushWish, Status,
};
use std::collections::HashSet;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};

impl Engine {
    /// Starts an agent. One that failed begins anew where it has no base yet, and otherwise runs on
    /// from its last checkpoint, so that nothing it did is lost.
    ///
    /// # Errors
    /// [`EngineError::WrongStatus`] unless it is idle or in error, and
    /// [`EngineError::UnknownAgent`] where it is deleted.
    pub async fn start(&self, id: AgentId) -> Result<Agent, EngineError> {
        let resident = self.resident(id).await?;
        let before = resident.log.latest();
        if before.status == Status::Error && before.base_tree.is_some() {
            return self.go_on(&resident, EventKind::Resumed).await;
        }
        let mut work = resident.work.lock().await;
        let decide = |agent: &Agent, _: &[_]| match agent.status {
            _ if agent.deleted_at.is_some() => Err(EngineError::UnknownAgent(id.to_string())),
            Status::Idle if !agent.waiting => Ok(vec![EventKind::StartRequested]),
            Status::Error => Ok(vec![EventKind::StartRequested]),
            _ => Err(Self::wrong_status("start", agent)),
        };
        let agent = resident.log.append_if(decide).await?.agent;
        self.begin(&resident, &mut work, Stage::Start);
        Ok(Agent::clone(&agent))
    }

    /// Stops an agent at once: a waiting or cloning one is idle again, a running one is paused. One that is
    /// paused until a time stays so. Where the end of its work could not be written down, it is now.
    ///
    /// # Errors
    /// [`EngineError::WrongStatus`] where nothing is going on that can be stopped, and those of the store.
    pub async fn stop(&self, id: AgentId) -> Result<Arc<Agent>, EngineError> {
        let resident = self.resident(id).await?;
        let work = resident.work.lock().await;
        let kept = resident.log.append_if(|agent, _| Ok(stay_paused(agent))).await?;
        let agent = kept.agent;
        if !kept.events.is_empty() {
            return Ok(agent);
        }
        let can_stop = match agent.status {
            Status::Cloning | Status::Running => true,
            Status::Idle => agent.waiting,
            Status::Paused | Status::Completed | Status::Error | Status::Pushing => false,
        };
        if !can_stop {
            return Err(Self::wrong_status("stop", &agent));
        }
        if let Some(working) = work.as_ref() {
            working.wishes.stop();
        }
        drop(work);
        let rests = |agent: &Agent| !agent.status.is_busy() && !agent.waiting;
        ended(&resident, rests, |agent| stopped(agent, PauseReason::Stopped)).await
    }

    /// Holds a running agent after its current tool call, or at once where it waits for something else than
    /// the model's answer.
    ///
    /// # Errors
    /// [`EngineError::WrongStatus`] unless it runs, and those of the store.
    pub async fn pause(&self, id: AgentId) -> Result<Arc<Agent>, EngineError> {
        let resident = self.resident(id).await?;
        let work = resident.work.lock().await;
        let agent = resident.log.latest();
        if agent.status != Status::Running {
            return Err(Self::wrong_status("pause", &agent));
        }
        match work.as_ref().filter(|_| resident.is_at_work()) {
            Some(working) => {
                working.wishes.pause();
                Ok(agent)
            }
            None => write_end(&resident, |agent| stopped(agent, PauseReason::User)).await,
        }
    }

    /// Lets a paused, failed or completed agent run on.
    ///
    /// # Errors
    /// [`EngineError::WrongStatus`] in any other status, while a question waits for its answer, or
    /// where it never got as far as a workspace.
    pub async fn resume(&self, id: AgentId) -> Result<Agent, EngineError> {
        let resident = self.resident(id).await?;
        self.go_on(&resident, EventKind::Resumed).await
    }

    /// Answers the question that an agent asked, and lets it run on.
    ///
    /// # Errors
    /// [`EngineError::WrongStatus`] where it asked nothing.
    pub async fn answer(&self, id: AgentId, text: &str) -> Result<Agent, EngineError> {
        let text = validate::instruction(text)?;
        let resident = self.resident(id).await?;
        let call = self
            .open_question(id)
            .await?
            .ok_or_else(|| Self::wrong_status("answer", &resident.log.latest()))?;
        self.go_on(&resident, EventKind::QuestionAnswered { call, text }).await
    }

    /// Gives an agent other limits.
    ///
    /// # Errors
    /// [`EngineError::Illegal`] while it clones or pushes, and [`EngineError::Choice`] for a limit of money
    /// alone where the model's price is not known.
    pub async fn set_limits(&self, id: AgentId, limits: Limits) -> Result<Agent, EngineError> {
        let resident = self.resident(id).await?;
        let before = resident.log.latest();
        self.shared.check_money(&before.model, before.fallback.as_ref(), &limits)?;
        let agent = resident.log.append(vec![EventKind::LimitsChanged { limits }]).await?.agent;
        Ok(Agent::clone(&agent))
    }

    /// Gives an agent that is not at work another model, and one that stands in where it fails.
    ///
    /// # Errors
    /// [`EngineError::Illegal`] while it is at work, and [`EngineError::Choice`] for a model that cannot be
    /// used like that.
    pub async fn set_model(
        &self,
        id: AgentId,
        model: ModelChoice,
        fallback: Option<ModelChoice>,
    ) -> Result<Agent, EngineError> {
        let resident = self.resident(id).await?;
        self.check_models(&model, fallback.as_ref(), &resident.log.latest().limits)?;
        let changed = EventKind::ModelChanged { model, fallback };
        Ok(Agent::clone(&resident.log.append(vec![changed]).await?.agent))
    }

    /// Gives an agent that is not at work other rules about files; they hold from its next run.
    ///
    /// # Errors
    /// [`EngineError::Illegal`] while it is at work, and [`EngineError::FileRule`] for a pattern.
    pub async fn set_file_rules(&self, id: AgentId, files: FileRules) -> Result<Agent, EngineError> {
        let files = rules::checked(files)?;
        let resident = self.resident(id).await?;
        Ok(Agent::clone(&resident.log.append(vec![EventKind::FileRulesChanged { files }]).await?.agent))
    }

    /// Lets an agent that reached a limit, or goes round in circles, say in one last answer without tools
    /// how far it came; then it is completed.
    ///
    /// # Errors
    /// [`EngineError::WrongStatus`] unless it is paused.
    pub async fn wrap_up(&self, id: AgentId) -> Result<Agent, EngineError> {
        let resident = self.resident(id).await?;
        self.go_on(&resident, EventKind::WrapUpRequested).await
    }

    /// Pushes the last checkpoint's tree to the target branch, in the user's name, as the
    /// [plan](Self::push_plan) says and with what the user changed of it.
    ///
    /// Returns once the commits are made and on their way; the log says how it ends. What an earlier push had
    /// sent and the server took after all is written down first, and is not sent again. Where the wish names no
    /// tree and the agent may push without a review, it is written down that nobody read the change.
    ///
    /// # Errors
    /// Where nothing differs, git knows no identity or cannot sign, the agent is busy, what was read is
    /// something else, or the work cannot be put onto a target that moved.
    pub async fn push(&self, id: AgentId, wish: PushWish) -> Result<Agent, EngineError> {
        let resident = self.resident(id).await?;
        let mut work = resident.work.lock().await;
        let agent = resident.log.latest();
        if agent.deleted_at.is_some() {
            return Err(EngineError::UnknownAgent(id.to_string()));
        }
        if !matches!(agent.status, Status::Completed | Status::Paused) {
            return Err(Self::wrong_status("push", &agent));
        }
        let unreviewed = agent.delivery.push_unreviewed && wish.tree.is_none();
        let push = resident.pushes.begin();
        let arrived = self.record_arrival(&resident, &agent, &push).await?;
        let agent = resident.log.latest();
        let prepared = delivery::prepare(&self.shared, &agent, wish, unreviewed, &push).await;
        if arrived && prepared.is_err() {
            // No push follows that would tell the pull request.
            self.shared.tasks.spawn(self.clone().finish_delivery(id, resident.at_work()));
        }
        let prepared = match prepared {
            Err(EngineError::NothingToPush { .. }) if arrived => return Ok(Agent::clone(&agent)),
            prepared => prepared?,
        };
        let agent = resident.log.append(prepared.events).await?.agent;
        self.begin(&resident, &mut work, Stage::Push { commit: prepared.commit, push });
        Ok(Agent::clone(&agent))
    }

    /// Cancels a push that is going on, or a pull request that the user is opening, and waits until the log
    /// says how the push ended. What had arrived by then is a push that went well.
    ///
    /// One whose commits are only being made, or signed, ends with an error of [`Engine::push`] and leaves
    /// nothing in the log.
    ///
    /// # Errors
    /// [`EngineError::WrongStatus`] where nothing is going on that can be cancelled, and those of the store.
    pub async fn cancel_push(&self, id: AgentId) -> Result<Arc<Agent>, EngineError> {
        let resident = self.resident(id).await?;
        let agent = resident.log.latest();
        if !resident.pushes.cancel() && agent.status != Status::Pushing {
            return Err(Self::wrong_status("cancel the push of", &agent));
        }
        // What the server took is found out before the next push, or at the next start.
        let broken_off = |agent: &Agent| match agent.status {
            Status::Pushing => {
                vec![EventKind::PushFailed { fault: delivery::interrupted(&agent.target_branch) }]
            }
            _ => vec![],
        };
        ended(&resident, |agent| agent.status != Status::Pushing, broken_off).await
    }

    /// Waits until no task is at work for an agent any more, one that delivers or tidies up included.
    ///
    /// # Errors
    /// Where there is no such agent.
    pub async fn at_rest(&self, id: AgentId) -> Result<Arc<Agent>, EngineError> {
        let resident = self.resident(id).await?;
        let mut tasks = resident.tasks.subscribe();
        let _ = tasks.wait_for(|count| *count == 0).await;
        Ok(resident.log.latest())
    }

    pub(super) async fn go_on(
        &self,
        resident: &Arc<Resident>,
        event: EventKind,
    ) -> Result<Agent, EngineError> {
        self.set_to_work(resident, |agent, _| Self::going_on(agent, event)).await
    }

    fn going_on(agent: &Agent, event: EventKind) -> Result<Vec<EventKind>, EngineError> {
        if agent.deleted_at.is_some() {
            return Err(EngineError::UnknownAgent(agent.id.to_string()));
        }
        let answers = matches!(event, EventKind::QuestionAnswered { .. });
        let wraps_up = matches!(event, EventKind::WrapUpRequested);
        let verb = if answers {
            "answer"
        } else if wraps_up {
            "wrap up"
        } else {
            "resume"
        };
        let asked = agent.pause_reason == Some(PauseReason::Question);
        let can = match agent.status {
            Status::Paused => asked == answers,
            Status::Completed | Status::Error => !answers && !wraps_up,
            Status::Idle | Status::Cloning | Status::Running | Status::Pushing => false,
        };
        if can && agent.base_tree.is_some() { Ok(vec![event]) } else { Err(Self::wrong_status(verb, agent)) }
    }

    /// Lets an agent go on that a process which ended left at work.
    pub(super) async fn resume_left(&self, id: AgentId) -> Result<(), EngineError> {
        let resident = self.resident(id).await?;
        let mut work = resident.work.lock().await;
        let decide = |agent: &Agent, _: &[_]| Self::going_on(agent, EventKind::Resumed);
        self.set_to(&resident, &mut work, decide, true).await.map(drop)
    }

    /// Lets an agent go on that is paused until a time which has come. Whatever the user did with it in
    /// between goes before. Returns false where it `waits` for nobody and the agent's work is held, as while a
    /// push is signed.
    pub(crate) async fn resume_due(&self, id: AgentId, waits: bool) -> Result<bool, EngineError> {
        let resident = self.resident(id).await?;
        let mut work = match resident.work.try_lock() {
            Ok(work) => work,
            Err(_) if !waits => return Ok(false),
            Err(_) => resident.work.lock().await,
        };
        let now = resident.log.now();
        let decide = |agent: &Agent, _: &[_]| {
            let due = agent.status == Status::Paused && agent.resumes_at.is_some_and(|at| at <= now);
            Ok(if due && agent.deleted_at.is_none() { vec![EventKind::Resumed] } else { vec![] })
        };
        self.set_to(&resident, &mut work, decide, true).await?;
        Ok(true)
    }

    /// Sets an agent to work on what is decided, unless that is nothing.
    pub(crate) async fn set_to_work(
        &self,
        resident: &Arc<Resident>,
        decide: impl FnOnce(&Agent, &[Instruction]) -> Result<Vec<EventKind>, EngineError>,
    ) -> Result<Agent, EngineError> {
        self.set_to(resident, &mut *resident.work.lock().await, decide, false).await
    }

    /// `by_itself` where no user is there to be told that something is missing.
    async fn set_to(
        &self,
        resident: &Arc<Resident>,
        work: &mut Option<Work>,
        decide: impl FnOnce(&Agent, &[Instruction]) -> Result<Vec<EventKind>, EngineError>,
        by_itself: bool,
    ) -> Result<Agent, EngineError> {
        let appended = resident.log.append_if(decide).await?;
        if !appended.events.is_empty() {
            // Whatever becomes of that, the log says that it runs; a workspace built anew is never wrong.
            let rebuild = self.events(appended.agent.id, 0).await.map_or(true, |events| in_doubt(&events));
            self.begin(resident, work, Stage::Continue { rebuild, by_itself });
        }
        Ok(Agent::clone(&appended.agent))
    }

    /// Sets a task to work; the one before has written its last event and only tidies up.
    pub(crate) fn begin(&self, resident: &Arc<Resident>, work: &mut Option<Work>, stage: Stage) {
        let wishes = Wishes::new(&self.shared.shutdown);
        let life = Life {
            shared: Arc::clone(&self.shared),
            resident: Arc::clone(resident),
            _at_work: resident.at_work(),
            wishes: wishes.clone(),
            opening: Mutex::default(),
            // What was sent before is in the queue, where the run finds it.
            heard: AtomicU32::new(*resident.log.interrupts().borrow()),
        };
        // The place in the line is taken here, so that it is the order of the calls.
        let place = match stage {
            Stage::Start | Stage::Continue { .. } => Some(self.shared.slots.enter()),
            Stage::Push { .. } | Stage::Deliver => None,
        };
        let task = self.shared.tasks.spawn(life.run(stage, place, work.take()));
        *work = Some(Work { wishes, task });
    }
}

/// Waits until the log says that an agent `rests`. Where nobody is left who could write that down, it is
/// written here what is `left` to be said.
async fn ended(
    resident: &Resident,
    rests: impl Fn(&Agent) -> bool,
    left: impl Fn(&Agent) -> Vec<EventKind>,
) -> Result<Arc<Agent>, EngineError> {
    let (mut latest, mut tasks) = (resident.log.subscribe(), resident.tasks.subscribe());
    loop {
        tokio::select! {
            biased;
            _ = latest.wait_for(|agent| rests(agent)) => return Ok(resident.log.latest()),
            _ = tasks.wait_for(|count| *count == 0) => {}
        }
        // Nobody begins anything while this is held.
        let _work = resident.work.lock().await;
        if !resident.is_at_work() {
            return write_end(resident, &left).await;
        }
    }
}

/// Writes down an end that the work itself could not.
async fn write_end(
    resident: &Resident,
    left: impl Fn(&Agent) -> Vec<EventKind>,
) -> Result<Arc<Agent>, EngineError> {
    let agent = resident.log.append_if(|agent, _| Ok(left(agent))).await?.agent;
    resident.unwritten.send_replace(None);
    Ok(agent)
}

/// Takes from a paused agent the time at which it would go on by itself.
fn stay_paused(agent: &Agent) -> Vec<EventKind> {
    if agent.status != Status::Paused || agent.resumes_at.is_none() || agent.deleted_at.is_some() {
        return vec![];
    }
    let fault = agent.error_message.clone().map(|message| Fault {
        code: agent.error_code.clone().unwrap_or_default(),
        message,
        hint: agent.error_hint.clone(),
    });
    // Nothing comes between the two, so that nothing runs.
    vec![
        EventKind::Resumed,
        EventKind::Paused { reason: PauseReason::Stopped, limit: None, until: None, fault },
    ]
}

/// Whether the workspace may hold what no checkpoint does: since its cell was last opened, a run
/// ended in the middle of something. A push in between changes nothing about that.
fn in_doubt(events: &[Event]) -> bool {
    let (mut doubt, mut open) = (false, HashSet::new());
    for event in events {
        match &event.kind {
            EventKind::CellOpened { .. } => doubt = false,
            EventKind::Failed { .. }
            | EventKind::Paused { reason: PauseReason::Interrupted, .. }
            // The workspace is still what it was before.
            | EventKind::Reapplied { .. } => doubt = true,
            EventKind::ToolRequested { call, .. } => drop(open.insert(call)),
            EventKind::ToolFinished { call, .. } | EventKind::QuestionAnswered { call, .. } => {
                open.remove(call);
            }
            // A stop that cut a call off left it without a result.
            EventKind::Paused { reason: PauseReason::Stopped, .. } => doubt |= !open.is_empty(),
            _ => {}
        }
    }
    doubt
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchorhold_domain::Timestamp;

    #[track_caller]
    fn check(kinds: Vec<EventKind>, expected: bool) {
        let number = |(seq, kind)| Event { seq, at: Timestamp(0), kind };
        let events: Vec<Event> = (1..).zip(kinds).map(number).collect();
        assert_eq!(in_doubt(&events), expected, "{events:?}");
    }

    #[test]
    fn a_workspace_is_trusted_unless_a_run_ended_in_the_middle_since_its_cell_was_opened() {
        let opened = || EventKind::CellOpened {
            container_id: String::new(),
            facts: vec![],
            ready_ms: 0,
            volume: None,
        };
        let paused = |reason| EventKind::Paused { reason, limit: None, until: None, fault: None };
        let failed =
            || EventKind::Failed { fault: Fault { code: String::new(), message: String::new(), hint: None } };
        let pushed =
            || EventKind::PushCompleted { branch: String::new(), commit: String::new(), created: true };
        check(vec![], false);
        check(vec![opened(), paused(PauseReason::User), EventKind::Resumed], false);
        check(vec![opened(), paused(PauseReason::Stopped)], false);
        check(vec![opened(), paused(PauseReason::Interrupted)], true);
        check(vec![opened(), paused(PauseReason::Interrupted), pushed(), EventKind::Resumed], true);
        check(vec![opened(), failed()], true);
        let called = || EventKind::ToolRequested {
            call: "1".to_owned(),
            tool: "write_file".to_owned(),
            label: String::new(),
            arguments: String::new(),
        };
        let answered = || EventKind::QuestionAnswered { call: "1".to_owned(), text: String::new() };
        check(vec![opened(), called(), paused(PauseReason::Stopped)], true);
        check(vec![opened(), called(), paused(PauseReason::Stopped), EventKind::Resumed, opened()], false);
        check(vec![opened(), called(), answered(), paused(PauseReason::Stopped)], false);
        check(vec![opened(), called(), paused(PauseReason::User)], false);
        check(vec![opened(), failed(), opened(), pushed()], false);
        let reapplied =
            EventKind::Reapplied { onto: String::new(), checkpoint: String::new(), files_changed: 1 };
        check(vec![opened(), reapplied, pushed(), EventKind::Resumed], true);
    }
}

#[cfg(test)]
#[path = "left_tests.rs"]
mod left_tests;
