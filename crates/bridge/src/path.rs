//! Paths as bytes, since git's names are bytes and need not be text.
//!
//! In JSON a path is a string where it is valid UTF-8 and otherwise an array of its byte values, so
//! that every path survives a round trip and no string needs an escape of its own. What a path may
//! reach is decided by the program in the cell, not here; what no workspace holds is told here, so that
//! the host knows it too.

use std::borrow::Cow;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::protocol::RefusalCode;
use crate::quota::Quotas;

/// The longest name that Linux file systems take; refused here, it leaves no folders behind.
const NAME_BYTES: usize = 255;
/// The longest target of a symlink that Linux takes.
pub const MAX_TARGET_BYTES: usize = 4095;
/// The workspace's own name for what is half done.
pub(crate) const HALF_DONE: &[u8] = b".anchorhold-half-done";

/// Why no workspace holds a path, whatever is there; `None` where one does.
pub fn unheld(path: &[u8], quotas: &Quotas) -> Option<(RefusalCode, String)> {
    if path.contains(&0) {
        return Some((RefusalCode::BadPath, "a path holds no zero byte".to_owned()));
    }
    if path.len() > quotas.path_bytes as usize {
        return Some((RefusalCode::BadPath, format!("a path may be {} bytes long", quotas.path_bytes)));
    }
    let parts = || path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    if parts().count() > quotas.depth as usize {
        return Some((RefusalCode::BadPath, format!("a path may be {} parts deep", quotas.depth)));
    }
    if parts().any(|part| part.len() > NAME_BYTES) {
        return Some((RefusalCode::BadPath, format!("a name in a path may be {NAME_BYTES} bytes long")));
    }
    if let Some(part) = parts().find(|part| belongs_to_git(part)) {
        return Some((RefusalCode::ReservedName, format!("the name {} belongs to git", part.escape_ascii())));
    }
    parts().find(|part| *part == HALF_DONE).map(|part| {
        (RefusalCode::ReservedName, format!("the name {} is the workspace's own", part.escape_ascii()))
    })
}

/// Names that git itself refuses in a tree, on any system: `.git` in any case and its short form.
fn belongs_to_git(part: &[u8]) -> bool {
    part.eq_ignore_ascii_case(b".git") || part.eq_ignore_ascii_case(b"git~1")
}

/// A path relative to the workspace, `/` between its parts; empty or `.` is the workspace itself.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathBytes(Vec<u8>);

impl PathBytes {
    /// The bytes as they stand on disk and in git.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Gives the bytes away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The path for people: what is not UTF-8 becomes replacement characters.
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&str> for PathBytes {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<String> for PathBytes {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<&[u8]> for PathBytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<Vec<u8>> for PathBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for PathBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_text())
    }
}

impl fmt::Debug for PathBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "b\"{}\"", self.0.escape_ascii())
    }
}

impl Serialize for PathBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.collect_seq(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for PathBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PathVisitor)
    }
}

struct PathVisitor;

impl<'de> Visitor<'de> for PathVisitor {
    type Value = PathBytes;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a path as a string or as an array of bytes")
    }

    fn visit_str<E>(self, text: &str) -> Result<PathBytes, E> {
        Ok(PathBytes::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<PathBytes, E> {
        Ok(PathBytes::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<PathBytes, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = sequence.next_element::<u8>()? {
            bytes.push(byte);
        }
        Ok(PathBytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_survive_json(bytes: Vec<u8>) {
            let path = PathBytes::from(bytes);
            let json = serde_json::to_string(&path).unwrap();
            prop_assert_eq!(serde_json::from_str::<PathBytes>(&json).unwrap(), path);
        }
    }

    #[test]
    fn text_is_a_string_and_the_rest_an_array() {
        let json = |path: &[u8]| serde_json::to_string(&PathBytes::from(path)).unwrap();
        assert_eq!(json("src/ä.rs".as_bytes()), "\"src/ä.rs\"");
        assert_eq!(json(b"a\xff"), "[97,255]");
    }
}
