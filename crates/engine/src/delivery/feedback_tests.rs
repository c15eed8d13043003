//! What is news, what is open, and how much of it there is room for.

use super::{Heard, MOST_ANNOTATIONS, MOST_CHECKS, MOST_OF_ALL, MOST_TEXT, MOST_TEXTS, NO_ROOM};
use anchorhold_domain::{Annotation, Event, EventKind, Feedback, FeedbackKind, InstructionId, Timestamp};
use uuid::Uuid;

fn said(id: &str, body: &str) -> Feedback {
    let kind = if Feedback::is_check(id) { FeedbackKind::FailedCheck } else { FeedbackKind::Comment };
    Feedback {
        id: id.to_owned(),
        kind,
        author: "octocat".to_owned(),
        title: String::new(),
        body: body.to_owned(),
        path: None,
        line: None,
        annotations: vec![],
        commit: "p1".to_owned(),
        url: String::new(),
        at: Timestamp(1),
    }
}

fn heard(kinds: Vec<EventKind>) -> Heard {
    let event = |(seq, kind)| Event { seq, at: Timestamp(0), kind };
    let mut heard = Heard::default();
    heard.take(&(1..).zip(kinds).map(event).collect::<Vec<_>>());
    heard
}

fn arrived(items: Vec<Feedback>) -> EventKind {
    EventKind::FeedbackArrived { items, over: vec![] }
}

fn taken(id: &str) -> EventKind {
    let instruction = InstructionId(Uuid::nil());
    EventKind::FeedbackTaken { ids: vec![id.to_owned()], instruction, by_itself: false, attempt: 0 }
}

fn pushed(commit: &str) -> EventKind {
    EventKind::PushCompleted { branch: String::new(), commit: commit.to_owned(), created: false }
}

fn elsewhere() -> EventKind {
    EventKind::TargetChanged { branch: String::new() }
}

fn ids<'a>(items: impl IntoIterator<Item = &'a Feedback>) -> Vec<&'a str> {
    items.into_iter().map(|item| item.id.as_str()).collect()
}

#[test]
fn what_was_heard_is_news_again_only_where_somebody_says_it_differently() {
    let heard = heard(vec![arrived(vec![said("comment/1", "one"), said("check/2", "fails")])]);
    let (news, _) = heard.news(
        vec![said("comment/1", "one"), said("check/2", "fails, and a log"), said("comment/3", "three")],
        Some("p1"),
    );
    assert_eq!(ids(&news), ["comment/3"]);
    let (edited, _) = heard.news(vec![said("comment/1", "ONE"), said("comment/1", "ONE")], Some("p1"));
    assert_eq!(ids(&edited), ["comment/1@2"]);
}

#[test]
fn an_edit_that_was_heard_is_not_news() {
    let edited = said("comment/1@2", "ONE");
    let heard = heard(vec![arrived(vec![said("comment/1", "one")]), arrived(vec![edited])]);
    assert_eq!(heard.news(vec![said("comment/1", "ONE")], Some("p1")).0, []);
}

#[test]
fn each_text_of_a_piece_has_an_id_of_its_own_and_there_are_not_many() {
    // An earlier version told edits apart by their text.
    let mut kinds = vec![arrived(vec![said("comment/1", "a"), said("comment/1@3e23e816", "b")])];
    let mut given = Vec::new();
    for number in 0..MOST_OF_ALL {
        let text = if number % 2 == 0 { "a" } else { "b" };
        let (news, _) = heard(kinds.clone()).news(vec![said("comment/1", text)], Some("p1"));
        if news.is_empty() {
            break;
        }
        given.extend(news.iter().map(|item| item.id.clone()));
        kinds.push(arrived(news));
    }
    assert_eq!(given, (3..=MOST_TEXTS).map(|number| format!("comment/1@{number}")).collect::<Vec<_>>());
    let others = |from: usize| (from..from + 900).map(|number| said(&format!("comment/{number}"), ""));
    kinds.push(arrived(others(1_000).collect()));
    let (left, _) = heard(kinds).news(others(2_000).collect(), Some("p1"));
    assert_eq!(left.len(), MOST_OF_ALL - MOST_TEXTS - 900);
}

#[test]
fn checks_of_another_commit_and_checks_that_are_none_are_not_news() {
    let heard = heard(vec![]);
    assert_eq!(heard.news(vec![said("check/1", "")], Some("p2")).0, []);
    let disguised = Feedback { kind: FeedbackKind::Comment, ..said("check/1", "") };
    assert_eq!(heard.news(vec![disguised], Some("p1")).0, []);
}

#[test]
fn what_is_taken_or_a_check_of_an_earlier_push_is_not_open() {
    let (taken, pushed) = (taken("comment/1"), pushed("p2"));
    let came = || arrived(vec![said("comment/1", ""), said("comment/2", ""), said("check/3", "")]);
    assert_eq!(ids(heard(vec![came(), taken.clone()]).open()), ["comment/2", "check/3"]);
    assert_eq!(ids(heard(vec![came(), taken, pushed]).open()), ["comment/2"]);
    assert_eq!(ids(heard(vec![came(), elsewhere()]).open()), [""; 0]);
}

#[test]
fn a_check_that_fails_no_more_is_not_open_until_it_fails_again() {
    let over = EventKind::FeedbackArrived { items: vec![], over: vec!["check/1".to_owned()] };
    let mut kinds = vec![arrived(vec![said("check/1", ""), said("check/2", "")]), over];
    assert_eq!(ids(heard(kinds.clone()).open()), ["check/2"]);
    let (news, _) = heard(kinds.clone()).news(vec![said("check/1", ""), said("check/2", "")], Some("p1"));
    assert_eq!(ids(&news), ["check/1@2"]);
    kinds.push(arrived(news));
    assert_eq!(ids(heard(kinds.clone()).open()), ["check/2", "check/1@2"]);
    assert_eq!(heard(kinds).news(vec![said("check/1", "")], Some("p1")).0, []);
}

#[test]
fn what_was_not_taken_is_heard_again_where_the_user_comes_back_to_its_branch() {
    let came = || arrived(vec![said("comment/1", "one"), said("comment/2", "two"), said("comment/3", "a")]);
    // The last text of the third was taken, and the first never was.
    let edited = arrived(vec![said("comment/3@2", "b")]);
    let before = vec![came(), edited, taken("comment/1"), taken("comment/3@2"), elsewhere(), elsewhere()];
    let heard = heard(before);
    let again = vec![said("comment/1", "one"), said("comment/2", "two"), said("comment/3", "b")];
    assert_eq!(ids(&heard.news(again, Some("p1")).0), ["comment/2@2"]);
}

#[test]
fn checks_leave_people_their_room_and_what_does_not_fit_is_said() {
    let checks = |push: usize| {
        let one = |number: usize| said(&format!("check/{push}0{number}"), "");
        arrived((0..MOST_CHECKS).map(one).collect())
    };
    let mut kinds = vec![checks(1), pushed("p2"), checks(2), pushed("p1")];
    let comments = |count: usize| (0..count).map(|number| said(&format!("comment/{number}"), "")).collect();
    let (news, fits) = heard(kinds.clone()).news(comments(200), Some("p1"));
    assert_eq!((news.len(), fits), (200, true));
    let (news, fits) = heard(kinds.clone()).news(comments(MOST_OF_ALL + 1), Some("p1"));
    assert_eq!((news.len(), fits), (MOST_OF_ALL, false));
    assert_eq!(heard(kinds.clone()).news(vec![said("check/4", "")], Some("p1")).0.len(), 1);
    kinds.push(checks(3));
    let last = vec![said("check/4", ""), said("comment/1", "")];
    let (news, fits) = heard(kinds.clone()).news(last, Some("p1"));
    assert_eq!((ids(&news), fits), (vec!["comment/1"], false));
    assert!(!heard(kinds.clone()).no_room);
    kinds.push(EventKind::Noted { message: NO_ROOM.to_owned() });
    assert!(heard(kinds).no_room);
}

#[test]
fn everything_of_a_piece_is_bounded() {
    let long = "é".repeat(100_000);
    let note = Annotation { path: long.clone(), line: 1, level: long.clone(), message: long.clone() };
    let item = Feedback { annotations: vec![note; 60], path: Some(long.clone()), ..said("comment/1", &long) };
    let (news, _) = heard(vec![]).news(vec![item], Some("p1"));
    let sizes: Vec<_> = news
        .iter()
        .map(|item| (item.body.len(), item.annotations.len(), item.path.as_ref().map(String::len)))
        .collect();
    assert_eq!(sizes, [(MOST_TEXT, MOST_ANNOTATIONS, Some(1024))]);
}
