//! What `anchorctl models` lists, and what its test says.

use crate::harness::{House, Voice, turn};
use crate::{Ended, anchorctl, end};
use serde_json::{Value, json};
use std::fs;

const KEY: &str = "sk-planted-91ab";

/// Runs `anchorctl models …` with OpenAI's key alone, and without looking at what runs on this machine.
async fn models(house: &House, arguments: &[&str]) -> Ended {
    let mut command = anchorctl(house, &[&["models"], arguments].concat());
    for provider in ["ANTHROPIC", "OPENAI", "GEMINI", "GOOGLE", "OPENROUTER"] {
        command.env_remove(format!("{provider}_API_KEY"));
        command.env_remove(format!("ANCHORHOLD_{provider}_API_KEY"));
    }
    for place in ["OLLAMA_HOST", "ANCHORHOLD_LMSTUDIO", "ANCHORHOLD_LLAMACPP"] {
        command.env(place, "off");
    }
    command.env("OPENAI_API_KEY", KEY);
    end(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_are_listed_with_their_keys_and_prices_and_no_key_is_shown() {
    let house = House::new();
    let listed = models(&house, &[]).await;
    assert_eq!(listed.status, Some(0), "{}", listed.err);
    let headings: Vec<&str> = listed.out.lines().filter(|line| line.contains("  (")).collect();
    assert_eq!(
        headings,
        [
            "* OpenAI  (openai)",
            "  Anthropic  (anthropic)",
            "  Google Gemini  (gemini)",
            "  OpenRouter  (openrouter)",
            "* Compatible server  (compatible)",
            "* Recorded demonstration  (scripted)",
        ]
    );
    for line in [
        "    its key is in the environment",
        "    no key: anchorctl key set anthropic, or set ANTHROPIC_API_KEY",
        "Prices: genai-prices 0.2.3 of 2026-11-09 (MIT), 2330 models.",
    ] {
        assert!(listed.out.contains(line), "{line}: {}", listed.out);
    }
    let all = models(&house, &["--provider", "openai"]).await;
    let known = all.out.lines().find(|line| line.trim_start().starts_with("gpt-5.2 ")).unwrap();
    assert!(known.ends_with("400000 tokens   $1.75 / $14.00 per million"), "{known}");
    assert!(!format!("{listed:?}{all:?}").contains(KEY));
    assert_eq!(models(&house, &["--provider", "nobody"]).await.status, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_read_one_provider_a_line() {
    let house = House::new();
    let listed = models(&house, &["--json"]).await;
    let options: Vec<Value> = listed.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let keys: Vec<_> = options.iter().map(|option| (&option["provider"], &option["key"])).collect();
    assert_eq!(keys[0], (&json!("openai"), &json!("ENVIRONMENT")));
    assert_eq!(keys[1], (&json!("anthropic"), &json!("MISSING")));
    assert_eq!(options[0]["keyVariable"], "OPENAI_API_KEY");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_of_models_is_told_with_its_line_and_the_list_is_printed() {
    let house = House::new();
    fs::create_dir_all(house.home()).unwrap();
    fs::write(house.home().join("models.json"), "{ \"models\": [\n oops\n] }").unwrap();
    let listed = models(&house, &[]).await;
    assert_eq!(listed.status, Some(0), "{listed:?}");
    assert!(listed.out.contains("* OpenAI  (openai)"), "{}", listed.out);
    let told = listed.err.lines().find(|line| line.starts_with("error: read ")).unwrap();
    assert!(told.contains("models.json, line 2: "), "{}", listed.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_ends_with_success_where_the_model_answers_and_calls_a_tool() {
    let house = House::new();
    let ping = json!({"tool": "ping", "arguments": {"word": "ready"}});
    let voice = Voice::playing(vec![turn("ready", vec![ping])]).await;
    let tested = models(&house, &["test", "openai/m", "--base-url", &voice.base_url()]).await;
    assert_eq!(tested.status, Some(0), "{}", tested.err);
    assert!(tested.out.contains("and calls tools.\n    “ready”"), "{}", tested.out);
    assert!(!voice.authorizations().concat().contains(KEY));

    let talker = Voice::playing(vec![turn("No.", vec![])]).await;
    let talks = models(&house, &["test", "openai/m", "--base-url", &talker.base_url()]).await;
    assert_eq!(talks.status, Some(1), "{talks:?}");
    assert!(talks.out.contains("but calls no tools"), "{}", talks.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_is_wrong_before_anything_is_sent() {
    let house = House::new();
    for (arguments, status, words, what_to_do) in [
        (vec!["test", "anthropic/claude-opus-5"], 1, "it needs a key", "anchorctl key set anthropic"),
        (vec!["test", "opnai/m"], 2, "there is no provider named \"opnai\"", "openrouter"),
        (vec!["test", "compatible/m"], 2, "has no address of its own", "base URL"),
        (
            vec!["test", "openai/m", "--base-url", "http://models.example.com/v1"],
            2,
            "http://",
            "use https://",
        ),
        (vec!["test", "openai/m", "--wire", "telegraph"], 2, "telegraph", "chat, responses"),
    ] {
        let told = models(&house, &arguments).await;
        assert_eq!(told.status, Some(status), "{arguments:?}: {}", told.err);
        assert!(told.err.contains(words) && told.err.contains(what_to_do), "{arguments:?}: {}", told.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_key_is_not_kept() {
    let house = House::new();
    let told = end(anchorctl(&house, &["key", "set", "openai"])).await;
    assert_eq!(told.status, Some(2), "{told:?}");
    assert!(told.err.contains("it is empty"), "{}", told.err);
}
