//! From *start* to the first turn: the fetch, and the cell beside it.

use super::{Ended, Life};
use crate::EngineError;
use crate::rules::Rules;
use crate::workspace::Workspace;
use anchorhold_domain::{EventKind, Signal};
use anchorhold_repo::{Base, FetchProgress, Mirror, TreeEntry};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a watcher hears of the fetch.
const PROGRESS_STEP: Duration = Duration::from_millis(100);

impl Life {
    /// Clones and runs.
    pub(super) async fn start(&self) -> Result<Ended, EngineError> {
        let agent = self.resident.log.append(vec![EventKind::CloneStarted]).await?.agent;
        // An engine that does not answer is said before anything is fetched.
        let docker = tokio::select! {
            docker = self.shared.docker() => docker?,
            () = self.wishes.stop.cancelled() => return Ok(Ended::Stopped),
        };
        let mirror = self.shared.mirror(&agent.github_repo)?;
        let cell = self.open_cell(docker, true);
        let voice = self.open_voice();
        let Some(base) = self.fetch(&mirror, &agent.source_branch).await? else { return Ok(Ended::Stopped) };
        let rules = Arc::new(Rules::read(&agent.files)?);
        let seen = rules.seen_apart(self.entries(&mirror, &base).await?).await?;
        cell.fill(mirror.clone(), seen.clone());
        let workspace = Workspace::new(
            agent.id,
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
    async fn fetch(&self, mirror: &Mirror, branch: &str) -> Result<Option<Base>, EngineError> {
        let fetch = |credentials| {
            let (mirror, branch) = (mirror.clone(), branch.to_owned());
            let (stop, hub) = (self.wishes.stop.clone(), self.hub().clone());
            let fetched = tokio::task::spawn_blocking(move || {
                let mut told: Option<Instant> = None;
                mirror.fetch(&branch, &credentials, &mut |progress| {
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
        let agent = self.agent();
        let fetched = tokio::select! {
            fetched = self.shared.with_credentials(Some(&agent), mirror.remote(), fetch) => fetched,
            () = self.wishes.stop.cancelled() => return Ok(None),
        };
        match fetched {
            Ok(base) => Ok(Some(base)),
            Err(_) if self.wishes.stop.is_cancelled() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the base tree and writes down that the clone is there.
    async fn entries(&self, mirror: &Mirror, base: &Base) -> Result<Vec<TreeEntry>, EngineError> {
        let (mirror, tree) = (mirror.clone(), base.tree.clone());
        let read = tokio::task::spawn_blocking(move || {
            Ok::<_, EngineError>((mirror.entries(&tree)?, mirror.submodules(&tree)?))
        });
        let (entries, submodules) =
            read.await.map_err(|_| EngineError::Panicked { verb: "read the tree" })??;
        let bytes: u64 = entries.iter().map(|entry| entry.size).sum();
        let mut notes: Vec<String> = submodules
            .iter()
            .map(|module| {
                let path = anchorhold_repo::path_to_text(&module.path);
                format!("the submodule {path} stays as it is; its files are not in the workspace")
            })
            .collect();
        let lfs = entries.iter().filter(|entry| entry.lfs).count();
        if lfs > 0 {
            notes.push(format!("{lfs} files are Git LFS pointers; their content is not in the workspace"));
        }
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
    Signal::CloneProgress {
        received: count(progress.received_objects),
        total: count(progress.total_objects),
        kib: count(progress.received_bytes / 1024),
    }
}
