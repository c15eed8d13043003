//! One event of every kind. A new variant does not compile until it has its place here.

use anchorhold_domain::{
    Annotation, CellFact, ChecksState, CommitStyle, Delivery, DeliveryStep, EditedFile, Effort, EventKind,
    FactVerdict, Fault, Feedback, FeedbackKind, FileRules, InstructionId, LimitKind, Limits, LoopPattern,
    ModelChoice, NewAgent, PauseReason, PlanStep, PullRequest, PullRequestState, PullRequestWish, StepStatus,
    Timestamp, ToolOutcome, Usage, Wire, Withheld,
};

/// Every kind of event once, in the order of the enum, with every field set.
pub fn one_of_each() -> Vec<EventKind> {
    std::iter::successors(Some(first()), following).collect()
}

/// An instruction's id, the same for the same number.
pub fn instruction(number: u128) -> InstructionId {
    InstructionId(uuid::Uuid::from_u128(number))
}

/// A fault with every field set.
pub fn fault() -> Fault {
    Fault {
        code: "engine_stopped".to_owned(),
        message: "open the cell: \"docker\" is not running \u{1F600}".to_owned(),
        hint: Some("Start Docker.".to_owned()),
    }
}

/// What an agent is created with, with every field set.
pub fn new_agent() -> NewAgent {
    NewAgent {
        name: "renamer".to_owned(),
        task: "rename the crate".to_owned(),
        github_repo: "octo/hello".to_owned(),
        source_branch: "main".to_owned(),
        target_branch: "agent/rename".to_owned(),
        history_depth: Some(50),
        model: model("small"),
        fallback: Some(model("large")),
        limits: Limits::default(),
        files: FileRules::default(),
        delivery: delivery(),
    }
}

/// A way to hand work over in which nothing is as usual.
pub fn delivery() -> Delivery {
    Delivery {
        commits: CommitStyle::PerInstruction,
        trailer: true,
        push_unreviewed: true,
        pull_request: PullRequestWish::Draft,
        follow_up: true,
        most_follow_ups: 2,
    }
}

/// A pull request with every field set.
pub fn pull_request(state: PullRequestState) -> PullRequest {
    PullRequest {
        number: 7,
        url: "https://github.com/octo/hello/pull/7".to_owned(),
        title: "Rename the crate".to_owned(),
        state,
        head: "p1".to_owned(),
        base: "main".to_owned(),
        checks: ChecksState::Failed,
        withheld: vec![Withheld::JobLogs],
    }
}

/// A piece of feedback with every field set.
pub fn feedback(id: &str) -> Feedback {
    let kind = if Feedback::is_check(id) { FeedbackKind::FailedCheck } else { FeedbackKind::LineComment };
    Feedback {
        id: id.to_owned(),
        kind,
        author: "octocat".to_owned(),
        title: "build".to_owned(),
        body: "it does not build \u{202e}".to_owned(),
        path: Some("src/lib.rs".to_owned()),
        line: Some(3),
        annotations: vec![Annotation {
            path: "src/lib.rs".to_owned(),
            line: 3,
            level: "failure".to_owned(),
            message: "no such name".to_owned(),
        }],
        commit: "p1".to_owned(),
        url: "https://github.com/octo/hello/pull/7#discussion_r1".to_owned(),
        at: Timestamp(6_000),
    }
}

/// A model with every field set.
pub fn model(name: &str) -> ModelChoice {
    ModelChoice {
        provider: "compatible".to_owned(),
        name: name.to_owned(),
        base_url: Some("http://localhost:8080/v1".to_owned()),
        wire: Some(Wire::Chat),
        effort: Some(Effort::High),
    }
}

/// What a request used, with every field set.
pub fn usage() -> Usage {
    Usage {
        input_tokens: 100,
        cached_tokens: 40,
        cache_write_tokens: 20,
        output_tokens: 7,
        reasoning_tokens: 3,
    }
}

fn first() -> EventKind {
    EventKind::Created {
        task: "rename the crate".to_owned(),
        instruction: instruction(1),
        agent: Some(Box::new(new_agent())),
    }
}

fn following(kind: &EventKind) -> Option<EventKind> {
    use EventKind as E;
    let text = str::to_owned;
    Some(match kind {
        E::Created { .. } => E::StartRequested,
        E::StartRequested => E::SlotAwaited { ahead: 2 },
        E::SlotAwaited { .. } => E::SlotTaken,
        E::SlotTaken => E::StartCancelled,
        E::StartCancelled => E::CloneStarted,
        E::CloneStarted => E::Cloned {
            base_commit: text("c0"),
            base_tree: text("t0"),
            files: 30,
            kib: u32::MAX,
            notes: vec![text("one submodule is left out")],
        },
        E::Cloned { .. } => E::CloneCancelled { reason: PauseReason::Stopped },
        E::CloneCancelled { .. } => E::CellOpened {
            container_id: text("abc"),
            facts: vec![CellFact {
                name: text("network"),
                promised: Some(text("none")),
                measured: text("sockets are refused"),
                engine: Some(text("none")),
                verdict: FactVerdict::Holds,
            }],
            ready_ms: 223,
            volume: Some(text("unix:///run/docker.sock 2026-01-01T00:00:00Z")),
        },
        E::CellOpened { .. } => E::InstructionQueued { id: instruction(2), text: text("and its tests") },
        E::InstructionQueued { .. } => E::InstructionEdited { id: instruction(2), text: text("tests too") },
        E::InstructionEdited { .. } => E::InstructionRemoved { id: instruction(2) },
        E::InstructionRemoved { .. } => {
            E::InstructionsReordered { ids: vec![instruction(3), instruction(2)] }
        }
        E::InstructionsReordered { .. } => E::InstructionSentNow { id: instruction(2), interrupt: true },
        E::InstructionSentNow { .. } => {
            E::PromptPrepared { blob: text("0a"), guidance: vec![text("AGENTS.md")], mapped: 30, excluded: 1 }
        }
        E::PromptPrepared { .. } => E::ModelSelected {
            model: model("large"),
            window: Some(128_000),
            output_limit: Some(8_000),
            priced: false,
            fault: Some(fault()),
        },
        E::ModelSelected { .. } => E::TurnStarted {
            instruction: instruction(1),
            text: text("rename the crate"),
            shown: vec![text("Cargo.toml")],
            attached: Some(text("0b")),
        },
        E::TurnStarted { .. } => E::ModelAnswered {
            request: 1,
            text: text("I look first."),
            reasoning: Some(text("where is it?")),
            replay: Some(text("{\"signature\":\"x\"}")),
            usage: usage(),
            cost: Some(1500),
            duration_ms: 900,
        },
        E::ModelAnswered { .. } => E::ModelInterrupted { request: 2, text: text("I also") },
        E::ModelInterrupted { .. } => E::ModelRetried { attempt: 1, fault: fault(), wait_ms: 500 },
        E::ModelRetried { .. } => E::AnswerLost { request: 2, usage: usage(), cost: Some(90) },
        E::AnswerLost { .. } => E::ToolRequested {
            call: text("call_1"),
            tool: text("read_file"),
            label: text("read Cargo.toml"),
            arguments: text("{\"path\": \"Cargo.toml\"}"),
        },
        E::ToolRequested { .. } => E::ToolFinished {
            call: text("call_1"),
            outcome: ToolOutcome::Ok,
            result: text("[package]\r\n\0"),
            result_blob: Some(text("00ff")),
            duration_ms: 3,
            edited: vec![EditedFile { path: text("Cargo.toml"), added: 2, removed: 1 }],
            checkpoint: Some(text("k1")),
            files_changed: 1,
            shown: vec![text("Cargo.toml")],
        },
        E::ToolFinished { .. } => E::PlanChanged {
            steps: vec![
                PlanStep { text: text("look"), status: StepStatus::Done },
                PlanStep { text: text("rename"), status: StepStatus::Active },
            ],
        },
        E::PlanChanged { .. } => {
            E::ResultsShrunk { calls: vec![text("call_1")], tokens_before: 90_000, tokens_after: 60_000 }
        }
        E::ResultsShrunk { .. } => E::Compacted {
            through: 12,
            summary: text("the crate is renamed"),
            tokens_before: 90_000,
            tokens_after: 9_000,
            usage: usage(),
            cost: None,
        },
        E::Compacted { .. } => {
            E::LoopNoticed { pattern: LoopPattern::PingPong, times: 3, advice: text("stop and think") }
        }
        E::LoopNoticed { .. } => E::LimitNeared { limit: LimitKind::DayMoney, used: 81, most: 100 },
        E::LimitNeared { .. } => E::QuestionAsked { call: text("call_2"), question: text("which name?") },
        E::QuestionAsked { .. } => E::QuestionAnswered { call: text("call_2"), text: text("anchor") },
        E::QuestionAnswered { .. } => E::Paused {
            reason: PauseReason::Limit,
            limit: Some(LimitKind::Tokens),
            until: Some(Timestamp(86_400_000)),
            fault: Some(fault()),
        },
        E::Paused { .. } => E::LimitsChanged {
            limits: Limits { tokens: Some(1000), turns: None, seconds: Some(60), money: Some(5_000_000) },
        },
        E::LimitsChanged { .. } => E::ModelChanged { model: model("small"), fallback: Some(model("large")) },
        E::ModelChanged { .. } => E::FileRulesChanged { files: FileRules::default() },
        E::FileRulesChanged { .. } => E::Resumed,
        E::Resumed => E::WrapUpRequested,
        E::WrapUpRequested => {
            E::Completed { summary: text("renamed"), unverified: Some(text("whether it builds")) }
        }
        E::Completed { .. } => E::Failed { fault: fault() },
        E::Failed { .. } => E::PushStarted {
            branch: text("agent/rename"),
            commit: text("p1"),
            tree: text("t1"),
            unreviewed: true,
        },
        E::PushStarted { .. } => {
            E::PushCompleted { branch: text("agent/rename"), commit: text("p1"), created: true }
        }
        E::PushCompleted { .. } => E::PushFailed { fault: fault() },
        E::PushFailed { .. } => E::DeliveryFailed { step: DeliveryStep::Push, fault: fault() },
        E::DeliveryFailed { .. } => E::DeliveryChanged { delivery: delivery() },
        E::DeliveryChanged { .. } => E::TargetChanged { branch: text("agent/rename-2") },
        E::TargetChanged { .. } => {
            E::Reapplied { onto: text("m1"), checkpoint: text("k2"), files_changed: 2 }
        }
        E::Reapplied { .. } => E::PullRequestChanged { pull_request: pull_request(PullRequestState::Draft) },
        E::PullRequestChanged { .. } => {
            let items = vec![feedback("check/1"), feedback("comment/2")];
            E::FeedbackArrived { items, over: vec![text("check/0")] }
        }
        E::FeedbackArrived { .. } => E::FeedbackTaken {
            ids: vec![text("check/1")],
            instruction: instruction(4),
            by_itself: true,
            attempt: 1,
        },
        E::FeedbackTaken { .. } => E::Deleted,
        E::Deleted => E::Restored,
        E::Restored => E::Noted { message: text("the volume was rebuilt") },
        E::Noted { .. } => return None,
    })
}
