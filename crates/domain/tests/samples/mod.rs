//! One event of every kind. A new variant does not compile until it has its place here.

use anchorhold_domain::{
    CellFact, EditedFile, EventKind, FactVerdict, Fault, InstructionId, LimitKind, Limits, PauseReason,
    ToolOutcome, Usage,
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

fn first() -> EventKind {
    EventKind::Created { task: "rename the crate".to_owned(), instruction: instruction(1) }
}

fn following(kind: &EventKind) -> Option<EventKind> {
    use EventKind as E;
    let text = str::to_owned;
    Some(match kind {
        E::Created { .. } => E::StartRequested,
        E::StartRequested => E::SlotAwaited { ahead: 2 },
        E::SlotAwaited { .. } => E::StartCancelled,
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
        },
        E::CellOpened { .. } => E::InstructionQueued { id: instruction(2), text: text("and its tests") },
        E::InstructionQueued { .. } => E::InstructionEdited { id: instruction(2), text: text("tests too") },
        E::InstructionEdited { .. } => E::InstructionRemoved { id: instruction(2) },
        E::InstructionRemoved { .. } => {
            E::InstructionsReordered { ids: vec![instruction(3), instruction(2)] }
        }
        E::InstructionsReordered { .. } => {
            E::TurnStarted { instruction: instruction(1), text: text("rename the crate") }
        }
        E::TurnStarted { .. } => E::ModelAnswered {
            request: 1,
            text: text("I look first."),
            reasoning: Some(text("where is it?")),
            replay: Some(text("{\"signature\":\"x\"}")),
            usage: Usage { input_tokens: 100, cached_tokens: 40, output_tokens: 7 },
            duration_ms: 900,
        },
        E::ModelAnswered { .. } => E::ModelRetried { attempt: 1, fault: fault(), wait_ms: 500 },
        E::ModelRetried { .. } => E::ToolRequested {
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
        },
        E::ToolFinished { .. } => E::QuestionAsked { call: text("call_2"), question: text("which name?") },
        E::QuestionAsked { .. } => E::QuestionAnswered { call: text("call_2"), text: text("anchor") },
        E::QuestionAnswered { .. } => {
            E::Paused { reason: PauseReason::Limit, limit: Some(LimitKind::Tokens) }
        }
        E::Paused { .. } => {
            E::LimitsChanged { limits: Limits { tokens: Some(1000), turns: None, seconds: Some(60) } }
        }
        E::LimitsChanged { .. } => E::Resumed,
        E::Resumed => E::Completed { summary: text("renamed"), unverified: Some(text("whether it builds")) },
        E::Completed { .. } => E::Failed { fault: fault() },
        E::Failed { .. } => {
            E::PushStarted { branch: text("agent/rename"), commit: text("p1"), tree: text("t1") }
        }
        E::PushStarted { .. } => {
            E::PushCompleted { branch: text("agent/rename"), commit: text("p1"), created: true }
        }
        E::PushCompleted { .. } => E::PushFailed { fault: fault() },
        E::PushFailed { .. } => E::Deleted,
        E::Deleted => E::Restored,
        E::Restored => E::Noted { message: text("the volume was rebuilt") },
        E::Noted { .. } => return None,
    })
}
