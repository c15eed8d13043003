//! A token that is pasted.

use super::fake::{Fake, Headers, MARK};
use anchorhold_forge::sign_in::{Access, Checked, SignInError, TokenKind};
use anchorhold_secrets::Secret;
use serde_json::json;
use std::time::{Duration, UNIX_EPOCH};

async fn check(fake: &Fake, text: &str) -> Result<Checked, SignInError> {
    Checked::ask(&fake.host, &Secret::new(text.to_owned())).await
}

fn know(fake: &Fake, token: &str, told: &[(&'static str, &'static str)]) {
    let user = json!({ "login": "ada", "id": 7, "name": null });
    fake.rules().users.insert(token.to_owned(), (200, told.to_vec(), user));
}

#[tokio::test]
async fn a_token_tells_whose_it_is_what_it_may_do_and_until_when() {
    let fake = Fake::start().await;
    let expiry = "github-authentication-token-expiration";
    know(&fake, "ghp_S3CRET", &[("x-oauth-scopes", "gist, repo"), (expiry, "2026-12-24 10:00:00 UTC")]);
    let checked = check(&fake, " ghp_S3CRET\n").await.unwrap();
    assert_eq!(
        (checked.kind, checked.account.login.as_str(), checked.account.id),
        (TokenKind::Classic, "ada", 7)
    );
    assert_eq!(checked.tokens.access.expose(), "ghp_S3CRET");
    assert_eq!(checked.tokens.scopes, ["gist", "repo"]);
    assert_eq!(checked.tokens.access_expires_at, Some(UNIX_EPOCH + Duration::from_secs(1_798_106_400)));
    assert_eq!(checked.lacks(Access { workflows: false }), []);
    let lacks: Vec<_> = checked.lacks(Access { workflows: true }).iter().map(|scope| scope.name).collect();
    assert_eq!(lacks, ["workflow"]);
    know(&fake, "github_pat_S3CRET", &[(expiry, "2026-12-24 11:00:00 +0100")]);
    let fine = check(&fake, "github_pat_S3CRET").await.unwrap();
    assert_eq!((fine.kind, fine.scoped), (TokenKind::FineGrained, false));
    assert_eq!(fine.tokens.access_expires_at, checked.tokens.access_expires_at);
    assert_eq!(fine.lacks(Access { workflows: true }), []);
    know(&fake, "gho_S3CRET", &[("x-oauth-scopes", ""), (expiry, "some day")]);
    let bare = check(&fake, "gho_S3CRET").await.unwrap();
    assert_eq!((bare.kind, bare.scoped, bare.tokens.access_expires_at), (TokenKind::OAuthApp, true, None));
    assert_eq!(bare.lacks(Access { workflows: false }).len(), 1);
}

#[test]
fn a_tokens_kind_is_read_from_its_beginning() {
    let kinds = [
        ("ghp_x", TokenKind::Classic),
        ("github_pat_x", TokenKind::FineGrained),
        ("gho_x", TokenKind::OAuthApp),
        ("ghu_x", TokenKind::GitHubApp),
        ("ghs_x", TokenKind::Installation),
        ("ghr_x", TokenKind::Refresh),
        ("0123456789012345678901234567890123456789", TokenKind::Unknown),
        ("GHP_x", TokenKind::Unknown),
    ];
    for (token, kind) in kinds {
        assert_eq!(TokenKind::of(&Secret::new(token.to_owned())), kind, "{token}");
    }
}

#[tokio::test]
async fn what_cannot_be_a_users_token_is_not_sent() {
    let fake = Fake::start().await;
    for text in ["", " ", "ghp S3CRET", "ghp_S3CRET\r\nX: y", "t\u{F6}ken", &"x".repeat(5000)] {
        assert_eq!(check(&fake, text).await.unwrap_err().code(), "token_malformed", "{text}");
    }
    for text in ["ghs_S3CRET", "ghr_S3CRET"] {
        assert_eq!(check(&fake, text).await.unwrap_err().code(), "token_not_a_users");
    }
    assert_eq!(fake.asked().len(), 0);
}

#[tokio::test]
async fn a_token_that_github_refuses_is_told_by_why() {
    let fake = Fake::start().await;
    assert_eq!(check(&fake, "ghp_S3CRET").await.unwrap_err().code(), "token_refused");
    let answers: [(u16, Headers, &str); 5] = [
        (403, vec![], "sign_in_status"),
        (403, vec![("x-ratelimit-remaining", "0")], "sign_in_rate_limited"),
        (429, vec![("retry-after", "30")], "sign_in_rate_limited"),
        (302, vec![("location", "https://github.example/")], "sign_in_redirected"),
        (200, vec![], "sign_in_answer_unreadable"),
    ];
    for (status, told, code) in answers {
        fake.rules().users.insert("ghp_S3CRET".to_owned(), (status, told, json!({ "message": MARK })));
        let refused = check(&fake, "ghp_S3CRET").await.unwrap_err();
        assert_eq!(refused.code(), code, "{status}");
        assert!(!format!("{refused} {refused:?} {}", refused.hint()).contains(MARK));
    }
}
