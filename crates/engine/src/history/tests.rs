//! The fold of the log, as a whole: every request is well-formed, and none depends on when it was read.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::{History, message_bytes};
use crate::context::{Budget, Step};
use anchorhold_domain::{
    EditedFile, Event, EventKind, Fault, InstructionId, LoopPattern, ModelChoice, PlanStep, StepStatus,
    Timestamp, ToolOutcome, Usage,
};
use anchorhold_model::{Connections, Conversation, Message, Model, ModelInfo, RemoteModel, ToolSpec};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use uuid::Uuid;

/// An event with what its blob holds.
type Entry = (Event, Option<String>);

fn empty() -> History {
    let spec = ToolSpec { name: "read_file".to_owned(), description: "Reads.".to_owned(), schema: json!({}) };
    History::new("You are an agent.".to_owned(), Arc::new([spec]))
}

fn rebuilt(log: &[Entry]) -> History {
    let mut history = empty();
    for (event, whole) in log {
        history.take(event, whole.clone());
    }
    history
}

/// A log that grows as a run makes it grow.
pub(super) struct Run {
    log: Vec<Entry>,
    pub(super) history: History,
    requests: u32,
    instructions: u128,
}

impl Run {
    pub(super) fn new() -> Self {
        Self { log: Vec::new(), history: empty(), requests: 0, instructions: 0 }
    }

    fn event(&mut self, kind: EventKind, whole: Option<String>) {
        let seq = u32::try_from(self.log.len()).unwrap() + 1;
        // What a run does not hand to its history while it lasts.
        let passing = matches!(kind, EventKind::Noted { .. } | EventKind::ModelInterrupted { .. });
        let event = Event { seq, at: Timestamp(0), kind };
        if !passing {
            self.history.take(&event, whole.clone());
        }
        self.log.push((event, whole));
    }

    pub(super) fn turn(&mut self, text: &str, attached: Option<&str>) -> InstructionId {
        self.instructions += 1;
        let instruction = InstructionId(Uuid::from_u128(self.instructions));
        let kind = EventKind::TurnStarted {
            instruction,
            text: text.to_owned(),
            shown: attached.map(|_| "notes.md".to_owned()).into_iter().collect(),
            attached: attached.map(|_| "hash".to_owned()),
        };
        self.event(kind, attached.map(str::to_owned));
        instruction
    }

    pub(super) fn answer(
        &mut self,
        text: &str,
        replay: Option<&str>,
        usage: Usage,
        calls: &[(&str, &str, String)],
    ) {
        self.requests += 1;
        let answered = EventKind::ModelAnswered {
            request: self.requests,
            text: text.to_owned(),
            reasoning: None,
            replay: replay.map(str::to_owned),
            usage,
            cost: None,
            duration_ms: 1,
        };
        self.event(answered, None);
        for (call, tool, arguments) in calls {
            let (call, tool, arguments) = ((*call).to_owned(), (*tool).to_owned(), arguments.clone());
            self.event(EventKind::ToolRequested { label: tool.clone(), call, tool, arguments }, None);
        }
    }

    fn finished(&mut self, call: &str, result: &str, edited: &[&str]) {
        self.ended(call, ToolOutcome::Ok, result, edited);
    }

    fn ended(&mut self, call: &str, outcome: ToolOutcome, result: &str, edited: &[&str]) {
        let long = result.len() > 4096;
        let edited = edited.iter().map(|path| EditedFile { path: (*path).to_owned(), added: 1, removed: 0 });
        let kind = EventKind::ToolFinished {
            call: call.to_owned(),
            outcome,
            result: result.chars().take(4096).collect(),
            result_blob: long.then(|| "hash".to_owned()),
            duration_ms: 1,
            edited: edited.collect(),
            checkpoint: None,
            files_changed: 0,
            shown: Vec::new(),
        };
        self.event(kind, long.then(|| result.to_owned()));
    }

    fn shrunk(&mut self, calls: Vec<String>) {
        self.event(EventKind::ResultsShrunk { calls, tokens_before: 2, tokens_after: 1 }, None);
    }

    fn compacted(&mut self, through: u32, summary: &str) {
        let kind = EventKind::Compacted {
            through,
            summary: summary.to_owned(),
            tokens_before: 2,
            tokens_after: 1,
            usage: Usage::default(),
            cost: None,
        };
        self.event(kind, None);
    }

    /// The next event, not taken yet: a call's result.
    pub(super) fn result(&self, call: &str, bytes: usize) -> Event {
        let kind = EventKind::ToolFinished {
            call: call.to_owned(),
            outcome: ToolOutcome::Ok,
            result: "r".repeat(bytes),
            result_blob: None,
            duration_ms: 1,
            edited: Vec::new(),
            checkpoint: None,
            files_changed: 0,
            shown: Vec::new(),
        };
        Event { seq: self.history.last_seq + 1, at: Timestamp(0), kind }
    }

    /// Reads a file, answer and result.
    pub(super) fn reads(&mut self, call: &str, bytes: usize) {
        self.answer("", None, Usage::default(), &[(call, "read_file", json!({"path": call}).to_string())]);
        self.finished(call, &"r".repeat(bytes), &[]);
    }
}

pub(super) fn usage(input: u32, output: u32) -> Usage {
    Usage { input_tokens: input, output_tokens: output, ..Usage::default() }
}

/// The roles of a conversation, and what each message says.
fn told(conversation: &Conversation) -> Vec<String> {
    let mut lines = Vec::new();
    for message in &conversation.messages {
        match &**message {
            Message::User(text) => lines.push(format!("user: {text}")),
            Message::Assistant { text, calls, .. } => {
                let calls: String = calls.iter().map(|call| format!("[{} {}]", call.tool, call.id)).collect();
                lines.push(format!("agent: {text}{calls}"));
            }
            Message::ToolResults(results) => {
                let results: Vec<String> =
                    results.iter().map(|result| format!("{}={}", result.call, result.content)).collect();
                lines.push(format!("results: {}", results.join(", ")));
            }
        }
    }
    lines
}

/// Checks what the strictest of the wires demands.
fn check(history: &History) -> Result<(), TestCaseError> {
    let conversation = history.conversation();
    let messages = &conversation.messages;
    prop_assert!(
        matches!(messages.first().map(|first| &**first), Some(Message::User(_))),
        "{:#?}",
        told(conversation)
    );
    prop_assert!(
        !matches!(messages.last().map(|last| &**last), Some(Message::Assistant { .. })),
        "{:#?}",
        told(conversation)
    );
    for (message, next) in messages.iter().zip(messages.iter().skip(1)) {
        match (&**message, &**next) {
            (Message::Assistant { calls, .. }, Message::ToolResults(results)) => {
                let mut asked: Vec<_> = calls.iter().map(|call| (&call.id, &call.tool)).collect();
                let mut answered: Vec<_> =
                    results.iter().map(|result| (&result.call, &result.tool)).collect();
                asked.sort();
                answered.sort();
                prop_assert!(!asked.is_empty());
                prop_assert_eq!(asked, answered);
            }
            (Message::Assistant { text, calls, replay }, Message::User(_)) => {
                prop_assert!(calls.is_empty(), "calls without results: {:#?}", told(conversation));
                prop_assert!(replay.is_some() || !text.trim().is_empty());
            }
            (Message::User(_) | Message::ToolResults(_), Message::Assistant { .. })
            | (Message::ToolResults(_), Message::User(_)) => {}
            (Message::User(_), Message::User(_) | Message::ToolResults(_))
            | (Message::ToolResults(_), Message::ToolResults(_))
            | (Message::Assistant { .. }, Message::Assistant { .. }) => {
                prop_assert!(false, "{:#?}", told(conversation));
            }
        }
    }
    let has_calls = messages.iter().any(|message| match &**message {
        Message::Assistant { calls, .. } => !calls.is_empty(),
        Message::ToolResults(_) => true,
        Message::User(_) => false,
    });
    prop_assert_eq!(conversation.tools.is_empty(), history.wrapping_up());
    prop_assert!(!(has_calls && history.wrapping_up()));
    let plan = &history.conversation;
    let spec = plan.tools.iter().map(|tool| tool.name.len() + tool.description.len() + 2 + super::AROUND);
    let bytes: usize = plan.messages.iter().map(|message| message_bytes(message)).sum::<usize>()
        + plan.system.len()
        + spec.sum::<usize>();
    prop_assert_eq!(bytes, history.bytes);
    Ok(())
}

fn same(one: &History, other: &History) -> Result<(), TestCaseError> {
    prop_assert_eq!(told(one.conversation()), told(other.conversation()));
    prop_assert_eq!(&one.conversation().messages, &other.conversation().messages);
    prop_assert_eq!((one.tokens(), one.bytes, one.past), (other.tokens(), other.bytes, other.past));
    prop_assert_eq!((one.turn_open(), one.open_calls()), (other.turn_open(), other.open_calls()));
    prop_assert_eq!((one.wrapping_up(), one.outcome()), (other.wrapping_up(), other.outcome()));
    Ok(())
}

/// Something that happens in a run.
#[derive(Clone, Debug)]
enum Act {
    Turn { bytes: usize, attached: Option<usize> },
    Answer { bytes: usize, calls: Vec<(bool, usize)>, replay: bool, tokens: u32 },
    Finish { bytes: Vec<usize>, last_first: bool },
    Ask,
    Loop,
    Plan(usize),
    Passing,
    Shrink(Vec<Index>, bool),
    Compact(Index, usize),
    WrapUp,
}

fn act() -> impl Strategy<Value = Act> {
    let bytes = || prop_oneof![0usize..50, 500usize..9_000];
    let calls = proptest::collection::vec((any::<bool>(), bytes()), 0..4);
    prop_oneof![
        2 => (1usize..3_000, proptest::option::of(1usize..9_000)).prop_map(|(bytes, attached)| Act::Turn { bytes, attached }),
        6 => (0usize..300, calls, any::<bool>(), 0u32..9_000)
            .prop_map(|(bytes, calls, replay, tokens)| Act::Answer { bytes, calls, replay, tokens }),
        6 => (proptest::collection::vec(bytes(), 4), any::<bool>()).prop_map(|(bytes, last_first)| Act::Finish { bytes, last_first }),
        1 => Just(Act::Ask),
        1 => Just(Act::Loop),
        1 => (0usize..4).prop_map(Act::Plan),
        1 => Just(Act::Passing),
        1 => (proptest::collection::vec(any::<Index>(), 1..4), any::<bool>()).prop_map(|(some, words)| Act::Shrink(some, words)),
        1 => (any::<Index>(), 0usize..900).prop_map(|(through, bytes)| Act::Compact(through, bytes)),
        1 => Just(Act::WrapUp),
    ]
}

/// Does it where a run could do it.
fn perform(run: &mut Run, act: &Act) {
    let open = !run.history.open_calls().is_empty();
    let asks = run.history.turn_open() && !open;
    let marked = |what: &str, bytes: usize| format!("{what}{}", ".".repeat(bytes));
    match act {
        Act::Turn { bytes, attached } => {
            let text = marked(&format!("<words {}>", run.instructions + 1), *bytes);
            let attached = attached.map(|bytes| marked("file", bytes));
            run.turn(&text, attached.as_deref());
        }
        Act::Answer { bytes, calls, replay, tokens } if asks => {
            // Few ids, so that some come again.
            let ids: Vec<String> = (0..calls.len()).map(|n| format!("call_{n}")).collect();
            let calls: Vec<(&str, &str, String)> = calls
                .iter()
                .zip(&ids)
                .map(|((writes, bytes), id)| match writes {
                    true => (
                        id.as_str(),
                        "write_file",
                        json!({"path": "a", "content": "w".repeat(*bytes)}).to_string(),
                    ),
                    false => (id.as_str(), "read_file", json!({"path": "a"}).to_string()),
                })
                .collect();
            let usage = Usage { input_tokens: *tokens, output_tokens: 10, ..Usage::default() };
            run.answer(&"a".repeat(*bytes), replay.then_some("{signed}"), usage, &calls);
        }
        Act::Finish { bytes, last_first } => {
            let mut calls = run.history.open_calls().to_vec();
            if *last_first {
                calls.reverse();
            }
            for (call, bytes) in calls.iter().zip(bytes) {
                run.finished(&call.id, &"r".repeat(*bytes), &["edited.rs"]);
            }
        }
        Act::Ask if asks => {
            let asked = json!({"question": "Which?"}).to_string();
            run.answer("", None, Usage::default(), &[("ask", "ask_user", asked)]);
            let answered = format!("<chosen {}>", run.requests);
            run.event(EventKind::QuestionAnswered { call: "ask".to_owned(), text: answered }, None);
        }
        Act::Loop if asks => {
            let advice = "You repeat yourself.".to_owned();
            run.event(EventKind::LoopNoticed { pattern: LoopPattern::Identical, times: 3, advice }, None);
        }
        Act::Plan(steps) => {
            let steps =
                (0..*steps).map(|n| PlanStep { text: format!("step {n}"), status: StepStatus::Active });
            run.event(EventKind::PlanChanged { steps: steps.collect() }, None);
        }
        Act::Passing => {
            run.event(EventKind::Noted { message: "so".to_owned() }, None);
            run.event(EventKind::ModelInterrupted { request: 1, text: "half".to_owned() }, None);
        }
        Act::Shrink(some, words) if !open => {
            let known = ["call_0", "call_1", "call_2", "ask", "nothing"];
            let mut ids: Vec<String> = some.iter().map(|index| (*index.get(&known)).to_owned()).collect();
            if *words {
                ids.push(Uuid::from_u128(1).to_string());
            }
            run.shrunk(ids);
        }
        Act::Compact(through, bytes) => {
            let through = u32::try_from(through.index(run.log.len() + 1)).unwrap();
            run.compacted(through, &"s".repeat(*bytes));
        }
        Act::WrapUp => run.event(EventKind::WrapUpRequested, None),
        Act::Answer { .. } | Act::Ask | Act::Loop | Act::Shrink(..) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_every_request_is_well_formed_and_the_same_after_a_crash(
        acts in proptest::collection::vec(act(), 1..50), crash in any::<Index>(),
    ) {
        let mut run = Run::new();
        run.turn("<words 1>", None);
        let crash = crash.index(acts.len());
        for (number, act) in acts.iter().enumerate() {
            perform(&mut run, act);
            if number == crash {
                // The run goes on with what the log says.
                let again = rebuilt(&run.log);
                same(&run.history, &again)?;
                run.history = again;
            }
            if run.history.turn_open() && run.history.open_calls().is_empty() {
                check(&run.history)?;
            }
        }
        same(&run.history, &rebuilt(&run.log))?;
    }

    #[test]
    fn no_word_of_the_user_is_lost_by_a_summary(
        acts in proptest::collection::vec(act(), 1..40),
    ) {
        let mut run = Run::new();
        run.turn("<words 1>", None);
        for act in acts.iter().filter(|act| !matches!(act, Act::Shrink(..))) {
            perform(&mut run, act);
        }
        let open = run.history.open_calls().to_vec();
        open.iter().for_each(|call| run.finished(&call.id, "r", &[]));
        let all = told(&run.history.conversation).join("\n");
        for (event, _) in &run.log {
            match &event.kind {
                EventKind::TurnStarted { text, .. } | EventKind::QuestionAnswered { text, .. } => {
                    prop_assert_eq!(all.matches(text.as_str()).count(), 1, "{} in {}", text, all);
                }
                _ => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_long_run_stays_within_the_window_as_the_provider_counts_it(
        sizes in proptest::collection::vec((0usize..30_000, 0usize..6_000), 60..120),
        tenths in 22usize..50, window in 16_000u32..60_000,
    ) {
        let budget = Budget::of(&ModelInfo { window: Some(window), ..ModelInfo::default() });
        let mut run = Run::new();
        run.turn("The task.", None);
        let (turns, mut steps, mut most) = (sizes.len(), 0, 0);
        for (number, (reads, writes)) in sizes.into_iter().enumerate() {
            while let Some(step) = run.history.next_step(budget) {
                steps += 1;
                match step {
                    Step::Shrink(calls) => {
                        let before = run.history.bytes;
                        run.shrunk(calls);
                        prop_assert!(run.history.bytes < before);
                    }
                    Step::Compact(through) => {
                        let before = run.history.bytes;
                        run.compacted(through, "What was done so far.");
                        prop_assert!(run.history.bytes < before);
                    }
                    Step::TooSmall => prop_assert!(false, "there is always room"),
                }
            }
            check(&run.history)?;
            let input = u32::try_from(run.history.bytes * 10 / tenths).unwrap();
            prop_assert!(input <= window, "{} of {}", input, window);
            most = most.max(input);
            let usage = Usage { input_tokens: input, output_tokens: 300, ..Usage::default() };
            let (read, write) = (format!("r{number}"), format!("w{number}"));
            run.answer("Going on.", None, usage, &[
                (&read, "read_file", json!({"path": "a"}).to_string()),
                (&write, "write_file", json!({"path": "b", "content": "w".repeat(writes)}).to_string()),
            ]);
            run.finished(&read, &"r".repeat(reads), &[]);
            run.finished(&write, "Written.", &["b"]);
        }
        prop_assert!(most > window / 4, "the window is used");
        // Each step breaks the provider's cache, so that they are few.
        prop_assert!(steps <= turns, "{} steps in {} turns", steps, turns);
        same(&run.history, &rebuilt(&run.log))?;
    }
}

#[test]
fn the_text_of_mentioned_files_follows_the_words_and_goes_before_them() {
    let mut run = Run::new();
    let id = run.turn("Look at @notes.md.", Some("<file>a long text</file>"));
    assert_eq!(told(run.history.conversation()), ["user: Look at @notes.md.\n\n<file>a long text</file>"]);
    run.shrunk(vec![id.to_string()]);
    let note = "[Anchorhold] The text of files that went with this was cut to make room; read what you need of it again: \
                notes.md";
    assert_eq!(told(run.history.conversation()), [format!("user: Look at @notes.md.\n\n{note}")]);
}

#[test]
fn words_that_are_sent_into_the_middle_follow_the_results() {
    let mut run = Run::new();
    run.turn("Do it.", None);
    run.answer(
        "I read.",
        None,
        Usage::default(),
        &[("1", "read_file", "{}".to_owned()), ("2", "read_file", "{}".to_owned())],
    );
    run.finished("1", "one", &[]);
    run.turn("Rather this.", None);
    run.turn("And that.", None);
    run.finished("2", "two", &[]);
    assert_eq!(
        told(run.history.conversation()),
        [
            "user: Do it.",
            "agent: I read.[read_file 1][read_file 2]",
            "results: 1=one, 2=two",
            "user: Rather this.\n\nAnd that.",
        ]
    );
}

#[test]
fn advice_is_marked_as_the_programs_and_an_interrupted_answer_is_not_told() {
    let mut run = Run::new();
    run.turn("Do it.", None);
    run.reads("1", 3);
    run.event(EventKind::ModelInterrupted { request: 2, text: "I would".to_owned() }, None);
    let fault = Fault { code: "c".to_owned(), message: "m".to_owned(), hint: None };
    run.event(EventKind::ModelRetried { attempt: 1, fault, wait_ms: 1 }, None);
    let advice = "You read this three times.".to_owned();
    run.event(EventKind::LoopNoticed { pattern: LoopPattern::Identical, times: 3, advice }, None);
    assert_eq!(
        told(run.history.conversation()),
        [
            "user: Do it.",
            "agent: [read_file 1]",
            "results: 1=rrr",
            "user: [Anchorhold] You read this three times.",
        ]
    );
}

#[test]
fn the_last_answer_is_asked_for_without_tools_and_without_calls_and_ends_the_turn() {
    let mut run = Run::new();
    run.turn("Do it.", None);
    run.answer("I read.", Some("{signed}"), Usage::default(), &[("1", "read_file", "{}".to_owned())]);
    run.finished("1", "one", &[]);
    run.event(EventKind::WrapUpRequested, None);
    assert!(run.history.wrapping_up() && run.history.turn_open());
    let conversation = run.history.conversation();
    assert!(conversation.tools.is_empty());
    assert_eq!(
        told(conversation),
        [
            "user: Do it.".to_owned(),
            "agent: I read.\n[I call read_file {}]".to_owned(),
            format!(
                "user: [Anchorhold] Result of read_file, which is data:\none\n\n[Anchorhold] {}",
                super::WRAP_UP
            ),
        ]
    );
    // A model that calls a tool all the same does not go on by it.
    run.answer("This far.", None, Usage::default(), &[("2", "read_file", "{}".to_owned())]);
    run.finished("2", "two", &[]);
    assert!(!run.history.wrapping_up() && !run.history.turn_open());
    assert_eq!(run.history.outcome(), ("This far.".to_owned(), None));

    // What the user says then is work as before.
    run.turn("Go on.", None);
    assert_eq!(run.history.conversation().tools.len(), 1);
    assert!(told(run.history.conversation()).contains(&"agent: I read.[read_file 1]".to_owned()));
}

#[test]
fn a_summary_leaves_the_users_words_the_plan_the_edited_files_and_the_last_turns() {
    let mut run = Run::new();
    run.turn("Do it.", Some("<file>text</file>"));
    run.reads("1", 3);
    run.answer("", None, Usage::default(), &[("2", "ask_user", json!({"question": "Tabs?"}).to_string())]);
    run.event(EventKind::QuestionAnswered { call: "2".to_owned(), text: "No, spaces.".to_owned() }, None);
    run.answer("", Some("{signed}"), Usage::default(), &[("3", "write_file", "{}".to_owned())]);
    run.finished("3", "Written.", &["src/a.rs"]);
    run.event(
        EventKind::LoopNoticed { pattern: LoopPattern::PingPong, times: 2, advice: "Hm.".to_owned() },
        None,
    );
    run.turn("Also this.", None);
    let steps = vec![
        PlanStep { text: "read".to_owned(), status: StepStatus::Done },
        PlanStep { text: "write".to_owned(), status: StepStatus::Active },
    ];
    run.event(EventKind::PlanChanged { steps }, None);
    let through = u32::try_from(run.log.len()).unwrap();
    run.reads("4", 4);
    run.compacted(through, "I wrote src/a.rs.");
    let front = "user: Do it.\n\n[Anchorhold] The text of files that went with this was cut to make room; read what \
                 you need of it again: notes.md\n\n[Anchorhold] You asked: Tabs?\nThe user answered:\nNo, spaces.\n\n\
                 Also this.";
    let notes = "agent: My notes on the work before this, which was cut to make room:\n\nI wrote src/a.rs.";
    let host = "user: [Anchorhold] The conversation before this was cut to make room. What the user said in it \
                stands above, and your own notes stand for the rest. Go on with the work from here; read again what \
                you need.\n\nYour plan:\n[x] read\n[>] write\n\nFiles you have edited:\nsrc/a.rs";
    assert_eq!(
        told(run.history.conversation()),
        [front, notes, host, "agent: [read_file 4]", "results: 4=rrrr"]
    );

    // The next summary takes the place of the first.
    let through = u32::try_from(run.log.len()).unwrap();
    run.reads("5", 5);
    run.compacted(through, "More.");
    let told = told(run.history.conversation());
    assert_eq!((told.len(), told[0].as_str(), told[4].as_str()), (5, front, "results: 5=rrrrr"));
    assert_eq!(told[1], "agent: My notes on the work before this, which was cut to make room:\n\nMore.");
}

#[test]
fn results_are_cut_in_their_place_and_what_the_user_answered_is_not() {
    let mut run = Run::new();
    run.turn("Do it.", None);
    let content = json!({"path": "a.rs", "content": "w".repeat(3_000)}).to_string();
    run.answer("", None, Usage::default(), &[("0", "write_file", content.clone())]);
    run.finished("0", "Written.", &["a.rs"]);
    run.answer("", Some("{signed}"), Usage::default(), &[("1", "write_file", content)]);
    run.finished("1", "Written.", &["a.rs"]);
    run.answer("", None, Usage::default(), &[("2", "ask_user", json!({"question": "?"}).to_string())]);
    run.event(EventKind::QuestionAnswered { call: "2".to_owned(), text: "y".repeat(3_000) }, None);
    // A server that begins its ids anew.
    run.reads("3", 5_000);
    run.reads("3", 6_000);
    let before = run.history.bytes;
    run.shrunk(["0", "1", "2", "3"].map(str::to_owned).to_vec());
    let told = told(run.history.conversation());
    assert_eq!(told[6], format!("results: 2=The user answers: {}", "y".repeat(3_000)));
    assert_eq!(
        told[8],
        "results: 3=[result of read_file 3, 5 KB, was cut to make room; call it again if you need it, in parts \
         if it is large]"
    );
    assert_eq!(told[10], format!("results: 3={}", "r".repeat(6_000)));
    let arguments: Vec<usize> = run
        .history
        .conversation()
        .messages
        .iter()
        .filter_map(|message| match &**message {
            Message::Assistant { calls, .. } => calls.first().map(|call| call.arguments.len()),
            _ => None,
        })
        .collect();
    assert!(arguments[0] < 200 && arguments[1] > 3_000, "{arguments:?}");
    assert!(run.history.bytes + 7_500 < before);
}

#[test]
fn a_window_that_was_learned_is_remembered_for_its_model() {
    let choice = |name: &str| ModelChoice {
        provider: "openai".to_owned(),
        name: name.to_owned(),
        base_url: None,
        wire: None,
        effort: None,
    };
    let mut run = Run::new();
    let selected = |name, window| EventKind::ModelSelected {
        model: choice(name),
        window,
        output_limit: None,
        priced: false,
        fault: None,
    };
    run.event(selected("large", Some(128_000)), None);
    run.event(selected("large", Some(64_000)), None);
    // What a run that goes on says of it anew does not undo that.
    run.event(selected("large", Some(128_000)), None);
    run.event(selected("large", None), None);
    assert_eq!(run.history.window_of(&choice("large")), Some(64_000));
    assert_eq!(run.history.window_of(&choice("small")), None);
    run.event(selected("small", Some(8_000)), None);
    assert_eq!(run.history.window_of(&choice("small")), Some(8_000));
}

#[test]
fn in_a_usual_window_room_is_made_seldom_so_that_the_providers_cache_is_seldom_lost() {
    let budget = Budget::of(&ModelInfo { window: Some(128_000), ..ModelInfo::default() });
    let mut run = Run::new();
    run.turn("The task.", None);
    let mut steps = 0;
    for _ in 0..400 {
        while let Some(step) = run.history.next_step(budget) {
            steps += 1;
            match step {
                Step::Shrink(calls) => run.shrunk(calls),
                Step::Compact(through) => run.compacted(through, "What was done so far."),
                Step::TooSmall => unreachable!("there is always room"),
            }
        }
        let input = u32::try_from(run.history.bytes * 10 / 36).unwrap();
        run.answer("Going on.", None, usage(input, 300), &[("1", "read_file", "{}".to_owned())]);
        run.finished("1", &"r".repeat(9_000), &[]);
    }
    // A million tokens were read in all, and each step frees a quarter of the budget.
    assert!((20..45).contains(&steps), "{steps}");
}

#[test]
fn that_a_call_of_the_last_answer_was_refused_is_known_from_the_log_until_the_next_answer() {
    let mut run = Run::new();
    run.turn("Do it.", None);
    let calls = [("1", "edit_file", "{}".to_owned()), ("2", "finish", "{}".to_owned())];
    run.answer("", None, usage(1, 1), &calls);
    assert!(!run.history.refused());
    run.ended("1", ToolOutcome::Refused, "there is no such text", &[]);
    assert!(run.history.refused() && rebuilt(&run.log).refused());
    run.ended("2", ToolOutcome::Refused, "look first", &[]);
    assert!(run.history.turn_open());
    run.answer("", None, usage(1, 1), &[("3", "finish", "{}".to_owned())]);
    assert!(!run.history.refused() && !rebuilt(&run.log).refused());
}

/// The body of the request that a model would be sent.
async fn body(history: &History) -> Vec<u8> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let choice = ModelChoice {
        provider: "compatible".to_owned(),
        name: "m".to_owned(),
        base_url: Some(format!("http://{}/v1", listener.local_addr().unwrap())),
        wire: None,
        effort: None,
    };
    let model = RemoteModel::new(&Connections::new().unwrap(), &choice, None).unwrap();
    let hears = async {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        loop {
            client.read_buf(&mut bytes).await.unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head
                .to_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if Some(body.len()) == length {
                return body.as_bytes().to_vec();
            }
        }
    };
    let (deltas, _kept) = tokio::sync::mpsc::channel(1);
    tokio::select! {
        body = hears => body,
        answer = model.answer(history.conversation(), &deltas) => panic!("nobody answers: {answer:?}"),
    }
}

#[tokio::test]
async fn an_answer_with_a_replay_counts_with_all_that_is_sent_of_it() {
    let mut run = Run::new();
    run.turn("Do it.", None);
    for _ in 0..5 {
        let text = "I write it all. ".repeat(100);
        let thought = "I think. ".repeat(100);
        let replay = json!({"wire": "CHAT", "provider": "compatible", "model": "m", "parts": [
            {"reasoning": thought}, {"text": text.len()}, {"call": 0}
        ]});
        let arguments = json!({"path": "a", "content": "w".repeat(4_000)}).to_string();
        run.answer(&text, Some(&replay.to_string()), Usage::default(), &[("1", "write_file", arguments)]);
        run.finished("1", "Written.", &["a"]);
    }
    let body = body(&run.history).await;
    let sent = String::from_utf8_lossy(&body);
    assert_eq!(sent.matches("reasoning_content").count(), 5, "the replays are sent");
    let counted = run.history.bytes;
    assert!((body.len() * 9 / 10..body.len() * 12 / 10).contains(&counted), "{counted} of {}", body.len());
}
