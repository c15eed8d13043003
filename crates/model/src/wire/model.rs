//! Asking a model.

use super::read::{Heard, Stop};
use super::replay::Maker;
use super::send::Connections;
use super::write::{Asked, Body};
use crate::error::{ErrorClass, Failure, ModelError};
use crate::{Answer, Conversation, Delta, Model, provider};
use anchorhold_domain::{ModelChoice, Wire};
use async_trait::async_trait;
use futures_util::StreamExt;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// How many silences long a server may send nothing but signs of life: a router does so for a model that
/// will never answer.
const SIGNS_OF_LIFE: u32 = 4;
/// The version of Anthropic's Messages that is written and read here.
const MESSAGES_VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// One model at one address.
pub struct RemoteModel {
    connections: Connections,
    url: Url,
    headers: HeaderMap,
    asked: Asked,
    /// What was written for the last request.
    body: Mutex<Body>,
    /// Looked for in errors, where it must not be.
    key: Option<String>,
}

impl RemoteModel {
    /// Prepares to ask `choice`, with `key` where its server wants one.
    ///
    /// # Errors
    /// [`ModelError`] where the provider is unknown, its base URL missing or no address, or the key
    /// holds what no key can.
    pub fn new(
        connections: &Connections,
        choice: &ModelChoice,
        key: Option<&str>,
    ) -> Result<Self, ModelError> {
        let (wire, address) = provider::target(choice)?;
        let shown = provider::shown(&address);
        let asked = Asked {
            maker: Maker::new(wire, choice, shown.clone()),
            address: shown,
            effort: choice.effort,
            output_limit: None,
        };
        let key = key.map(str::trim).filter(|key| !key.is_empty());
        let failed =
            |class, reason: &str| ModelError::new(&choice.name, &asked.address, class, reason.to_owned());
        let url = place(&address, wire, &choice.name)
            .ok_or_else(|| failed(ErrorClass::NotFound, "the base URL is no address"))?;
        let headers = headers(wire, key)
            .ok_or_else(|| failed(ErrorClass::InvalidKey, "the key holds characters that no key has"))?;
        Ok(Self {
            connections: connections.clone(),
            url,
            headers,
            asked,
            body: Mutex::default(),
            key: key.filter(|key| key.len() >= 4).map(str::to_owned),
        })
    }

    /// Sets how many tokens the model can write at once, which some wires have to be told; `None` for
    /// what is usual for a model of its name.
    #[must_use]
    pub fn with_output_limit(mut self, limit: Option<u32>) -> Self {
        self.asked.output_limit = limit;
        self
    }

    fn body(&self) -> MutexGuard<'_, Body> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, conversation: &Conversation) -> Vec<u8> {
        self.body().of(&self.asked, conversation)
    }

    fn failed(&self, class: ErrorClass, reason: &str) -> ModelError {
        let Asked { maker, address, .. } = &self.asked;
        self.clean(ModelError::new(&maker.model, address, class, reason.to_owned()))
    }

    /// Takes the key out of an error: some servers repeat it.
    fn clean(&self, mut error: ModelError) -> ModelError {
        if let Some(key) = &self.key {
            error.reason = error.reason.replace(key.as_str(), "[key]");
        }
        error
    }

    /// Makes an answer or an error of everything that came.
    fn finish(&self, mut heard: Heard, failure: Option<&Failure>) -> Result<Answer, ModelError> {
        let Asked { maker, address, .. } = &self.asked;
        if let Some(fault) = &heard.fault {
            return Err(self.clean(ModelError::from_stream(&maker.model, address, fault)));
        }
        match (&heard.stop, failure) {
            (Some(Stop::Refused(reason)), _) => return Err(self.failed(ErrorClass::Refused, reason)),
            (Some(Stop::Botched(reason)), _) => return Err(self.failed(ErrorClass::Nonsense, reason)),
            (Some(Stop::ContextFull), _) => {
                return Err(self.failed(ErrorClass::ContextLength, "the answer filled the model's window"));
            }
            (Some(Stop::End | Stop::OutputLimit), _) => {}
            (None, Some(failure)) => {
                return Err(self.clean(ModelError::of_failure(&maker.model, address, failure)));
            }
            (None, None) if heard.began => {
                let reason = "the connection ended before the answer did";
                return Err(self.failed(ErrorClass::Network, reason));
            }
            (None, None) => return Err(self.failed(ErrorClass::Nonsense, "the server sent no answer")),
        }
        let calls = heard.take_calls();
        if heard.stop == Some(Stop::OutputLimit) && calls.is_empty() {
            // Half a sentence without a call would pass for the end of the work.
            let reason = "the answer was cut off at the model's output limit";
            return Err(self.failed(ErrorClass::OutputLimit, reason));
        }
        if heard.text.trim().is_empty() && heard.reasoning.trim().is_empty() && calls.is_empty() {
            return Err(self.failed(ErrorClass::Nonsense, "the model's answer is empty"));
        }
        Ok(Answer {
            replay: maker.replay(heard.parts),
            text: heard.text,
            reasoning: Some(heard.reasoning).filter(|reasoning| !reasoning.is_empty()),
            calls,
            usage: heard.usage,
        })
    }

    /// Sends a request and hears its answer out.
    async fn hear(
        &self,
        body: Vec<u8>,
        heard: &mut Heard,
        deltas: &mpsc::Sender<Delta>,
    ) -> Result<(), Failure> {
        let mut events = self.connections.post(self.url.clone(), self.headers.clone(), body).await?;
        let patience = self.connections.silence * SIGNS_OF_LIFE;
        let mut end = Instant::now() + patience;
        loop {
            let event = timeout_at(end, events.next()).await.map_err(|_| Failure::NoPiece(patience))?;
            let Some(data) = event.transpose()? else { return Ok(()) };
            let used = heard.usage;
            heard.take(&data);
            let mut pieces = heard.take_deltas();
            if !pieces.is_empty() {
                end = Instant::now() + patience;
            }
            if heard.usage != used {
                pieces.push(Delta::Used(heard.usage));
            }
            for piece in pieces {
                // A watcher that went away is no reason to lose the answer.
                let _ = deltas.send(piece).await;
            }
        }
    }
}

#[async_trait]
impl Model for RemoteModel {
    async fn answer(
        &self,
        conversation: &Conversation,
        deltas: &mpsc::Sender<Delta>,
    ) -> Result<Answer, ModelError> {
        let mut heard = Heard::new(self.asked.maker.wire);
        let mut failure = self.hear(self.write(conversation), &mut heard, deltas).await.err();
        if failure.as_ref().is_some_and(Failure::is_about_seals) && self.body().unseal() {
            // It would be refused whenever it is sent; without, only thoughts are lost.
            failure = self.hear(self.write(conversation), &mut heard, deltas).await.err();
        }
        self.finish(heard, failure.as_ref())
    }
}

/// Where a wire's requests go.
fn place(address: &str, wire: Wire, model: &str) -> Option<Url> {
    let mut url = Url::parse(address).ok()?;
    {
        let mut path = url.path_segments_mut().ok()?;
        path.pop_if_empty();
        match wire {
            Wire::Chat => path.extend(["chat", "completions"]),
            Wire::Responses => path.push("responses"),
            Wire::Messages => path.push("messages"),
            Wire::Gemini => {
                let model = model.strip_prefix("models/").unwrap_or(model);
                path.push("models").push(&format!("{model}:streamGenerateContent"))
            }
        };
    }
    if wire == Wire::Gemini {
        url.query_pairs_mut().append_pair("alt", "sse");
    }
    Some(url)
}

/// The headers that each request of a wire carries; `None` for a key that cannot be in one.
fn headers(wire: Wire, key: Option<&str>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    if wire == Wire::Messages {
        let (name, version) = MESSAGES_VERSION;
        headers.insert(name, HeaderValue::from_static(version));
    }
    if let Some(key) = key {
        let (name, value) = match wire {
            Wire::Chat | Wire::Responses => (AUTHORIZATION, format!("Bearer {key}")),
            Wire::Messages => (HeaderName::from_static("x-api-key"), key.to_owned()),
            Wire::Gemini => (HeaderName::from_static("x-goog-api-key"), key.to_owned()),
        };
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Some(headers)
}

impl std::fmt::Debug for RemoteModel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RemoteModel").field("asked", &self.asked).finish_non_exhaustive()
    }
}
