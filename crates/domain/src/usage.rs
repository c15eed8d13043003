//! What a run has used, and what it may use.

use serde::{Deserialize, Serialize};

/// Tokens as the provider counted them, cumulative where it stands in an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Prompt tokens, cached ones included.
    pub input_tokens: u32,
    /// The part of `input_tokens` that the provider read from its cache.
    pub cached_tokens: u32,
    /// The part of `input_tokens` that the provider wrote to its cache.
    #[serde(default)]
    pub cache_write_tokens: u32,
    /// Tokens the model wrote, reasoning included.
    pub output_tokens: u32,
    /// The part of `output_tokens` that is reasoning, where the provider says so.
    #[serde(default)]
    pub reasoning_tokens: u32,
}

impl Usage {
    /// Adds another count to this one, staying at the maximum rather than wrapping.
    pub fn add(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.cached_tokens = self.cached_tokens.saturating_add(other.cached_tokens);
        self.cache_write_tokens = self.cache_write_tokens.saturating_add(other.cache_write_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.reasoning_tokens = self.reasoning_tokens.saturating_add(other.reasoning_tokens);
    }

    /// Returns input and output together, which is what a token limit counts.
    #[must_use]
    pub fn total(self) -> u32 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

/// What an agent, or all of them in a day, may use before they pause and ask; `None` means without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Input and output tokens together.
    pub tokens: Option<u32>,
    /// Requests to the model.
    pub turns: Option<u32>,
    /// Seconds of running, pauses not counted.
    pub seconds: Option<u32>,
    /// Money, in millionths of a US dollar.
    #[serde(default)]
    pub money: Option<u32>,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LimitKind {
    /// `Limits::tokens`.
    Tokens,
    /// `Limits::turns`.
    Turns,
    /// `Limits::seconds`.
    Time,
    /// `Limits::money`.
    Money,
    /// The tokens of all agents in a day.
    DayTokens,
    /// The requests of all agents in a day.
    DayTurns,
    /// The running seconds of all agents in a day.
    DayTime,
    /// The money of all agents in a day.
    DayMoney,
}
