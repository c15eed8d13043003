//! One sign-in, from its way to an account that is put to rest; told of step by step.
//!
//! It ends when nobody listens any more. What was granted by then is let go, unless it is just being put to
//! rest.

use super::Accounts;
use crate::EngineError;
use anchorhold_domain::{LinkedAccount, SignInProgress, SignInWay, Timestamp};
use anchorhold_forge::Forge;
use anchorhold_forge::sign_in::{Access, Checked, DeviceFlow, Gh, Host, Progress, TokenKind, Tokens};
use anchorhold_secrets::{Rest, Secret};
use anchorhold_store::KeptAccount;
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use tokio::sync::mpsc;

/// The longest name in a commit, in characters.
const LONGEST_NAME: usize = 100;
/// The longest address, in bytes. <https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1>
const LONGEST_EMAIL: usize = 254;
/// How many addresses can be chosen from.
const MOST_EMAILS: usize = 50;

impl Accounts {
    /// Signs in and tells each step; the last one is `SignedIn` or `Failed`.
    pub(crate) async fn sign_in(
        self: Arc<Self>,
        host: String,
        way: SignInWay,
        token: Option<Secret>,
        rest: Rest,
        told: mpsc::Sender<SignInProgress>,
    ) {
        let end = match self.signed_in(&host, way, token, rest, &told).await {
            Ok(account) => SignInProgress::SignedIn { account },
            Err(error) => SignInProgress::Failed { fault: error.fault() },
        };
        // Nobody hears it only where the sign-in was given up.
        let _ = told.send(end).await;
    }

    async fn signed_in(
        self: &Arc<Self>,
        host: &str,
        way: SignInWay,
        token: Option<Secret>,
        rest: Rest,
        told: &mpsc::Sender<SignInProgress>,
    ) -> Result<LinkedAccount, EngineError> {
        let host = self.host(host)?;
        let (tokens, client_id) = match way {
            SignInWay::Code => {
                let sign_in = self.sign_in_with_app(&host, way).await?;
                let client_id = sign_in.client_id().to_owned();
                let flow = sign_in.device(Access::default()).await?;
                (self.by_code(flow, told).await?, Some(client_id))
            }
            SignInWay::Browser => {
                let (tokens, client_id) = self.by_browser(&host, rest, told).await?;
                (tokens, Some(client_id))
            }
            SignInWay::Token => {
                let reason = "no token was given";
                let token = token
                    .filter(|token| !token.expose().trim().is_empty())
                    .ok_or_else(|| EngineError::NoWay { host: host.name().to_owned(), reason })?;
                (Tokens::lasting(Secret::new(token.expose().trim().to_owned())), None)
            }
            SignInWay::Gh => (Tokens::lasting(Gh::default().token(&host).await?), None),
        };
        self.complete(&host, way, tokens, client_id, rest).await
    }

    /// Asks whose tokens these are, and puts them and the account to rest.
    pub(super) async fn complete(
        self: &Arc<Self>,
        host: &Host,
        way: SignInWay,
        tokens: Tokens,
        client_id: Option<String>,
        rest: Rest,
    ) -> Result<LinkedAccount, EngineError> {
        let checked = Checked::ask(host, &tokens.access).await?;
        let lacks = lacks(&checked);
        // What an app's answer said of its tokens is more than what the API says.
        let tokens = if client_id.is_some() { tokens } else { checked.tokens };
        let found = checked.account;
        let key = format!("{}/{}", host.name(), found.id);
        let forge = Forge::at(host, Some(tokens.access.expose())).await?;
        let verified = forge.emails().await.unwrap_or_else(|error| {
            tracing::warn!(code = error.code(), "the account's addresses cannot be read");
            Vec::new()
        });
        let emails = emails(found.noreply_email, verified);
        let before = self.kept(&key).await.ok();
        let chosen_before = before.as_ref().map(|kept| kept.account.email.clone());
        let email = chosen_before.filter(|email| emails.contains(email)).or_else(|| emails.first().cloned());
        let ends = tokens.access_expires_at.filter(|_| tokens.refresh.is_none());
        let account = LinkedAccount {
            key,
            host: host.name().to_owned(),
            name: name(&found.name).unwrap_or_else(|| found.login.clone()),
            login: found.login,
            email: email.unwrap_or_default(),
            emails,
            way,
            chosen: true,
            session_only: rest == Rest::Session,
            expires_at: ends.and_then(|end| {
                let since = end.duration_since(UNIX_EPOCH).ok()?;
                Some(Timestamp(i64::try_from(since.as_millis()).ok()?))
            }),
            lacks,
            trouble: None,
        };
        let kept = KeptAccount {
            account,
            client_id,
            signed_in_at: before.map_or_else(self.clock, |kept| kept.signed_in_at),
        };
        self.keep(kept, tokens).await
    }

    async fn by_code(
        &self,
        mut flow: DeviceFlow,
        told: &mpsc::Sender<SignInProgress>,
    ) -> Result<Tokens, EngineError> {
        let code = flow.code();
        let shown = SignInProgress::Code {
            user_code: code.user_code.clone(),
            address: code.address.to_string(),
            expires_at: self.time_of(code.expires_at),
        };
        let mut next = Some(shown.clone());
        loop {
            if let Some(progress) = next.take() {
                // Nobody hears it only where the sign-in was given up.
                let _ = told.send(progress).await;
            }
            let mut broken = false;
            while next.is_none() {
                match flow.next().await? {
                    Progress::SignedIn(tokens) => return Ok(tokens),
                    Progress::Waiting | Progress::SlowedDown(_) if broken => next = Some(shown.clone()),
                    Progress::Waiting | Progress::SlowedDown(_) => {}
                    Progress::Unreachable(wait) => {
                        broken = true;
                        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
                        let _ = told.send(SignInProgress::Unreachable { seconds }).await;
                    }
                }
            }
        }
    }
}

/// The scopes that a token lacks; one with fine permissions has none, and what it lacks shows when it is used.
fn lacks(checked: &Checked) -> Vec<String> {
    match checked.kind {
        TokenKind::Classic | TokenKind::OAuthApp | TokenKind::Unknown => {
            checked.lacks(Access::default()).iter().map(|scope| scope.name.to_owned()).collect()
        }
        TokenKind::FineGrained | TokenKind::GitHubApp | TokenKind::Installation | TokenKind::Refresh => {
            vec![]
        }
    }
}

/// A name as a commit can hold it; a server can send any text.
fn name(text: &str) -> Option<String> {
    let plain = |sign: &char| !sign.is_control() && !"<>".contains(*sign);
    let text: String = text.chars().filter(plain).take(LONGEST_NAME).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The addresses to choose from, the one that tells nobody a real one first.
fn emails(noreply: String, verified: Vec<String>) -> Vec<String> {
    let mut emails: Vec<String> = Vec::new();
    for email in std::iter::once(noreply).chain(verified) {
        let plain =
            email.chars().all(|sign| !sign.is_whitespace() && !sign.is_control() && !"<>".contains(sign));
        let fits = (3..=LONGEST_EMAIL).contains(&email.len()) && email.contains('@');
        if plain && fits && !emails.contains(&email) && emails.len() < MOST_EMAILS {
            emails.push(email);
        }
    }
    emails
}

#[cfg(test)]
mod tests {
    use super::{emails, name};

    #[test]
    fn what_a_server_says_cannot_break_out_of_a_commits_header() {
        let given = ["Ada", " Ada <a@b>\nparent 0 ", "\u{7}", &"x".repeat(101)];
        let made = given.map(name);
        assert_eq!(
            made,
            [Some("Ada".to_owned()), Some("Ada a@bparent 0".to_owned()), None, Some("x".repeat(100))]
        );
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let found = emails(
            "7+ada@users.noreply.github.com".to_owned(),
            texts(&["ada@example.com", "ada@example.com", "a b@c", "a>@c", "a@c\n", "@"]),
        );
        assert_eq!(found, texts(&["7+ada@users.noreply.github.com", "ada@example.com"]));
    }
}
