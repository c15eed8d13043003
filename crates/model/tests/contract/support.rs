//! The four wires, and asking on them.

use anchorhold_domain::{Effort, ModelChoice, Wire};
use anchorhold_model::{
    Answer, Connections, Conversation, Delta, Message, Model, ModelError, RemoteModel, ToolSpec,
};
use serde_json::json;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// A provider of each wire, with a model of it that reasons.
pub const WIRES: [(Wire, &str, &str); 4] = [
    (Wire::Chat, "compatible", "deepseek-reasoner"),
    (Wire::Responses, "openai", "gpt-5"),
    (Wire::Messages, "anthropic", "claude-sonnet-4-6"),
    (Wire::Gemini, "gemini", "gemini-3-pro"),
];

/// The choice of a wire's provider at an address.
pub fn choice(wire: Wire, url: &str) -> ModelChoice {
    let (_, provider, name) = WIRES.into_iter().find(|row| row.0 == wire).unwrap();
    ModelChoice {
        provider: provider.to_owned(),
        name: name.to_owned(),
        base_url: Some(url.to_owned()),
        wire: Some(wire),
        effort: None,
    }
}

/// The same, thinking as much as it can.
pub fn thinking(wire: Wire, url: &str) -> ModelChoice {
    ModelChoice { effort: Some(Effort::High), ..choice(wire, url) }
}

/// A conversation with a tool that reads.
pub fn conversation(messages: Vec<Message>) -> Conversation {
    let tool = ToolSpec {
        name: "read_file".to_owned(),
        description: "Reads a file.".to_owned(),
        schema: json!({"type": "object", "properties": {"path": {"type": "string"}}}),
    };
    let messages = messages.into_iter().map(Arc::new).collect();
    Conversation { system: "You edit files.".to_owned(), messages, tools: [tool].into(), cache_key: None }
}

pub fn user(text: &str) -> Message {
    Message::User(text.to_owned())
}

/// The connections of this program: each reads the system's certificates, which takes its time. They
/// live on a runtime of their own, as they do not outlive the one that they were made on.
fn connections() -> &'static (Connections, Runtime) {
    static SHARED: OnceLock<(Connections, Runtime)> = OnceLock::new();
    SHARED.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        (Connections::new().unwrap(), runtime.unwrap())
    })
}

/// Asks, and returns the answer with its pieces.
pub async fn ask_of(
    choice: &ModelChoice,
    key: &str,
    conversation: &Conversation,
) -> Result<(Answer, Vec<Delta>), ModelError> {
    ask_within(choice, key, conversation, Duration::from_secs(60)).await
}

/// Asks with a limit to the server's silence.
pub async fn ask_within(
    choice: &ModelChoice,
    key: &str,
    conversation: &Conversation,
    silence: Duration,
) -> Result<(Answer, Vec<Delta>), ModelError> {
    let (connections, runtime) = connections();
    let model = RemoteModel::new(&connections.clone().with_silence(silence), choice, Some(key))?;
    let conversation = conversation.clone();
    let asked = runtime.spawn(async move {
        let (sender, mut receiver) = mpsc::channel(64);
        let collecting = tokio::spawn(async move {
            let mut deltas = Vec::new();
            while let Some(delta) = receiver.recv().await {
                deltas.push(delta);
            }
            deltas
        });
        let answer = model.answer(&conversation, &sender).await;
        drop(sender);
        Ok((answer?, collecting.await.unwrap()))
    });
    asked.await.unwrap()
}

/// Asks one question.
pub async fn ask(choice: &ModelChoice, question: &str) -> Result<(Answer, Vec<Delta>), ModelError> {
    ask_of(choice, super::aimock::KEY, &conversation(vec![user(question)])).await
}
