//! Real local parts for tests: git servers over smart HTTP and ssh, an ssh agent, the git program itself,
//! and container engines that may be killed.
//!
//! Nothing here is a fake. What a part needs from the system is checked when it starts, and a part
//! that is missing is an error with the name of the package, never a reason to skip a test.

#[cfg(target_os = "linux")]
mod container_engine;
#[cfg(unix)]
mod docker_socket;
mod git;
#[cfg(unix)]
mod git_server;
#[cfg(unix)]
mod group;
#[cfg(target_os = "linux")]
mod leftovers;
#[cfg(unix)]
mod slow_socket;
#[cfg(unix)]
mod ssh;

#[cfg(target_os = "linux")]
pub use container_engine::{ContainerEngine, EngineOptions};
#[cfg(unix)]
pub use docker_socket::DockerSocket;
pub use git::git;
#[cfg(unix)]
pub use git_server::GitServer;
#[cfg(unix)]
pub use slow_socket::SlowSocket;
#[cfg(unix)]
pub use ssh::{SshAgent, SshServer};
