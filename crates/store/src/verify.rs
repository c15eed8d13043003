//! Proof that an agent's row is what its log says.

use crate::error::{Result, StoreError};
use crate::open::Store;
use anchorhold_domain::{Agent, AgentId, Delivery, Event, EventKind, NewAgent};

const PAGE: u32 = 1000;

impl Store {
    /// Folds an agent's log from its creation and compares the result with its row.
    ///
    /// The particulars it was created with are taken from the row where the log is one of the first
    /// version, which does not hold them.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where they differ, or where the log cannot be folded.
    pub async fn verify(&self, id: AgentId) -> Result<()> {
        // Read before the log, so that events which arrive meanwhile are told apart by number.
        let row = self.agent(id).await?;
        let first = self.events(id, 0, 1).await?.into_iter().next();
        let mut folded = created(&row, first)?;
        while folded.last_seq < row.last_seq {
            let page = self.events(id, folded.last_seq, PAGE.min(row.last_seq - folded.last_seq)).await?;
            if page.is_empty() {
                return Err(differs(id, format!("the log ends at event {}", folded.last_seq)));
            }
            for event in page {
                if event.seq != folded.last_seq + 1 {
                    return Err(differs(id, format!("event {} follows {}", event.seq, folded.last_seq)));
                }
                folded.advance(&event).map_err(|e| differs(id, format!("event {}: {e}", event.seq)))?;
            }
        }
        if folded != row {
            return Err(differs(id, format!("the row is {row:?} and the log says {folded:?}")));
        }
        Ok(())
    }
}

fn created(row: &Agent, first: Option<Event>) -> Result<Agent> {
    let Some(Event { seq: 1, at, kind: EventKind::Created { task, agent, .. } }) = first else {
        return Err(differs(row.id, "the log does not begin with the creation".to_owned()));
    };
    let new = agent.map_or_else(|| of_row(row, task), |agent| *agent);
    Ok(Agent::new(row.id, new, row.user_id.clone(), at))
}

fn of_row(row: &Agent, task: String) -> NewAgent {
    NewAgent {
        name: row.name.clone(),
        task,
        github_repo: row.github_repo.clone(),
        source_branch: row.source_branch.clone(),
        target_branch: row.target_branch.clone(),
        model: row.model.clone(),
        fallback: row.fallback.clone(),
        limits: row.limits,
        files: row.files.clone(),
        // Such an agent was created before there were others.
        history_depth: None,
        delivery: Delivery::default(),
    }
}

fn differs(id: AgentId, found: String) -> StoreError {
    StoreError::Corrupt { table: "agents", row: id.to_string(), found }
}
