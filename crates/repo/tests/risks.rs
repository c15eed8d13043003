//! What a change is flagged for before it goes out, and what it is not.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::rc::Rc;

use anchorhold_domain::{Risk, RiskKind, RisksLeftOut};
use anchorhold_repo::{Mirror, TreeEdit};
use common::Place;
use proptest::prelude::*;

const FILE: u32 = 0o100_644;
const PROGRAM: u32 = 0o100_755;
const LINK: u32 = 0o120_000;

fn put(path: &str, mode: u32, bytes: impl Into<Vec<u8>>) -> TreeEdit {
    TreeEdit::Put { path: path.into(), mode, bytes: bytes.into() }
}

fn remove(path: &str) -> TreeEdit {
    TreeEdit::Remove { path: path.into() }
}

/// Returns the risks of `edits` over a repository of `files`.
fn risks(files: &[(&str, &str)], edits: &[TreeEdit]) -> Vec<Risk> {
    let place = Place::with(files);
    let (mirror, base) = place.fetched();
    let made = mirror.checkpoint(Some(&base.commit), &base.tree, edits, "edit", 0).unwrap();
    mirror.risks(&base.tree, &made.tree).unwrap().found
}

fn risk(kind: RiskKind, path: &str, line: Option<u32>, detail: &str) -> Risk {
    Risk { kind, path: path.to_owned(), line, detail: detail.to_owned() }
}

/// A token that nobody's scanner finds in this file.
fn token() -> String {
    format!("ghp_{}", "q8Zr1vKx0TnB5yWc7LhD3sGfJ9mPa2EuR4Xo")
}

#[test]
fn an_ordinary_change_has_no_risk() {
    let edits = [
        put("a.txt", FILE, "two\n"),
        put("src/new.rs", FILE, "fn main() {\n\tprintln!(\"été 👩\u{200d}👧\");\r\n}\n"),
        put("Makefile", FILE, "all:\n\tcargo build\n"),
        put("docs/workflows/readme.md", FILE, "# Workflows\n"),
        remove("old.bin"),
    ];
    assert_eq!(risks(&[("a.txt", "one\n"), ("old.bin", "\0\0")], &edits), []);
}

#[test]
fn everything_is_flagged_at_its_line_and_the_gravest_comes_first() {
    let edits = [
        put("z.rs", FILE, format!("// nothing\nlet token = \"{}\";\n", token())),
        put(".github/workflows/ci.yml", FILE, "on: push\n"),
        put(".husky/pre-commit", PROGRAM, "npm test\n"),
        put("bidi.rs", FILE, "a\nif x\u{202e} {}\u{200b}\nb\u{202e}\n"),
        put("run.sh", PROGRAM, "echo\n"),
        put("link", LINK, "../../etc/passwd"),
        put("in/link", LINK, "../a.txt"),
        put("Cargo.lock", FILE, "version = 4\n"),
        put("image.png", FILE, b"\x89PNG\0\0".to_vec()),
        put("big.txt", FILE, "0123456789abcdef\n".repeat(80_000)),
    ];
    assert_eq!(
        risks(&[("a.txt", "one\n"), ("run.sh", "echo\n")], &edits),
        [
            risk(RiskKind::Secret, "z.rs", Some(2), "looks like a GitHub token"),
            risk(
                RiskKind::Workflow,
                ".github/workflows/ci.yml",
                None,
                "added: it runs on the machines of the repository"
            ),
            risk(RiskKind::Hook, ".husky/pre-commit", None, "git runs it: a hook"),
            risk(RiskKind::HiddenUnicode, "bidi.rs", Some(2), "U+202E, U+200B on 2 added lines"),
            risk(RiskKind::Executable, ".husky/pre-commit", None, "a new file that is executable"),
            risk(RiskKind::Executable, "run.sh", None, "it became executable"),
            risk(RiskKind::Link, "in/link", None, "a symbolic link to ../a.txt"),
            risk(
                RiskKind::Link,
                "link",
                None,
                "a symbolic link that leads out of the repository, to ../../etc/passwd"
            ),
            risk(RiskKind::Lockfile, "Cargo.lock", None, "added: what it names is downloaded and run"),
            risk(RiskKind::Binary, "image.png", None, "a review cannot show it: binary, 6 bytes"),
            risk(RiskKind::Large, "big.txt", None, "it has 2 MiB"),
        ]
    );
}

#[test]
fn only_what_a_change_adds_counts() {
    let secret = format!("x = \"{}\"\n", token());
    let files = [
        ("keys.py", &*secret),
        ("moved.py", &*format!("{secret}a\nb\nc\nd\ne\nf\n")),
        ("gone.py", &*secret),
        ("package.json", "{\"scripts\": {\"postinstall\": \"x\", \"test\": \"y\"}}"),
        ("hidden.txt", "a\u{202e}\n"),
    ];
    let edits = [
        put("keys.py", FILE, format!("{secret}y = 1\n")),
        remove("moved.py"),
        put("elsewhere.py", FILE, format!("{secret}a\nb\nc\nd\ne\nf\n")),
        remove("gone.py"),
        put("package.json", FILE, "{\"scripts\": {\"postinstall\": \"x\", \"test\": \"z\"}}"),
        put("hidden.txt", FILE, "a\u{202e}\nb\n"),
    ];
    assert_eq!(risks(&files, &edits), []);
}

#[test]
fn a_secret_is_never_repeated() {
    let edits = [put("a.env", FILE, format!("TOKEN={}\n", token())), put(&token(), LINK, "a.txt")];
    let shown = format!("{:?}", risks(&[("a.txt", "one\n")], &edits));
    assert!(shown.contains("looks like a GitHub token"), "{shown}");
    assert_eq!(shown.matches(&token()).count(), 1, "only the name of the link has it: {shown}");
}

#[test]
fn a_review_that_is_switched_off_for_a_file_finds_its_secret_all_the_same() {
    let edits = [
        put(".gitattributes", FILE, "* binary -diff linguist-generated\n"),
        put("a.txt", FILE, format!("{}\n", token())),
        put("b.bin", FILE, format!("\0\n{}\n", token())),
    ];
    assert_eq!(
        risks(&[("a.txt", "one\n"), ("b.bin", "\0\n")], &edits),
        [
            risk(RiskKind::Secret, "a.txt", Some(1), "looks like a GitHub token"),
            risk(RiskKind::Secret, "b.bin", None, "looks like a GitHub token"),
            risk(RiskKind::Binary, "b.bin", None, "a review cannot show it: binary, 43 bytes"),
        ]
    );
}

#[test]
fn scripts_that_an_install_runs_are_found_however_they_are_spelled() {
    let check = |before: &str, after: &str, expected: &[(Option<u32>, &str)]| {
        let found = risks(&[("web/package.json", before)], &[put("web/package.json", FILE, after)]);
        let expected: Vec<Risk> = expected
            .iter()
            .map(|(line, detail)| risk(RiskKind::Hook, "web/package.json", *line, detail))
            .collect();
        assert_eq!(found, expected, "{after}");
    };
    let installs = "an install runs its script postinstall";
    check("{}", "{\n\"scripts\": {\n\"postinstall\": \"node x.js\"}}", &[(Some(3), installs)]);
    check("{}", "{\"scripts\": {\"post\\u0069nstall\": \"node x.js\"}}", &[(None, installs)]);
    check("{}", "\u{feff}{\"scripts\": {\"postinstall\": \"x\"}}", &[(Some(1), installs)]);
    check(
        "{\"scripts\": {\"postinstall\": \"a\"}}",
        "{\"scripts\": {\"postinstall\": \"b\"}}",
        &[(Some(1), installs)],
    );
    check("{\"scripts\": {\"postinstall\": \"a\"}}", "{\"scripts\": {}}", &[]);
    check("{}", "{\"scripts\": {\"build\": \"x\", \"pretest\": \"y\"}}", &[]);
    check(
        "{}",
        "{\"simple-git-hooks\": {\"pre-commit\": \"x\"}}",
        &[(Some(1), "git runs what it names under simple-git-hooks: hooks")],
    );
    check(
        "{}",
        "{\"scripts\": [",
        &[(None, "it cannot be read as JSON, so that its install scripts are not known")],
    );
}

#[test]
fn places_that_machines_run_are_flagged_and_their_likes_are_not() {
    let kinds = |path: &str| {
        let found = risks(&[("a.txt", "one\n")], &[put(path, FILE, "x\n")]);
        found.into_iter().map(|risk| risk.kind).collect::<Vec<_>>()
    };
    for (path, expected) in [
        (".github/workflows/deep/ci.yml", &[RiskKind::Workflow][..]),
        (".GitHub/Workflows/ci.yml", &[RiskKind::Workflow]),
        (".github/actions/setup/index.js", &[RiskKind::Workflow]),
        ("tools/action.yml", &[RiskKind::Workflow]),
        (".gitlab-ci.yml", &[RiskKind::Workflow]),
        ("ci/Jenkinsfile", &[RiskKind::Workflow]),
        (".github/dependabot.yml", &[]),
        ("docs/.gitlab-ci.yml", &[]),
        ("crates/a/build.rs", &[RiskKind::Hook]),
        ("setup.py", &[RiskKind::Hook]),
        (".vscode/tasks.json", &[RiskKind::Hook]),
        (".vscode/extensions.json", &[]),
        (".idea/workspace.xml", &[RiskKind::Hook]),
        ("scripts/hooks/post-checkout", &[RiskKind::Hook]),
        ("src/pre_commit.py", &[]),
        ("Dockerfile", &[]),
        ("web/yarn.lock", &[RiskKind::Lockfile]),
        ("go.sum", &[RiskKind::Lockfile]),
        ("clock", &[]),
        (".env", &[RiskKind::Secret]),
        ("deploy/id_rsa", &[RiskKind::Secret]),
        (".env.example", &[]),
        ("id_rsa.pub", &[]),
        (".gitmodules", &[RiskKind::Link]),
    ] {
        assert_eq!(kinds(path), expected, "{path}");
    }
}

#[test]
fn checks_and_locks_that_are_removed_are_flagged() {
    let files =
        [(".github/workflows/ci.yml", "on: push\n"), ("Cargo.lock", "a\n"), (".husky/pre-push", "a\n")];
    let edits = files.map(|(path, _)| remove(path));
    assert_eq!(
        risks(&files, &edits),
        [
            risk(
                RiskKind::Workflow,
                ".github/workflows/ci.yml",
                None,
                "removed: it runs on the machines of the repository"
            ),
            risk(RiskKind::Lockfile, "Cargo.lock", None, "removed: what it names is downloaded and run"),
        ]
    );
}

#[test]
fn a_check_that_is_moved_away_is_flagged_as_removed() {
    let edits = [remove(".github/workflows/ci.yml"), put("docs/ci.yml", FILE, "on: push\njobs: {}\n")];
    assert_eq!(
        risks(&[(".github/workflows/ci.yml", "on: push\njobs: {}\n")], &edits),
        [risk(
            RiskKind::Workflow,
            ".github/workflows/ci.yml",
            None,
            "removed: it runs on the machines of the repository"
        )]
    );
}

#[test]
fn a_submodule_that_was_added_or_moved_is_a_link() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let id = |digit: &str| digit.repeat(40);
    let with = |commit: &str| {
        place.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},vendor")]);
        place.git(&["commit", "--quiet", "-m", "vendor"]);
        common::fetch(&mirror, "main", &anchorhold_repo::Credentials::none()).unwrap().tree
    };
    let (first, second) = (with(&id("1")), with(&id("2")));
    let expected = |id: String| {
        risk(RiskKind::Link, "vendor", None, &format!("a submodule: commit {id} of another repository"))
    };
    let risks = |old: &str, new: &str| mirror.risks(old, new).unwrap().found;
    assert_eq!(risks(&base.tree, &first), [expected(id("1"))]);
    assert_eq!(risks(&first, &second), [expected(id("2"))]);
    assert_eq!(risks(&second, &second), []);
    let gone = risk(RiskKind::Link, "vendor", None, "removed: a submodule");
    assert_eq!(risks(&second, &base.tree), std::slice::from_ref(&gone));
    let edits = [TreeEdit::Move { from: "vendor".into(), to: "third/party".into() }];
    let moved = mirror.checkpoint(None, &second, &edits, "move", 0).unwrap().tree;
    let there = Risk { path: "third/party".to_owned(), ..expected(id("2")) };
    assert_eq!(risks(&second, &moved), [there, gone]);
}

#[test]
fn a_file_whose_mode_git_gives_no_more_is_looked_at_as_well() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let tree = common::raw_tree(&place, &[("100664", "a.txt"), ("100600", "b.txt"), ("100775", "run.sh")]);
    place.commit_tree(&tree);
    let (mirror, base) = place.fetched();
    let edits = ["a.txt", "b.txt", "run.sh"].map(|path| put(path, PROGRAM, format!("{}\n", token())));
    let made = mirror.checkpoint(None, &base.tree, &edits, "edit", 0).unwrap();
    let found = mirror.risks(&base.tree, &made.tree).unwrap().found;
    let found: Vec<_> = found.iter().map(|risk| (risk.kind, risk.path.as_str())).collect();
    assert_eq!(
        found,
        [
            (RiskKind::Secret, "a.txt"),
            (RiskKind::Secret, "b.txt"),
            (RiskKind::Secret, "run.sh"),
            (RiskKind::Executable, "a.txt"),
            (RiskKind::Executable, "b.txt"),
        ]
    );
}

#[test]
fn hidden_characters_in_names_are_flagged_and_marks_of_an_encoding_are_not() {
    let edits = [put("a\u{202e}b.txt", FILE, "x\n"), put("bom.txt", FILE, "\u{feff}x\n")];
    assert_eq!(
        risks(&[("a.txt", "one\n")], &edits),
        [risk(
            RiskKind::HiddenUnicode,
            "a\\u{202e}b.txt",
            None,
            "the name of the file has characters in it that cannot be seen"
        )]
    );
}

#[test]
fn text_behind_a_row_of_blanks_is_flagged_whatever_blanks_they_are() {
    let gaps = [
        ("a", format!("return ok;{}steal(token)\n", "\t".repeat(40))),
        ("b", format!("one\nok{}x\nok{}x\n", " ".repeat(41), "\u{a0}\u{3000}\u{2003}\u{2800}".repeat(10))),
        ("c", format!("{}steal(token)\r\n", "\t".repeat(30))),
    ];
    let plain = [
        ("d", format!("ok{}x\n", " ".repeat(39))),
        ("e", format!("ok{}\nok{}\r\n{}\n", " ".repeat(300), "\t".repeat(300), " ".repeat(300))),
        ("f", format!("{}deep\n{}deeper\n", " ".repeat(119), "\t".repeat(29))),
        ("g", format!("{}\n", "a ".repeat(300))),
    ];
    let edits: Vec<TreeEdit> =
        gaps.into_iter().chain(plain).map(|(path, text)| put(path, FILE, text)).collect();
    let gap = |path, line, detail| risk(RiskKind::WideGap, path, Some(line), detail);
    assert_eq!(
        risks(&[("a.txt", "one\n")], &edits),
        [
            gap("a", 1, "40 blanks in a row, and text behind them, on 1 added line"),
            gap("b", 2, "41 blanks in a row, and text behind them, on 2 added lines"),
            gap("c", 1, "30 blanks in a row, and text behind them, on 1 added line"),
        ]
    );
}

#[test]
fn a_flood_of_one_kind_is_cut_counted_and_hides_no_other_kind() {
    let mut edits: Vec<TreeEdit> =
        (0..600).map(|n| put(&format!("bin/{n:03}"), PROGRAM, format!("{n}\n"))).collect();
    edits.push(put("z.txt", FILE, format!("{}\n", token()).repeat(700)));
    edits.push(put("Cargo.lock", FILE, "version = 4\n"));
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let made = mirror.checkpoint(None, &base.tree, &edits, "edit", 0).unwrap();
    let risks = mirror.risks(&base.tree, &made.tree).unwrap();
    let count = |kind| risks.found.iter().filter(|risk| risk.kind == kind).count();
    assert_eq!(
        [RiskKind::Secret, RiskKind::Executable, RiskKind::Lockfile].map(count),
        [500, 500, 1],
        "the gravest first: {:?}",
        risks.found.first()
    );
    assert_eq!(risks.found.first().unwrap().kind, RiskKind::Secret);
    assert_eq!(
        risks.left_out,
        [
            RisksLeftOut { kind: RiskKind::Secret, count: 200 },
            RisksLeftOut { kind: RiskKind::Executable, count: 100 }
        ]
    );
}

#[test]
fn a_line_of_megabytes_is_searched_to_its_end() {
    let line = format!("{}{}", "token=aaaa key: ".repeat(300_000), token());
    let found = risks(&[("a.txt", "one\n")], &[put("a.min.js", FILE, line)]);
    assert_eq!(
        found.first().unwrap(),
        &risk(RiskKind::Secret, "a.min.js", Some(1), "looks like a GitHub token")
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_added_bytes_make_it_panic(
        name in "(package|composer)\\.json|\\.env|a\\.pem|[a-z]{1,8}",
        mode in prop_oneof![Just(FILE), Just(PROGRAM), Just(LINK)],
        parts in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..64),
                Just(b"-----BEGIN PRIVATE KEY-----\n".to_vec()),
                Just(b"\npassword = \"".to_vec()),
                Just(b"://a:b@".to_vec()),
                Just("\u{202e}\u{feff}".as_bytes().to_vec()),
                Just(b"{\"scripts\": {\"install\": ".to_vec()),
                Just(b"../../".to_vec()),
            ],
            0..12,
        ),
    ) {
        let place = PLACE.with(Rc::clone);
        let (_, mirror, base) = &*place;
        let bytes = parts.concat();
        let edits = [put(&name, mode, bytes)];
        let made = mirror.checkpoint(None, base, &edits, "edit", 0).unwrap();
        let found = mirror.risks(base, &made.tree).unwrap().found;
        prop_assert!(found.iter().all(|risk| !risk.detail.chars().any(char::is_control)));
    }
}

thread_local! {
    /// One repository for all cases, removed when their thread ends.
    static PLACE: Rc<(Place, Mirror, String)> = Rc::new({
        let place = Place::with(&[("readme", "one\n")]);
        let (mirror, base) = place.fetched();
        (place, mirror, base.tree)
    });
}
