//! The limits, each named in its refusal.

use anchorhold_bridge::{ImportPiece, MODE_FILE, Quotas, RefusalCode, Replacement, Request, Response};

use crate::host::Bridge;

fn write(path: &str) -> Request {
    Request::Write { path: path.into(), executable: None }
}

#[track_caller]
fn check(bridge: &mut Bridge, request: Request, body: &[u8], code: RefusalCode, limit: &str) {
    let (response, _) = bridge.call(request, body);
    let Response::Refused(refusal) = response else { panic!("{response:?}") };
    assert_eq!(refusal.code, code);
    assert!(refusal.message.contains(limit), "{}", refusal.message);
}

#[test]
fn bytes_are_counted_over_all_files_and_given_back() {
    let mut bridge = Bridge::with(Quotas { bytes: 10, ..Quotas::default() });
    bridge.write("a", b"123456");
    check(&mut bridge, write("b"), b"12345", RefusalCode::QuotaBytes, "10 bytes");
    bridge.write("a", b"12345");
    bridge.write("b", b"12345");
    let edits = vec![Replacement { old: "5".into(), new: "56".into(), replace_all: false }];
    let edit = Request::Edit { path: "a".into(), edits };
    check(&mut bridge, edit, b"", RefusalCode::QuotaBytes, "10 bytes");
    bridge.ask(Request::Delete { path: "b".into() });
    bridge.write("a", b"1234567890");
}

#[test]
fn files_and_folders_are_counted_together() {
    let mut bridge = Bridge::with(Quotas { files: 3, ..Quotas::default() });
    check(&mut bridge, write("a/b/c/d"), b"", RefusalCode::QuotaFiles, "3 files");
    assert!(!bridge.tree().join("a").exists());
    bridge.write("a/b/c", b"");
    check(&mut bridge, write("d"), b"", RefusalCode::QuotaFiles, "3 files");
    let folder = Request::MakeDirectory { path: "x".into() };
    check(&mut bridge, folder, b"", RefusalCode::QuotaFiles, "3 files");
    let rename = Request::Move { from: "a/b/c".into(), to: "y/c".into() };
    check(&mut bridge, rename, b"", RefusalCode::QuotaFiles, "3 files");
    bridge.write("a/b/c", b"again");
}

#[test]
fn paths_are_bounded_also_where_a_folder_is_moved() {
    let mut bridge = Bridge::with(Quotas { path_bytes: 12, depth: 3, ..Quotas::default() });
    check(&mut bridge, write("a/b/c/d"), b"", RefusalCode::BadPath, "3 parts");
    check(&mut bridge, write("longer-than-12"), b"", RefusalCode::BadPath, "12 bytes");
    bridge.write("a/b/c", b"");
    bridge.ask(Request::MakeDirectory { path: "x".into() });
    let rename = |to: &str| Request::Move { from: "a".into(), to: to.into() };
    check(&mut bridge, rename("x/a"), b"", RefusalCode::BadPath, "3 parts");
    check(&mut bridge, rename("longer-name"), b"", RefusalCode::BadPath, "12 bytes");
}

#[test]
fn a_read_returns_no_more_than_its_limit() {
    let mut bridge = Bridge::with(Quotas { read_bytes: 5, ..Quotas::default() });
    bridge.write("lines", b"ab\ncd\nef\n");
    bridge.write("line", b"0123456789");
    let read = |path: &str| Request::Read { path: path.into(), from_line: None, line_count: None };
    let truncated = |answer: (Response, Vec<u8>)| match answer {
        (Response::Read { truncated, lines, total_lines, total_bytes, .. }, body) => {
            (truncated, lines, total_lines, total_bytes, body)
        }
        (other, _) => panic!("{other:?}"),
    };
    assert_eq!(truncated(bridge.call(read("lines"), b"")), (true, 1, 3, 9, b"ab\n".to_vec()));
    assert_eq!(truncated(bridge.call(read("line"), b"")), (true, 1, 1, 10, b"01234".to_vec()));
}

#[test]
fn a_file_over_the_limit_is_not_edited() {
    let mut bridge = Bridge::with(Quotas { edit_bytes: 5, ..Quotas::default() });
    bridge.write("six", b"123456");
    let edits = vec![Replacement { old: "1".into(), new: "2".into(), replace_all: false }];
    let edit = Request::Edit { path: "six".into(), edits };
    check(&mut bridge, edit, b"", RefusalCode::TooLarge, "the limit for an edited file is 5");
    bridge.write("five", b"12345");
    let edits = vec![Replacement { old: "1".into(), new: "22".into(), replace_all: false }];
    let edit = Request::Edit { path: "five".into(), edits };
    check(&mut bridge, edit, b"", RefusalCode::TooLarge, "the limit for an edited file is 5");
    assert_eq!(std::fs::read(bridge.tree().join("five")).unwrap(), b"12345");
}

#[test]
fn patterns_and_globs_are_bounded() {
    let mut bridge = Bridge::start();
    let search = |pattern: String, globs| Request::Search {
        pattern,
        path: "".into(),
        globs,
        case_insensitive: false,
        max_matches: None,
        context: 0,
        first_only: false,
    };
    check(&mut bridge, search("a".repeat(9000), vec![]), b"", RefusalCode::BadPattern, "8192 bytes");
    let many = vec!["a".to_owned(); 65];
    check(&mut bridge, search("a".into(), many), b"", RefusalCode::BadPattern, "the limit is 64");
    let glob = Request::Glob { pattern: "a".repeat(5000) };
    check(&mut bridge, glob, b"", RefusalCode::BadPattern, "4096 bytes");
}

#[test]
fn an_import_keeps_to_the_limits_too() {
    let mut bridge = Bridge::with(Quotas { bytes: 10, files: 2, ..Quotas::default() });
    let piece =
        |path: &str, total| ImportPiece { path: path.into(), mode: MODE_FILE, offset: 0, len: 1, total };
    bridge.ask(Request::ImportBegin);
    let large = Request::ImportFiles { pieces: vec![piece("large", 11)] };
    check(&mut bridge, large, b"1", RefusalCode::QuotaBytes, "10 bytes");
    bridge.ask(Request::ImportBegin);
    let many = Request::ImportFiles { pieces: vec![piece("a/b/c", 1)] };
    check(&mut bridge, many, b"1", RefusalCode::QuotaFiles, "2 files");
}

#[test]
fn an_edit_has_a_most_of_replacements() {
    let mut bridge = Bridge::start();
    bridge.write("file", b"a");
    let one = |from: &str, to: &str| Replacement { old: from.into(), new: to.into(), replace_all: false };
    let edits = |count| (0..count).map(|n| if n % 2 == 0 { one("a", "b") } else { one("b", "a") }).collect();
    let request = |count| Request::Edit { path: "file".into(), edits: edits(count) };
    assert_eq!(bridge.code(request(1000)), None);
    let refusal = bridge.refused(request(1001));
    assert_eq!(refusal.code, RefusalCode::TooLarge);
    assert!(refusal.message.contains("1001 replacements") && refusal.message.contains("limit is 1000"));
}
