//! The server does refuse what GitHub's description does not allow: else the other tests would show nothing.

use crate::prism::url;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// The status of a question, and whether it was refused for what it asks.
async fn ask(question: impl Fn(&Client, String) -> reqwest::RequestBuilder) -> StatusCode {
    let url = tokio::task::spawn_blocking(url).await.unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    question(&client, format!("{url}/api/v3")).send().await.unwrap().status()
}

async fn post(body: &Value) -> StatusCode {
    let body = body.to_string();
    ask(|client, url| {
        let request = client.post(format!("{url}/repos/octocat/Hello-World/pulls"));
        request.header("content-type", "application/json").body(body.clone())
    })
    .await
}

#[tokio::test]
async fn a_body_that_is_not_allowed_is_refused() {
    let right = json!({ "head": "new-topic", "base": "master", "title": "Tides", "draft": false });
    assert_eq!(post(&right).await, StatusCode::CREATED);
    let wrongs = [
        json!({ "head": "new-topic", "title": "Tides" }),
        json!({ "head": 5, "base": "master" }),
        json!({ "head": "a", "base": "b", "draft": "yes" }),
    ];
    for wrong in wrongs {
        assert_eq!(post(&wrong).await, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

#[tokio::test]
async fn a_question_that_is_not_allowed_is_refused() {
    let get = async |path: &'static str| ask(|client, url| client.get(format!("{url}{path}"))).await;
    assert_eq!(get("/user/repos?sort=pushed&page=1").await, StatusCode::OK);
    assert!(get("/user/repos?sort=tides").await.is_client_error());
    assert!(get("/user/repos?page=first").await.is_client_error());
    assert!(get("/repos/octocat/Hello-World/issues/one").await.is_client_error());
    assert!(get("/search/issues").await.is_client_error());
    assert_eq!(get("/tides").await, StatusCode::NOT_FOUND);
}
