//! Trees out, frame by frame, and the emptying before a volume is removed.

use anchorhold_bridge::{
    ExportCursor, ImportPiece, MODE_EXECUTABLE, MODE_FILE, MODE_SUBMODULE, MODE_SYMLINK, RefusalCode,
    Request, Response,
};

use crate::host::Bridge;

type Frame = (Vec<ImportPiece>, Vec<u8>, Option<ExportCursor>);
type File = (Vec<u8>, u32, Vec<u8>);

fn frame(bridge: &mut Bridge, after: Option<ExportCursor>) -> Frame {
    match bridge.call(Request::Export { after }, b"") {
        (Response::Exported { pieces, next }, body) => (pieces, body, next),
        (other, _) => panic!("{other:?}"),
    }
}

fn frames(bridge: &mut Bridge) -> Vec<Frame> {
    let mut frames = vec![frame(bridge, None)];
    while let Some(after) = frames.last().unwrap().2.clone() {
        frames.push(frame(bridge, Some(after)));
    }
    frames
}

/// The files of all frames, put together.
fn files(frames: &[Frame]) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for (pieces, body, _) in frames {
        let mut rest = body.as_slice();
        for piece in pieces {
            let (bytes, after) = rest.split_at(piece.len as usize);
            rest = after;
            match files.last_mut() {
                Some((path, _, content)) if path == piece.path.as_bytes() => {
                    assert_eq!(content.len() as u64, piece.offset);
                    content.extend_from_slice(bytes);
                }
                _ => {
                    assert_eq!(piece.offset, 0);
                    files.push((piece.path.as_bytes().to_vec(), piece.mode, bytes.to_vec()));
                }
            }
        }
        assert!(rest.is_empty());
    }
    files
}

fn owned(path: &[u8], mode: u32, bytes: &[u8]) -> File {
    (path.to_vec(), mode, bytes.to_vec())
}

#[test]
fn a_tree_comes_out_in_the_order_of_paths_with_submodules_and_without_empty_folders() {
    let mut bridge = Bridge::start();
    bridge.import(&[
        (b"a/x", MODE_EXECUTABLE, b"#!"),
        (b"a.txt", MODE_FILE, b""),
        (b"link", MODE_SYMLINK, b"/nowhere"),
        (b"n\xff", MODE_FILE, b"\xff"),
        (b"vendored", MODE_SUBMODULE, b""),
        (b"filled", MODE_SUBMODULE, b""),
    ]);
    bridge.ask(Request::MakeDirectory { path: "empty/folder".into() });
    bridge.write("filled/file", b"1");
    assert_eq!(
        files(&frames(&mut bridge)),
        [
            owned(b"a.txt", MODE_FILE, b""),
            owned(b"a/x", MODE_EXECUTABLE, b"#!"),
            owned(b"filled/file", MODE_FILE, b"1"),
            owned(b"link", MODE_SYMLINK, b"/nowhere"),
            owned(b"n\xff", MODE_FILE, b"\xff"),
            owned(b"vendored", MODE_SUBMODULE, b""),
        ]
    );
}

/// Small files, empty ones, and one that takes several frames, across folders whose order is a trap.
fn many() -> Bridge {
    let bridge = Bridge::start();
    let tree = bridge.tree();
    for folder in ["", "a", "a-b", "a/b", "a.b", "a/b/c"] {
        std::fs::create_dir_all(tree.join(folder)).unwrap();
        for number in 0..150 {
            let bytes = vec![b'x'; number * 13 % 7 * 300];
            std::fs::write(tree.join(folder).join(format!("file-{number}")), bytes).unwrap();
        }
    }
    let large: Vec<u8> = (0..900_000_u32).map(|number| number as u8).collect();
    std::fs::write(tree.join("a/large"), large).unwrap();
    bridge
}

#[test]
fn any_frame_can_be_asked_for_again_and_by_another_program() {
    let mut bridge = many();
    let all = frames(&mut bridge);
    assert!(all.len() > 5);
    assert_eq!(files(&all).len(), 6 * 150 + 1);
    let mut after = None;
    for expected in &all {
        // Anything else between two frames, so that the place is found anew.
        bridge.ask(Request::Stat { path: "a".into() });
        assert_eq!(frame(&mut bridge, after.clone()), *expected);
        assert_eq!(frame(&mut bridge, after), *expected);
        after = expected.2.clone();
    }
    let mut bridge = bridge.restart();
    assert_eq!(frame(&mut bridge, all[1].2.clone()), all[2]);
}

#[test]
fn an_export_goes_on_behind_a_file_that_is_gone() {
    let mut bridge = many();
    let whole = files(&frames(&mut bridge));
    let after = Some(ExportCursor { path: "a/file-0".into(), offset: 0 });
    bridge.ask(Request::Delete { path: "a/file-0".into() });
    let place = whole.iter().position(|(path, ..)| path == b"a/file-0").unwrap();
    let (pieces, ..) = frame(&mut bridge, after);
    assert_eq!(pieces[0].path.as_bytes(), whole[place + 1].0);
    let after = Some(ExportCursor { path: "nowhere/at/all".into(), offset: 7 });
    assert_eq!(frame(&mut bridge, after), (Vec::new(), Vec::new(), None));
}

#[test]
fn a_cursor_outside_the_workspace_is_refused() {
    let mut bridge = Bridge::start();
    let after = Some(ExportCursor { path: "../state/baseline".into(), offset: 0 });
    assert_eq!(bridge.refused(Request::Export { after }).code, RefusalCode::OutsideWorkspace);
}

#[test]
fn what_is_exported_can_be_imported_again_as_it_is() {
    let mut bridge = many();
    let all = frames(&mut bridge);
    let mut other = Bridge::start();
    other.ask(Request::ImportBegin);
    for (pieces, body, _) in &all {
        let (response, _) = other.call(Request::ImportFiles { pieces: pieces.clone() }, body);
        assert_eq!(response, Response::Importing);
    }
    let bytes = files(&all).iter().map(|(_, _, content)| content.len() as u64).sum();
    assert_eq!(other.ask(Request::ImportEnd), Response::Imported { files: 901, bytes });
    assert_eq!(files(&frames(&mut other)), files(&all));
}

fn usage(bridge: &mut Bridge) -> (u64, u64) {
    let usage = bridge.hello().usage;
    (usage.files, usage.bytes)
}

#[test]
fn an_emptied_workspace_keeps_nothing_and_is_of_use_again() {
    let mut bridge = Bridge::start();
    bridge.import(&[(b"a/b/c", MODE_FILE, b"1"), (b"link", MODE_SYMLINK, b"a")]);
    assert_eq!(bridge.ask(Request::Empty), Response::Emptied { entries: 4 });
    assert_eq!(usage(&mut bridge), (0, 0));
    assert!(!bridge.hello().imported);
    let root = bridge.tree().parent().unwrap().to_owned();
    for folder in ["tree", "state"] {
        assert_eq!(std::fs::read_dir(root.join(folder)).unwrap().count(), 0, "{folder}");
    }
    assert_eq!(bridge.ask(Request::Empty), Response::Emptied { entries: 0 });
    bridge.import(&[(b"a", MODE_FILE, b"1")]);
    assert_eq!(usage(&mut bridge), (1, 1));
}

#[test]
fn an_import_that_is_under_way_ends_where_the_workspace_is_emptied() {
    let mut bridge = Bridge::start();
    bridge.ask(Request::ImportBegin);
    bridge.ask(Request::Empty);
    assert_eq!(bridge.refused(Request::ImportEnd).code, RefusalCode::BadRequest);
}
