//! The shell: the only code that says `tauri`.
//!
//! It opens a window, hands each command to the engine in a line or two and passes on what the
//! engine tells. It decides nothing.

mod bindings;
mod browser;
mod commands;
mod links;
mod mailbox;
mod opened;
mod settings;
mod watches;
mod window;

pub use bindings::{BINDINGS, builder};
pub use mailbox::Mailbox;
pub use opened::Opened;
pub use settings::Settings;
pub use watches::Watches;

use anchorhold_domain::{AgentId, SignInProgress};
use anchorhold_engine::{Config, ParserProgram, home_from_environment};
use std::process::ExitCode;
use tauri::{Manager, RunEvent};
use tracing_subscriber::EnvFilter;

/// Opens the data folder and the window, and stays until the window is closed.
#[must_use]
pub fn run() -> ExitCode {
    let filter = EnvFilter::try_from_env("ANCHORHOLD_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Some(home) = home_from_environment() else {
        eprintln!("error: this system names no folder for data\nwhat to do: set ANCHORHOLD_HOME to one");
        return ExitCode::FAILURE;
    };
    let settings = Settings::of(&home);
    let config = Config {
        parser: ParserProgram::this(),
        deep_links: links::are_received,
        ..Config::new(home, "the Anchorhold window")
    };
    let opened = Opened::new(config);
    let builder = builder::<tauri::Wry>();
    let app = tauri::Builder::default()
        // First, so that a second process ends before it does anything. A link that it was started with is
        // taken here.
        .plugin(tauri_plugin_single_instance::init(|app, arguments, _| {
            window::show(app, &arguments);
            links::take(app, links::in_arguments(&arguments));
        }))
        .plugin(tauri_plugin_store::Builder::default().build())
        .invoke_handler(builder.invoke_handler())
        .manage(opened)
        .manage(settings)
        .manage(Watches::default())
        .manage(Mailbox::<SignInProgress>::default())
        .manage(Mailbox::<AgentId>::default())
        .setup(|app| {
            let (settings, opened) = (app.state::<Settings>(), app.state::<Opened>());
            match settings.engine(app.handle()) {
                Ok(choice) => opened.remember_engine(choice),
                Err(error) => tracing::warn!(%error, "the chosen container engine cannot be read"),
            }
            let arguments: Vec<String> = std::env::args().collect();
            window::open(app.handle(), &arguments)?;
            links::take(app.handle(), links::in_arguments(&arguments));
            Ok(())
        })
        .build(tauri::generate_context!());
    let app = match app {
        Ok(app) => app,
        Err(error) => {
            eprintln!("error: open the window: {error}");
            return ExitCode::FAILURE;
        }
    };
    app.run(|app, event| {
        // There links come as events, also the one that the program is started for.
        #[cfg(target_os = "macos")]
        if let RunEvent::Opened { urls } = &event {
            links::take(app, urls.clone());
        }
        if let RunEvent::Exit = event {
            // What is at work is written down before the process ends, and goes on at the next start. Watches
            // end behind it: letting go of a sign-in would give it up.
            tauri::async_runtime::block_on(app.state::<Opened>().close());
            app.state::<Watches>().end_all();
        }
    });
    ExitCode::SUCCESS
}
