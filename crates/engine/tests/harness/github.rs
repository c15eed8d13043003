//! A GitHub on this machine: signing in, a little of the API, and git behind the same tokens.
//!
//! It follows what GitHub documents: refusals come with status 200, codes and refresh tokens work once, and a
//! refresh ends the token before. All that is secret of it has [`MARK`] in it.

use super::gate::base64;
use anchorhold_testkit::GitServer;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What is in every secret.
pub const MARK: &str = "planted-91c2";
pub const CLIENT: &str = "Iv23liTest";
pub const CLIENT_SECRET: &str = "planted-91c2-client";
/// A token that somebody brings, with the scope `repo`.
pub const PASTED: &str = "ghp_planted-91c2-pasted";
/// One of another user, with the scope.
pub const THEIRS: &str = "ghp_planted-91c2-theirs";
/// One without it.
pub const NARROW: &str = "ghp_planted-91c2-narrow";

pub struct GitHub {
    pub address: SocketAddr,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

struct State {
    address: SocketAddr,
    rules: Mutex<Rules>,
    /// The git server, and what signs in to it.
    git: Mutex<Option<(String, String)>>,
}

/// What it says, and what it was asked.
#[derive(Default)]
pub struct Rules {
    /// Whether the code was entered, or what is answered instead.
    pub entered: bool,
    pub refuses: Option<&'static str>,
    /// Whether questions for tokens end without an answer.
    pub silent: bool,
    /// Whether they are kept back.
    pub held: bool,
    /// Tokens that it knows, with their scopes.
    pub tokens: HashMap<String, &'static str>,
    /// How long a token holds that it hands out, in seconds.
    pub lifetime: u64,
    /// Tokens that it handed out.
    pub issued: u32,
    /// Pages of repositories.
    pub pages: Vec<Vec<Value>>,
    /// The first page, from 1, that is kept back.
    pub held_page: Option<usize>,
    /// The first page, from 1, that GitHub fails to give.
    pub broken_page: Option<usize>,
    /// Whether an organisation is left out of the list, since it wants single sign-on.
    pub sso: bool,
    /// What came: method and path, and whether a token that it knows came with it.
    pub asked: Vec<(String, bool)>,
    refresh: String,
    grants: HashMap<String, String>,
}

impl GitHub {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let known = [(PASTED, "repo, user"), (THEIRS, "repo"), (NARROW, "gist")];
        let tokens = known.map(|(token, scopes)| (token.to_owned(), scopes)).into();
        let rules = Mutex::new(Rules { lifetime: 28800, tokens, ..Rules::default() });
        let state = Arc::new(State { address, rules, git: Mutex::default() });
        let serving = Arc::clone(&state);
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&serving);
                // A client that goes away in the middle is a part of many tests.
                tokio::spawn(async move { state.serve(client).await.ok() });
            }
        });
        Self { address, state, serving }
    }

    /// Lets it have the repositories of a git server.
    pub fn with_git(&self, server: &GitServer) {
        let word = base64(format!("{}:{}", server.user(), server.password()).as_bytes());
        *self.state.git.lock().unwrap() = Some((server.host(), format!("Authorization: Basic {word}\r\n")));
    }

    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}.git", self.address)
    }

    pub fn rules(&self) -> MutexGuard<'_, Rules> {
        self.state.rules.lock().unwrap()
    }

    /// Ends every token that was handed out, as GitHub does after eight hours.
    pub fn expire(&self) {
        self.rules().tokens.retain(|token, _| !token.starts_with("ghu_"));
    }

    /// Ends all that was handed out, as a user does who revokes the app.
    pub fn revoke(&self) {
        self.expire();
        self.rules().refresh.clear();
    }

    /// How often tokens were asked for.
    pub fn asked_for_tokens(&self) -> usize {
        self.rules().asked.iter().filter(|(line, _)| line == "POST /login/oauth/access_token").count()
    }

    /// Does in the browser what the page at `address` asks for, and returns where the browser is sent.
    pub fn consent(&self, address: &str) -> String {
        let (place, query) = address.split_once('?').unwrap();
        assert_eq!(place, format!("http://{}/login/oauth/authorize", self.address));
        self.rules().consent(query)
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Rules {
    fn issue(&mut self) -> Value {
        self.issued += 1;
        let access = format!("ghu_{MARK}-access-{}", self.issued);
        self.refresh = format!("ghr_{MARK}-refresh-{}", self.issued);
        self.tokens.retain(|token, _| !token.starts_with("ghu_"));
        self.tokens.insert(access.clone(), "");
        json!({
            "access_token": access, "expires_in": self.lifetime, "refresh_token": self.refresh,
            "refresh_token_expires_in": 15897600, "token_type": "bearer", "scope": "",
        })
    }

    fn consent(&mut self, query: &str) -> String {
        let asked = form(query);
        assert_eq!((asked["client_id"].as_str(), asked["code_challenge_method"].as_str()), (CLIENT, "S256"));
        let code = format!("{MARK}-code-{}", self.grants.len());
        let back = format!("{}?code={code}&state={}", asked["redirect_uri"], asked["state"]);
        self.grants.insert(code, asked["redirect_uri"].clone());
        back
    }

    fn answer(&mut self, asked: &HashMap<String, String>) -> Value {
        let field = |name: &str| asked.get(name).map_or("", String::as_str);
        let refuse = |error: &str| json!({ "error": error });
        if let Some(error) = self.refuses {
            return refuse(error);
        }
        let with_secret = field("client_secret") == CLIENT_SECRET;
        match field("grant_type") {
            _ if field("client_id") != CLIENT => refuse("incorrect_client_credentials"),
            "urn:ietf:params:oauth:grant-type:device_code" if self.entered => self.issue(),
            "urn:ietf:params:oauth:grant-type:device_code" => refuse("authorization_pending"),
            "authorization_code" if !with_secret || field("code_verifier").len() < 43 => {
                refuse("incorrect_client_credentials")
            }
            "authorization_code" => match self.grants.remove(field("code")) {
                Some(address) if address == field("redirect_uri") => self.issue(),
                Some(_) | None => refuse("bad_verification_code"),
            },
            "refresh_token" if !self.refresh.is_empty() && field("refresh_token") == self.refresh => {
                self.issue()
            }
            "refresh_token" => refuse("bad_refresh_token"),
            _ => refuse("unsupported_grant_type"),
        }
    }
}

impl State {
    async fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        let end = loop {
            if client.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut words = head.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let shown = self.known(&head);
        self.rules.lock().unwrap().asked.push((format!("{method} {path}"), shown.is_some()));
        if !path.starts_with("/login/") && !path.starts_with("/api/v3/") {
            return self.git(client, &bytes, &head, end, shown.is_some()).await;
        }
        if path == "/login/oauth/access_token" && self.rules.lock().unwrap().silent {
            return Ok(());
        }
        let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while bytes.len() < end + length {
            client.read_buf(&mut bytes).await?;
        }
        let asked = form(&String::from_utf8_lossy(&bytes[end..]));
        let (status, headers, body) = self.answer(path, query, &asked, shown).await;
        let body = body.to_string();
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n{body}",
            body.len()
        );
        client.write_all(answer.as_bytes()).await?;
        client.shutdown().await
    }

    /// The token that came with a request and its scopes, where it is one that is known.
    fn known(&self, head: &str) -> Option<(String, &'static str)> {
        let shown = header(head, "authorization")?;
        let rules = self.rules.lock().unwrap();
        let known = rules.tokens.iter().find(|(token, _)| {
            let basic = base64(format!("x-access-token:{token}").as_bytes());
            [format!("Bearer {token}"), format!("token {token}"), format!("Basic {basic}")].contains(&shown)
        });
        known.map(|(token, scopes)| (token.clone(), *scopes))
    }

    async fn answer(
        &self,
        path: &str,
        query: &str,
        asked: &HashMap<String, String>,
        shown: Option<(String, &str)>,
    ) -> (&'static str, String, Value) {
        let ok = |body| ("200 OK", String::new(), body);
        let theirs = shown.as_ref().is_some_and(|(token, _)| token == THEIRS);
        let scopes = shown.map(|(_, scopes)| scopes);
        match path {
            "/login/device/code" => ok(json!({
                "device_code": format!("{MARK}-device"), "user_code": "WDJB-MJHT", "expires_in": 900,
                "interval": 1, "verification_uri": format!("http://{}/login/device", self.address),
            })),
            "/login/oauth/authorize" => {
                let back = self.rules.lock().unwrap().consent(query);
                ("302 Found", format!("Location: {back}\r\n"), Value::Null)
            }
            "/login/oauth/access_token" => {
                self.until(|rules| !rules.held).await;
                ok(self.rules.lock().unwrap().answer(asked))
            }
            _ if scopes.is_none() => {
                ("401 Unauthorized", String::new(), json!({"message": "Bad credentials"}))
            }
            "/api/v3/user" => {
                let told = format!("X-OAuth-Scopes: {}\r\n", scopes.unwrap_or_default());
                let ada = json!({"login": "ada", "id": 7, "name": "Ada Harbour"});
                let grace = json!({"login": "grace", "id": 8, "name": null});
                ("200 OK", told, if theirs { grace } else { ada })
            }
            "/api/v3/user/emails" => ok(json!([
                {"email": "ada@example.com", "verified": true, "primary": true, "visibility": null},
                {"email": "old@example.com", "verified": false, "primary": false, "visibility": null},
            ])),
            "/api/v3/user/repos" => self.page(query).await,
            _ => ("404 Not Found", String::new(), json!({"message": "Not Found"})),
        }
    }

    async fn until(&self, is_so: impl Fn(&Rules) -> bool) {
        while !is_so(&self.rules.lock().unwrap()) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    async fn page(&self, query: &str) -> (&'static str, String, Value) {
        let page: usize = form(query).get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        self.until(|rules| rules.held_page.is_none_or(|held| held > page)).await;
        let rules = self.rules.lock().unwrap();
        if rules.broken_page.is_some_and(|broken| broken <= page) {
            return ("502 Bad Gateway", String::new(), json!({"message": "Bad Gateway"}));
        }
        let more = page < rules.pages.len();
        let next = format!("http://{}/api/v3/user/repos?page={}", self.address, page + 1);
        let link = if more { format!("Link: <{next}>; rel=\"next\"\r\n") } else { String::new() };
        let sso = if rules.sso { "X-GitHub-SSO: partial-results; organizations=21955855\r\n" } else { "" };
        ("200 OK", link + sso, Value::Array(rules.pages.get(page - 1).cloned().unwrap_or_default()))
    }

    /// Passes a request on to the git server where its token is known.
    async fn git(
        &self,
        mut client: TcpStream,
        bytes: &[u8],
        head: &str,
        end: usize,
        known: bool,
    ) -> std::io::Result<()> {
        let git = self.git.lock().unwrap().clone().filter(|_| known);
        let Some((server, sign_in)) = git else {
            let answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"GitHub\"\r\n\
                          Content-Length: 0\r\nConnection: close\r\n\r\n";
            client.write_all(answer.as_bytes()).await?;
            return client.shutdown().await;
        };
        let mut server = TcpStream::connect(server).await?;
        let ours = |line: &&str| {
            let name = line.split(':').next().unwrap_or_default();
            !["authorization", "connection"].iter().any(|known| name.eq_ignore_ascii_case(known))
        };
        let lines: String =
            head.trim_end().split("\r\n").filter(ours).map(|line| format!("{line}\r\n")).collect();
        server.write_all(format!("{lines}{sign_in}Connection: close\r\n\r\n").as_bytes()).await?;
        server.write_all(&bytes[end..]).await?;
        tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
    }
}

/// A repository as the API of a host lists it.
pub fn listed(host: &str, owner: &str, name: &str, pushed_at: &str) -> Value {
    json!({
        "id": 1, "name": name, "full_name": format!("{owner}/{name}"), "owner": {"login": owner, "id": 2},
        "private": true, "default_branch": "main", "archived": name.starts_with("old"), "description": null,
        "clone_url": format!("http://{host}/{owner}/{name}.git"), "pushed_at": pushed_at,
        "permissions": {"push": !name.starts_with("read"), "pull": true},
    })
}

fn header(head: &str, wanted: &str) -> Option<String> {
    head.split("\r\n").skip(1).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
    })
}

fn form(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            b'+' => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap()
}
