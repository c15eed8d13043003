//! One verb for one agent, followed until nothing more happens.

use crate::arguments::{AgentOptions, LimitOptions, PushOptions, ResumeOptions, SayOptions};
use crate::delivery_arguments::OtherDeliveryOptions;
use crate::exit::Exit;
use crate::file_arguments::OtherFileOptions;
use crate::interrupt::Interrupts;
use crate::model_arguments::OtherModelOptions;
use crate::run::{follow, push, rest, tell_next, tell_when};
use crate::{agents, deliver, open, print};
use anchorhold_domain::{Agent, AgentId, Event, Limits, PushWish, Status};
use anchorhold_engine::{Engine, EngineError};

/// What is asked of an agent.
pub(crate) enum Verb {
    Start,
    Resume(Changes),
    WrapUp,
    Answer(String),
    Instruct(String),
    Push { wish: PushWish, to: Option<String> },
    Delete,
    Restore,
}

/// What an agent goes on with.
pub(crate) struct Changes {
    model: OtherModelOptions,
    limits: LimitOptions,
    files: OtherFileOptions,
    delivery: OtherDeliveryOptions,
}

impl Verb {
    pub(crate) fn answer(options: &SayOptions) -> Self {
        Self::Answer(options.text.clone())
    }

    pub(crate) fn push(options: &PushOptions) -> Self {
        let messages = (!options.message.is_empty()).then(|| options.message.clone());
        let wish = PushWish { tree: None, messages, reapply: options.reapply };
        Self::Push { wish, to: options.to.clone() }
    }

    pub(crate) fn instruct(options: &SayOptions) -> Self {
        Self::Instruct(options.text.clone())
    }
}

/// Lets an agent run on with what was named for it.
pub(crate) async fn resume(engine: Option<String>, options: ResumeOptions) -> Result<Exit, EngineError> {
    let ResumeOptions { agent, model, limits, files, delivery } = options;
    verb(engine, Verb::Resume(Changes { model, limits, files, delivery }), &agent).await
}

pub(crate) async fn verb(
    engine: Option<String>,
    verb: Verb,
    options: &AgentOptions,
) -> Result<Exit, EngineError> {
    let engine = open(|config| config.engine = engine).await?;
    let done = work(&engine, verb, options).await;
    engine.close().await;
    done
}

async fn work(engine: &Engine, verb: Verb, options: &AgentOptions) -> Result<Exit, EngineError> {
    let agent = match verb {
        // One that is deleted is found as its log is, by its id.
        Verb::Restore => agents::find_kept(engine, &options.agent).await?,
        _ => agents::find(engine, &options.agent).await?,
    };
    let mut interrupts = Interrupts::listen();
    match verb {
        Verb::Start => drop(engine.start(agent.id).await?),
        Verb::Resume(named) => {
            change(engine, &agent, &named).await?;
            engine.resume(agent.id).await?;
            let mut log = print::Log::resumed(options.json);
            let exit = follow(engine, agent.id, &mut log, &mut interrupts, agent.last_seq).await?;
            let waits = named.delivery.follows_up() && exit == Exit::Completed && !interrupts.were_heard();
            if waits && engine.agent(agent.id).await?.pull_request.is_some() {
                return deliver::until_answered(engine, agent.id, &mut log, &mut interrupts).await;
            }
            return told(engine, agent.id, options, exit).await;
        }
        Verb::WrapUp => drop(engine.wrap_up(agent.id).await?),
        Verb::Answer(text) => drop(engine.answer(agent.id, &text).await?),
        Verb::Instruct(text) => {
            engine.instruct(agent.id, &text).await?;
            // Only a completed agent takes it up at once.
            if agent.status != Status::Completed {
                if !options.json {
                    tell_when(&agent);
                }
                return said(&engine.events(agent.id, agent.last_seq).await?, options.json);
            }
        }
        Verb::Push { wish, to } => {
            if let Some(branch) = to {
                engine.set_target_branch(agent.id, &branch).await?;
            }
            push(engine, agent.id, &mut interrupts, wish).await?;
            let mut log = print::Log::resumed(options.json);
            let exit = follow(engine, agent.id, &mut log, &mut interrupts, agent.last_seq).await?;
            rest(engine, agent.id, &mut log).await?;
            return Ok(exit);
        }
        Verb::Delete => {
            engine.delete(agent.id).await?;
            let exit = said(&engine.events(agent.id, agent.last_seq).await?, options.json);
            if !options.json {
                print::aside(format_args!("It comes back with: anchorctl restore {}", agent.id));
            }
            return exit;
        }
        Verb::Restore => {
            engine.restore(agent.id).await?;
            return said(&engine.events(agent.id, agent.last_seq).await?, options.json);
        }
    }
    let mut log = print::Log::resumed(options.json);
    let exit = follow(engine, agent.id, &mut log, &mut interrupts, agent.last_seq).await?;
    told(engine, agent.id, options, exit).await
}

/// Says how to go on from an agent's end.
async fn told(engine: &Engine, id: AgentId, options: &AgentOptions, exit: Exit) -> Result<Exit, EngineError> {
    if exit == Exit::Completed && !options.json {
        tell_next(engine.agent(id).await?.as_ref());
    }
    Ok(exit)
}

/// Gives an agent what was named for it.
async fn change(engine: &Engine, agent: &Agent, named: &Changes) -> Result<(), EngineError> {
    if let Some(files) = named.files.rules(&agent.files) {
        engine.set_file_rules(agent.id, files).await?;
    }
    // The engine writes nothing down where it is as it was.
    engine.set_delivery(agent.id, named.delivery.delivery(agent.delivery)).await?;
    let limits = named.limits.limits();
    let limits = (limits != Limits::default()).then(|| raised(agent, limits));
    // A limit of money needs one of tokens beside it or a model with a price, so that whichever brings what
    // the other needs goes first.
    let limits_first = limits.is_some_and(|limits| limits.tokens.is_some());
    if let Some(limits) = limits.filter(|_| limits_first) {
        engine.set_limits(agent.id, limits).await?;
    }
    if let Some((model, fallback)) = named.model.models(agent) {
        engine.set_model(agent.id, model, fallback).await?;
    }
    if let Some(limits) = limits.filter(|_| !limits_first) {
        engine.set_limits(agent.id, limits).await?;
    }
    Ok(())
}

/// Prints what was written down, where nothing more is to be waited for.
fn said(events: &[Event], json: bool) -> Result<Exit, EngineError> {
    let mut log = print::Log::resumed(json);
    events.iter().for_each(|event| log.event(event));
    Ok(Exit::Completed)
}

/// The agent's limits with those replaced that were named.
fn raised(agent: &Agent, limits: Limits) -> Limits {
    Limits {
        tokens: limits.tokens.or(agent.limits.tokens),
        turns: limits.turns.or(agent.limits.turns),
        seconds: limits.seconds.or(agent.limits.seconds),
        money: limits.money.or(agent.limits.money),
    }
}

/// Prints everything that an agent changed, as a patch.
pub(crate) async fn diff(agent: &str) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let agent = agents::find_kept(&engine, agent).await?;
    print::text(&engine.patch(agent.id).await?);
    engine.close().await;
    Ok(Exit::Completed)
}
