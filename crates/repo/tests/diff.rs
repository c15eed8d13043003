//! Changes, diff rows and patches of real trees.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use anchorhold_domain::{
    DiffCell, DiffNotice, DiffRow, FileChange, FileChangeKind, FileDiff, PairKind, ScopeClass, Span,
};
use anchorhold_repo::{Context, Mirror, TreeEdit};
use common::Place;

const FILE: u32 = 0o100_644;

fn put(path: &str, bytes: impl AsRef<[u8]>) -> TreeEdit {
    TreeEdit::Put { path: path.into(), mode: FILE, bytes: bytes.as_ref().to_vec() }
}

/// Makes `files` the base, applies `edits`, and returns the mirror with both trees.
fn edited(files: &[(&str, &str)], edits: &[TreeEdit]) -> (Place, Mirror, String, String) {
    let place = Place::with(files);
    let (mirror, base) = place.fetched();
    let checkpoint = mirror.checkpoint(Some(&base.commit), &base.tree, edits, "edit", 0).unwrap();
    (place, mirror, base.tree, checkpoint.tree)
}

/// Renders one changed file.
fn diff(path: &str, old: impl AsRef<[u8]>, new: impl AsRef<[u8]>) -> FileDiff {
    let place = Place::empty();
    place.write(path, old.as_ref());
    place.commit("first");
    let (mirror, base) = place.fetched();
    let edits = [put(path, new)];
    let checkpoint = mirror.checkpoint(Some(&base.commit), &base.tree, &edits, "edit", 0).unwrap();
    mirror.diff(&base.tree, &checkpoint.tree, path, Context::default()).unwrap()
}

/// Writes rows as text: `[class:text]`, with `*` before what changed, sides apart by a bar.
fn shown(diff: &FileDiff) -> String {
    let cell = |cell: &Option<DiffCell>| match cell {
        None => "~".to_owned(),
        Some(cell) => {
            let spans = cell.spans.iter().map(|Span { text, scope, changed }| {
                format!("[{}{scope:?}:{text}]", if *changed { "*" } else { "" })
            });
            format!("{} {}", cell.line, spans.collect::<String>())
        }
    };
    let rows = diff.rows.iter().map(|row| match row {
        DiffRow::Hunk { header, old_start, old_lines, new_start, new_lines } => {
            format!("hunk {header} = {old_start}+{old_lines} {new_start}+{new_lines}")
        }
        DiffRow::Gap { hidden } => format!("gap {hidden}"),
        DiffRow::Pair { left, right, kind } => {
            format!("{kind:?}\n    {}\n    {}", cell(left), cell(right))
        }
    });
    let head = format!(
        "{} {:?} +{} -{} notices {:?} truncated {} missing newline {} {}",
        diff.language,
        diff.change.kind,
        diff.change.added,
        diff.change.removed,
        diff.notices,
        diff.truncated,
        diff.old_missing_newline,
        diff.new_missing_newline
    );
    std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_changed_function_is_aligned_highlighted_and_marked_by_the_word() {
    let old = "use std::fs;\n\n// Reads it.\nfn read(path: &str) -> String {\n    let n = 1;\n    fs::read_to_string(path).unwrap()\n}\n\nfn a() {}\nfn b() {}\nfn c() {}\n";
    let new = "use std::fs;\n\n// Reads it.\nfn read(path: &Path) -> String {\n    let n = 1;\n    let text = \"a\\n\";\n    fs::read_to_string(path).unwrap()\n}\n\nfn a() {}\nfn b() {}\nfn c() {}\n";
    insta::assert_snapshot!(shown(&diff("src/lib.rs", old, new)));
}

#[test]
fn added_and_deleted_files_have_one_side_only() {
    let (_place, mirror, base, tree) = edited(
        &[("gone.py", "def f():\n    return 1\n")],
        &[TreeEdit::Remove { path: "gone.py".into() }, put("new.json", "{\"a\": [1, true]}\n")],
    );
    let shown = |path| shown(&mirror.diff(&base, &tree, path, Context::default()).unwrap());
    insta::assert_snapshot!(format!("{}\n\n{}", shown("gone.py"), shown("new.json")));
}

#[test]
fn rows_of_several_languages_are_classified() {
    let files = [
        ("a.ts", "export async function load(id: number): Promise<string> { return `x${id}`; } // done\n"),
        ("a.py", "@cache\ndef f(self, x=1):\n    return not None and \"s\\n\"\n"),
        ("a.html", "<a href=\"x\">text</a>\n"),
        ("a.css", ".a { color: #fff; width: 10px }\n"),
        ("a.toml", "[a]\nb = \"c\" # d\n"),
        ("a.md", "# Head\n\n*it* `code` [link](http://x)\n"),
        ("Dockerfile", "FROM scratch\nCOPY a /b\n"),
        ("script", "#!/bin/bash\necho \"$HOME\"\n"),
    ];
    let place = Place::with(&[("keep", "")]);
    let (mirror, base) = place.fetched();
    let edits: Vec<_> = files.iter().map(|(path, text)| put(path, text)).collect();
    let tree = mirror.checkpoint(Some(&base.commit), &base.tree, &edits, "edit", 0).unwrap().tree;
    let all: Vec<_> = files
        .iter()
        .map(|(path, _)| shown(&mirror.diff(&base.tree, &tree, path, Context::default()).unwrap()))
        .collect();
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn the_text_of_all_spans_is_the_text_of_the_line() {
    let old = "fn a() { let s = \"é\\u{1f600}\"; } // 日本語\n\n\tx\n";
    let new = "fn a() { let t = \"ê\\u{1f600}\"; } // 日本\n\n\ty\n";
    let rendered = diff("a.rs", old, new);
    let side = |pick: fn(&DiffRow) -> Option<&DiffCell>| {
        let lines = rendered.rows.iter().filter_map(pick);
        lines
            .map(|cell| cell.spans.iter().map(|span| span.text.as_str()).collect::<String>() + "\n")
            .collect::<String>()
    };
    let left = side(|row| if let DiffRow::Pair { left, .. } = row { left.as_ref() } else { None });
    let right = side(|row| if let DiffRow::Pair { right, .. } = row { right.as_ref() } else { None });
    assert_eq!((left.as_str(), right.as_str()), (old, new));
}

#[test]
fn gaps_and_context_cover_every_line_of_the_file() {
    let old: String = (1..=100).map(|n| format!("line {n}\n")).collect();
    let new = old.replace("line 20\n", "line twenty\n").replace("line 70\n", "");
    let (_place, mirror, base, tree) = edited(&[("a.txt", &old)], &[put("a.txt", &new)]);
    let gaps = |context| -> Vec<u32> {
        let rows = mirror.diff(&base, &tree, "a.txt", context).unwrap().rows;
        rows.iter()
            .filter_map(|row| if let DiffRow::Gap { hidden } = row { Some(*hidden) } else { None })
            .collect()
    };
    assert_eq!(gaps(Context::Lines(3)), [16, 43, 27]);
    assert_eq!(gaps(Context::Lines(0)), [19, 49, 30]);
    assert_eq!(gaps(Context::Full), [0; 0]);
    assert_eq!(mirror.diff(&base, &tree, "a.txt", Context::Full).unwrap().rows.len(), 101);
}

#[test]
fn a_window_is_a_part_of_all_rows_and_says_how_many_there_are() {
    let old: String = (1..=50).map(|n| format!("{n}\n")).collect();
    let new: String = (1..=50).map(|n| format!("x{n}\n")).collect();
    let (_place, mirror, base, tree) = edited(&[("a.txt", &old)], &[put("a.txt", &new)]);
    let all = mirror.diff(&base, &tree, "a.txt", Context::default()).unwrap().rows;
    let window =
        |from, count| mirror.diff_window(&base, &tree, "a.txt", Context::default(), from, count).unwrap();
    assert_eq!((window(10, 5).rows.as_slice(), window(10, 5).total_rows), (&all[10..15], 51));
    assert_eq!(window(48, 10).rows, all[48..]);
    assert_eq!(window(60, 10).rows, []);
}

#[test]
fn what_is_not_shown_is_said() {
    let check = |old: &[u8], new: &[u8], notices: &[DiffNotice], truncated: bool| {
        let diff = diff("a.rs", old, new);
        assert_eq!((diff.notices.as_slice(), diff.truncated), (notices, truncated));
        diff
    };
    let binary = check(b"a\0b", b"a\0c", &[DiffNotice::Binary], true);
    assert_eq!((binary.change.binary, binary.rows.len()), (true, 0));
    let large = vec![b'\n'; 3 * 1024 * 1024];
    assert_eq!(check(b"x\n", &large, &[DiffNotice::TooLarge], true).rows, []);
    let plain = "let x = 1;\n".repeat(60_000);
    let changed = format!("{plain}// end\n");
    let diff = check(plain.as_bytes(), changed.as_bytes(), &[DiffNotice::NotHighlighted], false);
    assert_eq!(diff.language, "Plain Text");
    let long = format!("let x = \"{}\";\n", "y".repeat(20_000));
    let diff = check(b"\n", long.as_bytes(), &[DiffNotice::LongLine], true);
    let DiffRow::Pair { right: Some(cell), .. } = &diff.rows[1] else { panic!("{:?}", diff.rows[1]) };
    assert_eq!((cell.spans[0].text.len(), cell.spans[1].text.as_str()), (10_240, "… 9771 more bytes"));
}

#[test]
fn rows_beyond_the_limit_are_left_out_and_said() {
    let many = "x\n".repeat(210_000);
    let (_place, mirror, base, tree) = edited(&[("a.rs", "y\n")], &[put("a.rs", many)]);
    let window = mirror.diff_window(&base, &tree, "a.rs", Context::default(), 0, 10).unwrap();
    assert_eq!((window.total_rows, window.change.added), (200_000, 210_000));
    assert_eq!((window.notices.as_slice(), window.truncated), (&[DiffNotice::TooManyRows][..], true));
}

#[test]
fn hidden_characters_other_encodings_and_line_endings_are_made_visible() {
    let trojan = diff("a.rs", "if admin {\n", "if admin\u{202e} {\n");
    assert_eq!(trojan.notices, [DiffNotice::HiddenUnicode]);
    let DiffRow::Pair { right: Some(cell), .. } = &trojan.rows[1] else { panic!("{:?}", trojan.rows[1]) };
    let hidden: Vec<_> = cell.spans.iter().filter(|span| span.scope == ScopeClass::Hidden).collect();
    assert_eq!(hidden, [&Span { text: "⟨U+202E⟩".into(), scope: ScopeClass::Hidden, changed: true }]);

    let latin = diff("a.txt", b"caf\xe9\n", b"caf\xe8\n");
    assert_eq!(latin.notices, [DiffNotice::NotUtf8]);
    insta::assert_snapshot!("latin_1", shown(&latin));

    insta::assert_snapshot!("line_endings", shown(&diff("a.txt", "same\r\n", "same\n")));
    insta::assert_snapshot!("no_newline_at_the_end", shown(&diff("a.txt", "a\nb\n", "a\nb")));
}

#[test]
fn changes_tell_additions_edits_moves_modes_and_deletions_apart() {
    let long = "one\ntwo\nthree\nfour\nfive\nsix\n";
    let (_place, mirror, base, tree) = edited(
        &[("edit", "1\n2\n"), ("gone", "x\n"), ("mode", "y\n"), ("old/name", long)],
        &[
            put("edit", "1\n3\n4\n"),
            put("add", "new\n"),
            put("bin", "a\0b"),
            TreeEdit::Remove { path: "gone".into() },
            TreeEdit::Put { path: "mode".into(), mode: 0o100_755, bytes: b"y\n".to_vec() },
            TreeEdit::Remove { path: "old/name".into() },
            put("new/name", long.replace("six", "seven")),
        ],
    );
    let change = |path: &str, kind, added, removed| FileChange {
        path: path.into(),
        old_path: None,
        kind,
        added,
        removed,
        binary: false,
        old_mode: Some(FILE),
        new_mode: Some(FILE),
    };
    assert_eq!(
        mirror.changes(&base, &tree).unwrap(),
        [
            FileChange { old_mode: None, ..change("add", FileChangeKind::Added, 1, 0) },
            FileChange { old_mode: None, binary: true, ..change("bin", FileChangeKind::Added, 0, 0) },
            change("edit", FileChangeKind::Modified, 2, 1),
            FileChange { new_mode: None, ..change("gone", FileChangeKind::Deleted, 0, 1) },
            FileChange { new_mode: Some(0o100_755), ..change("mode", FileChangeKind::Mode, 0, 0) },
            FileChange {
                old_path: Some("old/name".into()),
                ..change("new/name", FileChangeKind::Renamed, 1, 1)
            },
        ]
    );
    assert_eq!(mirror.changes(&base, &base).unwrap(), []);
    assert_eq!(mirror.changed_files(&base, &tree).unwrap(), 6);
    assert_eq!(mirror.changed_files(&base, &base).unwrap(), 0);
    let renamed = mirror.diff(&base, &tree, "new/name", Context::Lines(0)).unwrap();
    let kinds: Vec<_> = renamed
        .rows
        .iter()
        .filter_map(|row| if let DiffRow::Pair { kind, .. } = row { Some(*kind) } else { None })
        .collect();
    assert_eq!(kinds, [PairKind::Changed]);
    assert_eq!(
        mirror.diff(&base, &tree, "old/name", Context::default()).unwrap_err().code(),
        "path_not_found"
    );
}

#[test]
fn a_name_that_is_not_utf8_is_listed_and_opened_by_its_rendering() {
    let place = Place::with(&[("a", "1")]);
    let (mirror, base) = place.fetched();
    let edit = TreeEdit::Put { path: b"caf\xe9.txt".to_vec(), mode: FILE, bytes: b"x\n".to_vec() };
    let tree = mirror.checkpoint(None, &base.tree, &[edit], "edit", 0).unwrap().tree;
    let changes = mirror.changes(&base.tree, &tree).unwrap();
    assert_eq!(changes[0].path, "caf\\xe9.txt");
    assert_eq!(
        mirror.diff(&base.tree, &tree, &changes[0].path, Context::default()).unwrap().change,
        changes[0]
    );
}

#[test]
fn a_submodule_and_a_link_are_shown_as_what_they_point_to() {
    let place = Place::with(&[("a", "1")]);
    place.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},sub", "1".repeat(40))]);
    place.git(&["commit", "--quiet", "-m", "sub"]);
    let (mirror, base) = place.fetched();
    let edits = [
        TreeEdit::Remove { path: "sub".into() },
        TreeEdit::Put { path: "link".into(), mode: 0o120_000, bytes: b"a".to_vec() },
    ];
    let tree = mirror.checkpoint(None, &base.tree, &edits, "edit", 0).unwrap().tree;
    let notices = |path| mirror.diff(&base.tree, &tree, path, Context::default()).unwrap().notices;
    assert_eq!(notices("sub"), [DiffNotice::Submodule]);
    assert_eq!(notices("link"), [DiffNotice::SymbolicLink]);
    insta::assert_snapshot!(mirror.patch(&base.tree, &tree).unwrap());
}

#[test]
fn a_patch_is_one_that_git_applies() {
    let files = [("a.txt", "one\ntwo\nthree\n"), ("b/c.txt", "x\n"), ("gone.txt", "y\n")];
    let edits = [
        put("a.txt", "one\n2\nthree"),
        put("new.txt", "n\r\n"),
        TreeEdit::Remove { path: "gone.txt".into() },
    ];
    let (place, mirror, base, tree) = edited(&files, &edits);
    let patch = place.dir.path().join("p.patch");
    std::fs::write(&patch, mirror.patch(&base, &tree).unwrap()).unwrap();
    place.git(&["apply", "--index", &patch.to_string_lossy()]);
    assert_eq!(place.git(&["write-tree"]), tree);
    let one = mirror.file_patch(&base, &tree, "new.txt").unwrap();
    assert!(one.starts_with("diff --git a/new.txt b/new.txt\n") && one.ends_with("+n\r\n"), "{one}");
}

#[test]
fn a_patch_cannot_command_the_terminal() {
    let (_place, mirror, base, tree) =
        edited(&[("a.txt", "one\n")], &[put("a.txt", "\u{1b}]0;owned\u{7}\u{202e}\n")]);
    let patch = mirror.patch(&base, &tree).unwrap();
    assert!(patch.contains("+⟨U+001B⟩]0;owned⟨U+0007⟩⟨U+202E⟩\n"), "{patch}");
}

#[test]
fn every_change_comes_with_its_patch_from_one_comparison() {
    let long: String = (0..40).map(|line| format!("line {line}\n")).collect();
    let files = [("a.txt", "one\n"), ("b.txt", "two\n"), ("gone.txt", "x\n"), ("long.txt", long.as_str())];
    let edits = [
        put("z.txt", "new\n"),
        put("b.txt", "TWO\n"),
        TreeEdit::Remove { path: "gone.txt".into() },
        TreeEdit::Move { from: "long.txt".into(), to: "a/longer.txt".into() },
        put("a/longer.txt", format!("{long}end\n")),
        put("binary", [0, 1, 2]),
    ];
    let (_place, mirror, base, tree) = edited(&files, &edits);
    let one_by_one: Vec<_> = mirror
        .changes(&base, &tree)
        .unwrap()
        .into_iter()
        .map(|change| {
            let patch = mirror.file_patch(&base, &tree, &change.path).unwrap();
            (change, patch)
        })
        .collect();
    assert_eq!(one_by_one.len(), 5);
    assert_eq!(mirror.changes_with_patches(&base, &tree).unwrap(), one_by_one);
}
