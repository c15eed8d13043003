//! The errors of real providers, in their own words.

use super::stage::{Script, Stage};
use super::support::{WIRES, ask_of, choice, conversation, user};
use anchorhold_domain::Wire;
use anchorhold_model::{ErrorClass, ModelError};
use serde_json::{Value, json};
use std::time::Duration;

async fn failed(wire: Wire, script: Script) -> ModelError {
    let stage = Stage::start([script]).await;
    ask_of(&choice(wire, &stage.url), "key", &conversation(vec![user("Go")])).await.unwrap_err()
}

fn openai(kind: &str, code: Value, message: &str) -> Value {
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

fn anthropic(kind: &str, message: &str) -> Value {
    json!({"type": "error", "error": {"type": kind, "message": message}})
}

fn google(code: u16, status: &str, message: &str, details: Value) -> Value {
    json!({"error": {"code": code, "status": status, "message": message, "details": details}})
}

fn router(code: u16, message: &str, metadata: Value) -> Value {
    json!({"error": {"code": code, "message": message, "metadata": metadata}})
}

#[tokio::test]
async fn the_words_of_each_provider_have_their_class() {
    use ErrorClass::{
        BadRequest, ContextLength, InvalidKey, NotFound, Overloaded, Quota, RateLimited, Refused, Server,
    };
    use Wire::{Chat, Gemini, Messages, Responses};
    let per_day = json!([{"@type": "x.QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]);
    let per_minute =
        json!([{"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]}]);
    let spent = "You exceeded your current quota, please check your plan and billing details.";
    let cases = [
        (Responses, 429, openai("insufficient_quota", "insufficient_quota".into(), spent), Quota),
        (
            Responses,
            429,
            openai("requests", "rate_limit_exceeded".into(), "Rate limit reached for gpt-5"),
            RateLimited,
        ),
        (
            Chat,
            429,
            openai(
                "tokens",
                "rate_limit_exceeded".into(),
                "Rate limit reached for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, \
                 Used 29000, Requested 6278. Please try again in 10.5s.",
            ),
            RateLimited,
        ),
        // No minute is long enough for these two.
        (
            Chat,
            429,
            openai(
                "tokens",
                "rate_limit_exceeded".into(),
                "Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, \
                 Requested 36278. The input or output tokens must be reduced in order to run successfully.",
            ),
            ContextLength,
        ),
        (
            Chat,
            413,
            openai(
                "tokens",
                "rate_limit_exceeded".into(),
                "Request too large for model `llama-4` in organization `org_1` on tokens per minute (TPM): \
                 Limit 6000, Requested 8000, please reduce your message size and try again.",
            ),
            ContextLength,
        ),
        (
            Responses,
            400,
            openai(
                "invalid_request_error",
                "context_length_exceeded".into(),
                "Your input exceeds the context window of this model.",
            ),
            ContextLength,
        ),
        (
            Responses,
            400,
            openai("invalid_request_error", "invalid_prompt".into(), "Your prompt was flagged."),
            Refused,
        ),
        (
            Responses,
            404,
            openai("invalid_request_error", "model_not_found".into(), "The model `gpt-9` does not exist"),
            NotFound,
        ),
        (Responses, 400, openai("invalid_request_error", Value::Null, "Unsupported parameter"), BadRequest),
        (
            Responses,
            401,
            openai("invalid_request_error", "invalid_api_key".into(), "Incorrect API key provided"),
            InvalidKey,
        ),
        (
            Messages,
            400,
            anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
            Quota,
        ),
        (
            Messages,
            400,
            anthropic("invalid_request_error", "prompt is too long: 215000 tokens > 200000 maximum"),
            ContextLength,
        ),
        (
            Messages,
            400,
            anthropic(
                "invalid_request_error",
                "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
            ),
            ContextLength,
        ),
        (Messages, 413, anthropic("request_too_large", "Request exceeds the maximum size"), ContextLength),
        (Messages, 401, anthropic("authentication_error", "invalid x-api-key"), InvalidKey),
        (Messages, 403, anthropic("permission_error", "Your key may not use this model"), InvalidKey),
        (Messages, 404, anthropic("not_found_error", "model: claude-9"), NotFound),
        (
            Messages,
            429,
            anthropic("rate_limit_error", "This request would exceed your rate limit"),
            RateLimited,
        ),
        (Messages, 529, anthropic("overloaded_error", "Overloaded"), Overloaded),
        (Messages, 500, anthropic("api_error", "Internal server error"), Server),
        (Gemini, 429, google(429, "RESOURCE_EXHAUSTED", spent, per_day), Quota),
        (Gemini, 429, google(429, "RESOURCE_EXHAUSTED", spent, per_minute), RateLimited),
        (
            Gemini,
            400,
            google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", json!([])),
            InvalidKey,
        ),
        (
            Gemini,
            400,
            google(
                400,
                "INVALID_ARGUMENT",
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
                json!([]),
            ),
            ContextLength,
        ),
        (
            Gemini,
            503,
            google(503, "UNAVAILABLE", "The model is overloaded. Please try again later.", json!([])),
            Overloaded,
        ),
        (Gemini, 404, google(404, "NOT_FOUND", "models/gemini-9 is not found", json!([])), NotFound),
        (Gemini, 400, json!([google(400, "INVALID_ARGUMENT", "API key not valid.", json!([]))]), InvalidKey),
        (Chat, 402, router(402, "Insufficient credits", Value::Null), Quota),
        (
            Chat,
            403,
            router(403, "Input was moderated", json!({"reasons": ["violence"], "flagged_input": "…"})),
            Refused,
        ),
        (Chat, 429, router(429, "Rate limit exceeded: free-models-per-day", Value::Null), Quota),
        (Chat, 404, router(404, "No endpoints found that support tool use.", Value::Null), BadRequest),
        (Chat, 502, router(502, "Provider returned error", Value::Null), Server),
        (
            Chat,
            400,
            openai("exceed_context_size_error", 400.into(), "the request exceeds the available context size"),
            ContextLength,
        ),
        (
            Chat,
            400,
            openai("BadRequestError", 400.into(), "This model's maximum context length is 4096 tokens."),
            ContextLength,
        ),
        (
            Chat,
            404,
            openai("api_error", Value::Null, "model \"llama9\" not found, try pulling it first"),
            NotFound,
        ),
        (
            Chat,
            400,
            openai("api_error", Value::Null, "registry.ollama.ai/library/gemma does not support tools"),
            BadRequest,
        ),
        (Chat, 401, "not json at all".into(), InvalidKey),
        (Chat, 500, json!({"error": "the context length was exceeded"}), ContextLength),
        (Chat, 504, "<html>Gateway timeout</html>".into(), Server),
    ];
    for (wire, status, body, class) in cases {
        let error = failed(wire, Script::failure(status, body.clone())).await;
        assert_eq!(error.class, class, "{wire:?} {status} {body}");
    }
}

#[tokio::test]
async fn every_way_to_ask_for_patience_is_understood() {
    let limited = || Script::failure(429, anthropic("rate_limit_error", "Slow down"));
    let seconds = |seconds: f64| Some(Duration::from_secs_f64(seconds));
    let info = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}]);
    let cases = [
        (limited().header("retry-after", "7"), seconds(7.0)),
        (limited().header("retry-after-ms", "1500").header("retry-after", "2"), seconds(1.5)),
        (limited().header("x-ratelimit-reset-requests", "6m0.5s"), seconds(360.5)),
        (
            limited()
                .header("x-ratelimit-remaining-requests", "59")
                .header("x-ratelimit-reset-requests", "1s")
                .header("x-ratelimit-remaining-tokens", "0")
                .header("x-ratelimit-reset-tokens", "20ms"),
            seconds(0.02),
        ),
        // What is left of these says nothing about how long to wait.
        (
            limited()
                .header("x-ratelimit-remaining-requests", "3499")
                .header("x-ratelimit-reset-requests", "17ms")
                .header("x-ratelimit-remaining-tokens", "89980")
                .header("x-ratelimit-reset-tokens", "13ms"),
            None,
        ),
        (
            limited()
                .header("x-ratelimit-remaining-requests", "3499")
                .header("x-ratelimit-reset-requests", "17ms")
                .header("x-ratelimit-reset-tokens", "8s"),
            seconds(8.0),
        ),
        (Script::failure(429, google(429, "RESOURCE_EXHAUSTED", "Wait", info)), seconds(37.0)),
        (
            Script::failure(
                429,
                openai("tokens", "rate_limit_exceeded".into(), "Please try again in 1.25s. Visit …"),
            ),
            seconds(1.25),
        ),
        (limited().header("retry-after", "soon"), None),
        (limited().header("retry-after", "-3"), None),
        (limited(), None),
    ];
    for (script, wait) in cases {
        let shown = format!("{script:?}");
        assert_eq!(failed(Wire::Messages, script).await.retry_after, wait, "{shown}");
    }
    // Moments of time, long past or far ahead of any clock that runs this.
    for (header, value, passed) in [
        ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", true),
        ("retry-after", "Fri, 31 Dec 2100 23:59:59 GMT", false),
        ("x-ratelimit-reset", "1000000000000", true),
        ("x-ratelimit-reset", "4133980799", false),
        ("anthropic-ratelimit-requests-reset", "1994-11-06T08:49:37Z", true),
        ("anthropic-ratelimit-tokens-reset", "2100-12-31T23:59:59Z", false),
    ] {
        let wait = failed(Wire::Messages, limited().header(header, value)).await.retry_after.unwrap();
        assert_eq!(wait.is_zero(), passed, "{header}: {value} is {wait:?}");
    }
}

#[tokio::test]
async fn a_reason_is_one_line_that_can_be_shown() {
    let body =
        openai("x", Value::Null, &format!("Bad \u{1b}[31mred\u{7}\nsecond line {}", "long ".repeat(1000)));
    let error = failed(Wire::Chat, Script::failure(400, body)).await;
    assert_eq!(error.reason, "400 (Bad [31mred)");
}

#[tokio::test]
async fn what_the_server_behind_a_router_said_is_shown_with_its_name() {
    let words = "Country, region, or territory not supported";
    let cases = [
        (json!({"error": {"message": words, "code": "unsupported"}}).to_string().into(), words),
        (json!({"message": words}).to_string().into(), words),
        (json!({ "error": words }).to_string().into(), words),
        (json!([{"error": {"message": words}}]).to_string().into(), words),
        (json!({"error": {"message": words}}), words),
        (words.into(), words),
        // Words that say nothing leave the router's.
        ("<html>No</html>".into(), ""),
        ("{}".into(), ""),
        ("".into(), ""),
        (Value::Null, ""),
    ];
    for (raw, words) in cases {
        let body =
            router(400, "Provider returned error", json!({"raw": raw, "provider_name": "Google AI Studio"}));
        let shown = match words {
            "" => "Provider returned error".to_owned(),
            words => format!("Google AI Studio: {words}"),
        };
        let error = failed(Wire::Chat, Script::failure(400, body.clone())).await;
        assert_eq!((error.class, error.reason), (ErrorClass::BadRequest, format!("400 ({shown})")), "{raw}");
        let error = failed(Wire::Chat, Script::events(&[body])).await;
        assert_eq!((error.class, error.reason), (ErrorClass::BadRequest, shown), "{raw}");
    }
    let nameless = router(400, "Provider returned error", json!({ "raw": words }));
    assert_eq!(failed(Wire::Chat, Script::events(&[nameless])).await.reason, words);
}

#[tokio::test]
async fn only_what_may_pass_by_itself_is_tried_again() {
    use ErrorClass::{
        BadRequest, ContextLength, InvalidKey, Nonsense, NotFound, Overloaded, Quota, RateLimited, Server,
    };
    let statuses = [400, 401, 402, 404, 413, 429, 500, 529];
    let mut found = Vec::new();
    for status in statuses {
        let error = failed(Wire::Chat, Script::failure(status, json!({}))).await;
        found.push((error.class, error.class.is_retryable()));
    }
    let nonsense = failed(Wire::Chat, Script::events(&["{ not json".into()])).await;
    found.push((nonsense.class, nonsense.class.is_retryable()));
    assert_eq!(
        found,
        [
            (BadRequest, false),
            (InvalidKey, false),
            (Quota, false),
            (NotFound, false),
            (ContextLength, false),
            (RateLimited, true),
            (Server, true),
            (Overloaded, true),
            (Nonsense, true),
        ]
    );
}

#[tokio::test]
async fn an_error_that_is_only_a_sentence_is_understood_on_every_wire() {
    for (wire, ..) in WIRES {
        let script = Script::events(&[json!({"error": "the prompt is longer than the context window"})]);
        let error = failed(wire, script).await;
        let said = (error.class, error.reason.as_str());
        assert_eq!(
            said,
            (ErrorClass::ContextLength, "the prompt is longer than the context window"),
            "{wire:?}"
        );
    }
    for (body, reason) in [("Unauthorized", "401 (Unauthorized)"), ("<html>No</html>", "status 401")] {
        assert_eq!(failed(Wire::Chat, Script::failure(401, body.into())).await.reason, reason);
    }
}
