//! What happened to an agent: the one log that everything else is a reading of.

mod fact;
mod fault;
mod looping;
mod name;

pub use fact::{CellFact, FactVerdict};
pub use fault::Fault;
pub use looping::LoopPattern;

use crate::{
    Delivery, DeliveryStep, EditedFile, Feedback, FileRules, InstructionId, LimitKind, Limits, ModelChoice,
    NewAgent, PauseReason, PlanStep, PullRequest, Timestamp, ToolOutcome, Usage,
};
use serde::{Deserialize, Serialize};

/// An entry of an agent's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The place in this agent's log, from 1, without gaps.
    pub seq: u32,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
}

/// What happened. Every variant is decided in [`crate::apply`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EventKind {
    /// The agent was created.
    Created {
        /// The task, which is also the first instruction.
        task: String,
        /// The id of the task as an instruction.
        instruction: InstructionId,
        /// All that it was created with; `None` in logs of the first version, where the record alone holds
        /// it.
        #[serde(default)]
        agent: Option<Box<NewAgent>>,
    },
    /// The user pressed Start.
    StartRequested,
    /// All slots are taken.
    SlotAwaited {
        /// How many agents are ahead.
        ahead: u32,
    },
    /// An agent that was to go on has its slot.
    SlotTaken,
    /// The user took the start back while the agent waited for a slot.
    StartCancelled,
    /// The fetch began.
    CloneStarted,
    /// The base is known, so the model can be asked.
    Cloned {
        /// The source branch's tip.
        base_commit: String,
        /// That commit's tree.
        base_tree: String,
        /// Files in that tree.
        files: u32,
        /// Their size in KiB, rounded up.
        kib: u32,
        /// What is in the repository and not in the workspace, such as submodules.
        notes: Vec<String>,
    },
    /// The clone was cancelled.
    CloneCancelled {
        /// Why.
        reason: PauseReason,
    },
    /// The cell answered.
    CellOpened {
        /// The container's id.
        container_id: String,
        /// What was measured in it and what the engine says of it.
        facts: Vec<CellFact>,
        /// From the request to the first answer.
        ready_ms: u32,
        /// What tells the volume that holds the workspace from every other: a volume of another engine, or one
        /// from before, is not at the last checkpoint. `None` in logs of earlier versions.
        #[serde(default)]
        volume: Option<String>,
    },
    /// An instruction was queued.
    InstructionQueued {
        /// Its id.
        id: InstructionId,
        /// The user's words.
        text: String,
    },
    /// A waiting instruction was reworded.
    InstructionEdited {
        /// Its id.
        id: InstructionId,
        /// The new words.
        text: String,
    },
    /// A waiting instruction was taken back.
    InstructionRemoved {
        /// Its id.
        id: InstructionId,
    },
    /// The waiting instructions were put in another order.
    InstructionsReordered {
        /// Their ids, next first.
        ids: Vec<InstructionId>,
    },
    /// A waiting instruction is to be heard at the model's next request.
    InstructionSentNow {
        /// Its id.
        id: InstructionId,
        /// Whether the answer that is coming is broken off for it.
        interrupt: bool,
    },
    /// What the model is told before the task was put together.
    PromptPrepared {
        /// The hash under which the text is stored.
        blob: String,
        /// The repository's own guidance that it holds.
        guidance: Vec<String>,
        /// Files that its map of the repository names.
        mapped: u32,
        /// Files that are kept from the agent.
        excluded: u32,
    },
    /// The agent asks this model from now on.
    ModelSelected {
        /// Which model.
        model: ModelChoice,
        /// Tokens that it can read at once, where that is known.
        window: Option<u32>,
        /// Tokens that it can write at once, where that is known.
        output_limit: Option<u32>,
        /// Whether its price is known.
        priced: bool,
        /// Why the one before is not asked any more, where it failed.
        fault: Option<Fault>,
    },
    /// An instruction left the queue and is worked on.
    TurnStarted {
        /// Which instruction.
        instruction: InstructionId,
        /// Its words, as they were when it was taken.
        text: String,
        /// The files it mentions, whose text was sent with it.
        #[serde(default)]
        shown: Vec<String>,
        /// The hash of that text, which follows the words.
        #[serde(default)]
        attached: Option<String>,
    },
    /// The model answered a request.
    ModelAnswered {
        /// The number of the request in this agent's life, from 1.
        request: u32,
        /// What it said.
        text: String,
        /// What it thought, as far as the provider shows it.
        reasoning: Option<String>,
        /// What the provider's wire needs to be given back with this answer, such as signatures.
        replay: Option<String>,
        /// What this request used.
        usage: Usage,
        /// What it cost in millionths of a US dollar; `None` where the price is not known.
        #[serde(default)]
        cost: Option<u32>,
        /// From the request to the end of the answer.
        duration_ms: u32,
    },
    /// An answer was broken off to hear an instruction; nothing it asked for was done.
    ModelInterrupted {
        /// The number of the request.
        request: u32,
        /// What had come by then.
        text: String,
    },
    /// A request failed and will be made again.
    ModelRetried {
        /// Which try failed, from 1; 0 where the provider told another agent of the same key to wait.
        attempt: u32,
        /// What went wrong.
        fault: Fault,
        /// How long we wait before the next.
        wait_ms: u32,
    },
    /// A request that had used something failed or was broken off; what follows says which.
    AnswerLost {
        /// The number of the request.
        request: u32,
        /// What it had used, as far as the provider said.
        usage: Usage,
        /// What that cost, in millionths of a US dollar; `None` where the price is not known.
        cost: Option<u32>,
    },
    /// The model asked for a tool. Calls of one answer stand together, in its order.
    ToolRequested {
        /// The id the model gave the call.
        call: String,
        /// The tool's name.
        tool: String,
        /// One line for people.
        label: String,
        /// The arguments, in JSON, exactly as sent.
        arguments: String,
    },
    /// A tool call ended.
    ToolFinished {
        /// Which call.
        call: String,
        /// How.
        outcome: ToolOutcome,
        /// The result's beginning, at most 4 KiB.
        result: String,
        /// The hash of the whole result, where it is longer.
        result_blob: Option<String>,
        /// How long it ran.
        duration_ms: u32,
        /// The files it changed.
        edited: Vec<EditedFile>,
        /// The checkpoint it made, a commit id.
        checkpoint: Option<String>,
        /// How many files differ after it from the base, or from what the work was put onto.
        files_changed: u32,
        /// The files whose text the result holds, all or in part.
        #[serde(default)]
        shown: Vec<String>,
    },
    /// The agent wrote down how it goes about its work.
    PlanChanged {
        /// The whole plan.
        steps: Vec<PlanStep>,
    },
    /// Old results of tools were cut from the conversation to make room.
    ResultsShrunk {
        /// The calls whose results are gone.
        calls: Vec<String>,
        /// Tokens of the conversation before, as estimated.
        tokens_before: u32,
        /// And after.
        tokens_after: u32,
    },
    /// The older part of the conversation was replaced by a summary.
    Compacted {
        /// The last event that the summary stands for.
        through: u32,
        /// The summary, in the model's words.
        summary: String,
        /// Tokens of the conversation before, as estimated.
        tokens_before: u32,
        /// And after.
        tokens_after: u32,
        /// What making the summary used.
        usage: Usage,
        /// What that cost, in millionths of a US dollar; `None` where the price is not known.
        cost: Option<u32>,
    },
    /// The agent goes round in circles, and was told so.
    LoopNoticed {
        /// How.
        pattern: LoopPattern,
        /// How many times.
        times: u32,
        /// What the model was told.
        advice: String,
    },
    /// A limit is nearly reached.
    LimitNeared {
        /// Which.
        limit: LimitKind,
        /// How much is used, in the limit's unit.
        used: u32,
        /// The limit.
        most: u32,
    },
    /// The model asked the user something.
    QuestionAsked {
        /// The tool call that asks.
        call: String,
        /// The question.
        question: String,
    },
    /// The user answered.
    QuestionAnswered {
        /// The tool call that asked.
        call: String,
        /// The answer.
        text: String,
    },
    /// The agent was held.
    Paused {
        /// Why.
        reason: PauseReason,
        /// Which limit, where a limit is the reason.
        limit: Option<LimitKind>,
        /// When it goes on by itself, where it does.
        #[serde(default)]
        until: Option<Timestamp>,
        /// What went wrong, where something did.
        #[serde(default)]
        fault: Option<Fault>,
    },
    /// The user gave the agent other limits.
    LimitsChanged {
        /// The limits from now on.
        limits: Limits,
    },
    /// The user gave the agent another model.
    ModelChanged {
        /// The model from now on.
        model: ModelChoice,
        /// The one that stands in for it.
        fallback: Option<ModelChoice>,
    },
    /// The user gave the agent other rules about files.
    FileRulesChanged {
        /// The rules from now on.
        files: FileRules,
    },
    /// The agent works again.
    Resumed,
    /// The user lets the agent say, in one last answer without tools, how far it came.
    WrapUpRequested,
    /// Everything it was told is done.
    Completed {
        /// What it did, in the model's words.
        summary: String,
        /// What it could not verify, since it cannot execute anything.
        unverified: Option<String>,
    },
    /// The run ended by a fault.
    Failed {
        /// What went wrong.
        fault: Fault,
    },
    /// A commit is made and on its way.
    PushStarted {
        /// The target branch.
        branch: String,
        /// The commit in the user's name.
        commit: String,
        /// The tree it carries, which is a checkpoint's.
        tree: String,
        /// Whether nobody read the change before, as the user chose for this agent.
        #[serde(default)]
        unreviewed: bool,
    },
    /// The remote has the commit.
    PushCompleted {
        /// The target branch.
        branch: String,
        /// The commit that is its tip now.
        commit: String,
        /// Whether the branch did not exist before.
        created: bool,
    },
    /// The push did not go through; nothing on the remote changed.
    PushFailed {
        /// What went wrong.
        fault: Fault,
    },
    /// A step that was to be taken by itself was not, and is left to the user.
    DeliveryFailed {
        /// Which step.
        step: DeliveryStep,
        /// Why.
        fault: Fault,
    },
    /// The user chose another way to hand the work over.
    DeliveryChanged {
        /// The way from now on.
        delivery: Delivery,
    },
    /// The user chose another branch to push to.
    TargetChanged {
        /// The branch from now on.
        branch: String,
    },
    /// The work was put onto a target branch that somebody else had pushed to.
    Reapplied {
        /// That branch's tip, on which the next push builds.
        onto: String,
        /// The checkpoint that holds the outcome.
        checkpoint: String,
        /// How many files differ from that tip after it.
        files_changed: u32,
    },
    /// The agent's pull request was opened, updated, or is another one than it was on GitHub.
    PullRequestChanged {
        /// The pull request as it stands now.
        pull_request: PullRequest,
    },
    /// Somebody or a machine said something about the pull request.
    FeedbackArrived {
        /// What was not heard before, the oldest first; at most 50.
        items: Vec<Feedback>,
        /// Which failed checks that were open fail no more: each passed since, or ran again.
        #[serde(default)]
        over: Vec<String>,
    },
    /// Feedback became an instruction, which is queued with this event.
    FeedbackTaken {
        /// Which feedback.
        ids: Vec<String>,
        /// The instruction.
        instruction: InstructionId,
        /// Whether it did so by itself.
        by_itself: bool,
        /// How often it has done so since the user's last word, this time included; 0 where the user did
        /// it.
        #[serde(default)]
        attempt: u32,
    },
    /// The agent was deleted; its log is kept.
    Deleted,
    /// The deletion was undone.
    Restored,
    /// Something worth knowing that changes nothing.
    Noted {
        /// What it is.
        message: String,
    },
}
