//! An interrupt while `anchorctl push` waits: for a server, or for a program that signs. And a second one while
//! the first waits for a container engine.

use crate::harness::{Gate, House, Voice, eventually, finish, read, turn};
use crate::{Ended, anchorctl, end, ended, one_edit, printed, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

async fn interrupt(child: &Child) {
    let process = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &process]).status().await.unwrap().success());
}

async fn interrupted(child: Child) -> Ended {
    interrupt(&child).await;
    ended(crate::harness::soon("anchorctl", child.wait_with_output()).await.unwrap())
}

async fn worked(house: &House, address: &str) {
    let voice = one_edit().await;
    let done = end(anchorctl(house, &run(address, &voice.base_url(), &[]))).await;
    assert_eq!(done.status, Some(0), "{}", done.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_cancels_a_push_with_words_and_ends_with_130() {
    let house = House::new();
    let (server, remote) = house.served("hello");
    let gate = Gate::before(&server).await;
    worked(&house, &gate.url("hello")).await;

    let child = anchorctl(&house, &["push", "Errand", "--json"]).spawn().unwrap();
    gate.reached().await;
    let done = interrupted(child).await;
    assert_eq!(
        (done.status, printed(&done.out), done.err.as_str()),
        (
            Some(130),
            ["pushStarted", "push failed: push_cancelled"].map(str::to_owned).to_vec(),
            "what to do: push again with anchorctl push 'Errand', or leave it\n"
        )
    );
    assert_eq!(remote.branches(), ["main"]);
}

/// Lets the user's git sign with a program that waits as one for a passphrase does; returns the file that
/// names its process once it runs.
fn signs_for_ever(house: &House) -> PathBuf {
    let (program, begun) = (house.place().join("signs"), house.place().join("begun"));
    let script = format!("#!/bin/sh\necho $$ > {0}.new\nmv {0}.new {0}\nsleep 1000\n", begun.display());
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let settings = format!(
        "[user]\n\tname = Grace\n\temail = grace@example.com\n\tsigningkey = key::ssh-ed25519 AAAA\n\
         [commit]\n\tgpgsign = true\n[gpg]\n\tformat = ssh\n[gpg \"ssh\"]\n\tprogram = {}\n",
        program.display()
    );
    fs::write(house.place().join("user/.gitconfig"), settings).unwrap();
    begun
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_a_program_that_would_sign_and_leaves_nothing_in_the_log() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    worked(&house, &remote.address()).await;
    let before = end(anchorctl(&house, &["log", "Errand", "--json"])).await;

    let mut command = anchorctl(&house, &["push", "Errand", "--json"]);
    let begun = signs_for_ever(&house);
    let child = command.spawn().unwrap();
    eventually("the program signs", || begun.exists()).await;
    let signs = fs::read_to_string(&begun).unwrap();
    let done = interrupted(child).await;
    assert_eq!(
        done,
        Ended {
            status: Some(130),
            out: String::new(),
            err: "error: push agent/work: cancelled\n".to_owned()
        }
    );
    eventually("the program is ended", || {
        let state = fs::read_to_string(format!("/proc/{}/stat", signs.trim())).unwrap_or_default();
        state.rsplit(") ").next().is_none_or(|state| state.is_empty() || state.starts_with(['Z', 'X']))
    })
    .await;
    assert_eq!(end(anchorctl(&house, &["log", "Errand", "--json"])).await, before);
    assert_eq!(remote.branches(), ["main"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_push_is_cancelled_while_it_signs_does_not_push_again_by_itself() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = one_edit().await;
    let mut command = anchorctl(&house, &run(&remote.address(), &voice.base_url(), &["--push"]));
    let begun = signs_for_ever(&house);
    let child = command.spawn().unwrap();
    eventually("the program signs", || begun.exists()).await;
    fs::remove_file(&begun).unwrap();
    let done = interrupted(child).await;
    assert_eq!(
        (done.status, printed(&done.out).pop().as_deref(), done.err.as_str()),
        (
            Some(130),
            Some("not delivered, Push: push_cancelled"),
            "what to do: push again with anchorctl push 'Errand', or leave it\n"
        )
    );
    assert!(!begun.exists());
    assert_eq!(remote.branches(), ["main"]);
}

/// The container engine behind a socket of our own, which can be made deaf.
#[derive(Default)]
struct Deafened {
    deaf: AtomicBool,
    asked: Notify,
}

impl Deafened {
    fn before(engine: &Path, socket: &Path) -> Arc<Self> {
        let listener = UnixListener::bind(socket).unwrap();
        let (engine, this) = (engine.to_owned(), Arc::new(Self::default()));
        let relaying = Arc::clone(&this);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (engine, this) = (engine.clone(), Arc::clone(&relaying));
                tokio::spawn(async move { this.relay(client, &engine).await.ok() });
            }
        });
        this
    }

    async fn relay(&self, client: UnixStream, engine: &Path) -> std::io::Result<()> {
        let (mut asks, mut hears) = client.into_split();
        let (mut answers, mut listens) = UnixStream::connect(engine).await?.into_split();
        tokio::spawn(async move { tokio::io::copy(&mut answers, &mut hears).await.ok() });
        let mut bytes = Vec::new();
        while asks.read_buf(&mut bytes).await? > 0 {
            if self.deaf.load(Ordering::SeqCst) {
                self.asked.notify_one();
                std::future::pending::<()>().await;
            }
            listens.write_all(&bytes).await?;
            bytes.clear();
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_interrupt_ends_the_program_at_once() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![read("a")]), turn("", vec![finish("Done.")])]).await;
    // By the second request the cell is there and filled, and nothing more is asked of its engine.
    voice.hold_from(2);
    let socket = house.place().join("engine.sock");
    let engine = Deafened::before(house.docker.path(), &socket);
    let mut command = anchorctl(&house, &run(&remote.address(), &voice.base_url(), &[]));
    command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
    let child = command.spawn().unwrap();
    voice.asked(2).await;
    engine.deaf.store(true, Ordering::SeqCst);
    interrupt(&child).await;
    crate::harness::soon("the engine is asked", engine.asked.notified()).await;
    let done = interrupted(child).await;
    assert_eq!(done.status, Some(130), "{done:?}");
    let ended = "Ended at once; what was at work is put in order at the next start.\n";
    assert!(done.err.ends_with(ended), "{}", done.err);
}
