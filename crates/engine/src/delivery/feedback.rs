//! What came back for a pull request, as a reading of the log, and how more of it comes into the log.

use super::place::Place;
use super::pull_request::{bounded as bounded_pull_request, is_open};
use super::quoted;
use crate::accounts::Whose;
use crate::engine::{Shared, hears_at_once};
use crate::resident::Resident;
use crate::{Engine, EngineError, validate};
use anchorhold_domain::{
    Agent, AgentId, DeliveryStep, Event, EventKind, Feedback, FeedbackItem, FeedbackKind, Instruction,
    InstructionId, PullRequest, Status,
};
use anchorhold_forge::Feedbacks;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::MutexGuard;
use uuid::Uuid;

/// How many pieces one event holds.
const MOST_AT_ONCE: usize = 50;
/// How many pieces of people's an agent hears of at all, edits included; what is said again and again fills no
/// disk.
const MOST_OF_ALL: usize = 1_000;
/// How many failed checks of one push are heard of, which leave the room for people as it is.
const MOST_CHECKS: usize = 500;
/// How many texts of one piece are heard: a comment that a machine rewrites each minute leaves room for others.
const MOST_TEXTS: usize = 20;
/// How much of a piece's text is kept, in bytes.
const MOST_TEXT: usize = 16 * 1024;
/// How much of a line is kept, in bytes.
const MOST_LINE: usize = 1024;
/// How many notes of a check are kept.
const MOST_ANNOTATIONS: usize = 50;
/// What is said once where no room is left. The log is searched for it, so that it stays as it is.
const NO_ROOM: &str = "more came back for the pull request than is heard of here; read the rest on its page";

/// The feedback that a log tells of, as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// The last event that was read.
    seq: u32,
    /// What is of the pull request that there is now, in the order in which it came.
    items: Vec<FeedbackItem>,
    /// What was heard at all, by its first id.
    known: HashMap<String, Known>,
    /// How many pieces of people's were heard at all.
    count: usize,
    /// How many failed checks of the last push were heard of.
    checks: usize,
    /// Whether it was said that there is no more room.
    no_room: bool,
    /// Whether the user was asked since the last piece came.
    pub(super) asked: bool,
}

/// What was heard of one piece.
#[derive(Debug, Default)]
struct Known {
    /// Tells its last text from others.
    hash: String,
    /// How many texts it had.
    texts: usize,
    /// Whether it is news again although it says the same.
    again: bool,
}

impl Heard {
    /// Takes the events that follow.
    fn take(&mut self, events: &[Event]) {
        for event in events {
            self.seq = event.seq;
            match &event.kind {
                EventKind::FeedbackArrived { items, over } => {
                    self.asked &= items.is_empty();
                    for item in self.items.iter_mut().filter(|item| over.contains(&item.feedback.id)) {
                        item.outdated = true;
                        // The same check can fail again later.
                        self.known.entry(first_id(&item.feedback.id).to_owned()).or_default().again = true;
                    }
                    for item in items {
                        let known = self.known.entry(first_id(&item.id).to_owned()).or_default();
                        let texts = known.texts.saturating_add(1);
                        *known = Known { hash: text_hash(item), texts, again: false };
                        let count =
                            if Feedback::is_check(&item.id) { &mut self.checks } else { &mut self.count };
                        *count = count.saturating_add(1);
                        let feedback = item.clone();
                        self.items.push(FeedbackItem { feedback, taken: false, outdated: false });
                    }
                }
                EventKind::FeedbackTaken { ids, .. } => {
                    for item in &mut self.items {
                        item.taken |= ids.contains(&item.feedback.id);
                    }
                }
                EventKind::PushCompleted { .. } => {
                    self.items.iter_mut().for_each(|item| item.outdated = true);
                    self.checks = 0;
                }
                // It is another pull request's from now on. Where the user comes back to the earlier one, what
                // was not taken is heard anew.
                EventKind::TargetChanged { .. } => {
                    for item in self.items.drain(..) {
                        let known = self.known.entry(first_id(&item.feedback.id).to_owned()).or_default();
                        known.again = !item.taken;
                    }
                }
                EventKind::Noted { message } => self.no_room |= message == NO_ROOM,
                EventKind::DeliveryFailed { step: DeliveryStep::FollowUp, .. } => self.asked = true,
                _ => {}
            }
        }
    }

    /// What became no instruction and can still become one.
    pub(super) fn open(&self) -> impl Iterator<Item = &Feedback> {
        self.items.iter().filter(|item| item.is_open()).map(|item| &item.feedback)
    }

    /// Which open checks of a commit fail no more by what was found.
    fn over(&self, head: &str, found: Option<&Feedbacks>) -> Vec<String> {
        let Some(found) = found else { return Vec::new() };
        let over = self.open().filter(|item| item.commit == head && found.fails_no_more(first_id(&item.id)));
        over.map(|item| item.id.clone()).collect()
    }

    /// What of `items` was not heard before, the oldest first, and whether there was room for all of it. What
    /// was said differently since is heard again, under an id of its own.
    fn news(&self, items: Vec<Feedback>, pushed: Option<&str>) -> (Vec<Feedback>, bool) {
        let mut news: Vec<Feedback> = Vec::new();
        for item in items {
            let mut item = bounded(item);
            let hash = text_hash(&item);
            let is_check = item.kind == FeedbackKind::FailedCheck;
            if is_check != Feedback::is_check(&item.id) || (is_check && pushed != Some(item.commit.as_str()))
            {
                continue;
            }
            match self.known.get(&item.id) {
                Some(known) if known.texts >= MOST_TEXTS => continue,
                // A check that ran says what it says.
                Some(known) if !known.again && (is_check || known.hash == hash) => continue,
                // Counted, since what was said before can be said again.
                Some(known) => item.id = format!("{}@{}", item.id, known.texts.saturating_add(1)),
                None => {}
            }
            if !news.iter().any(|new| new.id == item.id) {
                news.push(item);
            }
        }
        news.sort_by_key(|item| item.at);
        let all = news.len();
        let mut left = [MOST_OF_ALL.saturating_sub(self.count), MOST_CHECKS.saturating_sub(self.checks)];
        let [people, checks] = &mut left;
        news.retain(|item| {
            let left = if Feedback::is_check(&item.id) { &mut *checks } else { &mut *people };
            let fits = *left > 0;
            *left = left.saturating_sub(1);
            fits
        });
        let fits = news.len() == all;
        (news, fits)
    }
}

impl Engine {
    /// Asks GitHub now what came back for an agent's pull request, and follows it up where the agent may.
    ///
    /// # Errors
    /// [`EngineError::PullRequestMissing`], and those of GitHub.
    pub async fn look_for_feedback(&self, id: AgentId) -> Result<(), EngineError> {
        let resident = self.resident(id).await?;
        self.look(&resident).await?;
        self.follow_up(&resident).await
    }

    /// Asks GitHub now what came back for an agent's pull request, and leaves it to the user.
    ///
    /// # Errors
    /// Those of [`Engine::look_for_feedback`].
    pub async fn hear_feedback(&self, id: AgentId) -> Result<(), EngineError> {
        let resident = self.resident(id).await?;
        self.look(&resident).await
    }

    /// Returns what came back for an agent's pull request, in the order in which it came.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn feedback(&self, id: AgentId) -> Result<Vec<FeedbackItem>, EngineError> {
        let resident = self.resident(id).await?;
        let heard = self.heard(&resident).await?;
        Ok(heard.items.clone())
    }

    /// Makes one instruction of pieces of feedback, with the user's own words before them where there are
    /// some. An agent that does not work sets to work on it, as far as an instruction that is sent at once
    /// lets it.
    ///
    /// # Errors
    /// [`EngineError::FeedbackNotOpen`] for a piece that was taken before, is not there, or is about a
    /// commit that another push replaced, and [`EngineError::InstructionEmpty`] where none is named.
    pub async fn take_feedback(
        &self,
        id: AgentId,
        ids: Vec<String>,
        note: Option<String>,
    ) -> Result<Agent, EngineError> {
        let resident = self.resident(id).await?;
        let note = note.filter(|note| !note.trim().is_empty());
        let note = note.map(|note| validate::instruction(&note)).transpose()?;
        let heard = self.heard(&resident).await?;
        let mut chosen: Vec<Feedback> = Vec::with_capacity(ids.len());
        for id in ids {
            if chosen.iter().any(|known| known.id == id) {
                continue;
            }
            let found = heard.open().find(|open| open.id == id).cloned();
            chosen.push(found.ok_or(EngineError::FeedbackNotOpen { id })?);
        }
        if chosen.is_empty() {
            return Err(EngineError::InstructionEmpty);
        }
        self.take(&resident, &chosen, note.as_deref(), 0).await
    }

    /// What was heard so far; nobody else looks or takes while the guard is held.
    pub(super) async fn heard<'a>(
        &self,
        resident: &'a Resident,
    ) -> Result<MutexGuard<'a, Heard>, EngineError> {
        let mut heard = resident.feedback.lock().await;
        let events = self.events(resident.log.id(), heard.seq).await?;
        heard.take(&events);
        Ok(heard)
    }

    /// Writes the instruction and the taking down at once, and sets the agent to work. `attempt` is above 0
    /// where it happens by itself. The caller holds the agent's feedback.
    pub(super) async fn take(
        &self,
        resident: &Arc<Resident>,
        chosen: &[Feedback],
        note: Option<&str>,
        attempt: u32,
    ) -> Result<Agent, EngineError> {
        let latest = resident.log.latest();
        if latest.deleted_at.is_some() {
            return Err(EngineError::UnknownAgent(latest.id.to_string()));
        }
        let text = validate::instruction(&quoted::feedback(latest.pull_request.as_ref(), chosen, note))?;
        let instruction = InstructionId(Uuid::now_v7());
        let taken = vec![
            EventKind::InstructionQueued { id: instruction, text },
            EventKind::FeedbackTaken {
                ids: chosen.iter().map(|item| item.id.clone()).collect(),
                instruction,
                by_itself: attempt > 0,
                attempt,
            },
        ];
        let (mut goes_on, resuming) = (false, [taken.clone(), vec![EventKind::Resumed]].concat());
        // All at once, so that a crash leaves neither feedback taken twice nor an agent that forgot it.
        let resumed = |agent: &Agent, _: &[Instruction]| {
            goes_on = hears_at_once(agent) && agent.base_tree.is_some() && agent.deleted_at.is_none();
            Ok(if goes_on { resuming } else { vec![] })
        };
        let agent = self.set_to_work(resident, resumed).await?;
        if goes_on {
            return Ok(agent);
        }
        Ok(Agent::clone(&resident.log.append(taken).await?.agent))
    }

    /// Asks GitHub, and writes down what is new.
    pub(super) async fn look(&self, resident: &Arc<Resident>) -> Result<(), EngineError> {
        // One after the other, so that no answer is taken for newer than it is. What was heard is known to
        // others meanwhile, since GitHub can be slow.
        let _looking = resident.looking.lock().await;
        let agent = resident.log.latest();
        if agent.deleted_at.is_some() {
            self.shared().watching.looked(&agent);
            return Err(EngineError::UnknownAgent(agent.id.to_string()));
        }
        let missing = || EngineError::PullRequestMissing { name: agent.name.clone() };
        let known = agent.pull_request.as_ref().ok_or_else(missing)?;
        let (pull_request, found) = ask(self.shared(), &agent, known.number).await?;
        let heard = self.heard(resident).await?;
        let over = heard.over(&pull_request.head, found.as_ref());
        let items = found.map(|found| found.items).unwrap_or_default();
        let (news, fits) = heard.news(items, agent.pushed_commit.as_deref());
        let no_room = !fits && !heard.no_room;
        let decide = |latest: &Agent, _: &[Instruction]| {
            let same = latest.pull_request.as_ref().is_some_and(|now| now.number == pull_request.number);
            let pushed = latest.pushed_commit != agent.pushed_commit || latest.status == Status::Pushing;
            if !same || pushed {
                // Another push or branch came in between, or is on its way: the next look tells more.
                return Ok(vec![]);
            }
            let mut events = Vec::new();
            if latest.pull_request.as_ref() != Some(&pull_request) {
                events.push(EventKind::PullRequestChanged { pull_request });
            }
            if !over.is_empty() {
                events.push(EventKind::FeedbackArrived { items: vec![], over });
            }
            let arrived =
                |items: &[Feedback]| EventKind::FeedbackArrived { items: items.to_vec(), over: vec![] };
            events.extend(news.chunks(MOST_AT_ONCE).map(arrived));
            if no_room {
                events.push(EventKind::Noted { message: NO_ROOM.to_owned() });
            }
            Ok(events)
        };
        let latest = resident.log.append_if(decide).await?.agent;
        self.shared().watching.looked(&latest);
        Ok(())
    }
}

/// Asks for the pull request and, while it is open, for what was said of it.
async fn ask(
    shared: &Shared,
    agent: &Agent,
    number: u32,
) -> Result<(PullRequest, Option<Feedbacks>), EngineError> {
    let place = Place::of(shared, &agent.github_repo).await?;
    place
        .ask(shared, Whose::Agent(agent), |forge, Place { owner, name }| async move {
            let mut pull_request = bounded_pull_request(forge.pull_request(&owner, &name, number).await?);
            if !is_open(&pull_request) {
                return Ok((pull_request, None));
            }
            let found = forge.feedback(&owner, &name, &pull_request).await?;
            (pull_request.checks, pull_request.withheld) = (found.checks, found.withheld.clone());
            Ok((pull_request, Some(found)))
        })
        .await
}

/// The id that a piece had when it was first heard.
fn first_id(id: &str) -> &str {
    id.split_once('@').map_or(id, |(first, _)| first)
}

/// Tells one text of a piece from another.
fn text_hash(item: &Feedback) -> String {
    let hash = Sha256::digest(item.body.as_bytes());
    hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// The piece with nothing in it longer than may be kept.
fn bounded(mut item: Feedback) -> Feedback {
    item.id = cut(&item.id, MOST_LINE).replace('@', "-");
    item.author = cut(&item.author, MOST_LINE);
    item.title = cut(&item.title, MOST_LINE);
    item.body = cut(&item.body, MOST_TEXT);
    item.path = item.path.map(|path| cut(&path, MOST_LINE));
    item.commit = cut(&item.commit, MOST_LINE);
    item.url = cut(&item.url, MOST_LINE);
    item.annotations.truncate(MOST_ANNOTATIONS);
    for note in &mut item.annotations {
        note.path = cut(&note.path, MOST_LINE);
        note.level = cut(&note.level, 32);
        note.message = cut(&note.message, MOST_LINE);
    }
    item
}

fn cut(text: &str, most: usize) -> String {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default().to_owned()
}

#[cfg(test)]
#[path = "feedback_tests.rs"]
mod tests;
