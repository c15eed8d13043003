//! Looking at the agents of the data folder.

use crate::exit::Exit;
use crate::{open, print};
use anchorhold_domain::{Agent, AgentId};
use anchorhold_engine::{Engine, EngineError};

pub(crate) async fn list() -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let agents = engine.agents().await?;
    if agents.is_empty() {
        print::line(format_args!("There is no agent yet. See one at work with: anchorctl demo"));
    }
    for agent in agents {
        print::line(format_args!(
            "{}  {:<9}  {}  {}  {} → {}",
            agent.id, agent.status, agent.name, agent.github_repo, agent.source_branch, agent.target_branch
        ));
    }
    engine.close().await;
    Ok(Exit::Completed)
}

pub(crate) async fn log(agent: &str, json: bool) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let agent = find_kept(&engine, agent).await?;
    let mut log = print::Log::new(json);
    for event in engine.events(agent.id, 0).await? {
        log.event(&event);
    }
    engine.close().await;
    Ok(Exit::Completed)
}

pub(crate) async fn record(agent: &str) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let agent = find_kept(&engine, agent).await?;
    print::json(&engine.record(agent.id).await?);
    engine.close().await;
    Ok(Exit::Completed)
}

/// Finds an agent to look at: by id also one that is deleted, since its log is kept.
pub(crate) async fn find_kept(engine: &Engine, wanted: &str) -> Result<Agent, EngineError> {
    let found = find(engine, wanted).await;
    let (Err(EngineError::UnknownAgent(_)), Ok(id)) = (&found, wanted.parse::<AgentId>()) else {
        return found;
    };
    match engine.agent(id).await {
        Ok(agent) => Ok(Agent::clone(&agent)),
        Err(error) if error.code() == "agent_not_found" => found,
        Err(error) => Err(error),
    }
}

/// Finds an agent by id or name.
pub(crate) async fn find(engine: &Engine, wanted: &str) -> Result<Agent, EngineError> {
    let found = engine
        .agents()
        .await?
        .into_iter()
        .find(|agent| agent.id.to_string() == wanted || agent.name == wanted);
    found.ok_or_else(|| EngineError::UnknownAgent(wanted.to_owned()))
}

pub(crate) async fn account() -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    match engine.account().await? {
        Some(account) => {
            print::line(format_args!("{} ({}), {}", account.login, account.name, account.noreply_email))
        }
        None => print::line("No GitHub token is kept. Keep one with: anchorctl key set git:github.com"),
    }
    engine.close().await;
    Ok(Exit::Completed)
}
