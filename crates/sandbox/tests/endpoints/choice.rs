//! Which engine is meant, from surroundings that are made up.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;

use anchorhold_sandbox::{Endpoint, Origin, Surroundings};
use tempfile::TempDir;

struct Place {
    dir: TempDir,
    listeners: Vec<UnixListener>,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::Builder::new().prefix("ep").tempdir().unwrap(), listeners: Vec::new() }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn listen(&mut self, path: &str) -> Endpoint {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        self.listeners.push(UnixListener::bind(&path).unwrap());
        Endpoint::socket(path)
    }

    fn surroundings(&self) -> Surroundings {
        Surroundings {
            home: Some(self.path().join("home")),
            runtime_dir: Some(self.path().join("user")),
            root: self.path().to_owned(),
            ..Surroundings::default()
        }
    }
}

#[track_caller]
fn chosen(choice: Option<&str>, surroundings: &Surroundings) -> (String, Origin) {
    let chosen = Endpoint::choose(choice, surroundings).unwrap();
    (chosen.endpoint.address(), chosen.origin)
}

#[test]
fn the_usual_places_are_tried_in_order_of_likelihood() {
    let mut place = Place::new();
    let nothing = chosen(None, &place.surroundings());
    assert_eq!(nothing, (format!("unix://{}/var/run/docker.sock", place.path().display()), Origin::Nobody));
    for path in [
        "run/podman/podman.sock",
        "user/podman/podman.sock",
        "home/.rd/docker.sock",
        "home/.colima/default/docker.sock",
        "home/.orbstack/run/docker.sock",
        "home/.docker/desktop/docker.sock",
        "home/.docker/run/docker.sock",
        "user/docker.sock",
        "var/run/docker.sock",
    ] {
        let there = place.listen(path);
        assert_eq!(chosen(None, &place.surroundings()), (there.address(), Origin::Found));
    }
    let names: Vec<String> =
        Endpoint::found(&place.surroundings()).into_iter().map(|engine| engine.name).collect();
    assert_eq!(
        names,
        [
            "Docker",
            "Docker, rootless",
            "Docker Desktop",
            "Docker Desktop",
            "OrbStack",
            "Colima",
            "Rancher Desktop",
            "Podman, rootless",
            "Podman"
        ]
    );
}

#[test]
fn the_users_word_goes_before_docker_host_and_docker_host_before_what_is_there() {
    let mut place = Place::new();
    place.listen("var/run/docker.sock");
    let mut surroundings = place.surroundings();
    surroundings.docker_context = Some("default".into());
    assert_eq!(chosen(None, &surroundings).1, Origin::DockerContext);
    surroundings.docker_host = Some("unix:///host.sock".into());
    surroundings.docker_context = Some("unknown".into());
    assert_eq!(chosen(None, &surroundings), ("unix:///host.sock".into(), Origin::DockerHost));
    let choice = chosen(Some("ssh://build"), &surroundings);
    assert_eq!(choice, ("ssh://build".into(), Origin::Choice));
}

#[test]
fn tcp_speaks_tls_where_the_environment_says_so_and_says_which_file_is_missing() {
    let place = Place::new();
    let mut surroundings = place.surroundings();
    surroundings.docker_host = Some("tcp://engine.example".into());
    let code = |surroundings: &Surroundings| {
        let error = Endpoint::choose(None, surroundings).unwrap_err();
        (error.code(), error.to_string())
    };
    assert_eq!(code(&surroundings).0, "engine_unencrypted");

    surroundings.docker_tls = true;
    let folder = place.path().join("home/.docker");
    fs::create_dir_all(&folder).unwrap();
    let missing = |name: &str| {
        let file = folder.join(name);
        ("engine_certificate_missing", format!("read the certificate or key {}", file.display()))
    };
    assert_eq!(code(&surroundings), missing("ca.pem"));
    fs::write(folder.join("ca.pem"), "").unwrap();
    fs::write(folder.join("cert.pem"), "").unwrap();
    assert_eq!(code(&surroundings), missing("key.pem"));
    fs::write(folder.join("key.pem"), "").unwrap();
    let endpoint = Endpoint::choose(None, &surroundings).unwrap().endpoint;
    let Endpoint::Tls { host, certificates } = endpoint else { panic!("{endpoint:?}") };
    assert_eq!((host.to_string(), certificates.ca()), ("engine.example:2376".into(), folder.join("ca.pem")));
}
