//! What of this process's environment says which engine is meant.

use std::path::PathBuf;

use super::{Certificates, EndpointError};
use crate::error::SandboxError;

/// The environment, read once: what is empty counts as unset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub docker_context: Option<String>,
    /// `DOCKER_CONFIG`, the folder of the `docker` command's configuration.
    pub docker_config: Option<PathBuf>,
    /// `DOCKER_CERT_PATH`, the folder of certificates.
    pub docker_cert_path: Option<PathBuf>,
    /// Whether `DOCKER_TLS_VERIFY` or `DOCKER_TLS` is set. Either means TLS with every check: the
    /// unchecked kind that Docker means by the second does not exist here.
    pub docker_tls: bool,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`, where a user's own services listen.
    pub runtime_dir: Option<PathBuf>,
    /// Where the system's services listen; `/` but in tests.
    pub root: PathBuf,
}

impl Surroundings {
    /// This process's own.
    #[must_use]
    pub fn current() -> Self {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let text = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            docker_host: text("DOCKER_HOST"),
            docker_context: text("DOCKER_CONTEXT"),
            docker_config: set("DOCKER_CONFIG").map(PathBuf::from),
            docker_cert_path: set("DOCKER_CERT_PATH").map(PathBuf::from),
            docker_tls: set("DOCKER_TLS_VERIFY").or_else(|| set("DOCKER_TLS")).is_some(),
            home: dirs::home_dir(),
            runtime_dir: set("XDG_RUNTIME_DIR").map(PathBuf::from),
            root: PathBuf::from("/"),
        }
    }

    /// The folder of the `docker` command's configuration.
    #[must_use]
    pub fn docker_folder(&self) -> Option<PathBuf> {
        let usual = || self.home.as_ref().map(|home| home.join(".docker"));
        self.docker_config.clone().or_else(usual)
    }

    /// The certificates that TCP addresses are used with; none means without TLS.
    pub(super) fn certificates(&self) -> Result<Option<Certificates>, SandboxError> {
        if !self.docker_tls && self.docker_cert_path.is_none() {
            return Ok(None);
        }
        let folder = self.docker_cert_path.clone().or_else(|| self.docker_folder());
        let folder = folder.ok_or_else(|| EndpointError::CertificateMissing { file: "ca.pem".into() })?;
        Certificates::in_folder(folder).map(Some)
    }
}
