//! Contexts, written by the `docker` command itself.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anchorhold_sandbox::{Endpoint, Origin, SandboxError, Surroundings};
use tempfile::TempDir;

use crate::dockerd::Authority;

struct Home {
    dir: TempDir,
    surroundings: Surroundings,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            docker_config: Some(dir.path().join("docker")),
            root: dir.path().to_owned(),
            ..Surroundings::default()
        };
        Self { dir, surroundings }
    }

    fn docker(&self, arguments: &[&str]) {
        let mut command = Command::new("docker");
        command.args(arguments).env("DOCKER_CONFIG", self.dir.path().join("docker"));
        for variable in ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] {
            command.env_remove(variable);
        }
        let output = command.output().expect("the docker command, from the package docker.io");
        assert!(output.status.success(), "{output:?}");
    }

    /// Makes a context with certificates, and returns the folder that they were taken from.
    fn with_tls(&self, name: &str, host: &str) -> PathBuf {
        let folder = Authority::new(self.dir.path().join("authority")).vouch_for("client");
        let pem = |name: &str| folder.join(name).display().to_string();
        let (ca, cert, key) = (pem("ca.pem"), pem("cert.pem"), pem("key.pem"));
        let docker = format!("host={host},ca={ca},cert={cert},key={key}");
        self.docker(&["context", "create", name, "--docker", &docker]);
        folder
    }

    fn context(&self, name: &str) -> Result<Endpoint, SandboxError> {
        Endpoint::choose(Some(name), &self.surroundings).map(|chosen| chosen.endpoint)
    }

    /// The one file of a name below Docker's folder.
    fn file(&self, name: &str) -> PathBuf {
        fn look(folder: PathBuf, name: &str) -> Vec<PathBuf> {
            let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            entries
                .flat_map(|path| if path.is_dir() { look(path, name) } else { vec![path] })
                .filter(|path| path.ends_with(name))
                .collect()
        }
        let mut found = look(self.dir.path().join("docker"), name);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }
}

#[test]
fn contexts_are_read_as_the_docker_command_writes_them() {
    let home = Home::new();
    home.docker(&["context", "create", "near", "--docker", "host=unix:///run/near.sock"]);
    home.docker(&["context", "create", "far", "--docker", "host=ssh://ada@far.example:2222"]);
    let taken = home.with_tls("secured", "tcp://secured.example:2376");

    assert_eq!(home.context("near").unwrap(), Endpoint::socket("/run/near.sock"));
    assert_eq!(home.context("far").unwrap().address(), "ssh://ada@far.example:2222");
    let Endpoint::Tls { host, certificates } = home.context("secured").unwrap() else { panic!() };
    assert_eq!(host.to_string(), "secured.example:2376");
    let read = |file: PathBuf| fs::read_to_string(file).unwrap();
    let files = [certificates.ca(), certificates.cert(), certificates.key()].map(read);
    assert_eq!(files, ["ca.pem", "cert.pem", "key.pem"].map(|name| read(taken.join(name))));

    let names: Vec<String> =
        Endpoint::contexts(&home.surroundings).into_iter().map(|context| context.name).collect();
    assert_eq!(names, ["far", "near", "secured"]);
}

#[test]
fn the_context_in_use_is_the_engine_unless_somebody_says_otherwise() {
    let home = Home::new();
    home.docker(&["context", "create", "near", "--docker", "host=unix:///run/near.sock"]);
    home.docker(&["context", "create", "other", "--docker", "host=unix:///run/other.sock"]);
    let chosen = |surroundings: &Surroundings| {
        let chosen = Endpoint::choose(None, surroundings).unwrap();
        (chosen.endpoint.address(), chosen.origin)
    };
    assert_eq!(chosen(&home.surroundings).1, Origin::Nobody);
    home.docker(&["context", "use", "near"]);
    assert_eq!(chosen(&home.surroundings), ("unix:///run/near.sock".into(), Origin::CurrentContext));

    let mut surroundings = home.surroundings.clone();
    surroundings.docker_context = Some("other".into());
    assert_eq!(chosen(&surroundings), ("unix:///run/other.sock".into(), Origin::DockerContext));
    home.docker(&["context", "use", "default"]);
    assert_eq!(chosen(&home.surroundings).1, Origin::Nobody);
}

#[track_caller]
fn check(outcome: Result<Endpoint, SandboxError>, code: &str, words: &str) {
    let error = outcome.unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (code, words));
    assert!(error.hint().is_some());
}

#[test]
fn a_context_that_cannot_be_used_says_which_file_is_to_blame() {
    let home = Home::new();
    check(
        home.context("nobody"),
        "engine_context_unknown",
        "use the container engine nobody: there is no Docker context of that name",
    );

    home.with_tls("one", "tcp://one.example:2376");
    let key = home.file("key.pem");
    fs::remove_file(&key).unwrap();
    let words = format!("read the certificate or key {}", key.display());
    check(home.context("one"), "engine_certificate_missing", &words);

    let meta = home.file("meta.json");
    let whole = fs::read_to_string(&meta).unwrap();
    fs::write(&meta, whole.replace("\"SkipTLSVerify\":false", "\"SkipTLSVerify\":true")).unwrap();
    let words = "it asks for TLS without checking who answers, which is not done here";
    check(
        home.context("one"),
        "engine_context_broken",
        &format!("read Docker's {}: {words}", meta.display()),
    );

    fs::write(&meta, whole.split_at(20).0).unwrap();
    let words = format!("read Docker's {}: EOF while parsing", meta.display());
    let error = home.context("one").unwrap_err();
    assert_eq!(error.code(), "engine_context_broken");
    assert!(error.to_string().starts_with(&words), "{error}");
    let listed = Endpoint::found(&home.surroundings);
    assert_eq!(listed.len(), 1);
    assert!(listed.iter().all(|engine| engine.endpoint.is_err()));

    let config = home.dir.path().join("docker/config.json");
    fs::write(&config, "{").unwrap();
    let error = Endpoint::choose(None, &home.surroundings).unwrap_err();
    assert_eq!(error.code(), "engine_context_broken");
    assert!(error.to_string().starts_with(&format!("read Docker's {}: ", config.display())), "{error}");
}
