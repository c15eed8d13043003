//! Where on a GitHub a repository is, and the way to ask there.

use crate::EngineError;
use crate::accounts::{Whose, forge_host};
use crate::engine::Shared;
use anchorhold_forge::{Forge, ForgeError};
use anchorhold_repo::Remote;
use url::Url;

/// A repository on a GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) owner: String,
    pub(super) name: String,
}

impl Place {
    /// Finds a repository's place.
    ///
    /// # Errors
    /// [`EngineError::NotOnGitHub`] where the address is not one on a GitHub.
    pub(super) async fn of(shared: &Shared, address: &str) -> Result<Self, EngineError> {
        let remote = Remote::parse(address)?;
        let elsewhere = || EngineError::NotOnGitHub { repository: remote.display() };
        let host = forge_host(address)?.ok_or_else(elsewhere)?;
        if !shared.accounts.is_forge(&host).await? {
            return Err(elsewhere());
        }
        let (owner, name) = owner_and_name(&remote.display()).ok_or_else(elsewhere)?;
        Ok(Self { owner, name })
    }

    /// Asks GitHub something about it, in somebody's name.
    pub(super) async fn ask<T, A, R>(
        &self,
        shared: &Shared,
        whose: Whose<'_>,
        ask: A,
    ) -> Result<T, EngineError>
    where
        A: Fn(Forge, Self) -> R + Send + Sync,
        R: Future<Output = Result<T, ForgeError>> + Send,
        T: Send,
    {
        shared.with_forge(whose, |forge| ask(forge, self.clone())).await
    }
}

/// Owner and name, where an address has these two and nothing else.
fn owner_and_name(address: &str) -> Option<(String, String)> {
    let url = Url::parse(address).ok()?;
    let path = url.path().trim_matches('/');
    let (owner, name) = path.split_once('/')?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    let fits = |part: &str| {
        !part.is_empty()
            && part.len() <= 100
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    (fits(owner) && fits(name)).then(|| (owner.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::owner_and_name;

    #[test]
    fn an_address_has_an_owner_and_a_name_or_is_not_on_github() {
        let found = |address| owner_and_name(address).map(|(owner, name)| format!("{owner} {name}"));
        assert_eq!(found("https://github.com/octo/hello.git").as_deref(), Some("octo hello"));
        assert_eq!(found("ssh://git@github.com/octo/hello.js").as_deref(), Some("octo hello.js"));
        for address in
            ["https://github.com/octo", "https://github.com/a/b/c", "https://github.com/a/..", "/a/b"]
        {
            assert_eq!(found(address), None, "{address}");
        }
    }
}
