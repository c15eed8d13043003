//! A full disk: the program says what it could not do, and loses nothing it had recorded.
//!
//! The data folder lies on a tiny file system of its own, mounted in a namespace that ends with the
//! program. Room is made before the log is read again.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "../../engine/tests/harness/mod.rs"]
mod harness;

use harness::{Gate, House, TASK, Voice, edit, finish, read, story, turn, write};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Mounts, runs, fills up when told so, and interrupts the program where that is wanted; then makes room and
/// prints the log.
const SCRIPT: &str = r#"
ballast="$ANCHORHOLD_HOME/ballast"
mount -t tmpfs -o size="$SIZE" none "$ANCHORHOLD_HOME" || exit 90
"$@" >"$PLACE/out" 2>"$PLACE/err" &
if [ -n "$LEAVE" ]; then
    read -r _ <"$PLACE/fill"
    head -c "$SIZE" /dev/zero >"$ballast" 2>"$PLACE/filling"
    [ "$LEAVE" = 0 ] || truncate -s "-$LEAVE" "$ballast"
    [ -z "$INTERRUPT" ] || kill -INT $!
    echo >"$PLACE/filled"
fi
wait $!
echo $? >"$PLACE/status"
rm -f "$ballast"
exec "$1" log Errand --json
"#;

/// How a run on a small disk ended, and what the log says once there is room.
#[derive(Debug)]
struct Ended {
    status: String,
    out: String,
    err: String,
    log: Vec<String>,
}

/// A disk that is smaller than what is written to it.
struct Disk {
    house: House,
    place: PathBuf,
    size: &'static str,
    leave: &'static str,
    /// Whether the program is interrupted once the disk is full.
    interrupts: bool,
}

impl Disk {
    /// Of `size`, of which all but `leave` is taken away when the disk is filled; `""` never fills it.
    fn new(size: &'static str, leave: &'static str) -> Self {
        let house = House::new();
        let place = house.place().join("small");
        fs::create_dir_all(&place).unwrap();
        fs::create_dir_all(house.home()).unwrap();
        for pipe in ["fill", "filled"] {
            let made = std::process::Command::new("mkfifo").arg(place.join(pipe)).status().unwrap();
            assert!(made.success());
        }
        Self { house, place, size, leave, interrupts: false }
    }

    /// Begins a run, in namespaces that take everything with them when they end.
    fn run(&self, repository: &str, base_url: &str, more: &[&str]) -> tokio::process::Child {
        Command::new("unshare")
            .args([
                "--user",
                "--map-root-user",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "sh",
                "-c",
                SCRIPT,
                "sh",
            ])
            .arg(env!("CARGO_BIN_EXE_anchorctl"))
            .args(["run", "--repo", repository, "--from", "main", "--to", "agent/work", "--task", TASK])
            .args(["--name", "Errand", "--model", "scripted/test", "--base-url", base_url])
            .args(more)
            .env("SIZE", self.size)
            .env("LEAVE", self.leave)
            .env("INTERRUPT", if self.interrupts { "1" } else { "" })
            .env("PLACE", &self.place)
            .env("ANCHORHOLD_HOME", self.house.home())
            .env("HOME", &self.place)
            .env_remove("XDG_CONFIG_HOME")
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", self.place.join("no-bus").display()))
            .env_remove("ANCHORHOLD_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Fills the disk and returns once it is full.
    async fn fill(&self) {
        let (fill, filled) = (self.place.join("fill"), self.place.join("filled"));
        let filling = tokio::task::spawn_blocking(move || {
            fs::write(fill, "\n").unwrap();
            fs::read(filled).unwrap();
        });
        harness::soon("the disk is filled", filling).await.unwrap();
    }

    async fn end(&self, child: tokio::process::Child) -> Ended {
        let output = harness::soon("anchorctl", child.wait_with_output()).await.unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        // Where a user may not mount, this is what says so.
        assert!(output.status.success(), "{:?}: {err}", output.status);
        let events: Vec<_> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let text = |name| read_text(&self.place.join(name));
        Ended { status: text("status"), out: text("out"), err: text("err"), log: story(&events) }
    }
}

fn read_text(path: &Path) -> String {
    fs::read_to_string(path).unwrap().trim_end().to_owned()
}

/// Text that does not get much smaller when it is compressed.
fn dense(lines: u64) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..lines).map(|_| format!("{:016x}{:016x}{:016x}\n", next(), next(), next())).collect()
}

/// The last lines that were printed, without the times before them.
fn last_lines(text: &str, count: usize) -> Vec<&str> {
    let lines: Vec<_> = text.lines().map(|line| line.get(10..).unwrap_or(line)).collect();
    lines[lines.len() - count..].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_during_the_clone_is_said_and_the_log_stays() {
    let disk = Disk::new("2m", "");
    let remote = disk.house.repository(&[("big", &dense(100_000))]);
    let ended = disk.end(disk.run(&remote.address(), "http://127.0.0.1:9/v1", &[])).await;
    let address = remote.address();
    assert_eq!(
        (ended.status.as_str(), last_lines(&ended.out, 2)),
        (
            "1",
            vec![
                format!("! fetch main from {address}: no space left on the disk").as_str(),
                "what to do: free some space, then try again; nothing recorded was lost",
            ]
        )
    );
    assert_eq!(
        ended.log,
        ["created", "queued: Do the task.", "startRequested", "cloneStarted", "failed: disk_full"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_at_a_checkpoint_is_said_and_earlier_edits_stay() {
    // What is left is enough for the log and too little for the file.
    let disk = Disk::new("8m", "256k");
    let big = dense(20_000);
    let first = big.lines().next().unwrap();
    let remote = disk.house.repository(&[("big", &big)]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![read("big")]),
        turn("", vec![edit("big", first, "")]),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    voice.hold_from(3);
    let child = disk.run(&remote.address(), &voice.base_url(), &[]);
    voice.asked(3).await;
    disk.fill().await;
    voice.release();
    let ended = disk.end(child).await;
    let said = last_lines(&ended.out, 2);
    assert_eq!(ended.status, "1");
    assert!(said[0].starts_with("! write to the database: the disk is full"), "{said:?}");
    assert_eq!(said[1], "what to do: free some space on the disk; everything recorded before is kept");
    assert_eq!(
        ended.log,
        [
            "created",
            "queued: Do the task.",
            "startRequested",
            "cloneStarted",
            "cloned",
            "turn: Do the task.",
            "answered",
            "asked for write_file",
            "write_file Ok",
            "answered",
            "asked for read_file",
            "read_file Ok",
            "answered",
            "asked for edit_file",
            "failed: disk_full",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_on_which_nothing_can_be_recorded_any_more_ends_the_run() {
    let disk = Disk::new("8m", "0");
    let remote = disk.house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![
        turn("", vec![write("b", "b\n")]),
        turn("", vec![write("c", &dense(2000))]),
        turn("", vec![finish("Done.")]),
    ])
    .await;
    voice.hold_from(2);
    let child = disk.run(&remote.address(), &voice.base_url(), &[]);
    voice.asked(2).await;
    disk.fill().await;
    voice.release();
    let ended = disk.end(child).await;
    let said: Vec<&str> = ended.err.lines().rev().take(2).collect();
    assert_eq!(ended.status, "1");
    assert_eq!(said[0], "what to do: free some space on the disk; everything recorded before is kept");
    assert!(said[1].starts_with("error: write to the database: the disk is full"), "{said:?}");
    // That the run broke off is written down by the program that reads the log next.
    assert_eq!(
        ended.log,
        [
            "created",
            "queued: Do the task.",
            "startRequested",
            "cloneStarted",
            "cloned",
            "turn: Do the task.",
            "answered",
            "asked for write_file",
            "write_file Ok",
            "paused: Interrupted",
        ]
    );
}

/// Checks what is said where the disk is so full that the end cannot be written down.
#[track_caller]
fn check_unwritten(ended: &Ended) {
    let said: Vec<&str> = ended.err.lines().rev().take(2).collect();
    assert_eq!(ended.status, "1", "{ended:#?}");
    assert_eq!(said[0], "what to do: free some space on the disk; everything recorded before is kept");
    assert!(said[1].starts_with("error: write to the database: the disk is full"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_the_program_although_nothing_can_be_recorded() {
    let mut disk = Disk::new("8m", "0");
    disk.interrupts = true;
    let remote = disk.house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n")]), turn("", vec![])]).await;
    voice.hold_from(2);
    let child = disk.run(&remote.address(), &voice.base_url(), &[]);
    voice.asked(2).await;
    disk.fill().await;
    let ended = disk.end(child).await;
    check_unwritten(&ended);
    assert_eq!(ended.log[8..], ["write_file Ok", "paused: Interrupted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_whose_end_cannot_be_recorded_ends_the_program() {
    let disk = Disk::new("8m", "0");
    let (server, remote) = disk.house.served("hello");
    let gate = Gate::before(&server).await;
    fs::write(disk.place.join(".gitconfig"), "[user]\n\tname = Grace\n\temail = grace@example.com\n")
        .unwrap();
    let voice = Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Done.")])]).await;
    let child = disk.run(&gate.url("hello"), &voice.base_url(), &["--push"]);
    gate.reached().await;
    disk.fill().await;
    gate.open();
    let ended = disk.end(child).await;
    check_unwritten(&ended);
    assert_eq!(remote.branches().len(), 2, "it arrived");
    // What came of it is asked by the program that reads the log next, or by the next push.
    let last = ended.log.iter().rev().find(|line| line.starts_with("push"));
    assert!(last.is_some_and(|line| line != "pushStarted"), "{:#?}", ended.log);
}
