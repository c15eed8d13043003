//! Repositories as they come: absent, empty, and full of what a text editor would spoil.

use crate::harness::{House, Repository, Voice, edit, errand, finish, push, rest, start, told, turn, write};
use anchorhold_domain::{EventKind, ModelChoice, NewAgent, Status, ToolOutcome};
use anchorhold_testkit::git;
use serde_json::json;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

fn nobody() -> ModelChoice {
    ModelChoice {
        provider: "scripted".to_owned(),
        name: "demo".to_owned(),
        base_url: None,
        wire: None,
        effort: None,
    }
}

/// Puts a branch into a repository whose tree has ten million files, in a few objects.
fn widen(remote: &Repository, branch: &str) {
    let made = |listing: String| {
        let mut making = Command::new("git");
        making.arg("mktree").current_dir(&remote.bare).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut making = making.spawn().unwrap();
        making.stdin.take().unwrap().write_all(listing.as_bytes()).unwrap();
        String::from_utf8(making.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
    };
    let mut tree = remote.tree("main");
    for _ in 0..7 {
        tree = made((0..10).map(|name| format!("040000 tree {tree}\t{name}\n")).collect());
    }
    let commit = remote.ask(&["commit-tree", &tree, "-m", "wide"]);
    remote.ask(&["branch", branch, &commit]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_cannot_be_cloned_says_why_and_what_to_do() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    remote.commit("maintenance", &[]);
    widen(&remote, "wide");
    let empty = Repository::empty(&house.place().join("empty"));
    let missing = house.place().join("missing").display().to_string();
    let engine = house.open().await;
    let new = |name: &str, repository: &str, branch: &str| NewAgent {
        name: name.to_owned(),
        source_branch: branch.to_owned(),
        ..errand(repository, nobody())
    };
    let cases = [
        (
            new("missing", &missing, "main"),
            "repository_not_found",
            "check the address, and that your account may read the repository",
        ),
        (
            new("branch", &remote.address(), "mian"),
            "branch_unknown",
            "nearest branches: main, maintenance, wide",
        ),
        (
            new("wide", &remote.address(), "wide"),
            "repository_too_large",
            "an agent's workspace holds 200,000 files and folders: choose another branch or repository",
        ),
        (
            new("empty", &empty.address(), "main"),
            "repository_empty",
            "push a first commit to it, then start again",
        ),
    ];
    for (new, code, hint) in cases {
        let id = start(&engine, new).await;
        let agent = rest(&engine, id).await;
        assert_eq!(
            (agent.status, agent.error_code.as_deref(), agent.error_hint.as_deref()),
            (Status::Error, Some(code), Some(hint))
        );
        assert_eq!(
            told(&engine, id).await[2..],
            ["startRequested", "cloneStarted", &format!("failed: {code}")]
        );
    }
    engine.close().await;
    assert_eq!(house.docker.containers(&house.home()).unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_clone_can_be_started_again_once_there_is_something_to_clone() {
    let house = House::new();
    let remote = Repository::empty(&house.place().join("remote"));
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Error);
    remote.commit("main", &[("a", "a\n")]);
    engine.start(id).await.unwrap();
    let agent = rest(&engine, id).await;
    assert_eq!((agent.status, &agent.error_message), (Status::Completed, &None));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_makes_no_sense_is_not_created() {
    let house = House::new();
    let engine = house.open().await;
    let good = || errand("octo/hello", nobody());
    engine.create(good()).await.unwrap();
    let cases = [
        good(),
        NewAgent { name: "  ".to_owned(), ..good() },
        NewAgent { name: "x".repeat(101), ..good() },
        NewAgent { name: "other".to_owned(), task: " ".to_owned(), ..good() },
        NewAgent { name: "other".to_owned(), target_branch: "main".to_owned(), ..good() },
        NewAgent { name: "other".to_owned(), target_branch: "a..b".to_owned(), ..good() },
        NewAgent { name: "other".to_owned(), history_depth: Some(0), ..good() },
        NewAgent {
            name: "other".to_owned(),
            github_repo: "https://me:secret@example.com/a".to_owned(),
            ..good()
        },
    ];
    let mut codes = Vec::new();
    for new in cases {
        codes.push(engine.create(new).await.unwrap_err().code());
    }
    assert_eq!(
        codes,
        [
            "name_taken",
            "name_empty",
            "name_invalid",
            "task_empty",
            "target_is_source",
            "branch_invalid",
            "depth_invalid",
            "repository_invalid",
        ]
    );
    assert_eq!(engine.agents().await.unwrap().len(), 1);
    engine.close().await;
}

/// A commit of all that a checkout, a text editor or a careless copy would change.
fn odd_files(remote: &Repository) {
    let work = &remote.work;
    fs::write(work.join("notes.txt"), "one\r\ntwo\r\n").unwrap();
    fs::write(work.join("binary"), (0..=255).collect::<Vec<u8>>()).unwrap();
    fs::write(work.join("no newline"), "at the end").unwrap();
    fs::write(work.join("latin1.txt"), b"caf\xe9\n").unwrap();
    fs::write(work.join(OsStr::from_bytes(b"caf\xe9")), "a name that is not UTF-8\n").unwrap();
    fs::write(work.join("run.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(work.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("/etc/passwd", work.join("outside")).unwrap();
    symlink("notes.txt", work.join("inside")).unwrap();
    let large: Vec<u8> = (0..50 * 1024 * 1024_u32).map(|number| (number % 251) as u8).collect();
    fs::write(work.join("large.bin"), large).unwrap();
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n", "a".repeat(64));
    fs::write(work.join("art.psd"), pointer).unwrap();
    git(work, &["add", "--all"]).unwrap();
    let elsewhere = "160000,0123456789012345678901234567890123456789,vendored/library";
    git(work, &["update-index", "--add", "--cacheinfo", elsewhere]).unwrap();
    git(work, &["commit", "--quiet", "--message", "Odd files"]).unwrap();
    git(work, &["push", "--quiet", &remote.address(), "HEAD:refs/heads/main"]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_one_file_changes_that_entry_and_no_other_byte() {
    let house = House::new();
    let remote = Repository::empty(&house.place().join("remote"));
    odd_files(&remote);
    let voice = Voice::playing(vec![turn("", vec![edit("notes.txt", "two", "TWO"), finish("Done.")])]).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    rest(&engine, id).await;
    assert_eq!(push(&engine, id).await.error_message, None);

    let blob = |content: &str| {
        fs::write(house.place().join("blob"), content).unwrap();
        git(house.place(), &["hash-object", "--no-filters", "blob"]).unwrap()
    };
    let (before, after) = (blob("one\r\ntwo\r\n"), blob("one\r\nTWO\r\n"));
    let difference = remote.ask(&["diff-tree", "-r", "main", "agent/work"]);
    assert_eq!(difference, format!(":100644 100644 {before} {after} M\tnotes.txt"));
    let notes = engine.events(id, 0).await.unwrap().into_iter().find_map(|event| match event.kind {
        EventKind::Cloned { notes, .. } => Some(notes),
        _ => None,
    });
    let mut notes = notes.unwrap();
    notes.sort_unstable();
    let left_out = [
        "the file art.psd is a Git LFS pointer; its content is not in the workspace",
        "the submodule vendored/library stays as it is; its files are not in the workspace",
    ];
    assert_eq!(notes, left_out);
    engine.close().await;
}

/// A tree with a file of a mode that git does not write any more, and a submodule beside another file.
fn old_mode_and_submodule(remote: &Repository) {
    let work = &remote.work;
    fs::create_dir(work.join("third")).unwrap();
    fs::write(work.join("old.txt"), "one\n").unwrap();
    fs::write(work.join("third/notes"), "notes\n").unwrap();
    git(work, &["add", "--all"]).unwrap();
    let elsewhere = "160000,0123456789012345678901234567890123456789,third/library";
    git(work, &["update-index", "--add", "--cacheinfo", elsewhere]).unwrap();
    let usual = git(work, &["write-tree"]).unwrap();
    let mut tree = Vec::new();
    for (mode, name) in [("100664", "old.txt"), ("40000", "third")] {
        let id = git(work, &["rev-parse", &format!("{usual}:{name}")]).unwrap();
        tree.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        tree.extend((0..40).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()));
    }
    fs::write(work.join("raw"), tree).unwrap();
    let tree = git(work, &["hash-object", "-t", "tree", "-w", "--literally", "raw"]).unwrap();
    let commit = git(work, &["commit-tree", &tree, "-m", "Old"]).unwrap();
    git(work, &["push", "--quiet", &remote.address(), &format!("{commit}:refs/heads/main")]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_after_what_no_tree_takes_and_pushes_the_submodules_of_a_folder_it_moved() {
    let house = House::new();
    let remote = Repository::empty(&house.place().join("remote"));
    old_mode_and_submodule(&remote);
    let voice = Voice::playing(vec![
        turn(
            "",
            vec![
                write("third/library/x", "x"),
                write(r"..\x.rs", "x"),
                json!({"tool": "delete_file", "arguments": {"path": "third"}}),
                json!({"tool": "move_file", "arguments": {"from": "third", "to": "party"}}),
                edit("old.txt", "one", "two"),
            ],
        ),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let outcomes: Vec<_> = engine
        .events(id, 0)
        .await
        .unwrap()
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::ToolFinished { outcome, .. } => Some(outcome),
            _ => None,
        })
        .take(5)
        .collect();
    let (ok, refused) = (ToolOutcome::Ok, ToolOutcome::Refused);
    assert_eq!(outcomes, [refused, refused, refused, ok, ok]);
    let record = engine.record(id).await.unwrap();
    let changed = engine.changes(id).await.unwrap();
    assert_eq!(
        record.files_edited.iter().map(|file| &file.change).collect::<Vec<_>>(),
        changed.iter().collect::<Vec<_>>()
    );
    for file in &record.files_edited {
        assert_eq!(file.diff, engine.file_patch(id, &file.change.path).await.unwrap());
    }
    assert_eq!(push(&engine, id).await.error_message, None);
    let listed = remote.ask(&["ls-tree", "-r", "--format=%(objectmode) %(path)", "agent/work"]);
    assert_eq!(listed, "100644 old.txt\n160000 party/library\n100644 party/notes");
    engine.close().await;
}
