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
    }
}

#[track_caller]
fn check(request: Request, expected: &[(&str, u64, &str)]) {
    let response = filled().ask(request);
    let Response::Found { matches, stopped: None, .. } = response else { panic!("{response:?}") };
    let expected: Vec<Match> = expected
        .iter()
        .map(|(path, line, text)| Match { path: (*path).into(), line: *line, text: (*text).into() })
        .collect();
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
    };
    let response = filled().ask(request);
    let Response::Found { matches, stopped, .. } = response else { panic!("{response:?}") };
    assert_eq!((matches.len(), stopped), (1, Some(SearchStop::Matches)));
}

#[test]
fn a_search_past_its_time_stops_and_says_so() {
    let mut bridge = Bridge::with(anchorhold_bridge::Quotas { search_ms: 0, ..Default::default() });
    bridge.write("a", b"a");
    let response = bridge.ask(search("a", &[]));
    assert_eq!(
        response,
        Response::Found { matches: Vec::new(), files_searched: 0, stopped: Some(SearchStop::Time) }
    );
}

#[test]
fn what_cannot_be_read_as_a_pattern_is_refused() {
    let mut bridge = Bridge::start();
    assert_eq!(bridge.refused(search("(", &[])).code, RefusalCode::BadPattern);
    assert_eq!(bridge.refused(search("a", &["{"])).code, RefusalCode::BadPattern);
    let bomb = search(r"(((\w{100}){100}){100}){100}", &[]);
    assert_eq!(bridge.refused(bomb).code, RefusalCode::BadPattern);
}

#[test]
fn names_are_found_in_any_folder_or_in_one() {
    let mut bridge = filled();
    let mut glob = |pattern: &str| match bridge.ask(Request::Glob { pattern: pattern.into() }) {
        Response::Globbed { paths, truncated: false } => paths,
        other => panic!("{other:?}"),
    };
    let paths = |paths: &[&str]| paths.iter().map(|path| (*path).into()).collect::<Vec<PathBytes>>();
    assert_eq!(glob("*.rs"), paths(&["src/deep/run.rs", "src/main.rs"]));
    assert_eq!(glob("src/*"), paths(&["src/main.rs"]));
    assert_eq!(glob("**/*.md"), paths(&["README.md"]));
}
