//! A workspace of its own with the real `serve`, and walls that are looked at afterwards.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anchorhold_bridge::frame::{self, Incoming};
use anchorhold_bridge::serve::{Known, serve};
use anchorhold_bridge::workspace::Workspace;
use anchorhold_bridge::{Envelope, FrameError, LockReport, Measured, Quotas, Response};
use rustix::fs::{CWD, Mode, OFlags, openat};
use tempfile::TempDir;

use crate::{Broken, Verdict, disk, expect, must};

/// What lies outside the workspace; no answer may ever say it.
const SECRET: &str = "what-lies-outside-the-cell";
/// The one file outside.
pub const OUTSIDE: &str = "outside/secret";

/// A served folder: `cell/` with `tree` and `state`, and beside it what must not be touched.
pub struct Cell {
    folder: TempDir,
    quotas: Quotas,
    /// The real thing.
    pub workspace: Workspace,
}

/// A frame of the bridge's.
pub type Frame = (Envelope<Response>, Vec<u8>);

impl Cell {
    /// Makes an empty one, in memory where the system has a folder for that.
    pub fn new(quotas: Quotas) -> Result<Self, Broken> {
        let folder = must(tempfile::tempdir_in(place()), "make a folder")?;
        must(fs::create_dir_all(folder.path().join("outside")), "make a folder")?;
        must(fs::write(folder.path().join(OUTSIDE), SECRET), "write the secret")?;
        must(fs::create_dir(folder.path().join("cell")), "make a folder")?;
        let workspace = open(&folder.path().join("cell"), quotas)?;
        Ok(Self { folder, quotas, workspace })
    }

    /// The folder that the agent sees, from outside.
    pub fn tree(&self) -> PathBuf {
        self.folder.path().join("cell/tree")
    }

    /// The folder that holds cell and outside.
    pub fn surroundings(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the program, as it were, and starts it again on the same folder.
    pub fn reopen(&mut self) -> Verdict {
        self.workspace = open(&self.folder.path().join("cell"), self.quotas)?;
        Ok(())
    }

    /// Gives the bridge these bytes and the end of the pipe; what it wrote, and how it ended.
    pub fn serve(&mut self, mut input: &[u8]) -> (Vec<u8>, Result<(), FrameError>) {
        let locks = LockReport { seccomp: false, landlock: None, refused: Vec::new() };
        let known = Known { locks, measured: Measured::default() };
        let mut output = Vec::new();
        let end = serve(&mut input, &mut output, &mut self.workspace, &known);
        (output, end)
    }

    /// Nothing changed but `tree` and `state`, and the count is what is on the disk, within the quotas.
    pub fn walls_stand(&self) -> Verdict {
        let here = self.folder.path();
        names(here, &["cell", "outside"])?;
        names(&here.join("outside"), &["secret"])?;
        names(&here.join("cell"), &["state", "tree"])?;
        let secret = must(fs::read_to_string(here.join(OUTSIDE)), "read the secret")?;
        expect(secret == SECRET, || format!("outside it now says {secret:?}"))?;
        let (usage, counted) = (self.workspace.usage, disk::usage(&disk::tree(&self.tree())?));
        expect(usage == counted, || format!("the bridge counts {usage:?}, on the disk are {counted:?}"))?;
        let kept = usage.bytes <= self.quotas.bytes && usage.files <= self.quotas.files;
        expect(kept, || format!("{usage:?} is over {:?}", self.quotas))
    }
}

/// Whether these bytes say what lies outside; libFuzzer reads it out of the comparison itself.
pub fn tells(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).contains(SECRET)
}

/// Reads all that a bridge wrote: whole frames with answers in them, that tell nothing of outside
/// unless the host had told it first.
pub fn read_all(mut output: &[u8], told_first: bool) -> Result<Vec<Frame>, Broken> {
    let mut frames = Vec::new();
    loop {
        let (header, body) = match frame::read(&mut output) {
            Ok(Incoming::Frame { header, body }) => (header, body),
            Ok(Incoming::Resync) => return Err(Broken("the bridge asks for the rhythm".into())),
            Err(FrameError::Closed) => return Ok(frames),
            Err(error) => return Err(Broken(format!("the bridge wrote no frame: {error}"))),
        };
        for part in [&header, &body] {
            expect(told_first || !tells(part), || "an answer tells what lies outside".into())?;
        }
        frames.push((must(serde_json::from_slice(&header), "read an answer")?, body));
    }
}

/// `TMPDIR`, or memory, or wherever temporary files go.
fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match std::env::var_os("TMPDIR") {
        None if memory.is_dir() => memory.to_path_buf(),
        _ => std::env::temp_dir(),
    }
}

fn open(root: &Path, quotas: Quotas) -> Result<Workspace, Broken> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = must(openat(CWD, root, flags, Mode::empty()), "open the workspace")?;
    must(Workspace::open(std::os::fd::AsFd::as_fd(&root), quotas), "open the workspace")
}

fn names(folder: &Path, expected: &[&str]) -> Verdict {
    let mut names: Vec<OsString> = must(fs::read_dir(folder), "read a folder")?
        .filter_map(Result::ok)
        .map(|entry| entry.file_name())
        .collect();
    names.sort();
    expect(names == expected, || format!("{} holds {names:?}", folder.display()))
}
