//! The recording: one step for each answer of the model.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A recording that cannot be played.
#[derive(Debug, thiserror::Error)]
#[error("read the trajectory: {source}")]
pub struct TrajectoryError {
    #[from]
    source: serde_json::Error,
}

/// A recorded run of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trajectory {
    /// What it shows.
    pub title: String,
    /// The answers, in order. The one to play is told by how many the request already holds, so
    /// that one server can play to many agents and a run can go on after a restart.
    pub steps: Vec<ScriptedStep>,
}

/// One recorded answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ScriptedStep {
    /// What the model says.
    pub text: String,
    /// What it thinks.
    pub reasoning: Option<String>,
    /// The tools it calls.
    pub calls: Vec<ScriptedCall>,
    /// How long it takes before it answers, in milliseconds.
    pub pause_ms: u64,
    /// An HTTP status to answer with instead, the first time this step is asked for.
    pub fault: Option<ScriptedFault>,
    /// How the stream ends halfway, the first time this step is asked for.
    pub break_off: Option<ScriptedBreak>,
    /// Whether the answer says that it reached the output limit.
    pub cut_off: bool,
}

/// How a stream ends before the answer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScriptedBreak {
    /// The connection is lost.
    Drop,
    /// Nothing more comes, and the connection stays open.
    Stall,
}

/// One recorded tool call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedCall {
    /// The tool's name.
    pub tool: String,
    /// Its arguments; a string is sent as it is, so that it need not be JSON.
    pub arguments: Value,
}

impl ScriptedCall {
    /// Returns the arguments as the wire has them.
    pub(super) fn text(&self) -> String {
        match &self.arguments {
            Value::String(raw) => raw.clone(),
            other => other.to_string(),
        }
    }
}

/// A failure of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScriptedFault {
    /// The HTTP status.
    pub status: u16,
    /// The value of `Retry-After`, in seconds.
    pub retry_after: Option<f64>,
}

impl Trajectory {
    /// Reads a trajectory from JSON.
    ///
    /// # Errors
    /// [`TrajectoryError`] with the place of the mistake.
    pub fn parse(json: &str) -> Result<Self, TrajectoryError> {
        Ok(serde_json::from_str(json)?)
    }

    /// Returns the step with this number, and past the end one that says the recording is over.
    #[must_use]
    pub fn step(&self, number: usize) -> ScriptedStep {
        self.steps.get(number).cloned().unwrap_or_else(|| ScriptedStep {
            text: "The recording ends here.".to_owned(),
            calls: vec![ScriptedCall {
                tool: "finish".to_owned(),
                arguments: serde_json::json!({
                    "summary": "The recording has no more steps. A scripted model plays back what was \
                                recorded and does not read instructions; choose a real model for that."
                }),
            }],
            ..ScriptedStep::default()
        })
    }
}
