//! A model behind any wire that `genai` speaks.

use crate::error::{ErrorClass, ModelError};
use crate::{Answer, CallRequest, Conversation, Delta, Message, Model};
use anchorhold_domain::{ModelChoice, Usage};
use async_trait::async_trait;
use futures_util::StreamExt;
use genai::adapter::AdapterKind;
use genai::chat::{
    ChatMessage, ChatOptions, ChatRequest, ChatStreamEvent, StopReason, StreamEnd, Tool, ToolCall,
    ToolResponse,
};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ModelSpec, ServiceTarget};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long a connected server may stay silent before the request is given up.
const SILENCE: Duration = Duration::from_secs(120);

/// The connections that all models of a process share, so that the certificates of the system are read
/// once and an open connection serves the next agent.
#[derive(Clone, Debug)]
pub struct Connections {
    client: Client,
}

impl Connections {
    /// Prepares to connect; nothing is sent.
    ///
    /// # Errors
    /// [`ModelError`] where the system's certificates or proxies cannot be read.
    pub fn new() -> Result<Self, ModelError> {
        let client = Client::builder().build();
        Ok(Self {
            client: client.map_err(|error| ModelError::from_genai("any model", "any server", &error))?,
        })
    }
}

/// One model at one address.
pub struct GenaiModel {
    client: Client,
    target: ServiceTarget,
    name: String,
    address: String,
}

impl GenaiModel {
    /// Prepares to ask `choice`, with `key` where its server wants one.
    ///
    /// # Errors
    /// [`ModelError`] where the provider is unknown or the base URL is missing.
    pub fn new(
        connections: &Connections,
        choice: &ModelChoice,
        key: Option<&str>,
    ) -> Result<Self, ModelError> {
        let (_, base) = crate::provider::target(choice)?;
        let target = ServiceTarget {
            model: ModelIden::new(AdapterKind::OpenAI, choice.name.clone()),
            endpoint: Endpoint::from_owned(base.clone()),
            auth: AuthData::from_single(key.unwrap_or_default()),
        };
        Ok(Self { client: connections.client.clone(), target, name: choice.name.clone(), address: base })
    }

    fn failed(&self, error: &genai::Error) -> ModelError {
        ModelError::from_genai(&self.name, &self.address, error)
    }

    fn nonsense(&self, reason: &str) -> ModelError {
        ModelError::new(&self.name, &self.address, ErrorClass::Nonsense, reason.to_owned())
    }
}

#[async_trait]
impl Model for GenaiModel {
    async fn answer(
        &self,
        conversation: &Conversation,
        deltas: &mpsc::Sender<Delta>,
    ) -> Result<Answer, ModelError> {
        let options = ChatOptions::default()
            .with_capture_usage(true)
            .with_capture_content(true)
            .with_capture_tool_calls(true)
            .with_capture_reasoning_content(true)
            .with_stream_header_timeout(SILENCE)
            .with_stream_read_timeout(SILENCE);
        let request = request(conversation);
        let mut stream = self
            .client
            .exec_chat_stream(ModelSpec::Target(self.target.clone()), request, Some(&options))
            .await
            .map_err(|error| self.failed(&error))?
            .stream;
        let mut end = None;
        let mut reasoning = String::new();
        while let Some(event) = stream.next().await {
            match event.map_err(|error| self.failed(&error))? {
                ChatStreamEvent::Chunk(chunk) => {
                    // A watcher that went away is no reason to lose the answer.
                    let _ = deltas.send(Delta::Text(chunk.content)).await;
                }
                ChatStreamEvent::ReasoningChunk(chunk) => {
                    reasoning.push_str(&chunk.content);
                    let _ = deltas.send(Delta::Reasoning(chunk.content)).await;
                }
                ChatStreamEvent::End(found) => end = Some(found),
                ChatStreamEvent::Start
                | ChatStreamEvent::ThoughtSignatureChunk(_)
                | ChatStreamEvent::ToolCallChunk(_)
                | ChatStreamEvent::Heartbeat => {}
            }
        }
        let end = end.ok_or_else(|| self.nonsense("the stream ended before the answer did"))?;
        if end.captured_stop_reason.is_none() && end.captured_content.is_none() && reasoning.is_empty() {
            return Err(self.nonsense("the server sent no answer"));
        }
        let truncated = matches!(end.captured_stop_reason, Some(StopReason::MaxTokens(_)));
        let answer = answer(end, reasoning);
        if truncated && answer.calls.is_empty() {
            // Half a sentence without a call would pass for the end of the work.
            let reason = "the answer was cut off at the model's output limit".to_owned();
            return Err(ModelError::new(&self.name, &self.address, ErrorClass::OutputLimit, reason));
        }
        Ok(answer)
    }
}

fn request(conversation: &Conversation) -> ChatRequest {
    let tools = conversation.tools.iter().map(|tool| {
        Tool::new(tool.name.as_str())
            .with_description(tool.description.clone())
            .with_schema(tool.schema.clone())
    });
    ChatRequest::from_system(conversation.system.clone())
        .append_messages(conversation.messages.iter().map(message))
        .with_tools(tools)
}

fn message(message: &Message) -> ChatMessage {
    match message {
        Message::User(text) => ChatMessage::user(text.clone()),
        Message::Assistant { text, calls, replay } => replay
            .as_deref()
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_else(|| assistant(text, calls)),
        Message::ToolResults(results) => ChatMessage::from(
            results
                .iter()
                .map(|result| {
                    ToolResponse::new(result.call.clone(), result.content.clone())
                        .with_fn_name(result.tool.clone())
                })
                .collect::<Vec<_>>(),
        ),
    }
}

fn assistant(text: &str, calls: &[CallRequest]) -> ChatMessage {
    let mut content = genai::chat::MessageContent::default();
    if !text.is_empty() || calls.is_empty() {
        content.push(text.to_owned());
    }
    content.extend(
        calls
            .iter()
            .map(|call| ToolCall {
                call_id: call.id.clone(),
                fn_name: call.tool.clone(),
                fn_arguments: serde_json::from_str(&call.arguments)
                    .unwrap_or_else(|_| serde_json::Value::String(call.arguments.clone())),
                thought_signatures: None,
            })
            .map(genai::chat::ContentPart::ToolCall),
    );
    ChatMessage::assistant(content)
}

fn answer(end: StreamEnd, streamed_reasoning: String) -> Answer {
    let usage = end.captured_usage.as_ref().map(usage).unwrap_or_default();
    let reasoning =
        end.captured_reasoning_content.clone().or(Some(streamed_reasoning)).filter(|r| !r.is_empty());
    let content = end.captured_content.as_ref();
    let text = content.and_then(|content| content.joined_texts()).unwrap_or_default();
    let calls: Vec<CallRequest> = content
        .map(|content| content.tool_calls())
        .unwrap_or_default()
        .into_iter()
        .map(|call| CallRequest {
            id: call.call_id.clone(),
            tool: call.fn_name.clone(),
            arguments: match &call.fn_arguments {
                serde_json::Value::String(raw) => raw.clone(),
                other => other.to_string(),
            },
        })
        .collect();
    // Only an answer with reasoning needs more than its text and calls on the way back.
    let replay = reasoning
        .is_some()
        .then(|| end.into_assistant_message_for_tool_use())
        .flatten()
        .and_then(|message| serde_json::to_string(&message).ok());
    Answer { text, reasoning, calls, replay, usage }
}

fn usage(usage: &genai::chat::Usage) -> Usage {
    let count = |tokens: Option<i32>| u32::try_from(tokens.unwrap_or(0)).unwrap_or(0);
    let (prompt, completion) =
        (usage.prompt_tokens_details.as_ref(), usage.completion_tokens_details.as_ref());
    Usage {
        input_tokens: count(usage.prompt_tokens),
        cached_tokens: count(prompt.and_then(|d| d.cached_tokens)),
        cache_write_tokens: count(prompt.and_then(|d| d.cache_creation_tokens)),
        output_tokens: count(usage.completion_tokens),
        reasoning_tokens: count(completion.and_then(|d| d.reasoning_tokens)),
    }
}
