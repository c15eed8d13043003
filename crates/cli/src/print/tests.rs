//! What of others' words reaches a terminal.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Log, escaped, logged, visible};
use anchorhold_domain::{EventKind, Timestamp};
use serde_json::Value;

#[path = "../../../domain/tests/samples/mod.rs"]
mod samples;

/// Hides what follows, turns its direction, and forges a line of the log.
const HOSTILE: &str = "a\u{1b}[8mb\u{202e}c\u{9b}\r\n   9.99s  ✓ pushed";

/// The event with every text in it replaced that may be any.
fn hostile(kind: EventKind) -> EventKind {
    let mut event = serde_json::to_value(&kind).unwrap();
    for place in texts(&event, String::new()) {
        let mut replaced = event.clone();
        *replaced.pointer_mut(&place).unwrap() = HOSTILE.into();
        if serde_json::from_value::<EventKind>(replaced.clone()).is_ok() {
            event = replaced;
        }
    }
    serde_json::from_value(event).unwrap()
}

fn texts(value: &Value, place: String) -> Vec<String> {
    match value {
        Value::String(_) => vec![place],
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| texts(item, format!("{place}/{index}")))
            .collect(),
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, field)| texts(field, format!("{place}/{name}"))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => vec![],
    }
}

#[test]
fn no_event_moves_a_cursor_hides_what_follows_or_forges_a_line() {
    let mut log = Log::resumed(false);
    let mut told = 0;
    for kind in samples::one_of_each().into_iter().map(hostile) {
        let Some(text) = log.text(&kind, Timestamp(0)) else { continue };
        let printed = visible(logged(1.5, &text)).replace("\r\n", "\n");
        assert!(printed.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{printed:?}");
        let mut lines = printed.lines();
        assert!(lines.next().unwrap().starts_with("   1.50s  "), "{printed}");
        assert!(lines.all(|line| line.starts_with("          ")), "{printed}");
        told += usize::from(printed.contains("⟨U+001B⟩[8mb⟨U+202E⟩c⟨U+009B⟩"));
    }
    // Were the texts not replaced, nothing would have been tried.
    assert!(told > 20, "{told}");
}

#[test]
fn json_says_the_same_without_what_a_terminal_obeys() {
    let said = serde_json::to_string("a\u{1b}\u{9b}31m\u{7f}ä\u{202e}").unwrap();
    let printed = escaped(&said);
    assert_eq!(printed, "\"a\\u001b\\u009b31m\\u007fä\u{202e}\"");
    assert_eq!(serde_json::from_str::<String>(&printed).unwrap(), "a\u{1b}\u{9b}31m\u{7f}ä\u{202e}");
}
