//! A container engine that this user may not speak to.

use crate::{House, anchorctl, run};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;

/// A user that owns nothing; the system's own rules must hold, and they do not for root.
const NOBODY: u32 = 65534;

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_forbidden_says_which_group_to_join_and_the_log_stays() {
    let house = House::new();
    let repository = house.repository(&[("a", "a\n")]);
    let socket = house.place().join("docker.sock");
    let _listener = UnixListener::bind(&socket).unwrap();
    open_to_all(house.place());
    fs::set_permissions(&socket, Permissions::from_mode(0o000)).unwrap();

    let address = repository.address();
    let mut arguments = run(&address, "http://127.0.0.1:1/v1", &[]);
    arguments.retain(|argument| *argument != "--json");
    let ended = as_nobody(&house, &arguments, &socket).await;
    let socket = socket.display();
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    let printed = String::from_utf8(ended.stdout).unwrap();
    assert!(
        printed.contains(&format!("! use the container engine at {socket}: this user is not allowed to\n")),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("what to do: add yourself to the group that owns {socket} (usually ")),
        "{printed}"
    );

    let log = as_nobody(&house, &["log", "Errand", "--json"], Path::new("/nowhere")).await;
    let log = String::from_utf8(log.stdout).unwrap();
    assert!(log.lines().last().unwrap().contains("\"code\":\"engine_forbidden\""), "{log}");
}

/// Runs the program as somebody whom file modes bind, with a copy that this user can reach.
async fn as_nobody(house: &House, arguments: &[&str], socket: &Path) -> std::process::Output {
    let program = house.place().join("anchorctl");
    if !program.exists() {
        fs::copy(env!("CARGO_BIN_EXE_anchorctl"), &program).unwrap();
    }
    let usual = anchorctl(house, arguments);
    let root = fs::metadata(&program).unwrap().uid() == 0;
    let mut command = if root {
        let mut command = tokio::process::Command::new("setpriv");
        command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]);
        command.arg(&program);
        command
    } else {
        tokio::process::Command::new(&program)
    };
    for (name, value) in usual.as_std().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(arguments).env("DOCKER_HOST", format!("unix://{}", socket.display()));
    command.output().await.unwrap()
}

/// Lets everybody into the house, and lets them keep their data in it.
fn open_to_all(place: &Path) {
    for (name, mode) in [("", 0o755), ("home", 0o777), ("user", 0o755)] {
        let folder = place.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
    }
}
