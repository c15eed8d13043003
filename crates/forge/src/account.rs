//! The account that a token belongs to.

use crate::error::Result;
use crate::forge::Forge;
use serde::Deserialize;

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

impl Forge {
    /// Returns the account that the token belongs to.
    ///
    /// # Errors
    /// [`ForgeError::SignIn`](crate::ForgeError::SignIn) without a token, or with one that GitHub
    /// does not know.
    pub async fn account(&self) -> Result<Account> {
        let answer: Answer = self.get("find out who is signed in", "/user").await?;
        Ok(answer.on(self.host()))
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
