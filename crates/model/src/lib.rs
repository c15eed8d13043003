//! The voice: the trait [`Model`], the providers on four wires, and the scripted server.
//!
//! A model is asked with a [`Conversation`] and answers with text and tool calls. Nothing here
//! runs a tool, keeps a history or decides whether to try again; the engine does.

mod catalogue;
mod conversation;
mod discover;
mod error;
mod provider;
mod scripted;
mod wire;

pub use catalogue::{
    Catalogue, ListedModel, ModelInfo, Nanos, Overrides, OverridesError, Period, Price, Rate, Rates,
    is_this_machine,
};
pub use conversation::{Answer, CallRequest, Conversation, Delta, Message, ToolResult, ToolSpec};
pub use discover::{FoundModel, FoundServer, Places, discover, models_at};
pub use error::{ErrorClass, ModelError};
pub use provider::{PROVIDERS, Provider, address, provider, usual_wire};
pub use scripted::{DEMO_MODEL, ScriptedBreak, ScriptedServer, ScriptedStep, Trajectory, TrajectoryError};
pub use wire::{Connections, RemoteModel};

use async_trait::async_trait;
use tokio::sync::mpsc;

/// Something that answers a conversation.
///
/// Dropping the future ends the request.
#[async_trait]
pub trait Model: Send + Sync {
    /// Asks for one answer; its pieces arrive at `deltas` as they come.
    ///
    /// # Errors
    /// [`ModelError`], classed so that the caller can decide whether to ask again.
    async fn answer(
        &self,
        conversation: &Conversation,
        deltas: &mpsc::Sender<Delta>,
    ) -> Result<Answer, ModelError>;
}
