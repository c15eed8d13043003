//! The container engine as the tests see it from outside: what is there, and what of it is taken away.
//!
//! It speaks plain HTTP to the engine's socket, so that what a test finds does not pass through the
//! code under test.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
/// Where a data folder is, which is enough to find what a test's has: no other was ever there.
const LABEL_HOME: &str = "dev.anchorhold.home";

/// A container engine that answers.
#[derive(Clone, Debug)]
pub struct DockerSocket {
    path: PathBuf,
}

impl DockerSocket {
    /// Finds the engine that `DOCKER_HOST` names, else the usual one.
    ///
    /// # Errors
    /// When none answers. The tests that ask for one are then failed, not skipped.
    pub fn find() -> Result<Self> {
        let host = std::env::var("DOCKER_HOST").unwrap_or_default();
        let path = host.strip_prefix("unix://").unwrap_or(DEFAULT_SOCKET);
        let socket = Self { path: PathBuf::from(path) };
        socket.ask("GET", "/_ping").with_context(|| {
            format!("no container engine answers at {path}; `cargo xtask test` starts one")
        })?;
        Ok(socket)
    }

    /// The engine behind a socket, whether or not it answers.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Asks the engine whether it is there.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn ping(&self) -> Result<()> {
        self.ask("GET", "/_ping").map(drop)
    }

    /// Returns the socket's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns all that the engine says of the containers of a data folder.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub fn containers(&self, home: &Path) -> Result<Vec<Value>> {
        let listed = self.ask("GET", &format!("/containers/json?all=1&filters={}", of(home)))?;
        self.each(&listed, "Id", |id| self.ask("GET", &format!("/containers/{id}/json")))
    }

    /// Returns the names of the volumes of a data folder.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub fn volumes(&self, home: &Path) -> Result<Vec<String>> {
        let listed = self.ask("GET", &format!("/volumes?filters={}", of(home)))?;
        let listed = listed.get("Volumes").cloned().unwrap_or_default();
        self.each(&listed, "Name", |name| Ok(name.to_owned()))
    }

    /// Kills a container, as a user or the system could.
    ///
    /// # Errors
    /// When there is no such container.
    pub fn kill(&self, container: &str) -> Result<()> {
        self.ask("POST", &format!("/containers/{container}/kill")).map(drop)
    }

    /// Stops a container's program in its tracks, so that whoever asks it waits.
    ///
    /// # Errors
    /// When there is no such container.
    pub fn freeze(&self, container: &str) -> Result<()> {
        self.ask("POST", &format!("/containers/{container}/pause")).map(drop)
    }

    /// Lets a frozen container go on.
    ///
    /// # Errors
    /// When it is not frozen.
    pub fn thaw(&self, container: &str) -> Result<()> {
        self.ask("POST", &format!("/containers/{container}/unpause")).map(drop)
    }

    /// Takes memory away from a running container.
    ///
    /// # Errors
    /// When there is no such container, or it uses more than that.
    pub fn limit_memory(&self, container: &str, bytes: u64) -> Result<()> {
        let limits = json!({"Memory": bytes, "MemorySwap": bytes}).to_string();
        self.send("POST", &format!("/containers/{container}/update"), &limits).map(drop)
    }

    /// Removes a container, running or not.
    ///
    /// # Errors
    /// When there is no such container.
    pub fn remove_container(&self, container: &str) -> Result<()> {
        self.ask("DELETE", &format!("/containers/{container}?force=1")).map(drop)
    }

    /// Removes a volume that no container has.
    ///
    /// # Errors
    /// When there is no such volume, or it is in use.
    pub fn remove_volume(&self, volume: &str) -> Result<()> {
        self.ask("DELETE", &format!("/volumes/{volume}")).map(drop)
    }

    /// Removes an image by its name, and returns what the engine says that it removed.
    ///
    /// # Errors
    /// When there is no such image, or it is in use.
    pub fn remove_image(&self, image: &str) -> Result<Value> {
        self.ask("DELETE", &format!("/images/{image}"))
    }

    /// Returns what the engine says of a container.
    ///
    /// # Errors
    /// When there is no such container.
    pub fn inspect(&self, container: &str) -> Result<Value> {
        self.ask("GET", &format!("/containers/{container}/json"))
    }

    /// Returns every byte of a container's files, the image's and the workspace's, as two archives.
    ///
    /// # Errors
    /// When there is no such container.
    pub fn files(&self, container: &str) -> Result<String> {
        // An export leaves mounts out.
        let image = self.text("GET", &format!("/containers/{container}/export"), "")?;
        Ok(image + &self.text("GET", &format!("/containers/{container}/archive?path=/workspace"), "")?)
    }

    /// Removes everything of a data folder.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub fn remove_all_of(&self, home: &Path) -> Result<()> {
        for container in self.containers(home)? {
            let id = container.get("Id").and_then(Value::as_str).unwrap_or_default();
            self.ask("DELETE", &format!("/containers/{id}?force=1"))?;
        }
        for volume in self.volumes(home)? {
            self.ask("DELETE", &format!("/volumes/{volume}?force=1"))?;
        }
        Ok(())
    }

    fn each<T>(&self, list: &Value, key: &str, look: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
        let found = list.as_array().map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|entry| entry.get(key)?.as_str()).map(look).collect()
    }

    fn ask(&self, method: &str, path: &str) -> Result<Value> {
        self.send(method, path, "")
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        Ok(serde_json::from_str(&self.text(method, path, body)?).unwrap_or_default())
    }

    fn text(&self, method: &str, path: &str, body: &str) -> Result<String> {
        let mut stream = UnixStream::connect(&self.path)?;
        // HTTP/1.0 has the engine close the connection at the end of its answer.
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let length = body.len();
        stream.write_all(
            format!("{method} {path} HTTP/1.0\r\n{kind}Content-Length: {length}\r\n\r\n{body}").as_bytes(),
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) =
            answer.split_once("\r\n\r\n").context("the engine's answer has no end of its head")?;
        let status = head.split_whitespace().nth(1).unwrap_or_default();
        ensure!(status.starts_with('2'), "{method} {path}: {status} {body}");
        if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            bail!("{method} {path}: the answer comes in chunks");
        }
        Ok(body.to_owned())
    }
}

/// The filter for what a data folder owns, as it stands in a URL.
fn of(home: &Path) -> String {
    let filter = json!({"label": [format!("{LABEL_HOME}={}", home.display())]}).to_string();
    filter.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
