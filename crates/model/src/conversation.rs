//! What is sent to a model and what it answers.

use anchorhold_domain::Usage;
use serde_json::Value;
use std::sync::Arc;

/// A tool as the model is told about it.
#[derive(Clone, Debug)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does, in a sentence or two.
    pub description: String,
    /// The JSON schema of its input.
    pub schema: Value,
}

/// A conversation, always ending in a message for the model to answer.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    /// What the model is told before anything else.
    pub system: String,
    /// The messages, oldest first. Shared, so that what was written of one is known to be of it; one that is
    /// changed becomes another.
    pub messages: Vec<Arc<Message>>,
    /// The tools it may call.
    pub tools: Arc<[ToolSpec]>,
    /// A name that stays the same for every request of one conversation, so that the provider finds what
    /// it has cached of it; `None` for none.
    pub cache_key: Option<String>,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The user's words.
    User(String),
    /// An earlier answer of the model.
    Assistant {
        /// What it said.
        text: String,
        /// The tools it called.
        calls: Vec<CallRequest>,
        /// What its wire wants to see again, from [`Answer::replay`].
        replay: Option<String>,
    },
    /// The results of every call of the answer before, together: some wires insist on that.
    ToolResults(Vec<ToolResult>),
}

/// A tool call as the model asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRequest {
    /// The id that its result must carry.
    pub id: String,
    /// The tool's name.
    pub tool: String,
    /// The arguments in JSON.
    pub arguments: String,
}

/// What a tool call came to, in words for the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolResult {
    /// The id of the call.
    pub call: String,
    /// The tool's name, which some wires need.
    pub tool: String,
    /// The result.
    pub content: String,
}

/// An answer, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What the model said.
    pub text: String,
    /// What it thought, as far as the provider shows it.
    pub reasoning: Option<String>,
    /// The tools it calls, in its order.
    pub calls: Vec<CallRequest>,
    /// What the wire must be given back with this answer, such as signatures of reasoning.
    pub replay: Option<String>,
    /// What the request used.
    pub usage: Usage,
}

/// A piece of an answer while it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    /// A piece of text.
    Text(String),
    /// A piece of reasoning.
    Reasoning(String),
    /// A piece of a tool call's arguments.
    Call {
        /// Which call of the answer, from 0.
        index: u32,
        /// The tool's name.
        tool: String,
        /// The piece.
        arguments: String,
    },
    /// What the request has used so far, where the server says so. It is paid for even where no answer comes
    /// of it.
    Used(Usage),
}
