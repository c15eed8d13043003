//! Which Docker engine the user chose, by the same words as the product: `DOCKER_HOST`, `DOCKER_CONTEXT`, then the
//! context that the `docker` command uses. It asks no engine anything.

use serde_json::Value;
use std::{env, fs, path::PathBuf, process::Command};

/// How a program finds its engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// At an address, as `DOCKER_HOST` has it.
    At(String),
    /// By the Docker context of this name, which holds more than an address: keys, certificates.
    Of(String),
}

impl Engine {
    /// Lets a command use it. A context is found by the command itself, as it was by us.
    pub fn lend<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        match self {
            Self::At(host) => command.env("DOCKER_HOST", host),
            Self::Of(_) => command,
        }
    }
}

impl std::fmt::Display for Engine {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(host) => write!(out, "DOCKER_HOST={host}"),
            Self::Of(context) => write!(out, "the Docker context {context}"),
        }
    }
}

/// The engine that the user chose.
#[derive(Debug, PartialEq, Eq)]
pub struct Chosen {
    pub engine: Engine,
    /// Whether it can be asked from here; one behind TLS or a context's keys is believed.
    pub can_be_asked: bool,
    /// Where that is said.
    pub by: String,
}

impl Chosen {
    /// Reads what was chosen here.
    pub fn here() -> Option<Self> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let folder = variable("DOCKER_CONFIG").map(PathBuf::from);
        let folder = folder.or_else(|| env::home_dir().map(|home| home.join(".docker")));
        let json = |path: PathBuf| serde_json::from_slice::<Value>(&fs::read(path).ok()?).ok();
        let config = folder.as_ref().and_then(|folder| json(folder.join("config.json")));
        let current = config.as_ref().and_then(|config| config.get("currentContext")?.as_str());
        let contexts = folder.and_then(|folder| fs::read_dir(folder.join("contexts").join("meta")).ok());
        let contexts: Vec<Value> = contexts
            .into_iter()
            .flatten()
            .filter_map(|entry| json(entry.ok()?.path().join("meta.json")))
            .collect();
        Self::of(&variable, current, &contexts)
    }

    fn of(
        variable: &dyn Fn(&str) -> Option<String>,
        current: Option<&str>,
        contexts: &[Value],
    ) -> Option<Self> {
        if let Some(host) = variable("DOCKER_HOST") {
            let tls = ["DOCKER_TLS_VERIFY", "DOCKER_TLS", "DOCKER_CERT_PATH"];
            let behind_tls = host.starts_with("tcp://") && tls.iter().any(|name| variable(name).is_some());
            let by = format!("DOCKER_HOST is {host}");
            return Some(Self { engine: Engine::At(host), can_be_asked: !behind_tls, by });
        }
        let name = variable("DOCKER_CONTEXT").or_else(|| current.map(str::to_owned));
        let name = name.filter(|name| !name.is_empty() && name != "default")?;
        let named = contexts.iter().find(|context| context.get("Name").is_some_and(|named| *named == *name));
        let host = named.and_then(|context| context.pointer("/Endpoints/docker/Host")?.as_str());
        // What listens on this machine needs no more than its address, which the tests know how to use.
        let local = host.filter(|host| host.starts_with("unix://") || host.starts_with("npipe://"));
        let by = format!("the Docker context in use is {name}");
        Some(match local {
            Some(host) => Self { engine: Engine::At(host.to_owned()), can_be_asked: true, by },
            None => Self { engine: Engine::Of(name), can_be_asked: false, by },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Chosen, Engine};
    use serde_json::json;

    /// What is chosen where these variables are set and the `docker` command uses this context.
    fn chosen(variables: &[(&str, &str)], current: Option<&str>) -> Option<(Engine, bool)> {
        let variable = |wanted: &str| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        };
        let context = |name: &str, host: &str| json!({"Name": name, "Endpoints": {"docker": {"Host": host}}});
        let contexts = [context("build-box", "ssh://me@box"), context("desktop", "unix:///home/me/d.sock")];
        Chosen::of(&variable, current, &contexts).map(|chosen| (chosen.engine, chosen.can_be_asked))
    }

    #[test]
    fn a_context_that_was_chosen_is_not_overridden_by_what_else_answers() {
        let believed = Some((Engine::Of("build-box".to_owned()), false));
        assert_eq!(chosen(&[("DOCKER_CONTEXT", "build-box")], Some("desktop")), believed);
        assert_eq!(chosen(&[], Some("build-box")), believed);
        let unknown = chosen(&[("DOCKER_CONTEXT", "gone")], None);
        assert_eq!(unknown, Some((Engine::Of("gone".to_owned()), false)));
        let local = Some((Engine::At("unix:///home/me/d.sock".to_owned()), true));
        assert_eq!(chosen(&[], Some("desktop")), local);
        assert_eq!(chosen(&[("DOCKER_CONTEXT", "default")], Some("build-box")), None);
        assert_eq!(chosen(&[], Some("default")), None);
        assert_eq!(chosen(&[], None), None);
    }

    #[test]
    fn an_address_goes_before_a_context_and_is_believed_behind_tls() {
        let host = ("DOCKER_HOST", "tcp://box:2376");
        let at = |asked| Some((Engine::At("tcp://box:2376".to_owned()), asked));
        assert_eq!(chosen(&[host, ("DOCKER_CONTEXT", "build-box")], None), at(true));
        assert_eq!(chosen(&[host, ("DOCKER_TLS_VERIFY", "1")], None), at(false));
    }
}
