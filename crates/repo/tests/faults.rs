//! Repositories that moved, went away or are not for us, and odd branches, at a real server.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use anchorhold_repo::{Credentials, Mirror, RepoError};
use anchorhold_testkit::GitServer;
use common::front::Front;
use common::{Place, commit_file, fetch, git};

struct Site {
    server: GitServer,
    place: Place,
}

impl Site {
    fn start() -> Self {
        let place = Place::with(&[("a.txt", "one\n")]);
        let (server, _) = place.served(GitServer::start);
        Self { server, place }
    }

    fn mirror(&self, front: &Front, name: &str) -> (Mirror, Credentials) {
        let credentials = Credentials::https(front.host(), self.server.user(), self.server.password());
        (self.place.mirror_of(&front.url(name)), credentials)
    }
}

fn answer(status: &str, more: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n")
}

#[test]
fn a_renamed_repository_is_fetched_and_pushed_to_and_its_new_address_told() {
    let site = Site::start();
    let front = Front::renamed("old", "hello", &site.server.host());
    let (mirror, credentials) = site.mirror(&front, "old");
    let base = fetch(&mirror, "main", &credentials).unwrap();
    assert_eq!(base.commit, site.place.git(&["rev-parse", "HEAD"]));
    assert_eq!(base.moved_to, Some(front.url("hello")));
    let commit = commit_file(&mirror, &base, "b.txt", "new\n");
    mirror.push("agent/x", &commit, &credentials, None, &["main"]).unwrap();
    let (straight, credentials) = site.mirror(&front, "hello");
    assert_eq!(fetch(&straight, "main", &credentials).unwrap().moved_to, None);
}

#[test]
fn a_redirect_to_another_host_is_refused_by_its_name_and_it_sees_no_credential() {
    let site = Site::start();
    let asks = answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"git\"\r\n");
    let thief = Front::answering(&asks);
    for elsewhere in ["localhost", "127.0.0.1"] {
        let to = format!("http://{elsewhere}:{}/a.git/info/refs?service=git-upload-pack", thief.port());
        let front = Front::answering(&answer("302 Found", &format!("Location: {to}\r\n")));
        let (mirror, credentials) = site.mirror(&front, "a");
        let error = fetch(&mirror, "main", &credentials).unwrap_err();
        let shown = match elsewhere {
            "localhost" => "localhost".to_owned(),
            _ => thief.host(),
        };
        assert_eq!(
            error.to_string(),
            format!("fetch main from {}: {} redirects to {shown}", mirror.remote(), front.host())
        );
        assert!(error.hint().unwrap().contains(&shown));
    }
    let heard = thief.heard();
    assert!(!heard.iter().any(|line| line.to_ascii_lowercase().contains("authorization")), "{heard:?}");
}

#[test]
fn a_redirect_after_the_credential_was_given_takes_it_to_no_other_port() {
    let site = Site::start();
    let asks = answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"git\"\r\n");
    let thief = Front::answering(&asks);
    let to = format!("http://{}/a.git/info/refs?service=git-upload-pack", thief.host());
    let sends_on = answer("302 Found", &format!("Location: {to}\r\n"));
    // Asks for the credential first and sends us on once it has it.
    let front = Front::asking_first(&asks, &sends_on);
    let (mirror, credentials) = site.mirror(&front, "a");
    let error = fetch(&mirror, "main", &credentials).unwrap_err();
    assert_eq!(error.code(), "repository_redirected");
    let given = |heard: Vec<String>| {
        heard.iter().filter(|line| line.to_ascii_lowercase().contains("authorization: basic")).count()
    };
    assert_eq!((given(front.heard()), given(thief.heard())), (1, 0), "{:?}", thief.heard());
}

#[test]
fn a_repository_on_another_port_without_a_question_is_not_taken_for_ours() {
    let site = Site::start();
    let other = Front::before(&site.server.host(), &[]);
    let to = format!("http://{}/hello.git/info/refs?service=git-upload-pack", other.host());
    let front = Front::answering(&answer("302 Found", &format!("Location: {to}\r\n")));
    let (mirror, credentials) = site.mirror(&front, "hello");
    let error = fetch(&mirror, "main", &credentials).unwrap_err();
    assert!(matches!(&error, RepoError::Redirected { to: Some(to), .. } if *to == other.host()), "{error:?}");
    assert!(!other.heard().iter().any(|line| line.starts_with("POST")), "{:?}", other.heard());
}

#[test]
fn no_permission_a_deleted_repository_and_a_broken_server_are_told_apart() {
    let site = Site::start();
    let told = |status: &str| {
        let front = Front::answering(&answer(status, ""));
        let (mirror, credentials) = site.mirror(&front, "hello");
        let error = fetch(&mirror, "main", &credentials).unwrap_err();
        (error.code(), error.hint().unwrap())
    };
    assert_eq!(told("403 Forbidden").0, "repository_forbidden");
    assert_eq!(told("404 Not Found").0, "repository_not_found");
    assert_eq!(told("410 Gone").0, "repository_not_found");
    assert_eq!(told("503 Service Unavailable").0, "repository_unreachable");
    assert_eq!(told("429 Too Many Requests").0, "repository_unreachable");
}

#[test]
fn a_repository_that_was_deleted_after_it_was_fetched_is_not_found() {
    let site = Site::start();
    let front = Front::before(&site.server.host(), &[]);
    let (mirror, credentials) = site.mirror(&front, "hello");
    let base = fetch(&mirror, "main", &credentials).unwrap();
    std::fs::remove_dir_all(site.place.dir.path().join("srv/hello.git")).unwrap();
    assert_eq!(fetch(&mirror, "main", &credentials).unwrap_err().code(), "repository_not_found");
    assert_eq!(mirror.read_file(&base.tree, b"a.txt").unwrap(), b"one\n", "what was fetched stays");
}

#[test]
fn branches_with_odd_names_are_listed_fetched_and_pushed() {
    let site = Site::start();
    let bare = site.place.dir.path().join("srv/hello.git");
    let names =
        ["a/b/c", "été/日本", "$(touch\u{a0}pwned)", "x;rm", "a&b|c", "quote\"'", "#1", "100%", "@x", "ünï"];
    for name in &names {
        git(&bare, &["update-ref", &format!("refs/heads/{name}"), "main"]).unwrap();
    }
    let front = Front::before(&site.server.host(), &[]);
    let (mirror, credentials) = site.mirror(&front, "hello");
    let mut expected: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    expected.push("main".to_owned());
    expected.sort();
    assert_eq!(mirror.branches(&credentials).unwrap().names, expected);
    for name in &names {
        let base = fetch(&mirror, name, &credentials).unwrap();
        let commit = commit_file(&mirror, &base, "b.txt", name);
        let target = format!("agent/{name}");
        mirror.push(&target, &commit, &credentials, None, &["main", name]).unwrap();
        assert_eq!(git(&bare, &["rev-parse", &format!("refs/heads/{target}")]).unwrap(), commit);
    }
    for refused in
        ["two words", "a..b", "a~1", "a^", "a:b", "a?", "a*", "[a", "a\\b", ".a", "a.lock", "a/", "a\u{7f}"]
    {
        assert_eq!(fetch(&mirror, refused, &credentials).unwrap_err().code(), "branch_invalid", "{refused}");
    }
}
