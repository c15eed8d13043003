//! Who is measured, and how each is started on the same work.

use super::dialect::Dialect;
use crate::{command, paths};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// An agent that is measured.
#[derive(Clone, Debug)]
pub struct Contestant {
    /// Its name in the table.
    pub name: &'static str,
    /// How it is spoken to.
    pub dialect: Dialect,
    program: PathBuf,
}

impl Contestant {
    /// Ours, as it was built for release.
    pub fn anchorhold() -> Self {
        Self {
            name: "anchorhold",
            dialect: Dialect::Anchorhold,
            program: paths::built("release", "anchorctl"),
        }
    }

    /// The peers that are installed: below `target/peers`, or else where the shell finds them.
    pub fn peers() -> Vec<Self> {
        let packages = paths::target().join("peers").join("node_modules");
        let codex = packages.join(".bin").join("codex");
        let goose = packages.join("@aaif/goose-binary-linux-x64/bin/goose");
        [("codex", Dialect::Codex, codex), ("goose", Dialect::Goose, goose)]
            .into_iter()
            .filter_map(|(name, dialect, ours)| {
                let program = if ours.exists() { Some(ours) } else { command::find(name) };
                program.map(|program| Self { name, dialect, program })
            })
            .collect()
    }

    /// What it says of its version, or nothing.
    pub fn version(&self) -> String {
        let output = Command::new(&self.program).arg("--version").output();
        output.map_or_else(
            |_| String::new(),
            |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )
    }

    /// The command for run number `run` on `repository`, against the model at `port`.
    pub fn command(&self, repository: &Path, home: &Path, port: u16, run: usize) -> Command {
        let base = format!("http://127.0.0.1:{port}/v1");
        let task = "Edit the fifty lines.";
        let mut command = Command::new(&self.program);
        command.current_dir(repository).env("OPENAI_API_KEY", "bench");
        match self.dialect {
            Dialect::Anchorhold => {
                command.env("ANCHORHOLD_HOME", home).arg("run").arg("--repo").arg(repository);
                command.args(["--from", "main", "--to", &format!("bench-{run}"), "--task", task, "--json"]);
                command.args(["--model", "openai/bench", "--base-url", &base]);
            }
            Dialect::Codex => {
                command.env("CODEX_HOME", home).args(["exec", "--dangerously-bypass-approvals-and-sandbox"]);
                for setting in [
                    "model_provider=\"bench\"".to_owned(),
                    "model=\"bench\"".to_owned(),
                    "model_providers.bench.name=\"bench\"".to_owned(),
                    format!("model_providers.bench.base_url=\"{base}\""),
                    "model_providers.bench.wire_api=\"responses\"".to_owned(),
                    "model_providers.bench.env_key=\"OPENAI_API_KEY\"".to_owned(),
                ] {
                    command.args(["-c", &setting]);
                }
                command.arg(task);
            }
            Dialect::Goose => {
                command.env("HOME", home).env("GOOSE_PROVIDER", "openai").env("GOOSE_MODEL", "bench");
                command.env("OPENAI_HOST", format!("http://127.0.0.1:{port}")).env("GOOSE_MODE", "auto");
                command.env("GOOSE_DISABLE_KEYRING", "1").env("GOOSE_MAX_TURNS", "2000");
                command.args(["run", "--no-session", "--with-builtin", "developer", "--text", task]);
            }
        }
        command
    }
}
