//! An engine that says one thing and does another: its runtime changes a container behind its back.
//!
//! What the engine says of such a container is exactly what it was asked for, so only measuring from
//! inside can tell.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anchorhold_sandbox::{CellSpec, Docker, Endpoint, Quotas};
use anchorhold_testkit::{ContainerEngine, EngineOptions};

/// How long a removal may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(120);

/// A runtime that changes a container's configuration as `lie` says before it makes the container.
fn lying_runtime(folder: &Path, lie: &Path) -> PathBuf {
    let runtime = folder.join("runtime");
    let script = format!(
        "#!/bin/sh\n\
         bundle=\n\
         last=\n\
         for word in \"$@\"; do\n\
         \x20 if [ \"$last\" = --bundle ]; then bundle=$word; fi\n\
         \x20 last=$word\n\
         done\n\
         if [ -n \"$bundle\" ]; then sed -i -f {} \"$bundle/config.json\"; fi\n\
         exec runc \"$@\"\n",
        lie.display()
    );
    fs::write(&runtime, script).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o755)).unwrap();
    runtime
}

/// What the runtime changes, and what must be found to differ.
const LIES: [(&str, &str); 9] = [
    (r#"s/{"type":"network"[^}]*},//;s/"sysctl":{[^}]*},//"#, "network: "),
    (r#"s/{"type":"pid"[^}]*},//"#, "processes: "),
    (
        r#"s/"mounts":\[/"mounts":[{"destination":"\/host","type":"bind","source":"\/usr","options":["rbind","ro"]},/"#,
        "host mounts: /host (",
    ),
    (r#"s/"env":\[/"env":["GITHUB_TOKEN=ghp_x",/"#, "secrets: variables GITHUB_TOKEN (promised: none)"),
    (r#"s/"readonly":true/"readonly":false/"#, "root file system: writable (promised: read-only)"),
    (r#"s/"uid":65532,"gid":65532/"uid":65532,"gid":0/"#, "user: user 65532:0"),
    (r#"s/"noNewPrivileges":true/"noNewPrivileges":false/"#, "can gain privileges"),
    (
        r#"s/"capabilities":{}/"capabilities":{"bounding":["CAP_SYS_ADMIN"],"inheritable":["CAP_SYS_ADMIN"],"permitted":["CAP_SYS_ADMIN"],"effective":["CAP_SYS_ADMIN"]}/"#,
        "user: user 65532:65532, capabilities",
    ),
    (r#"s/:268435456/:536870912/g"#, "limits: 512 MiB, 8 processes (promised: 256 MiB, 8 processes)"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_is_not_what_its_engine_says_is_never_used() {
    let folder = tempfile::tempdir().unwrap();
    let lie = folder.path().join("lie.sed");
    let runtime = lying_runtime(folder.path(), &lie);
    let options = EngineOptions { runtime: Some(runtime), ..EngineOptions::default() };
    let engine = ContainerEngine::start(options).unwrap();
    let docker = Docker::connect(&Endpoint::socket(engine.socket())).await.unwrap();
    let spec = |number: usize| CellSpec {
        agent: format!("lie-{number}"),
        home: "test".into(),
        place: "test".into(),
        quotas: Quotas::default(),
    };

    // The control: the same engine and runtime, when it tells the truth.
    fs::write(&lie, "").unwrap();
    let cell = docker.open(&spec(0)).await.unwrap();
    let told = cell.report().container.clone();
    docker.remove(&spec(0)).await.unwrap();

    for (number, (change, expected)) in LIES.iter().enumerate() {
        fs::write(&lie, change).unwrap();
        let error = docker.open(&spec(number + 1)).await.err().expect(change);
        assert_eq!(error.code(), "cell_not_as_promised", "{change}: {error}");
        assert!(error.to_string().contains(expected), "{change}: {error}");
        assert!(error.hint().is_some());
    }
    // The engine believed itself all the while, and nothing that lied is left.
    fs::write(&lie, "").unwrap();
    assert_eq!(docker.open(&spec(99)).await.unwrap().report().container, told);
    let left = engine.docker().containers(Path::new("test")).unwrap();
    assert_eq!(left.len(), 1, "{left:?}");

    // No bridge serves there to empty a workspace, and the volume goes all the same.
    docker.park(&spec(99)).await.unwrap();
    fs::write(&lie, LIES[0].0).unwrap();
    docker.remove(&spec(99)).await.unwrap();
    assert!(docker.settle(PATIENCE).await, "the removal never ends");
    let left = engine.docker().volumes(Path::new("test")).unwrap();
    assert!(left.iter().all(|name| !name.contains("lie-99")), "{left:?}");
}
