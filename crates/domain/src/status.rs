//! An agent's status and the one function that changes it.

use crate::EventKind;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where an agent stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Created and not started, or waiting for a free slot.
    Idle,
    /// The repository is being fetched.
    Cloning,
    /// The model works.
    Running,
    /// Held, for the reason in `Agent::pause_reason`.
    Paused,
    /// Done with everything it was told.
    Completed,
    /// Ended by a fault, which `Agent::error_message` explains.
    Error,
    /// The reviewed tree is on its way to the target branch.
    Pushing,
}

impl Status {
    /// Every status, in the order of an agent's life.
    pub const ALL: [Self; 7] =
        [Self::Idle, Self::Cloning, Self::Running, Self::Paused, Self::Completed, Self::Error, Self::Pushing];

    /// The status as it stands on the wire and in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "IDLE",
            Self::Cloning => "CLONING",
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Completed => "COMPLETED",
            Self::Error => "ERROR",
            Self::Pushing => "PUSHING",
        }
    }

    /// Whether a task of the engine is at work for an agent in this status.
    #[must_use]
    pub fn is_busy(self) -> bool {
        match self {
            Self::Cloning | Self::Running | Self::Pushing => true,
            Self::Idle | Self::Paused | Self::Completed | Self::Error => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says that a text names no status.
#[derive(Debug, thiserror::Error)]
#[error("read {0:?} as a status")]
pub struct UnknownStatus(pub String);

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

/// Why an agent is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PauseReason {
    /// The user held it after the current tool call.
    User,
    /// The user stopped it at once.
    Stopped,
    /// It asked the user something.
    Question,
    /// A limit of this agent was reached.
    Limit,
    /// The provider's quota is spent.
    Quota,
    /// The program that ran it ended in the middle.
    Interrupted,
    /// The model's provider fails, or refuses what it is asked.
    Provider,
    /// It goes round in circles.
    Loop,
}

/// Says that an event cannot happen to an agent in a status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{event} cannot happen to an agent that is {status}")]
pub struct IllegalTransition {
    /// Where the agent stands.
    pub status: Status,
    /// The event's name.
    pub event: &'static str,
}

/// Returns the status that `event` leads to from `status`.
///
/// This is the only place where a status changes. It is total: every pair is answered, and a new
/// status or event does not compile until it is decided here.
///
/// # Errors
/// [`IllegalTransition`] where the event cannot happen in this status.
pub fn apply(status: Status, event: &EventKind) -> Result<Status, IllegalTransition> {
    use EventKind as E;
    use Status::{Cloning, Completed, Error, Idle, Paused, Pushing, Running};

    let next = match event {
        // An agent is born with this event; it never happens to one that exists.
        E::Created { .. } => match status {
            Idle | Cloning | Running | Paused | Completed | Error | Pushing => None,
        },
        // Starting again after an error: what was cloned and edited by then is kept.
        E::StartRequested => match status {
            Idle | Error => Some(Idle),
            Cloning | Running | Paused | Completed | Pushing => None,
        },
        // An agent that waits for a slot stays idle and says so.
        E::StartCancelled => match status {
            Idle => Some(Idle),
            Cloning | Running | Paused | Completed | Error | Pushing => None,
        },
        // One that goes on waits as a running one, and its time does not count meanwhile.
        E::SlotAwaited { .. } => match status {
            Idle | Running => Some(status),
            Cloning | Paused | Completed | Error | Pushing => None,
        },
        E::CloneStarted => match status {
            Idle => Some(Cloning),
            Cloning | Running | Paused | Completed | Error | Pushing => None,
        },
        E::Cloned { .. } => match status {
            Cloning => Some(Running),
            Idle | Running | Paused | Completed | Error | Pushing => None,
        },
        E::CloneCancelled { .. } => match status {
            Cloning => Some(Idle),
            Idle | Running | Paused | Completed | Error | Pushing => None,
        },
        // The cell is made while the clone runs and may be ready after a pause.
        E::CellOpened { .. } => match status {
            Cloning | Running | Paused => Some(status),
            Idle | Completed | Error | Pushing => None,
        },
        E::SlotTaken
        | E::PromptPrepared { .. }
        | E::ModelSelected { .. }
        | E::TurnStarted { .. }
        | E::ModelAnswered { .. }
        | E::ModelRetried { .. }
        | E::ModelInterrupted { .. }
        | E::AnswerLost { .. }
        | E::PlanChanged { .. }
        | E::ResultsShrunk { .. }
        | E::Compacted { .. }
        | E::LoopNoticed { .. }
        | E::LimitNeared { .. }
        | E::ToolRequested { .. }
        | E::ToolFinished { .. } => match status {
            Running => Some(Running),
            Idle | Cloning | Paused | Completed | Error | Pushing => None,
        },
        // What the user says is taken down whatever the agent does.
        E::InstructionQueued { .. }
        | E::InstructionEdited { .. }
        | E::InstructionRemoved { .. }
        | E::InstructionsReordered { .. }
        | E::InstructionSentNow { .. }
        | E::DeliveryChanged { .. }
        | E::DeliveryFailed { .. }
        | E::FeedbackTaken { .. }
        // And so is what GitHub says.
        | E::PullRequestChanged { .. }
        | E::FeedbackArrived { .. }
        | E::Noted { .. } => match status {
            Idle | Cloning | Running | Paused | Completed | Error | Pushing => Some(status),
        },
        E::QuestionAsked { .. } | E::Paused { .. } => match status {
            Running => Some(Paused),
            Idle | Cloning | Paused | Completed | Error | Pushing => None,
        },
        E::QuestionAnswered { .. } => match status {
            Paused => Some(Running),
            Idle | Cloning | Running | Completed | Error | Pushing => None,
        },
        E::ModelChanged { .. } | E::FileRulesChanged { .. } => match status {
            Idle | Paused | Completed | Error => Some(status),
            Cloning | Running | Pushing => None,
        },
        E::WrapUpRequested => match status {
            Paused => Some(Running),
            Idle | Cloning | Running | Completed | Error | Pushing => None,
        },
        E::LimitsChanged { .. } => match status {
            Idle | Running | Paused | Completed | Error => Some(status),
            Cloning | Pushing => None,
        },
        E::Resumed => match status {
            Paused | Completed | Error => Some(Running),
            Idle | Cloning | Running | Pushing => None,
        },
        E::Completed { .. } => match status {
            Running => Some(Completed),
            Idle | Cloning | Paused | Completed | Error | Pushing => None,
        },
        E::Failed { .. } => match status {
            Cloning | Running => Some(Error),
            Idle | Paused | Completed | Error | Pushing => None,
        },
        // A push that is on its way ends where it was sent to.
        E::TargetChanged { .. } => match status {
            Idle | Cloning | Running | Paused | Completed | Error => Some(status),
            Pushing => None,
        },
        // It happens at the beginning of a push.
        E::Reapplied { .. } => match status {
            Completed | Paused => Some(status),
            Idle | Cloning | Running | Error | Pushing => None,
        },
        E::PushStarted { .. } => match status {
            Completed | Paused => Some(Pushing),
            Idle | Cloning | Running | Error | Pushing => None,
        },
        E::PushCompleted { .. } | E::PushFailed { .. } => match status {
            Pushing => Some(Completed),
            Idle | Cloning | Running | Paused | Completed | Error => None,
        },
        E::Deleted | E::Restored => match status {
            Idle | Paused | Completed | Error => Some(status),
            Cloning | Running | Pushing => None,
        },
    };
    next.ok_or(IllegalTransition { status, event: event.name() })
}
