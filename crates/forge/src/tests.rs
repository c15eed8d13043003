//! GitHub's API against a server on this machine that answers as GitHub's documentation says.
//!
//! The server is forty lines over a socket: a library for it would bring a second HTTP stack.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

const USER: &str = r#"{"login": "octocat", "id": 583231, "node_id": "MDQ6VXNlcjU4MzIzMQ==", "type": "User",
    "name": "The Octocat", "company": null, "email": null, "public_repos": 8, "two_factor_authentication": true}"#;

const REPOSITORIES: &str = r#"[
    {"id": 1, "name": "hello", "full_name": "octocat/hello", "owner": {"login": "octocat", "id": 583231},
     "private": true, "default_branch": "main", "archived": false, "visibility": "private",
     "permissions": {"admin": true, "maintain": true, "push": true, "triage": true, "pull": true}},
    {"id": 2, "name": "old.site", "full_name": "octo-org/old.site", "owner": {"login": "octo-org", "id": 2},
     "private": false, "default_branch": "master", "archived": true,
     "permissions": {"admin": false, "push": true, "pull": true}},
    {"id": 3, "name": "theirs", "full_name": "octo-org/theirs", "owner": {"login": "octo-org", "id": 2},
     "private": false, "default_branch": "trunk", "archived": false}]"#;

/// A server that gives one answer to everything and remembers what it was asked.
struct Server {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
}

async fn server(status: &'static str, headers: &[&str], body: &'static str) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json; charset=utf-8\r\n{headers}\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let ears = Arc::clone(&heard);
    // Ends with the test's runtime.
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut request = String::new();
            while !request.ends_with("\r\n\r\n") && stream.read_line(&mut request).await.unwrap() > 0 {}
            ears.lock().unwrap().push(request.to_ascii_lowercase());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    Server { address, heard }
}

impl Server {
    fn forge(&self, token: Option<&str>) -> Forge {
        Forge::connect_to(&self.address, "github.com".to_owned(), token).unwrap()
    }

    /// The first lines of the requests, and whether each carried a token.
    fn heard(&self) -> Vec<(String, bool)> {
        let heard = self.heard.lock().unwrap();
        let line = |request: &String| request.lines().next().unwrap_or_default().to_owned();
        heard.iter().map(|r| (line(r), r.contains("\r\nauthorization: bearer s3cret\r\n"))).collect()
    }
}

async fn account_error(status: &'static str, headers: &[&str], body: &'static str) -> ForgeError {
    server(status, headers, body).await.forge(Some("s3cret")).account().await.unwrap_err()
}

#[tokio::test]
async fn the_account_comes_with_the_address_that_hides_the_real_one() {
    let server = server("200 OK", &[], USER).await;
    let account = server.forge(Some("s3cret")).account().await.unwrap();
    let expected = Account {
        login: "octocat".to_owned(),
        id: 583_231,
        name: "The Octocat".to_owned(),
        noreply_email: "583231+octocat@users.noreply.github.com".to_owned(),
    };
    assert_eq!(account, expected);
    assert_eq!(server.heard(), [("get /user http/1.1".to_owned(), true)]);
}

#[tokio::test]
async fn an_account_without_a_name_goes_by_its_login() {
    let server = server("200 OK", &[], r#"{"login": "octocat", "id": 1, "name": null}"#).await;
    assert_eq!(server.forge(Some("s3cret")).account().await.unwrap().name, "octocat");
}

#[tokio::test]
async fn repositories_come_by_page_and_say_which_page_is_next() {
    let link = r#"link: <https://api.github.com/user/repos?page=3>; rel="next", <https://api.github.com/user/repos?page=9>; rel="last""#;
    let server = server("200 OK", &[link], REPOSITORIES).await;
    let repository =
        |owner: &str, name: &str, private, branch: &str, can_push| anchorhold_domain::LinkedRepository {
            owner: owner.to_owned(),
            name: name.to_owned(),
            private,
            address: format!("{owner}/{name}"),
            description: None,
            archived: name == "old.site",
            default_branch: Some(branch.to_owned()),
            can_push,
            pushed_at: None,
        };
    let expected = RepositoryPage {
        repositories: vec![
            repository("octocat", "hello", true, "main", true),
            repository("octo-org", "old.site", false, "master", false),
            repository("octo-org", "theirs", false, "trunk", false),
        ],
        next: Some(3),
    };
    assert_eq!(server.forge(Some("s3cret")).repositories(2).await.unwrap(), expected);
    let asked = "get /user/repos?sort=pushed&per_page=100&page=2 http/1.1";
    assert_eq!(server.heard(), [(asked.to_owned(), true)]);
}

#[tokio::test]
async fn the_last_page_has_no_next_one() {
    let server = server("200 OK", &[], "[]").await;
    let expected = RepositoryPage { repositories: vec![], next: None };
    assert_eq!(server.forge(Some("s3cret")).repositories(1).await.unwrap(), expected);
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_shown_the_token() {
    let elsewhere = server("200 OK", &[], USER).await;
    let location = format!("location: {}/user", elsewhere.address);
    let first = server("301 Moved Permanently", &[&location], "{}").await;
    first.forge(Some("s3cret")).account().await.unwrap();
    assert_eq!(first.heard(), [("get /user http/1.1".to_owned(), true)]);
    assert_eq!(elsewhere.heard(), [("get /user http/1.1".to_owned(), false)]);
}

#[tokio::test]
async fn without_a_token_none_is_sent() {
    let body = r#"{"message": "Requires authentication", "documentation_url": "https://docs.github.com/rest", "status": "401"}"#;
    let server = server("401 Unauthorized", &[], body).await;
    assert_eq!(server.forge(None).account().await.unwrap_err().code(), "forge_sign_in");
    assert_eq!(server.heard(), [("get /user http/1.1".to_owned(), false)]);
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let bad = r#"{"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"}"#;
    let scope = r#"{"message": "Resource not accessible by personal access token", "status": "403"}"#;
    let limit = r#"{"message": "API rate limit exceeded for user ID 583231."}"#;
    let second = r#"{"message": "You have exceeded a secondary rate limit."}"#;
    let remaining = ["x-ratelimit-remaining: 0", "x-ratelimit-reset: 1767225600"];
    let found = [
        account_error("401 Unauthorized", &[], bad).await,
        account_error("403 Forbidden", &["x-ratelimit-remaining: 4999"], scope).await,
        account_error("403 Forbidden", &remaining, limit).await,
        account_error("403 Forbidden", &["retry-after: 60"], second).await,
        account_error("429 Too Many Requests", &[], "").await,
        account_error("404 Not Found", &[], r#"{"message": "Not Found"}"#).await,
        account_error("502 Bad Gateway", &[], "<html>unicorn</html>").await,
        account_error("200 OK", &[], "<html>a hotel's sign-in page</html>").await,
        account_error("200 OK", &[], r#"{"login": "octocat"}"#).await,
    ];
    let codes: Vec<_> = found.iter().map(ForgeError::code).collect();
    let expected = [
        "forge_sign_in",
        "forge_forbidden",
        "forge_rate_limited",
        "forge_rate_limited",
        "forge_rate_limited",
        "forge_refused",
        "forge_refused",
        "forge_answer_unreadable",
        "forge_answer_unreadable",
    ];
    assert_eq!(codes, expected);
    for error in &found {
        let printed = format!("{error} {error:?}");
        assert!(!printed.contains("s3cret"), "{printed}");
    }
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    let headers = ["retry-after: 60", "x-ratelimit-reset: 1767225600"];
    let error = account_error("429 Too Many Requests", &headers, "{}").await;
    assert_eq!(error.to_string(), "find out who is signed in on github.com: its rate limit is reached");
    assert_eq!(error.hint().as_deref(), Some("wait 60 s and try again"));
    let ForgeError::RateLimited { resets_at, .. } = error else { panic!("{error:?}") };
    assert_eq!(resets_at, Some(1_767_225_600));
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_offline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let forge = Forge::connect_to(&nobody, "github.com".to_owned(), Some("s3cret")).unwrap();
    assert_eq!(forge.account().await.unwrap_err().code(), "forge_offline");
}

#[tokio::test]
async fn a_server_that_hangs_up_in_the_middle_is_offline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
        }
    });
    let forge = Forge::connect_to(&address, "github.com".to_owned(), None).unwrap();
    assert_eq!(forge.account().await.unwrap_err().code(), "forge_offline");
}

#[tokio::test]
async fn a_host_is_a_name_and_perhaps_a_port() {
    for host in ["github.com", "GitHub.com", "git.example.com:8443", "127.0.0.1:3000", "[::1]:3000"] {
        assert!(Forge::connect(host, None).await.is_ok(), "{host}");
    }
    for host in
        ["", " ", "https://github.com", "github.com/x", "me@github.com", "github.com?x", "a b", "github.com#"]
    {
        let refused = Forge::connect(host, None).await.map(|_| ());
        assert_eq!(refused.map_err(|e| e.code()), Err("forge_host_invalid"), "{host}");
    }
}

#[tokio::test]
async fn a_token_with_a_line_break_in_it_is_refused_before_anything_is_sent() {
    for token in ["", "gh token", "token\n", "token\r\nx: y", "t\u{F6}ken"] {
        let refused = Forge::connect("github.com", Some(token)).await.map(|_| ());
        assert_eq!(refused.map_err(|e| e.code()), Err("forge_token_malformed"), "{token:?}");
    }
}

#[tokio::test]
async fn a_clone_url_holds_a_name_and_nothing_else() {
    let forge = Forge::connect("github.com", Some("s3cret")).await.unwrap();
    assert_eq!(forge.clone_url("octo-org", "old.site").unwrap(), "https://github.com/octo-org/old.site.git");
    for (owner, name) in
        [("", "x"), ("x", ""), ("..", "x"), ("a/b", "x"), ("x", "../y"), ("x", "y?z"), ("a@b", "x")]
    {
        let refused = forge.clone_url(owner, name);
        assert_eq!(refused.map_err(|e| e.code()), Err("repository_name_invalid"), "{owner}/{name}");
    }
    assert!(!format!("{forge:?}").contains("s3cret"));
}
