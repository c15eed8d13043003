//! A GitHub on this machine: what it documents of signing in, and a record of what it was asked.
//!
//! Refusals come with status 200. Whoever asks for a device's token too early is told to slow down, for good.
//! Codes and refresh tokens work once. All that is secret has [`MARK`] in it.

use super::time::clock;
use anchorhold_forge::sign_in::{App, AppKind, Host, SignIn};
use anchorhold_secrets::Secret;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;
use url::{Url, form_urlencoded};

pub const MARK: &str = "S3CRET";
pub const CLIENT: &str = "Iv23liTest";
pub const CLIENT_SECRET: &str = "S3CRETclient";
pub const DEVICE: &str = "S3CRETdevice";

/// What is answered instead of what the rules say.
pub enum Reply {
    Json(u16, Value),
    Redirect(String),
    /// The connection ends without an answer.
    Break,
}

/// Names and values of headers.
pub type Headers = Vec<(&'static str, &'static str)>;

#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub form: BTreeMap<String, String>,
}

/// What was granted in the browser.
struct Grant {
    challenge: String,
    redirect_uri: String,
}

#[derive(Default)]
pub struct Rules {
    pub asked: Vec<Asked>,
    /// For the next questions for tokens, in their order.
    pub replies: VecDeque<Reply>,
    /// Whether the device's code was entered.
    pub entered: bool,
    /// What the answer with a device's code says instead.
    pub device: BTreeMap<&'static str, Value>,
    /// The answers of the API for tokens that it knows.
    pub users: HashMap<String, (u16, Headers, Value)>,
    interval: u64,
    polled_at: Option<Instant>,
    grants: HashMap<String, Grant>,
    refresh: String,
    issued: usize,
}

#[derive(Clone)]
pub struct Fake {
    pub host: Host,
    rules: Arc<Mutex<Rules>>,
}

impl Fake {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let rules = Arc::new(Mutex::new(Rules { interval: 5, ..Rules::default() }));
        let fake = Self { host: Host::on_this_machine(address).unwrap(), rules };
        let routes = Router::new()
            .route("/login/device/code", post(device))
            .route("/login/oauth/access_token", post(token))
            .route("/api/v3/user", get(user))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        fake
    }

    pub fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap()
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.rules().asked.clone()
    }

    /// How often tokens were asked for.
    pub fn asked_for_tokens(&self) -> usize {
        self.asked().iter().filter(|asked| asked.path == "/login/oauth/access_token").count()
    }

    pub fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.rules().replies.extend(replies);
    }

    pub fn refuse(&self, errors: impl IntoIterator<Item = &'static str>) {
        self.reply(errors.into_iter().map(|error| Reply::Json(200, json!({ "error": error }))));
    }

    pub fn app(&self, kind: AppKind) -> App {
        let client_secret = Some(Secret::new(CLIENT_SECRET.to_owned()));
        App { host: self.host.clone(), client_id: CLIENT.to_owned(), client_secret, kind }
    }

    pub async fn sign_in(&self) -> SignIn {
        SignIn::new(self.app(AppKind::GitHubApp), clock()).await.unwrap()
    }

    /// Does in the browser what the page at `address` asks for, and returns where the browser comes back to.
    pub fn consent(&self, address: &Url) -> String {
        let asked: HashMap<_, _> = address.query_pairs().into_owned().collect();
        assert_eq!(address.origin().ascii_serialization(), self.host.web());
        assert_eq!(address.path(), "/login/oauth/authorize");
        assert_eq!((&*asked["client_id"], &*asked["response_type"]), (CLIENT, "code"));
        assert_eq!(asked["code_challenge_method"], "S256");
        let mut rules = self.rules();
        let code = format!("{MARK}code{}", rules.grants.len());
        let redirect_uri = asked["redirect_uri"].clone();
        let back = format!("{redirect_uri}?code={code}&state={}", asked["state"]);
        rules.grants.insert(code, Grant { challenge: asked["code_challenge"].clone(), redirect_uri });
        back
    }
}

impl Rules {
    /// Hands out the next tokens, as a GitHub App's.
    pub fn issue(&mut self) -> Value {
        self.issued += 1;
        self.refresh = format!("ghr_{MARK}{}", self.issued);
        json!({
            "access_token": format!("ghu_{MARK}{}", self.issued), "expires_in": 28800,
            "refresh_token": self.refresh, "refresh_token_expires_in": 15897600,
            "token_type": "bearer", "scope": "",
        })
    }

    fn rotate(&mut self, refresh: &str) -> Value {
        if refresh == self.refresh { self.issue() } else { json!({ "error": "bad_refresh_token" }) }
    }

    fn answer(&mut self, form: &BTreeMap<String, String>) -> Value {
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let refuse = |error: &str| json!({ "error": error, "error_description": format!("{MARK}words") });
        if field("client_id") != CLIENT {
            return refuse("incorrect_client_credentials");
        }
        match field("grant_type") {
            "urn:ietf:params:oauth:grant-type:device_code" => {
                let early =
                    self.polled_at.is_some_and(|at| at.elapsed() < Duration::from_secs(self.interval));
                self.polled_at = Some(Instant::now());
                if field("device_code") != DEVICE {
                    refuse("incorrect_device_code")
                } else if early {
                    self.interval += 5;
                    json!({ "error": "slow_down", "interval": self.interval })
                } else if self.entered {
                    self.issue()
                } else {
                    refuse("authorization_pending")
                }
            }
            // A refresh of what a device's code gave needs no secret, and no wrong one.
            "refresh_token" if !form.contains_key("client_secret") => self.rotate(field("refresh_token")),
            _ if field("client_secret") != CLIENT_SECRET => refuse("incorrect_client_credentials"),
            "authorization_code" => {
                let verifier = PkceCodeVerifier::new(field("code_verifier").to_owned());
                let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
                match self.grants.remove(field("code")) {
                    Some(grant) if grant.redirect_uri != field("redirect_uri") => {
                        refuse("redirect_uri_mismatch")
                    }
                    Some(grant) if grant.challenge == challenge.as_str() => self.issue(),
                    Some(_) | None => refuse("bad_verification_code"),
                }
            }
            "refresh_token" => self.rotate(field("refresh_token")),
            _ => refuse("unsupported_grant_type"),
        }
    }
}

fn read(body: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

/// Connections are not used again, so that moving the clock cannot end one that is idle.
fn sent(status: u16, body: &Value) -> Response {
    let headers = [("content-type", "application/json; charset=utf-8"), ("connection", "close")];
    (StatusCode::from_u16(status).unwrap(), headers, body.to_string()).into_response()
}

async fn device(State(fake): State<Fake>, uri: Uri, body: String) -> Response {
    let form = read(&body);
    let known = form.get("client_id").is_some_and(|id| id == CLIENT);
    let mut rules = fake.rules();
    rules.asked.push(Asked { path: uri.path().to_owned(), form });
    if !known {
        return sent(404, &json!({ "error": "Not Found" }));
    }
    let mut answer = json!({
        "device_code": DEVICE, "user_code": "WDJB-MJHT", "expires_in": 900, "interval": 5,
        "verification_uri": format!("{}/login/device", fake.host.web()),
    });
    for (name, value) in &rules.device {
        answer[*name] = value.clone();
    }
    sent(200, &answer)
}

async fn token(State(fake): State<Fake>, headers: HeaderMap, uri: Uri, body: String) -> Response {
    assert_eq!(headers["accept"], "application/json");
    let form = read(&body);
    let mut rules = fake.rules();
    rules.asked.push(Asked { path: uri.path().to_owned(), form: form.clone() });
    match rules.replies.pop_front() {
        None => sent(200, &rules.answer(&form)),
        Some(Reply::Json(status, value)) => sent(status, &value),
        Some(Reply::Redirect(to)) => (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response(),
        Some(Reply::Break) => {
            drop(rules);
            std::panic::resume_unwind(Box::new("the connection breaks"))
        }
    }
}

async fn user(State(fake): State<Fake>, headers: HeaderMap, uri: Uri) -> Response {
    let shown = headers["authorization"].to_str().unwrap();
    let mut rules = fake.rules();
    rules.asked.push(Asked { path: uri.path().to_owned(), form: BTreeMap::new() });
    let Some((status, told, body)) = rules.users.get(shown.strip_prefix("Bearer ").unwrap()) else {
        return sent(401, &json!({ "message": "Bad credentials" }));
    };
    let mut response = sent(*status, body);
    for (name, value) in told {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}
