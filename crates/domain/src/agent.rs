//! An agent's record: what it was told, and where the log has brought it.

use crate::{
    AgentId, Event, EventKind, FileChange, IllegalTransition, Instruction, Limits, PauseReason, Status,
    Timestamp, ToolCall, Usage, apply,
};
use serde::{Deserialize, Serialize};

/// Which model an agent works with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ModelChoice {
    /// `scripted`, or a provider's name such as `openai`.
    pub provider: String,
    /// The model's name as the provider knows it.
    pub name: String,
    /// The address of an OpenAI-compatible server; `None` for the provider's own.
    pub base_url: Option<String>,
}

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
    /// The model to work with.
    pub model: ModelChoice,
    /// What it may use.
    pub limits: Limits,
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
    /// Its container, once there is one. Written by `CellOpened`.
    pub container_id: Option<String>,
    /// Always `None`: the bridge speaks over the container's stdin and stdout and opens no port.
    /// The field stays because readers of the record expect it.
    pub agent_port: Option<u16>,
    /// Where it stands. Written by [`apply`] alone.
    pub status: Status,
    /// Why it is paused, while it is.
    pub pause_reason: Option<PauseReason>,
    /// Whether it was started and waits for a slot.
    pub waiting: bool,
    /// What went wrong last, until the next start, resume or push.
    pub error_message: Option<String>,
    /// The code of that error.
    pub error_code: Option<String>,
    /// What the user can do about it.
    pub error_hint: Option<String>,
    /// The linked account, or `local`.
    pub user_id: String,
    /// Which model it works with.
    pub model: ModelChoice,
    /// What it may use.
    pub limits: Limits,
    /// What it has used.
    pub usage: Usage,
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
    /// Files that differ from the base.
    pub files_changed: u32,
    /// The last commit that was pushed.
    pub pushed_commit: Option<String>,
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
            container_id: None,
            agent_port: None,
            status: Status::Idle,
            pause_reason: None,
            waiting: false,
            error_message: None,
            error_code: None,
            error_hint: None,
            user_id,
            model: new.model,
            limits: new.limits,
            usage: Usage::default(),
            requests: 0,
            activity: None,
            base_commit: None,
            base_tree: None,
            checkpoint: None,
            files_changed: 0,
            pushed_commit: None,
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
        self.keep_time(status, event.at);
        self.status = status;
        self.last_seq = event.seq;
        self.updated_at = event.at;
        if status != Status::Paused {
            self.pause_reason = None;
        }
        self.take(event);
        Ok(())
    }

    /// Returns how long the agent has run, pauses left out.
    #[must_use]
    pub fn ran_seconds(&self, now: Timestamp) -> u32 {
        let current = self.running_since.map_or(0, |since| now.seconds_since(since));
        (self.ran_ms / 1000).saturating_add(current)
    }

    fn keep_time(&mut self, next: Status, at: Timestamp) {
        match (self.running_since, next == Status::Running) {
            (None, true) => self.running_since = Some(at),
            (Some(since), false) => {
                let ran = u32::try_from((at.0 - since.0).max(0)).unwrap_or(u32::MAX);
                self.ran_ms = self.ran_ms.saturating_add(ran);
                self.running_since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    fn fail(&mut self, fault: &crate::Fault) {
        self.error_message = Some(fault.message.clone());
        self.error_code = Some(fault.code.clone());
        self.error_hint.clone_from(&fault.hint);
    }

    fn forget_error(&mut self) {
        self.error_message = None;
        self.error_code = None;
        self.error_hint = None;
    }

    fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::StartRequested => {
                self.waiting = true;
                self.forget_error();
            }
            EventKind::SlotAwaited { .. } => self.waiting = true,
            EventKind::StartCancelled => self.waiting = false,
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
            EventKind::ModelAnswered { request, usage, .. } => {
                self.requests = *request;
                self.usage.add(*usage);
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
            EventKind::Paused { reason, .. } => self.pause_reason = Some(*reason),
            EventKind::LimitsChanged { limits } => self.limits = *limits,
            EventKind::Resumed => self.forget_error(),
            EventKind::Completed { summary, .. } => {
                self.completed_at = Some(event.at);
                self.activity = Some(summary.clone());
            }
            EventKind::Failed { fault } => self.fail(fault),
            EventKind::PushFailed { fault } => {
                self.fail(fault);
                self.completed_at.get_or_insert(event.at);
            }
            EventKind::PushStarted { .. } => self.forget_error(),
            EventKind::PushCompleted { commit, .. } => {
                self.pushed_commit = Some(commit.clone());
                self.pushed_at = Some(event.at);
                self.completed_at.get_or_insert(event.at);
            }
            EventKind::Deleted => self.deleted_at = Some(event.at),
            EventKind::Restored => self.deleted_at = None,
            EventKind::Created { .. }
            | EventKind::InstructionQueued { .. }
            | EventKind::InstructionEdited { .. }
            | EventKind::InstructionRemoved { .. }
            | EventKind::InstructionsReordered { .. }
            | EventKind::TurnStarted { .. }
            | EventKind::ModelRetried { .. }
            | EventKind::QuestionAnswered { .. }
            | EventKind::Noted { .. } => {}
        }
    }
}
