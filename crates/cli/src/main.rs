//! `anchorctl`: agents without a window.
//!
//! Everything it does is a method of the engine; this room reads arguments and prints.

mod account_arguments;
mod accounts;
mod agents;
mod arguments;
mod deliver;
mod delivery_arguments;
mod demo;
mod engines;
mod exit;
mod file_arguments;
mod hidden;
mod input;
mod interrupt;
mod key;
mod model_arguments;
mod models;
mod print;
mod run;
mod verbs;

use anchorhold_engine::{Config, Engine, EngineError, ParserProgram, home_from_environment, serve_if_asked};
use arguments::{Arguments, Verb};
use clap::Parser;
use exit::Exit;
use model_arguments::ModelsVerb;
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use verbs::Verb as Ask;

fn main() -> ExitCode {
    // Before there is a second thread, an open file or a byte of anybody's input.
    serve_if_asked().unwrap_or_else(command)
}

#[tokio::main]
async fn command() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    let usual = || EnvFilter::new("warn");
    let filter = EnvFilter::try_from_env("ANCHORHOLD_LOG").unwrap_or_else(|_| usual());
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    let engine = arguments.engine;
    let done = match arguments.verb {
        Verb::Run(options) => run::run(engine, *options).await,
        Verb::Demo(options) => demo::demo(engine, options).await,
        Verb::Agents { json } => agents::list(json).await,
        Verb::Log { agent, json } => agents::log(&agent, json).await,
        Verb::Record { agent } => agents::record(&agent).await,
        Verb::Diff { agent } => verbs::diff(&agent).await,
        Verb::Start(options) => verbs::verb(engine, Ask::Start, &options).await,
        Verb::Resume(options) => verbs::resume(engine, *options).await,
        Verb::WrapUp(options) => verbs::verb(engine, Ask::WrapUp, &options).await,
        Verb::Answer(options) => verbs::verb(engine, Ask::answer(&options), &options.agent).await,
        Verb::Instruct(options) => verbs::verb(engine, Ask::instruct(&options), &options.agent).await,
        Verb::Push(options) if options.plan => deliver::plan(&options.agent).await,
        Verb::Push(options) => verbs::verb(engine, Ask::push(&options), &options.agent).await,
        Verb::PullRequest(options) => deliver::pull_request(&options).await,
        Verb::Feedback(options) => deliver::feedback(engine, &options).await,
        Verb::Issues { repo, text, json } => {
            deliver::issues(&repo, text.as_deref().unwrap_or_default(), json).await
        }
        Verb::Delete(options) => verbs::verb(engine, Ask::Delete, &options).await,
        Verb::Restore(options) => verbs::verb(engine, Ask::Restore, &options).await,
        Verb::Engines { json } => Ok(engines::list(engine.as_deref(), json).await),
        Verb::Settings(options) => agents::settings(&options).await,
        Verb::Usage { json } => agents::usage(json).await,
        Verb::Models { verb: Some(ModelsVerb::Test { model, base_url, wire, json }), .. } => {
            models::test(&model, base_url.as_deref(), wire, json).await
        }
        Verb::Models { verb: None, provider, json } => models::list(provider.as_deref(), json).await,
        Verb::Account { verb, json } => accounts::account(verb, json).await,
        Verb::Repositories { text, account, json } => {
            accounts::repositories(account.as_deref(), &text, json).await
        }
        Verb::Key(verb) => key::key(verb).await,
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            print::fault(&error.fault());
            Exit::of(error.code()).into()
        }
    }
}

/// Opens the engine over the user's data folder.
///
/// A command line does one thing: agents that a crash interrupted elsewhere are left alone.
async fn open(config: impl FnOnce(&mut Config)) -> Result<Engine, EngineError> {
    let home = home_from_environment().ok_or(EngineError::Invalid {
        attempt: "find the data folder",
        code: "home_unknown",
        reason: "this system names no folder for data; set ANCHORHOLD_HOME to one".to_owned(),
    })?;
    let mut settings = Config::new(home, "anchorctl");
    settings.resume_interrupted = false;
    settings.parser = ParserProgram::this();
    config(&mut settings);
    Engine::open(settings).await
}
