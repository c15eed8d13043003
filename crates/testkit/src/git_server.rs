//! `git http-backend` behind nginx with basic authentication, on a free port of this machine.
//!
//! Each server has its own folder, configuration, logs and processes, so that tests run side by side.
//! It works for root and for an ordinary user alike, and ends exactly what it started.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::git;
use crate::group::{ATTEMPTS, Group, START_TIMEOUT, free_port, program, wait_until};

const USER: &str = "ada";
/// Long and odd enough to be looked for in logs and process lists.
const PASSWORD: &str = "planted-password-7f3a";
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// Requests that are handled at the same time.
const WRAPPERS: usize = 4;

/// A running git server; dropping it ends it.
pub struct GitServer {
    root: PathBuf,
    port: u16,
    tls: bool,
    /// Configuration, socket and logs, removed last.
    place: TempDir,
    marks: AtomicU32,
    nginx: Group,
    _wrappers: Vec<Group>,
}

impl GitServer {
    /// Serves the bare repositories in `root`, a folder that exists.
    ///
    /// # Errors
    /// When nginx, fcgiwrap or git is missing, or the server does not come up.
    pub fn start(root: &Path) -> Result<Self> {
        Self::start_with(root, false)
    }

    /// Does the same by https, with a certificate for `127.0.0.1` and `git.example` that it signed itself.
    ///
    /// # Errors
    /// As [`GitServer::start`], and when openssl is missing.
    pub fn start_tls(root: &Path) -> Result<Self> {
        Self::start_with(root, true)
    }

    fn start_with(root: &Path, tls: bool) -> Result<Self> {
        let nginx = program("nginx", "nginx")?;
        let fcgiwrap = program("fcgiwrap", "fcgiwrap")?;
        let root = root.canonicalize().with_context(|| format!("find {}", root.display()))?;
        let backend = PathBuf::from(git(&root, &["--exec-path"])?).join("git-http-backend");
        ensure!(backend.exists(), "{} is missing (package git)", backend.display());
        // Short, because the path of a socket may have about 100 bytes.
        let place = tempfile::Builder::new().prefix("gs").tempdir()?;
        fs::write(place.path().join("users"), format!("{USER}:{{PLAIN}}{PASSWORD}\n"))?;
        if tls {
            sign_own_certificate(place.path())?;
        }
        let socket = UnixListener::bind(place.path().join("s"))?;
        let wrappers = (0..WRAPPERS)
            .map(|_| {
                // Like any FastCGI program it accepts on its standard input. It could also make copies
                // of itself, but those would be left behind as somebody else's children.
                Group::start(
                    Command::new(&fcgiwrap)
                        .arg("-f")
                        .stdin(Stdio::from(OwnedFd::from(socket.try_clone()?)))
                        .stderr(Stdio::null()),
                )
            })
            .collect::<Result<Vec<_>>>()?;
        let log = place.path().join("access.log");
        for _ in 0..ATTEMPTS {
            let port = free_port()?;
            let config = place.path().join("nginx.conf");
            fs::write(&config, configuration(place.path(), &root, &backend, port, tls))?;
            let mut nginx = Group::start(
                Command::new(&nginx)
                    .arg("-p")
                    .arg(place.path())
                    .arg("-e")
                    .arg(place.path().join("error.log"))
                    .arg("-c")
                    .arg(&config)
                    .stdin(Stdio::null())
                    .stderr(Stdio::null()),
            )?;
            let mut gone = false;
            wait_until("nginx listens", || {
                gone = nginx.has_ended();
                // Whoever took the port in between would answer as well, but not write our log.
                gone || (request(port, "/mark-start").is_ok() && is_logged(&log, "/mark-start"))
            })?;
            if !gone && !nginx.has_ended() {
                return Ok(Self {
                    root,
                    port,
                    tls,
                    place,
                    marks: AtomicU32::new(0),
                    nginx,
                    _wrappers: wrappers,
                });
            }
        }
        let log = fs::read_to_string(place.path().join("error.log")).unwrap_or_default();
        bail!("start nginx: {log}")
    }

    /// Makes an empty bare repository `<name>.git` and returns its folder.
    ///
    /// # Errors
    /// When git fails.
    pub fn create_repository(&self, name: &str) -> Result<PathBuf> {
        let path = self.root.join(format!("{name}.git"));
        git(&self.root, &["init", "--quiet", "--bare", "--initial-branch=main", &path.to_string_lossy()])?;
        git(&path, &["config", "http.receivepack", "true"])?;
        Ok(path)
    }

    /// Installs a shell script as a hook, for example `pre-receive`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_hook(&self, name: &str, hook: &str, script: &str) -> Result<()> {
        let path = self.root.join(format!("{name}.git/hooks/{hook}"));
        fs::create_dir_all(path.parent().context("a hook has a folder")?)?;
        fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    /// Returns the URL of a repository, without credentials in it.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}/{name}.git", self.port)
    }

    /// Returns the file with the certificate of a server that was started with one.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.place.path().join(CERTIFICATE)
    }

    /// Returns the server's host and port.
    #[must_use]
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns the only user.
    #[must_use]
    pub fn user(&self) -> &'static str {
        USER
    }

    /// Returns the user's password.
    #[must_use]
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// Returns the requests so far, one line each: user, status, request.
    ///
    /// A line is written just after its answer is sent. The server is one process that handles one
    /// thing at a time, so that the line of a request of our own comes after all earlier ones.
    ///
    /// # Errors
    /// When the server is gone or its log cannot be read.
    pub fn requests(&self) -> Result<Vec<String>> {
        let mark = format!("/mark-{}", self.marks.fetch_add(1, Ordering::Relaxed));
        request(self.port, &mark)?;
        let log = self.place.path().join("access.log");
        wait_until("a request is in the log", || is_logged(&log, &mark))?;
        let log = fs::read_to_string(&log)?;
        Ok(log.lines().filter(|line| !line.contains("GET /mark-")).map(str::to_owned).collect())
    }

    /// Ends the web server, so that every later connection is refused.
    pub fn stop(&mut self) {
        self.nginx.end();
    }
}

/// Asks for `path` and waits for the whole answer, whatever it is.
fn request(port: u16, path: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(START_TIMEOUT))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
    stream.read_to_end(&mut Vec::new()).map(|_| ())
}

fn is_logged(log: &Path, path: &str) -> bool {
    fs::read_to_string(log).is_ok_and(|log| log.contains(&format!("GET {path} ")))
}

fn sign_own_certificate(place: &Path) -> Result<()> {
    let made = Command::new(program("openssl", "openssl")?)
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args([
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1,DNS:git.example",
            "-days",
            "2",
        ])
        .args(["-keyout", KEY, "-out", CERTIFICATE])
        .current_dir(place)
        .output()?;
    ensure!(made.status.success(), "make a certificate: {}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}

fn configuration(place: &Path, root: &Path, backend: &Path, port: u16, tls: bool) -> String {
    let listen = if tls {
        let (certificate, key) = (place.join(CERTIFICATE), place.join(KEY));
        let (certificate, key) = (certificate.display(), key.display());
        format!("listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};")
    } else {
        format!("listen 127.0.0.1:{port};")
    };
    let (place, root, backend) = (place.display(), root.display(), backend.display());
    // One process, which needs no other user and no privilege.
    format!(
        r#"daemon off;
master_process off;
pid {place}/nginx.pid;
error_log {place}/error.log warn;
events {{ worker_connections 64; }}
http {{
  log_format line '$remote_user $status $request';
  access_log {place}/access.log line;
  client_max_body_size 0;
  client_body_temp_path {place}/body;
  fastcgi_temp_path {place}/fastcgi;
  proxy_temp_path {place}/proxy;
  uwsgi_temp_path {place}/uwsgi;
  scgi_temp_path {place}/scgi;
  server {{
    {listen}
    location / {{
      auth_basic "git";
      auth_basic_user_file {place}/users;
      fastcgi_pass unix:{place}/s;
      fastcgi_read_timeout 300s;
      fastcgi_param SCRIPT_FILENAME {backend};
      fastcgi_param PATH_INFO $uri;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param REMOTE_USER $remote_user;
      fastcgi_param REMOTE_ADDR $remote_addr;
      fastcgi_param SERVER_PROTOCOL $server_protocol;
      fastcgi_param GIT_PROJECT_ROOT {root};
      fastcgi_param GIT_HTTP_EXPORT_ALL "1";
      fastcgi_param GIT_CONFIG_NOSYSTEM "1";
      fastcgi_param GIT_CONFIG_GLOBAL "/dev/null";
    }}
  }}
}}
"#
    )
}
