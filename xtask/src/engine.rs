//! The Docker engine: the one that answers, or one of our own.
//!
//! Our own runs without systemd, network or published ports, keeps its data beside other programs'
//! data, survives this program and is found again by its socket. It is stopped by its pid and in no
//! other way.

use crate::chosen::{Chosen, Engine};
use crate::{command, setup};
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use std::{
    fs,
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How long an engine may take to answer after it was started; 1.5 s is usual.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest folder whose sockets stay within the 108 bytes that a socket's path may have.
const LONGEST_FOLDER: usize = 66;

/// What to do with the engine.
#[derive(Subcommand)]
pub enum Action {
    /// Starts one where none answers, and prints its address.
    Start,
    /// Stops the one that these commands started.
    Stop,
    /// Says which one answers.
    Status,
}

/// Does what the user asked for.
///
/// # Errors
/// When an engine cannot be started or stopped.
pub fn act(action: &Action) -> Result<()> {
    match action {
        Action::Start => {
            setup::ensure(&[setup::Need::Engine])?;
            println!("{}", ensure()?);
        }
        Action::Stop => stop()?,
        Action::Status => match answering() {
            Some(engine) => println!("{engine}"),
            None => bail!("no Docker engine answers\n  start one: cargo xtask engine start"),
        },
    }
    Ok(())
}

/// Returns an engine that answers, and starts one if there is none.
///
/// # Errors
/// When none answers and we may not or cannot start one; the message says what to do.
pub fn ensure() -> Result<Engine> {
    if let Some(engine) = answering() {
        return Ok(engine);
    }
    if let Some(chosen) = Chosen::here() {
        bail!(
            "{}, and no Docker engine answers there\n  start that engine, or unset that to have one looked for",
            chosen.by
        );
    }
    if !cfg!(target_os = "linux") {
        bail!("no Docker engine answers\n  start Docker Desktop and run this again");
    }
    start(&Own::here()?).map(Engine::At)
}

/// Returns the engine that the user chose, else the first that is found, where it answers.
pub fn answering() -> Option<Engine> {
    match Chosen::here() {
        Some(Chosen { engine: Engine::At(host), can_be_asked: true, .. }) => {
            answers(&host).then_some(Engine::At(host))
        }
        Some(chosen) => Some(chosen.engine),
        None => candidates().into_iter().find(|host| answers(host)).map(Engine::At),
    }
}

fn candidates() -> Vec<String> {
    if cfg!(windows) {
        return vec!["npipe:////./pipe/docker_engine".to_owned()];
    }
    let home = std::env::home_dir();
    let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
    let rootless = std::env::var_os("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("docker.sock"));
    [
        Some(PathBuf::from("/var/run/docker.sock")),
        rootless,
        in_home(".docker/run/docker.sock"),
        in_home(".docker/desktop/docker.sock"),
        in_home(".colima/default/docker.sock"),
        Own::here().ok().map(|own| own.socket()),
    ]
    .into_iter()
    .flatten()
    .map(|path| format!("unix://{}", path.display()))
    .collect()
}

/// Whether an engine answers a ping at `host`. An address we cannot ping is believed.
fn answers(host: &str) -> bool {
    let longest = Duration::from_secs(3);
    let wait = Some(longest);
    if let Some(address) = host.strip_prefix("tcp://") {
        return address.to_socket_addrs().is_ok_and(|mut addresses| {
            addresses.any(|address| {
                TcpStream::connect_timeout(&address, longest)
                    .and_then(|stream| stream.set_read_timeout(wait).map(|()| stream))
                    .is_ok_and(ping)
            })
        });
    }
    #[cfg(unix)]
    if let Some(path) = host.strip_prefix("unix://") {
        return std::os::unix::net::UnixStream::connect(path)
            .and_then(|stream| stream.set_read_timeout(wait).map(|()| stream))
            .is_ok_and(ping);
    }
    #[cfg(windows)]
    if let Some(pipe) = host.strip_prefix("npipe://") {
        return fs::OpenOptions::new().read(true).write(true).open(pipe.replace('/', "\\")).is_ok_and(ping);
    }
    true
}

fn ping(mut stream: impl Read + Write) -> bool {
    let mut answer = [0; 12];
    stream.write_all(b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n").is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer.ends_with(b"200")
}

/// The engine that we run ourselves.
struct Own {
    folder: PathBuf,
}

impl Own {
    fn here() -> Result<Self> {
        let data = std::env::var_os("XDG_DATA_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let folder = data
            .or_else(|| std::env::home_dir().map(|home| home.join(".local").join("share")))
            .context("find a folder for the Docker engine's data\n  set HOME or XDG_DATA_HOME")?
            .join("anchorhold-engine");
        if folder.as_os_str().len() > LONGEST_FOLDER {
            bail!(
                "{} is too long a path for the engine's sockets\n  set XDG_DATA_HOME to a shorter one",
                folder.display()
            );
        }
        Ok(Self { folder })
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("docker.sock")
    }

    fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    fn log(&self) -> PathBuf {
        self.folder.join("dockerd.log")
    }

    /// The running engine's pid: what the pid file says, if that process is a dockerd.
    fn pid(&self) -> Option<u32> {
        let pid = fs::read_to_string(self.folder.join("docker.pid")).ok()?.trim().parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // A dockerd that ended stays here as a zombie until someone waits for it.
        (stat.contains("(dockerd)") && !stat.contains(") Z ")).then_some(pid)
    }
}

/// Starts dockerd in the folder `$1`, the program being `$2` and its socket's group `$3`.
///
/// An engine that was killed leaves pid files: the next dockerd would refuse to start for its own, and
/// would wait for a containerd that is gone. One that lives on without its dockerd is ended first.
const START: &str = r#"
containerd="$1/exec/containerd/containerd.pid"
if pid=$(cat "$containerd" 2>/dev/null) && grep -aqs -- "$1/exec/containerd" "/proc/$pid/cmdline"; then
    kill "$pid"
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ -s "/proc/$pid/cmdline" ] || break
        sleep 0.5
    done
fi
rm -f "$1/docker.pid" "$containerd"
exec setsid --fork "$2" --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/docker.pid" \
    -H "unix://$1/docker.sock" --group "$3" --bridge=none --iptables=false --ip-forward=false \
    --ip-masq=false --config-file "$1/config.json" >>"$1/dockerd.log" 2>&1 </dev/null
"#;

fn start(own: &Own) -> Result<String> {
    let dockerd = command::find("dockerd").context(
        "start a Docker engine: there is no dockerd\n  install Docker, or set DOCKER_HOST to an engine elsewhere",
    )?;
    if own.pid().is_none() {
        let Some(mut shell) = setup::as_root("sh") else {
            return Err(not_allowed());
        };
        println!("starting a Docker engine of our own in {}", own.folder.display());
        fs::create_dir_all(&own.folder).with_context(|| format!("make {}", own.folder.display()))?;
        fs::write(own.folder.join("config.json"), "{}")?;
        let group =
            command::read(command::program("id").arg("-gn"), "read your group", "check that `id` works")?;
        shell.args(["-c", START, "sh"]).arg(&own.folder).arg(dockerd).arg(group.trim());
        command::run(&mut shell, "start a Docker engine", "allow sudo, or start Docker yourself")?;
    }
    let begun = Instant::now();
    while !answers(&own.host()) {
        if begun.elapsed() > PATIENCE {
            bail!("start a Docker engine: no answer after {} s\n{}", PATIENCE.as_secs(), last_words(own));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(own.host())
}

fn not_allowed() -> anyhow::Error {
    let socket = Path::new("/var/run/docker.sock");
    if socket.exists() {
        anyhow::anyhow!(
            "{} is there and does not answer you\n  \
             start Docker and let yourself use it, then log in again:\n  \
             systemctl start docker && usermod -aG docker \"$USER\"   (as root)",
            socket.display()
        )
    } else {
        anyhow::anyhow!(
            "no Docker engine answers, and starting one needs root\n  \
             run this as root, install sudo, or set DOCKER_HOST to an engine that you may use"
        )
    }
}

fn last_words(own: &Own) -> String {
    let log = fs::read_to_string(own.log()).unwrap_or_default();
    let lines: Vec<&str> = log.lines().rev().take(8).collect();
    let lines: Vec<&str> = lines.into_iter().rev().collect();
    format!("{}\n  the whole log: {}", lines.join("\n"), own.log().display())
}

fn stop() -> Result<()> {
    let own = Own::here()?;
    let Some(pid) = own.pid() else {
        println!("no Docker engine of ours is running");
        return Ok(());
    };
    let mut kill = setup::as_root("kill").context("stop the Docker engine: that needs root")?;
    command::run(kill.arg(pid.to_string()), "stop the Docker engine", "stop it by its pid as root")?;
    let begun = Instant::now();
    while own.pid() == Some(pid) {
        if begun.elapsed() > PATIENCE {
            bail!("stop the Docker engine: {pid} is still there\n{}", last_words(&own));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("stopped the Docker engine; its data stays in {}", own.folder.display());
    Ok(())
}
