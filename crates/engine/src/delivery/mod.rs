//! How an agent's work is handed over: what a push is made of, the pull request, and what comes back.
//!
//! Nothing here is sent without an event that says so, and nothing here merges. Text that comes from GitHub
//! or from an agent is data: on its way into a prompt it is fenced, on its way to GitHub it pings nobody.

mod arrived;
mod body;
mod calm;
mod feedback;
mod follow_up;
mod issue;
mod messages;
mod place;
mod plan;
mod prepare;
mod pull_request;
mod quoted;
mod template;
mod unfinished;
mod watching;

pub(crate) use arrived::interrupted;
pub(crate) use feedback::Heard;
pub(crate) use plan::{check_delivery, has_something_to_push};
pub(crate) use prepare::prepare;
pub(crate) use pull_request::after_push;
pub(crate) use unfinished::may_be_unfinished;
pub(crate) use watching::{Watching, watch};
