//! Trees go into a cell and come out as they were, down to the id that git gives them.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::Write;
use std::process::{Command, Stdio};

use anchorhold_sandbox::bridge::{MODE_EXECUTABLE, MODE_FILE, MODE_SUBMODULE, MODE_SYMLINK};
use anchorhold_sandbox::{Cell, ExportPiece, ImportFile, Quotas, Request, Response};
use futures_util::stream;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

type Tree = BTreeMap<Vec<u8>, (u32, Vec<u8>)>;

/// Names that are a trap for someone: for JSON, for shells, for sorting, for git, for Unicode.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let traps: Vec<&[u8]> = vec![
        b"a",
        b"a.b",
        b"a-b",
        b"a b",
        b"a\"b",
        b"a\\b",
        b"a\nb",
        b"a\tb\x01\x7f",
        b"-rf",
        b"*?[a]",
        b"...",
        b".gitignore",
        b"CON",
        b"a:b",
        b"\xef\xbb\xbfa",
        "ä".as_bytes(),
        "a\u{308}".as_bytes(),
        "\u{202e}\u{2028}".as_bytes(),
        "🦀".as_bytes(),
        b"\xff\xfe",
        b"\xc3",
        b"latin-\xe9",
    ];
    prop_oneof![
        4 => proptest::sample::select(traps).prop_map(<[u8]>::to_vec),
        1 => Just(vec![b'n'; 200]),
        2 => proptest::collection::vec(prop_oneof![1..=46_u8, 48..=255_u8], 1..12),
    ]
    .prop_filter("names that git takes", |name| {
        let lower = name.to_ascii_lowercase();
        !matches!(lower.as_slice(), b"." | b".." | b".git" | b"git~1" | b".anchorhold-half-done")
    })
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => proptest::collection::vec(name(), 1..4).prop_map(|parts| parts.join(&b'/')),
        1 => Just(vec![b"d".as_slice(); 60].join(&b'/')),
    ]
    .prop_filter("within the limit", |path| path.len() <= 1024)
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    let traps: Vec<&[u8]> = vec![
        b"",
        b"\n",
        b"no last newline",
        b"one\r\ntwo\r\n",
        b"one\r\ntwo\nthree\r",
        b"\xef\xbb\xbfmark\r\n",
        b"\xff\xfeu\0t\0f\0",
        b"caf\xe9\n",
        b"\0",
        b"\0end",
    ];
    // Around the lengths at which a file is cut in pieces.
    let lengths = vec![256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 512 * 1024, 700_001];
    prop_oneof![
        6 => proptest::sample::select(traps).prop_map(<[u8]>::to_vec),
        6 => proptest::collection::vec(any::<u8>(), 0..300),
        1 => (proptest::sample::select(lengths), any::<u8>())
            .prop_map(|(length, start)| (0..length).map(|at: u32| start.wrapping_add((at / 7) as u8)).collect()),
    ]
}

fn target() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"nowhere/at/all".to_vec()),
        Just(b"/etc/passwd".to_vec()),
        Just(b"../../..".to_vec()),
        Just(b"a".to_vec()),
        Just(b"\xff\r\n\\".to_vec()),
        Just(vec![b't'; 4000]),
    ]
}

fn file() -> impl Strategy<Value = (u32, Vec<u8>)> {
    prop_oneof![
        6 => content().prop_map(|bytes| (MODE_FILE, bytes)),
        2 => content().prop_map(|bytes| (MODE_EXECUTABLE, bytes)),
        2 => target().prop_map(|bytes| (MODE_SYMLINK, bytes)),
        1 => Just((MODE_SUBMODULE, Vec::new())),
    ]
}

/// A tree in which no path is both a file and a folder.
fn tree() -> impl Strategy<Value = Tree> {
    proptest::collection::vec((path(), file()), 0..25).prop_map(|files| {
        let mut tree = Tree::new();
        for (path, file) in files {
            let within = |inner: &[u8], outer: &[u8]| {
                inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
            };
            if !tree.keys().any(|other| within(other, &path) || within(&path, other)) {
                tree.insert(path, file);
            }
        }
        tree
    })
}

/// A repository to ask git in.
struct Git(TempDir);

impl Git {
    fn new() -> Self {
        let git = Self(tempfile::tempdir().unwrap());
        git.run(&["init", "-q", "--bare"], b"");
        git
    }

    /// The id that git gives a tree, from a stream that carries any name and any byte.
    fn tree_id(&self, tree: &Tree) -> String {
        let mut stream = b"commit refs/heads/main\ncommitter a <a> 0 +0000\ndata 0\ndeleteall\n".to_vec();
        for (path, (mode, bytes)) in tree {
            let quoted: String = path.iter().map(|byte| format!("\\{byte:03o}")).collect();
            if *mode == MODE_SUBMODULE {
                stream.extend_from_slice(format!("M 160000 {} \"{quoted}\"\n", "1".repeat(40)).as_bytes());
                continue;
            }
            stream.extend_from_slice(format!("M {mode:o} inline \"{quoted}\"\n").as_bytes());
            stream.extend_from_slice(format!("data {}\n", bytes.len()).as_bytes());
            stream.extend_from_slice(bytes);
            stream.push(b'\n');
        }
        self.run(&["fast-import", "--quiet", "--force"], &stream);
        self.run(&["rev-parse", "main^{tree}"], b"")
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = Command::new("git")
            .args(["-c", "core.protectNTFS=false", "-c", "core.protectHFS=false", "-c", "core.fsync=none"])
            .args(arguments)
            .current_dir(self.0.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

async fn import(cell: &Cell, tree: &Tree) {
    let files = tree.iter().map(|(path, (mode, bytes))| {
        Ok::<_, Infallible>(ImportFile { path: path.clone(), mode: *mode, bytes: bytes.clone() })
    });
    cell.import(stream::iter(files), |_, _| {}).await.unwrap();
}

async fn export(cell: &Cell) -> Tree {
    let mut tree = Tree::new();
    let sink = |piece: ExportPiece| {
        let (mode, content) = tree.entry(piece.path.into_bytes()).or_insert_with(|| (piece.mode, Vec::new()));
        assert_eq!((*mode, content.len() as u64), (piece.mode, piece.offset));
        content.extend_from_slice(&piece.bytes);
        Ok::<_, Infallible>(())
    };
    let exported = cell.export(sink).await.unwrap();
    let bytes = tree.values().map(|(_, bytes)| bytes.len() as u64).sum();
    assert_eq!((exported.files, exported.bytes), (tree.len() as u64, bytes));
    tree
}

/// In and out again, with nothing told as changed, and nothing left.
async fn through(cell: &Cell, tree: &Tree) -> Tree {
    import(cell, tree).await;
    let (response, _) = cell.call(Request::Changes { after: None }, Vec::new()).await.unwrap();
    assert_eq!(response, Response::Changes { changes: Vec::new(), truncated: false });
    let out = export(cell).await;
    cell.empty().await.unwrap();
    assert_eq!(export(cell).await, Tree::new());
    out
}

#[test]
fn a_tree_comes_out_of_a_cell_with_the_id_it_went_in_with() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cell = runtime.block_on(Cell::local(folder.path(), Quotas::default())).unwrap();
    let git = Git::new();
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&tree(), |tree| {
            let out = runtime.block_on(through(&cell, &tree));
            prop_assert_eq!(git.tree_id(&out), git.tree_id(&tree));
            prop_assert_eq!(out, tree);
            Ok(())
        })
        .unwrap();
}

#[test]
fn an_id_tells_one_byte_one_mode_and_one_name_from_another() {
    let git = Git::new();
    let tree = |path: &[u8], mode, bytes: &[u8]| Tree::from([(path.to_vec(), (mode, bytes.to_vec()))]);
    let mut ids = [
        tree(b"a", MODE_FILE, b"\r\n"),
        tree(b"a", MODE_FILE, b"\n"),
        tree(b"a", MODE_EXECUTABLE, b"\n"),
        tree(b"a", MODE_SYMLINK, b"\n"),
        tree(b"\xff", MODE_FILE, b"\n"),
        tree(b"a", MODE_SUBMODULE, b""),
    ]
    .map(|tree| git.tree_id(&tree))
    .to_vec();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[tokio::test]
async fn files_of_many_frames_come_out_beside_small_ones() {
    let large: Vec<u8> = (0..3_000_000_u32).map(|at| (at / 5) as u8).collect();
    let mut tree = Tree::new();
    for number in 0..3000 {
        let path = format!("folder-{}/file-{number}", number % 7);
        tree.insert(path.into_bytes(), (MODE_FILE, vec![number as u8; number % 900]));
    }
    tree.insert(b"folder-3/large".to_vec(), (MODE_FILE, large.clone()));
    tree.insert(b"zz-last".to_vec(), (MODE_EXECUTABLE, large));
    let folder = tempfile::tempdir().unwrap();
    let cell = Cell::local(folder.path(), Quotas::default()).await.unwrap();
    let git = Git::new();
    assert_eq!(git.tree_id(&through(&cell, &tree).await), git.tree_id(&tree));
}

#[tokio::test]
async fn an_export_that_cannot_be_kept_ends_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let cell = Cell::local(folder.path(), Quotas::default()).await.unwrap();
    import(&cell, &Tree::from([(b"a".to_vec(), (MODE_FILE, b"1".to_vec()))])).await;
    let error = cell.export(|_| Err(std::io::Error::other("full"))).await.unwrap_err();
    assert_eq!(error.code(), "export_sink");
    // The line goes on as if nothing had been.
    assert_eq!(export(&cell).await.len(), 1);
}
