//! What an agent changed, for people to read before it is pushed.

use crate::{Engine, EngineError};
use anchorhold_domain::{Agent, AgentId, DiffWindow, EditedFileDiff, FileChange};
use anchorhold_repo::{Context, Mirror};

/// The two trees that a review compares.
struct Sides {
    mirror: Mirror,
    /// As [`compared_with`] says.
    base: String,
    tree: String,
}

impl Engine {
    /// Returns the files that differ from the base, or from what the work was put onto.
    ///
    /// # Errors
    /// Those of the repository.
    pub async fn changes(&self, id: AgentId) -> Result<Vec<FileChange>, EngineError> {
        self.compare(id, Vec::new(), |sides| Ok(sides.mirror.changes(&sides.base, &sides.tree)?)).await
    }

    /// Returns the files that differ, each with its patch, all from one comparison: the agent may be at work.
    pub(crate) async fn edited_files(&self, id: AgentId) -> Result<Vec<EditedFileDiff>, EngineError> {
        let look = |sides: Sides| {
            let changes = sides.mirror.changes_with_patches(&sides.base, &sides.tree)?;
            Ok(changes.into_iter().map(|(change, diff)| EditedFileDiff { change, diff }).collect())
        };
        self.compare(id, Vec::new(), look).await
    }

    /// Returns everything that differs from the base as one unified patch.
    ///
    /// # Errors
    /// Those of the repository.
    pub async fn patch(&self, id: AgentId) -> Result<String, EngineError> {
        self.compare(id, String::new(), |sides| Ok(sides.mirror.patch(&sides.base, &sides.tree)?)).await
    }

    /// Returns one file's difference from the base as a unified patch.
    ///
    /// # Errors
    /// Where the file does not differ.
    pub async fn file_patch(&self, id: AgentId, path: &str) -> Result<String, EngineError> {
        let path = path.to_owned();
        self.compare(id, String::new(), move |sides| {
            Ok(sides.mirror.file_patch(&sides.base, &sides.tree, &path)?)
        })
        .await
    }

    /// Returns some rows of a file's difference from the base, aligned and highlighted.
    ///
    /// # Errors
    /// Where nothing differs at that path.
    pub async fn diff_window(
        &self,
        id: AgentId,
        path: &str,
        from_row: u32,
        row_count: u32,
    ) -> Result<DiffWindow, EngineError> {
        let path = path.to_owned();
        let look = move |sides: Sides| {
            let context = Context::default();
            Ok(Some(sides.mirror.diff_window(
                &sides.base,
                &sides.tree,
                &path,
                context,
                from_row,
                row_count,
            )?))
        };
        let agent = self.agent(id).await?;
        let nothing =
            || EngineError::NothingToPush { name: agent.name.clone(), branch: agent.source_branch.clone() };
        self.compare(id, None, look).await?.ok_or_else(nothing)
    }

    /// Returns the tree that a push would carry; `None` where nothing was changed.
    ///
    /// # Errors
    /// Those of the repository.
    pub async fn reviewed_tree(&self, id: AgentId) -> Result<Option<String>, EngineError> {
        self.compare(id, None, |sides| Ok(Some(sides.tree))).await
    }

    async fn compare<T: Send + 'static>(
        &self,
        id: AgentId,
        nothing: T,
        look: impl FnOnce(Sides) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let agent = self.agent(id).await?;
        let Some(checkpoint) = agent.checkpoint.clone() else { return Ok(nothing) };
        let mirror = self.shared().mirror(&agent.github_repo).await?;
        let looking = tokio::task::spawn_blocking(move || {
            let Some(base) = compared_with(&mirror, &agent)? else { return Ok(nothing) };
            let tree = mirror.tree_of(&checkpoint)?;
            look(Sides { mirror, base, tree })
        });
        looking.await.map_err(|_| EngineError::Panicked { verb: "compare the trees" })?
    }
}

/// The tree from which only the agent's own work differs: that of what the work was put onto, where it was,
/// so that what others did there is not shown as the agent's, else the base's.
///
/// # Errors
/// Where that commit is not in the mirror.
pub(crate) fn compared_with(mirror: &Mirror, agent: &Agent) -> Result<Option<String>, EngineError> {
    match &agent.reapplied_onto {
        Some(commit) => Ok(Some(mirror.tree_of(commit)?)),
        None => Ok(agent.base_tree.clone()),
    }
}
