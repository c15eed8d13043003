//! What is sent on each wire for one conversation of several turns, word for word. Written anew with
//! `ANCHORHOLD_UPDATE=1 cargo test -p anchorhold-model --test contract transcripts`.

use super::frames::{reasoned, words};
use super::replay::{results, said};
use super::stage::Stage;
use super::support::{WIRES, ask_of, conversation, thinking, user};
use anchorhold_domain::Wire;
use anchorhold_model::Conversation;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// What stands for the key in the files.
const KEY: &str = "REDACTED";

/// Talks for three turns and returns every request.
async fn talk(wire: Wire) -> Vec<Value> {
    let stage = Stage::start([reasoned(wire), reasoned(wire), words(wire, "Both are read.")]).await;
    let choice = thinking(wire, &stage.url);
    let mut asked =
        Conversation { cache_key: Some("agent-7".to_owned()), ..conversation(vec![user("Read both.")]) };
    for instruction in [None, Some("And once more.")] {
        let (answer, _) = ask_of(&choice, KEY, &asked).await.unwrap();
        let results = results(&answer.calls);
        asked.messages.extend([said(answer), results].map(Arc::new));
        asked.messages.extend(instruction.map(user).map(Arc::new));
    }
    ask_of(&choice, KEY, &asked).await.unwrap();
    stage.requests()
}

#[tokio::test]
async fn what_is_sent_on_each_wire_is_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("transcripts");
    for (wire, ..) in WIRES {
        let file = folder.join(format!("{}.json", format!("{wire:?}").to_lowercase()));
        let sent = serde_json::to_string_pretty(&talk(wire).await).unwrap() + "\n";
        if std::env::var_os("ANCHORHOLD_UPDATE").is_some() {
            std::fs::write(&file, &sent).unwrap();
        }
        let recorded = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            sent == recorded,
            "{} is not what is sent; look at it, then write it anew:\n\
             ANCHORHOLD_UPDATE=1 cargo test -p anchorhold-model --test contract transcripts\n{sent}",
            file.display()
        );
    }
}

#[tokio::test]
async fn the_growing_conversation_is_marked_for_the_cache() {
    let mark = json!({"type": "ephemeral"});
    let requests = talk(Wire::Messages).await;
    for request in &requests {
        let body = &request["body"];
        assert_eq!(body["system"][0]["cache_control"], mark);
        assert_eq!(body["tools"][0]["cache_control"], mark);
        let messages = body["messages"].as_array().unwrap();
        let marked: Vec<bool> =
            messages.iter().map(|message| message.to_string().contains("cache_control")).collect();
        let inputs = messages.iter().filter(|message| message["role"] == "user").count();
        assert_eq!(marked.iter().filter(|marked| **marked).count(), inputs.min(2), "{body}");
        assert_eq!(marked.last(), Some(&true));
        // Four marks are the most that the provider takes.
        assert!(body.to_string().matches("cache_control").count() <= 4);
    }
    let responses = talk(Wire::Responses).await;
    assert!(responses.iter().all(|request| request["body"]["prompt_cache_key"] == "agent-7"));
}

#[tokio::test]
async fn what_was_sent_before_is_sent_again_unchanged() {
    for (wire, ..) in WIRES {
        let requests = talk(wire).await;
        let list = |request: &Value| {
            let body = &request["body"];
            let list = ["messages", "input", "contents"].iter().find_map(|name| body[name].as_array());
            // The marks of the cache move on with the conversation.
            let text = serde_json::to_string(list.unwrap()).unwrap();
            let text = text.replace(",\"cache_control\":{\"type\":\"ephemeral\"}", "");
            text.trim_end_matches(']').to_owned()
        };
        for two in requests.windows(2) {
            let (before, after) = (list(&two[0]), list(&two[1]));
            assert!(after.starts_with(&before), "{wire:?}:\n{before}\n{after}");
        }
    }
}
