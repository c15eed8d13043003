//! Ollama: `/api/tags` lists models, `/api/show` tells of one, `/api/ps` of those that are loaded.

use super::fetch::Client;
use super::{FoundModel, MOST_MODELS, is_clean, tokens};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;

/// Models that are asked about at once.
const AT_ONCE: usize = 8;
/// Models whose window is asked for; the others' is not known until one of them is chosen.
const MOST_SHOWN: usize = 40;

pub(super) async fn models(client: &Client, place: &Url) -> Option<Vec<FoundModel>> {
    let tags = client.get(place, "api/tags").await?;
    let loaded = async { client.get(place, "api/ps").await.as_ref().map(windows_in).unwrap_or_default() };
    let names: Vec<String> = tags
        .get("models")?
        .as_array()?
        .iter()
        .filter_map(|model| model.get("name")?.as_str())
        .filter(|name| is_clean(name))
        .take(MOST_MODELS)
        .map(str::to_owned)
        .collect();
    let loaded = loaded.await;
    let shown: Vec<Option<Value>> = stream::iter(names.clone().into_iter().enumerate())
        .map(|(number, name)| async move {
            if number >= MOST_SHOWN {
                return None;
            }
            client.post(place, "api/show", &json!({ "model": name })).await
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let described = names.into_iter().zip(shown);
    Some(described.filter_map(|(name, shown)| model(name, shown.as_ref(), &loaded)).collect())
}

/// One model; `None` where it only makes vectors.
fn model(name: String, shown: Option<&Value>, loaded: &HashMap<String, u32>) -> Option<FoundModel> {
    let capabilities = shown.and_then(|shown| shown.get("capabilities")).and_then(Value::as_array);
    let can = |what: &str| capabilities.map(|all| all.iter().any(|one| one.as_str() == Some(what)));
    if can("completion") == Some(false) {
        return None;
    }
    // A request that is longer than what it was loaded with is cut without a word, so that what is known of
    // the loading comes before what the model could do.
    let window =
        loaded.get(&name).copied().or_else(|| shown.and_then(set_window)).or_else(|| largest(shown?));
    Some(FoundModel { name, window, calls_tools: can("tools") })
}

/// The windows with which models are loaded.
fn windows_in(ps: &Value) -> HashMap<String, u32> {
    let models = ps.get("models").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let window =
        |model: &Value| Some((model.get("name")?.as_str()?.to_owned(), tokens(model.get("context_length"))?));
    models.iter().filter_map(window).collect()
}

/// The window that the model's file sets: a line `num_ctx 8192` among its parameters.
fn set_window(shown: &Value) -> Option<u32> {
    let parameters = shown.get("parameters")?.as_str()?;
    let line = parameters.lines().find_map(|line| line.trim().strip_prefix("num_ctx"))?;
    line.trim().parse().ok().filter(|window| *window > 0)
}

/// The largest window that the model was made for, which stands under the name of its architecture.
fn largest(shown: &Value) -> Option<u32> {
    let facts = shown.get("model_info")?.as_object()?;
    let architecture = facts.get("general.architecture")?.as_str()?;
    tokens(facts.get(&format!("{architecture}.context_length")))
}
