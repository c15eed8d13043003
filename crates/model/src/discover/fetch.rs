//! One small question to a server that may be anything.

use serde_json::Value;
use std::sync::LazyLock;
use std::time::Duration;
use url::Url;

/// The longest answer that is read, in bytes.
const LARGEST: usize = 2 << 20;

pub(super) struct Client(&'static reqwest::Client, Duration);

/// Made once, since it reads the certificates of the system. It keeps no connections.
static CLIENT: LazyLock<Option<reqwest::Client>> = LazyLock::new(|| {
    let client = reqwest::Client::builder()
        // A proxy would be asked for its own machine's servers, and told of what is looked for.
        .no_proxy()
        // What is at the place is meant, and not what it points to.
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .build();
    client.inspect_err(|error| tracing::warn!(%error, "model servers cannot be looked for")).ok()
});

impl Client {
    /// One that gives each answer so much time.
    pub(super) async fn new(patience: Duration) -> Option<Self> {
        let client = tokio::task::spawn_blocking(|| CLIENT.as_ref()).await.ok()??;
        Some(Self(client, patience))
    }

    pub(super) async fn get(&self, place: &Url, path: &str) -> Option<Value> {
        self.answer(self.0.get(place.join(path).ok()?)).await
    }

    pub(super) async fn post(&self, place: &Url, path: &str, body: &Value) -> Option<Value> {
        let request = self.0.post(place.join(path).ok()?);
        self.answer(request.header("content-type", "application/json").body(body.to_string())).await
    }

    /// The answer as JSON; `None` where nothing, no success, too much or something else comes.
    async fn answer(&self, request: reqwest::RequestBuilder) -> Option<Value> {
        let sent = request.timeout(self.1).send().await.ok();
        let mut response = sent.filter(|response| response.status().is_success())?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return None;
            }
        }
        serde_json::from_slice(&body).ok()
    }
}
