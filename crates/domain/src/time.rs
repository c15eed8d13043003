//! Points in time, as the log records them.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(transparent)]
// The bindings say `number`: milliseconds stay exact in a double for 285,000 years.
pub struct Timestamp(#[cfg_attr(feature = "specta", specta(type = u32))] pub i64);

impl Timestamp {
    /// Returns the whole seconds from `earlier` to this time, zero where `earlier` is later.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> u32 {
        u32::try_from((self.0 - earlier.0).max(0) / 1000).unwrap_or(u32::MAX)
    }
}
