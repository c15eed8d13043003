//! An engine of the test's own that listens with TLS, and certificates for it.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long an engine may take to come up.
const PATIENCE: Duration = Duration::from_secs(60);
const ATTEMPTS: usize = 5;

/// A certificate authority with a folder for each of those it vouches for.
pub(crate) struct Authority {
    folder: PathBuf,
}

impl Authority {
    pub(crate) fn new(folder: PathBuf) -> Self {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("extensions"), "basicConstraints=critical,CA:TRUE\n").unwrap();
        // Two of one name would not be told apart by it, but by their signatures.
        let name = folder.file_name().unwrap().to_string_lossy();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca-key.pem";
        ask(&folder, &format!("req {key} -out ca.csr -subj /CN={name}"));
        ask(&folder, "x509 -req -in ca.csr -signkey ca-key.pem -days 2 -extfile extensions -out ca.pem");
        Self { folder }
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Makes a folder as `DOCKER_CERT_PATH` means it, for a machine that is 127.0.0.1.
    pub(crate) fn vouch_for(&self, name: &str) -> PathBuf {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        let extensions = "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n";
        fs::write(folder.join("extensions"), extensions).unwrap();
        fs::copy(self.certificate(), folder.join("ca.pem")).unwrap();
        // The kind of key, and its form, that Docker's own instructions long made.
        ask(&folder, "genrsa -traditional -out key.pem 2048");
        ask(&folder, &format!("req -new -key key.pem -out request.csr -subj /CN={name}"));
        ask(
            &folder,
            "x509 -req -in request.csr -CA ../ca.pem -CAkey ../ca-key.pem -CAcreateserial -days 2 -extfile extensions -out cert.pem",
        );
        folder
    }
}

fn ask(folder: &Path, arguments: &str) {
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
    let output = output.expect("openssl, from the package of that name");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A dockerd that listens on a port of this machine alone; dropping it ends it.
pub(crate) struct TlsEngine {
    pub(crate) address: String,
    pub(crate) port: u16,
    place: TempDir,
    child: Child,
}

impl TlsEngine {
    /// Starts an engine that shows `server` and takes whom `authority` vouches for.
    pub(crate) fn start(authority: &Authority, server: &Path) -> Self {
        // Another program can take a free port between our look and the engine's start.
        for _ in 0..ATTEMPTS {
            let engine = Self::attempt(authority, server);
            if let Some(engine) = engine.comes_up() {
                return engine;
            }
        }
        panic!("no engine comes up on {ATTEMPTS} ports");
    }

    fn attempt(authority: &Authority, server: &Path) -> Self {
        // Sockets below it must stay within the 108 bytes that a socket's path may have.
        let place = tempfile::Builder::new().prefix("et").tempdir_in("/tmp").unwrap();
        fs::write(place.path().join("config.json"), "{}").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("tcp://127.0.0.1:{port}");
        let at = |name: &str| place.path().join(name);
        let mut command = as_root("dockerd");
        command.args(["-H", &address, "--tlsverify", "--bridge=none", "--iptables=false", "--ip-masq=false"]);
        command.args(["--ip-forward=false", "--config-file"]).arg(at("config.json"));
        command.arg("--data-root").arg(at("data")).arg("--exec-root").arg(at("exec"));
        command.arg("--pidfile").arg(at("pid")).arg("--tlscacert").arg(authority.certificate());
        command.arg("--tlscert").arg(server.join("cert.pem")).arg("--tlskey").arg(server.join("key.pem"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(at("log")).unwrap());
        let child = command.spawn().expect("dockerd, from the package docker.io");
        Self { address, port, place, child }
    }

    /// Waits until it listens; none where somebody else has its port.
    fn comes_up(mut self) -> Option<Self> {
        let begun = Instant::now();
        while !self.log().contains("API listen on") {
            let ended = self.child.try_wait().unwrap().is_some();
            if ended && self.log().contains("address already in use") {
                return None;
            }
            assert!(!ended && begun.elapsed() < PATIENCE, "{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(self)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.place.path().join("log")).unwrap()
    }
}

impl Drop for TlsEngine {
    fn drop(&mut self) {
        // Asked to, it ends its containerd and takes its mounts away.
        if let Ok(pid) = fs::read_to_string(self.place.path().join("pid")) {
            let _ = as_root("kill").arg(pid.trim()).status();
        }
        let _ = self.child.wait();
        // What root made in there is not ours to remove.
        let _ = as_root("rm").arg("-rf").arg(self.place.path()).status();
    }
}

/// A command as root, by sudo where that is needed.
fn as_root(program: &str) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout.starts_with(b"0") {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}
