//! Looking at the agents of the data folder.

use crate::arguments::SettingsOptions;
use crate::exit::Exit;
use crate::{open, print};
use anchorhold_domain::{Agent, AgentId, DayUsage, Settings};
use anchorhold_engine::{Engine, EngineError};
use serde::Serialize;

pub(crate) async fn list(json: bool) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let agents = engine.agents().await?;
    if agents.is_empty() && !json {
        print::line(format_args!("There is no agent yet. See one at work with: anchorctl demo"));
    }
    for agent in agents {
        if json {
            print::json(&agent);
            continue;
        }
        print::line(format_args!(
            "{}  {:<9}  {}  {}  {} → {}{}",
            agent.id,
            agent.status,
            agent.name,
            agent.github_repo,
            agent.source_branch,
            agent.target_branch,
            why(&agent)
        ));
    }
    engine.close().await;
    Ok(Exit::Completed)
}

/// Why it does not go on, behind its line; nothing where it does, or is done.
fn why(agent: &Agent) -> String {
    let paused = agent.pause_reason.map(|reason| format!("{reason:?}").to_lowercase());
    let words = [paused, agent.error_message.as_deref().map(print::shown)];
    words.into_iter().flatten().map(|words| format!("  ! {words}")).collect()
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

/// Sets what is named, and shows what holds then.
pub(crate) async fn settings(options: &SettingsOptions) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let before = engine.settings().await?;
    let mut settings = before;
    settings.slots = options.slots.unwrap_or(settings.slots);
    let limits = &mut settings.day_limits;
    for (limit, named) in [
        (&mut limits.money, options.day_usd),
        (&mut limits.tokens, options.day_tokens),
        (&mut limits.turns, options.day_turns),
        (&mut limits.seconds, options.day_seconds),
    ] {
        if let Some(cap) = named {
            *limit = cap.0;
        }
    }
    if settings != before {
        engine.set_settings(settings).await?;
    }
    if options.json {
        print::json(&settings);
    } else {
        show(&settings);
    }
    engine.close().await;
    Ok(Exit::Completed)
}

fn show(settings: &Settings) {
    let most = |most: Option<u32>, unit: &str| most.map_or("no limit".to_owned(), |n| format!("{n}{unit}"));
    let limits = settings.day_limits;
    print::line(format_args!("agents at once     {}", settings.slots));
    print::line(format_args!("money in a day     {}", limits.money.map_or("no limit".to_owned(), dollars)));
    print::line(format_args!("tokens in a day    {}", most(limits.tokens, "")));
    print::line(format_args!("requests in a day  {}", most(limits.turns, "")));
    print::line(format_args!("running in a day   {}", most(limits.seconds, " s")));
}

/// What an agent used today, as programs read it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Used {
    agent: AgentId,
    name: String,
    #[serde(flatten)]
    usage: DayUsage,
}

/// Shows what each agent used today, and all together.
pub(crate) async fn usage(json: bool) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let agents = engine.day_usage_by_agent().await?;
    if json {
        for (agent, usage) in agents {
            print::json(&Used { agent: agent.id, name: agent.name, usage });
        }
    } else {
        for (agent, usage) in &agents {
            print::line(used(usage, &agent.name));
        }
        print::line(used(&engine.day_usage().await?, "all agents today"));
    }
    engine.close().await;
    Ok(Exit::Completed)
}

/// One line: money, tokens with the share that came from the provider's cache, requests, time, and whose.
fn used(usage: &DayUsage, whose: &str) -> String {
    // What has no known price is more than nothing.
    let money = match usage.unpriced {
        0 => dollars(usage.cost),
        _ if usage.cost == 0 => "unknown".to_owned(),
        _ => format!("{} + unknown", dollars(usage.cost)),
    };
    let tokens = usage.usage;
    let cached = u64::from(tokens.cached_tokens) * 100 / u64::from(tokens.input_tokens.max(1));
    format!(
        "{money:>18}  {:>10} tokens ({cached:>3} % of input cached)  {:>5} requests  {:>6} s  {whose}",
        tokens.total(),
        usage.requests,
        usage.seconds
    )
}

fn dollars(micros: u32) -> String {
    format!("${:.4}", f64::from(micros) / 1e6)
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

#[cfg(test)]
mod tests {
    use super::*;
    use anchorhold_domain::Usage;

    #[test]
    fn a_price_that_is_not_known_is_never_shown_as_nothing() {
        let usage = Usage { input_tokens: 80, cached_tokens: 60, output_tokens: 20, ..Usage::default() };
        let line = |cost, unpriced| {
            let usage = DayUsage { usage, cost, unpriced, requests: 2, seconds: 9, ..DayUsage::default() };
            used(&usage, "one")
        };
        let rest = "         100 tokens ( 75 % of input cached)      2 requests       9 s  one";
        assert_eq!(line(1_250_000, 0), format!("           $1.2500{rest}"));
        assert_eq!(line(0, 0), format!("           $0.0000{rest}"));
        assert_eq!(line(0, 1), format!("           unknown{rest}"));
        assert_eq!(line(10_000, 1), format!(" $0.0100 + unknown{rest}"));
    }
}
