//! Identifiers, each a type of its own so that one cannot be passed for another.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Names an agent; a version 7 UUID, so that ids sort by the time they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(transparent)]
pub struct AgentId(#[cfg_attr(feature = "specta", specta(type = String))] pub Uuid);

/// Names a queued instruction; a version 7 UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(transparent)]
pub struct InstructionId(#[cfg_attr(feature = "specta", specta(type = String))] pub Uuid);

/// Says that a text is not an id.
#[derive(Debug, thiserror::Error)]
#[error("read {text:?} as an id: it is not a UUID")]
pub struct InvalidId {
    /// What was given.
    pub text: String,
}

macro_rules! uuid_text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId { text: text.to_owned() })
            }
        }
    };
}

uuid_text!(AgentId);
uuid_text!(InstructionId);
