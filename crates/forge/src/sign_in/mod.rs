//! Signing in to GitHub: with a code on another screen, in the browser, with a token that is pasted, or with
//! the one of an installed `gh`; and keeping the sign-in alive.
//!
//! Nothing here opens a browser, shows a window or keeps anything: a caller shows what [`DeviceFlow`] and
//! [`WebFlow`] give it, and puts the [`Tokens`] to rest where secrets rest.

mod access;
mod answer;
mod app;
mod callback;
mod clock;
mod device;
mod error;
mod gh;
mod host;
mod http;
mod keeper;
mod loopback;
mod pasted;
mod tokens;
mod web;

pub use access::{Access, Level, Permission, Scope};
pub use app::{App, AppKind, SignIn};
pub use callback::Redirect;
pub use clock::Clock;
pub use device::{DeviceCode, DeviceFlow, Progress};
pub use error::{Again, Result, SignInError};
pub use gh::Gh;
pub use host::Host;
pub use keeper::{Keeper, SaveError};
pub use loopback::Loopback;
pub use pasted::{Checked, TokenKind};
pub use tokens::Tokens;
pub use web::{WebFlow, WebStart};
