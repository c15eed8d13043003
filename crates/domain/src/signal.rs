//! What a watcher hears: the log's events, and signals that pass and are not kept.

use crate::{Agent, Event, Fault};
use serde::{Deserialize, Serialize};

/// Something worth showing while it lasts and not worth recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Signal {
    /// The clone moved on.
    CloneProgress {
        /// What is going on, and waited for.
        phase: ClonePhase,
        /// Objects received so far; while deltas are being resolved, objects that are whole.
        received: u32,
        /// Objects in all; zero while unknown.
        total: u32,
        /// KiB received so far.
        kib: u32,
        /// Bytes received in a second, over the last few of them.
        bytes_per_second: u32,
        /// Seconds until a connection that broke is tried again; zero in every other phase.
        again_in_s: u32,
    },
    /// The workspace is being filled.
    ImportProgress {
        /// Files written so far.
        done: u32,
        /// Files in all.
        total: u32,
    },
    /// A request left for the model.
    ModelRequested {
        /// The number of the request in this agent's life, from 1.
        request: u32,
    },
    /// The model wrote a piece of text.
    TextDelta {
        /// The piece.
        text: String,
    },
    /// The model wrote a piece of a tool call's arguments.
    CallDelta {
        /// Which call of the answer, from 0.
        index: u32,
        /// The tool's name.
        tool: String,
        /// The piece.
        arguments: String,
    },
    /// The work ended in a way that the log cannot hold, such as on a full disk: it still says that
    /// the agent is at work, and the next start brings it in order.
    Unwritten {
        /// What went wrong.
        fault: Fault,
    },
    /// The model wrote a piece of reasoning.
    ReasoningDelta {
        /// The piece.
        text: String,
    },
}

/// The parts of a clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClonePhase {
    /// Another agent is fetching the same repository.
    Waiting,
    /// The server is being asked for its branches.
    Connecting,
    /// The server counts and packs what to send.
    Counting,
    /// Objects are coming in.
    Receiving,
    /// Everything is here and deltas are being resolved.
    Resolving,
    /// The connection broke, and is tried again.
    Broken,
}

/// One batch for a watcher of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Update {
    /// Events in the order of the log, without gaps, and the agent as it stands after them.
    Events {
        /// The events.
        events: Vec<Event>,
        /// The agent after the last of them.
        agent: Box<Agent>,
        /// Whether the backlog is at its end and what follows is live.
        live: bool,
    },
    /// A signal.
    Signal {
        /// The signal.
        signal: Signal,
    },
}
