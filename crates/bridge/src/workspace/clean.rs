//! Paths that were looked at before use: relative, without `.` and `..`, within the limits.
//!
//! The kernel keeps a path beneath the workspace in any case; this says why in words, and keeps
//! names that belong to git out of a tree that the host will commit, and the workspace's own name
//! for what is half done.

use crate::path::{PathBytes, unheld};
use crate::protocol::{Refusal, RefusalCode};
use crate::quota::Quotas;

/// A path beneath the workspace; `.` is the workspace itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CleanPath(Vec<u8>);

impl CleanPath {
    /// The workspace itself.
    pub fn root() -> Self {
        Self(b".".to_vec())
    }

    /// Cleans `path` or says what is wrong with it.
    pub fn parse(path: &PathBytes, quotas: &Quotas) -> Result<Self, Refusal> {
        let bytes = path.as_bytes();
        let refuse = |code, reason: String| Err(Refusal::new(code, format!("{path}: {reason}")));
        if bytes.first() == Some(&b'/') {
            let reason = "paths are relative to the workspace and do not begin with /";
            return refuse(RefusalCode::OutsideWorkspace, reason.into());
        }
        let parts: Vec<&[u8]> =
            bytes.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".").collect();
        if parts.contains(&b"..".as_slice()) {
            let reason = "it leads upwards by .., which could leave the workspace";
            return refuse(RefusalCode::OutsideWorkspace, reason.into());
        }
        if let Some((code, reason)) = unheld(bytes, quotas) {
            return refuse(code, reason);
        }
        if parts.is_empty() {
            return Ok(Self::root());
        }
        Ok(Self(parts.join(&b'/')))
    }

    /// Cleans the path of something that is changed, which the workspace itself cannot be.
    pub fn parse_entry(path: &PathBytes, quotas: &Quotas) -> Result<Self, Refusal> {
        let clean = Self::parse(path, quotas)?;
        if clean.is_root() {
            let message = format!("\"{path}\" is the workspace itself; name something in it");
            return Err(Refusal::new(RefusalCode::BadPath, message));
        }
        Ok(clean)
    }

    /// Whether this is the workspace itself.
    pub fn is_root(&self) -> bool {
        self.0 == b"."
    }

    /// The path as the system takes it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path as the host sees it: the workspace itself is empty.
    pub fn prefix(&self) -> &[u8] {
        if self.is_root() { b"" } else { &self.0 }
    }

    /// The folder that holds it; the workspace's is itself.
    pub fn parent(&self) -> Self {
        match self.0.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => Self(self.0.get(..slash).unwrap_or_default().to_vec()),
            None => Self::root(),
        }
    }

    /// Its last part.
    pub fn name(&self) -> &[u8] {
        self.0.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// How many parts it has.
    pub fn depth(&self) -> u32 {
        if self.is_root() { 0 } else { 1 + self.0.iter().filter(|byte| **byte == b'/').count() as u32 }
    }

    /// Whether this is `folder` or lies in it.
    pub fn is_within(&self, folder: &Self) -> bool {
        match self.0.strip_prefix(folder.0.as_slice()) {
            // The root is written as a dot, with which names may begin.
            _ if folder.is_root() => true,
            Some(rest) => rest.is_empty() || rest.first() == Some(&b'/'),
            None => false,
        }
    }

    /// The folders on the way to it and itself, without the workspace.
    pub fn ancestors_from_root(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut path = self.clone();
        while !path.is_root() {
            let parent = path.parent();
            all.push(path);
            path = parent;
        }
        all.reverse();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Result<&str, RefusalCode>) {
        let quotas = Quotas { path_bytes: 20, depth: 3, ..Quotas::default() };
        let outcome = CleanPath::parse(&path.into(), &quotas);
        let outcome = outcome
            .map(|path| String::from_utf8_lossy(path.as_bytes()).into_owned())
            .map_err(|refusal| refusal.code);
        assert_eq!(outcome, expected.map(str::to_owned), "{path}");
    }

    #[test]
    fn paths_are_cleaned_or_refused() {
        check("src/main.rs", Ok("src/main.rs"));
        check("./src//main.rs/", Ok("src/main.rs"));
        check("", Ok("."));
        check(".", Ok("."));
        check("..a/b..", Ok("..a/b.."));
        check("/etc/passwd", Err(RefusalCode::OutsideWorkspace));
        check("a/../b", Err(RefusalCode::OutsideWorkspace));
        check("..", Err(RefusalCode::OutsideWorkspace));
        check("a\0b", Err(RefusalCode::BadPath));
        check("a/b/c/d", Err(RefusalCode::BadPath));
        check("a-name-longer-than-twenty", Err(RefusalCode::BadPath));
        check(".git/config", Err(RefusalCode::ReservedName));
        check("a/.GIT", Err(RefusalCode::ReservedName));
        check(".gitignore", Ok(".gitignore"));
        let own = ".anchorhold-half-done";
        let code = CleanPath::parse(&own.into(), &Quotas::default()).map_err(|refusal| refusal.code);
        assert_eq!(code, Err(RefusalCode::ReservedName));
    }

    #[test]
    fn a_sibling_with_the_same_beginning_is_not_within() {
        let path = |text: &str| CleanPath(text.as_bytes().to_vec());
        assert!(path("a/b").is_within(&path("a")));
        assert!(path("a").is_within(&path("a")));
        assert!(path("a").is_within(&CleanPath::root()));
        assert!(path(".gitignore").is_within(&CleanPath::root()));
        assert!(!path("ab").is_within(&path("a")));
    }
}
