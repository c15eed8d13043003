//! What a new agent and an instruction must fulfil, field by field, before anything is recorded.

use crate::{EngineError, delivery, rules};
use anchorhold_domain::NewAgent;
use anchorhold_repo::{Remote, check_branch};

/// The longest name; it stands in lists and in commit subjects.
const LONGEST_NAME: usize = 100;
/// The longest task or instruction, in bytes; more than a model reads at once.
const LONGEST_TASK: usize = 256 * 1024;

/// Trims an instruction.
///
/// # Errors
/// [`EngineError::InstructionEmpty`] and [`EngineError::InstructionTooLong`].
pub(crate) fn instruction(text: &str) -> Result<String, EngineError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(EngineError::InstructionEmpty);
    }
    if text.len() > LONGEST_TASK {
        return Err(EngineError::InstructionTooLong { most_bytes: LONGEST_TASK });
    }
    Ok(text.to_owned())
}

/// Trims the fields and checks each.
///
/// # Errors
/// [`EngineError::Invalid`] with the code of the field, [`EngineError::FileRule`], or the repository's own
/// error.
pub(crate) fn new_agent(mut new: NewAgent) -> Result<NewAgent, EngineError> {
    for field in
        [&mut new.name, &mut new.task, &mut new.github_repo, &mut new.source_branch, &mut new.target_branch]
    {
        *field = field.trim().to_owned();
    }
    if new.source_branch.is_empty() {
        new.source_branch = "main".to_owned();
    }
    let attempt = "create the agent";
    let invalid = |code, reason: &str| Err(EngineError::Invalid { attempt, code, reason: reason.to_owned() });
    if new.name.is_empty() {
        return invalid("name_empty", "it needs a name");
    }
    if new.name.chars().count() > LONGEST_NAME || new.name.chars().any(char::is_control) {
        return invalid("name_invalid", "its name is longer than 100 characters or holds control characters");
    }
    if new.task.is_empty() {
        return invalid("task_empty", "it needs a task");
    }
    if new.task.len() > LONGEST_TASK {
        return invalid("task_too_long", "its task is longer than 256 KiB");
    }
    let remote = Remote::parse(&new.github_repo)?;
    // An address that depends on the folder of the day would mean something else tomorrow.
    if remote.host().is_none() {
        new.github_repo = remote.display();
    }
    check_branch(&new.source_branch)?;
    check_branch(&new.target_branch)?;
    if new.source_branch == new.target_branch {
        return invalid(
            "target_is_source",
            "its target branch is its source branch, which is never pushed to",
        );
    }
    if new.history_depth == Some(0) {
        return invalid("depth_invalid", "a history without a commit cannot be worked on");
    }
    if new.model.name.trim().is_empty() {
        return invalid("model_empty", "it needs a model");
    }
    delivery::check_delivery(&new.delivery)?;
    new.files = rules::checked(new.files)?;
    Ok(new)
}
