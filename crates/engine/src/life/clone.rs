//! From *start* to the first turn: the fetch, and the cell beside it.

use super::{Ended, Life};
use crate::EngineError;
use crate::rules::{Rules, is_unheld};
use crate::workspace::Workspace;
use anchorhold_domain::{Agent, ClonePhase, EventKind, Signal};
use anchorhold_repo::{
    Base, FetchPhase, FetchProgress, FetchWish, Mirror, Submodule, TreeEntry, path_to_text,
};
use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a watcher hears of the fetch.
const PROGRESS_STEP: Duration = Duration::from_millis(100);
/// How many paths a note names.
const NAMED: usize = 5;
/// How much of a path is told that is too long for any workspace.
const TOLD_BYTES: usize = 100;

impl Life {
    /// Clones and runs.
    pub(super) async fn start(&self) -> Result<Ended, EngineError> {
        let agent = self.resident.log.append(vec![EventKind::CloneStarted]).await?.agent;
        // An engine that does not answer is said before anything is fetched.
        let docker = tokio::select! {
            docker = self.shared.docker() => docker?,
            () = self.wishes.stop.cancelled() => return Ok(Ended::Stopped),
        };
        let mirror = self.shared.mirror(&agent.github_repo).await?;
        let cell = self.open_cell(docker, None);
        let voice = self.open_voice();
        let Some(base) = self.fetch(&mirror, &agent).await? else { return Ok(Ended::Stopped) };
        let rules = Arc::new(Rules::read(&agent.files)?);
        let seen = rules.seen_apart(self.entries(&mirror, &base).await?).await?;
        cell.fill(mirror.clone(), seen.clone());
        let workspace = Workspace::new(
            mirror,
            base.tree.clone(),
            None,
            base.tree,
            rules,
            cell.state(),
            self.shared.config.clock,
        );
        self.run_turns(workspace, cell, voice, &seen).await
    }

    /// Fetches the source branch; `None` where it was stopped.
    ///
    /// A stop does not wait for a server that says nothing: the fetch is left to end by itself, at
    /// the latest when its patience with the server does.
    async fn fetch(&self, mirror: &Mirror, agent: &Agent) -> Result<Option<Base>, EngineError> {
        let depth = agent.history_depth.and_then(NonZeroU32::new);
        let wish = FetchWish { depth, ..FetchWish::whole(&agent.source_branch) };
        let fetch = |credentials| {
            let (mirror, wish) = (mirror.clone(), wish.clone());
            let (stop, hub) = (self.wishes.stop.clone(), self.hub().clone());
            let fetched = tokio::task::spawn_blocking(move || {
                let mut told: Option<Instant> = None;
                mirror.fetch_wish(&wish, &credentials, &mut |progress| {
                    if stop.is_cancelled() {
                        return ControlFlow::Break(());
                    }
                    if told.is_none_or(|at| at.elapsed() >= PROGRESS_STEP) {
                        told = Some(Instant::now());
                        hub.signal(signal(&progress));
                    }
                    ControlFlow::Continue(())
                })
            });
            async move { Ok(fetched.await.map_err(|_| EngineError::Panicked { verb: "fetch" })??) }
        };
        let fetched = tokio::select! {
            fetched = self.shared.with_credentials(Some(agent), mirror.remote(), fetch) => fetched,
            () = self.wishes.stop.cancelled() => return Ok(None),
        };
        match fetched {
            Ok(base) => Ok(Some(base)),
            Err(_) if self.wishes.stop.is_cancelled() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the base tree and writes down that the clone is there. A stop ends the reading.
    async fn entries(&self, mirror: &Mirror, base: &Base) -> Result<Vec<TreeEntry>, EngineError> {
        let (mirror, tree, stop) = (mirror.clone(), base.tree.clone(), self.wishes.stop.clone());
        let read = tokio::task::spawn_blocking(move || {
            let shallow = mirror.is_shallow()?;
            let entries = mirror.entries(&tree, &|| stop.is_cancelled())?;
            Ok::<_, EngineError>((entries, mirror.submodules(&tree)?, shallow))
        });
        let (entries, submodules, shallow) =
            read.await.map_err(|_| EngineError::Panicked { verb: "read the tree" })??;
        let bytes: u64 = entries.iter().map(|entry| entry.size).sum();
        let notes = notes(base, &entries, &submodules, shallow);
        let cloned = EventKind::Cloned {
            base_commit: base.commit.clone(),
            base_tree: base.tree.clone(),
            files: u32::try_from(entries.len()).unwrap_or(u32::MAX),
            kib: u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX),
            notes,
        };
        self.resident.log.append(vec![cloned]).await?;
        Ok(entries)
    }
}

fn signal(progress: &FetchProgress) -> Signal {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (mut received, total) = (progress.received_objects, progress.total_objects);
    let mut again_in_s = 0;
    let phase = match progress.phase {
        FetchPhase::Waiting => ClonePhase::Waiting,
        FetchPhase::Connecting => ClonePhase::Connecting,
        FetchPhase::Counting => ClonePhase::Counting,
        FetchPhase::Receiving => ClonePhase::Receiving,
        FetchPhase::Resolving => {
            received = progress.resolved_objects;
            ClonePhase::Resolving
        }
        FetchPhase::Broken { again_in_s: seconds } => {
            again_in_s = seconds;
            ClonePhase::Broken
        }
    };
    Signal::CloneProgress {
        phase,
        received: count(received),
        total: count(total),
        kib: count(progress.received_bytes / 1024),
        bytes_per_second: progress.bytes_per_second,
        again_in_s,
    }
}

/// Says what of the repository is not in the workspace, and where the repository is now.
fn notes(base: &Base, entries: &[TreeEntry], submodules: &[Submodule], shallow: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if shallow {
        notes.push("only the last commits of the history were fetched; its log ends there".to_owned());
    }
    if let Some(address) = &base.moved_to {
        notes.push(format!("the repository moved to {address}; use that address for the next agent"));
    }
    match submodules {
        [] => {}
        [module] => {
            let path = path_to_text(&module.path);
            notes.push(format!("the submodule {path} stays as it is; its files are not in the workspace"));
        }
        modules => {
            let named = named(modules.iter().map(|module| &module.path));
            let count = modules.len();
            notes.push(format!(
                "{count} submodules stay as they are; their files are not in the workspace: {named}"
            ));
        }
    }
    let pointers: Vec<_> = entries.iter().filter(|entry| entry.lfs).map(|entry| &entry.path).collect();
    match pointers.as_slice() {
        [] => {}
        [path] => {
            let path = path_to_text(path);
            notes.push(format!("the file {path} is a Git LFS pointer; its content is not in the workspace"));
        }
        paths => {
            let named = named(paths.iter().copied());
            let count = paths.len();
            notes.push(format!(
                "{count} files are Git LFS pointers; their content is not in the workspace: {named}"
            ));
        }
    }
    let unheld: Vec<Vec<u8>> = entries.iter().filter(|entry| is_unheld(entry)).map(beginning).collect();
    match unheld.as_slice() {
        [] => {}
        [path] => {
            let path = path_to_text(path);
            notes.push(format!("{path} stays as it is; no workspace holds such a name or link"));
        }
        paths => {
            let (count, named) = (paths.len(), named(paths.iter()));
            notes.push(format!(
                "{count} files stay as they are; no workspace holds such names or links: {named}"
            ));
        }
    }
    notes
}

/// The beginning of a path that may be of any length.
fn beginning(entry: &TreeEntry) -> Vec<u8> {
    match entry.path.get(..TOLD_BYTES) {
        Some(beginning) if entry.path.len() > TOLD_BYTES => [beginning, "…".as_bytes()].concat(),
        _ => entry.path.clone(),
    }
}

/// Names the first few of some paths, and how many more there are.
fn named<'p>(paths: impl ExactSizeIterator<Item = &'p Vec<u8>>) -> String {
    let more = paths.len().saturating_sub(NAMED);
    let mut named: Vec<String> = paths.take(NAMED).map(|path| path_to_text(path)).collect();
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{notes, signal};
    use anchorhold_domain::{ClonePhase, Signal};
    use anchorhold_repo::{Base, FetchPhase, FetchProgress, Submodule, TreeEntry};

    fn base(moved_to: Option<&str>) -> Base {
        let id = "1".repeat(40);
        let moved_to = moved_to.map(str::to_owned);
        Base { commit: id.clone(), tree: id, summary: "Start".to_owned(), moved_to }
    }

    fn entry(path: &str, lfs: bool) -> TreeEntry {
        TreeEntry { path: path.into(), mode: 0o100_644, id: "2".repeat(40), size: 130, lfs }
    }

    fn module(path: &str) -> Submodule {
        Submodule { path: path.into(), commit: "3".repeat(40) }
    }

    #[test]
    fn nothing_is_said_of_a_repository_that_is_all_there() {
        assert_eq!(notes(&base(None), &[entry("a.txt", false)], &[], false), Vec::<String>::new());
    }

    #[test]
    fn one_submodule_and_one_pointer_are_named() {
        let entries = [entry("a.txt", false), entry("big.bin", true)];
        assert_eq!(
            notes(&base(None), &entries, &[module("vendored/library")], false),
            [
                "the submodule vendored/library stays as it is; its files are not in the workspace",
                "the file big.bin is a Git LFS pointer; its content is not in the workspace",
            ]
        );
    }

    #[test]
    fn many_are_counted_and_the_first_of_them_named() {
        let entries: Vec<TreeEntry> = (1..=7).map(|n| entry(&format!("art/{n}.png"), true)).collect();
        assert_eq!(
            notes(&base(None), &entries, &[module("a"), module("b")], false),
            [
                "2 submodules stay as they are; their files are not in the workspace: a, b",
                "7 files are Git LFS pointers; their content is not in the workspace: art/1.png, art/2.png, \
                 art/3.png, art/4.png, art/5.png, and 2 more",
            ]
        );
    }

    #[test]
    fn what_no_workspace_holds_is_named_by_its_beginning() {
        let link = TreeEntry { mode: 0o120_000, size: 0, ..entry("bad", false) };
        assert_eq!(
            notes(&base(None), std::slice::from_ref(&link), &[], false),
            ["bad stays as it is; no workspace holds such a name or link"]
        );
        let long = entry(&"l".repeat(2000), false);
        assert_eq!(
            notes(&base(None), &[link, long], &[], false),
            [format!(
                "2 files stay as they are; no workspace holds such names or links: bad, {}…",
                "l".repeat(100)
            )]
        );
    }

    #[test]
    fn a_repository_that_moved_is_named_at_its_new_place() {
        assert_eq!(
            notes(&base(Some("https://github.com/octo/new.git")), &[], &[], false),
            ["the repository moved to https://github.com/octo/new.git; use that address for the next agent"]
        );
    }

    #[test]
    fn a_history_whose_beginning_was_not_fetched_is_said_to_end() {
        let said = ["only the last commits of the history were fetched; its log ends there"];
        assert_eq!(notes(&base(None), &[entry("a.txt", false)], &[], true), said);
    }

    #[test]
    fn a_watcher_hears_of_whole_objects_while_deltas_are_resolved_and_of_the_wait_after_a_break() {
        let progress = FetchProgress {
            phase: FetchPhase::Resolving,
            received_objects: 9,
            total_objects: 9,
            received_bytes: 4096,
            bytes_per_second: 512,
            resolved_objects: 2,
        };
        let heard = |phase, received, total, again_in_s| Signal::CloneProgress {
            phase,
            received,
            total,
            kib: 4,
            bytes_per_second: 512,
            again_in_s,
        };
        assert_eq!(signal(&progress), heard(ClonePhase::Resolving, 2, 9, 0));
        let broken = FetchProgress { phase: FetchPhase::Broken { again_in_s: 4 }, ..progress };
        assert_eq!(signal(&broken), heard(ClonePhase::Broken, 9, 9, 4));
    }
}
