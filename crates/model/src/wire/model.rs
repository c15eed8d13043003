//! Asking a model.

use super::heard::{Heard, Stop};
use super::replay::Maker;
use super::request::{Asked, request};
use crate::error::{ErrorClass, ModelError, SILENT};
use crate::{Answer, Conversation, Delta, Model, provider};
use anchorhold_domain::{Effort, ModelChoice, Wire};
use async_trait::async_trait;
use futures_util::StreamExt;
use genai::adapter::AdapterKind;
use genai::chat::ChatOptions;
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ModelSpec, ServiceTarget, WebConfig};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long a connected server may stay silent before the request is given up. A model may think for
/// minutes before its first word, and its server sends signs of life in between at most.
const SILENCE: Duration = Duration::from_secs(300);
/// How long a server may take to answer the connection itself.
const CONNECTING: Duration = Duration::from_secs(30);

/// The connections that all models of a process share, so that the certificates of the system are read
/// once and an open connection serves the next agent.
#[derive(Clone, Debug)]
pub struct Connections {
    client: Client,
    silence: Duration,
}

impl Connections {
    /// Prepares to connect; nothing is sent. The proxy is the one of `HTTPS_PROXY`, `HTTP_PROXY` and
    /// `NO_PROXY` or of the system, the authorities are those of `SSL_CERT_FILE`, `SSL_CERT_DIR` or the
    /// system.
    ///
    /// # Errors
    /// [`ModelError`] where the system's certificates or proxies cannot be read.
    pub fn new() -> Result<Self, ModelError> {
        let web = WebConfig::default().with_connect_timeout(CONNECTING);
        let client = Client::builder().with_web_config(web).build();
        Ok(Self {
            client: client.map_err(|error| ModelError::from_genai("any model", "any server", &error))?,
            silence: SILENCE,
        })
    }

    /// Sets how long a connected server may stay silent before a request is given up.
    #[must_use]
    pub fn with_silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }
}

/// One model at one address.
pub struct GenaiModel {
    connections: Connections,
    target: ServiceTarget,
    maker: Maker,
    address: String,
    effort: Option<Effort>,
    output_limit: Option<u32>,
    /// Looked for in errors, where it must not be.
    key: Option<String>,
}

impl GenaiModel {
    /// Prepares to ask `choice`, with `key` where its server wants one.
    ///
    /// # Errors
    /// [`ModelError`] where the provider is unknown or its base URL missing or no address.
    pub fn new(
        connections: &Connections,
        choice: &ModelChoice,
        key: Option<&str>,
    ) -> Result<Self, ModelError> {
        let (wire, address) = provider::target(choice)?;
        let adapter = match wire {
            Wire::Chat => AdapterKind::OpenAI,
            Wire::Responses => AdapterKind::OpenAIResp,
            Wire::Messages => AdapterKind::Anthropic,
            Wire::Gemini => AdapterKind::Gemini,
        };
        let target = ServiceTarget {
            model: ModelIden::new(adapter, choice.name.clone()),
            endpoint: Endpoint::from_owned(address.clone()),
            auth: AuthData::from_single(key.unwrap_or_default().trim()),
        };
        Ok(Self {
            connections: connections.clone(),
            target,
            maker: Maker::new(wire, choice),
            address: provider::shown(&address),
            effort: choice.effort,
            output_limit: None,
            key: key.map(|key| key.trim().to_owned()).filter(|key| key.len() >= 4),
        })
    }

    /// Sets how many tokens the model can write at once, which some wires have to be told; `None` for
    /// what is usual for a model of its name.
    #[must_use]
    pub fn with_output_limit(mut self, limit: Option<u32>) -> Self {
        self.output_limit = limit;
        self
    }

    fn failed(&self, class: ErrorClass, reason: &str) -> ModelError {
        self.clean(ModelError::new(&self.maker.model, &self.address, class, reason.to_owned()))
    }

    /// Takes the key out of an error: some servers repeat it.
    fn clean(&self, mut error: ModelError) -> ModelError {
        if let Some(key) = &self.key {
            error.reason = error.reason.replace(key.as_str(), "[key]");
        }
        error
    }

    /// Makes an answer or an error of everything that came.
    fn finish(&self, mut heard: Heard, failure: Option<&genai::Error>) -> Result<Answer, ModelError> {
        let model = self.maker.model.as_str();
        if let Some(fault) = &heard.fault {
            return Err(self.clean(ModelError::from_stream(model, &self.address, fault)));
        }
        match (&heard.stop, failure) {
            (Some(Stop::Refused(reason)), _) => return Err(self.failed(ErrorClass::Refused, reason)),
            (Some(Stop::Botched(reason)), _) => return Err(self.failed(ErrorClass::Nonsense, reason)),
            (Some(Stop::ContextFull), _) => {
                return Err(self.failed(ErrorClass::ContextLength, "the answer filled the model's window"));
            }
            (Some(Stop::End | Stop::OutputLimit), _) => {}
            (None, Some(error)) => {
                let mut failed = ModelError::from_genai(model, &self.address, error);
                if failed.reason == SILENT {
                    failed.reason =
                        format!("the server was silent for {} s", self.connections.silence.as_secs_f32());
                }
                return Err(self.clean(failed));
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
            replay: self.maker.replay(heard.parts),
            text: heard.text,
            reasoning: Some(heard.reasoning).filter(|reasoning| !reasoning.is_empty()),
            calls,
            usage: heard.usage,
        })
    }

    fn options(&self, conversation: &Conversation, heard: &Arc<Mutex<Heard>>) -> ChatOptions {
        let asked = Asked {
            maker: &self.maker,
            address: &self.address,
            effort: self.effort,
            output_limit: self.output_limit,
            cache_key: conversation.cache_key.as_deref(),
        };
        let reader = Arc::clone(heard);
        asked
            .options()
            .with_stream_header_timeout(self.connections.silence)
            .with_stream_read_timeout(self.connections.silence)
            .with_raw_frame_fn(move |_, frame| lock(&reader).take(frame.data))
    }
}

#[async_trait]
impl Model for GenaiModel {
    async fn answer(
        &self,
        conversation: &Conversation,
        deltas: &mpsc::Sender<Delta>,
    ) -> Result<Answer, ModelError> {
        let heard = Arc::new(Mutex::new(Heard::new(self.maker.wire)));
        let options = self.options(conversation, &heard);
        let request = request(&self.maker, conversation);
        let target = ModelSpec::Target(self.target.clone());
        let mut failure = None;
        match self.connections.client.exec_chat_stream(target, request, Some(&options)).await {
            Ok(mut answer) => {
                while let Some(event) = answer.stream.next().await {
                    let pieces = lock(&heard).take_deltas();
                    for piece in pieces {
                        // A watcher that went away is no reason to lose the answer.
                        let _ = deltas.send(piece).await;
                    }
                    if let Err(error) = event {
                        failure = Some(error);
                        break;
                    }
                }
            }
            Err(error) => failure = Some(error),
        }
        let mut heard = std::mem::replace(&mut *lock(&heard), Heard::new(self.maker.wire));
        for piece in heard.take_deltas() {
            let _ = deltas.send(piece).await;
        }
        self.finish(heard, failure.as_ref())
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
