//! What deserves a look before it goes out, found in what a change adds.
//!
//! Only the difference is looked at: added lines, and files that are new or changed. It is a help for
//! whoever reviews, not a proof that nothing is wrong: what is not found here can still be there. Each
//! pattern takes time in proportion to the text, and what is too much to be searched is said.

mod findings;
mod places;
mod scripts;
mod secrets;

use anchorhold_domain::RiskKind;
use git2::{Delta, Diff, DiffLineType, Oid, Patch, Repository, Tree};

use crate::changes::{compare, path_of, root};
use crate::diff::hidden_in;
use crate::error::{RepoError, Result};
use crate::mirror::Mirror;
use crate::path::path_to_text;
use crate::tree::{EXECUTABLE, SUBMODULE, SYMLINK, find};
pub use findings::Risks;
use findings::{Findings, Gaps, Hidden};

/// Files above this are large.
const LARGE: u64 = 1024 * 1024;
/// Binary files up to this are searched for secrets, and manifests for scripts.
const LARGEST_READ: u64 = 8 * 1024 * 1024;
/// So many bytes of added lines are searched; the 300,000 lines of the largest reviews have a tenth.
const MOST_SEARCHED: usize = 256 * 1024 * 1024;

/// A file of a change, as the patterns see it.
struct File {
    path: String,
    /// The path in lower case: half of all file systems take `.GitHub` for `.github`.
    lower: String,
    old: Option<Side>,
    new: Option<Side>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Side {
    id: Oid,
    mode: u32,
}

impl File {
    fn at(path: &[u8], old: Option<Side>, new: Option<Side>) -> Self {
        let lower = String::from_utf8_lossy(path).to_lowercase();
        Self { path: path_to_text(path), lower, old, new }
    }
}

impl Mirror {
    /// Lists what a push of `tree` over `base_tree` should be looked at for, the gravest first.
    ///
    /// At most 500 of a kind; how many more there are is said. A secret is named by what it looks like, and
    /// never repeated.
    ///
    /// # Errors
    /// [`RepoError::MissingObject`].
    pub fn risks(&self, base_tree: &str, tree: &str) -> Result<Risks> {
        let repository = self.objects()?;
        let (old, new) = (root(&repository, base_tree)?, root(&repository, tree)?);
        let diff = compare(&repository, &old, &new, 0)?;
        let mut findings = Findings::default();
        let mut searched = 0;
        for index in 0..diff.deltas().len() {
            look_at(&repository, (&diff, &old, &new), index, &mut searched, &mut findings)?;
        }
        Ok(findings.sorted())
    }
}

fn look_at(
    repository: &Repository,
    (diff, old, new): (&Diff<'_>, &Tree<'_>, &Tree<'_>),
    index: usize,
    searched: &mut usize,
    findings: &mut Findings,
) -> Result<()> {
    let patch = Patch::from_diff(diff, index).map_err(RepoError::storage("compare two files"))?;
    // Looked up after the comparison, which is when the library learns what is binary.
    let Some(delta) = diff.get_delta(index) else { return Ok(()) };
    if delta.status() == Delta::Unmodified {
        return Ok(());
    }
    // Not the delta's own modes, which may be of a kind that the library gives no name.
    let side = |tree: &Tree<'_>, path: &[u8]| -> Result<Option<Side>> {
        Ok(find(repository, tree, path)?.map(|found| Side { id: found.id, mode: found.mode }))
    };
    let path = path_of(&delta);
    let old_path = delta.old_file().path_bytes().unwrap_or_default();
    let old = if delta.status() == Delta::Added { None } else { side(old, old_path)? };
    let new = if delta.status() == Delta::Deleted { None } else { side(new, &path)? };
    if delta.status() == Delta::Renamed {
        // What ran at the old place runs there no more.
        places::look(&File::at(old_path, old, None), findings);
    }
    let file = File::at(&path, old, new);
    places::look(&file, findings);
    if old.is_some_and(|old| old.mode == SUBMODULE) && new.is_none_or(|new| new.mode != SUBMODULE) {
        findings.add(RiskKind::Link, &file.path, None, "removed: a submodule");
    }
    let Some(new) = new else { return Ok(()) };
    if delta.status() != Delta::Modified && !hidden_in(&String::from_utf8_lossy(&path)).is_empty() {
        findings.add(
            RiskKind::HiddenUnicode,
            &file.path,
            None,
            "the name of the file has characters in it that cannot be seen",
        );
    }
    if new.mode == SUBMODULE || new.mode == SYMLINK {
        // Where it was moved, it leads from another place.
        if file.old != Some(new) || delta.status() == Delta::Renamed {
            look_at_link(repository, &file, new, findings)?;
        }
        return Ok(());
    }
    if new.mode == EXECUTABLE && file.old.is_none_or(|old| old.mode != EXECUTABLE) {
        let detail =
            if file.old.is_none() { "a new file that is executable" } else { "it became executable" };
        findings.add(RiskKind::Executable, &file.path, None, detail);
    }
    if file.old.is_some_and(|old| old.id == new.id) {
        return Ok(());
    }
    let size = size_of(repository, new.id)?;
    if size > LARGE {
        findings.add(RiskKind::Large, &file.path, None, format!("it has {}", in_words(size)));
    }
    scripts::look(repository, &file, size, findings)?;
    let is_binary = match &patch {
        Some(patch) => patch.delta().flags().is_binary(),
        None => true,
    };
    if is_binary {
        findings.add(
            RiskKind::Binary,
            &file.path,
            None,
            format!("a review cannot show it: binary, {}", in_words(size)),
        );
        return search_binary(repository, &file, new, size, findings);
    }
    match patch {
        Some(patch) => search_lines(&patch, &file, searched, findings),
        None => Ok(()),
    }
}

/// Looks at the lines that a patch adds, one by one.
fn search_lines(patch: &Patch<'_>, file: &File, searched: &mut usize, findings: &mut Findings) -> Result<()> {
    let attempt = || RepoError::storage("read the lines of a patch");
    let mut search = secrets::Search::of(&file.lower);
    let (mut hidden, mut gaps) = (Hidden::default(), Gaps::default());
    for hunk in 0..patch.num_hunks() {
        for number in 0..patch.num_lines_in_hunk(hunk).map_err(attempt())? {
            let line = patch.line_in_hunk(hunk, number).map_err(attempt())?;
            let (DiffLineType::Addition, Some(number)) = (line.origin_value(), line.new_lineno()) else {
                continue;
            };
            let content = line.content();
            let content = content.strip_suffix(b"\n").unwrap_or(content);
            let content = content.strip_suffix(b"\r").unwrap_or(content);
            *searched = searched.saturating_add(content.len());
            if *searched > MOST_SEARCHED {
                let detail = "the change is too large to be searched for secrets to its end";
                findings.add(RiskKind::Large, &file.path, Some(number), detail);
                return Ok(());
            }
            for found in search.line(number, content) {
                findings.add(RiskKind::Secret, &file.path, Some(found.line), found.what);
            }
            hidden.line(number, content);
            gaps.line(number, content);
        }
    }
    if let Some((line, detail)) = hidden.found() {
        findings.add(RiskKind::HiddenUnicode, &file.path, Some(line), detail);
    }
    if let Some((line, detail)) = gaps.found() {
        findings.add(RiskKind::WideGap, &file.path, Some(line), detail);
    }
    Ok(())
}

/// Looks for secrets in a file that has no lines: a zero byte would hide it from a search by line.
fn search_binary(
    repository: &Repository,
    file: &File,
    new: Side,
    size: u64,
    findings: &mut Findings,
) -> Result<()> {
    if size > LARGEST_READ {
        return Ok(());
    }
    let before = match file.old {
        Some(old) if old.mode != SUBMODULE && size_of(repository, old.id)? <= LARGEST_READ => {
            secrets::in_binary(&content(repository, old.id)?)
        }
        _ => Vec::new(),
    };
    for what in secrets::in_binary(&content(repository, new.id)?) {
        if !before.contains(&what) {
            findings.add(RiskKind::Secret, &file.path, None, what.name);
        }
    }
    Ok(())
}

/// Says where a link leads.
fn look_at_link(repository: &Repository, file: &File, new: Side, findings: &mut Findings) -> Result<()> {
    if new.mode == SUBMODULE {
        let detail = format!("a submodule: commit {} of another repository", new.id);
        findings.add(RiskKind::Link, &file.path, None, detail);
        return Ok(());
    }
    if size_of(repository, new.id)? > LARGEST_READ {
        findings.add(RiskKind::Link, &file.path, None, "a symbolic link whose target is too long to be one");
        return Ok(());
    }
    let target = content(repository, new.id)?;
    let shown: String = path_to_text(&target).chars().take(200).collect();
    let detail = match leads_outside(&file.lower, &String::from_utf8_lossy(&target)) {
        true => format!("a symbolic link that leads out of the repository, to {shown}"),
        false => format!("a symbolic link to {shown}"),
    };
    findings.add(RiskKind::Link, &file.path, None, detail);
    Ok(())
}

/// Whether the target of a link at `path` is not in the same repository.
fn leads_outside(path: &str, target: &str) -> bool {
    if target.starts_with(['/', '\\', '~']) || target.get(1..2) == Some(":") {
        return true;
    }
    let mut depth = path.matches('/').count();
    for name in target.split(['/', '\\']) {
        match name {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

fn size_of(repository: &Repository, id: Oid) -> Result<u64> {
    let odb = repository.odb().map_err(RepoError::storage("open the object database"))?;
    let (size, _) = odb.read_header(id).map_err(RepoError::missing("blob", &id.to_string()))?;
    Ok(size as u64)
}

fn content(repository: &Repository, id: Oid) -> Result<Vec<u8>> {
    let blob = repository.find_blob(id).map_err(RepoError::missing("blob", &id.to_string()))?;
    Ok(blob.content().to_vec())
}

fn in_words(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..LARGE => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes.div_ceil(LARGE)),
    }
}
