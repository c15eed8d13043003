//! Where the kernel renames nothing from one folder to another, as Landlock's first version does not.

use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use anchorhold_bridge::{Entry, MODE_EXECUTABLE, Quotas, RefusalCode, Replacement, Request, Response};
use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr,
};
use tempfile::TempDir;

use crate::host::Bridge;

const HALF_DONE: &str = ".anchorhold-half-done";

/// A bridge as on a kernel with Landlock's first version: the thread that starts it is restricted by
/// that version's rules, which allow everything but what it did not know yet.
fn bridge_on(folder: TempDir, quotas: Quotas) -> Bridge {
    let start = move || {
        let all = AccessFs::from_all(ABI::V1);
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(all)
            .unwrap()
            .create()
            .unwrap()
            .add_rule(PathBeneath::new(PathFd::new("/").unwrap(), all))
            .unwrap()
            .restrict_self()
            .unwrap();
        renames_within_a_folder_only(folder.path());
        Bridge::on(folder, quotas)
    };
    std::thread::spawn(start).join().unwrap()
}

/// The control: without it, the tests here would pass on any kernel, proving nothing.
fn renames_within_a_folder_only(root: &Path) {
    let (one, other) = (root.join("one"), root.join("other"));
    std::fs::create_dir_all(&one).unwrap();
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(one.join("file"), b"").unwrap();
    let refused = std::fs::rename(one.join("file"), other.join("file")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::CrossesDevices);
    std::fs::rename(one.join("file"), one.join("renamed")).unwrap();
}

fn bridge() -> Bridge {
    bridge_on(tempfile::tempdir().unwrap(), Quotas::default())
}

fn rename(from: &str, to: &str) -> Request {
    Request::Move { from: from.into(), to: to.into() }
}

fn read(bridge: &Bridge, path: &str) -> Vec<u8> {
    std::fs::read(bridge.tree().join(path)).unwrap()
}

/// Every path, with its mode and length, and nothing that was left half done.
fn listed(bridge: &mut Bridge) -> Vec<(String, u32)> {
    let response = bridge.ask(Request::List { path: "".into(), depth: Some(9) });
    let Response::Listed { entries, truncated: false } = response else { panic!("{response:?}") };
    let output =
        std::process::Command::new("find").arg(bridge.tree()).args(["-name", HALF_DONE]).output().unwrap();
    assert_eq!((output.status.success(), output.stdout), (true, Vec::new()));
    entries.into_iter().map(|Entry { path, mode, .. }| (path.to_text().into_owned(), mode)).collect()
}

#[test]
fn files_are_written_and_edited_in_place_of_what_was_there() {
    let mut bridge = bridge();
    bridge.write("a/b/file", b"one");
    bridge.call(Request::Write { path: "a/b/file".into(), executable: Some(true) }, b"two");
    let edits = vec![Replacement { old: "two".into(), new: "three".into(), replace_all: false }];
    let response = bridge.ask(Request::Edit { path: "a/b/file".into(), edits });
    assert!(matches!(response, Response::Edited { mode: MODE_EXECUTABLE, .. }), "{response:?}");
    assert_eq!(read(&bridge, "a/b/file"), b"three");
    assert_eq!(
        listed(&mut bridge),
        [("a".into(), 0o040_000), ("a/b".into(), 0o040_000), ("a/b/file".into(), 0o100_755)]
    );
    let usage = bridge.hello().usage;
    assert_eq!((usage.files, usage.bytes), (3, 5));
}

#[test]
fn a_file_is_moved_to_another_folder_as_it_is() {
    let mut bridge = bridge();
    bridge.call(Request::Write { path: "run".into(), executable: Some(true) }, &[7; 200_000]);
    assert_eq!(bridge.ask(rename("run", "bin/deep/run")), Response::Moved { mode: MODE_EXECUTABLE });
    assert_eq!(read(&bridge, "bin/deep/run"), [7; 200_000]);
    assert_eq!(
        bridge.ask(rename("bin/deep/run", "bin/deep/again")),
        Response::Moved { mode: MODE_EXECUTABLE }
    );
    assert_eq!(
        listed(&mut bridge),
        [("bin".into(), 0o040_000), ("bin/deep".into(), 0o040_000), ("bin/deep/again".into(), 0o100_755),]
    );
    let usage = bridge.hello().usage;
    assert_eq!((usage.files, usage.bytes), (3, 200_000));
}

#[test]
fn a_folder_is_moved_with_everything_in_it() {
    let mut bridge = bridge();
    bridge.write("from/plain", b"1");
    bridge.call(Request::Write { path: "from/deep/run".into(), executable: Some(true) }, b"22");
    bridge.ask(Request::MakeDirectory { path: "from/empty".into() });
    symlink("/nowhere", bridge.tree().join("from/link")).unwrap();
    // What came from outside is counted at the start.
    let mut bridge = bridge.restart_with(bridge_on);
    let before = bridge.hello().usage;
    assert_eq!(bridge.ask(rename("from", "to/there")), Response::Moved { mode: 0o040_000 });
    assert_eq!(
        listed(&mut bridge),
        [
            ("to".into(), 0o040_000),
            ("to/there".into(), 0o040_000),
            ("to/there/deep".into(), 0o040_000),
            ("to/there/deep/run".into(), 0o100_755),
            ("to/there/empty".into(), 0o040_000),
            ("to/there/link".into(), 0o120_000),
            ("to/there/plain".into(), 0o100_644),
        ]
    );
    assert_eq!(std::fs::read_link(bridge.tree().join("to/there/link")).unwrap(), Path::new("/nowhere"));
    assert_eq!(read(&bridge, "to/there/deep/run"), b"22");
    let after = bridge.hello().usage;
    assert_eq!((after.files, after.bytes), (before.files + 1, before.bytes));
}

#[test]
fn a_move_that_cannot_be_made_whole_leaves_everything_as_it_was() {
    let quotas = Quotas { bytes: 10, ..Quotas::default() };
    let mut bridge = bridge_on(tempfile::tempdir().unwrap(), quotas);
    bridge.write("from/a", b"123");
    bridge.write("from/b", b"456");
    bridge.ask(Request::MakeDirectory { path: "to".into() });
    let before = listed(&mut bridge);
    let refusal = bridge.refused(rename("from", "to/from"));
    assert_eq!(refusal.code, RefusalCode::QuotaBytes);
    assert!(refusal.message.contains("10 bytes"), "{}", refusal.message);
    assert_eq!(listed(&mut bridge), before);

    // What is neither file, folder nor symlink fails the copy in its middle.
    let odd = bridge.tree().join("from/b");
    std::fs::remove_file(&odd).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &odd,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let before = listed(&mut bridge);
    bridge.refused(rename("from", "to/from"));
    assert_eq!(listed(&mut bridge), before);
    std::fs::remove_file(&odd).unwrap();
    assert_eq!(bridge.ask(rename("from", "to/from")), Response::Moved { mode: 0o040_000 });
}

#[test]
fn what_a_crash_left_half_done_is_gone_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    std::fs::create_dir_all(tree.join("a").join(HALF_DONE).join("deep").join(HALF_DONE)).unwrap();
    std::fs::write(tree.join("a").join(HALF_DONE).join("deep/file"), b"1").unwrap();
    std::fs::create_dir_all(tree.join("b")).unwrap();
    std::fs::write(tree.join("b").join(HALF_DONE), b"1").unwrap();
    let mut bridge = bridge_on(folder, Quotas::default());
    assert_eq!(listed(&mut bridge), [("a".into(), 0o040_000), ("b".into(), 0o040_000)]);
    let usage = bridge.hello().usage;
    assert_eq!((usage.files, usage.bytes), (2, 0));
}

#[test]
fn the_name_of_what_is_half_done_is_nobodys_own() {
    let mut bridge = bridge();
    for request in [
        Request::Write { path: HALF_DONE.into(), executable: None },
        Request::MakeDirectory { path: format!("a/{HALF_DONE}/b").as_str().into() },
        rename("a", HALF_DONE),
    ] {
        assert_eq!(bridge.code(request), Some(RefusalCode::ReservedName));
    }
}

#[test]
fn a_file_beside_keeps_the_mode_it_is_given() {
    let mut bridge = bridge();
    bridge.write("file", b"1");
    let mode = std::fs::metadata(bridge.tree().join("file")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}
