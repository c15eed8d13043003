//! Model servers on this machine, each played by a small one that answers as its documentation says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use anchorhold_model::{FoundModel, FoundServer, Places, discover, models_at};
use axum::Router;
use axum::extract::Json;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use url::Url;

/// Serves until the test ends.
async fn serve(router: Router) -> Url {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Url::parse(&format!("http://{address}")).unwrap()
}

/// No places yet, and time enough for a machine that is busy.
fn nowhere() -> Places {
    Places { patience: Duration::from_secs(30), ..Places::nowhere() }
}

fn answers(value: Value) -> axum::routing::MethodRouter {
    get(move || async move { Json(value) })
}

fn model(name: &str, window: Option<u32>, calls_tools: Option<bool>) -> FoundModel {
    FoundModel { name: name.to_owned(), window, calls_tools }
}

fn found(provider: &'static str, place: &Url, models: Vec<FoundModel>) -> FoundServer {
    FoundServer { provider, base_url: format!("{place}v1"), models }
}

async fn ollama() -> Url {
    let tags = json!({ "models": [
        { "name": "llama3.2:latest", "size": 2_019_393_189_u64, "details": { "family": "llama" } },
        { "name": "qwen3:8b" },
        { "name": "tuned:latest" },
        { "name": "nomic-embed-text:latest" },
        { "name": "evil\u{202e}name" },
    ] });
    let show = |Json(asked): Json<Value>| async move {
        let facts = json!({ "general.architecture": "llama", "llama.context_length": 131_072 });
        match asked["model"].as_str().unwrap() {
            "llama3.2:latest" => {
                Ok(Json(json!({ "model_info": facts, "capabilities": ["completion", "tools"] })))
            }
            "tuned:latest" => Ok(Json(json!({
                "parameters": "stop    \"<|end|>\"\nnum_ctx                        8192",
                "model_info": facts, "capabilities": ["completion"]
            }))),
            "nomic-embed-text:latest" => Ok(Json(json!({ "capabilities": ["embedding"] }))),
            "qwen3:8b" => Ok(Json(json!({ "model_info": facts }))),
            other => Err((StatusCode::NOT_FOUND, other.to_owned())),
        }
    };
    let ps = json!({ "models": [{ "name": "qwen3:8b", "context_length": 4096 }] });
    serve(
        Router::new()
            .route("/api/tags", answers(tags))
            .route("/api/show", post(show))
            .route("/api/ps", answers(ps)),
    )
    .await
}

async fn lmstudio() -> Url {
    let models = json!({ "object": "list", "data": [
        { "id": "qwen2.5-coder-7b", "object": "model", "type": "llm", "state": "loaded",
          "max_context_length": 32_768, "loaded_context_length": 8192, "capabilities": ["tool_use"] },
        { "id": "gemma-3-4b", "object": "model", "type": "vlm", "state": "not-loaded", "max_context_length": 131_072 },
        { "id": "text-embedding-nomic", "object": "model", "type": "embeddings", "max_context_length": 2048 },
    ] });
    serve(Router::new().route("/api/v0/models", answers(models))).await
}

async fn llamacpp() -> Url {
    let models = json!({ "object": "list", "data": [
        { "id": "/models/qwen.gguf", "object": "model", "owned_by": "llamacpp", "meta": { "n_ctx_train": 131_072 } }
    ] });
    let props = json!({ "default_generation_settings": { "id": 0, "n_ctx": 16_384 }, "total_slots": 1 });
    serve(Router::new().route("/v1/models", answers(models)).route("/props", answers(props))).await
}

#[tokio::test]
async fn three_servers_are_found_with_their_models_and_windows() {
    let (ollama, lmstudio, llamacpp) = (ollama().await, lmstudio().await, llamacpp().await);
    let places = Places {
        ollama: Some(ollama.clone()),
        lmstudio: Some(lmstudio.clone()),
        llamacpp: Some(llamacpp.clone()),
        ..nowhere()
    };
    let expected = vec![
        found(
            "ollama",
            &ollama,
            vec![
                model("llama3.2:latest", Some(131_072), Some(true)),
                model("qwen3:8b", Some(4096), None),
                model("tuned:latest", Some(8192), Some(false)),
            ],
        ),
        found(
            "lmstudio",
            &lmstudio,
            vec![model("qwen2.5-coder-7b", Some(8192), Some(true)), model("gemma-3-4b", Some(131_072), None)],
        ),
        found("llamacpp", &llamacpp, vec![model("/models/qwen.gguf", Some(16_384), None)]),
    ];
    assert_eq!(discover(&places).await, expected);
    let asked = models_at("llamacpp", &format!("{llamacpp}v1/"), places.patience).await;
    assert_eq!(asked.as_ref(), expected.get(2));
}

#[tokio::test]
async fn an_older_lm_studio_is_found_by_its_list_alone() {
    let list = json!({ "object": "list", "data": [{ "id": "qwen" }, { "id": "text-embedding-x" }] });
    let place = serve(Router::new().route("/v1/models", answers(list))).await;
    let places = Places { lmstudio: Some(place.clone()), ..nowhere() };
    assert_eq!(discover(&places).await, [found("lmstudio", &place, vec![model("qwen", None, None)])]);
}

#[tokio::test]
async fn what_is_something_else_is_passed_over() {
    let page = Router::new().fallback(|| async { "<html>Welcome</html>" });
    let other = Router::new().fallback(|| async { Json(json!({ "data": "no", "models": 7 })) });
    let gateway =
        Router::new().route("/v1/models", answers(json!({ "data": [{ "id": "gpt", "owned_by": "me" }] })));
    for router in [page, other, gateway] {
        let place = serve(router).await;
        let places = Places {
            ollama: Some(place.clone()),
            lmstudio: Some(place.clone()),
            llamacpp: Some(place.clone()),
            ..nowhere()
        };
        assert_eq!(discover(&places).await, []);
    }
}

#[tokio::test]
async fn a_place_that_points_elsewhere_is_not_followed() {
    let real = ollama().await;
    let away =
        serve(Router::new().fallback(move || async move { Redirect::temporary(&format!("{real}api/tags")) }))
            .await;
    assert_eq!(discover(&Places { ollama: Some(away), ..nowhere() }).await, []);
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let flood = Router::new().route("/api/tags", get(|| async { " ".repeat(3 << 20) + "{\"models\":[]}" }));
    let place = serve(flood).await;
    assert_eq!(discover(&Places { ollama: Some(place), ..nowhere() }).await, []);
    let small = Router::new().route("/api/tags", get(|| async { " ".repeat(1 << 20) + "{\"models\":[]}" }));
    let place = serve(small).await;
    let places = Places { ollama: Some(place.clone()), ..nowhere() };
    assert_eq!(discover(&places).await, [found("ollama", &place, vec![])]);
}

#[tokio::test]
async fn a_port_that_is_closed_or_says_nothing_does_not_keep_the_others_from_being_found() {
    let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    // It is connected to by the system's queue, and nobody ever answers.
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let here = lmstudio().await;
    let place = |address| Some(Url::parse(&format!("http://{address}")).unwrap());
    let places = Places {
        ollama: place(closed),
        llamacpp: place(silent.local_addr().unwrap()),
        lmstudio: Some(here),
        patience: Duration::from_secs(2),
    };
    let found = discover(&places).await;
    assert_eq!(found.iter().map(|server| server.provider).collect::<Vec<_>>(), ["lmstudio"]);
}
