//! The verbs: one façade for every face, one resident per agent, the tools and the log.
//!
//! The engine alone combines the rooms below it. It says nothing of Tauri, of terminals or of HTTP:
//! the desktop's commands and the command line are a few lines each over [`Engine`].

mod accounts;
mod alarm;
mod config;
mod context;
mod delivery;
mod demo;
mod engine;
mod engines;
mod error;
mod filling;
mod folder;
mod folder_id;
mod gate;
mod history;
mod hub;
mod keys;
mod ledger;
mod life;
mod log;
mod loops;
mod prompt;
mod pushing;
mod resident;
mod review;
mod rules;
mod slots;
mod tools;
mod validate;
mod visible;
mod workspace;

pub use anchorhold_domain as domain;
pub use anchorhold_repo::{make_visible, visible_text};
pub use anchorhold_syntax::{Program as ParserProgram, serve_if_asked};
pub use config::{Config, Identity, Patience, home_from_environment};
pub use demo::{DEMO_TRAJECTORY, scripted};
pub use engine::{
    CatalogueInfo, Engine, EngineState, EngineStatus, KeyState, ModelOption, ModelPrice, ModelTest,
    ProviderOption,
};
pub use engines::{EngineOption, check_engine, engines};
pub use error::EngineError;
// For what measures it; the verbs call it by themselves.
#[doc(hidden)]
pub use filling::fill_cell;
pub use keys::{forget_secret, keep_secret};
