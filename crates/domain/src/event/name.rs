//! The names of events, as they stand in the log.

use super::EventKind;

impl EventKind {
    /// The variant's name, as on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::StartRequested => "startRequested",
            Self::SlotAwaited { .. } => "slotAwaited",
            Self::StartCancelled => "startCancelled",
            Self::CloneStarted => "cloneStarted",
            Self::Cloned { .. } => "cloned",
            Self::CloneCancelled { .. } => "cloneCancelled",
            Self::CellOpened { .. } => "cellOpened",
            Self::InstructionQueued { .. } => "instructionQueued",
            Self::InstructionEdited { .. } => "instructionEdited",
            Self::InstructionRemoved { .. } => "instructionRemoved",
            Self::InstructionsReordered { .. } => "instructionsReordered",
            Self::TurnStarted { .. } => "turnStarted",
            Self::ModelAnswered { .. } => "modelAnswered",
            Self::ModelRetried { .. } => "modelRetried",
            Self::AnswerLost { .. } => "answerLost",
            Self::ToolRequested { .. } => "toolRequested",
            Self::ToolFinished { .. } => "toolFinished",
            Self::QuestionAsked { .. } => "questionAsked",
            Self::QuestionAnswered { .. } => "questionAnswered",
            Self::Paused { .. } => "paused",
            Self::LimitsChanged { .. } => "limitsChanged",
            Self::Resumed => "resumed",
            Self::Completed { .. } => "completed",
            Self::Failed { .. } => "failed",
            Self::PushStarted { .. } => "pushStarted",
            Self::PushCompleted { .. } => "pushCompleted",
            Self::PushFailed { .. } => "pushFailed",
            Self::DeliveryFailed { .. } => "deliveryFailed",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::SlotTaken => "slotTaken",
            Self::InstructionSentNow { .. } => "instructionSentNow",
            Self::PromptPrepared { .. } => "promptPrepared",
            Self::ModelSelected { .. } => "modelSelected",
            Self::ModelInterrupted { .. } => "modelInterrupted",
            Self::PlanChanged { .. } => "planChanged",
            Self::ResultsShrunk { .. } => "resultsShrunk",
            Self::Compacted { .. } => "compacted",
            Self::LoopNoticed { .. } => "loopNoticed",
            Self::LimitNeared { .. } => "limitNeared",
            Self::ModelChanged { .. } => "modelChanged",
            Self::FileRulesChanged { .. } => "fileRulesChanged",
            Self::WrapUpRequested => "wrapUpRequested",
            Self::DeliveryChanged { .. } => "deliveryChanged",
            Self::TargetChanged { .. } => "targetChanged",
            Self::Reapplied { .. } => "reapplied",
            Self::PullRequestChanged { .. } => "pullRequestChanged",
            Self::FeedbackArrived { .. } => "feedbackArrived",
            Self::FeedbackTaken { .. } => "feedbackTaken",
            Self::Noted { .. } => "noted",
        }
    }
}
