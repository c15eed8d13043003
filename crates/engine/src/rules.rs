//! Which files an agent sees and may change: the user's globs, read once for a run.
//!
//! The host holds to them, whatever a cell or a model says: what is excluded is never handed to a cell,
//! and no edit of what is excluded, protected or outside the wanted folders gets into a tree.

mod unheld;

pub(crate) use unheld::{is_unheld, is_unheld_path};

use crate::EngineError;
use anchorhold_domain::{Event, EventKind, FileRules};
use anchorhold_repo::{TreeEntry, path_to_text};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{Match, gitignore::Glob};
use std::borrow::Cow;
use std::sync::Arc;

/// The most patterns of one list, and the longest of them in bytes.
const MOST_PATTERNS: usize = 1000;
const LONGEST_PATTERN: usize = 4096;

/// One list of an agent's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Excluded,
    Only,
    Protected,
}

/// The rules of one agent.
#[derive(Debug)]
pub(crate) struct Rules {
    excluded: Gitignore,
    /// `None` where all may be changed.
    only: Option<Gitignore>,
    protected: Gitignore,
    files: FileRules,
}

/// The files of a tree that an agent may be given. Only [`Rules`] makes them, so that nothing else
/// can be put into a cell.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    entries: Arc<Vec<TreeEntry>>,
    excluded: u32,
}

impl Seen {
    pub(crate) fn entries(&self) -> &Arc<Vec<TreeEntry>> {
        &self.entries
    }

    /// How many files of the tree are kept from the agent.
    pub(crate) fn excluded(&self) -> u32 {
        self.excluded
    }
}

impl List {
    fn code(self) -> &'static str {
        match self {
            Self::Excluded => "files_excluded_invalid",
            Self::Only => "files_only_invalid",
            Self::Protected => "files_protected_invalid",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Excluded => "the excluded files",
            Self::Only => "the folders it may change",
            Self::Protected => "the protected files",
        }
    }

    fn globs(self, patterns: &[String]) -> Result<Gitignore, EngineError> {
        // Nothing is looked up on this machine's disk; the root is only stripped from paths.
        let mut builder = GitignoreBuilder::new("");
        // Who keeps `*.pem` from an agent means `SERVER.PEM` as well. What it may change is taken exactly.
        let any_case = matches!(self, Self::Excluded | Self::Protected);
        // A bracket that is never closed is a slip, and would keep nothing out.
        builder.allow_unclosed_class(false);
        builder
            .case_insensitive(any_case)
            .map_err(|error| self.unreadable(patterns, 0, error.to_string()))?;
        for (place, pattern) in patterns.iter().enumerate() {
            let line = self.line(pattern).map_err(|reason| self.unreadable(patterns, place, reason))?;
            builder
                .add_line(None, &line)
                .map_err(|error| self.unreadable(patterns, place, reason(&error)))?;
        }
        builder.build().map_err(|error| self.unreadable(patterns, 0, reason(&error)))
    }

    /// A pattern as a line of `.gitignore`.
    fn line(self, pattern: &str) -> Result<String, String> {
        if pattern.len() > LONGEST_PATTERN {
            return Err(format!("it is longer than {LONGEST_PATTERN} bytes"));
        }
        if pattern.contains(['\n', '\r', '\0']) {
            return Err("it has more than one line".to_owned());
        }
        let (not, glob) = match pattern.strip_prefix('!') {
            Some(glob) => ("!", glob),
            None => ("", pattern),
        };
        let glob = glob.strip_prefix("./").unwrap_or(glob);
        if matches!(glob.trim_matches(['/', ' ']), "" | ".") {
            return Err("it names nothing".to_owned());
        }
        if glob.split('/').any(|part| part == "..") {
            return Err("it leads out of the repository".to_owned());
        }
        if self == Self::Only && is_plain(glob) {
            return Ok(format!("{not}/{}", glob.trim_start_matches('/')));
        }
        // A leading `#` would make a comment of it.
        let escape = if not.is_empty() && glob.starts_with('#') { "\\" } else { "" };
        Ok(format!("{not}{escape}{glob}"))
    }

    fn unreadable(self, patterns: &[String], place: usize, reason: String) -> EngineError {
        EngineError::FileRule {
            code: self.code(),
            list: self.name(),
            line: place + 1,
            pattern: patterns.get(place).cloned().unwrap_or_default(),
            reason,
        }
    }
}

fn is_plain(glob: &str) -> bool {
    !glob.contains(['*', '?', '['])
}

/// The library's reason without the pattern, which stands in the message already.
fn reason(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err.clone(),
        other => other.to_string(),
    }
}

/// Trims the patterns, drops empty ones and checks that each can be read.
///
/// # Errors
/// [`EngineError::FileRule`] with the list, the line and the pattern.
pub(crate) fn checked(mut files: FileRules) -> Result<FileRules, EngineError> {
    // Before anything is dropped, so that lines are counted as the user sees them.
    for (list, patterns) in [
        (List::Excluded, &mut files.excluded),
        (List::Only, &mut files.only),
        (List::Protected, &mut files.protected),
    ] {
        if patterns.len() > MOST_PATTERNS {
            let reason = format!("more than {MOST_PATTERNS} patterns");
            return Err(list.unreadable(patterns, MOST_PATTERNS, reason));
        }
        for pattern in patterns.iter_mut() {
            *pattern = pattern.trim().to_owned();
        }
        for (place, pattern) in patterns.iter().enumerate().filter(|(_, pattern)| !pattern.is_empty()) {
            list.globs(std::slice::from_ref(pattern)).map_err(|error| match error {
                EngineError::FileRule { reason, .. } => list.unreadable(patterns, place, reason),
                other => other,
            })?;
        }
        patterns.retain(|pattern| !pattern.is_empty());
    }
    Rules::read(&files)?;
    Ok(files)
}

/// Whether other files are kept from the agent than when its workspace was last filled.
pub(crate) fn outdated(events: &[Event], now: &FileRules) -> bool {
    let mut excluded: &[String] = &[];
    let mut filled_with = None;
    for event in events {
        match &event.kind {
            EventKind::Created { agent: Some(agent), .. } => excluded = &agent.files.excluded,
            EventKind::FileRulesChanged { files } => excluded = &files.excluded,
            EventKind::CellOpened { .. } => filled_with = Some(excluded),
            _ => {}
        }
    }
    filled_with.is_some_and(|filled_with| filled_with != now.excluded)
}

impl Rules {
    /// Reads the rules of an agent.
    ///
    /// # Errors
    /// [`EngineError::FileRule`].
    pub(crate) fn read(files: &FileRules) -> Result<Self, EngineError> {
        let only = match files.only.is_empty() {
            true => None,
            false => Some(List::Only.globs(&files.only)?),
        };
        Ok(Self {
            excluded: List::Excluded.globs(&files.excluded)?,
            only,
            protected: List::Protected.globs(&files.protected)?,
            files: files.clone(),
        })
    }

    /// The rules as the user wrote them.
    pub(crate) fn files(&self) -> &FileRules {
        &self.files
    }

    /// Leaves the files that an agent may be given.
    pub(crate) fn seen(&self, mut entries: Vec<TreeEntry>) -> Seen {
        let all = entries.len();
        entries.retain(|entry| !is_unheld(entry));
        if !self.excluded.is_empty() {
            // Most files stand in the folder of the one before.
            let (mut folder, mut kept_out) = (Vec::new(), false);
            entries.retain(|entry| {
                let end = entry.path.iter().rposition(|byte| *byte == b'/').unwrap_or_default();
                let parent = entry.path.get(..end).unwrap_or_default();
                if parent != folder {
                    folder = parent.to_vec();
                    kept_out = holds(&self.excluded, parent, true).is_some();
                }
                match clean(&entry.path).map(|path| decided(&self.excluded, &path, false)) {
                    Some(Match::Ignore(())) | None => false,
                    Some(Match::Whitelist(())) => true,
                    Some(Match::None) => !kept_out,
                }
            });
        }
        let excluded = u32::try_from(all - entries.len()).unwrap_or(u32::MAX);
        Seen { entries: Arc::new(entries), excluded }
    }

    /// The same on a thread for long work.
    pub(crate) async fn seen_apart(self: &Arc<Self>, entries: Vec<TreeEntry>) -> Result<Seen, EngineError> {
        let rules = Arc::clone(self);
        let seeing = tokio::task::spawn_blocking(move || rules.seen(entries));
        seeing.await.map_err(|_| EngineError::Panicked { verb: "apply the file rules" })
    }

    /// Whether the agent may be given the file at a path. One that leads upwards is none.
    pub(crate) fn sees(&self, path: &[u8]) -> bool {
        clean(path).is_some() && !is_unheld_path(path) && holds(&self.excluded, path, false).is_none()
    }

    /// Why what stands at a path must not be read; `None` where it may.
    pub(crate) fn refuses_reading(&self, path: &[u8]) -> Option<String> {
        let pattern = self.excluding(path)?;
        Some(format!("{} is kept from you by the user's file rules ({pattern})", path_to_text(path)))
    }

    /// Why what stands at a path must not be written, moved or deleted; `None` where it may.
    pub(crate) fn refuses_change(&self, path: &[u8]) -> Option<String> {
        let shown = path_to_text(path);
        if let Some(pattern) = self.excluding(path) {
            return Some(format!(
                "{shown} is kept from you by the user's file rules ({pattern}); it can be neither made nor \
                 changed"
            ));
        }
        if let Some(pattern) = either(&self.protected, path) {
            return Some(format!(
                "{shown} is protected by the user's file rules ({pattern}); it can be read and not changed"
            ));
        }
        if let Some(only) = &self.only
            && either(only, path).is_none()
        {
            return Some(format!(
                "{shown} is outside what the user lets you change, which is {}",
                self.files.only.join(", ")
            ));
        }
        None
    }

    fn excluding(&self, path: &[u8]) -> Option<String> {
        either(&self.excluded, path)
    }
}

/// The pattern that holds a path, be it a file's or a folder's.
fn either(globs: &Gitignore, path: &[u8]) -> Option<String> {
    holds(globs, path, false).or_else(|| holds(globs, path, true))
}

/// The pattern that holds a path or a folder above it.
fn holds(globs: &Gitignore, path: &[u8], is_folder: bool) -> Option<String> {
    let path = clean(path)?;
    if globs.is_empty() || path.is_empty() {
        return None;
    }
    match globs.matched_path_or_any_parents(path.as_ref(), is_folder) {
        Match::Ignore(glob) => Some(Glob::original(glob).to_owned()),
        Match::None | Match::Whitelist(_) => None,
    }
}

fn decided(globs: &Gitignore, path: &str, is_folder: bool) -> Match<()> {
    globs.matched(path, is_folder).map(|_| ())
}

/// A path's names without what changes nothing; `None` where it leads upwards, which nobody is given.
fn clean(path: &[u8]) -> Option<Cow<'_, str>> {
    // Globs are text, and bytes that are none match no letter of theirs.
    let text = String::from_utf8_lossy(path);
    let text = if cfg!(windows) { Cow::Owned(text.replace('\\', "/")) } else { text };
    let odd = |part: &str| part.is_empty() || part == "." || part == "..";
    if !text.split('/').any(odd) {
        return Some(text);
    }
    if text.split('/').any(|part| part == "..") {
        return None;
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !odd(part)).collect();
    Some(Cow::Owned(parts.join("/")))
}

#[cfg(test)]
mod tests;
