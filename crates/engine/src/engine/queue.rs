//! The queue of instructions, and the other readings of the log.

use super::Engine;
use crate::{EngineError, validate};
use anchorhold_domain::{
    Agent, AgentId, AgentRecord, Event, EventKind, Instruction, InstructionId, PauseReason, Status, ToolCall,
};
use std::collections::HashMap;
use uuid::Uuid;

impl Engine {
    /// Queues an instruction; a completed agent takes it up at once.
    ///
    /// # Errors
    /// [`EngineError::InstructionEmpty`] and [`EngineError::InstructionTooLong`].
    pub async fn instruct(&self, id: AgentId, text: &str) -> Result<Instruction, EngineError> {
        let text = validate::instruction(text)?;
        let resident = self.resident(id).await?;
        let instruction = InstructionId(Uuid::now_v7());
        let queued = EventKind::InstructionQueued { id: instruction, text: text.clone() };
        let decide = |agent: &Agent, _: &[_]| match agent.deleted_at {
            None => Ok(vec![queued]),
            Some(_) => Err(EngineError::UnknownAgent(id.to_string())),
        };
        let appended = resident.log.append_if(decide).await?;
        if appended.agent.status == Status::Completed {
            match self.go_on(&resident, EventKind::Resumed).await {
                // Somebody else set it to work at this very moment, and it will take the instruction.
                Ok(_) | Err(EngineError::WrongStatus { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Instruction { id: instruction, text, queued_at: appended.agent.updated_at, now: false })
    }

    /// Rewords an instruction that waits.
    ///
    /// # Errors
    /// [`EngineError::InstructionTaken`] where it is already worked on.
    pub async fn edit_instruction(
        &self,
        id: AgentId,
        instruction: InstructionId,
        text: &str,
    ) -> Result<Vec<Instruction>, EngineError> {
        let text = validate::instruction(text)?;
        self.change_waiting(id, instruction, EventKind::InstructionEdited { id: instruction, text }).await
    }

    /// Takes back an instruction that waits.
    ///
    /// # Errors
    /// [`EngineError::InstructionTaken`] where it is already worked on.
    pub async fn remove_instruction(
        &self,
        id: AgentId,
        instruction: InstructionId,
    ) -> Result<Vec<Instruction>, EngineError> {
        self.change_waiting(id, instruction, EventKind::InstructionRemoved { id: instruction }).await
    }

    /// Puts the waiting instructions in another order; those not named come last.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn reorder_instructions(
        &self,
        id: AgentId,
        ids: Vec<InstructionId>,
    ) -> Result<Vec<Instruction>, EngineError> {
        let resident = self.resident(id).await?;
        resident.log.append(vec![EventKind::InstructionsReordered { ids }]).await?;
        Ok(resident.log.waiting().await)
    }

    /// Lets the model hear a waiting instruction at its next request, or at once by breaking off the
    /// answer that is coming, or the wait for one. Calls that the model asked for are finished first.
    ///
    /// An agent that is done or held sets to work on it, unless it waits for an answer, a limit keeps it, or
    /// it failed: then the instruction goes first when it does. The same holds where it is not started yet,
    /// clones or pushes.
    ///
    /// # Errors
    /// [`EngineError::InstructionTaken`] where it is already worked on.
    pub async fn send_now(
        &self,
        id: AgentId,
        instruction: InstructionId,
        interrupt: bool,
    ) -> Result<Vec<Instruction>, EngineError> {
        let sent = EventKind::InstructionSentNow { id: instruction, interrupt };
        let waiting = self.change_waiting(id, instruction, sent).await?;
        let resident = self.resident(id).await?;
        if hears_at_once(&resident.log.latest()) {
            match self.go_on(&resident, EventKind::Resumed).await {
                // Somebody else set it to work at this very moment, and it will take the instruction.
                Ok(_) | Err(EngineError::WrongStatus { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(waiting)
    }

    async fn change_waiting(
        &self,
        id: AgentId,
        instruction: InstructionId,
        event: EventKind,
    ) -> Result<Vec<Instruction>, EngineError> {
        let resident = self.resident(id).await?;
        let decide = |_: &Agent, waiting: &[Instruction]| {
            if waiting.iter().any(|waits| waits.id == instruction) {
                Ok(vec![event])
            } else {
                Err(EngineError::InstructionTaken)
            }
        };
        resident.log.append_if(decide).await?;
        Ok(resident.log.waiting().await)
    }

    /// Returns an agent with the three readings of its log: tool calls, edited files, queue.
    ///
    /// # Errors
    /// Those of the store and of the repository.
    pub async fn record(&self, id: AgentId) -> Result<AgentRecord, EngineError> {
        let resident = self.resident(id).await?;
        let agent = Agent::clone(&resident.log.latest());
        let tool_calls = tool_calls(&self.events(id, 0).await?);
        let files_edited = self.edited_files(id).await?;
        Ok(AgentRecord { agent, tool_calls, files_edited, instruction_queue: resident.log.waiting().await })
    }

    /// Returns the whole log after an event.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn events(&self, id: AgentId, after_seq: u32) -> Result<Vec<Event>, EngineError> {
        Ok(self.shared.store.all_events(id, after_seq).await?)
    }

    /// Returns a tool call's whole result.
    ///
    /// # Errors
    /// Where nothing is stored under the hash, or what is stored does not match it.
    pub async fn result(&self, hash: &str) -> Result<String, EngineError> {
        Ok(String::from_utf8_lossy(&self.shared.store.blob(hash).await?).into_owned())
    }

    /// Returns the call that waits for an answer of the user.
    pub(super) async fn open_question(&self, id: AgentId) -> Result<Option<String>, EngineError> {
        let mut open = None;
        for event in self.events(id, 0).await? {
            match event.kind {
                EventKind::QuestionAsked { call, .. } => open = Some(call),
                EventKind::QuestionAnswered { .. } => open = None,
                _ => {}
            }
        }
        Ok(open)
    }
}

/// Whether an agent that does not work is set to work by an instruction that is sent now.
pub(crate) fn hears_at_once(agent: &Agent) -> bool {
    match agent.status {
        Status::Completed => true,
        Status::Paused => match agent.pause_reason {
            Some(
                PauseReason::User
                | PauseReason::Stopped
                | PauseReason::Interrupted
                | PauseReason::Provider
                | PauseReason::Quota
                | PauseReason::Loop,
            ) => true,
            Some(PauseReason::Question | PauseReason::Limit) | None => false,
        },
        Status::Idle | Status::Cloning | Status::Running | Status::Pushing | Status::Error => false,
    }
}

/// Folds the log into its tool calls, in order.
fn tool_calls(events: &[Event]) -> Vec<ToolCall> {
    let mut calls: Vec<ToolCall> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for event in events {
        match &event.kind {
            EventKind::ToolRequested { call, tool, label, arguments } => {
                places.insert(call.clone(), calls.len());
                calls.push(ToolCall {
                    id: call.clone(),
                    tool: tool.clone(),
                    label: label.clone(),
                    arguments: arguments.clone(),
                    requested_at: event.at,
                    outcome: None,
                    result: None,
                    result_blob: None,
                    duration_ms: None,
                    edited: Vec::new(),
                    checkpoint: None,
                });
            }
            EventKind::ToolFinished {
                call,
                outcome,
                result,
                result_blob,
                duration_ms,
                edited,
                checkpoint,
                ..
            } => {
                if let Some(found) = places.get(call).and_then(|place| calls.get_mut(*place)) {
                    found.outcome = Some(*outcome);
                    found.result = Some(result.clone());
                    found.result_blob.clone_from(result_blob);
                    found.duration_ms = Some(*duration_ms);
                    found.edited.clone_from(edited);
                    found.checkpoint.clone_from(checkpoint);
                }
            }
            EventKind::QuestionAnswered { call, text } => {
                if let Some(found) = places.get(call).and_then(|place| calls.get_mut(*place)) {
                    found.outcome = Some(anchorhold_domain::ToolOutcome::Ok);
                    found.result = Some(text.clone());
                }
            }
            _ => {}
        }
    }
    calls
}
