//! Finds files by name, with the globs of `rg -g`: a line of `.gitignore` whose `!` is turned round.
//!
//! A glob without `/` means a name in any folder, one with `/` begins at the workspace, the last that
//! matches decides, and a folder that is kept out is not entered.
//!
//! `.gitignore` files are not obeyed, as ripgrep would in a clone. They keep a search out of what a
//! build leaves behind, and nothing is ever built here: all there is are tracked files and what the
//! agent wrote. A file that is tracked although it is ignored, or that the agent made a moment ago,
//! is one it has to find again. Git's own folder is not here either.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use ignore::overrides::{Override, OverrideBuilder};

use super::{Outcome, Room};
use crate::protocol::{Refusal, RefusalCode, Response};
use crate::workspace::Workspace;
use crate::workspace::clean::CleanPath;
use crate::workspace::walk::{Found, Next};

const MAX_GLOB_BYTES: usize = 4096;
const MAX_GLOBS: usize = 64;

/// Answers with the paths of the files that match, as many as there is room and time for.
pub fn glob(workspace: &Workspace, pattern: &str) -> Outcome {
    let wanted = Globs::new(std::slice::from_ref(&pattern))?;
    let deadline = Instant::now() + Duration::from_millis(workspace.quotas.search_ms);
    let mut paths = Vec::new();
    let mut truncated = false;
    let mut room = Room::new();
    workspace.walk(&CleanPath::root(), u32::MAX, &mut |found| {
        if !wanted.let_in(found) {
            return Ok(Next::Skip);
        }
        if Instant::now() >= deadline || (found.is_file && !room.take(found.path)) {
            truncated = true;
            return Ok(Next::Stop);
        }
        if found.is_file {
            paths.push(found.path.into());
        }
        Ok(Next::Descend)
    })?;
    Ok(Response::Globbed { paths, truncated }.into())
}

/// Globs that let paths in and, with a leading `!`, keep paths out.
pub struct Globs(Override);

impl Globs {
    /// Reads the globs or says what is wrong with them.
    pub fn new<S: AsRef<str>>(globs: &[S]) -> Result<Self, Refusal> {
        if globs.len() > MAX_GLOBS {
            return Err(bad(format!("{} globs are too many; the limit is {MAX_GLOBS}", globs.len())));
        }
        // The root is only stripped from paths, and no file is looked at.
        let mut builder = OverrideBuilder::new("");
        for glob in globs {
            builder
                .add(&line(glob.as_ref())?)
                .map_err(|error| bad(format!("the glob cannot be read: {error}")))?;
        }
        builder.build().map(Self).map_err(|error| bad(format!("the globs cannot be read: {error}")))
    }

    /// Whether a file is wanted, or a folder may hold one that is; with no glob, all are.
    pub fn let_in(&self, found: &Found<'_>) -> bool {
        !self.0.matched(OsStr::from_bytes(found.path), found.is_folder).is_ignore()
    }
}

/// A glob as a line of `.gitignore`, which knows comments and no `./`.
fn line(glob: &str) -> Result<String, Refusal> {
    if glob.len() > MAX_GLOB_BYTES {
        return Err(bad(format!("a glob may be {MAX_GLOB_BYTES} bytes long")));
    }
    let (not, glob) = match glob.strip_prefix('!') {
        Some(glob) => ("!", glob),
        None => ("", glob),
    };
    let glob = glob.strip_prefix("./").unwrap_or(glob);
    if glob.trim().is_empty() {
        return Err(bad("a glob that is empty matches nothing".to_owned()));
    }
    let escape = if not.is_empty() && glob.starts_with('#') { "\\" } else { "" };
    Ok(format!("{not}{escape}{glob}"))
}

fn bad(message: String) -> Refusal {
    Refusal::new(RefusalCode::BadPattern, message)
}
