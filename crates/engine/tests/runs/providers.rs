//! Which models are offered, whether they answer, and what their prices allow.

use crate::harness::{House, Voice, errand, finish, rest, start, turn, write};
use anchorhold_domain::{EventKind, Limits, ModelChoice, Status, Wire};
use anchorhold_engine::{Engine, KeyState, ModelOption, ModelPrice};
use anchorhold_model::Places;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::net::TcpListener as StdListener;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

/// A server that answers some paths with JSON, until the test ends.
async fn serve(answers: Vec<(&'static str, Value)>) -> Url {
    let answers: HashMap<&str, Value> = answers.into_iter().collect();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let read = client.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let (status, body) = match head.split(' ').nth(1).and_then(|path| answers.get(path)) {
                Some(answer) => ("200 OK", answer.to_string()),
                None => ("404 Not Found", String::new()),
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = client.write_all(answer.as_bytes()).await;
        }
    });
    url
}

/// No model servers, so that a test does not depend on what runs on this machine.
fn nowhere() -> Places {
    Places { patience: Duration::from_secs(30), ..Places::nowhere() }
}

async fn open(house: &House) -> Engine {
    let mut config = house.config();
    config.model_servers = nowhere();
    Engine::open(config).await.unwrap()
}

/// Prices of a test's own model: 2 dollars in, 0.50 from the cache, 10 out.
fn priced(house: &House) {
    fs::create_dir_all(house.home()).unwrap();
    let text = json!({ "models": [{
        "provider": "scripted", "prefix": "demo", "window": 50_000, "outputLimit": 1234,
        "price": { "input": 2, "cached": 0.5, "output": 10 }
    }] });
    fs::write(house.home().join("models.json"), text.to_string()).unwrap();
}

fn money(limit: u32) -> Limits {
    Limits { money: Some(limit), ..Limits::default() }
}

fn at(provider: &str, base_url: Option<&str>) -> ModelChoice {
    ModelChoice {
        provider: provider.to_owned(),
        name: "m".to_owned(),
        base_url: base_url.map(str::to_owned),
        wire: None,
        effort: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_used_at_once_is_offered_first_and_the_recording_last() {
    let house = House::new();
    let lmstudio = serve(vec![(
        "/api/v0/models",
        json!({ "data": [{ "id": "qwen", "type": "llm", "max_context_length": 32_768 }] }),
    )])
    .await;
    let mut config = house.config();
    config.model_servers = Places { lmstudio: Some(lmstudio.clone()), ..nowhere() };
    let engine = Engine::open(config).await.unwrap();
    let listed = engine.providers().await.unwrap();

    let ready = |key| key != KeyState::Missing;
    let own: Vec<bool> = listed.iter().take(5).map(|option| ready(option.key)).collect();
    assert!(own.is_sorted_by(|before, after| before >= after), "{own:?}");
    let mut names: Vec<&str> = listed.iter().map(|option| option.provider.as_str()).collect();
    assert_eq!(names.split_off(5), ["compatible", "scripted"]);
    names.sort_unstable();
    assert_eq!(names, ["anthropic", "gemini", "lmstudio", "openai", "openrouter"]);

    let local = listed.iter().find(|option| option.provider == "lmstudio").unwrap();
    let free = ModelPrice { input: 0, cached: None, output: 0, tiered: false };
    assert_eq!((local.local, local.key, local.takes_address), (true, KeyState::NotNeeded, false));
    assert_eq!(local.base_url.as_deref(), Some(format!("{lmstudio}v1").as_str()));
    assert_eq!(
        local.models,
        [ModelOption {
            name: "qwen".to_owned(),
            label: "qwen".to_owned(),
            window: Some(32_768),
            output_limit: None,
            price: Some(free),
        }]
    );
    let openai = listed.iter().find(|option| option.provider == "openai").unwrap();
    assert_eq!(openai.key_variable.as_deref(), Some("OPENAI_API_KEY"));
    let known = openai.models.iter().find(|model| model.name == "gpt-5.2").unwrap();
    let price = ModelPrice { input: 1_750_000, cached: Some(175_000), output: 14_000_000, tiered: false };
    assert_eq!((known.window, known.output_limit, known.price), (Some(400_000), Some(128_000), Some(price)));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_answers_and_calls_a_tool_passes_its_test_and_one_that_only_talks_does_not() {
    let house = House::new();
    let ping = json!({"tool": "ping", "arguments": {"word": "ready"}});
    let voice = Voice::playing(vec![turn("ready\u{1b}[2J", vec![ping])]).await;
    let engine = open(&house).await;
    let tested = engine.test_model(&voice.choice()).await.unwrap();
    assert_eq!((tested.calls_tools, tested.text.as_str()), (true, "ready[2J"));
    let asked = &voice.requests()[0];
    assert_eq!(asked["tools"][0]["function"]["name"], "ping");

    let talker = Voice::playing(vec![turn("I would rather not.", vec![])]).await;
    let tested = engine.test_model(&talker.choice()).await.unwrap();
    assert_eq!((tested.calls_tools, tested.text.as_str()), (false, "I would rather not."));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_is_wrong() {
    let house = House::new();
    let engine = open(&house).await;
    let closed = StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let closed = format!("http://127.0.0.1:{closed}/v1");
    let mut told = Vec::new();
    for status in [401, 404, 400] {
        let fault = json!({"calls": [finish("Done.")], "fault": {"status": status}});
        let voice = Voice::playing(vec![fault]).await;
        told.push(engine.test_model(&voice.choice()).await.unwrap_err());
    }
    for choice in [
        at("compatible", Some(&closed)),
        at("opnai", None),
        at("compatible", None),
        at("openai", Some("http://models.example.com/v1")),
    ] {
        told.push(engine.test_model(&choice).await.unwrap_err());
    }
    let codes: Vec<&str> = told.iter().map(|error| error.code()).collect();
    assert_eq!(
        codes,
        [
            "model_key_invalid",
            "model_not_found",
            "model_bad_request",
            "model_unreachable",
            "provider_unknown",
            "address_missing",
            "address_in_clear"
        ]
    );
    assert!(told.iter().all(|error| error.hint().is_some()));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_money_alone_needs_a_known_price() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    let engine = open(&house).await;
    let wanted = |limits| {
        let mut new = errand(&remote.address(), voice.choice());
        new.limits = limits;
        new
    };
    let refused = engine.create(wanted(money(5))).await.unwrap_err();
    let hint = refused.hint().unwrap();
    assert_eq!(refused.code(), "price_unknown");
    assert!(hint.contains("tokens") && hint.contains("models.json"), "{hint}");

    let both = Limits { tokens: Some(1000), ..money(5) };
    let id = engine.create(wanted(both)).await.unwrap().id;
    assert_eq!(engine.set_limits(id, money(9)).await.unwrap_err().code(), "price_unknown");
    assert_eq!(engine.agent(id).await.unwrap().limits, both);

    // The file is looked at again, without a restart.
    priced(&house);
    engine.set_limits(id, money(9)).await.unwrap();
    let unknown = ModelChoice { name: "other".to_owned(), ..voice.choice() };
    let changed = engine.set_model(id, unknown.clone(), None).await.unwrap_err();
    let fallback = engine.set_model(id, voice.choice(), Some(unknown)).await.unwrap_err();
    assert_eq!([changed.code(), fallback.code()], ["price_unknown"; 2]);
    engine.set_model(id, voice.choice(), None).await.unwrap();
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_not_given_a_model_that_cannot_be_asked() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let engine = open(&house).await;
    let clear = at("openai", Some("http://models.example.com/v1"));
    let mut new = errand(&remote.address(), at("compatible", None));
    assert_eq!(engine.create(new.clone()).await.unwrap_err().code(), "address_missing");
    new.model = at("openai", None);
    new.fallback = Some(clear.clone());
    assert_eq!(engine.create(new.clone()).await.unwrap_err().code(), "address_in_clear");
    new.fallback = None;
    let id = engine.create(new).await.unwrap().id;
    assert_eq!(engine.set_model(id, clear, None).await.unwrap_err().code(), "address_in_clear");
    assert_eq!(engine.set_model(id, at("opnai", None), None).await.unwrap_err().code(), "provider_unknown");
    assert_eq!(engine.agent(id).await.unwrap().model, at("openai", None));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_costs_what_the_users_own_prices_say_and_the_limit_of_output_is_sent() {
    let house = House::new();
    priced(&house);
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Done.")])]).await;
    let engine = open(&house).await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let events = engine.events(id, 0).await.unwrap();
    let answers: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ModelAnswered { usage, cost, .. } => Some((*usage, *cost)),
            _ => None,
        })
        .collect();
    let [(usage, cost)] = answers[..] else { panic!("{answers:?}") };
    assert!(usage.input_tokens > 0, "{usage:?}");
    // In halves of a millionth of a dollar, so that the sum is of whole numbers.
    let plain = usage.input_tokens - usage.cached_tokens;
    let halves = plain * 4 + usage.cached_tokens + usage.output_tokens * 20;
    assert_eq!(cost, Some(halves.div_ceil(2)));
    // Of the wires this one alone has to be told; the server knows another, and the answer does not count.
    let messages = ModelChoice { wire: Some(Wire::Messages), ..voice.choice() };
    assert!(engine.test_model(&messages).await.is_err());
    assert_eq!(voice.requests().last().unwrap()["max_tokens"], 1234);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_of_models_is_told_and_stops_nothing() {
    let house = House::new();
    fs::create_dir_all(house.home()).unwrap();
    fs::write(house.home().join("models.json"), "{\n  \"models\": [\n    {\"provider\": 7}\n  ]\n}").unwrap();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    let engine = open(&house).await;
    let catalogue = engine.catalogue().await;
    let fault = catalogue.fault.unwrap();
    assert_eq!((fault.code.as_str(), catalogue.overridden), ("models_file_invalid", 0));
    assert!(fault.message.contains("line 3"), "{fault:?}");
    assert_eq!((catalogue.source.as_str(), catalogue.licence.as_str()), ("genai-prices 0.2.3", "MIT"));
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);

    priced(&house);
    let catalogue = engine.catalogue().await;
    assert_eq!((catalogue.fault, catalogue.overridden), (None, 1));
    engine.close().await;
}
