//! The attack program: the first process of a throwaway container, which tries everything and says
//! on its output what worked.
//!
//! Each attack has a child of its own, which prepares, puts the bridge's locks on itself, and tries.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

use anchorhold_bridge::lock;
use libc::{c_int, pid_t};
use serde::{Deserialize, Serialize};

use crate::Layer;
use crate::attacks;
use crate::ground::{Attack, Ground, Plan, SECRET, WORKSPACE};
pub use crate::system::RAN;

/// The argument by which the program only ends, with [`RAN`].
pub const ONLY_END: &str = "only-end";
/// The same, with [`RAN`] only where it was run as root.
pub const ONLY_END_AS_ROOT: &str = "only-end-as-root";

/// The same, after very much on its error output.
pub const ONLY_SHOUT: &str = "only-shout";

/// How far an attack came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// What it needs could not be prepared.
    Prepare,
    /// The locks could not be put on.
    Lock,
    /// It was tried.
    Attempt,
}

/// What became of an attack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Its name.
    pub attack: String,
    /// Whether it worked.
    pub succeeded: bool,
    /// How far it came.
    pub stage: Stage,
    /// The system's reason why it did not work, if it gave one.
    pub errno: Option<i32>,
    /// What happened, in words.
    pub said: String,
}

/// What a child tells before it ends, in memory that both share.
#[derive(Default)]
struct Note {
    stage: AtomicI32,
    succeeded: AtomicI32,
    errno: AtomicI32,
}

/// Tries everything and writes one [`Outcome`] a line.
///
/// # Errors
/// When the ground could not be laid, or nobody listens.
pub fn run(plan: Plan) -> io::Result<()> {
    // SAFETY: takes no pointers. What attacks leave behind is ours to wait for.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
    fs::create_dir_all(Ground::path("tree"))?;
    let secret: &'static [u8; 16] = Box::leak(Box::new(SECRET));
    let victim = fork(|| {
        loop {
            // SAFETY: waits for ever.
            unsafe { libc::pause() };
        }
    })?;
    let note = shared_note()?;
    let everything = attacks::all().chain(attacks::open::ATTACKS);
    for attack in everything {
        let mut ground = Ground {
            plan: plan.clone(),
            victim,
            buffer: secret.as_ptr() as usize,
            engine: std::os::unix::process::parent_id() as pid_t,
            held: vec![File::open(WORKSPACE)?.into()],
        };
        let outcome = try_one(attack, &mut ground, note)?;
        // SAFETY: plain calls; an attack may have stopped it.
        unsafe { libc::kill(victim, libc::SIGCONT) };
        writeln!(io::stdout(), "{}", serde_json::to_string(&outcome)?)?;
    }
    // SAFETY: ends our own child.
    unsafe { libc::kill(victim, libc::SIGKILL) };
    Ok(())
}

/// Writes 32 MiB to its error output, and then its last words.
///
/// # Errors
/// When nobody listens.
pub fn shout() -> io::Result<()> {
    let noise = [b'!'; 64 * 1024];
    for _ in 0..512 {
        io::stderr().write_all(&noise)?;
    }
    io::stderr().write_all(b"\nthe last words\n")
}

fn try_one(attack: &Attack, ground: &mut Ground, note: &'static Note) -> io::Result<Outcome> {
    for field in [&note.stage, &note.succeeded, &note.errno] {
        field.store(0, SeqCst);
    }
    let child = fork(|| {
        // SAFETY: takes no pointers; what hangs is ended.
        unsafe { libc::alarm(if attack.blocks { 1 } else { 20 }) };
        let outcome = attempt(attack, ground, note);
        match outcome {
            Ok(()) => note.succeeded.store(1, SeqCst),
            Err(error) => note.errno.store(error.raw_os_error().unwrap_or(libc::EBADE), SeqCst),
        }
    })?;
    let mut status: c_int = 0;
    // SAFETY: waits for our own child and ends whatever it started, all in a group of their own.
    unsafe {
        while libc::waitpid(child, &raw mut status, 0) == -1 {}
        libc::kill(-child, libc::SIGKILL);
        while libc::waitpid(-child, std::ptr::null_mut(), libc::__WALL) > 0 {}
    }
    Ok(outcome(attack, note, status))
}

/// What the child does.
fn attempt(attack: &Attack, ground: &mut Ground, note: &Note) -> io::Result<()> {
    (attack.prepare)(ground)?;
    note.stage.store(1, SeqCst);
    put_locks_on(ground)?;
    note.stage.store(2, SeqCst);
    (attack.attempt)(ground)
}

fn put_locks_on(ground: &Ground) -> io::Result<()> {
    let root = ground.held.first().ok_or(io::ErrorKind::NotFound)?.as_fd();
    let has = |layer| ground.plan.layers.contains(&layer);
    let own = [Layer::GivenUp, Layer::Landlock, Layer::Seccomp];
    if own.into_iter().all(has) {
        let report = lock::seal(root).map_err(io::Error::other)?;
        report.landlock.ok_or(io::ErrorKind::Unsupported)?;
        return Ok(());
    }
    if has(Layer::GivenUp) {
        lock::drop::privileges()?;
    }
    if has(Layer::Landlock) {
        let version = lock::landlock::restrict(root).map_err(io::Error::other)?;
        version.ok_or(io::ErrorKind::Unsupported)?;
    }
    if has(Layer::Seccomp) {
        lock::seccomp::restrict().map_err(io::Error::other)?;
    }
    Ok(())
}

fn outcome(attack: &Attack, note: &Note, status: c_int) -> Outcome {
    let stage = match note.stage.load(SeqCst) {
        0 => Stage::Prepare,
        1 => Stage::Lock,
        _ => Stage::Attempt,
    };
    let errno = Some(note.errno.load(SeqCst)).filter(|errno| *errno != 0);
    let ran = libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == RAN;
    let signal = libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status));
    let waits = attack.blocks && signal == Some(libc::SIGALRM);
    let succeeded = stage == Stage::Attempt && (ran || waits || note.succeeded.load(SeqCst) == 1);
    let said = match (errno, signal) {
        _ if succeeded => "it worked".to_owned(),
        (_, Some(signal)) => format!("the kernel ended it by signal {signal}"),
        (Some(errno), _) => io::Error::from_raw_os_error(errno).to_string(),
        _ => format!("it ended with status {}", libc::WEXITSTATUS(status)),
    };
    Outcome { attack: attack.name.to_owned(), succeeded, stage, errno, said }
}

/// Runs `child` in a process and a session of its own, which then ends.
fn fork(child: impl FnOnce()) -> io::Result<pid_t> {
    loop {
        // SAFETY: this program has one thread, so the child may do all that it may.
        match unsafe { libc::fork() } {
            0 => {
                // SAFETY: takes no pointers.
                unsafe { libc::setsid() };
                child();
                // SAFETY: ends the child without running anything of the parent's.
                unsafe { libc::_exit(0) }
            }
            -1 => {
                let error = io::Error::last_os_error();
                // The last attack's processes are dead and not yet gone.
                if error.kind() != io::ErrorKind::WouldBlock {
                    return Err(error);
                }
                std::thread::yield_now();
            }
            pid => return Ok(pid),
        }
    }
}

fn shared_note() -> io::Result<&'static Note> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping, zeroed, never unmapped, and large enough; zeroes are a valid note.
    unsafe {
        let page = libc::mmap(std::ptr::null_mut(), size_of::<Note>(), protection, flags, -1, 0);
        if page == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(&*page.cast::<Note>())
    }
}
