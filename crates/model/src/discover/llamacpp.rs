//! llama.cpp's server: `/v1/models` names the model it was started with, `/props` the window.

use super::fetch::Client;
use super::{FoundModel, tokens};
use futures_util::future::join;
use serde_json::Value;
use url::Url;

pub(super) async fn models(client: &Client, place: &Url) -> Option<Vec<FoundModel>> {
    let (listed, properties) = join(client.get(place, "v1/models"), client.get(place, "props")).await;
    let listed = listed?;
    let models = listed.get("data")?.as_array()?;
    let settings = properties.as_ref().and_then(|all| all.get("default_generation_settings"));
    let window = settings.and_then(|settings| tokens(settings.get("n_ctx")));
    let is_ours = |model: &Value| model.get("owned_by").and_then(Value::as_str) == Some("llamacpp");
    // Its port is the one that anything listens at.
    if settings.is_none() && !models.iter().any(is_ours) {
        return None;
    }
    let named = |model: &Value| {
        Some(FoundModel { name: model.get("id")?.as_str()?.to_owned(), window, calls_tools: None })
    };
    Some(models.iter().filter_map(named).collect())
}
