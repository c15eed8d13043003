//! Times as GitHub writes them.

use anchorhold_domain::Timestamp;
use chrono::DateTime;

/// Reads `2026-11-28T03:43:01Z`.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    Some(Timestamp(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis()))
}
