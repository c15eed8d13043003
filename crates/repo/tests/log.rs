//! The past: the log, a commit, who wrote a line; and what a model cannot reach by them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::cell::Cell;

use anchorhold_repo::{LogWish, Mirror, Past, PastError, TreeEdit};
use common::Place;

const ALL: &dyn Fn(&str) -> bool = &|_| true;
const PATIENT: &dyn Fn() -> bool = &|| false;

/// Three commits: a file, the same with a line more, and another file beside it.
struct History {
    place: Place,
    mirror: Mirror,
    ids: Vec<String>,
    tree: String,
}

impl History {
    fn new() -> Self {
        let place = Place::empty();
        let mut ids = Vec::new();
        place.write("src/a.txt", b"one\ntwo\n");
        ids.push(place.commit("First"));
        place.write("src/a.txt", b"one\nmiddle\ntwo\n");
        ids.push(place.commit("Second\n\nBecause of\u{202e} this.\n"));
        place.write("b.txt", b"b\n");
        place.write(".env", b"KEY=1\n");
        ids.push(place.commit("Third"));
        let (mirror, base) = place.fetched();
        Self { place, mirror, ids, tree: base.tree }
    }

    fn base(&self) -> &str {
        &self.ids[2]
    }

    fn past(&self) -> Past<'_> {
        self.mirror.past(self.base(), None, PATIENT, ALL).unwrap()
    }

    fn checkpoint(&self, path: &str, text: &str) -> String {
        let edits = [TreeEdit::Put { path: path.into(), mode: 0o100_644, bytes: text.into() }];
        self.mirror.checkpoint(None, &self.tree, &edits, "Edit it", 1_900_000_000_000).unwrap().commit
    }
}

fn wish(path: Option<&str>) -> LogWish {
    LogWish { revision: "base".into(), path: path.map(Into::into), since_s: None, most: 10 }
}

fn subjects(past: &Past<'_>, wish: &LogWish) -> Vec<String> {
    past.log(wish).unwrap().commits.into_iter().map(|commit| commit.subject).collect()
}

#[test]
fn the_log_lists_commits_newest_first_and_by_what_they_changed() {
    let history = History::new();
    let past = history.past();
    assert_eq!(subjects(&past, &wish(None)), ["Third", "Second", "First"]);
    assert_eq!(subjects(&past, &wish(Some("src/a.txt"))), ["Second", "First"]);
    assert_eq!(subjects(&past, &wish(Some("src"))), ["Second", "First"]);
    assert_eq!(subjects(&past, &wish(Some("nowhere"))), [] as [&str; 0]);
    assert_eq!(subjects(&past, &LogWish { revision: "base~1".into(), ..wish(None) }), ["Second", "First"]);
    assert_eq!(subjects(&past, &LogWish { since_s: Some(i64::MAX), ..wish(None) }), [] as [&str; 0]);
    let first = past.log(&LogWish { most: 1, ..wish(None) }).unwrap();
    assert_eq!((first.commits[0].id.as_str(), first.more, first.gave_up), (history.base(), true, false));
}

#[test]
fn revisions_are_read_in_four_ways_and_no_other() {
    let history = History::new();
    let past = history.past();
    let subject = |revision: &str| past.show(revision, None, 1000).map(|shown| shown.commit.subject);
    assert_eq!(subject("base").unwrap(), "Third");
    assert_eq!(subject("base~").unwrap(), "Second");
    assert_eq!(subject("base~2").unwrap(), "First");
    assert_eq!(subject("head").unwrap(), "Third", "nothing was changed yet");
    assert_eq!(subject(&history.ids[1]).unwrap(), "Second");
    assert_eq!(subject(&history.ids[0][..8].to_uppercase()).unwrap(), "First");
    assert!(matches!(subject("base~3"), Err(PastError::TooFarBack { back: 3, parents: 2 })));
    for text in [
        "",
        "main",
        "HEAD~1",
        "base^",
        "base~1^2",
        "base~99999999999",
        "basement",
        "abc",
        "refs/heads/main",
        "@{-1}",
        ":/First",
        "main@{yesterday}",
        "base..head",
        "--all",
        &"a".repeat(41),
    ] {
        assert!(matches!(subject(text), Err(PastError::Unreadable { .. })), "{text:?}");
    }
    assert!(matches!(subject("0000"), Err(PastError::Unknown { .. })));
}

#[test]
fn a_commit_that_does_not_lead_to_the_base_cannot_be_named() {
    let history = History::new();
    let others =
        history.mirror.checkpoint(Some(history.base()), &history.tree, &[], "Not yours", 0).unwrap().commit;
    let blob = history.place.git(&["rev-parse", "HEAD:b.txt"]);
    let own = history.checkpoint("c.txt", "c\n");
    let past = history.mirror.past(history.base(), Some(&own), PATIENT, ALL).unwrap();
    for id in [&others, &blob] {
        assert!(matches!(past.show(id, None, 1000), Err(PastError::Unknown { .. })), "{id}");
    }
    assert_eq!(past.show(&own, None, 1000).unwrap().commit.subject, "Edit it");
    // From an older base, what came after it is out of reach as well.
    let older = history.mirror.past(&history.ids[1], None, PATIENT, ALL).unwrap();
    assert!(matches!(older.show(history.base(), None, 1000), Err(PastError::Unknown { .. })));
}

#[test]
fn a_commit_is_shown_with_its_message_and_its_patch() {
    let history = History::new();
    let past = history.past();
    let shown = past.show("base~1", None, 1000).unwrap();
    assert_eq!(shown.body, "Because of⟨U+202E⟩ this.");
    assert_eq!(shown.against, history.ids[0][..10]);
    assert!(shown.patch.contains("@@ -1,2 +1,3 @@\n one\n+middle\n two\n"), "{}", shown.patch);
    assert_eq!(shown.paths, ["src/a.txt"]);
    let first = past.show("base~2", None, 1000).unwrap();
    assert_eq!(first.against, "nothing: it is the first commit");
    assert_eq!(first.paths, ["src/a.txt"]);
    let one = past.show("base", Some(b"b.txt"), 1000).unwrap();
    assert_eq!(one.paths, ["b.txt"]);
    assert_eq!(past.file("base~2", b"src/a.txt", 1000).unwrap(), b"one\ntwo\n");
    for path in ["b.txt", "src", "../b.txt"] {
        let refused = past.file("base~2", path.as_bytes(), 1000);
        assert!(matches!(refused, Err(PastError::NoFile { .. })), "{path}");
    }
}

#[test]
fn the_head_is_shown_as_all_of_the_agents_own_work() {
    let history = History::new();
    let head = history.checkpoint("b.txt", "b\nmine\n");
    let past = history.mirror.past(history.base(), Some(&head), PATIENT, ALL).unwrap();
    let shown = past.show("head", None, 1000).unwrap();
    assert_eq!((shown.against.as_str(), shown.paths), ("base", vec!["b.txt".to_owned()]));
    assert!(shown.patch.ends_with("@@ -1 +1,2 @@\n b\n+mine\n"), "{}", shown.patch);
    let log = past.log(&LogWish { revision: "head".into(), ..wish(None) }).unwrap();
    let subjects: Vec<_> = log.commits.iter().map(|commit| commit.subject.as_str()).collect();
    assert_eq!(subjects, ["Edit it", "Third", "Second", "First"]);
}

#[test]
fn what_does_not_fit_is_named_and_what_is_kept_back_is_counted() {
    let history = History::new();
    let past = history.past();
    let shown = past.show("base", None, 10).unwrap();
    assert_eq!((shown.patch.as_str(), shown.left_out_count), ("", 2));
    assert_eq!(shown.left_out, [".env", "b.txt"]);

    let visible = |path: &str| path != ".env";
    let past = history.mirror.past(history.base(), None, PATIENT, &visible).unwrap();
    let shown = past.show("base", None, 1000).unwrap();
    assert_eq!((shown.paths, shown.hidden), (vec!["b.txt".to_owned()], 1));
    assert!(!shown.patch.contains("KEY"), "{}", shown.patch);
    assert!(matches!(past.show("base", Some(b".env"), 1000), Err(PastError::Hidden { .. })));
    assert!(matches!(past.file("base", b".env", 1000), Err(PastError::Hidden { .. })));
    assert!(matches!(past.blame("base", b".env", 1, 10), Err(PastError::Hidden { .. })));
}

#[test]
fn a_line_is_blamed_on_the_commit_that_brought_it() {
    let history = History::new();
    let past = history.past();
    let blame = past.blame("base", b"src/a.txt", 1, 10).unwrap();
    let told: Vec<_> = blame
        .lines
        .iter()
        .map(|line| (line.line, line.text.as_str(), line.commit.clone().unwrap()))
        .collect();
    let (first, second) = (history.ids[0].clone(), history.ids[1].clone());
    assert_eq!(told, [(1, "one", first.clone()), (2, "middle", second), (3, "two", first)]);
    assert_eq!((blame.total_lines, blame.gave_up, blame.commits.len()), (3, false, 2));
    let part = past.blame("base", b"src/a.txt", 2, 1).unwrap();
    assert_eq!(part.lines.iter().map(|line| line.line).collect::<Vec<_>>(), [2]);
    assert!(matches!(
        past.blame("base", b"src/a.txt", 4, 1),
        Err(PastError::PastTheEnd { lines: 3, line: 4, .. })
    ));
    assert!(matches!(past.blame("base", b"src", 1, 1), Err(PastError::NotLines { .. })));
    assert!(matches!(past.blame("base", b"none", 1, 1), Err(PastError::NoFile { .. })));
}

#[test]
fn a_blame_follows_a_rename_and_a_merge_and_agrees_with_git() {
    let place = Place::empty();
    let lines = |from: usize, to: usize| (from..to).map(|n| format!("line {n}\n")).collect::<String>();
    place.write("old.txt", lines(0, 30).as_bytes());
    place.commit("start");
    place.git(&["checkout", "--quiet", "-b", "side"]);
    place.write("old.txt", format!("top\n{}", lines(0, 30)).as_bytes());
    place.commit("side");
    place.git(&["checkout", "--quiet", "main"]);
    place.git(&["mv", "old.txt", "new.txt"]);
    place.write("new.txt", format!("{}bottom\n", lines(0, 30)).as_bytes());
    place.commit("rename");
    place.git(&["merge", "--quiet", "--no-edit", "side"]);
    place.write("new.txt", format!("top\n{}changed\n{}bottom\n", lines(0, 10), lines(12, 30)).as_bytes());
    place.commit("change");
    let (mirror, base) = place.fetched();
    let past = mirror.past(&base.commit, None, PATIENT, ALL).unwrap();
    let blame = past.blame("base", b"new.txt", 1, 100).unwrap();
    let ours: Vec<String> = blame.lines.into_iter().map(|line| line.commit.unwrap()).collect();
    let gits = place.git(&["blame", "--line-porcelain", "new.txt"]);
    let gits: Vec<&str> =
        gits.lines().filter_map(|line| line.split(' ').next().filter(|word| word.len() == 40)).collect();
    assert_eq!(ours, gits);
}

#[test]
fn the_agents_own_lines_are_told_from_those_of_the_base() {
    let history = History::new();
    let head = history.checkpoint("src/a.txt", "one\nmine\nmiddle\ntwo\n");
    let past = history.mirror.past(history.base(), Some(&head), PATIENT, ALL).unwrap();
    let blame = past.blame("head", b"src/a.txt", 1, 10).unwrap();
    let told: Vec<_> = blame.lines.iter().map(|line| (line.own, line.commit.as_deref().unwrap())).collect();
    let [first, second] = [history.ids[0].as_str(), history.ids[1].as_str()];
    assert_eq!(told, [(false, first), (true, head.as_str()), (false, second), (false, first)]);
}

#[test]
fn every_walk_ends_when_it_is_to_give_up() {
    let history = History::new();
    let asked = Cell::new(0);
    let after = |most: u32| {
        asked.set(0);
        let asked = &asked;
        move || {
            asked.set(asked.get() + 1);
            asked.get() > most
        }
    };
    let give_up = after(2);
    let past = history.mirror.past(history.base(), None, &give_up, ALL).unwrap();
    let log = past.log(&wish(None)).unwrap();
    assert_eq!((log.commits.len(), log.gave_up), (2, true));

    let at_once = || true;
    let past = history.mirror.past(history.base(), None, &at_once, ALL).unwrap();
    assert!(matches!(past.show("base~1", None, 10), Err(PastError::GaveUp { .. })));
    assert!(matches!(past.show(&history.ids[0], None, 10), Err(PastError::GaveUp { .. })));
    let shown = past.show("base", None, 1000).unwrap();
    assert_eq!((shown.patch.as_str(), shown.left_out_count, shown.gave_up), ("", 2, true));
    let blame = past.blame("base", b"src/a.txt", 1, 10).unwrap();
    assert!(blame.gave_up && blame.lines.iter().all(|line| line.commit.is_none()));
}
