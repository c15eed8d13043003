//! Which model an agent works with, and how it is spoken to.

use serde::{Deserialize, Serialize};

/// Which model an agent works with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ModelChoice {
    /// `anthropic`, `openai`, `gemini`, `openrouter`, `ollama`, `lmstudio`, `llamacpp`, `compatible` for any
    /// other server that speaks as OpenAI does, or `scripted`.
    pub provider: String,
    /// The model's name as the provider knows it.
    pub name: String,
    /// The server's address; `None` for the provider's own.
    pub base_url: Option<String>,
    /// How the server is spoken to; `None` for the provider's usual way.
    #[serde(default)]
    pub wire: Option<Wire>,
    /// How much it thinks before it answers; `None` for the model's own measure.
    #[serde(default)]
    pub effort: Option<Effort>,
}

/// How a model server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Wire {
    /// OpenAI's Chat Completions, which most servers imitate.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
    /// Gemini's `generateContent`.
    Gemini,
}

/// How much a model thinks before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Effort {
    /// As little as it can.
    Low,
    /// Some.
    Medium,
    /// As much as it can.
    High,
}
