//! Searching contents and names.

use anchorhold_bridge::{Match, PathBytes, RefusalCode, Request, Response, SearchStop};

use crate::host::Bridge;

fn filled() -> Bridge {
    let mut bridge = Bridge::start();
    bridge.write("src/main.rs", b"fn main() {\r\n    run();\r\n}\r\n");
    bridge.write("src/deep/run.rs", b"pub fn run() {}\n");
    bridge.write("README.md", b"Run it.\n");
    bridge.write("picture.png", b"\0fn run");
    bridge
}

fn search(pattern: &str, globs: &[&str]) -> Request {
    Request::Search {
        pattern: pattern.into(),
        path: "".into(),
        globs: globs.iter().map(|glob| (*glob).to_owned()).collect(),
        case_insensitive: false,
        max_matches: None,
        context: 0,
        first_only: false,
    }
}

fn found(path: &str, line: u64, text: &str) -> Match {
    Match { path: path.into(), line, text: text.into(), byte: None, is_context: false }
}

#[track_caller]
fn check(request: Request, expected: &[(&str, u64, &str)]) {
    let response = filled().ask(request);
    let Response::Found { matches, stopped: None, .. } = response else { panic!("{response:?}") };
    let expected: Vec<Match> = expected.iter().map(|(path, line, text)| found(path, *line, text)).collect();
    assert_eq!(matches, expected);
}

#[test]
fn lines_are_found_in_order_without_their_ends() {
    check(
        search(r"run\(\)", &[]),
        &[("src/deep/run.rs", 1, "pub fn run() {}"), ("src/main.rs", 2, "    run();")],
    );
    check(search(r"\{$", &[]), &[("src/main.rs", 1, "fn main() {")]);
}

#[test]
fn globs_let_in_and_keep_out() {
    check(search("fn", &["*.rs", "!src/deep/**"]), &[("src/main.rs", 1, "fn main() {")]);
    check(search("fn", &["src/*.rs"]), &[("src/main.rs", 1, "fn main() {")]);
}

#[test]
fn case_and_place_are_as_asked() {
    let request = Request::Search {
        pattern: "run".into(),
        path: "README.md".into(),
        globs: Vec::new(),
        case_insensitive: true,
        max_matches: None,
        context: 0,
        first_only: false,
    };
    check(request, &[("README.md", 1, "Run it.")]);
}

#[test]
fn more_matches_than_asked_for_are_said_to_be_there() {
    let request = Request::Search {
        pattern: "run".into(),
        path: "".into(),
        globs: Vec::new(),
        case_insensitive: true,
        max_matches: Some(1),
        context: 0,
        first_only: false,
    };
    let response = filled().ask(request);
    let Response::Found { matches, stopped, .. } = response else { panic!("{response:?}") };
    assert_eq!((matches.len(), stopped), (1, Some(SearchStop::Matches)));
}

#[test]
fn lines_around_a_match_come_with_it_and_do_not_count() {
    let mut bridge = Bridge::start();
    bridge.write("a", b"1\n2\n3 here\n4\n5\n6\n7 here\n");
    let with = |context, max_matches| Request::Search {
        pattern: "here".into(),
        path: "".into(),
        globs: Vec::new(),
        case_insensitive: false,
        max_matches,
        context,
        first_only: false,
    };
    let mut lines = |request| match bridge.ask(request) {
        Response::Found { matches, stopped, .. } => {
            let lines: Vec<_> = matches.iter().map(|found| (found.line, found.is_context)).collect();
            (lines, stopped)
        }
        other => panic!("{other:?}"),
    };
    let all = vec![(2, true), (3, false), (4, true), (6, true), (7, false)];
    assert_eq!(lines(with(1, Some(2))), (all, None));
    let (first, stopped) = lines(with(1, Some(1)));
    assert_eq!((first.get(..2), stopped), (Some(&[(2, true), (3, false)][..]), Some(SearchStop::Matches)));
}

#[test]
fn one_match_of_each_file_is_enough_where_only_names_are_wanted() {
    let mut bridge = filled();
    bridge.write("twice", b"run\nrun\n");
    let request = Request::Search {
        pattern: "run".into(),
        path: "".into(),
        globs: Vec::new(),
        case_insensitive: false,
        max_matches: None,
        context: 0,
        first_only: true,
    };
    let Response::Found { matches, stopped: None, .. } = bridge.ask(request) else { panic!("stopped") };
    let paths: Vec<_> = matches.iter().map(|found| found.path.to_text().into_owned()).collect();
    assert_eq!(paths, ["src/deep/run.rs", "src/main.rs", "twice"]);
}

#[test]
fn a_match_deep_in_a_long_line_is_shown_with_its_place() {
    let mut bridge = Bridge::start();
    let line = format!("first\n{}needle{}\n", "a".repeat(100_000), "b".repeat(100_000));
    bridge.write("min.js", line.as_bytes());
    let response = bridge.ask(search("needle", &[]));
    let Response::Found { matches, .. } = response else { panic!("{response:?}") };
    let text = format!("…{}needle{}…", "a".repeat(100), "b".repeat(294));
    assert_eq!(matches, [Match { byte: Some(100_006), ..found("min.js", 2, &text) }]);
}

#[test]
fn a_search_past_its_time_stops_and_says_so() {
    let mut bridge = Bridge::with(anchorhold_bridge::Quotas { search_ms: 0, ..Default::default() });
    bridge.write("a", b"a");
    let response = bridge.ask(search("a", &[]));
    assert_eq!(
        response,
        Response::Found {
            matches: Vec::new(),
            files_searched: 0,
            too_long: Vec::new(),
            stopped: Some(SearchStop::Time)
        }
    );
}

/// What is found of a pattern, and which files have too long a line for it.
fn too_long(bridge: &mut Bridge, pattern: &str) -> (usize, Vec<PathBytes>) {
    let response = bridge.ask(search(pattern, &[]));
    let Response::Found { matches, too_long, stopped: None, .. } = response else { panic!("{response:?}") };
    (matches.len(), too_long)
}

#[test]
fn files_with_a_line_that_is_too_long_are_named() {
    let mut bridge = Bridge::start();
    bridge.write("a.txt", b"a needle\n");
    let line = format!("first needle\n{}", "needle and hay ".repeat(1_200_000));
    std::fs::write(bridge.tree().join("data.json"), line).unwrap();
    assert_eq!(too_long(&mut bridge, "needle"), (2, vec!["data.json".into()]));
    assert_eq!(too_long(&mut bridge, "nothing"), (0, vec!["data.json".into()]));
}

#[test]
fn a_pattern_that_is_slow_to_match_is_not_tried_on_lines_that_it_would_take_minutes_for() {
    let mut bridge = Bridge::start();
    bridge.write("README.md", b"No code.\n");
    let line = "function(é){window.x=\"abc\"};".repeat(100_000);
    std::fs::write(bridge.tree().join("bundle.js"), line).unwrap();
    assert_eq!(too_long(&mut bridge, "(function|window).{0,100}x="), (1, Vec::new()));
    let slow = "(function|window).{0,1000}(fetch|XMLHttpRequest)";
    assert_eq!(too_long(&mut bridge, slow), (0, vec!["bundle.js".into()]));
    bridge.write("bundle.js", b"window.XMLHttpRequest\n");
    assert_eq!(too_long(&mut bridge, slow), (1, Vec::new()));
}

#[test]
fn what_cannot_be_read_as_a_pattern_is_refused() {
    let mut bridge = Bridge::start();
    assert_eq!(bridge.refused(search("(", &[])).code, RefusalCode::BadPattern);
    assert_eq!(bridge.refused(search("a", &["{"])).code, RefusalCode::BadPattern);
    let bomb = search(r"(((\w{100}){100}){100}){100}", &[]);
    assert_eq!(bridge.refused(bomb).code, RefusalCode::BadPattern);
}

#[track_caller]
fn check_glob(pattern: &str, expected: &[&str]) {
    let mut bridge = filled();
    bridge.write("target/out.rs", b"");
    bridge.write(".gitignore", b"target/\n");
    let response = bridge.ask(Request::Glob { pattern: pattern.into() });
    let Response::Globbed { paths, truncated: false } = response else { panic!("{response:?}") };
    let expected: Vec<PathBytes> = expected.iter().map(|path| (*path).into()).collect();
    assert_eq!(paths, expected, "{pattern}");
}

#[test]
fn names_are_found_in_any_folder_or_in_one() {
    check_glob("*.rs", &["src/deep/run.rs", "src/main.rs", "target/out.rs"]);
    check_glob("src/*", &["src/main.rs"]);
    check_glob("/src/*", &["src/main.rs"]);
    check_glob("./src/**", &["src/deep/run.rs", "src/main.rs"]);
    check_glob("src/**/*.rs", &["src/deep/run.rs", "src/main.rs"]);
    check_glob("**/*.md", &["README.md"]);
    check_glob("*.{md,png}", &["README.md", "picture.png"]);
    check_glob("[!a-q]un.rs", &["src/deep/run.rs"]);
    check_glob(".git*", &[".gitignore"]);
}

#[test]
fn a_folder_that_is_kept_out_is_not_entered() {
    check_glob("!src/", &[".gitignore", "README.md", "picture.png", "target/out.rs"]);
    check_glob("!deep", &[".gitignore", "README.md", "picture.png", "src/main.rs", "target/out.rs"]);
    // As with ripgrep, a folder's name alone lets in nothing of what it holds.
    check_glob("src", &[]);
}

#[test]
fn what_git_ignores_is_found_since_nothing_here_is_left_by_a_build() {
    check_glob("out.rs", &["target/out.rs"]);
    check(search("fn", &["!*.rs", "src/deep/*"]), &[("src/deep/run.rs", 1, "pub fn run() {}")]);
}

/// What ripgrep's `-g` lets in, on files of the same names.
fn ripgreps_own(globs: &[&str], paths: &[&str]) -> Vec<PathBytes> {
    let folder = tempfile::tempdir().unwrap();
    for path in paths {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"x").unwrap();
    }
    let mut builder = ignore::overrides::OverrideBuilder::new(folder.path());
    for glob in globs {
        builder.add(glob).unwrap();
    }
    let walk = ignore::WalkBuilder::new(folder.path())
        .standard_filters(false)
        .overrides(builder.build().unwrap())
        .sort_by_file_path(Ord::cmp)
        .build();
    walk.map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| entry.path().strip_prefix(folder.path()).unwrap().to_str().unwrap().into())
        .collect()
}

#[test]
fn globs_let_in_what_ripgreps_own_walk_lets_in() {
    let paths = ["a.rs", "b/a.rs", "b/c/a.rs", "b/c/d.md", "b.md", "c/b/x", "#x", "d e/f"];
    for globs in [
        &["*.rs"] as &[&str],
        &["b/*.rs"],
        &["b/**"],
        &["**/c/**"],
        &["!b"],
        &["!b/", "*.rs"],
        &["*.rs", "!b/c"],
        &["!*.rs", "b/a.rs"],
        &["b/"],
        &["/a.rs"],
        &["d e/*"],
        &["*.{rs,md}", "!b/*"],
        &["?.rs"],
        &["x", "!c/**"],
    ] {
        let mut bridge = Bridge::start();
        for path in paths {
            bridge.write(path, b"x");
        }
        let response = bridge.ask(search("x", globs));
        let Response::Found { matches, .. } = response else { panic!("{response:?}") };
        let mut found: Vec<PathBytes> = matches.into_iter().map(|found| found.path).collect();
        let mut expected = ripgreps_own(globs, &paths);
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{globs:?}");
    }
}

#[test]
fn a_glob_that_says_nothing_is_refused() {
    let mut bridge = Bridge::start();
    for pattern in ["", " ", "!", "./", "[a", "{a"] {
        let glob = Request::Glob { pattern: pattern.into() };
        assert_eq!(bridge.refused(glob).code, RefusalCode::BadPattern, "{pattern:?}");
    }
}

#[test]
fn a_name_with_a_hash_is_no_comment() {
    let mut bridge = Bridge::start();
    bridge.write("#x#", b"");
    bridge.write("y", b"");
    let response = bridge.ask(Request::Glob { pattern: "#*".into() });
    assert_eq!(response, Response::Globbed { paths: vec!["#x#".into()], truncated: false });
}

#[test]
fn names_past_the_time_are_said_to_be_missing() {
    let mut bridge = Bridge::with(anchorhold_bridge::Quotas { search_ms: 0, ..Default::default() });
    bridge.write("a", b"a");
    let response = bridge.ask(Request::Glob { pattern: "*".into() });
    assert_eq!(response, Response::Globbed { paths: Vec::new(), truncated: true });
}
