//! The container engines that can be chosen, and which of them is meant.

use crate::EngineError;
use anchorhold_domain::Fault;
use anchorhold_sandbox::{Docker, Endpoint, FoundEngine, SandboxError, Surroundings};
use futures_util::future::join_all;
use serde::Serialize;

/// A container engine that can be chosen, and how it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct EngineOption {
    /// What it is called: a context's name, or what usually listens there.
    pub name: String,
    /// What to choose it by: a context's name or an address.
    pub choice: String,
    /// Its address, where that can be read.
    pub address: Option<String>,
    /// Whether it is the one in use.
    pub in_use: bool,
    /// What answers, such as `Podman`.
    pub product: Option<String>,
    /// Its version, where it answers.
    pub version: Option<String>,
    /// Whether it runs without root's rights.
    pub rootless: bool,
    /// The limits of a cell that it does not hold, such as `memory`; none is as it should be.
    pub unheld_limits: Vec<String>,
    /// Why it cannot be used.
    pub fault: Option<Fault>,
}

/// Lists the engines that can be chosen, the one in use first, and asks each of them.
///
/// `choice` is what the user said: an address, a context's name, or nothing.
pub async fn engines(choice: Option<&str>) -> Vec<EngineOption> {
    let surroundings = Surroundings::current();
    let mut found = Endpoint::found(&surroundings);
    let meant = Endpoint::choose(choice, &surroundings).map(|chosen| chosen.endpoint);
    let in_use = |engine: &FoundEngine| match (&engine.endpoint, &meant) {
        (Ok(endpoint), Ok(meant)) => endpoint == meant,
        _ => false,
    };
    let mut engines = Vec::new();
    match found.iter().position(in_use) {
        Some(position) => engines.push((found.remove(position), true)),
        // It is listed under no other name, or cannot be made out at all.
        None => engines.push((named(choice, meant), true)),
    }
    engines.extend(found.into_iter().map(|engine| (engine, false)));
    join_all(engines.into_iter().map(|(engine, in_use)| asked(engine, in_use))).await
}

/// Says whether an engine of that name or address could be meant, without asking it.
///
/// # Errors
/// Where the address is none, or the context is not there or broken.
pub fn check_engine(choice: &str) -> Result<(), EngineError> {
    Endpoint::choose(Some(choice), &Surroundings::current())?;
    Ok(())
}

fn named(choice: Option<&str>, endpoint: Result<Endpoint, SandboxError>) -> FoundEngine {
    let address = endpoint.as_ref().map(Endpoint::address).unwrap_or_default();
    let name = choice.map_or_else(|| "automatic".to_owned(), str::to_owned);
    FoundEngine { choice: choice.map_or(address, str::to_owned), name, endpoint }
}

async fn asked(engine: FoundEngine, in_use: bool) -> EngineOption {
    let address = engine.endpoint.as_ref().ok().map(Endpoint::address);
    let info = match engine.endpoint {
        Ok(endpoint) => match Docker::connect(&endpoint).await {
            Ok(docker) => docker.info().await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    let (info, fault) = match info {
        Ok(info) => (Some(info), None),
        Err(error) => (None, Some(EngineError::from(error).fault())),
    };
    let unheld = info.iter().flat_map(|info| info.unheld_limits());
    EngineOption {
        name: engine.name,
        choice: engine.choice,
        address,
        in_use,
        rootless: info.as_ref().is_some_and(|info| info.rootless),
        unheld_limits: unheld.map(str::to_owned).collect(),
        product: info.as_ref().map(|info| info.name.clone()),
        version: info.map(|info| info.version),
        fault,
    }
}
