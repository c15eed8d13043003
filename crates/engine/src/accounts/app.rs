//! The app in whose name users sign in to a host: the user's own, else the one that was built in; and what can
//! be offered with it.

use super::Accounts;
use crate::EngineError;
use anchorhold_domain::{AskedPermission, ForgeApp, LinkedAccount, SignInOffer, SignInWay};
use anchorhold_forge::sign_in::{Access, App, AppKind, Host, Level, SignIn};
use anchorhold_secrets::{Rest, Secret, SecretName};

/// The GitHub on which the built-in app is registered.
const USUAL: &str = "github.com";
/// The longest client id or name of an app; GitHub's have some 20 characters.
const LONGEST: usize = 100;

impl Accounts {
    /// Returns the app of a host.
    pub(super) async fn app(&self, host: &str) -> Result<Option<ForgeApp>, EngineError> {
        let own = self.own_app(host).await?;
        Ok(own.or_else(|| BUILT_IN.app(host)))
    }

    /// Returns the app that the user set for a host.
    pub(crate) async fn own_app(&self, host: &str) -> Result<Option<ForgeApp>, EngineError> {
        Ok(self.store.forge_apps().await?.into_iter().find(|app| app.host == host))
    }

    /// Keeps an app and its secret; without a secret, the one of before stays where it is the same app.
    pub(crate) async fn set_app(&self, mut app: ForgeApp, secret: Option<Secret>) -> Result<(), EngineError> {
        let host = self.host(&app.host)?;
        host.name().clone_into(&mut app.host);
        check(&mut app)?;
        let name = SecretName::AppSecret { host: app.host.clone() };
        let before = self.own_app(&app.host).await?;
        let same = before.is_some_and(|before| before.has_secret && before.client_id == app.client_id);
        match secret.filter(|secret| !secret.expose().trim().is_empty()) {
            Some(secret) => {
                let secret = Secret::new(secret.expose().trim().to_owned());
                self.secrets.set(&name, secret, self.rest).await?;
                app.has_secret = true;
            }
            None if same && app.has_secret => {}
            None => {
                self.secrets.delete(&name).await?;
                app.has_secret = false;
            }
        }
        self.store.put_forge_app(&app).await?;
        self.begin_anew(&app.host).await;
        Ok(())
    }

    /// Forgets the user's app of a host, and its secret.
    pub(crate) async fn forget_app(&self, host: &str) -> Result<(), EngineError> {
        let host = self.host(host)?;
        if self.own_app(host.name()).await?.is_some() {
            self.secrets.delete(&SecretName::AppSecret { host: host.name().to_owned() }).await?;
            self.store.delete_forge_app(host.name()).await?;
            self.begin_anew(host.name()).await;
        }
        Ok(())
    }

    /// Says how one can sign in to a host.
    pub(crate) async fn offer(&self, host: &str) -> Result<SignInOffer, EngineError> {
        let host = self.host(host)?;
        self.remember_offer(host.name());
        let app = self.app(host.name()).await?;
        let with_secret = app.as_ref().is_some_and(|app| app.has_secret);
        let ways = [
            app.is_some().then_some(SignInWay::Code),
            with_secret.then_some(SignInWay::Browser),
            Some(SignInWay::Token),
            Some(SignInWay::Gh),
        ];
        Ok(SignInOffer {
            ways: ways.into_iter().flatten().collect(),
            permissions: permissions(app.as_ref().is_some_and(|app| app.oauth_app)),
            install_url: app.as_ref().and_then(|app| install_url(&host, app)),
            token_url: token_url(&host),
            remembers: self.rest == Rest::Keychain,
            host: host.name().to_owned(),
        })
    }

    /// Prepares to sign in with the app of a host, by this way.
    pub(super) async fn sign_in_with_app(&self, host: &Host, way: SignInWay) -> Result<SignIn, EngineError> {
        let no_way = |reason: &'static str| EngineError::NoWay { host: host.name().to_owned(), reason };
        let app = self.app(host.name()).await?.ok_or_else(|| no_way("no app is registered for it here"))?;
        let client_secret = match way {
            SignInWay::Browser if app.has_secret => self.app_secret(host.name()).await?,
            SignInWay::Code | SignInWay::Token | SignInWay::Gh | SignInWay::Browser => None,
        };
        if way == SignInWay::Browser && client_secret.is_none() {
            return Err(no_way("the app's secret is not here, which signing in in the browser needs"));
        }
        let kind = if app.oauth_app { AppKind::OAuthApp } else { AppKind::GitHubApp };
        let app = App { host: host.clone(), client_id: app.client_id, client_secret, kind };
        Ok(SignIn::new(app, self.clock()).await?)
    }

    /// Prepares to refresh what an app of earlier or of now gave.
    pub(super) async fn sign_in_as_before(
        &self,
        host: &Host,
        way: SignInWay,
        client_id: Option<&str>,
    ) -> Result<SignIn, EngineError> {
        let app = self.app(host.name()).await?.filter(|app| Some(app.client_id.as_str()) == client_id);
        // What a code gave is refreshed without a secret.
        let client_secret = match app {
            Some(app) if app.has_secret && way == SignInWay::Browser => self.app_secret(host.name()).await?,
            _ => None,
        };
        let client_id = client_id.unwrap_or_default().to_owned();
        let app = App { host: host.clone(), client_id, client_secret, kind: AppKind::GitHubApp };
        Ok(SignIn::new(app, self.clock()).await?)
    }

    /// Where an account gives the app more repositories.
    pub(super) async fn grant_url(
        &self,
        host: &str,
        client_id: Option<&str>,
    ) -> Result<Option<String>, EngineError> {
        let (host, app) = (self.host(host)?, self.app(host).await?);
        Ok(app.filter(|app| Some(app.client_id.as_str()) == client_id).and_then(|app| match app.oauth_app {
            // Organisations decide on an OAuth app there.
            true => Some(format!("{}/settings/connections/applications/{}", host.web(), app.client_id)),
            false => install_url(&host, &app),
        }))
    }

    /// Where an account's sign-in is authorised for organisations that want single sign-on.
    ///
    /// <https://docs.github.com/en/enterprise-cloud@latest/authentication/authenticating-with-single-sign-on>
    pub(super) async fn sso_url(
        &self,
        account: &LinkedAccount,
        client_id: Option<&str>,
    ) -> Result<String, EngineError> {
        let host = self.host(&account.host)?;
        let settings = |page: &str| format!("{}/settings/{page}", host.web());
        Ok(match account.way {
            // Each token is listed there with the organisations that it is authorised for.
            SignInWay::Token => settings("tokens"),
            SignInWay::Gh => settings("applications"),
            SignInWay::Code | SignInWay::Browser => {
                let own = self.grant_url(&account.host, client_id).await?;
                own.unwrap_or_else(|| settings("apps/authorizations"))
            }
        })
    }

    async fn app_secret(&self, host: &str) -> Result<Option<Secret>, EngineError> {
        if self.own_app(host).await?.is_none() {
            return Ok(BUILT_IN.secret(host));
        }
        Ok(self.secrets.needed(&SecretName::AppSecret { host: host.to_owned() }).await?)
    }
}

/// The app that a program was built with, for [`USUAL`] alone.
struct BuiltIn {
    client_id: Option<&'static str>,
    slug: Option<&'static str>,
    /// A secret that is in a program which anybody can read keeps nobody out; GitHub asks for it all the same.
    secret: Option<&'static str>,
}

/// What this one was built with.
const BUILT_IN: BuiltIn = BuiltIn {
    client_id: option_env!("ANCHORHOLD_GITHUB_CLIENT_ID"),
    slug: option_env!("ANCHORHOLD_GITHUB_APP_SLUG"),
    secret: option_env!("ANCHORHOLD_GITHUB_CLIENT_SECRET"),
};

impl BuiltIn {
    fn app(&self, host: &str) -> Option<ForgeApp> {
        let client_id = self.client_id.filter(|id| host == USUAL && !id.is_empty())?;
        Some(ForgeApp {
            host: USUAL.to_owned(),
            client_id: client_id.to_owned(),
            slug: self.slug.filter(|slug| !slug.is_empty()).map(str::to_owned),
            oauth_app: false,
            has_secret: self.secret(host).is_some(),
        })
    }

    fn secret(&self, host: &str) -> Option<Secret> {
        let secret = self.secret.filter(|secret| host == USUAL && !secret.is_empty())?;
        Some(Secret::new(secret.to_owned()))
    }
}

/// Trims and checks what becomes a part of addresses.
fn check(app: &mut ForgeApp) -> Result<(), EngineError> {
    let refuse = |reason| EngineError::App { host: app.host.clone(), reason };
    let client_id = app.client_id.trim().to_owned();
    let plain = |text: &str, more: &[u8]| {
        (1..=LONGEST).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    if !plain(&client_id, b"._-") {
        return Err(refuse("its client id is empty, too long or not plain"));
    }
    let slug = app.slug.as_deref().map(str::trim).filter(|slug| !slug.is_empty()).map(str::to_owned);
    if slug.as_ref().is_some_and(|slug| !plain(slug, b"-")) {
        return Err(refuse("its name in addresses has other signs in it than letters, digits and -"));
    }
    (app.client_id, app.slug) = (client_id, slug);
    Ok(())
}

fn permissions(oauth_app: bool) -> Vec<AskedPermission> {
    let access = Access::default();
    let asked = |name: &str, write, reason: &str| AskedPermission {
        name: name.to_owned(),
        write,
        reason: reason.to_owned(),
    };
    match oauth_app {
        true => access.scopes().iter().map(|scope| asked(scope.name, true, scope.reason)).collect(),
        false => access
            .permissions()
            .iter()
            .map(|permission| asked(permission.name, permission.level == Level::Write, permission.reason))
            .collect(),
    }
}

/// Where the app is installed, or given more repositories.
fn install_url(host: &Host, app: &ForgeApp) -> Option<String> {
    let slug = app.slug.as_ref().filter(|_| !app.oauth_app)?;
    // https://docs.github.com/en/apps/sharing-github-apps/sharing-your-github-app, and its page for servers.
    let usual = host.name() == USUAL || host.name().ends_with(".ghe.com");
    let folder = if usual { "apps" } else { "github-apps" };
    Some(format!("{}/{folder}/{slug}/installations/new", host.web()))
}

/// Where a token is made, with what it needs chosen already.
///
/// <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens#pre-filling-fine-grained-personal-access-token-details-using-url-parameters>
fn token_url(host: &Host) -> String {
    format!(
        "{}/settings/personal-access-tokens/new?name=Anchorhold&contents=write&pull_requests=write&issues=read\
         &statuses=read&actions=read",
        host.web()
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{BuiltIn, USUAL};

    #[test]
    fn what_was_built_in_is_for_github_alone_and_nothing_where_it_is_empty() {
        let built = |client_id, slug, secret| BuiltIn { client_id, slug, secret };
        let whole = built(Some("Iv1.0123"), Some("anchorhold"), Some("built-in"));
        let app = whole.app(USUAL).unwrap();
        assert_eq!((app.client_id.as_str(), app.slug.as_deref()), ("Iv1.0123", Some("anchorhold")));
        assert!(app.has_secret && !app.oauth_app);
        assert_eq!(whole.secret(USUAL).unwrap().expose(), "built-in");
        for elsewhere in ["github.example.com", "acme.ghe.com"] {
            assert!(whole.app(elsewhere).is_none() && whole.secret(elsewhere).is_none(), "{elsewhere}");
        }
        // As in a build whose environment names them and says nothing.
        let empty = built(Some(""), Some(""), Some(""));
        assert!(empty.app(USUAL).is_none() && empty.secret(USUAL).is_none());
        let app = built(Some("Iv1.0123"), Some(""), Some("")).app(USUAL).unwrap();
        assert_eq!((app.slug, app.has_secret), (None, false));
    }
}
