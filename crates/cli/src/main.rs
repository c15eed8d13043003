//! `anchorctl`: agents without a window.
//!
//! Everything it does is a method of the engine; this room reads arguments and prints.

mod agents;
mod arguments;
mod demo;
mod exit;
mod key;
mod print;
mod run;

use anchorhold_engine::{Config, Engine, EngineError, home_from_environment};
use arguments::{Arguments, Verb};
use clap::Parser;
use exit::Exit;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    let filter = EnvFilter::try_from_env("ANCHORHOLD_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match arguments.verb {
        Verb::Run(options) => run::run(options).await,
        Verb::Demo(options) => demo::demo(options).await,
        Verb::Agents => agents::list().await,
        Verb::Log { agent, json } => agents::log(&agent, json).await,
        Verb::Record { agent } => agents::record(&agent).await,
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
        code: "home_unknown",
        reason: "this system names no folder for data; set ANCHORHOLD_HOME to one".to_owned(),
    })?;
    let mut settings = Config::new(home, "anchorctl");
    settings.resume_interrupted = false;
    config(&mut settings);
    Engine::open(settings).await
}
