//! Writes the plan down, for the user to see.

use super::{Report, Tool, ToolFailure};
use crate::workspace::Workspace;
use anchorhold_domain::{PlanStep, StepStatus};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) struct UpdatePlan;

const MOST_STEPS: usize = 50;
const LONGEST_STEP: usize = 200;

/// Writes down the plan of the work as a list of steps, which the user sees and which stays in view for
/// you. Use it for work of three steps or more: once before you begin, and again whenever a step begins,
/// is done, or turns out to be another one. Each call replaces the whole plan. Not for a single edit, and
/// no substitute for doing the step.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// All steps, in order, at most 50.
    steps: Vec<Step>,
}

/// One step.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// What is to be done, in one line of at most 200 characters.
    text: String,
    /// How far it is.
    status: Progress,
}

/// How far a step is: not begun, being worked on, or done.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Progress {
    Pending,
    Active,
    Done,
}

#[async_trait]
impl Tool for UpdatePlan {
    type Input = Input;
    const NAME: &'static str = "update_plan";
    // Of several plans of one answer the last one stays.
    const EDITS: bool = true;

    fn label(input: &Input) -> String {
        let done = input.steps.iter().filter(|step| matches!(step.status, Progress::Done)).count();
        format!("Plan: {done} of {} steps done", input.steps.len())
    }

    async fn run(input: Input, _: &Workspace) -> Result<Report, ToolFailure> {
        let content = format!("{}.", Self::label(&input));
        let plan = steps(input.steps).map_err(ToolFailure::Refused)?;
        Ok(Report { content, plan: Some(plan), ..Report::default() })
    }
}

fn steps(given: Vec<Step>) -> Result<Vec<PlanStep>, String> {
    if given.is_empty() || given.len() > MOST_STEPS {
        return Err(format!("a plan has 1 to {MOST_STEPS} steps; this one has {}", given.len()));
    }
    let step = |(index, step): (usize, Step)| {
        let text = step.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let length = text.chars().count();
        if length == 0 || length > LONGEST_STEP {
            let number = index + 1;
            return Err(format!("step {number} has {length} characters; a step has 1 to {LONGEST_STEP}"));
        }
        let status = match step.status {
            Progress::Pending => StepStatus::Pending,
            Progress::Active => StepStatus::Active,
            Progress::Done => StepStatus::Done,
        };
        Ok(PlanStep { text, status })
    };
    given.into_iter().enumerate().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::{Progress, Step, steps};

    #[test]
    fn a_plan_has_bounds_and_each_step_is_one_line() {
        let given = |text: &str, count| {
            steps((0..count).map(|_| Step { text: text.to_owned(), status: Progress::Active }).collect())
        };
        assert_eq!(
            given("a\n b", 1).map(|plan| plan.first().map(|step| step.text.clone())),
            Ok(Some("a b".into()))
        );
        assert_eq!(given("a", 50).map(|plan| plan.len()), Ok(50));
        assert_eq!(given("a", 51).err().as_deref(), Some("a plan has 1 to 50 steps; this one has 51"));
        assert_eq!(given("a", 0).err().as_deref(), Some("a plan has 1 to 50 steps; this one has 0"));
        assert_eq!(given(" ", 1).err().as_deref(), Some("step 1 has 0 characters; a step has 1 to 200"));
        assert!(given(&"é".repeat(200), 1).is_ok());
        assert!(given(&"é".repeat(201), 1).is_err());
    }
}
