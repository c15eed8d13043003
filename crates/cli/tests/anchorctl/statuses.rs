//! Exit statuses and the words that go with them.

use crate::harness::{House, TASK, Voice, ask, errand, finish, turn, write};
use crate::{Ended, anchorctl, end, ended, one_edit, printed, run};
use serde_json::json;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_completes_prints_its_log_and_ends_with_zero() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = one_edit().await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let done = end(anchorctl(&house, &run(&address, &base_url, &["--push"]))).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    assert_eq!(
        printed(&done.out),
        [
            "created",
            &format!("queued: {TASK}"),
            "startRequested",
            "cloneStarted",
            "cloned",
            &format!("turn: {TASK}"),
            "answered",
            "asked for write_file",
            "asked for finish",
            "write_file Ok",
            "finish Ok",
            "completed: Done.",
            "pushStarted, unreviewed",
            "pushed, created: true",
        ]
    );
    assert_eq!(remote.tree("agent/work"), remote.tree_with("main", &[("b", Some("b\n"))]));

    let again = end(anchorctl(&house, &["log", "Errand", "--json"])).await;
    assert_eq!(again, done);
    let record = end(anchorctl(&house, &["record", "Errand"])).await;
    let record: serde_json::Value = serde_json::from_str(&record.out).unwrap();
    assert_eq!(
        json!([record["status"], record["toolCalls"][0]["tool"], record["filesEdited"][0]["diff"]]),
        json!([
            "COMPLETED",
            "write_file",
            "diff --git a/b b/b\nnew file mode 100644\nindex 0000000..6178079\n--- /dev/null\n+++ b/b\n@@ -0,0 +1 @@\n+b\n"
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_end_has_its_own_status() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let address = remote.address();
    let cases: Vec<(i32, &[&str], serde_json::Value, &str)> = vec![
        (
            1,
            &["--name", "key"],
            json!({"calls": [finish("")], "fault": {"status": 401}}),
            "paused: Provider model_key_invalid",
        ),
        (4, &["--name", "question"], turn("", vec![ask("Why?")]), "question: Why?"),
        (
            5,
            &["--name", "limit", "--max-turns", "1"],
            turn("", vec![write("b", "b\n")]),
            "paused: Limit Turns",
        ),
    ];
    for (status, more, step, last) in cases {
        let voice = Voice::playing(vec![step]).await;
        let base_url = voice.base_url();
        let mut arguments = run(&address, &base_url, &[]);
        arguments.retain(|argument| !["--name", "Errand"].contains(argument));
        arguments.extend(more);
        let done = end(anchorctl(&house, &arguments)).await;
        assert_eq!((done.status, printed(&done.out).last().map(String::as_str)), (Some(status), Some(last)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_said_and_ends_with_two() {
    let house = House::new();
    let told = |err: &str| Ended { status: Some(2), out: String::new(), err: err.to_owned() };
    let run_to = |repository, to| {
        ["run", "--repo", repository, "--from", "main", "--to", to, "--task", "x", "--json"].to_vec()
    };
    assert_eq!(
        end(anchorctl(&house, &run_to("octo/hello", "main"))).await,
        told("error: create the agent: its target branch is its source branch, which is never pushed to\n")
    );
    assert_eq!(
        end(anchorctl(&house, &run_to("octo/hello", "a..b"))).await,
        told(
            "error: use \"a..b\" as a branch name\n\
             what to do: use letters, digits, - and /, as in agent/fix-login\n"
        )
    );
    assert_eq!(end(anchorctl(&house, &run_to("https://me:secret@example.com/a", "b"))).await.status, Some(2));
    assert_eq!(end(anchorctl(&house, &["run"])).await.status, Some(2));
    assert_eq!(end(anchorctl(&house, &["--version"])).await.status, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_container_engine_ends_with_three_and_says_what_to_do() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = one_edit().await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let missing = house.place().join("missing.sock");
    let mut arguments = run(&address, &base_url, &[]);
    let mut command = anchorctl(&house, &arguments);
    command.env("DOCKER_HOST", format!("unix://{}", missing.display()));
    let done = end(command).await;
    assert_eq!(
        (done.status, printed(&done.out).last().unwrap().as_str()),
        (Some(3), "failed: engine_missing")
    );

    arguments.retain(|argument| !["--json", "--name", "Errand"].contains(argument));
    let mut command = anchorctl(&house, &arguments);
    command.env("DOCKER_HOST", "tcp://10.0.0.1:2375");
    let done = end(command).await;
    assert_eq!(done.status, Some(3), "{done:?}");
    let said: Vec<&str> = done.out.lines().map(|line| line.get(10..).unwrap_or_default()).collect();
    assert_eq!(
        said,
        [
            "cloning",
            "! use the container engine at tcp://10.0.0.1:2375: it would be spoken to unencrypted, over the network",
            "what to do: anybody on the way could take the engine over: use ssh://user@host, or set \
             DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem, or make a \
             Docker context with them",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_stops_the_agent_and_ends_with_130() {
    for signal in ["-INT", "-TERM"] {
        let house = House::new();
        let remote = house.repository(&[("a", "a\n")]);
        let voice = one_edit().await;
        voice.hold_from(1);
        let (address, base_url) = (remote.address(), voice.base_url());
        let child = anchorctl(&house, &run(&address, &base_url, &[])).spawn().unwrap();
        voice.asked(1).await;
        let process = child.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
        let done = ended(crate::harness::soon("anchorctl", child.wait_with_output()).await.unwrap());
        assert_eq!(
            (done.status, printed(&done.out).last().map(String::as_str)),
            (Some(130), Some("paused: Stopped"))
        );
        assert_eq!(house.docker.containers(&house.home()).unwrap().len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_does_not_wait_for_a_server_that_says_nothing() {
    let house = House::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/a.git", silent.local_addr().unwrap());
    let mut child = anchorctl(&house, &run(&address, "http://127.0.0.1:9/v1", &[])).spawn().unwrap();
    // The connection is there, so that the library waits for the answer in a thread of its own.
    let _connection = tokio::task::spawn_blocking(move || silent.accept().unwrap()).await.unwrap();
    let process = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &process]).status().unwrap().success());
    let status = crate::harness::soon("anchorctl", child.wait()).await.unwrap();
    assert_eq!(status.code(), Some(130));
    assert_eq!(house.docker.containers(&house.home()).unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_in_use_names_its_owner() {
    let house = House::new();
    let engine = house.open().await;
    engine.create(errand("octo/hello", anchorhold_engine::scripted())).await.unwrap();
    let err = format!(
        "error: use the data folder {}: the tests (process {}) is using it\n\
         what to do: close that program, or set ANCHORHOLD_HOME to another folder\n",
        house.home().display(),
        std::process::id()
    );
    assert_eq!(end(anchorctl(&house, &["agents"])).await, Ended { status: Some(1), out: String::new(), err });
    engine.close().await;
    drop(engine);
    assert_eq!(end(anchorctl(&house, &["agents"])).await.status, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_works_again_and_again() {
    let house = House::new();
    for number in 1..=2 {
        let done = end(anchorctl(&house, &["demo"])).await;
        assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
        let holds = format!("The remote's branch round-heights-{number} holds exactly the reviewed tree ");
        assert!(done.out.contains(&holds), "{}", done.out);
    }
    let done = end(anchorctl(&house, &["agents"])).await;
    let names: Vec<&str> = done.out.lines().filter_map(|line| line.split("  ").nth(2)).collect();
    assert_eq!(names, ["Round tide heights 2", "Round tide heights"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_does_not_depend_on_how_the_users_git_is_set() {
    let house = House::new();
    let user = house.place().join("user");
    let mut command = anchorctl(&house, &["demo"]);
    let hooks = user.join("hooks");
    fs::create_dir_all(&hooks).unwrap();
    fs::write(hooks.join("pre-commit"), "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(hooks.join("pre-commit"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(user.join(".config/git")).unwrap();
    fs::write(user.join(".config/git/attributes"), "* text=auto\n").unwrap();
    fs::write(user.join("ignored"), "*.csv\n/docs/\n").unwrap();
    let settings = format!(
        "[core]\n\thooksPath = {}\n\texcludesFile = {}\n",
        hooks.display(),
        user.join("ignored").display()
    );
    fs::write(user.join(".gitconfig"), settings).unwrap();
    // What a process that was killed left of the remote.
    let half = house.home().join("demo/tidepool.git.new");
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    command.env("GIT_INDEX_FILE", user.join("index"));
    let done = end(command).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""), "{}", done.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_without_git_says_that_git_is_missing() {
    let house = House::new();
    let mut command = anchorctl(&house, &["demo"]);
    command.env("PATH", house.place());
    let done = end(command).await;
    let expected = format!("error: make the sample repository in {}", house.home().join("demo").display());
    assert!(done.status == Some(1) && done.err.starts_with(&expected), "{done:?}");
    assert!(done.err.ends_with("what to do: install git, and see that it is in PATH\n"), "{}", done.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_that_an_argument_names_goes_before_the_environments() {
    let house = House::new();
    let missing = format!("unix://{}", house.place().join("missing.sock").display());
    let listed = end(anchorctl(&house, &["--engine", &missing, "engines"])).await;
    assert_eq!(listed.status, Some(3), "{}", listed.out);
    let path = house.place().join("missing.sock");
    let first = format!(
        "* {missing}  {missing}\n    ! find a container engine at {}\n    \
         what to do: install Docker, or set DOCKER_HOST to where your engine listens\n  DOCKER_HOST  unix://",
        path.display()
    );
    assert!(listed.out.starts_with(&first), "{}", listed.out);

    let answering = end(anchorctl(&house, &["engines", "--json"])).await;
    assert_eq!(answering.status, Some(0), "{}", answering.out);
    let engine: serde_json::Value = serde_json::from_str(answering.out.lines().next().unwrap()).unwrap();
    assert_eq!((&engine["inUse"], &engine["fault"]), (&true.into(), &serde_json::Value::Null));

    let refused = end(anchorctl(&house, &["engines", "--engine", "nobody"])).await;
    assert_eq!(refused.status, Some(3), "{refused:?}");
    assert!(refused.out.contains("there is no Docker context of that name"), "{}", refused.out);
}
