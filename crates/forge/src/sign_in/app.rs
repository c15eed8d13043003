//! The app that is registered on a GitHub, in whose name users sign in.

use super::access::Access;
use super::answer::TokenAnswer;
use super::clock::Clock;
use super::error::{Result, SignInError};
use super::host::Host;
use super::http::Http;
use anchorhold_secrets::Secret;
use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    AuthType, AuthUrl, ClientId, ClientSecret, DeviceAuthorizationUrl, EndpointNotSet, EndpointSet,
    StandardRevocableToken, TokenUrl,
};
use std::fmt;
use std::sync::Arc;

/// What kind of app it is, which decides what is asked for and whether tokens expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppKind {
    /// Has fine permissions, set where it is registered; its tokens expire and are refreshed.
    GitHubApp,
    /// Asks for scopes; its tokens stay until they are revoked.
    OAuthApp,
}

/// An app as it was registered.
#[derive(Clone, Debug)]
pub struct App {
    /// Where it is registered.
    pub host: Host,
    /// Its public name, such as `Iv23liabcdef`.
    pub client_id: String,
    /// What the web flow needs on GitHub; the device flow needs none.
    pub client_secret: Option<Secret>,
    /// What kind of app it is.
    pub kind: AppKind,
}

impl App {
    /// The scopes to ask for: none for a GitHub App, whose permissions are set where it is registered.
    pub(super) fn scopes(&self, access: Access) -> Vec<oauth2::Scope> {
        match self.kind {
            AppKind::GitHubApp => Vec::new(),
            AppKind::OAuthApp => {
                access.scopes().iter().map(|scope| oauth2::Scope::new(scope.name.to_owned())).collect()
            }
        }
    }
}

pub(super) type Client = oauth2::Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Signs in to one GitHub in the name of one app. Clones share the connection.
#[derive(Clone)]
pub struct SignIn {
    pub(super) app: Arc<App>,
    pub(super) client: Arc<Client>,
    /// The same without the app's secret, which the device flow has no use for.
    pub(super) public: Arc<Client>,
    pub(super) http: Http,
    pub(super) clock: Clock,
}

impl SignIn {
    /// Prepares to sign in. Nothing is sent yet.
    ///
    /// # Errors
    /// [`SignInError::Unprepared`] where the system's certificates or proxy settings cannot be used.
    pub async fn new(app: App, clock: Clock) -> Result<Self> {
        let http = Http::new(&app.host).await?;
        let web = app.host.web();
        let wrong = |_| SignInError::Host { host: app.host.name().to_owned() };
        let mut client = oauth2::Client::new(ClientId::new(app.client_id.clone()))
            .set_auth_uri(AuthUrl::new(format!("{web}/login/oauth/authorize")).map_err(wrong)?)
            .set_token_uri(TokenUrl::new(format!("{web}/login/oauth/access_token")).map_err(wrong)?)
            .set_device_authorization_url(
                DeviceAuthorizationUrl::new(format!("{web}/login/device/code")).map_err(wrong)?,
            )
            // GitHub reads id and secret from the body only.
            .set_auth_type(AuthType::RequestBody);
        let public = Arc::new(client.clone());
        if let Some(secret) = &app.client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose().to_owned()));
        }
        Ok(Self { app: Arc::new(app), client: Arc::new(client), public, http, clock })
    }

    /// Returns the public name of the app that signs in.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.app.client_id
    }

    /// Returns where one signs in.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.app.host
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("app", &self.app).finish_non_exhaustive()
    }
}
