//! Trees in, changes and bytes out.

use std::collections::BTreeMap;

use anchorhold_bridge::{
    Change, ChangeStatus, ImportPiece, MODE_EXECUTABLE, MODE_FILE, MODE_SUBMODULE, MODE_SYMLINK, PathBytes,
    RefusalCode, Request, Response,
};
use proptest::prelude::*;

use crate::host::Bridge;

const TREE: [(&[u8], u32, &[u8]); 5] = [
    (b"README.md", MODE_FILE, b"hello"),
    (b"bin/run", MODE_EXECUTABLE, b"#!"),
    (b"bin/link", MODE_SYMLINK, b"../README.md"),
    (b"src/n\xffme", MODE_FILE, b""),
    (b"vendored", MODE_SUBMODULE, b""),
];

fn changes(bridge: &mut Bridge) -> Vec<(String, ChangeStatus)> {
    let response = bridge.ask(Request::Changes { after: None });
    let Response::Changes { changes, truncated: false } = response else { panic!("{response:?}") };
    changes.into_iter().map(|change| (format!("{:o} {}", change.mode, change.path), change.status)).collect()
}

#[test]
fn nothing_differs_after_an_import_also_for_the_next_program() {
    let mut bridge = Bridge::start();
    assert!(!bridge.hello().imported);
    bridge.import(&TREE);
    assert_eq!(changes(&mut bridge), []);
    let mut bridge = bridge.restart();
    assert!(bridge.hello().imported);
    assert_eq!(changes(&mut bridge), []);
}

#[test]
fn every_kind_of_change_is_told_and_an_undone_one_is_none() {
    let mut bridge = Bridge::start();
    bridge.import(&TREE);
    bridge.write("README.md", b"other");
    bridge.write("new", b"");
    bridge.ask(Request::Delete { path: "bin/link".into() });
    bridge.call(Request::Write { path: "bin/run".into(), executable: Some(false) }, b"#!");
    assert_eq!(
        changes(&mut bridge),
        [
            ("100644 README.md".to_owned(), ChangeStatus::Modified),
            ("120000 bin/link".to_owned(), ChangeStatus::Deleted),
            ("100644 bin/run".to_owned(), ChangeStatus::Modified),
            ("100644 new".to_owned(), ChangeStatus::Added),
        ]
    );
    bridge.write("README.md", b"hello");
    assert_eq!(changes(&mut bridge).len(), 3);
}

#[test]
fn changes_come_in_pages() {
    let mut bridge = Bridge::start();
    bridge.import(&[]);
    let name = "n".repeat(240);
    for number in 0..5000 {
        std::fs::write(bridge.tree().join(format!("{name}{number:04}")), b"").unwrap();
    }
    let mut all: Vec<Change> = Vec::new();
    let mut pages = 0;
    loop {
        let after = all.last().map(|change| change.path.clone());
        let response = bridge.ask(Request::Changes { after });
        let Response::Changes { changes, truncated } = response else { panic!("{response:?}") };
        all.extend(changes);
        pages += 1;
        if !truncated {
            break;
        }
    }
    let paths: Vec<PathBytes> = all.into_iter().map(|change| change.path).collect();
    let expected: Vec<PathBytes> = (0..5000).map(|number| format!("{name}{number:04}").into()).collect();
    assert_eq!(paths, expected);
    assert!(pages > 1);
}

#[test]
fn a_large_file_comes_in_pieces_and_must_keep_its_word() {
    let mut bridge = Bridge::start();
    let piece = |offset, len| ImportPiece { path: "large".into(), mode: MODE_FILE, offset, len, total: 6 };
    let files = |piece| Request::ImportFiles { pieces: vec![piece] };
    bridge.ask(Request::ImportBegin);
    bridge.call(files(piece(0, 3)), b"abc");
    bridge.call(files(piece(3, 3)), b"def");
    assert_eq!(bridge.ask(Request::ImportEnd), Response::Imported { files: 1, bytes: 6 });
    assert_eq!(std::fs::read(bridge.tree().join("large")).unwrap(), b"abcdef");

    for (pieces, body) in [
        (vec![piece(3, 3)], b"abc".as_slice()),
        (vec![piece(0, 4), piece(4, 4)], b"abcdefgh"),
        (vec![piece(0, 5)], b"abc"),
        (vec![piece(0, 3)], b"abcdef"),
    ] {
        bridge.ask(Request::ImportBegin);
        let (response, _) = bridge.call(Request::ImportFiles { pieces }, body);
        let Response::Refused(refusal) = response else { panic!("{response:?}") };
        assert_eq!(refusal.code, RefusalCode::BadRequest);
        assert_eq!(bridge.refused(Request::ImportEnd).code, RefusalCode::BadRequest);
        assert!(!bridge.hello().imported);
    }
}

#[test]
fn an_import_replaces_what_was_there() {
    let mut bridge = Bridge::start();
    bridge.import(&TREE);
    bridge.import(&[(b"only", MODE_FILE, b"1")]);
    let names: Vec<_> = std::fs::read_dir(bridge.tree())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["only"]);
    let usage = bridge.hello().usage;
    assert_eq!((usage.files, usage.bytes), (1, 1));
}

#[test]
fn an_import_through_a_symlink_of_its_own_is_refused() {
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().to_str().unwrap().as_bytes();
    let mut bridge = Bridge::start();
    bridge.ask(Request::ImportBegin);
    let piece = |path: &str, mode, len| ImportPiece { path: path.into(), mode, offset: 0, len, total: len };
    let pieces = vec![piece("out", MODE_SYMLINK, target.len() as u64), piece("out/file", MODE_FILE, 1)];
    let (response, _) = bridge.call(Request::ImportFiles { pieces }, &[target, b"x"].concat());
    assert!(matches!(response, Response::Refused(_)), "{response:?}");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn a_symlink_that_no_system_keeps_is_refused_with_what_is_wrong_with_it() {
    let mut bridge = Bridge::start();
    let long = "x".repeat(5000);
    for (target, reason) in
        [("", "is empty"), (long.as_str(), "is longer than 4095 bytes"), ("a\0b", "holds a zero byte")]
    {
        bridge.ask(Request::ImportBegin);
        let len = target.len() as u64;
        let piece = ImportPiece { path: "l".into(), mode: MODE_SYMLINK, offset: 0, len, total: len };
        let (response, _) = bridge.call(Request::ImportFiles { pieces: vec![piece] }, target.as_bytes());
        let Response::Refused(refusal) = response else { panic!("{response:?}") };
        assert_eq!(refusal.message, format!("cannot import l: the target of this symlink {reason}"));
    }
}

/// Names that git allows and people rarely think of.
fn name() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![1..=46_u8, 48..=255_u8], 1..20)
        .prop_filter("names of their own", |name| {
            name != b"." && name != b".." && !name.eq_ignore_ascii_case(b".git")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_tree_of_any_names_and_bytes_comes_out_as_it_went_in(
        files in proptest::collection::btree_map(
            (name(), name()),
            (any::<bool>(), proptest::collection::vec(any::<u8>(), 0..100)),
            1..8,
        )
    ) {
        // Two levels whose names cannot meet: a folder's begin with `d`, a file's with `f`.
        let files: BTreeMap<Vec<u8>, (u32, Vec<u8>)> = files
            .into_iter()
            .map(|((folder, file), (executable, bytes))| {
                let path = [b"d", folder.as_slice(), b"/f", &file].concat();
                (path, (if executable { MODE_EXECUTABLE } else { MODE_FILE }, bytes))
            })
            .collect();
        let borrowed: Vec<(&[u8], u32, &[u8])> = files
            .iter()
            .map(|(path, (mode, bytes))| (path.as_slice(), *mode, bytes.as_slice()))
            .collect();
        let mut bridge = Bridge::start();
        bridge.import(&borrowed);
        let mut out = BTreeMap::new();
        for path in files.keys() {
            let request = Request::ReadRaw { path: path.as_slice().into(), offset: 0, len: 1000 };
            let (response, body) = bridge.call(request, b"");
            let Response::Raw { mode, .. } = response else { panic!("{response:?}") };
            out.insert(path.clone(), (mode, body));
        }
        prop_assert_eq!(out, files);
        prop_assert_eq!(changes(&mut bridge), vec![]);
    }
}
