//! Where engines usually listen, when nothing says which is meant.

use std::path::{Path, PathBuf};

use super::{Endpoint, Surroundings};

/// A usual place for an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What listens there.
    pub name: &'static str,
    /// The place.
    pub endpoint: Endpoint,
}

/// Docker's pipe on Windows.
const PIPE: &str = "//./pipe/docker_engine";

impl Endpoint {
    /// The usual places, the likeliest first, whether there is something or not.
    #[must_use]
    pub fn candidates(surroundings: &Surroundings) -> Vec<Candidate> {
        if cfg!(windows) {
            let podman = "//./pipe/podman-machine-default";
            return vec![
                Candidate { name: "Docker", endpoint: Self::Pipe(PIPE.to_owned()) },
                Candidate { name: "Podman", endpoint: Self::Pipe(podman.to_owned()) },
            ];
        }
        let system = |path: &str| Some(surroundings.root.join(path));
        let runtime = |path: &str| surroundings.runtime_dir.as_ref().map(|folder| folder.join(path));
        let home = |path: &str| surroundings.home.as_ref().map(|folder| folder.join(path));
        let places: [(&str, Option<PathBuf>); 9] = [
            ("Docker", system("var/run/docker.sock")),
            ("Docker, rootless", runtime("docker.sock")),
            // On macOS, and on Linux.
            ("Docker Desktop", home(".docker/run/docker.sock")),
            ("Docker Desktop", home(".docker/desktop/docker.sock")),
            ("OrbStack", home(".orbstack/run/docker.sock")),
            ("Colima", home(".colima/default/docker.sock")),
            ("Rancher Desktop", home(".rd/docker.sock")),
            ("Podman, rootless", runtime("podman/podman.sock")),
            ("Podman", system("run/podman/podman.sock")),
        ];
        places
            .into_iter()
            .filter_map(|(name, path)| Some(Candidate { name, endpoint: Self::Unix(path?) }))
            .collect()
    }

    /// The first of the usual places, where nothing is found in any.
    pub(super) fn usual(surroundings: &Surroundings) -> Self {
        match cfg!(windows) {
            true => Self::Pipe(PIPE.to_owned()),
            false => Self::Unix(surroundings.root.join("var/run/docker.sock")),
        }
    }

    /// Whether something is at the place; addresses of the network are believed.
    pub(super) fn is_there(&self) -> bool {
        match self {
            Self::Unix(path) => path.exists(),
            Self::Pipe(path) => Path::new(path).exists(),
            Self::Tcp(_) | Self::Tls { .. } | Self::Ssh(_) => true,
        }
    }
}
