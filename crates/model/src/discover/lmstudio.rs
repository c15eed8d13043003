//! LM Studio: `/api/v0/models` tells of models and their windows; older ones have `/v1/models` alone.

use super::fetch::Client;
use super::{FoundModel, tokens};
use serde_json::Value;
use url::Url;

pub(super) async fn models(client: &Client, place: &Url) -> Option<Vec<FoundModel>> {
    if let Some(answer) = client.get(place, "api/v0/models").await
        && let Some(models) = answer.get("data").and_then(Value::as_array)
    {
        return Some(models.iter().filter_map(described).collect());
    }
    let answer = client.get(place, "v1/models").await?;
    if answer.get("object")?.as_str()? != "list" {
        return None;
    }
    let named = |model: &Value| {
        let name = model.get("id")?.as_str()?.to_owned();
        // It lists what makes vectors as well, and names it so.
        (!name.contains("embed")).then_some(FoundModel { name, window: None, calls_tools: None })
    };
    Some(answer.get("data")?.as_array()?.iter().filter_map(named).collect())
}

/// One model; `None` where it is none that writes.
fn described(model: &Value) -> Option<FoundModel> {
    if !matches!(model.get("type")?.as_str()?, "llm" | "vlm") {
        return None;
    }
    // Loaded with fewer tokens than it could read, it refuses what is longer.
    let window =
        tokens(model.get("loaded_context_length")).or_else(|| tokens(model.get("max_context_length")));
    let capabilities = model.get("capabilities").and_then(Value::as_array);
    let calls_tools = capabilities.map(|all| all.iter().any(|one| one.as_str() == Some("tool_use")));
    Some(FoundModel { name: model.get("id")?.as_str()?.to_owned(), window, calls_tools })
}
