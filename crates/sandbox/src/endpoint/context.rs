//! The contexts that the `docker` command keeps: named engines, with their certificates.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{Certificates, Endpoint, EndpointError, Surroundings};
use crate::error::SandboxError;

/// The context that means no context.
pub(super) const DEFAULT: &str = "default";

/// A named engine of the `docker` command's.
#[derive(Debug)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// How it is reached, where that can be read.
    pub endpoint: Result<Endpoint, SandboxError>,
}

/// `config.json`, as far as it is of interest here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    current_context: Option<String>,
}

/// A context's `meta.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    name: String,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Option<DockerEndpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerEndpoint {
    #[serde(default)]
    host: String,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

impl Endpoint {
    /// The contexts that the `docker` command knows, by name; one that cannot be read says why.
    #[must_use]
    pub fn contexts(surroundings: &Surroundings) -> Vec<Context> {
        let Some(folder) = surroundings.docker_folder() else { return Vec::new() };
        let Ok(entries) = fs::read_dir(folder.join("contexts/meta")) else { return Vec::new() };
        let mut contexts: Vec<Context> = entries
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .map(|entry| {
                let file = entry.path().join("meta.json");
                match read::<Meta>(&file) {
                    Ok(meta) => Context { endpoint: endpoint(&folder, &file, &meta), name: meta.name },
                    // Its name is in the file; the folder's is all that is left of it.
                    Err(error) => Context {
                        name: entry.file_name().to_string_lossy().chars().take(12).collect(),
                        endpoint: Err(error),
                    },
                }
            })
            .collect();
        contexts.sort_by(|one, other| one.name.cmp(&other.name));
        contexts
    }

    /// The engine of a context.
    ///
    /// # Errors
    /// [`EndpointError::ContextUnknown`], [`EndpointError::ContextBroken`], and those of an address.
    pub fn context(name: &str, surroundings: &Surroundings) -> Result<Self, SandboxError> {
        let unknown = || EndpointError::ContextUnknown { name: name.to_owned() };
        let folder = surroundings.docker_folder().ok_or_else(unknown)?;
        let file = folder.join("contexts/meta").join(hash(name)).join("meta.json");
        if !file.exists() {
            return Err(unknown().into());
        }
        endpoint(&folder, &file, &read::<Meta>(&file)?)
    }
}

/// The context that the `docker` command uses when nobody says otherwise.
pub(super) fn current(surroundings: &Surroundings) -> Result<Option<String>, SandboxError> {
    let Some(folder) = surroundings.docker_folder() else { return Ok(None) };
    let file = folder.join("config.json");
    if !file.exists() {
        return Ok(None);
    }
    let configuration: Configuration = read(&file)?;
    Ok(configuration.current_context.filter(|name| !name.is_empty()))
}

fn endpoint(folder: &Path, file: &Path, meta: &Meta) -> Result<Endpoint, SandboxError> {
    let broken = |reason: &str| broken(file, reason);
    let Some(docker) = &meta.endpoints.docker else { return Err(broken("it names no Docker engine")) };
    if docker.skip_tls_verify {
        return Err(broken("it asks for TLS without checking who answers, which is not done here"));
    }
    let tls = folder.join("contexts/tls").join(hash(&meta.name)).join("docker");
    let has_tls = ["ca.pem", "cert.pem", "key.pem"].iter().any(|name| tls.join(name).exists());
    let certificates = match docker.host.starts_with("tcp://") && has_tls {
        true => Some(Certificates::in_folder(tls)?),
        false => None,
    };
    Endpoint::parse_with(&docker.host, certificates)
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T, SandboxError> {
    let said = |error: &dyn std::error::Error| broken(file, &error.to_string());
    let bytes = fs::read(file).map_err(|error: io::Error| said(&error))?;
    serde_json::from_slice(&bytes).map_err(|error| said(&error))
}

fn broken(file: &Path, reason: &str) -> SandboxError {
    EndpointError::ContextBroken { file: PathBuf::from(file), reason: reason.to_owned() }.into()
}

/// What Docker calls a context's folders by.
fn hash(name: &str) -> String {
    Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
