//! Writing a conversation as the wires want it.

use super::replay::{Maker, arguments};
use crate::{Conversation, Message};
use anchorhold_domain::{Effort, Wire};
use genai::chat::{
    CacheControl, ChatMessage, ChatOptions, ChatRequest, ContentPart, ReasoningEffort, Tool, ToolCall,
    ToolResponse,
};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};

/// The longest answer that is asked for where a request must name a length: what is kept free for the
/// answer is lost to the conversation.
const LONGEST_ANSWER: u32 = 32_000;
/// How many of the last messages are marked for the cache: the last is written, the one before is read.
const CACHED_MESSAGES: usize = 2;
/// The longest id of a call that every server of the wire takes.
const LONGEST_ID: usize = 40;

/// Builds the request for a conversation.
pub(super) fn request(maker: &Maker, conversation: &Conversation) -> ChatRequest {
    let marked = if maker.wire == Wire::Messages { last_inputs(&conversation.messages) } else { Vec::new() };
    let mut messages = Vec::with_capacity(conversation.messages.len() + 1);
    let mut request = ChatRequest::default();
    if maker.wire == Wire::Messages && !conversation.system.trim().is_empty() {
        // Only a system message of the list can be marked for the cache.
        let system = ChatMessage::system(conversation.system.clone());
        messages.push(system.with_options(CacheControl::Ephemeral));
    } else if !conversation.system.is_empty() {
        request.system = Some(conversation.system.clone());
    }
    let mut ids = Ids::default();
    for (place, message) in conversation.messages.iter().enumerate() {
        match message {
            Message::User(text) => messages.push(ChatMessage::user(text.clone())),
            Message::Assistant { text, calls, replay } => {
                ids.answer();
                let calls = calls.iter().map(|call| {
                    ContentPart::ToolCall(ToolCall {
                        call_id: ids.begin(&call.id),
                        fn_name: call.tool.clone(),
                        fn_arguments: arguments(call),
                        thought_signatures: None,
                    })
                });
                let contents = maker.contents(text, calls.collect(), replay.as_deref());
                messages.extend(contents.into_iter().map(ChatMessage::assistant));
            }
            Message::ToolResults(results) => {
                let responses = results.iter().map(|result| {
                    ToolResponse::new(ids.end(&result.call), result.content.clone())
                        .with_fn_name(result.tool.clone())
                });
                messages.push(ChatMessage::from(responses.collect::<Vec<_>>()));
            }
        }
        if marked.contains(&place)
            && let Some(last) = messages.last_mut()
        {
            last.options = Some(CacheControl::Ephemeral.into());
        }
    }
    request.messages = messages;
    if !conversation.tools.is_empty() {
        request.tools = Some(tools(maker.wire, conversation));
    }
    request
}

/// Returns the places of the last messages that are no answers and say something.
fn last_inputs(messages: &[Message]) -> Vec<usize> {
    let inputs = messages.iter().enumerate().rev().filter(|(_, message)| match message {
        Message::User(text) => !text.trim().is_empty(),
        Message::ToolResults(results) => !results.is_empty(),
        Message::Assistant { .. } => false,
    });
    inputs.map(|(place, _)| place).take(CACHED_MESSAGES).collect()
}

fn tools(wire: Wire, conversation: &Conversation) -> Vec<Tool> {
    let mut tools: Vec<Tool> = conversation
        .tools
        .iter()
        .map(|tool| {
            let mut told = Tool::new(tool.name.as_str())
                .with_description(tool.description.clone())
                .with_schema(tool.schema.clone());
            if wire == Wire::Responses {
                // Left alone, this wire makes every optional argument a required one.
                told = told.with_strict(false);
            }
            told
        })
        .collect();
    if wire == Wire::Messages
        && let Some(last) = tools.last_mut()
    {
        last.cache_control = Some(CacheControl::Ephemeral);
    }
    tools
}

/// Gives every call of a conversation an id that all wires take and that no other call has, the same in
/// every request: another provider's model may have made the earlier ones, and some servers begin anew
/// with each answer.
#[derive(Default)]
struct Ids<'a> {
    used: HashSet<String>,
    /// The ids of the newest answer's calls by the ones they came with, for their results.
    open: HashMap<&'a str, VecDeque<String>>,
    calls: usize,
}

impl<'a> Ids<'a> {
    fn answer(&mut self) {
        self.open.clear();
    }

    fn begin(&mut self, given: &'a str) -> String {
        self.calls += 1;
        let mut id = clean(given);
        if id.is_empty() || !self.used.insert(id.clone()) {
            id = format!("call_n{}", self.calls);
            self.used.insert(id.clone());
        }
        self.open.entry(given).or_default().push_back(id.clone());
        id
    }

    fn end(&mut self, given: &str) -> String {
        let Some(waiting) = self.open.get_mut(given) else { return clean(given) };
        // A second result for one call keeps its id.
        if waiting.len() > 1 { waiting.pop_front() } else { waiting.front().cloned() }.unwrap_or_default()
    }
}

fn clean(id: &str) -> String {
    id.chars()
        .map(|character| if character.is_ascii_alphanumeric() || character == '-' { character } else { '_' })
        .take(LONGEST_ID)
        .collect()
}

/// What a request asks for besides its conversation.
pub(super) struct Asked<'a> {
    pub(super) maker: &'a Maker,
    pub(super) address: &'a str,
    pub(super) effort: Option<Effort>,
    pub(super) output_limit: Option<u32>,
    pub(super) cache_key: Option<&'a str>,
}

impl Asked<'_> {
    /// Builds the options of a request.
    pub(super) fn options(&self) -> ChatOptions {
        let mut options = ChatOptions::default()
            // The count is only sent where it is asked for; the answer itself is kept by the reader.
            .with_capture_usage(true)
            .with_capture_content(false)
            .with_capture_tool_calls(false)
            // This asks for reasoning where a wire has to be asked.
            .with_capture_reasoning_content(self.reasons());
        let effort = self.effort.map(|effort| match effort {
            Effort::Low => ReasoningEffort::Low,
            Effort::Medium => ReasoningEffort::Medium,
            Effort::High => ReasoningEffort::High,
        });
        options.reasoning_effort = match (effort, self.maker.wire) {
            (Some(effort), _) => Some(effort),
            // Without this the end of a name such as `qwen-max` would be cut off and sent as effort.
            (None, Wire::Chat | Wire::Responses) => Some(ReasoningEffort::Budget(0)),
            (None, Wire::Messages | Wire::Gemini) => None,
        };
        if self.maker.wire == Wire::Messages {
            options.max_tokens = self.output_limit.map(|limit| limit.min(LONGEST_ANSWER));
        }
        options.prompt_cache_key = self.cache_key().map(str::to_owned);
        options.extra_body = self.extra();
        options
    }

    /// Whether the wire may be asked for reasoning: Responses refuses that for models that have none.
    fn reasons(&self) -> bool {
        let name = self.maker.model.rsplit('/').next().unwrap_or_default();
        let none = ["gpt-4", "gpt-3.5", "chatgpt-4o"].iter().any(|start| name.starts_with(start));
        self.maker.wire != Wire::Responses || !none
    }

    fn cache_key(&self) -> Option<&str> {
        let own = self.address.starts_with("https://api.openai.com/")
            || self.address.starts_with("https://openrouter.ai/");
        match self.maker.wire {
            // Without a key, newer models would be asked not to cache at all.
            Wire::Responses => Some(self.cache_key.unwrap_or("anchorhold")),
            Wire::Chat if own => self.cache_key,
            // Other servers of this wire may refuse what they do not know.
            Wire::Chat | Wire::Messages | Wire::Gemini => None,
        }
    }

    /// Fields that `genai` does not know or sets otherwise.
    fn extra(&self) -> Option<Value> {
        match self.maker.wire {
            Wire::Responses if self.reasons() => {
                let mut reasoning = json!({"summary": "auto"});
                if let (Some(effort), Some(fields)) = (self.effort, reasoning.as_object_mut()) {
                    let word = match effort {
                        Effort::Low => "low",
                        Effort::Medium => "medium",
                        Effort::High => "high",
                    };
                    fields.insert("effort".to_owned(), word.into());
                }
                Some(json!({ "reasoning": reasoning }))
            }
            // OpenRouter places the marks itself, and only these models need them.
            Wire::Chat
                if self.maker.provider == "openrouter" && self.maker.model.starts_with("anthropic/") =>
            {
                Some(json!({"cache_control": {"type": "ephemeral"}}))
            }
            Wire::Chat | Wire::Responses | Wire::Messages | Wire::Gemini => None,
        }
    }
}
