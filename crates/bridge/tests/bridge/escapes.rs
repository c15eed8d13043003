//! Every way out by a path that we know, tried on every request that takes one.

use std::os::unix::fs::symlink;

use anchorhold_bridge::{RefusalCode, Replacement, Request};

use crate::host::Bridge;

/// Every request that takes a path, on this one.
fn all(path: &str) -> Vec<Request> {
    let path = || path.into();
    let edits = vec![Replacement { old: "a".into(), new: "b".into(), replace_all: false }];
    vec![
        Request::List { path: path(), depth: None },
        Request::Read { path: path(), from_line: None, line_count: None },
        Request::ReadRaw { path: path(), offset: 0, len: 1 },
        Request::Search {
            pattern: "a".into(),
            path: path(),
            globs: Vec::new(),
            case_insensitive: false,
            max_matches: None,
            context: 0,
            first_only: false,
        },
        Request::Write { path: path(), executable: None },
        Request::Edit { path: path(), edits },
        Request::Delete { path: path() },
        Request::Move { from: path(), to: "target".into() },
        Request::Move { from: "inside".into(), to: path() },
        Request::MakeDirectory { path: path() },
        Request::Stat { path: path() },
    ]
}

#[track_caller]
fn check(path: &str, expected: RefusalCode) {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "a secret").unwrap();
    let mut bridge = Bridge::start();
    bridge.write("inside", b"a");
    symlink(outside.path(), bridge.tree().join("to-folder")).unwrap();
    symlink("inside", bridge.tree().join("to-inside")).unwrap();
    for request in all(path) {
        let shown = format!("{request:?}");
        assert_eq!(bridge.code(request), Some(expected), "{shown}");
    }
    assert_eq!(std::fs::read(outside.path().join("secret")).unwrap(), b"a secret");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
    assert_eq!(std::fs::read(bridge.tree().join("inside")).unwrap(), b"a");
}

#[test]
fn a_path_upwards_is_refused() {
    check("..", RefusalCode::OutsideWorkspace);
    check("../state/baseline", RefusalCode::OutsideWorkspace);
    check("a/../../x", RefusalCode::OutsideWorkspace);
}

#[test]
fn an_absolute_path_is_refused() {
    check("/etc/passwd", RefusalCode::OutsideWorkspace);
    check("/proc/self/root/etc", RefusalCode::OutsideWorkspace);
}

#[test]
fn a_path_through_a_symlink_is_refused() {
    check("to-folder/secret", RefusalCode::IsSymlink);
    check("to-folder/new", RefusalCode::IsSymlink);
    check("to-inside/x", RefusalCode::IsSymlink);
}

#[test]
fn names_of_gits_own_are_refused() {
    check(".git/hooks/post-checkout", RefusalCode::ReservedName);
    check("sub/.GIT", RefusalCode::ReservedName);
}

#[test]
fn a_symlink_is_seen_moved_and_removed_but_never_followed() {
    let mut bridge = Bridge::start();
    bridge.write("inside", b"a");
    symlink("inside", bridge.tree().join("link")).unwrap();
    let link = || "link".into();
    let read = Request::Read { path: link(), from_line: None, line_count: None };
    assert_eq!(bridge.code(read), Some(RefusalCode::IsSymlink));
    let write = Request::Write { path: link(), executable: None };
    assert_eq!(bridge.code(write), Some(RefusalCode::IsSymlink));
    let raw = bridge.call(Request::ReadRaw { path: link(), offset: 0, len: 100 }, b"");
    assert_eq!(raw.1, b"inside");
    assert_eq!(bridge.code(Request::Move { from: link(), to: "moved".into() }), None);
    assert_eq!(bridge.code(Request::Delete { path: "moved".into() }), None);
    assert_eq!(std::fs::read(bridge.tree().join("inside")).unwrap(), b"a");
}

#[test]
fn a_search_or_list_of_everything_does_not_leave_by_a_symlink() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "needle").unwrap();
    let mut bridge = Bridge::start();
    bridge.hello();
    symlink(outside.path(), bridge.tree().join("to-folder")).unwrap();
    symlink(outside.path().join("secret"), bridge.tree().join("to-file")).unwrap();
    let search = Request::Search {
        pattern: "needle".into(),
        path: ".".into(),
        globs: Vec::new(),
        case_insensitive: false,
        max_matches: None,
        context: 0,
        first_only: false,
    };
    let responses = [
        bridge.ask(search),
        bridge.ask(Request::List { path: ".".into(), depth: Some(9) }),
        bridge.ask(Request::Glob { pattern: "**".into() }),
    ];
    let shown = format!("{responses:?}");
    assert!(!shown.contains("needle") && !shown.contains("secret"), "{shown}");
}
