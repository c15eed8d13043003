//! The recording that stands in for a model where there is none.

use crate::EngineError;
use anchorhold_domain::ModelChoice;
use anchorhold_model::{DEMO_MODEL, Trajectory};

/// The demonstration's trajectory: recorded answers for the sample repository.
pub const DEMO_TRAJECTORY: &str = include_str!("../../../tests/fixtures/trajectories/demo.json");

/// The choice of the scripted model. It plays back a recording and is not intelligent.
#[must_use]
pub fn scripted() -> ModelChoice {
    ModelChoice {
        provider: "scripted".to_owned(),
        name: DEMO_MODEL.to_owned(),
        base_url: None,
        wire: None,
        effort: None,
    }
}

pub(crate) fn trajectory() -> Result<Trajectory, EngineError> {
    Ok(Trajectory::parse(DEMO_TRAJECTORY)?)
}
