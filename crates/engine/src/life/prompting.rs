//! The prompt of a run: put together once, and read back on every later run.

use super::Life;
use crate::EngineError;
use crate::prompt;
use crate::rules::Seen;
use crate::workspace::Workspace;
use anchorhold_domain::EventKind;

impl Life {
    /// Returns what the model is told before the task: what it was told before, unless the rules about
    /// files were changed since.
    pub(super) async fn prompt(&self, workspace: &Workspace, seen: &Seen) -> Result<String, EngineError> {
        let agent = self.agent();
        let store = self.resident.log.store();
        let mut told = None;
        for event in store.all_events(agent.id, 0).await? {
            match event.kind {
                EventKind::PromptPrepared { blob, .. } => told = Some(blob),
                EventKind::FileRulesChanged { .. } => told = None,
                _ => {}
            }
        }
        if let Some(hash) = told {
            return Ok(String::from_utf8_lossy(&store.blob(&hash).await?).into_owned());
        }
        let (rules, (mirror, _), files) = (workspace.rules(), workspace.source(), seen.clone());
        let building = tokio::task::spawn_blocking(move || prompt::build(&agent, &rules, &mirror, &files));
        let prompt = building.await.map_err(|_| EngineError::Panicked { verb: "prepare the prompt" })??;
        let blob = store.put_blob(prompt.text.clone().into_bytes()).await?;
        let prepared = EventKind::PromptPrepared {
            blob,
            guidance: prompt.guidance,
            mapped: prompt.mapped,
            excluded: seen.excluded(),
        };
        self.resident.log.append(vec![prepared]).await?;
        Ok(prompt.text)
    }
}
