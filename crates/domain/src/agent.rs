//! An agent's record: what it was told, and where the log has brought it.

use crate::{
    AgentId, Delivery, DeliveryStep, Event, EventKind, Feedback, FeedbackKind, FileChange, FileRules,
    IllegalTransition, Instruction, Limits, ModelChoice, PauseReason, PullRequest, Status, StepStatus,
    Timestamp, ToolCall, Usage, apply,
};
use serde::{Deserialize, Serialize};

/// What the user fills in to create an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct NewAgent {
    /// A name for people; unique among the agents that are not deleted.
    pub name: String,
    /// What to do.
    pub task: String,
    /// `owner/name`, a git URL, or a local path.
    pub github_repo: String,
    /// The branch to work from.
    pub source_branch: String,
    /// The branch to push to.
    pub target_branch: String,
    /// How many commits of the source branch's history to fetch, counted from its tip; all of them without a
    /// number, and where the whole history is here already.
    #[serde(default)]
    pub history_depth: Option<u32>,
    /// The model to work with.
    pub model: ModelChoice,
    /// The model that stands in where that one fails.
    #[serde(default)]
    pub fallback: Option<ModelChoice>,
    /// What it may use.
    pub limits: Limits,
    /// Which files it sees and may change.
    #[serde(default)]
    pub files: FileRules,
    /// How its work is handed over.
    #[serde(default)]
    pub delivery: Delivery,
}

/// An agent as it stands after `last_seq` events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Which agent this is.
    pub id: AgentId,
    /// A name for people.
    pub name: String,
    /// What it was told first.
    pub task: String,
    /// `owner/name`, a git URL, or a local path.
    pub github_repo: String,
    /// The branch it works from.
    pub source_branch: String,
    /// The branch it pushes to.
    pub target_branch: String,
    /// How many commits of the source branch's history it wants; all of them without a number.
    pub history_depth: Option<u32>,
    /// Its container, once there is one. Written by `CellOpened`.
    pub container_id: Option<String>,
    /// Always `None`: the bridge speaks over the container's stdin and stdout and opens no port.
    /// The field stays because readers of the record expect it.
    pub agent_port: Option<u16>,
    /// Where it stands. Written by [`apply`] alone.
    pub status: Status,
    /// Why it is paused, while it is.
    pub pause_reason: Option<PauseReason>,
    /// When it goes on by itself, while it is paused and will.
    pub resumes_at: Option<Timestamp>,
    /// Whether it was started and waits for a slot.
    pub waiting: bool,
    /// What went wrong last, until the next start, resume or push.
    pub error_message: Option<String>,
    /// The code of that error.
    pub error_code: Option<String>,
    /// What the user can do about it.
    pub error_hint: Option<String>,
    /// What it was to do by itself after its work and did not; the error says why.
    pub undelivered: Option<DeliveryStep>,
    /// The linked account, or `local`.
    pub user_id: String,
    /// Which model it works with.
    pub model: ModelChoice,
    /// The model that stands in where that one fails.
    pub fallback: Option<ModelChoice>,
    /// Whether the fallback answers at present.
    pub on_fallback: bool,
    /// What it may use.
    pub limits: Limits,
    /// Which files it sees and may change.
    pub files: FileRules,
    /// How its work is handed over.
    pub delivery: Delivery,
    /// What it has used.
    pub usage: Usage,
    /// What the requests with a known price cost, in millionths of a US dollar.
    pub cost: u32,
    /// Requests whose price is not known; the cost is more than `cost` where there are any.
    pub unpriced: u32,
    /// Tokens that the conversation held after the last answer.
    pub context_tokens: u32,
    /// Tokens that the model can read at once, where that is known.
    pub context_window: Option<u32>,
    /// Steps of its plan that are done.
    pub plan_done: u32,
    /// Steps of its plan.
    pub plan_total: u32,
    /// Requests made to the model.
    pub requests: u32,
    /// What it does now, or what it last asked or said, in one line.
    pub activity: Option<String>,
    /// The source branch's tip when it was cloned.
    pub base_commit: Option<String>,
    /// That commit's tree.
    pub base_tree: Option<String>,
    /// The last checkpoint, a commit id; `None` before the first edit.
    pub checkpoint: Option<String>,
    /// The commit that the work was last put onto, where it was: what differs from it is the agent's own, and
    /// what differs from the base is others' as well.
    pub reapplied_onto: Option<String>,
    /// Files that differ from the base, or from what the work was put onto.
    pub files_changed: u32,
    /// The last commit that was pushed to the target branch.
    pub pushed_commit: Option<String>,
    /// What the next push builds on, where that is neither the last one nor the base: the tip of a target
    /// that moved, or what was pushed to another branch before.
    pub push_parent: Option<String>,
    /// The pull request of the target branch.
    pub pull_request: Option<PullRequest>,
    /// Pieces of feedback that became no instruction. A failed check counts while it fails, up to the next push.
    pub feedback_open: u32,
    /// Failed checks among those.
    pub checks_open: u32,
    /// How often feedback became an instruction by itself since the user's last word.
    pub follow_ups: u32,
    /// Milliseconds it has run, up to `running_since`.
    pub ran_ms: u32,
    /// Since when it runs, while it does.
    pub running_since: Option<Timestamp>,
    /// The number of its last event.
    pub last_seq: u32,
    /// When it was first started.
    pub started_at: Option<Timestamp>,
    /// When it was last completed.
    pub completed_at: Option<Timestamp>,
    /// When it was last pushed.
    pub pushed_at: Option<Timestamp>,
    /// When it was deleted, while it is.
    pub deleted_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its last event happened.
    pub updated_at: Timestamp,
}

/// The whole of an agent, with the three readings of its log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentRecord {
    /// The agent.
    #[serde(flatten)]
    pub agent: Agent,
    /// Every tool call, in order.
    pub tool_calls: Vec<ToolCall>,
    /// Every file that differs from the base, with its diff.
    pub files_edited: Vec<EditedFileDiff>,
    /// The instructions that wait, next first.
    pub instruction_queue: Vec<Instruction>,
}

/// A changed file with its diff as a unified patch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EditedFileDiff {
    /// What changed.
    #[serde(flatten)]
    pub change: FileChange,
    /// The unified patch; empty for a binary file.
    pub diff: String,
}

impl Agent {
    /// Makes the record of an agent whose log holds its creation alone.
    #[must_use]
    pub fn new(id: AgentId, new: NewAgent, user_id: String, at: Timestamp) -> Self {
        Self {
            id,
            name: new.name,
            task: new.task,
            github_repo: new.github_repo,
            source_branch: new.source_branch,
            target_branch: new.target_branch,
            history_depth: new.history_depth,
            container_id: None,
            agent_port: None,
            status: Status::Idle,
            pause_reason: None,
            resumes_at: None,
            waiting: false,
            error_message: None,
            error_code: None,
            error_hint: None,
            undelivered: None,
            user_id,
            model: new.model,
            fallback: new.fallback,
            on_fallback: false,
            limits: new.limits,
            files: new.files,
            delivery: new.delivery,
            usage: Usage::default(),
            cost: 0,
            unpriced: 0,
            context_tokens: 0,
            context_window: None,
            plan_done: 0,
            plan_total: 0,
            requests: 0,
            activity: None,
            base_commit: None,
            base_tree: None,
            checkpoint: None,
            reapplied_onto: None,
            files_changed: 0,
            pushed_commit: None,
            push_parent: None,
            pull_request: None,
            feedback_open: 0,
            checks_open: 0,
            follow_ups: 0,
            ran_ms: 0,
            running_since: None,
            last_seq: 1,
            started_at: None,
            completed_at: None,
            pushed_at: None,
            deleted_at: None,
            created_at: at,
            updated_at: at,
        }
    }

    /// Takes the next event of the log into the record.
    ///
    /// # Errors
    /// [`IllegalTransition`] where [`apply`] refuses the event; the record is unchanged then.
    pub fn advance(&mut self, event: &Event) -> Result<(), IllegalTransition> {
        let status = apply(self.status, &event.kind)?;
        self.status = status;
        self.last_seq = event.seq;
        let before = std::mem::replace(&mut self.updated_at, event.at);
        if status != Status::Paused {
            self.pause_reason = None;
            self.resumes_at = None;
        }
        if status != Status::Idle && status != Status::Running {
            self.waiting = false;
        }
        self.take(event);
        // A program that ended in the middle did not work until it was started again.
        let crashed = matches!(event.kind, EventKind::Paused { reason: PauseReason::Interrupted, .. });
        self.keep_time(if crashed { before } else { event.at });
        Ok(())
    }

    /// Returns how long the agent has run, pauses left out.
    #[must_use]
    pub fn ran_seconds(&self, now: Timestamp) -> u32 {
        let current = self.running_since.map_or(0, |since| now.seconds_since(since));
        (self.ran_ms / 1000).saturating_add(current)
    }

    /// Counts the time that it works; waiting for a slot is not work.
    fn keep_time(&mut self, at: Timestamp) {
        match (self.running_since, self.status == Status::Running && !self.waiting) {
            (None, true) => self.running_since = Some(at),
            (Some(since), false) => {
                let ran = u32::try_from((at.0 - since.0).max(0)).unwrap_or(u32::MAX);
                self.ran_ms = self.ran_ms.saturating_add(ran);
                self.running_since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    fn spend(&mut self, usage: Usage, cost: Option<u32>) {
        self.usage.add(usage);
        match cost {
            Some(cost) => self.cost = self.cost.saturating_add(cost),
            None => self.unpriced = self.unpriced.saturating_add(1),
        }
    }

    fn fail(&mut self, fault: &crate::Fault) {
        self.error_message = Some(fault.message.clone());
        self.error_code = Some(fault.code.clone());
        self.error_hint.clone_from(&fault.hint);
        self.undelivered = None;
    }

    fn forget_error(&mut self) {
        self.error_message = None;
        self.error_code = None;
        self.error_hint = None;
        self.undelivered = None;
    }

    /// Forgets that the pull request was not opened or brought up to date.
    fn forget_pull_request_error(&mut self) {
        if self.undelivered == Some(DeliveryStep::PullRequest) {
            self.forget_error();
        }
    }

    fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::StartRequested => {
                self.waiting = true;
                self.forget_error();
            }
            EventKind::SlotAwaited { .. } => self.waiting = true,
            EventKind::StartCancelled | EventKind::SlotTaken => self.waiting = false,
            EventKind::CloneStarted => {
                self.waiting = false;
                self.activity = Some("cloning".to_owned());
                self.started_at.get_or_insert(event.at);
            }
            EventKind::Cloned { base_commit, base_tree, .. } => {
                self.base_commit = Some(base_commit.clone());
                self.base_tree = Some(base_tree.clone());
            }
            EventKind::CloneCancelled { .. } => self.activity = None,
            EventKind::CellOpened { container_id, .. } => self.container_id = Some(container_id.clone()),
            EventKind::ModelSelected { model, window, .. } => {
                self.on_fallback = self.fallback.as_ref() == Some(model) && self.model != *model;
                self.context_window = *window;
            }
            EventKind::ModelAnswered { request, usage, cost, .. } => {
                self.requests = *request;
                self.context_tokens = usage.total();
                self.spend(*usage, *cost);
            }
            EventKind::AnswerLost { usage, cost, .. } => self.spend(*usage, *cost),
            EventKind::ResultsShrunk { tokens_after, .. } => self.context_tokens = *tokens_after,
            EventKind::Compacted { tokens_after, usage, cost, .. } => {
                self.context_tokens = *tokens_after;
                self.spend(*usage, *cost);
            }
            EventKind::PlanChanged { steps } => {
                self.plan_total = count(steps.len());
                self.plan_done = count(steps.iter().filter(|step| step.status == StepStatus::Done).count());
            }
            EventKind::ToolRequested { label, .. } => self.activity = Some(label.clone()),
            EventKind::ToolFinished { checkpoint, files_changed, .. } => {
                if let Some(commit) = checkpoint {
                    self.checkpoint = Some(commit.clone());
                }
                self.files_changed = *files_changed;
            }
            EventKind::QuestionAsked { question, .. } => {
                self.pause_reason = Some(PauseReason::Question);
                self.activity = Some(question.clone());
            }
            EventKind::Paused { reason, until, fault, .. } => {
                self.pause_reason = Some(*reason);
                self.resumes_at = *until;
                if let Some(fault) = fault {
                    self.fail(fault);
                }
            }
            EventKind::LimitsChanged { limits } => self.limits = *limits,
            EventKind::ModelChanged { model, fallback } => {
                self.model = model.clone();
                self.fallback.clone_from(fallback);
                self.on_fallback = false;
                self.context_window = None;
            }
            EventKind::FileRulesChanged { files } => self.files = files.clone(),
            EventKind::Resumed | EventKind::WrapUpRequested => self.forget_error(),
            EventKind::Completed { summary, .. } => {
                self.completed_at = Some(event.at);
                self.activity = Some(summary.clone());
            }
            EventKind::Failed { fault } => self.fail(fault),
            EventKind::DeliveryFailed { step, fault } => match step {
                // Whatever it was set to do meanwhile is not what failed.
                DeliveryStep::Push | DeliveryStep::PullRequest if self.status == Status::Completed => {
                    self.fail(fault);
                    self.undelivered = Some(*step);
                }
                DeliveryStep::Push | DeliveryStep::PullRequest => {}
                // What waits for an answer is counted.
                DeliveryStep::FollowUp => {}
            },
            EventKind::PushFailed { fault } => {
                self.fail(fault);
                self.completed_at.get_or_insert(event.at);
            }
            EventKind::PushStarted { .. } => self.forget_error(),
            EventKind::PushCompleted { commit, .. } => {
                self.pushed_commit = Some(commit.clone());
                self.push_parent = None;
                // The checks that failed were those of another commit.
                self.feedback_open = self.feedback_open.saturating_sub(self.checks_open);
                self.checks_open = 0;
                self.pushed_at = Some(event.at);
                self.completed_at.get_or_insert(event.at);
            }
            EventKind::DeliveryChanged { delivery } => self.delivery = *delivery,
            EventKind::TargetChanged { branch } => {
                self.forget_pull_request_error();
                self.target_branch.clone_from(branch);
                self.push_parent = self.push_parent.take().or(self.pushed_commit.take());
                self.pushed_commit = None;
                self.pull_request = None;
                self.feedback_open = 0;
                self.checks_open = 0;
            }
            EventKind::Reapplied { onto, checkpoint, files_changed } => {
                self.push_parent = Some(onto.clone());
                self.reapplied_onto = Some(onto.clone());
                self.checkpoint = Some(checkpoint.clone());
                self.files_changed = *files_changed;
            }
            EventKind::PullRequestChanged { pull_request } => {
                self.forget_pull_request_error();
                self.pull_request = Some(pull_request.clone());
            }
            EventKind::FeedbackArrived { items, over } => {
                let checks = items.iter().filter(|item| item.kind == FeedbackKind::FailedCheck).count();
                let over = count(over.len());
                self.feedback_open =
                    self.feedback_open.saturating_sub(over).saturating_add(count(items.len()));
                self.checks_open = self.checks_open.saturating_sub(over).saturating_add(count(checks));
            }
            EventKind::FeedbackTaken { ids, attempt, .. } => {
                let checks = ids.iter().filter(|id| Feedback::is_check(id)).count();
                self.feedback_open = self.feedback_open.saturating_sub(count(ids.len()));
                self.checks_open = self.checks_open.saturating_sub(count(checks));
                self.follow_ups = *attempt;
            }
            // The instruction that feedback becomes is queued before the feedback is taken.
            EventKind::InstructionQueued { .. } => self.follow_ups = 0,
            EventKind::Deleted => self.deleted_at = Some(event.at),
            EventKind::Restored => self.deleted_at = None,
            EventKind::Created { .. }
            | EventKind::InstructionEdited { .. }
            | EventKind::InstructionRemoved { .. }
            | EventKind::InstructionsReordered { .. }
            | EventKind::InstructionSentNow { .. }
            | EventKind::PromptPrepared { .. }
            | EventKind::TurnStarted { .. }
            | EventKind::ModelRetried { .. }
            | EventKind::ModelInterrupted { .. }
            | EventKind::LimitNeared { .. }
            | EventKind::LoopNoticed { .. }
            | EventKind::QuestionAnswered { .. }
            | EventKind::Noted { .. } => {}
        }
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
