//! Asks the user something.

use super::{End, Report, Tool, ToolFailure};
use crate::workspace::Workspace;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct AskUser;

/// Asks the user a question and waits for the answer, however long it takes. Ask only what you cannot find
/// out yourself and what decides the work; one question at a time.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The question, in one or two sentences, with the choices where there are some.
    question: String,
}

#[async_trait]
impl Tool for AskUser {
    type Input = Input;
    const NAME: &'static str = "ask_user";
    // A question ends the run until it is answered, so nothing may run beside it.
    const EDITS: bool = true;

    fn label(input: &Input) -> String {
        format!("Ask: {}", input.question)
    }

    async fn run(input: Input, _: &Workspace) -> Result<Report, ToolFailure> {
        if input.question.trim().is_empty() {
            return Err(ToolFailure::Refused("the question is empty".to_owned()));
        }
        Ok(Report { end: Some(End::Ask { question: input.question }), ..Report::default() })
    }
}
