//! Asks the user something.

use super::{End, Report, Tool, ToolFailure};
use crate::workspace::Workspace;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct AskUser;

/// Characters of a question. It is asked for in one or two sentences; what is far longer is no question any more.
const LONGEST: usize = 4000;

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
        let length = input.question.chars().count();
        if length > LONGEST {
            return Err(ToolFailure::Refused(format!(
                "ask the user: the question has {length} characters, more than {LONGEST}. Nothing was asked; ask it \
                 again in one or two sentences"
            )));
        }
        Ok(Report { end: Some(End::Ask { question: input.question }), ..Report::default() })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{AskUser, End, Input, LONGEST, Tool, ToolFailure};
    use crate::workspace::tests::workspace;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_question_is_asked_in_a_length_that_somebody_reads() {
        let place = tempfile::tempdir().unwrap();
        let workspace = workspace(place.path(), Arc::default()).await;
        let ask = |question: String| AskUser::run(Input { question }, &workspace);
        let longest = "é".repeat(LONGEST);
        let asked = ask(longest.clone()).await.unwrap().end;
        assert!(matches!(asked, Some(End::Ask { question }) if question == longest));
        let refused = ask("é".repeat(5000)).await.unwrap_err();
        let ToolFailure::Refused(reason) = refused else { panic!("{refused:?}") };
        assert_eq!(
            reason,
            "ask the user: the question has 5000 characters, more than 4000. Nothing was asked; ask it again in one or \
             two sentences"
        );
    }
}
