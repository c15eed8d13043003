//! The token of an installed `gh`.

use anchorhold_forge::sign_in::{Gh, Host, SignInError};
use std::path::Path;
use std::time::Duration;

async fn ask(program: &str, host: &str, patience: Duration) -> Result<String, SignInError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sign_in/gh_programs");
    let token = Gh::at(folder.join(program), patience).token(&Host::new(host).unwrap()).await;
    token.map(|token| token.expose().to_owned())
}

#[tokio::test]
async fn gh_gives_its_token_or_it_is_told_why_not() {
    let patience = Duration::from_secs(60);
    assert_eq!(ask("signed-in", "github.com", patience).await.unwrap(), "gho_S3CRET");
    let cases = [
        ("signed-in", "octocorp.ghe.com", "gh_elsewhere"),
        ("signed-out", "github.com", "gh_signed_out"),
        ("babbling", "github.com", "gh_signed_out"),
        ("missing", "github.com", "gh_missing"),
        ("not-a-program", "github.com", "gh_broken"),
    ];
    for (program, host, code) in cases {
        let refused = ask(program, host, patience).await.unwrap_err();
        assert_eq!(refused.code(), code, "{program}");
        assert!(!format!("{refused} {refused:?}").contains("S3CRET"));
        assert!(!refused.hint().is_empty());
    }
}

#[tokio::test]
async fn a_gh_that_does_not_answer_is_given_up() {
    let refused = ask("silent", "github.com", Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(refused.code(), "gh_silent");
}
