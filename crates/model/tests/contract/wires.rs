//! One suite for four wires, against the mock.

use super::aimock;
use super::support::{WIRES, ask, ask_of, ask_within, choice, conversation, thinking, user};
use anchorhold_domain::Wire;
use anchorhold_model::{Answer, Delta, ErrorClass, Message, ModelError, ToolResult};
use serde_json::json;
use std::time::Duration;

/// Asks one question on every wire.
async fn on_every_wire(question: &str) -> Vec<(Wire, Result<(Answer, Vec<Delta>), ModelError>)> {
    let mut answers = Vec::new();
    for (wire, ..) in WIRES {
        answers.push((wire, ask(&choice(wire, aimock::url()), question).await));
    }
    answers
}

/// Asks for something that fails, and checks class, wait and whether it is tried again.
async fn fails(question: &str, class: ErrorClass, wait: Option<u64>) {
    for (wire, answer) in on_every_wire(question).await {
        let error = answer.unwrap_err();
        let found = (error.class, error.retry_after);
        assert_eq!(found, (class, wait.map(Duration::from_secs)), "{wire:?}: {error}");
        assert!(!error.reason.is_empty() && !error.hint().is_empty());
    }
}

#[tokio::test]
async fn text_reasoning_and_calls_arrive_in_pieces_that_make_the_whole() {
    for (wire, ..) in WIRES {
        let (answer, deltas) = ask(&thinking(wire, aimock::url()), "parallel").await.unwrap();
        let (mut text, mut reasoning, mut calls) =
            (String::new(), String::new(), Vec::<(String, String)>::new());
        for delta in &deltas {
            match delta {
                Delta::Text(piece) => text.push_str(piece),
                Delta::Reasoning(piece) => reasoning.push_str(piece),
                Delta::Call { index, tool, arguments } => {
                    let index = usize::try_from(*index).unwrap();
                    calls.resize(calls.len().max(index + 1), Default::default());
                    calls[index].0.clone_from(tool);
                    calls[index].1.push_str(arguments);
                }
                Delta::Used(_) => {}
            }
        }
        assert_eq!(text, "I read both files.", "{wire:?}");
        assert_eq!(reasoning, "Two files are named, so I read two.", "{wire:?}");
        assert_eq!((answer.text, answer.reasoning), (text, Some(reasoning)), "{wire:?}");
        let arguments = [json!({"path": "a.txt"}), json!({"path": "b \"quoted\" ü.txt"})];
        let whole: Vec<_> =
            answer.calls.iter().map(|call| (call.tool.clone(), call.arguments.clone())).collect();
        assert_eq!(whole, calls, "{wire:?}");
        let read: Vec<serde_json::Value> =
            calls.iter().map(|call| serde_json::from_str(&call.1).unwrap()).collect();
        assert_eq!(read, arguments, "{wire:?}");
        assert!(answer.calls[0].id != answer.calls[1].id && !answer.calls[0].id.is_empty(), "{wire:?}");
        assert_eq!((answer.usage.input_tokens, answer.usage.output_tokens), (40, 20), "{wire:?}");
        assert!(deltas.len() > 6, "{wire:?} came in {} pieces", deltas.len());
    }
}

#[tokio::test]
async fn the_results_of_parallel_calls_are_understood() {
    for (wire, ..) in WIRES {
        let choice = thinking(wire, aimock::url());
        let (first, _) = ask(&choice, "parallel").await.unwrap();
        let result = |call: &anchorhold_model::CallRequest| ToolResult {
            call: call.id.clone(),
            tool: call.tool.clone(),
            content: "empty".to_owned(),
        };
        let results = first.calls.iter().map(result).collect();
        let messages = vec![
            user("parallel"),
            Message::Assistant { text: first.text, calls: first.calls, replay: first.replay },
            Message::ToolResults(results),
        ];
        let (second, _) = ask_of(&choice, aimock::KEY, &conversation(messages)).await.unwrap();
        assert_eq!(second.text, "Both are empty.", "{wire:?}");
    }
}

#[tokio::test]
async fn an_unknown_tool_is_passed_on() {
    for (wire, answer) in on_every_wire("unknown tool").await {
        let (answer, _) = answer.unwrap();
        let called: Vec<_> = answer.calls.iter().map(|c| (c.tool.as_str(), c.arguments.as_str())).collect();
        assert_eq!(called, [("launch_rocket", "{}")], "{wire:?}");
    }
}

#[tokio::test]
async fn an_empty_answer_is_no_answer() {
    fails("say nothing", ErrorClass::Nonsense, None).await;
}

#[tokio::test]
async fn an_answer_at_the_output_limit_is_not_taken_for_the_end_of_the_work() {
    fails("talk too long", ErrorClass::OutputLimit, None).await;
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    fails("rate limit", ErrorClass::RateLimited, Some(7)).await;
}

#[tokio::test]
async fn an_overloaded_provider_has_its_own_class() {
    fails("overloaded", ErrorClass::Overloaded, None).await;
}

#[tokio::test]
async fn a_server_error_has_its_own_class() {
    fails("server error", ErrorClass::Server, None).await;
}

#[tokio::test]
async fn a_conversation_beyond_the_window_has_its_own_class() {
    fails("too much context", ErrorClass::ContextLength, None).await;
}

#[tokio::test]
async fn an_answer_that_is_dropped_halfway_is_a_network_error() {
    fails("drop", ErrorClass::Network, None).await;
}

#[tokio::test]
async fn a_server_that_stalls_is_given_up() {
    for (wire, ..) in WIRES {
        let asked = conversation(vec![user("stall")]);
        let silence = Duration::from_millis(200);
        let error = ask_within(&choice(wire, aimock::url()), aimock::KEY, &asked, silence).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Network, "{wire:?}: {error}");
        assert_eq!(error.reason, "the server was silent for 0.2 s", "{wire:?}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_named_and_not_shown() {
    for (wire, ..) in WIRES {
        let asked = conversation(vec![user("hello")]);
        let error = ask_of(&choice(wire, aimock::url()), "planted-key", &asked).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::InvalidKey, "{wire:?}: {error}");
        assert!(!format!("{error}{error:?}").contains("planted"), "{wire:?}: {error}");
        assert!(
            error.hint().contains("anchorctl key set <provider>") && error.hint().contains("Change model")
        );
    }
}

#[tokio::test]
async fn a_refused_connection_is_a_network_error() {
    for (wire, ..) in WIRES {
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let error = ask(&choice(wire, &format!("http://{closed}")), "hello").await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Network, "{wire:?}: {error}");
        assert!(error.reason.contains("refused"), "{wire:?}: {error}");
    }
}
