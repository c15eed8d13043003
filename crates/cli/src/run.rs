//! One agent, from create to the end of its run.

use crate::arguments::RunOptions;
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::model_arguments::choice;
use crate::{deliver, input, open, print};
use anchorhold_domain::{
    Agent, AgentId, ModelChoice, NewAgent, PauseReason, PushWish, Signal, Status, Update,
};
use anchorhold_engine::{Engine, EngineError, scripted};

/// The model that plays back the demonstration.
const SCRIPTED: &str = "scripted/demo";

/// The longest name that is made of a branch's, in characters: one may have 100, with a number behind it.
const LONGEST_MADE: usize = 90;

pub(crate) async fn run(engine: Option<String>, options: RunOptions) -> Result<Exit, EngineError> {
    if options.instruct.iter().any(|text| text.trim().is_empty()) {
        return Err(EngineError::InstructionEmpty);
    }
    let task = match options.task.as_deref() {
        Some("-") => input::text(),
        given => Ok(given.unwrap_or_default().to_owned()),
    };
    let task = match task {
        Ok(task) => task,
        Err(fault) => return Ok(print::refused(&fault)),
    };
    let engine = open(|config| config.engine = engine).await?;
    let done = work(&engine, &options, task).await;
    engine.close().await;
    done
}

async fn work(engine: &Engine, options: &RunOptions, task: String) -> Result<Exit, EngineError> {
    let agent = engine.create(new_agent(engine, options, task).await?).await?;
    for text in &options.instruct {
        engine.instruct(agent.id, text).await?;
    }
    if !options.json && agent.model == scripted() {
        print::aside(format_args!(
            "{SCRIPTED} plays back a recording, whatever the task. Name another model with --model; anchorctl models \
             lists them."
        ));
    }
    let mut interrupts = Interrupts::listen();
    engine.start(agent.id).await?;
    let mut log = print::Log::new(options.json);
    let exit = follow(engine, agent.id, &mut log, &mut interrupts, 0).await?;
    if exit != Exit::Completed {
        return Ok(exit);
    }
    if !options.json {
        print::line(format_args!("\n{}", engine.patch(agent.id).await?));
    }
    let agent = engine.agent(agent.id).await?;
    let unpushed = agent.pushed_commit.is_none();
    if !options.json && !options.push {
        tell_next(&agent);
    }
    if interrupts.were_heard() && (options.push && unpushed || options.delivery.follow_up.is_some()) {
        // What was cancelled may look like what is done, and is neither begun again nor waited for.
        return finished(engine, agent.id, &log, Exit::Interrupted).await;
    }
    if options.push && unpushed {
        // It pushes by itself; where it did not, this says why.
        let pushing = push(engine, agent.id, &mut interrupts, PushWish::default()).await?;
        return follow(engine, agent.id, &mut log, &mut interrupts, pushing.last_seq - 1).await;
    }
    if options.delivery.follow_up.is_none() {
        return Ok(exit);
    }
    deliver::until_answered(engine, agent.id, &mut log, &mut interrupts).await
}

/// Waits until nothing is at work for an agent any more, and prints what happens until then.
pub(crate) async fn rest(engine: &Engine, id: AgentId, log: &mut print::Log) -> Result<(), EngineError> {
    engine.at_rest(id).await?;
    for event in engine.events(id, log.last_seq()).await? {
        log.event(&event);
    }
    Ok(())
}

/// Begins to push; an interrupt cancels that while commits are still being made.
pub(crate) async fn push(
    engine: &Engine,
    id: AgentId,
    interrupts: &mut Interrupts,
    wish: PushWish,
) -> Result<Agent, EngineError> {
    let pushing = engine.push(id, wish);
    tokio::pin!(pushing);
    tokio::select! {
        pushed = &mut pushing => return pushed,
        () = interrupts.next() => {}
    }
    interrupt(engine, id).await;
    pushing.await
}

/// Cancels the push of an agent, or stops the agent, and says whether it was a push.
pub(crate) async fn interrupt(engine: &Engine, id: AgentId) -> bool {
    let cancelled = engine.cancel_push(id).await.is_ok();
    if !cancelled {
        // Where it ends by itself at this very moment there is nothing left to stop.
        let _ = engine.stop(id).await;
    }
    cancelled
}

/// Prints what happens until nothing more does; an interrupt stops the agent first, or cancels its push.
pub(crate) async fn follow(
    engine: &Engine,
    id: AgentId,
    log: &mut print::Log,
    interrupts: &mut Interrupts,
    after_seq: u32,
) -> Result<Exit, EngineError> {
    let mut updates = engine.watch(id, after_seq).await?;
    let (mut interrupted, mut cancelled) = (false, false);
    // How it ended, where it may go on by itself as long as a task is at work for it.
    let mut ended = None;
    loop {
        let update = tokio::select! {
            update = updates.recv() => update,
            rested = engine.at_rest(id), if ended.is_some() => {
                match (ended, rested?.last_seq > log.last_seq()) {
                    (Some(exit), false) if cancelled => return finished(engine, id, log, exit).await,
                    (Some(_), false) if interrupted => {
                        return finished(engine, id, log, Exit::Interrupted).await;
                    }
                    (Some(exit), false) => return finished(engine, id, log, exit).await,
                    // What happened meanwhile is on its way here.
                    (None, _) | (_, true) => ended = None,
                }
                continue;
            }
            () = interrupts.next(), if !interrupted => {
                interrupted = true;
                cancelled = interrupt(engine, id).await;
                continue;
            }
        };
        let now = match update {
            Some(Update::Signal { signal: Signal::Unwritten { fault } }) => {
                log.end();
                print::fault(&fault);
                return Ok(Exit::Error);
            }
            Some(Update::Signal { signal }) => {
                log.signal(&signal);
                None
            }
            Some(Update::Events { events, agent, live }) => {
                for event in &events {
                    log.event(event);
                }
                ended = None;
                ending(&agent).filter(|_| live)
            }
            None => return finished(engine, id, log, Exit::Error).await,
        };
        match now {
            // It may have arrived all the same.
            Some(exit) if cancelled => return finished(engine, id, log, exit).await,
            Some(_) if interrupted => return finished(engine, id, log, Exit::Interrupted).await,
            // One that pushes by itself may only be about to.
            Some(exit) if engine.agent(id).await?.delivery.push_unreviewed => ended = Some(exit),
            Some(exit) => return finished(engine, id, log, exit).await,
            None => {}
        }
    }
}

/// Ends the log and says what the user can do.
pub(crate) async fn finished(
    engine: &Engine,
    id: AgentId,
    log: &print::Log,
    exit: Exit,
) -> Result<Exit, EngineError> {
    log.end();
    advise(exit, engine.agent(id).await?.as_ref());
    Ok(exit)
}

/// Says on standard error how what an agent changed is looked at and handed over, where that is left to the user.
pub(crate) fn tell_next(agent: &Agent) {
    let name = quoted(agent);
    let unpushed = agent.pushed_at.is_none_or(|at| agent.completed_at > Some(at));
    if agent.status != Status::Completed || agent.delivery.push_unreviewed || !unpushed {
        return;
    }
    print::aside(match agent.files_changed {
        0 => format!("Nothing was changed. Tell it more with: anchorctl instruct '{name}' 'your words'"),
        _ => format!("See it again with: anchorctl diff '{name}'\nPush it with: anchorctl push '{name}'"),
    });
}

/// Says on standard error when an agent that is at rest takes up what was queued for it.
pub(crate) fn tell_when(agent: &Agent) {
    let name = quoted(agent);
    let verb = match agent.status {
        Status::Idle | Status::Error => format!("start '{name}'"),
        Status::Paused if agent.pause_reason == Some(PauseReason::Question) => {
            format!("answer '{name}' 'your answer'")
        }
        Status::Paused => format!("resume '{name}'"),
        Status::Cloning | Status::Running | Status::Pushing | Status::Completed => return,
    };
    print::aside(format_args!("It takes that up when it goes on, by: anchorctl {verb}"));
}

/// An agent's name for between single quotes, where a shell takes everything as it is, except for their end.
fn quoted(agent: &Agent) -> String {
    agent.name.replace('\'', r"'\''")
}

/// Says on standard error what the user can do with an agent that is not done.
fn advise(exit: Exit, agent: &Agent) {
    let name = quoted(agent);
    let waits = agent.status == Status::Completed && agent.pull_request.is_some();
    let advice = match exit {
        Exit::Interrupted if was_cancelled(agent) => {
            format!("push again with anchorctl push '{name}', or leave it")
        }
        Exit::Interrupted if agent.status == Status::Completed && agent.pushed_commit.is_none() => {
            format!("push it with anchorctl push '{name}', or leave it")
        }
        Exit::Limit if waits && agent.checks_open == 0 => {
            let page = agent.pull_request.as_ref().map_or("", |pull_request| &pull_request.url);
            print::aside(
                "The checks failed, and nothing came back for them that the agent has not answered.",
            );
            format!(
                "look at {page}, and tell it more with anchorctl instruct '{name}' 'your words', or leave it"
            )
        }
        Exit::Limit | Exit::Interrupted if waits => {
            format!("see what came back with anchorctl feedback '{name}'; with --take all it works on that")
        }
        Exit::Waiting => format!("anchorctl answer '{name}' 'your answer'"),
        Exit::Limit => {
            return print::aside(format_args!(
                "what to do:\n  raise    anchorctl resume '{name}' with a higher --max-usd, --max-tokens, \
                 --max-turns or --max-seconds;\n           for all agents in a day: anchorctl settings\n  wrap up  \
                 anchorctl wrap-up '{name}'\n  stop     leave it; anchorctl push '{name}' sends what is done"
            ));
        }
        Exit::Interrupted => {
            format!("go on with anchorctl resume '{name}', or anchorctl start '{name}' if it was cloning")
        }
        Exit::Error if agent.pause_reason == Some(PauseReason::Provider) => {
            format!("go on with anchorctl resume '{name}', or with another model by its --model")
        }
        Exit::Completed | Exit::Error | Exit::Usage | Exit::NoEngine => return,
    };
    print::aside(format_args!("what to do: {advice}"));
}

/// How the command ends with the agent as it is; `None` while it is at work.
pub(crate) fn ending(agent: &Agent) -> Option<Exit> {
    match agent.status {
        Status::Cloning | Status::Running | Status::Pushing => None,
        Status::Idle => (!agent.waiting).then_some(Exit::Interrupted),
        Status::Completed if was_cancelled(agent) => Some(Exit::Interrupted),
        Status::Completed if agent.error_message.is_some() => Some(Exit::Error),
        Status::Completed => Some(Exit::Completed),
        Status::Error => Some(agent.error_code.as_deref().map_or(Exit::Error, |code| match Exit::of(code) {
            Exit::NoEngine => Exit::NoEngine,
            _ => Exit::Error,
        })),
        // It goes on by itself, for as long as this program runs.
        Status::Paused if agent.resumes_at.is_some() => None,
        Status::Paused => Some(match agent.pause_reason {
            Some(PauseReason::Question) => Exit::Waiting,
            Some(PauseReason::Limit | PauseReason::Quota | PauseReason::Loop) => Exit::Limit,
            Some(PauseReason::Provider) => Exit::Error,
            Some(PauseReason::User | PauseReason::Stopped | PauseReason::Interrupted) | None => {
                Exit::Interrupted
            }
        }),
    }
}

/// Whether its last push was cancelled.
fn was_cancelled(agent: &Agent) -> bool {
    agent.error_code.as_deref() == Some("push_cancelled")
}

async fn new_agent(engine: &Engine, options: &RunOptions, task: String) -> Result<NewAgent, EngineError> {
    let name = match &options.name {
        Some(name) => name.clone(),
        None => free_name(engine, &options.to.chars().take(LONGEST_MADE).collect::<String>()).await?,
    };
    Ok(NewAgent {
        name,
        task: whole_task(engine, options, task).await?,
        github_repo: options.repo.clone(),
        source_branch: options.from.clone(),
        target_branch: options.to.clone(),
        history_depth: options.depth,
        model: ModelChoice {
            wire: options.wire,
            effort: options.effort,
            ..choice(&options.model, options.base_url.as_deref())
        },
        fallback: options.fallback.as_deref().map(|named| choice(named, None)),
        limits: options.limits.limits(),
        files: options.files.rules(),
        delivery: options.delivery.delivery(options.push),
    })
}

/// The issue, the task as it was given, or the one before the other.
async fn whole_task(engine: &Engine, options: &RunOptions, own: String) -> Result<String, EngineError> {
    let Some(number) = options.issue else { return Ok(own) };
    let issue = engine.issue_task(&options.repo, number).await?;
    Ok(if options.task.is_some() { format!("{issue}\n{own}") } else { issue })
}

/// The wanted name, or the first of `name 2`, `name 3` … that no agent has.
pub(crate) async fn free_name(engine: &Engine, wanted: &str) -> Result<String, EngineError> {
    let agents = engine.agents().await?;
    let taken = |name: &str| agents.iter().any(|agent| agent.name.eq_ignore_ascii_case(name));
    if !taken(wanted) {
        return Ok(wanted.to_owned());
    }
    let numbered = (2_u32..).map(|number| format!("{wanted} {number}")).find(|name| !taken(name));
    Ok(numbered.unwrap_or_else(|| wanted.to_owned()))
}
