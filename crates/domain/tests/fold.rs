//! Folding a log: the record of an agent, and the queue of its instructions.
#![expect(clippy::unwrap_used, reason = "tests")]

#[allow(dead_code, reason = "each test uses a part of the samples")]
mod samples;

use anchorhold_domain::{
    Agent, AgentId, Delivery, DeliveryStep, Event, EventKind, Instruction, InstructionId, InstructionQueue,
    NewAgent, PauseReason, PlanStep, PullRequest, PullRequestState, Status, StepStatus, Timestamp,
    ToolOutcome, Usage,
};
use proptest::prelude::*;
use samples::{fault, instruction};

fn new_agent() -> Agent {
    let id = AgentId(uuid::Uuid::from_u128(9));
    Agent::new(id, samples::new_agent(), "local".to_owned(), Timestamp(1_000))
}

/// Folds `(at, kind)` pairs into a new agent, numbering them from 2.
fn fold(log: Vec<(i64, EventKind)>) -> Agent {
    let mut agent = new_agent();
    for (seq, (at, kind)) in (2..).zip(log) {
        agent.advance(&Event { seq, at: Timestamp(at), kind }).unwrap();
    }
    agent
}

fn cloned() -> EventKind {
    EventKind::Cloned {
        base_commit: "c0".to_owned(),
        base_tree: "t0".to_owned(),
        files: 1,
        kib: 1,
        notes: vec![],
    }
}

fn answered(request: u32) -> EventKind {
    EventKind::ModelAnswered {
        request,
        text: String::new(),
        reasoning: None,
        replay: None,
        usage: Usage { input_tokens: 10, cached_tokens: 5, output_tokens: 1, ..Usage::default() },
        cost: (request > 1).then_some(7),
        duration_ms: 1,
    }
}

fn finished(checkpoint: Option<&str>, files_changed: u32) -> EventKind {
    EventKind::ToolFinished {
        call: "1".to_owned(),
        outcome: ToolOutcome::Ok,
        result: String::new(),
        result_blob: None,
        duration_ms: 1,
        edited: vec![],
        checkpoint: checkpoint.map(str::to_owned),
        files_changed,
        shown: vec![],
    }
}

fn turn(number: u128, text: &str) -> EventKind {
    let instruction = instruction(number);
    EventKind::TurnStarted { instruction, text: text.to_owned(), shown: vec![], attached: None }
}

fn paused(reason: PauseReason) -> EventKind {
    EventKind::Paused { reason, limit: None, until: None, fault: None }
}

fn started() -> Vec<(i64, EventKind)> {
    vec![(2_000, EventKind::StartRequested), (3_000, EventKind::CloneStarted), (4_000, cloned())]
}

#[test]
fn a_whole_life_folds_to_the_record_it_must() {
    let mut log = started();
    log.extend([
        (
            4_100,
            EventKind::CellOpened {
                container_id: "abc".to_owned(),
                facts: vec![],
                ready_ms: 1,
                volume: None,
            },
        ),
        (4_200, turn(1, "rename the crate")),
        (4_300, answered(1)),
        (4_400, finished(Some("k1"), 2)),
        (
            4_450,
            EventKind::AnswerLost {
                request: 2,
                usage: Usage { input_tokens: 3, ..Usage::default() },
                cost: Some(2),
            },
        ),
        (4_500, answered(2)),
        (4_600, finished(None, 2)),
        (5_000, EventKind::Completed { summary: "renamed".to_owned(), unverified: None }),
        (
            6_000,
            EventKind::PushStarted {
                branch: "agent/rename".to_owned(),
                commit: "p1".to_owned(),
                tree: "t1".to_owned(),
                unreviewed: false,
            },
        ),
        (
            7_000,
            EventKind::PushCompleted {
                branch: "agent/rename".to_owned(),
                commit: "p1".to_owned(),
                created: true,
            },
        ),
    ]);
    let expected = Agent {
        container_id: Some("abc".to_owned()),
        status: Status::Completed,
        usage: Usage { input_tokens: 23, cached_tokens: 10, output_tokens: 2, ..Usage::default() },
        cost: 9,
        unpriced: 1,
        context_tokens: 11,
        requests: 2,
        activity: Some("renamed".to_owned()),
        base_commit: Some("c0".to_owned()),
        base_tree: Some("t0".to_owned()),
        checkpoint: Some("k1".to_owned()),
        files_changed: 2,
        pushed_commit: Some("p1".to_owned()),
        ran_ms: 1_000,
        last_seq: 14,
        started_at: Some(Timestamp(3_000)),
        completed_at: Some(Timestamp(5_000)),
        pushed_at: Some(Timestamp(7_000)),
        updated_at: Timestamp(7_000),
        ..new_agent()
    };
    assert_eq!(fold(log), expected);
}

#[test]
fn a_refused_event_leaves_the_record_as_it_was() {
    let mut agent = fold(started());
    let before = agent.clone();
    let event = Event { seq: 5, at: Timestamp(9_000), kind: EventKind::Deleted };
    assert!(agent.advance(&event).is_err());
    assert_eq!(agent, before);
}

#[test]
fn pauses_do_not_count_as_running() {
    let mut log = started();
    log.push((5_000, paused(PauseReason::User)));
    let paused = fold(log.clone());
    assert_eq!((paused.pause_reason, paused.ran_seconds(Timestamp(60_000))), (Some(PauseReason::User), 1));
    log.push((60_000, EventKind::Resumed));
    let resumed = fold(log);
    assert_eq!((resumed.pause_reason, resumed.ran_seconds(Timestamp(62_000))), (None, 3));
}

#[test]
fn the_time_after_a_crash_does_not_count_as_running() {
    let mut log = started();
    let (begun, _) = log.last().unwrap().clone();
    log.push((begun + 500, answered(1)));
    log.push((begun + 90_000_000, paused(PauseReason::Interrupted)));
    log.push((begun + 90_000_000, EventKind::Resumed));
    log.push((begun + 90_000_100, paused(PauseReason::User)));
    assert_eq!(fold(log).ran_ms, 600);
}

#[test]
fn waiting_for_a_slot_does_not_count_as_running() {
    let mut log = started();
    log.push((5_000, paused(PauseReason::User)));
    log.push((6_000, EventKind::Resumed));
    log.push((6_000, EventKind::SlotAwaited { ahead: 1 }));
    let waiting = fold(log.clone());
    assert_eq!((waiting.status, waiting.waiting), (Status::Running, true));
    assert_eq!(waiting.ran_seconds(Timestamp(60_000)), 1);
    log.push((60_000, EventKind::SlotTaken));
    let running = fold(log);
    assert_eq!((running.waiting, running.ran_seconds(Timestamp(62_000))), (false, 3));
}

#[test]
fn a_pause_that_ends_by_itself_says_when_and_why() {
    let mut log = started();
    let held = EventKind::Paused {
        reason: PauseReason::Quota,
        limit: None,
        until: Some(Timestamp(90_000)),
        fault: Some(fault()),
    };
    log.push((5_000, held));
    let paused = fold(log.clone());
    assert_eq!((paused.resumes_at, paused.error_code), (Some(Timestamp(90_000)), Some(fault().code)));
    log.push((90_000, EventKind::Resumed));
    let resumed = fold(log);
    assert_eq!((resumed.resumes_at, resumed.error_code), (None, None));
}

#[test]
fn the_model_that_answers_is_told_from_the_one_that_was_chosen() {
    let selected = |model| EventKind::ModelSelected {
        model,
        window: Some(1_000),
        output_limit: None,
        priced: true,
        fault: None,
    };
    let mut log = started();
    log.push((5_000, selected(samples::model("small"))));
    assert!(!fold(log.clone()).on_fallback);
    log.push((6_000, selected(samples::model("large"))));
    let fallen_back = fold(log.clone());
    assert_eq!((fallen_back.on_fallback, fallen_back.context_window), (true, Some(1_000)));
    log.push((7_000, paused(PauseReason::User)));
    log.push((8_000, EventKind::ModelChanged { model: samples::model("other"), fallback: None }));
    let changed = fold(log);
    assert_eq!(
        (changed.on_fallback, changed.model, changed.fallback),
        (false, samples::model("other"), None)
    );
}

#[test]
fn a_plan_and_a_shorter_conversation_are_counted() {
    let step = |status| PlanStep { text: "look".to_owned(), status };
    let mut log = started();
    log.push((4_300, answered(1)));
    log.push((
        4_400,
        EventKind::PlanChanged { steps: vec![step(StepStatus::Done), step(StepStatus::Active)] },
    ));
    let planned = fold(log.clone());
    assert_eq!((planned.plan_done, planned.plan_total, planned.context_tokens), (1, 2, 11));
    log.push((4_500, EventKind::ResultsShrunk { calls: vec![], tokens_before: 11, tokens_after: 4 }));
    assert_eq!(fold(log).context_tokens, 4);
}

#[test]
fn an_instruction_that_is_sent_now_comes_next_behind_those_sent_before() {
    let mut queue = InstructionQueue::default();
    for number in 1..=3 {
        queue.fold(Timestamp(1), &queued(number));
    }
    for number in [3, 2] {
        queue
            .fold(Timestamp(2), &EventKind::InstructionSentNow { id: instruction(number), interrupt: false });
    }
    let order: Vec<_> = queue.waiting().iter().map(|waits| (waits.id, waits.now)).collect();
    assert_eq!(order, [(instruction(3), true), (instruction(2), true), (instruction(1), false)]);
}

#[test]
fn an_error_stays_until_the_next_resume_start_or_push() {
    let mut log = started();
    log.push((5_000, EventKind::Failed { fault: fault() }));
    let failed = fold(log.clone());
    assert_eq!(
        (failed.error_code, failed.error_message, failed.error_hint),
        (Some(fault().code), Some(fault().message), fault().hint)
    );
    for next in [EventKind::Resumed, EventKind::StartRequested] {
        let mut log = log.clone();
        log.push((6_000, next));
        let agent = fold(log);
        assert_eq!((agent.error_code, agent.error_message, agent.error_hint), (None, None, None));
    }
}

#[test]
fn an_agent_that_waits_for_a_slot_is_idle_and_says_so() {
    let mut log = vec![(2_000, EventKind::StartRequested), (2_001, EventKind::SlotAwaited { ahead: 1 })];
    let waiting = fold(log.clone());
    assert_eq!((waiting.status, waiting.waiting), (Status::Idle, true));
    log.push((2_002, EventKind::StartCancelled));
    assert!(!fold(log).waiting);
}

/// A log up to a first push, and what follows, each a second later.
fn delivered(following: Vec<EventKind>) -> Agent {
    let mut log = started();
    log.push((5_000, EventKind::Completed { summary: "renamed".to_owned(), unverified: None }));
    let mut kinds = pushed("p1");
    kinds.extend(following);
    log.extend((6_000..).step_by(1_000).zip(kinds));
    fold(log)
}

fn pushed(commit: &str) -> Vec<EventKind> {
    let (branch, commit, tree) = ("agent/rename".to_owned(), commit.to_owned(), "t1".to_owned());
    vec![
        EventKind::PushStarted { branch: branch.clone(), commit: commit.clone(), tree, unreviewed: false },
        EventKind::PushCompleted { branch, commit, created: true },
    ]
}

fn left(step: DeliveryStep) -> EventKind {
    EventKind::DeliveryFailed { step, fault: fault() }
}

#[test]
fn a_step_by_itself_that_failed_is_an_error_until_it_is_taken() {
    let pull_request =
        EventKind::PullRequestChanged { pull_request: samples::pull_request(PullRequestState::Open) };
    for step in [DeliveryStep::Push, DeliveryStep::PullRequest] {
        let agent = delivered(vec![left(step)]);
        let told = (agent.undelivered, agent.error_code, agent.error_message);
        assert_eq!(told, (Some(step), Some(fault().code), Some(fault().message)));
        for next in [EventKind::Resumed, pushed("p2").remove(0)] {
            let agent = delivered(vec![left(step), next]);
            assert_eq!((agent.undelivered, agent.error_code), (None, None));
        }
        // What was set to work meanwhile has not failed.
        let agent = delivered(vec![EventKind::Resumed, left(step)]);
        assert_eq!((agent.undelivered, agent.error_code), (None, None));
    }
    let seen = delivered(vec![left(DeliveryStep::PullRequest), pull_request.clone()]);
    assert_eq!((seen.undelivered, seen.error_code), (None, None));
    let unpushed = delivered(vec![left(DeliveryStep::Push), pull_request.clone()]);
    assert_eq!((unpushed.undelivered, unpushed.error_code), (Some(DeliveryStep::Push), Some(fault().code)));
    // A push that the user asked for is no step by itself.
    let mut kinds = vec![left(DeliveryStep::PullRequest)];
    kinds.extend([pushed("p2").remove(0), EventKind::PushFailed { fault: fault() }, pull_request]);
    let failed = delivered(kinds);
    assert_eq!((failed.undelivered, failed.error_code), (None, Some(fault().code)));
    // What waits for an answer is counted, and no error.
    let waits = delivered(vec![left(DeliveryStep::FollowUp)]);
    assert_eq!((waits.undelivered, waits.error_code), (None, None));
}

fn arrived(ids: &[&str]) -> EventKind {
    let items = ids.iter().map(|id| samples::feedback(id)).collect();
    EventKind::FeedbackArrived { items, over: vec![] }
}

fn taken(ids: &[&str], attempt: u32) -> Vec<EventKind> {
    let id = instruction(10);
    let ids = ids.iter().map(|id| (*id).to_owned()).collect();
    vec![
        EventKind::InstructionQueued { id, text: "answer".to_owned() },
        EventKind::FeedbackTaken { ids, instruction: id, by_itself: attempt > 0, attempt },
    ]
}

#[test]
fn feedback_is_open_until_it_is_taken_and_a_failed_check_while_it_fails_up_to_the_next_push() {
    let open = |following: Vec<EventKind>| {
        let mut kinds = vec![arrived(&["check/1", "check/2", "comment/3"])];
        kinds.extend(following);
        let agent = delivered(kinds);
        (agent.feedback_open, agent.checks_open)
    };
    assert_eq!(open(vec![]), (3, 2));
    assert_eq!(open(taken(&["check/1"], 0)), (2, 1));
    assert_eq!(open(taken(&["comment/3"], 0)), (2, 2));
    assert_eq!(open(pushed("p2")), (1, 0));
    let over = |ids: &[&str]| EventKind::FeedbackArrived {
        items: vec![samples::feedback("check/4")],
        over: ids.iter().map(|id| (*id).to_owned()).collect(),
    };
    assert_eq!(open(vec![over(&["check/1"])]), (3, 2));
    assert_eq!(open(vec![over(&["check/1", "check/2"])]), (2, 1));
}

#[test]
fn follow_ups_count_from_the_users_last_word() {
    let counted = |kinds: &[Vec<EventKind>]| delivered(kinds.concat()).follow_ups;
    assert_eq!(counted(&[taken(&["check/1"], 1)]), 1);
    assert_eq!(counted(&[taken(&["check/1"], 1), taken(&["check/2"], 2)]), 2);
    assert_eq!(counted(&[taken(&["check/1"], 1), taken(&["check/2"], 0)]), 0);
    assert_eq!(counted(&[taken(&["check/1"], 1), vec![queued(5)]]), 0);
}

#[test]
fn another_target_begins_anew_on_what_was_pushed_before() {
    let pull_request = samples::pull_request(PullRequestState::Open);
    let branch = "agent/rename-2".to_owned();
    let mut kinds = vec![
        EventKind::PullRequestChanged { pull_request: pull_request.clone() },
        arrived(&["check/1", "comment/2"]),
    ];
    assert_eq!(delivered(kinds.clone()).pull_request, Some(pull_request));
    kinds.push(EventKind::TargetChanged { branch: branch.clone() });
    let agent = delivered(kinds.clone());
    assert_eq!(
        (
            agent.target_branch,
            agent.push_parent,
            agent.pushed_commit,
            agent.pull_request,
            agent.feedback_open
        ),
        (branch, Some("p1".to_owned()), None, None, 0)
    );
    kinds.extend(pushed("p2"));
    let agent = delivered(kinds);
    assert_eq!((agent.push_parent, agent.pushed_commit), (None, Some("p2".to_owned())));
}

#[test]
fn work_that_was_put_onto_another_tip_is_a_checkpoint_and_pushed_onto_that_tip() {
    let mut kinds =
        vec![EventKind::Reapplied { onto: "m1".to_owned(), checkpoint: "k2".to_owned(), files_changed: 5 }];
    let agent = delivered(kinds.clone());
    assert_eq!(
        (agent.push_parent, agent.checkpoint, agent.files_changed, agent.pushed_commit),
        (Some("m1".to_owned()), Some("k2".to_owned()), 5, Some("p1".to_owned()))
    );
    kinds.extend(pushed("p2"));
    assert_eq!(delivered(kinds).push_parent, None);
}

#[test]
fn what_the_work_was_put_onto_is_known_until_it_is_put_onto_something_else() {
    let onto = |commit: &str| EventKind::Reapplied {
        onto: commit.to_owned(),
        checkpoint: "k2".to_owned(),
        files_changed: 1,
    };
    let known = |kinds: Vec<EventKind>| {
        let agent = delivered(kinds);
        (agent.reapplied_onto, agent.base_commit, agent.base_tree)
    };
    let expected =
        |commit: Option<&str>| (commit.map(str::to_owned), Some("c0".to_owned()), Some("t0".to_owned()));
    assert_eq!(known(vec![]), expected(None));
    let mut kinds = vec![onto("m1")];
    kinds.extend(pushed("p2"));
    kinds.extend([EventKind::Resumed, EventKind::Completed { summary: String::new(), unverified: None }]);
    kinds.push(EventKind::TargetChanged { branch: "agent/other".to_owned() });
    assert_eq!(known(kinds.clone()), expected(Some("m1")));
    kinds.push(onto("m2"));
    assert_eq!(known(kinds), expected(Some("m2")));
}

#[test]
fn a_way_of_delivery_that_was_never_written_down_is_the_usual_one() {
    let agent = delivered(vec![EventKind::DeliveryChanged { delivery: Delivery::default() }]);
    assert_eq!((new_agent().delivery, agent.delivery), (samples::delivery(), Delivery::default()));
    let mut written = serde_json::to_value(samples::new_agent()).unwrap();
    written.as_object_mut().unwrap().remove("delivery");
    let read: NewAgent = serde_json::from_value(written).unwrap();
    assert_eq!(read.delivery, Delivery::default());
    let earlier = serde_json::json!({ "type": "pushStarted", "branch": "b", "commit": "c", "tree": "t" });
    let expected = EventKind::PushStarted {
        branch: "b".to_owned(),
        commit: "c".to_owned(),
        tree: "t".to_owned(),
        unreviewed: false,
    };
    assert_eq!(serde_json::from_value::<EventKind>(earlier).ok(), Some(expected));
}

#[test]
fn a_deleted_agent_can_be_restored() {
    let deleted = fold(vec![(2_000, EventKind::Deleted)]);
    assert_eq!(deleted.deleted_at, Some(Timestamp(2_000)));
    let restored = fold(vec![(2_000, EventKind::Deleted), (3_000, EventKind::Restored)]);
    assert_eq!(restored.deleted_at, None);
}

#[test]
fn an_instruction_that_is_edited_keeps_its_place_and_its_time() {
    let mut queue = InstructionQueue::default();
    for number in 1..=2 {
        queue.fold(Timestamp(1), &queued(number));
    }
    let edited = EventKind::InstructionEdited { id: instruction(1), text: "other words".to_owned() };
    queue.fold(Timestamp(2), &edited);
    let expected = [
        Instruction {
            id: instruction(1),
            text: "other words".to_owned(),
            queued_at: Timestamp(1),
            now: false,
        },
        Instruction { id: instruction(2), text: "do 2".to_owned(), queued_at: Timestamp(1), now: false },
    ];
    assert_eq!(queue.waiting(), expected);
}

fn queued(number: u128) -> EventKind {
    EventKind::InstructionQueued { id: instruction(number), text: format!("do {number}") }
}

/// What the user and the engine may do to a queue.
#[derive(Clone, Debug)]
enum Step {
    Queue,
    Take,
    Edit(prop::sample::Index),
    Remove(prop::sample::Index),
    Reorder(Vec<prop::sample::Index>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Queue),
        2 => Just(Step::Take),
        1 => any::<prop::sample::Index>().prop_map(Step::Edit),
        1 => any::<prop::sample::Index>().prop_map(Step::Remove),
        1 => prop::collection::vec(any::<prop::sample::Index>(), 0..5).prop_map(Step::Reorder),
    ]
}

proptest! {
    /// Without edits, instructions are taken in the order in which they were queued.
    #[test]
    fn instructions_are_taken_in_order(steps in prop::collection::vec(any::<bool>(), 0..60)) {
        let (mut queue, mut queued_ids, mut taken) = (InstructionQueue::default(), vec![], vec![]);
        for (number, queues) in (1..).zip(steps) {
            if queues {
                queue.fold(Timestamp(0), &queued(number));
                queued_ids.push(instruction(number));
            } else if let Some(id) = take(&mut queue) {
                taken.push(id);
            }
        }
        while let Some(id) = take(&mut queue) {
            taken.push(id);
        }
        prop_assert_eq!(taken, queued_ids);
    }

    /// Whatever is done to the queue, each instruction is taken once or removed once, never both.
    #[test]
    fn every_instruction_leaves_the_queue_exactly_once(steps in prop::collection::vec(step(), 0..60)) {
        let (mut queue, mut all, mut left) = (InstructionQueue::default(), vec![], vec![]);
        for (number, step) in (1..).zip(steps) {
            let waiting: Vec<InstructionId> = queue.waiting().iter().map(|i| i.id).collect();
            let at = |index: &prop::sample::Index| (!waiting.is_empty()).then(|| *index.get(&waiting));
            match step {
                Step::Queue => {
                    queue.fold(Timestamp(0), &queued(number));
                    all.push(instruction(number));
                }
                Step::Take => left.extend(take(&mut queue)),
                Step::Edit(index) => {
                    if let Some(id) = at(&index) {
                        queue.fold(Timestamp(0), &EventKind::InstructionEdited { id, text: "x".to_owned() });
                    }
                }
                Step::Remove(index) => {
                    if let Some(id) = at(&index) {
                        queue.fold(Timestamp(0), &EventKind::InstructionRemoved { id });
                        left.push(id);
                    }
                }
                Step::Reorder(indices) => {
                    let ids: Vec<_> = indices.iter().filter_map(at).collect();
                    queue.fold(Timestamp(0), &EventKind::InstructionsReordered { ids: ids.clone() });
                    let after: Vec<_> = queue.waiting().iter().map(|i| i.id).collect();
                    prop_assert_eq!(after, reordered(&ids, &waiting));
                }
            }
        }
        left.extend(queue.into_waiting().into_iter().map(|i| i.id));
        left.sort();
        prop_assert_eq!(left, all);
    }
}

fn take(queue: &mut InstructionQueue) -> Option<InstructionId> {
    let next = queue.waiting().first().cloned()?;
    queue.fold(
        Timestamp(0),
        &EventKind::TurnStarted { instruction: next.id, text: next.text, shown: vec![], attached: None },
    );
    Some(next.id)
}

/// The named ids first, each once, then the others as they were.
fn reordered(named: &[InstructionId], waiting: &[InstructionId]) -> Vec<InstructionId> {
    let mut order: Vec<InstructionId> = vec![];
    for id in named.iter().chain(waiting) {
        if !order.contains(id) {
            order.push(*id);
        }
    }
    order
}

#[test]
fn an_agent_and_a_pull_request_of_before_want_all_of_the_history_and_withhold_nothing() {
    let new = Box::new(NewAgent { history_depth: None, ..samples::new_agent() });
    let created =
        EventKind::Created { task: new.task.clone(), instruction: instruction(1), agent: Some(new) };
    let open = samples::pull_request(PullRequestState::Open);
    let changed = EventKind::PullRequestChanged { pull_request: PullRequest { withheld: vec![], ..open } };
    for (event, within, field) in [(created, "agent", "historyDepth"), (changed, "pullRequest", "withheld")] {
        let mut earlier = serde_json::to_value(&event).unwrap();
        assert!(earlier.get_mut(within).unwrap().as_object_mut().unwrap().remove(field).is_some());
        assert_eq!(serde_json::from_value::<EventKind>(earlier).ok(), Some(event));
    }
}

#[test]
fn feedback_of_before_says_of_no_check_that_it_fails_no_more() {
    let event = arrived(&["check/1"]);
    let mut earlier = serde_json::to_value(&event).unwrap();
    assert!(earlier.as_object_mut().unwrap().remove("over").is_some());
    assert_eq!(serde_json::from_value::<EventKind>(earlier).ok(), Some(event));
}
