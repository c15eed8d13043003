//! Cutting what an old call returned, and what it carried.

use crate::context::amount;
use anchorhold_model::{CallRequest, ToolResult};
use serde_json::Value;

/// Below this, a text is not worth cutting; every stub is shorter.
const LEAST: usize = 800;
/// How much of a path or pattern a stub repeats, in characters.
const SUBJECT: usize = 80;

/// Returns what stands in for a result; `None` where it is too short to be cut.
pub(super) fn stub(result: &ToolResult, call: Option<&CallRequest>) -> Option<String> {
    if result.content.len() < LEAST {
        return None;
    }
    let subject = call.and_then(subject).map(|subject| format!(" {subject}")).unwrap_or_default();
    let tool: String = result.tool.chars().take(SUBJECT).collect();
    Some(format!(
        "[result of {tool}{subject}, {}, was cut to make room; call it again if you need it, in parts if it \
         is large]",
        amount(result.content.len())
    ))
}

/// Returns arguments without their long texts; `None` where there are none. They stay an object of the same
/// shape, which some wires insist on.
pub(super) fn arguments(call: &CallRequest) -> Option<String> {
    if call.arguments.len() < LEAST {
        return None;
    }
    let mut value: Value = serde_json::from_str(&call.arguments).ok()?;
    cut_texts(&mut value).then(|| value.to_string()).filter(|cut| cut.len() < call.arguments.len())
}

/// Cuts every long text in a value; says whether there was one.
fn cut_texts(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.len() >= LEAST => {
            *text = format!(
                "[{} that stood here were cut to make room; this is no part of the file]",
                amount(text.len())
            );
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, |cut, item| cut_texts(item) | cut),
        Value::Object(fields) => fields.values_mut().fold(false, |cut, item| cut_texts(item) | cut),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What a call was about, in a few words.
fn subject(call: &CallRequest) -> Option<String> {
    let value: Value = serde_json::from_str(&call.arguments).ok()?;
    let text = ["path", "pattern", "from"].iter().find_map(|name| value.get(name)?.as_str())?;
    Some(text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SUBJECT).collect())
}

#[cfg(test)]
mod tests {
    use super::{LEAST, arguments, stub};
    use anchorhold_model::{CallRequest, ToolResult};
    use serde_json::{Value, json};

    fn call(arguments: &Value) -> CallRequest {
        CallRequest { id: "1".to_owned(), tool: "t".to_owned(), arguments: arguments.to_string() }
    }

    #[test]
    fn a_stub_says_what_was_there_and_how_to_have_it_again_and_is_short_whatever_was_asked() {
        let result = |bytes| ToolResult {
            call: "1".to_owned(),
            tool: "read_file".to_owned(),
            content: "x".repeat(bytes),
        };
        let read = call(&json!({"path": "src/a.rs"}));
        assert_eq!(
            stub(&result(12_000), Some(&read)).as_deref(),
            Some(
                "[result of read_file src/a.rs, 12 KB, was cut to make room; call it again if you need it, in \
                 parts if it is large]"
            )
        );
        assert_eq!(stub(&result(LEAST - 1), Some(&read)), None);
        let long = call(&json!({"path": "𝄞\n".repeat(9_000)}));
        assert!(stub(&result(LEAST), Some(&long)).is_some_and(|stub| stub.len() < LEAST));
        assert!(stub(&result(LEAST), None).is_some());
    }

    #[test]
    fn arguments_keep_their_shape_without_their_long_texts() {
        let edit = call(&json!({"path": "a", "edits": [{"old": "x", "new": "n".repeat(5_000)}]}));
        let cut = arguments(&edit).map(|text| serde_json::from_str::<Value>(&text).ok());
        let note = "[5 KB that stood here were cut to make room; this is no part of the file]";
        assert_eq!(cut, Some(Some(json!({"path": "a", "edits": [{"old": "x", "new": note}]}))));
        assert_eq!(arguments(&call(&json!({"path": "a", "numbers": vec![1; 2_000]}))), None);
        let broken = CallRequest { arguments: "{".repeat(2_000), ..edit };
        assert_eq!(arguments(&broken), None);
    }
}
