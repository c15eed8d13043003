//! The account that a token belongs to.

use crate::error::{ForgeError, Result};
use crate::forge::Forge;
use serde::Deserialize;

/// More addresses than anybody has.
const MOST_EMAILS: usize = 50;

/// The account that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name in addresses, such as `octocat`. Users can change it.
    pub login: String,
    /// The number that stays when the login changes.
    pub id: u64,
    /// The name to show, and to sign commits with.
    pub name: String,
    /// The address that links a commit to the account without telling anybody a real one.
    pub noreply_email: String,
}

/// The part of GitHub's answer that is used.
///
/// <https://docs.github.com/en/rest/users/users#get-the-authenticated-user>
#[derive(Deserialize)]
pub(crate) struct Answer {
    login: String,
    id: u64,
    name: Option<String>,
}

/// <https://docs.github.com/en/rest/users/emails#list-email-addresses-for-the-authenticated-user>
#[derive(Deserialize)]
struct Email {
    email: String,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    verified: bool,
}

impl Forge {
    /// Returns the account that the token belongs to.
    ///
    /// # Errors
    /// [`ForgeError::SignIn`] without a token, or with one that GitHub does not know.
    pub async fn account(&self) -> Result<Account> {
        let answer: Answer = self.get("find out who is signed in", "/user").await?;
        Ok(answer.on(self.host()))
    }

    /// Returns the account's addresses that GitHub has verified, the primary one first; none where the token may
    /// not ask for them.
    ///
    /// # Errors
    /// [`ForgeError::SignIn`] without a token, or with one that GitHub does not know.
    pub async fn emails(&self) -> Result<Vec<String>> {
        let asked = self.get::<Vec<Email>>("list your addresses", "/user/emails?per_page=100").await;
        let mut found = match asked {
            Ok(found) => found,
            Err(
                ForgeError::ScopeMissing { .. }
                | ForgeError::PermissionMissing { .. }
                | ForgeError::Forbidden { .. }
                | ForgeError::NotFound { .. },
            ) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        found.retain(|email| email.verified && is_address(&email.email));
        found.sort_by_key(|email| !email.primary);
        Ok(found.into_iter().map(|email| email.email).take(MOST_EMAILS).collect())
    }
}

impl Answer {
    /// The account as it is on `host`.
    pub(crate) fn on(self, host: &str) -> Account {
        let Self { login, id, name } = self;
        // https://docs.github.com/en/account-and-profile/reference/email-addresses-reference
        let noreply_email = format!("{id}+{login}@users.noreply.{host}");
        let name = name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| login.clone());
        Account { login, id, name, noreply_email }
    }
}

/// What can stand in a commit's header without changing it.
fn is_address(text: &str) -> bool {
    let forbidden = |character: char| character.is_control() || "<> \n".contains(character);
    (3..=254).contains(&text.len()) && text.contains('@') && !text.contains(forbidden)
}
