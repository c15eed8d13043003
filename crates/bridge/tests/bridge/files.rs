//! Listing, reading, writing, removing and moving.

use std::os::unix::fs::PermissionsExt;

use anchorhold_bridge::{Entry, MODE_EXECUTABLE, MODE_FILE, MODE_FOLDER, RefusalCode, Request, Response};

use crate::host::Bridge;

fn read(path: &str, from_line: Option<u64>, line_count: Option<u64>) -> Request {
    Request::Read { path: path.into(), from_line, line_count }
}

#[track_caller]
fn check_read(content: &[u8], range: (Option<u64>, Option<u64>), expected: (&[u8], u64, u64, u64)) {
    let mut bridge = Bridge::start();
    bridge.write("file", content);
    let (response, body) = bridge.call(read("file", range.0, range.1), b"");
    let (bytes, from_line, lines, total_lines) = expected;
    assert_eq!(body, bytes);
    assert_eq!(
        response,
        Response::Read {
            from_line,
            lines,
            total_lines,
            total_bytes: content.len() as u64,
            truncated: false,
            mode: MODE_FILE,
        }
    );
}

#[test]
fn a_file_is_read_whole_or_by_lines() {
    check_read(b"a\nb\nc\n", (None, None), (b"a\nb\nc\n", 1, 3, 3));
    check_read(b"a\nb\nc\n", (Some(2), Some(1)), (b"b\n", 2, 1, 3));
    check_read(b"a\r\nb\r\nlast", (Some(2), None), (b"b\r\nlast", 2, 2, 3));
    check_read(b"\xef\xbb\xbfa\xff", (None, None), (b"\xef\xbb\xbfa\xff", 1, 1, 1));
    check_read(b"", (None, None), (b"", 1, 0, 0));
    check_read(b"a\n", (Some(9), Some(2)), (b"", 9, 0, 1));
}

#[test]
fn a_long_file_is_cut_at_a_line_and_says_so() {
    let mut bridge = Bridge::start();
    let content = "0123456789\n".repeat(60_000);
    bridge.write("long", content.as_bytes());
    let (response, body) = bridge.call(read("long", None, None), b"");
    let Response::Read { truncated, lines, total_lines, .. } = response else { panic!() };
    assert_eq!((truncated, lines, total_lines), (true, 23_831, 60_000));
    assert_eq!(body, content.as_bytes()[..23_831 * 11]);
}

#[test]
fn what_is_not_text_or_no_file_is_not_read_as_text() {
    let mut bridge = Bridge::start();
    bridge.write("picture", b"PNG\0\x01");
    bridge.ask(Request::MakeDirectory { path: "folder".into() });
    assert_eq!(bridge.refused(read("picture", None, None)).code, RefusalCode::Binary);
    assert_eq!(bridge.refused(read("folder", None, None)).code, RefusalCode::IsDirectory);
    let refusal = bridge.refused(read("missing", None, None));
    assert_eq!(refusal.code, RefusalCode::NotFound);
    assert_eq!(refusal.message, "cannot open missing: nothing is there");
}

#[test]
fn writing_makes_folders_and_keeps_the_mode_unless_told() {
    let mut bridge = Bridge::start();
    let write = |executable| Request::Write { path: "a/b/run.sh".into(), executable };
    let written = |created, bytes, mode| Response::Written { created, bytes, mode };
    assert_eq!(bridge.call(write(Some(true)), b"one").0, written(true, 3, MODE_EXECUTABLE));
    assert_eq!(bridge.call(write(None), b"three").0, written(false, 5, MODE_EXECUTABLE));
    let mode = || bridge.tree().join("a/b/run.sh").metadata().unwrap().permissions().mode();
    assert_eq!(mode() & 0o777, 0o755);
    assert_eq!(bridge.call(write(Some(false)), b"").0, written(false, 0, MODE_FILE));
}

#[test]
fn a_folder_is_listed_by_name_as_deep_as_asked() {
    let mut bridge = Bridge::start();
    bridge.write("src/main.rs", b"12345");
    bridge.write("README.md", b"1");
    let list = |depth| Request::List { path: ".".into(), depth };
    let entry = |path: &str, mode, bytes| Entry { path: path.into(), mode, bytes };
    let readme = entry("README.md", MODE_FILE, 1);
    let src = entry("src", MODE_FOLDER, 0);
    let main = entry("src/main.rs", MODE_FILE, 5);
    let listed = |entries: &[&Entry]| Response::Listed {
        entries: entries.iter().copied().cloned().collect(),
        truncated: false,
    };
    assert_eq!(bridge.ask(list(None)), listed(&[&readme, &src]));
    assert_eq!(bridge.ask(list(Some(2))), listed(&[&readme, &src, &main]));
    assert_eq!(bridge.ask(Request::Stat { path: "src/main.rs".into() }), Response::Stat(main));
}

#[test]
fn a_list_too_long_for_an_answer_is_cut() {
    let mut bridge = Bridge::start();
    let name = "n".repeat(200);
    std::fs::create_dir_all(bridge.tree()).unwrap();
    bridge.hello();
    for number in 0..5000 {
        std::fs::write(bridge.tree().join(format!("{name}{number}")), b"").unwrap();
    }
    let response = bridge.ask(Request::List { path: "".into(), depth: None });
    let Response::Listed { entries, truncated } = response else { panic!() };
    assert!(truncated);
    assert!(entries.len() > 3000, "{}", entries.len());
}

#[test]
fn a_folder_is_removed_with_everything_in_it() {
    let mut bridge = Bridge::start();
    bridge.write("src/a", b"1");
    bridge.write("src/deep/b", b"22");
    bridge.write("kept", b"333");
    let delete = |path: &str| Request::Delete { path: path.into() };
    assert_eq!(bridge.ask(delete("src")), Response::Deleted { entries: 4 });
    assert!(!bridge.tree().join("src").exists());
    let usage = bridge.hello().usage;
    assert_eq!((usage.files, usage.bytes), (1, 3));
    assert_eq!(bridge.refused(delete("src")).code, RefusalCode::NotFound);
    assert_eq!(bridge.refused(delete(".")).code, RefusalCode::BadPath);
}

#[test]
fn moving_makes_folders_and_overwrites_nothing() {
    let mut bridge = Bridge::start();
    bridge.write("a", b"a");
    bridge.write("b", b"b");
    bridge.write("folder/c", b"c");
    let rename = |from: &str, to: &str| Request::Move { from: from.into(), to: to.into() };
    assert_eq!(bridge.ask(rename("a", "new/place/a")), Response::Moved { mode: MODE_FILE });
    assert_eq!(std::fs::read(bridge.tree().join("new/place/a")).unwrap(), b"a");
    assert_eq!(bridge.ask(rename("folder", "new/f")), Response::Moved { mode: MODE_FOLDER });
    assert_eq!(bridge.refused(rename("b", "new/f/c")).code, RefusalCode::Exists);
    assert_eq!(bridge.refused(rename("new", "new/place/new")).code, RefusalCode::BadPath);
    assert_eq!(bridge.refused(rename("gone", "x")).code, RefusalCode::NotFound);
    assert_eq!(bridge.hello().usage.files, 6);
}

#[test]
fn a_umask_takes_nothing_away_from_a_files_mode() {
    let mut bridge = Bridge::under_umask(0o077);
    bridge.import(&[(b"run", MODE_EXECUTABLE, b"#!"), (b"plain", MODE_FILE, b"1")]);
    bridge.call(Request::Write { path: "written".into(), executable: Some(true) }, b"#!");
    for (path, mode) in [("run", 0o755), ("plain", 0o644), ("written", 0o755)] {
        let metadata = std::fs::metadata(bridge.tree().join(path)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{path}");
    }
}
