//! A container engine of a test's own, which the test may kill, hold, fill up and start again.
//!
//! It is a real dockerd with a containerd, data and socket apart from everybody else's. Whatever it
//! leaves behind when it is killed (shims, programs in containers, mounts, cgroups) is found by its
//! folder and goes when the value is dropped. A dockerd needs root, or sudo without a password.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::DockerSocket;
use crate::group::{START_TIMEOUT, program, wait_until};
use crate::leftovers;

/// How a private engine is set up.
#[derive(Clone, Debug, Default)]
pub struct EngineOptions {
    /// Whether containers outlive the engine.
    pub live_restore: bool,
    /// The storage driver, such as `overlay2` or `vfs`; `None` lets the engine choose.
    pub storage: Option<&'static str>,
    /// The memory that all its containers have together, in MiB.
    pub memory_mib: Option<u32>,
    /// The size of the file system that its data lies on, in MiB; `None` for the one it is on.
    pub disk_mib: Option<u32>,
    /// A program that makes containers in place of `runc`.
    pub runtime: Option<PathBuf>,
}

/// A running, held or killed engine; dropping it ends it and takes away all that it made.
pub struct ContainerEngine {
    options: EngineOptions,
    dockerd: Option<Child>,
    place: TempDir,
}

impl ContainerEngine {
    /// Starts an engine and returns once it serves.
    ///
    /// # Errors
    /// When dockerd is missing, may not be started, or does not come up; its last words are told.
    pub fn start(options: EngineOptions) -> Result<Self> {
        // Sockets below it must stay within the 108 bytes that a socket's path may have.
        let place = tempfile::Builder::new().prefix("ce").rand_bytes(6).tempdir_in("/tmp")?;
        fs::write(place.path().join("config.json"), "{}")?;
        fs::create_dir(place.path().join("data"))?;
        let mut engine = Self { options, dockerd: None, place };
        if let Some(mib) = engine.options.disk_mib {
            let mut mount = as_root("mount");
            mount.args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"]).arg(engine.data());
            run(&mut mount).context("mount a small file system for a container engine")?;
        }
        if let Some(mib) = engine.options.memory_mib {
            leftovers::limit_memory(&engine.cgroup(), u64::from(mib) << 20)?;
        }
        engine.restart()?;
        Ok(engine)
    }

    /// The socket's path.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.place.path().join("docker.sock")
    }

    /// The engine as it is seen from outside.
    #[must_use]
    pub fn docker(&self) -> DockerSocket {
        DockerSocket::at(&self.socket())
    }

    /// The folder that holds images, containers and volumes.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }

    /// Gives a small file system another size.
    ///
    /// # Errors
    /// When the engine was not started with one.
    pub fn resize_disk(&self, mib: u32) -> Result<()> {
        ensure!(self.options.disk_mib.is_some(), "resize a disk that is not the engine's own");
        run(as_root("mount").args(["-o", &format!("remount,size={mib}m")]).arg(self.data()))
    }

    /// Takes all the room that is left on a small file system.
    ///
    /// # Errors
    /// When the engine was not started with one.
    pub fn fill_disk(&self) -> Result<()> {
        ensure!(self.options.disk_mib.is_some(), "fill a disk that is not the engine's own");
        // That it ends for want of room is what it is for.
        const FILL: &str = r#"cat /dev/zero >"$1/ballast" 2>/dev/null; test -s "$1/ballast""#;
        run(as_root("sh").args(["-c", FILL, "sh"]).arg(self.data()))
    }

    /// Kills the engine, as a crash would; what runs in containers goes on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&mut self) -> Result<()> {
        self.signal("KILL")?;
        self.ended()
    }

    /// Kills the engine and everything in its containers, as a loss of power would.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill_all(&mut self) -> Result<()> {
        self.kill()?;
        leftovers::end_programs(self.place.path(), &self.cgroup())
    }

    /// Asks the engine to end, and waits until it has.
    ///
    /// # Errors
    /// When it does not run.
    pub fn stop(&mut self) -> Result<()> {
        self.signal("TERM")?;
        self.ended()
    }

    /// Holds the engine: its socket takes connections, and nothing is answered.
    ///
    /// # Errors
    /// When it does not run.
    pub fn hold(&self) -> Result<()> {
        self.signal("STOP")
    }

    /// Lets a held engine go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn let_go(&self) -> Result<()> {
        self.signal("CONT")
    }

    /// Starts an engine that was killed or stopped, on what it left behind.
    ///
    /// # Errors
    /// As [`start`](Self::start), and where it still runs.
    pub fn restart(&mut self) -> Result<()> {
        ensure!(self.dockerd.is_none(), "start a container engine that runs");
        let dockerd = program("dockerd", "docker.io")?;
        let place = self.place.path();
        let containerd = place.join("exec/containerd/containerd.pid");
        wait_until("the killed engine's containerd has ended", || !lives(&containerd))?;
        // The next dockerd would take the numbers in them for programs that run, and wait for them.
        run(as_root("rm").arg("-f").arg(self.pid_file()).arg(&containerd))?;
        let ready = place.join("ready");
        let _ = fs::remove_file(&ready);
        let told = UnixDatagram::bind(&ready)?;
        told.set_read_timeout(Some(Duration::from_millis(100)))?;
        let log = File::options().create(true).append(true).open(self.log())?;
        // What a service manager would be told, since that is when the socket is served.
        let mut command = as_root("env");
        command.arg(format!("NOTIFY_SOCKET={}", ready.display())).arg(dockerd);
        command.arg("--data-root").arg(self.data()).arg("--exec-root").arg(place.join("exec"));
        command.arg("--pidfile").arg(self.pid_file()).arg("--config-file").arg(place.join("config.json"));
        command.arg("-H").arg(format!("unix://{}", self.socket().display()));
        command.args(["--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"]);
        command.args(["--shutdown-timeout=2", "--exec-opt=native.cgroupdriver=cgroupfs"]);
        command.arg(format!("--cgroup-parent={}", self.cgroup()));
        command.arg(format!("--group={}", rustix::process::getgid().as_raw()));
        command.args(self.options.storage.map(|driver| format!("--storage-driver={driver}")));
        command.args(self.options.live_restore.then_some("--live-restore"));
        if let Some(runtime) = &self.options.runtime {
            command.arg(format!("--add-runtime=given={}", runtime.display()));
            command.arg("--default-runtime=given");
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.dockerd = Some(command.spawn().context("start dockerd")?);
        self.await_ready(&told)
    }

    fn await_ready(&mut self, told: &UnixDatagram) -> Result<()> {
        use ErrorKind::{Interrupted, TimedOut, WouldBlock};
        let begin = Instant::now();
        let mut word = [0; 256];
        loop {
            match told.recv(&mut word) {
                Ok(length) if word.get(..length).is_some_and(|word| word.starts_with(b"READY=1")) => break,
                Ok(_) => {}
                // A wait with a limit ends early when any other program that a test started ends.
                Err(error) if matches!(error.kind(), WouldBlock | TimedOut | Interrupted) => {}
                Err(error) => return Err(error.into()),
            }
            let ended = self.dockerd.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))));
            if ended || begin.elapsed() > START_TIMEOUT {
                bail!("start a container engine: {}", self.last_words());
            }
        }
        self.docker().ping()
    }

    /// The group of all its containers' limits, which nobody else uses.
    fn cgroup(&self) -> String {
        let name = self.place.path().file_name().unwrap_or_default().to_string_lossy();
        format!("/anchorhold-{name}")
    }

    fn pid_file(&self) -> PathBuf {
        self.place.path().join("docker.pid")
    }

    fn log(&self) -> PathBuf {
        self.place.path().join("dockerd.log")
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        let root = rustix::process::geteuid().is_root();
        let hint = if root { "" } else { "\n  it needs root, or sudo without a password" };
        format!("it does not come up{hint}\n{}", lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
    }

    fn signal(&self, name: &str) -> Result<()> {
        ensure!(self.dockerd.is_some(), "send SIG{name} to a container engine that does not run");
        let pid = fs::read_to_string(self.pid_file()).context("read the container engine's pid")?;
        run(as_root("kill").args(["-s", name, pid.trim()]))
    }

    fn ended(&mut self) -> Result<()> {
        if let Some(mut dockerd) = self.dockerd.take() {
            // A sudo in between holds itself when the engine is held, and would wait for ever.
            let _ = run(as_root("kill").args(["-s", "CONT", &dockerd.id().to_string()]));
            dockerd.wait()?;
        }
        Ok(())
    }
}

impl Drop for ContainerEngine {
    fn drop(&mut self) {
        // A held engine cannot be asked, and one that did not come up has no pid file yet.
        if self.dockerd.is_some() && self.kill().is_err() {
            if let Some(dockerd) = &mut self.dockerd {
                let _ = dockerd.kill();
            }
            let _ = self.ended();
        }
        if let Err(error) = leftovers::clear(self.place.path(), &self.cgroup()) {
            eprintln!("what a container engine left in {} stays: {error:#}", self.place.path().display());
        }
    }
}

/// Whether the program whose number is in this file runs.
fn lives(pid_file: &Path) -> bool {
    fs::read_to_string(pid_file)
        .ok()
        .and_then(|pid| fs::read_to_string(format!("/proc/{}/cmdline", pid.trim())).ok())
        .is_some_and(|line| line.contains("containerd"))
}

/// A command that runs as root.
pub(crate) fn as_root(name: &str) -> Command {
    if rustix::process::geteuid().is_root() {
        return Command::new(name);
    }
    let mut command = Command::new("sudo");
    command.arg("-n").arg(name);
    command
}

/// Runs a command to its end and tells what it said if that is a failure.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("start {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {} {}", output.status, said.trim());
    Ok(())
}
