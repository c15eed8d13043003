//! Whether a model answers and calls tools, asked before anybody relies on it.

use super::choice::{check_choice, key_owner, needs_key, shown};
use super::{Engine, ModelTest};
use crate::EngineError;
use anchorhold_domain::ModelChoice;
use anchorhold_model::{Answer, Conversation, Message, Model, ModelError, ToolSpec};
use anchorhold_secrets::SecretName;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How long a model may take; the smallest on this machine has to be read from disk first.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest text that is shown, in characters.
const LONGEST_TEXT: usize = 500;
/// The tool that the model is asked to call.
const PING: &str = "ping";

impl Engine {
    pub(super) async fn ask_for_ping(&self, choice: &ModelChoice) -> Result<ModelTest, EngineError> {
        check_choice(choice)?;
        self.check_key(choice).await?;
        let model = self.shared.model(choice).await?;
        let began = Instant::now();
        let answer =
            tokio::time::timeout(PATIENCE, ask(model.as_ref())).await.map_err(|_| silent(choice))??;
        Ok(ModelTest {
            answered_ms: u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX),
            calls_tools: answer.calls.iter().any(|call| call.tool == PING),
            // It is shown in a terminal as well, which control characters would steer.
            text: answer.text.trim().chars().filter(|c| !c.is_control()).take(LONGEST_TEXT).collect(),
        })
    }

    /// Says that a key is missing before a provider says that it is wrong.
    async fn check_key(&self, choice: &ModelChoice) -> Result<(), EngineError> {
        let Some(owner) = key_owner(choice).filter(|_| needs_key(choice)) else { return Ok(()) };
        let name = SecretName::ModelKey { provider: owner };
        if self.shared.secrets.place(&name).await?.is_some() {
            return Ok(());
        }
        let variable = name.variables().into_iter().nth(1).unwrap_or_default();
        Err(EngineError::Choice {
            code: "model_key_missing",
            model: shown(choice),
            reason: "it needs a key, and none is kept".to_owned(),
            hint: format!("keep one with `anchorctl key set {}`, or set {variable}", choice.provider),
        })
    }
}

/// Asks for a word and a call. The deltas are read so that they do not hold the answer up.
async fn ask(model: &dyn Model) -> Result<Answer, ModelError> {
    let (sender, mut deltas) = mpsc::channel(16);
    let conversation = conversation();
    let answer = model.answer(&conversation, &sender);
    tokio::pin!(answer);
    loop {
        tokio::select! {
            answer = &mut answer => return answer,
            Some(_) = deltas.recv() => {}
        }
    }
}

fn conversation() -> Conversation {
    let ping = ToolSpec {
        name: PING.to_owned(),
        description: "Shows that tools can be called.".to_owned(),
        schema: json!({
            "type": "object",
            "properties": { "word": { "type": "string", "description": "Any word." } },
            "required": ["word"],
            "additionalProperties": false
        }),
    };
    Conversation {
        system: "This is a test of the connection. Be brief.".to_owned(),
        messages: vec![Arc::new(Message::User(
            "Say the word ready, and in the same answer call the tool ping with the word ready.".to_owned(),
        ))],
        tools: [ping].into(),
        ..Conversation::default()
    }
}

fn silent(choice: &ModelChoice) -> EngineError {
    EngineError::Choice {
        code: "model_silent",
        model: shown(choice),
        reason: format!("it did not answer within {} seconds", PATIENCE.as_secs()),
        hint: "check that the server is not busy with something else, or choose a smaller model".to_owned(),
    }
}
