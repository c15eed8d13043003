//! What GitHub refuses is told apart by what the user can do about it.

use crate::github::{Answer, GitHub, refuse};
use anchorhold_forge::ForgeError;

async fn code(answer: Answer) -> &'static str {
    GitHub::refused(answer).await.1.code()
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let integration = refuse(403, "Resource not accessible by integration");
    let found = [
        code(refuse(401, "Bad credentials")).await,
        code(integration.clone()).await,
        code(integration.with("x-accepted-github-permissions", "checks=read")).await,
        code(refuse(404, "Not Found")).await,
        code(refuse(410, "This issue was deleted")).await,
        code(refuse(403, "Repository was archived so is read-only.")).await,
        code(refuse(409, "Git Repository is empty.")).await,
        code(refuse(451, "Repository access blocked")).await,
        code(Answer::text("<html>unicorn</html>").status(502)).await,
        code(Answer::text("<html>a hotel's sign-in page</html>")).await,
        code(Answer::text(r#"{"login": "octocat"}"#)).await,
    ];
    let expected = [
        "forge_sign_in",
        "forge_forbidden",
        "forge_permission_missing",
        "forge_not_found",
        "forge_not_found",
        "forge_archived",
        "forge_empty",
        "forge_refused",
        "forge_refused",
        "forge_answer_unreadable",
        "forge_answer_unreadable",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_token_that_was_revoked_or_has_expired_asks_for_a_new_sign_in() {
    let (github, error) = GitHub::refused(refuse(401, "Bad credentials")).await;
    let host = github.host.name();
    let expected =
        format!("find out who is signed in on {host}: it does not accept the token: Bad credentials");
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.hint().unwrap(), "sign in again, or enter a token that has not expired");
}

#[tokio::test]
async fn the_scope_that_is_missing_is_named() {
    for status in [403, 404] {
        let answer = refuse(status, "Not Found").with("x-oauth-scopes", "gist, read:org");
        let (github, error) = GitHub::refused(answer.with("x-accepted-oauth-scopes", "repo")).await;
        let host = github.host.name();
        assert_eq!(
            error.to_string(),
            format!("find out who is signed in on {host}: the token lacks the scope repo")
        );
        assert_eq!(error.hint().unwrap(), "sign in again, or make a token that has the scope repo");
    }
    let enough =
        refuse(404, "Not Found").with("x-oauth-scopes", "repo").with("x-accepted-oauth-scopes", "repo");
    assert_eq!(code(enough).await, "forge_not_found");
}

#[tokio::test]
async fn single_sign_on_comes_with_the_page_to_open() {
    let refused = async |url: &str| {
        let answer = refuse(403, "Resource protected by organization SAML enforcement.");
        GitHub::refused(answer.with("x-github-sso", &format!("required; url={url}"))).await
    };
    // The stand-in speaks in the clear, so a page of another host is one that is not its own.
    let (_, error) = refused("https://github.com.example/orgs/octo-org/sso?authorization_request=A1").await;
    let ForgeError::SsoRequired { url, .. } = &error else { panic!("{error:?}") };
    assert_eq!((url, error.code()), (&None, "forge_sso_required"));
    assert!(error.hint().unwrap().starts_with("authorise the token for the organisation"));

    let github = GitHub::start().await;
    let page = format!("{}/orgs/octo-org/sso?authorization_request=A1", github.address);
    let answer = refuse(403, "Resource protected by organization SAML enforcement.");
    github.tell("GET /user", [answer.with("x-github-sso", &format!("required; url={page}"))]);
    let error = github.forge().await.account().await.unwrap_err();
    assert_eq!(error.hint().unwrap(), format!("open {page}, sign in there, and try again"));
}

#[tokio::test]
async fn what_github_says_is_cut_short_and_plain() {
    let long = format!("no\u{1b}[2J\nway {}", "x".repeat(10_000));
    let (_, error) = GitHub::refused(refuse(403, &long)).await;
    let ForgeError::Forbidden { reason, .. } = &error else { panic!("{error:?}") };
    assert!(reason.starts_with("no[2J way xxx") && reason.len() <= 400, "{reason}");
}
