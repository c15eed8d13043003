//! What is known of models: how much they read and write at once, and what they cost.

use anchorhold_domain::Usage;

/// What is known of a model; `None` where it is not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelInfo {
    /// Tokens that it can read at once.
    pub window: Option<u32>,
    /// Tokens that it can write at once.
    pub output_limit: Option<u32>,
    /// What it costs. Unknown is not the same as nothing.
    pub price: Option<Price>,
}

/// What a model costs, in US dollars for a million tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// Tokens it reads, those from its cache left out.
    pub input: f64,
    /// Tokens it reads from the provider's cache; as other input where it is not told.
    pub cached: Option<f64>,
    /// Tokens that the provider writes to its cache; as other input where it is not told.
    pub cache_write: Option<f64>,
    /// Tokens it writes, reasoning included.
    pub output: f64,
}

impl Price {
    /// Returns what a request costs, in millionths of a US dollar, rounded up.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> u32 {
        let cached = usage.cached_tokens.min(usage.input_tokens);
        let written = usage.cache_write_tokens.min(usage.input_tokens - cached);
        let plain = usage.input_tokens - cached - written;
        // A price for a million tokens in dollars is the price of one in millionths of a dollar.
        let cost = f64::from(plain) * self.input
            + f64::from(cached) * self.cached.unwrap_or(self.input)
            + f64::from(written) * self.cache_write.unwrap_or(self.input)
            + f64::from(usage.output_tokens) * self.output;
        // A cast of a float stays within the range of the integer.
        cost.ceil() as u32
    }
}
