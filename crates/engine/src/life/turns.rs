//! The run: instruction by instruction, answer by answer, until there is nothing left to do.

use super::cell::OpeningCell;
use super::look_back::LookBack;
use super::lost::Losses;
use super::mentions::Attached;
use super::model::{Asked, OpeningVoice, Voice};
use super::{Ended, Life};
use crate::EngineError;
use crate::history::History;
use crate::prompt::outside;
use crate::review::compared_with;
use crate::rules::{self, Rules, Seen};
use crate::tools::{self, AnyTool};
use crate::workspace::Workspace;
use anchorhold_domain::{Agent, EventKind, Instruction, PauseReason, Status};
use std::sync::Arc;

/// Everything that a run holds while it lasts.
pub(super) struct Run {
    pub(super) voice: Voice,
    pub(super) tools: Vec<Arc<dyn AnyTool>>,
    pub(super) history: History,
    pub(super) workspace: Workspace,
    pub(super) cell: OpeningCell,
    pub(super) losses: Losses,
    pub(super) look_back: LookBack,
}

impl Life {
    /// Goes on in the workspace as it is, or in one rebuilt from the last checkpoint.
    pub(super) async fn go_on(&self, rebuild: bool, by_itself: bool) -> Result<Ended, EngineError> {
        let agent = self.agent();
        let rules = Arc::new(Rules::read(&agent.files)?);
        let at_checkpoint = if rebuild { None } else { self.volume_at_checkpoint(&agent).await? };
        let base_tree = agent.base_tree.clone().ok_or(EngineError::Panicked { verb: "read the base" })?;
        let docker = match by_itself {
            true => match self.engine_awaited().await? {
                Ok(docker) => docker,
                Err(ended) => return Ok(ended),
            },
            false => self.shared.docker().await?,
        };
        let mirror = self.shared.mirror(&agent.github_repo).await?;
        let cell = self.open_cell(docker, at_checkpoint);
        let voice = self.open_voice();
        // A run that was cut off did not come to that.
        self.shared.take_back(&mirror, &agent).await?;
        let (reader, known, seeing) = (mirror.clone(), Arc::clone(&agent), Arc::clone(&rules));
        let stop = self.wishes.stop.clone();
        let read = tokio::task::spawn_blocking(move || {
            let compared = compared_with(&reader, &known)?.unwrap_or_else(|| base_tree.clone());
            let tree = match &known.checkpoint {
                Some(commit) => reader.tree_of(commit)?,
                None => base_tree,
            };
            let seen = seeing.seen(reader.entries(&tree, &|| stop.is_cancelled())?);
            Ok::<_, EngineError>((compared, tree, seen))
        });
        let (compared, tree, seen) =
            read.await.map_err(|_| EngineError::Panicked { verb: "read the tree" })??;
        cell.fill(mirror.clone(), seen.clone());
        let workspace = Workspace::new(
            mirror,
            compared,
            agent.checkpoint.clone(),
            tree,
            rules,
            cell.state(),
            self.shared.config.clock,
        );
        self.run_turns(workspace, cell, voice, &seen).await
    }

    /// The volume whose workspace is at the last checkpoint; `None` where none can be.
    ///
    /// The log ends here: read whole it may be large, and a run lasts.
    async fn volume_at_checkpoint(&self, agent: &Agent) -> Result<Option<String>, EngineError> {
        let log = self.resident.log.store().all_events(agent.id, 0).await?;
        // What was kept out until now is missing in the workspace, and the other way round.
        if rules::outdated(&log, &agent.files) {
            return Ok(None);
        }
        // A volume of another engine is older, or newer than one that was used since.
        let opened = log.into_iter().rev().find_map(|event| match event.kind {
            EventKind::CellOpened { volume, .. } => Some(volume),
            _ => None,
        });
        Ok(opened.flatten())
    }

    /// Runs until the log says that the run has ended.
    pub(super) async fn run_turns(
        &self,
        workspace: Workspace,
        cell: OpeningCell,
        voice: OpeningVoice,
        seen: &Seen,
    ) -> Result<Ended, EngineError> {
        let agent = self.agent();
        let workspace = workspace.based_on(agent.base_commit.clone()).parsed_by(self.shared.parser.clone());
        let tools = tools::all();
        let specs = tools.iter().map(|tool| tool.spec()).collect();
        let history = History::new(self.prompt(&workspace, seen).await?, specs);
        let history = history.named(agent.id).read(self.resident.log.store(), agent.id).await?;
        let prepared = voice.await.map_err(|_| EngineError::Panicked { verb: "prepare the model" })??;
        let voice = match prepared {
            Ok(voice) => voice,
            Err(fault) => {
                // Nobody but the user can open a keychain, and asking again by itself would ask them.
                self.hold(PauseReason::Provider, None, Some(fault)).await?;
                cell.settled().await;
                return Ok(Ended::Told);
            }
        };
        let (losses, look_back) = (Losses::default(), LookBack::default());
        let mut run = Run { voice, tools, history, workspace, cell, losses, look_back };
        let ended = self.turns(&mut run).await;
        run.cell.settled().await;
        ended
    }

    async fn turns(&self, run: &mut Run) -> Result<Ended, EngineError> {
        loop {
            if self.wishes.stop.is_cancelled() {
                return Ok(Ended::Stopped);
            }
            if self.wishes.wants_pause() {
                let paused =
                    EventKind::Paused { reason: PauseReason::User, limit: None, until: None, fault: None };
                self.resident.log.append(vec![paused]).await?;
                return Ok(Ended::Told);
            }
            if run.history.wrapping_up() {
                return self.wrap_up_run(run).await;
            }
            // Calls without a result: just requested, or left over by a crash.
            if !run.history.open_calls().is_empty() {
                match self.run_calls(run).await? {
                    None => continue,
                    Some(ended) => return Ok(ended),
                }
            }
            self.heed(run).await?;
            if !run.history.turn_open()
                && let Some(ended) = self.break_silence(run).await?
            {
                return Ok(ended);
            }
            if !run.history.turn_open() {
                if self.resident.log.waiting().await.is_empty() {
                    // The cell's report belongs before the end of the run; a turn need not wait for it.
                    run.cell.settled().await;
                }
                if self.next_turn(run).await? == Status::Completed {
                    return Ok(Ended::Told);
                }
                continue;
            }
            if let Some(ended) = self.hold_at_limits(run).await? {
                return Ok(ended);
            }
            if let Some(ended) = self.notice_loops(run).await? {
                return Ok(ended);
            }
            let (used, asked) = (self.agent().usage, run.voice.choice.clone());
            if let Some(ended) = self.make_room(run).await? {
                return Ok(ended);
            }
            // A summary was a request too, and may have used up a limit or brought another model.
            if self.agent().usage != used || run.voice.choice != asked {
                continue;
            }
            match self.ask_model(run).await? {
                Asked::Answered | Asked::Again => {}
                Asked::Stopped => return Ok(Ended::Stopped),
                Asked::Held => return Ok(Ended::Told),
            }
        }
    }

    /// Takes the next instruction, or completes the run; nothing queued in between is missed. While a turn is
    /// open it takes only what is to be heard in its middle, and ends nothing.
    pub(super) async fn next_turn(&self, run: &mut Run) -> Result<Status, EngineError> {
        let open = run.history.turn_open();
        let first = self.resident.log.waiting().await.into_iter().next();
        let attached = match &first {
            // Only the user's own words mention files; others' that they quote do not.
            Some(next) => self.attach(run, &outside(&next.text)).await?,
            None => Attached::default(),
        };
        let (whole, blob) = attached.text.unzip();
        let (shown, note) = (attached.shown, attached.note);
        let outcome = run.history.outcome();
        let decide = |_: &Agent, waiting: &[Instruction]| {
            Ok(match next(open, first, waiting) {
                Next::End => {
                    vec![EventKind::Completed { summary: outcome.0, unverified: outcome.1 }]
                }
                Next::Turn(Instruction { id: instruction, text, .. }) => {
                    let started = EventKind::TurnStarted { instruction, text, shown, attached: blob };
                    let noted = note.map(|message| EventKind::Noted { message });
                    std::iter::once(started).chain(noted).collect()
                }
                Next::Look => vec![],
            })
        };
        let appended = self.resident.log.append_if(decide).await?;
        for event in appended.events.iter() {
            run.history.take(event, whole.clone());
        }
        Ok(appended.agent.status)
    }
}

/// What follows.
#[derive(Debug, PartialEq)]
enum Next {
    /// This instruction.
    Turn(Instruction),
    /// The end of the run.
    End,
    /// The queue is not as it was; the caller looks again.
    Look,
}

/// Decides it by the queue as it is now: `first` is what was the first when its files were read.
fn next(open: bool, first: Option<Instruction>, waiting: &[Instruction]) -> Next {
    match (waiting.first(), first) {
        (None, None) if !open => Next::End,
        (Some(now), Some(first)) if (now.id, &now.text) == (first.id, &first.text) && (!open || now.now) => {
            Next::Turn(first)
        }
        (None | Some(_), _) => Next::Look,
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, next};
    use anchorhold_domain::{Instruction, InstructionId, Timestamp};

    fn instruction(id: u128, text: &str, now: bool) -> Instruction {
        let id = InstructionId(uuid::Uuid::from_u128(id));
        Instruction { id, text: text.to_owned(), queued_at: Timestamp(0), now }
    }

    #[test]
    fn whatever_becomes_of_the_queue_in_between_an_open_turn_takes_only_what_was_sent_into_it() {
        let (sent, waits) = (instruction(1, "a", true), instruction(2, "b", false));
        let turn = |of: &Instruction| Next::Turn(of.clone());
        let cases = [
            // Whether a turn is open, what was looked at, what is first now, and what follows.
            (true, Some(&sent), Some(&sent), turn(&sent)),
            // It was taken back, and what comes next waits for the end of the turn.
            (true, Some(&sent), Some(&waits), Next::Look),
            (true, Some(&sent), None, Next::Look),
            (true, Some(&waits), Some(&waits), Next::Look),
            (true, None, None, Next::Look),
            (false, Some(&sent), Some(&sent), turn(&sent)),
            (false, Some(&waits), Some(&waits), turn(&waits)),
            (false, Some(&sent), Some(&waits), Next::Look),
            (false, None, Some(&waits), Next::Look),
            (false, Some(&waits), None, Next::Look),
            (false, None, None, Next::End),
        ];
        for (open, first, now, follows) in cases {
            let waiting: Vec<Instruction> = now.into_iter().cloned().collect();
            assert_eq!(next(open, first.cloned(), &waiting), follows, "{open} {first:?} {now:?}");
        }
        let reworded = instruction(2, "c", false);
        assert_eq!(next(false, Some(waits), &[reworded]), Next::Look);
    }
}
