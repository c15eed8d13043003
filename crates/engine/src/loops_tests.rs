//! Circles as models really go in them, and work that is none.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use super::*;
use anchorhold_domain::{EditedFile, StepStatus, Timestamp, Usage};
use proptest::prelude::{Strategy, prop_oneof, proptest};

/// A log in the making.
struct Log {
    circles: Circles,
    calls: u32,
    /// What came of each circle: its pattern, the times, and whether the agent is held.
    found: Vec<(LoopPattern, u32, bool)>,
}

impl Log {
    fn new() -> Self {
        let edits = ["edit_file", "write_file"].map(str::to_owned);
        Self { circles: Circles::new(edits.into()), calls: 0, found: Vec::new() }
    }

    /// One answer with one call, and what the run loop does next.
    fn call(&mut self, tool: &str, arguments: &str, result: &str) {
        self.done(tool, arguments, ToolOutcome::Ok, result, None);
    }

    fn edit(&mut self, content: &str, tree: &str) {
        let arguments = format!(r#"{{"path":"a","content":"{content}"}}"#);
        self.done("write_file", &arguments, ToolOutcome::Ok, "Wrote a.", Some(tree));
    }

    fn refused(&mut self, path: &str, old: &str) {
        let arguments = format!(r#"{{"path":"{path}","edits":[{{"old":"{old}","new":""}}]}}"#);
        self.done("edit_file", &arguments, ToolOutcome::Refused, &format!("{old} is not in {path}"), None);
    }

    fn done(&mut self, tool: &str, arguments: &str, outcome: ToolOutcome, result: &str, tree: Option<&str>) {
        self.take(answered());
        self.part(tool, arguments, outcome, result, tree);
        self.look();
    }

    fn part(&mut self, tool: &str, arguments: &str, outcome: ToolOutcome, result: &str, tree: Option<&str>) {
        self.calls += 1;
        let call = format!("call_{}", self.calls);
        self.take(EventKind::ToolRequested {
            call: call.clone(),
            tool: tool.to_owned(),
            label: format!("{tool} {arguments}"),
            arguments: arguments.to_owned(),
        });
        let finished = EventKind::ToolFinished {
            call,
            outcome,
            result: result.to_owned(),
            result_blob: None,
            duration_ms: 1,
            edited: tree
                .map(|_| EditedFile { path: "a".to_owned(), added: 1, removed: 1 })
                .into_iter()
                .collect(),
            checkpoint: tree.map(|tree| format!("commit of {tree}")),
            files_changed: 0,
            shown: vec![],
        };
        self.circles.take(&finished, tree.map(str::to_owned));
    }

    fn look(&mut self) {
        let Some(circle) = self.circles.found() else { return };
        self.found.push((circle.pattern, circle.times, circle.hold));
        self.take(match circle.hold {
            true => paused(PauseReason::Loop),
            false => {
                EventKind::LoopNoticed { pattern: circle.pattern, times: circle.times, advice: circle.what }
            }
        });
    }

    fn take(&mut self, kind: EventKind) {
        self.circles.take(&kind, None);
    }

    fn held(&self) -> bool {
        self.found.last().is_some_and(|(_, _, hold)| *hold)
    }
}

fn answered() -> EventKind {
    EventKind::ModelAnswered {
        request: 1,
        text: String::new(),
        reasoning: None,
        replay: None,
        usage: Usage::default(),
        cost: None,
        duration_ms: 1,
    }
}

fn paused(reason: PauseReason) -> EventKind {
    EventKind::Paused { reason, limit: None, until: None, fault: None }
}

#[test]
fn the_same_call_with_the_same_result_is_noticed_at_the_third_and_held_at_the_sixth_of_52() {
    let mut log = Log::new();
    for _ in 0..52 {
        if !log.held() {
            log.call("read_file", r#"{"path":"a"}"#, "a");
        }
    }
    assert_eq!(log.found, [(LoopPattern::Identical, 3, false), (LoopPattern::Identical, 3, true)]);
    assert_eq!(log.calls, 6);
}

#[test]
fn what_repeats_is_named() {
    let mut log = Log::new();
    log.call("read_file", r#"{"path":"a"}"#, "a");
    log.call("read_file", r#"{"path":"a"}"#, "a");
    log.take(answered());
    log.part("read_file", r#"{"path":"a"}"#, ToolOutcome::Ok, "a", None);
    let what = log.circles.found().unwrap().what;
    assert_eq!(what, r#"3 times now “read_file {"path":"a"}” came to the same result"#);
}

#[test]
fn reading_and_searching_in_turn_is_ping_pong_whatever_came_before() {
    for before in 0..4 {
        let mut log = Log::new();
        for number in 0..before {
            log.call("read_file", &number.to_string(), &number.to_string());
        }
        for _ in 0..6 {
            log.call("read_file", r#"{"path":"a"}"#, "a");
            log.call("search", r#"{"pattern":"x"}"#, "a:1: x");
        }
        assert_eq!(log.found, [(LoopPattern::PingPong, 3, false), (LoopPattern::PingPong, 3, true)]);
    }
}

#[test]
fn edit_and_undo_in_turn_is_ping_pong_by_the_files_as_they_are() {
    let mut log = Log::new();
    let mut noticed_after = None;
    for step in 0..8 {
        let (content, tree) = if step % 2 == 0 { ("new", "t1") } else { ("old", "t0") };
        if !log.held() {
            log.edit(content, tree);
            noticed_after = noticed_after.or((!log.found.is_empty()).then_some(step + 1));
        }
    }
    assert_eq!(log.found, [(LoopPattern::PingPong, 2, false), (LoopPattern::PingPong, 2, true)]);
    assert_eq!((noticed_after, log.calls), (Some(4), 6));
}

#[test]
fn writing_what_a_file_holds_already_is_no_edit() {
    let mut log = Log::new();
    for _ in 0..4 {
        log.edit("same", "t1");
    }
    assert_eq!(log.found, [(LoopPattern::Identical, 3, false)]);
}

#[test]
fn calls_that_were_tried_again_after_an_edit_are_no_circle() {
    let mut log = Log::new();
    for round in 0..20 {
        log.call("read_file", r#"{"path":"a"}"#, "always the same");
        log.edit(&round.to_string(), &format!("t{round}"));
    }
    assert_eq!(log.found, []);
}

#[test]
fn polling_a_few_files_is_noticed_after_12_requests_and_held_after_6_more() {
    let mut log = Log::new();
    for path in ["a", "b", "c"] {
        log.call("read_file", path, path);
    }
    let mut polls = 0;
    while !log.held() && polls < 40 {
        // The results differ, as those of a file that somebody else writes would.
        log.call("read_file", ["a", "b", "c"][polls % 3], &polls.to_string());
        polls += 1;
    }
    assert_eq!(log.found, [(LoopPattern::NoProgress, 12, false), (LoopPattern::NoProgress, 6, true)]);
    assert_eq!(polls, 18);
}

#[test]
fn edits_of_one_file_that_are_refused_are_noticed_at_the_fourth() {
    let mut log = Log::new();
    for try_ in 0..3 {
        log.refused("a", &format!("old {try_}"));
        log.call("read_file", &format!("a from {try_}"), &try_.to_string());
    }
    assert_eq!(log.found, []);
    log.refused("b", "other");
    assert_eq!(log.found, []);
    log.refused("a", "old 4");
    assert_eq!(log.found, [(LoopPattern::NoProgress, 4, false)]);
    log.refused("a", "old 5");
    log.refused("a", "old 6");
    assert_eq!(log.found[1..], [(LoopPattern::NoProgress, 2, true)]);
}

#[test]
fn an_edit_that_succeeds_forgives_those_before() {
    let mut log = Log::new();
    for round in 0..10 {
        log.refused("a", &format!("old {round}"));
        log.refused("a", &format!("old {round}, again"));
        log.edit(&round.to_string(), &format!("t{round}"));
    }
    assert_eq!(log.found, []);
}

#[test]
fn several_equal_calls_of_one_answer_count_once() {
    let mut log = Log::new();
    log.take(answered());
    for _ in 0..10 {
        log.part("read_file", "a", ToolOutcome::Ok, "a", None);
    }
    assert_eq!(log.circles.found(), None);
}

#[test]
fn a_plan_that_moves_on_is_progress_and_one_that_goes_to_and_fro_is_none() {
    let plan = |status| EventKind::PlanChanged {
        steps: vec![anchorhold_domain::PlanStep { text: "it".to_owned(), status }],
    };
    let mut log = Log::new();
    for _ in 0..11 {
        log.take(answered());
    }
    log.take(plan(StepStatus::Active));
    assert_eq!(log.circles.idle, 0);
    for status in [StepStatus::Done, StepStatus::Active].into_iter().cycle().take(14) {
        log.take(answered());
        log.take(plan(status));
    }
    assert_eq!(log.circles.found().map(|circle| circle.pattern), Some(LoopPattern::NoProgress));
}

#[test]
fn what_was_cut_from_the_conversation_may_be_read_again() {
    let mut log = Log::new();
    for _ in 0..3 {
        log.call("read_file", "a", "a");
        log.call("read_file", "a", "a");
        log.take(EventKind::ResultsShrunk { calls: vec![], tokens_before: 2, tokens_after: 1 });
    }
    assert_eq!(log.found, []);
}

#[test]
fn looking_something_up_again_much_later_is_no_circle() {
    let mut log = Log::new();
    for number in 0..120 {
        if number % 30 == 0 {
            log.call("read_file", "README", "the same");
        }
        log.call("read_file", &number.to_string(), &number.to_string());
    }
    assert_eq!(log.found, []);
}

#[test]
fn a_resume_by_the_user_counts_from_there_and_one_after_a_crash_does_not() {
    let until = |until| EventKind::Paused {
        reason: PauseReason::Limit,
        limit: None,
        until: Some(Timestamp(until)),
        fault: None,
    };
    for (pause, expected) in [
        (paused(PauseReason::Loop), 0),
        (paused(PauseReason::User), 0),
        (paused(PauseReason::Stopped), 0),
        (paused(PauseReason::Interrupted), 1),
        (paused(PauseReason::Provider), 1),
        (until(1), 1),
    ] {
        let mut log = Log::new();
        log.call("read_file", "a", "a");
        log.call("read_file", "a", "a");
        log.take(pause);
        log.take(EventKind::Resumed);
        log.call("read_file", "a", "a");
        assert_eq!(log.found.len(), expected);
    }
}

#[test]
fn an_agent_is_told_of_three_circles_that_lie_apart_and_held_at_the_fourth() {
    let mut log = Log::new();
    let mut number = 0;
    for _ in 0..4 {
        for _ in 0..3 {
            log.call("read_file", "a", "a");
        }
        if log.held() {
            break;
        }
        for _ in 0..30 {
            number += 1;
            log.call("read_file", &number.to_string(), &number.to_string());
        }
    }
    let holds: Vec<bool> = log.found.iter().map(|(_, _, hold)| *hold).collect();
    assert_eq!(holds, [false, false, false, true]);
}

#[derive(Clone, Debug)]
enum Step {
    /// Reads a file that was not read before.
    Read,
    /// Searches for what was not searched for before.
    Search,
    /// Changes a file to what it never was.
    Edit,
    /// Does something new and reads the same file once more besides.
    ReadAgain,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        proptest::strategy::Just(Step::Read),
        proptest::strategy::Just(Step::Search),
        proptest::strategy::Just(Step::Edit),
        proptest::strategy::Just(Step::ReadAgain),
    ]
}

proptest! {
    #[test]
    fn a_run_that_always_edits_or_reads_something_new_is_never_flagged(
        steps in proptest::collection::vec(step(), 1..200)
    ) {
        let mut log = Log::new();
        for (number, step) in steps.iter().enumerate() {
            let new = number.to_string();
            match step {
                Step::Read => log.call("read_file", &new, &new),
                Step::Search => log.call("search", &new, "nothing matches"),
                Step::Edit => log.edit(&new, &new),
                Step::ReadAgain => {
                    log.edit(&new, &new);
                    log.call("read_file", "the same", "the same");
                }
            }
        }
        assert_eq!(log.found, []);
    }
}
