//! The workspace over cells that were taken over, and the rules that it keeps on the host.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use anchorhold_bridge::frame::{self, Incoming};
use anchorhold_bridge::{Envelope, Hello, LockReport, MODE_FILE, Measured, Quotas, Usage};
use anchorhold_domain::FileRules;
use anchorhold_repo::{Credentials, Mirrors, Remote};
use anchorhold_testkit::git;
use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// A cell whose bridge was taken over: every piece that it is asked for has `piece` bytes, of a file
/// that is said to have `total_bytes`.
async fn taken_over(total_bytes: u64, piece: usize) -> Cell {
    listening(total_bytes, piece, Arc::default()).await
}

/// The same, counting what it is asked behind the first word.
pub(crate) async fn listening(total_bytes: u64, piece: usize, asked_for: Arc<AtomicU32>) -> Cell {
    let (ours, theirs) = UnixStream::pair().unwrap();
    std::thread::spawn(move || {
        let mut pipe = theirs;
        while let Ok(Incoming::Frame { header, .. }) = frame::read(&mut pipe) {
            let asked: Envelope<Request> = serde_json::from_slice(&header).unwrap();
            let (message, body) = match asked.message {
                Request::Hello => (hello(), Vec::new()),
                _ => {
                    asked_for.fetch_add(1, Ordering::SeqCst);
                    (Response::Raw { mode: MODE_FILE, total_bytes }, vec![b'x'; piece])
                }
            };
            let header = serde_json::to_vec(&Envelope { id: asked.id, message }).unwrap();
            if frame::write(&mut pipe, &header, &body).is_err() {
                break;
            }
        }
    });
    ours.set_nonblocking(true).unwrap();
    let (reader, writer) = tokio::net::UnixStream::from_std(ours).unwrap().into_split();
    Cell::over(reader, writer).await.unwrap()
}

fn hello() -> Response {
    Response::Hello(Box::new(Hello {
        version: "0".into(),
        arch: "x86_64".into(),
        pid: 1,
        uid: 65532,
        locks: LockReport { seccomp: true, landlock: None, refused: vec![] },
        measured: Measured::default(),
        quotas: Quotas::default(),
        usage: Usage::default(),
        imported: true,
    }))
}

#[tokio::test]
async fn a_file_has_an_end_whatever_the_cell_says() {
    let read = async |total, piece| {
        read_back(&taken_over(total, piece).await, &"a".into(), 1_000_000).await.map(|(_, bytes)| bytes.len())
    };
    assert_eq!(read(700_000, 256 * 1024).await.ok(), Some(3 * 256 * 1024));
    assert_eq!(read(700_000, 0).await.ok(), Some(0));
    assert!(read(1_000_001, 256 * 1024).await.is_err(), "more than an edited file may have");
    assert!(read(700_000, 256 * 1024 + 1).await.is_err(), "more than was asked for");
}

pub(crate) const FILES: [(&str, &str); 6] = [
    (".env", "TOKEN\n"),
    ("Cargo.lock", "locked\n"),
    ("app/.env.local", "TOKEN\n"),
    ("app/main.rs", "main\n"),
    ("gen/out.rs", "out\n"),
    ("secret/plan.yml", "plan\n"),
];

/// A workspace over these files in the hands of a cell that was taken over.
pub(crate) async fn workspace(place: &Path, asked_for: Arc<AtomicU32>) -> Workspace {
    for (path, content) in FILES {
        let path = place.join("work").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let work = place.join("work");
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["add", "--all", "--force"],
        &["commit", "--quiet", "-m", "x"],
    ] {
        git(&work, arguments).unwrap();
    }
    let owned = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    let rules = FileRules {
        excluded: owned(&[".env*", "secret/*.yml"]),
        only: owned(&[]),
        protected: owned(&["*.lock", "gen/"]),
    };
    over(place, &rules, asked_for).await
}

/// A workspace over the repository at `work`, kept by these rules.
async fn over(place: &Path, rules: &FileRules, asked_for: Arc<AtomicU32>) -> Workspace {
    let remote = Remote::parse(&place.join("work").display().to_string()).unwrap();
    let mirror = Mirrors::new(place.join("mirrors")).open(&remote).unwrap();
    let base = mirror.fetch("main", &Credentials::none(), &mut |_| ControlFlow::Continue(())).unwrap();
    let (_, cell) = watch::channel(CellState::Ready(listening(3, 3, asked_for).await));
    Workspace::new(
        mirror,
        base.tree.clone(),
        None,
        base.tree,
        Arc::new(Rules::read(rules).unwrap()),
        cell,
        || Timestamp(0),
    )
}

#[tokio::test]
async fn what_is_excluded_or_protected_is_refused_before_the_cell_hears_of_it() {
    let place = tempfile::tempdir().unwrap();
    let asked_for = Arc::new(AtomicU32::new(0));
    let workspace = workspace(place.path(), Arc::clone(&asked_for)).await;
    let read = |path: &str| Request::Read { path: path.into(), from_line: None, line_count: None };
    let write = |path: &str| Request::Write { path: path.into(), executable: None };
    let delete = |path: &str| Request::Delete { path: path.into() };
    let rename = |from: &str, to: &str| Request::Move { from: from.into(), to: to.into() };
    let folder = |path: &str| Request::MakeDirectory { path: path.into() };
    let edit = |path: &str| Request::Edit { path: path.into(), edits: vec![] };
    let requests = [
        read(".env"),
        write(".env.new"),
        write("secret"),
        edit("app/.env.local"),
        edit("Cargo.lock"),
        edit("gen/out.rs"),
        delete("app"),
        delete("secret"),
        delete("gen"),
        rename("app", "lib"),
        rename("app/main.rs", "app/.env"),
        rename("app/main.rs", "gen/main.rs"),
        rename("app/main.rs", "secret"),
        folder("gen/deeper"),
    ];
    for request in requests {
        let refused = workspace.call(request.clone(), Vec::new()).await;
        assert!(matches!(refused, Err(ToolFailure::Refused(_))), "{request:?}: {refused:?}");
    }
    assert_eq!(asked_for.load(Ordering::SeqCst), 0);
    workspace.call(read("app/main.rs"), Vec::new()).await.unwrap();
    // To make a folder that is there changes nothing in it.
    workspace.call(folder("app"), Vec::new()).await.unwrap();
    assert_eq!(asked_for.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_cell_that_was_taken_over_gets_nothing_excluded_or_protected_into_a_tree() {
    let place = tempfile::tempdir().unwrap();
    let workspace = workspace(place.path(), Arc::default()).await;
    let (mirror, base) = workspace.source();
    let put = |path: &str| Touch::Put { path: path.into(), mode: MODE_FILE, bytes: b"theirs\n".to_vec() };
    let gone = |path: &str| Touch::Remove { path: path.into() };
    let moved = |from: &str, to: &str| Touch::Move { from: from.into(), to: to.into() };
    let touches = [
        put(".env"),
        put("app/.ENV.local"),
        put("Cargo.lock"),
        put("gen/new.rs"),
        put("secret"),
        gone(".env"),
        gone("app"),
        gone("gen/out.rs"),
        gone("secret"),
        moved("app", "lib"),
        moved("app/main.rs", ".env.main"),
        moved("Cargo.lock", "lock"),
    ];
    for touch in touches {
        let what = format!("{touch:?}");
        // Nor together with what it may change.
        let refused = workspace.record(vec![put("app/main.rs"), touch], "theirs").await;
        assert!(matches!(refused, Err(ToolFailure::Refused(_))), "{what}: {refused:?}");
        assert_eq!(workspace.source().1, base, "{what}");
    }
    workspace.record(vec![put("app/main.rs")], "ours").await.unwrap().unwrap();
    let (_, tree) = workspace.source();
    for (path, content) in FILES.iter().filter(|(path, _)| *path != "app/main.rs") {
        assert_eq!(mirror.read_file(&tree, path.as_bytes()).unwrap(), content.as_bytes(), "{path}");
    }
}

/// A workspace over a repository with submodules, beside a file and alone in a folder, and a link.
async fn with_submodules(place: &Path, asked_for: Arc<AtomicU32>) -> Workspace {
    let work = place.join("work");
    std::fs::create_dir_all(work.join("third")).unwrap();
    std::fs::write(work.join("third/notes"), "notes\n").unwrap();
    std::os::unix::fs::symlink("third/notes", work.join("link")).unwrap();
    git(&work, &["init", "--quiet", "--initial-branch=main"]).unwrap();
    git(&work, &["add", "--all"]).unwrap();
    for module in ["third/library", "vendored/library"] {
        let entry = format!("160000,{},{module}", "1".repeat(40));
        git(&work, &["update-index", "--add", "--cacheinfo", &entry]).unwrap();
    }
    git(&work, &["commit", "--quiet", "-m", "x"]).unwrap();
    over(place, &FileRules::default(), asked_for).await
}

#[tokio::test]
async fn what_no_checkpoint_takes_is_refused_before_the_cell_hears_of_it() {
    let place = tempfile::tempdir().unwrap();
    let asked_for = Arc::new(AtomicU32::new(0));
    let workspace = with_submodules(place.path(), Arc::clone(&asked_for)).await;
    let write = |path: &str| Request::Write { path: path.into(), executable: None };
    let rename = |from: &str, to: &str| Request::Move { from: from.into(), to: to.into() };
    let another = "name another path, from the repository's root and with / between names, as in src/main.rs";
    for (request, why) in [
        (write(r".\src\main.rs"), r".\\src\\main.rs: it has . or .. in it"),
        (write(r"..\x.rs"), r"..\\x.rs: it has . or .. in it"),
        (write("a/.git."), "a/.git.: it reaches into .git"),
        (write("vendored"), "vendored: it is a folder"),
        (write("vendored/library"), "vendored/library: a submodule is there"),
        (write("vendored/library/x"), "vendored/library/x: a file, a link or a submodule is in its way"),
        (
            Request::MakeDirectory { path: "vendored/library/x".into() },
            "vendored/library/x/.gitkeep: a file, a link or a submodule is in its way",
        ),
        (rename("third/notes", "vendored"), "vendored: it is a folder"),
        (rename("link", ".gitignore"), ".gitignore: git must not follow a link there"),
    ] {
        let refused = workspace.call(request.clone(), Vec::new()).await;
        let Err(ToolFailure::Refused(said)) = refused else { panic!("{request:?}: {refused:?}") };
        assert_eq!(said, format!("{why}; {another}"));
    }
    let refused = workspace.call(Request::Delete { path: "third".into() }, Vec::new()).await;
    let Err(ToolFailure::Refused(said)) = refused else { panic!("{refused:?}") };
    assert_eq!(
        said,
        "third holds the submodule third/library, whose files are not in the workspace, so that it stays where \
         it is; delete what you see in it one by one"
    );
    assert_eq!(asked_for.load(Ordering::SeqCst), 0);
    for request in [
        Request::MakeDirectory { path: "third".into() },
        Request::MakeDirectory { path: "vendored".into() },
        write("vendored/notes"),
        rename("third", "party"),
        Request::Delete { path: "third/notes".into() },
    ] {
        workspace.call(request, Vec::new()).await.unwrap();
    }
    assert_eq!(asked_for.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_folder_is_moved_with_its_submodules_and_no_cell_can_remove_one() {
    let place = tempfile::tempdir().unwrap();
    let workspace = with_submodules(place.path(), Arc::default()).await;
    let moved = Touch::Move { from: "third".into(), to: "party".into() };
    workspace.record(vec![moved], "Move third to party").await.unwrap().unwrap();
    let (mirror, tree) = workspace.source();
    let modules: Vec<_> = mirror.submodules(&tree).unwrap().into_iter().map(|module| module.path).collect();
    assert_eq!(modules, [b"party/library".to_vec(), b"vendored/library".to_vec()]);
    assert_eq!(mirror.read_file(&tree, b"party/notes").unwrap(), b"notes\n");
    let put = |path: &str, mode| Touch::Put { path: path.into(), mode, bytes: b"theirs\n".to_vec() };
    for touch in [
        put("vendored/library/x", MODE_FILE),
        put("vendored/library", MODE_FILE),
        put(r"..\x", MODE_FILE),
        put(".gitattributes", 0o120_000),
        put("odd", 0o40_000),
        Touch::Remove { path: "vendored".into() },
    ] {
        let what = format!("{touch:?}");
        let refused = workspace.record(vec![touch], "theirs").await;
        assert!(matches!(refused, Err(ToolFailure::Refused(_))), "{what}: {refused:?}");
        assert_eq!(workspace.source().1, tree, "{what}");
    }
}
