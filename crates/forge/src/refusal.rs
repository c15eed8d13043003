//! What a refusal of GitHub's means, by its status, its headers and, where there is nothing else, its words.

use crate::error::ForgeError;
use crate::sign_in::Host;
use crate::text;
use octocrab::GitHubError;
use url::Url;

/// What is shown of GitHub's words, in bytes.
const MOST_WORDS: usize = 400;

pub(crate) fn refusal(attempt: String, host: &Host, said: GitHubError) -> ForgeError {
    let header = |name: &str| said.headers.as_ref()?.get(name)?.to_str().ok();
    let name = host.name().to_owned();
    let status = said.status_code.as_u16();
    let reason = text::clean(&words(&said), MOST_WORDS).replace(['\n', '\t'], " ");
    if status == 401 {
        return ForgeError::SignIn { attempt, host: name, reason };
    }
    if matches!(status, 403 | 404) {
        if let Some(sso) = header("x-github-sso").and_then(|sso| sso.strip_prefix("required")) {
            return ForgeError::SsoRequired { attempt, host: name, url: authorization_page(host, sso) };
        }
        if let Some(scope) = missing_scope(header("x-oauth-scopes"), header("x-accepted-oauth-scopes")) {
            return ForgeError::ScopeMissing { attempt, host: name, scope };
        }
    }
    match status {
        403 if reason.contains("archived") => ForgeError::Archived { attempt, host: name },
        // https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
        403 if reason.contains("not accessible by") => {
            match header("x-accepted-github-permissions").and_then(permission) {
                Some(permission) => ForgeError::PermissionMissing { attempt, host: name, permission },
                None => ForgeError::Forbidden { attempt, host: name, reason },
            }
        }
        403 => ForgeError::Forbidden { attempt, host: name, reason },
        404 | 410 => ForgeError::NotFound { attempt, host: name },
        409 if reason.contains("is empty") => ForgeError::Empty { attempt, host: name },
        status => ForgeError::Refused { attempt, host: name, status, reason },
    }
}

/// The message, and what GitHub says of single fields where the message says only that there is something.
fn words(said: &GitHubError) -> String {
    let mut words = said.message.clone();
    for error in said.errors.iter().flatten().take(5) {
        let detail = error.as_str().or_else(|| error.get("message")?.as_str()).map(str::to_owned);
        let field = || {
            let (field, code) = (error.get("field")?.as_str()?, error.get("code")?.as_str()?);
            Some(format!("{field} is {code}"))
        };
        if let Some(detail) = detail.or_else(field) {
            words = format!("{words}: {detail}");
        }
    }
    words
}

/// The page that `required; url=…` names, if it is one of this GitHub's.
///
/// <https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api#authenticating-with-a-personal-access-token>
fn authorization_page(host: &Host, sso: &str) -> Option<String> {
    let named = sso.split(';').find_map(|part| part.trim().strip_prefix("url="))?;
    let page = Url::parse(named).ok()?;
    let own = Url::parse(host.web()).ok()?;
    let bare = page.username().is_empty() && page.password().is_none();
    (page.origin() == own.origin() && bare && named.len() <= 2_000).then(|| page.into())
}

/// The scope to ask for, where a token with scopes has none of those that would do.
///
/// <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps>
fn missing_scope(has: Option<&str>, accepted: Option<&str>) -> Option<String> {
    let names = |list: &str| -> Vec<String> {
        let names = list.split(',').map(str::trim);
        names.filter(|name| is_word(name, "_:")).take(30).map(str::to_owned).collect()
    };
    let (has, accepted) = (names(has?), names(accepted?));
    let covers = |has: &str, scope: &str| {
        let outer = match scope {
            "public_repo" | "repo:status" | "repo_deployment" | "repo:invite" | "security_events" => "repo",
            "read:user" | "user:email" | "user:follow" => "user",
            other => other,
        };
        has == scope || has == outer
    };
    if accepted.iter().any(|scope| has.iter().any(|has| covers(has, scope))) {
        return None;
    }
    let usual = accepted.iter().find(|scope| *scope == "repo");
    usual.or_else(|| accepted.first()).cloned()
}

/// The first set of permissions that would do, such as `contents=read,pull_requests=write`.
fn permission(header: &str) -> Option<String> {
    let first = header.split(';').next()?.trim();
    is_word(first, "_=,").then(|| first.replace(',', " and "))
}

fn is_word(text: &str, signs: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || signs.contains(character))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{authorization_page, missing_scope, permission};
    use crate::sign_in::Host;

    #[test]
    fn the_scope_that_is_missing_is_named() {
        let check = |has: &str, accepted: &str, expected: Option<&str>| {
            assert_eq!(missing_scope(Some(has), Some(accepted)).as_deref(), expected, "{has} / {accepted}");
        };
        check("", "repo", Some("repo"));
        check("gist, user", "public_repo, repo", Some("repo"));
        check("repo, gist", "repo", None);
        check("repo", "public_repo", None);
        check("user", "user:email", None);
        check("repo", "", None);
        check("", "workflow\u{7f}", None);
        assert_eq!(missing_scope(None, Some("repo")), None);
    }

    #[test]
    fn only_a_page_of_the_same_github_authorises_a_token() {
        let host = Host::new("github.com").unwrap();
        let page = |sso: &str| authorization_page(&host, sso);
        let own = "https://github.com/orgs/octo-org/sso?authorization_request=A1";
        assert_eq!(page(&format!("; url={own}")).as_deref(), Some(own));
        for other in [
            "http://github.com/x",
            "https://github.com.example/x",
            "javascript:alert(1)",
            "https://a:b@github.com/x",
        ] {
            assert_eq!(page(&format!("; url={other}")), None, "{other}");
        }
        assert_eq!(page(""), None);
    }

    #[test]
    fn a_permission_is_a_word() {
        assert_eq!(
            permission("contents=read,issues=write; x=y").as_deref(),
            Some("contents=read and issues=write")
        );
        assert_eq!(permission("<script>"), None);
        assert_eq!(permission(""), None);
    }
}
