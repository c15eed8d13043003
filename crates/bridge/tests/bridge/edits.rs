//! Edits through the program; the rules of replacing are tested beside them.

use anchorhold_bridge::{MODE_EXECUTABLE, NearLine, RefusalCode, Replacement, Request, Response};

use crate::host::Bridge;

fn edit(path: &str, edits: &[(&str, &str)]) -> Request {
    let edits = edits
        .iter()
        .map(|(old, new)| Replacement { old: (*old).into(), new: (*new).into(), replace_all: false })
        .collect();
    Request::Edit { path: path.into(), edits }
}

#[test]
fn an_edit_keeps_line_ends_mark_last_line_and_mode_and_answers_with_the_content() {
    let mut bridge = Bridge::start();
    let write = Request::Write { path: "run.ps1".into(), executable: Some(true) };
    bridge.call(write, b"\xef\xbb\xbfone\r\ntwo\r\nthree");
    let (response, body) = bridge.call(edit("run.ps1", &[("one\ntwo", "1\n2"), ("three", "3")]), b"");
    let content = b"\xef\xbb\xbf1\r\n2\r\n3".as_slice();
    assert_eq!(
        response,
        Response::Edited {
            replacements: 2,
            bytes: content.len() as u64,
            mode: MODE_EXECUTABLE,
            content_in_body: true
        }
    );
    assert_eq!(body, content);
    assert_eq!(std::fs::read(bridge.tree().join("run.ps1")).unwrap(), content);
}

#[test]
fn a_missed_edit_changes_nothing_and_points_at_the_nearest_lines() {
    let mut bridge = Bridge::start();
    let content = b"fn add(a: u32, b: u32) -> u32 {\n    a + b\n}\n";
    bridge.write("lib.rs", content);
    let request = edit("lib.rs", &[("a + b", "a - b"), ("fn add(a: i32, b: i32) -> i32 {", "x")]);
    let refusal = bridge.refused(request);
    assert_eq!(refusal.code, RefusalCode::EditNotFound);
    assert_eq!(refusal.nearest, [NearLine { line: 1, text: "fn add(a: u32, b: u32) -> u32 {".into() }]);
    assert_eq!(std::fs::read(bridge.tree().join("lib.rs")).unwrap(), content);
}

#[test]
fn an_edit_of_latin_1_leaves_the_other_bytes_alone() {
    let mut bridge = Bridge::start();
    bridge.write("latin.txt", b"caf\xe9 one\n");
    bridge.ask(edit("latin.txt", &[("one", "two")]));
    assert_eq!(std::fs::read(bridge.tree().join("latin.txt")).unwrap(), b"caf\xe9 two\n");
}

#[test]
fn what_cannot_be_edited_says_so() {
    let mut bridge = Bridge::start();
    bridge.write("twice", b"x x");
    bridge.write("picture", b"\0x");
    let mut code = |path, old| bridge.refused(edit(path, &[(old, "y")])).code;
    assert_eq!(code("twice", "x"), RefusalCode::EditAmbiguous);
    assert_eq!(code("picture", "x"), RefusalCode::Binary);
    assert_eq!(code("missing", "x"), RefusalCode::NotFound);
    assert_eq!(code("twice", ""), RefusalCode::EditEmpty);
}
