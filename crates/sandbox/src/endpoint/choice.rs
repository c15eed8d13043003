//! Which engine is meant: the user's word, then Docker's own variables and contexts, then what is there.

use super::candidates::Candidate;
use super::{Endpoint, FoundEngine, Surroundings, context};
use crate::error::SandboxError;

/// The engine that is meant, and why it is that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// How it is reached.
    pub endpoint: Endpoint,
    /// Who says so.
    pub origin: Origin,
}

/// Who says which engine is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user, in the settings or an argument.
    Choice,
    /// `DOCKER_HOST`.
    DockerHost,
    /// `DOCKER_CONTEXT`.
    DockerContext,
    /// The context that the `docker` command uses.
    CurrentContext,
    /// Nobody; something is at a usual place.
    Found,
    /// Nobody, and nothing is found.
    Nobody,
}

impl Endpoint {
    /// Finds the engine that is meant: `choice` (an address, or a context's name), else `DOCKER_HOST`,
    /// else `DOCKER_CONTEXT`, else the current context, else the first of the usual places where
    /// something is.
    ///
    /// It does not look who answers: an agent's workspace lies with one engine, and should not move
    /// because that engine is stopped for a moment.
    ///
    /// # Errors
    /// What is wrong with the address, the context or its files.
    pub fn choose(choice: Option<&str>, surroundings: &Surroundings) -> Result<Chosen, SandboxError> {
        let by = |origin| move |endpoint| Chosen { endpoint, origin };
        if let Some(choice) = choice {
            return named(choice, surroundings).map(by(Origin::Choice));
        }
        if let Some(host) = &surroundings.docker_host {
            return address(host, surroundings).map(by(Origin::DockerHost));
        }
        if let Some(name) = &surroundings.docker_context {
            return named_context(name, surroundings).map(by(Origin::DockerContext));
        }
        match context::current(surroundings)? {
            Some(name) if name != context::DEFAULT => {
                Self::context(&name, surroundings).map(by(Origin::CurrentContext))
            }
            _ => Ok(found_first(surroundings)),
        }
    }

    /// Everything that can be chosen here: what `DOCKER_HOST` names, the contexts, and what is at the
    /// usual places. Each engine is listed once, under the first of its names.
    #[must_use]
    pub fn found(surroundings: &Surroundings) -> Vec<FoundEngine> {
        let host = surroundings.docker_host.iter().map(|host| FoundEngine {
            name: "DOCKER_HOST".to_owned(),
            choice: host.clone(),
            endpoint: address(host, surroundings),
        });
        let contexts = Self::contexts(surroundings).into_iter().map(|context| FoundEngine {
            choice: context.name.clone(),
            name: context.name,
            endpoint: context.endpoint,
        });
        let usual = there(surroundings).map(|candidate| FoundEngine {
            name: candidate.name.to_owned(),
            choice: candidate.endpoint.address(),
            endpoint: Ok(candidate.endpoint),
        });
        let mut found: Vec<FoundEngine> = Vec::new();
        for engine in host.chain(contexts).chain(usual) {
            let known = |other: &FoundEngine| match (&other.endpoint, &engine.endpoint) {
                (Ok(one), Ok(other)) => one == other,
                _ => false,
            };
            if !found.iter().any(known) {
                found.push(engine);
            }
        }
        found
    }
}

fn named(choice: &str, surroundings: &Surroundings) -> Result<Endpoint, SandboxError> {
    if choice.contains("://") { address(choice, surroundings) } else { named_context(choice, surroundings) }
}

fn address(address: &str, surroundings: &Surroundings) -> Result<Endpoint, SandboxError> {
    match address.starts_with("tcp://") {
        true => Endpoint::parse_with(address, surroundings.certificates()?),
        false => Endpoint::parse(address),
    }
}

fn named_context(name: &str, surroundings: &Surroundings) -> Result<Endpoint, SandboxError> {
    match name {
        context::DEFAULT => Ok(found_first(surroundings).endpoint),
        name => Endpoint::context(name, surroundings),
    }
}

fn found_first(surroundings: &Surroundings) -> Chosen {
    match there(surroundings).next() {
        Some(candidate) => Chosen { endpoint: candidate.endpoint, origin: Origin::Found },
        None => Chosen { endpoint: Endpoint::usual(surroundings), origin: Origin::Nobody },
    }
}

fn there(surroundings: &Surroundings) -> impl Iterator<Item = Candidate> {
    Endpoint::candidates(surroundings).into_iter().filter(|candidate| candidate.endpoint.is_there())
}
