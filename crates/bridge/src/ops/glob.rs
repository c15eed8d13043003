//! Finds files by name. A glob without `/` means a name in any folder.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{Outcome, Room};
use crate::protocol::{Refusal, RefusalCode, Response};
use crate::workspace::Workspace;
use crate::workspace::clean::CleanPath;
use crate::workspace::walk::Next;

const MAX_GLOB_BYTES: usize = 4096;
const MAX_GLOBS: usize = 64;

pub fn glob(workspace: &Workspace, pattern: &str) -> Outcome {
    let wanted = Globs::new(std::slice::from_ref(&pattern))?;
    let mut paths = Vec::new();
    let mut truncated = false;
    let mut room = Room::new();
    workspace.walk(&CleanPath::root(), u32::MAX, &mut |found| {
        if !found.is_file || !wanted.matches(found.path) {
            return Ok(Next::Descend);
        }
        if !room.take(found.path) {
            truncated = true;
            return Ok(Next::Stop);
        }
        paths.push(found.path.into());
        Ok(Next::Descend)
    })?;
    Ok(Response::Globbed { paths, truncated }.into())
}

/// Globs that let paths in and, with a leading `!`, keep paths out.
pub struct Globs {
    included: GlobSet,
    excluded: GlobSet,
}

impl Globs {
    /// Reads the globs or says what is wrong with them.
    pub fn new<S: AsRef<str>>(globs: &[S]) -> Result<Self, Refusal> {
        if globs.len() > MAX_GLOBS {
            let message = format!("{} globs are too many; the limit is {MAX_GLOBS}", globs.len());
            return Err(Refusal::new(RefusalCode::BadPattern, message));
        }
        let mut included = GlobSetBuilder::new();
        let mut excluded = GlobSetBuilder::new();
        for glob in globs {
            match glob.as_ref().strip_prefix('!') {
                Some(glob) => excluded.add(build(glob)?),
                None => included.add(build(glob.as_ref())?),
            };
        }
        Ok(Self { included: included.build().map_err(bad)?, excluded: excluded.build().map_err(bad)? })
    }

    /// Whether a path is wanted; with no glob that lets in, all are.
    pub fn matches(&self, path: &[u8]) -> bool {
        let path = OsStr::from_bytes(path);
        (self.included.is_empty() || self.included.is_match(path)) && !self.excluded.is_match(path)
    }
}

fn build(glob: &str) -> Result<globset::Glob, Refusal> {
    if glob.len() > MAX_GLOB_BYTES {
        let message = format!("a glob may be {MAX_GLOB_BYTES} bytes long");
        return Err(Refusal::new(RefusalCode::BadPattern, message));
    }
    let anywhere = match glob.strip_prefix("./").unwrap_or(glob) {
        glob if glob.contains('/') => glob.trim_start_matches('/').to_owned(),
        glob => format!("**/{glob}"),
    };
    GlobBuilder::new(&anywhere).literal_separator(true).build().map_err(bad)
}

fn bad(error: globset::Error) -> Refusal {
    Refusal::new(RefusalCode::BadPattern, format!("the glob cannot be read: {error}"))
}
