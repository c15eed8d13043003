//! What an agent may use: a warning when it is nearly used up, and a pause that asks when it is.
//!
//! Limits are looked at before every request. One that passes in the middle of a request or a tool call
//! ends the run before the next request; nothing is cut off for it. Where the next request alone would
//! surely go beyond a limit of tokens or money, counting only what it reads, the agent is held before it
//! is made. So a limit is exceeded by the answer to one request at most, with those of its tries that were lost,
//! and limits of the day by that of one request of each agent that is at work.

use super::look_back::LookBack;
use super::turns::Run;
use super::{Ended, Life};
use crate::EngineError;
use crate::engine::{Engine, Shared};
use crate::ledger::{Coming, Day};
use anchorhold_domain::{
    Agent, DayUsage, Event, EventKind, Fault, LimitKind, Limits, PauseReason, Timestamp, Usage,
};
use anchorhold_model::ModelInfo;
use std::sync::Arc;

/// The part of a limit, in percent, at which the user is warned.
const NEAR: u64 = 80;

/// How much of one limit is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Meter {
    kind: LimitKind,
    used: u32,
    /// What the next request uses at least.
    coming: u32,
    most: u32,
}

/// What holds an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Held {
    /// A limit is used up, or will be by the next request.
    By(Meter),
    /// Money is limited and nobody knows what a request costs.
    Unpriced(LimitKind),
}

impl Life {
    /// Holds the agent where a limit is used up; `Some` where the run ends with that.
    pub(super) async fn hold_at_limits(&self, run: &mut Run) -> Result<Option<Ended>, EngineError> {
        self.look_back(run).await?;
        let agent = self.agent();
        let now = self.resident.log.now();
        let coming = coming(run.look_back.last_input, &run.voice.info);
        let own = own_meters(&agent, now, coming);
        let limits = self.shared.settings.borrow().day_limits;
        let mut day_meters = Vec::new();
        let held = held(&own).or_else(|| unpriced(&agent)).or_else(|| {
            self.shared.ledger.claim(agent.id, coming, |today, others| {
                day_meters = of_the_day(&limits, today, others, coming);
                held(&day_meters).or_else(|| unpriced_day(&agent, &limits))
            })
        });
        let day = self.shared.ledger.day(now);
        if let Some(held) = held {
            let paused = paused(&held, run.look_back.held_by, day, &agent.name);
            self.resident.log.append(vec![paused]).await?;
            self.look_again_where_other_limits_hold(&limits);
            return Ok(Some(Ended::Told));
        }
        let warned = &run.look_back.warned;
        let new = own.into_iter().chain(day_meters).filter(|meter| !meter.was_told(warned, day));
        let neared: Vec<EventKind> = new.filter(Meter::is_near).map(Meter::warning).collect();
        if !neared.is_empty() {
            self.resident.log.append(neared).await?;
        }
        Ok(None)
    }

    /// Whoever changed the limits of the day in this moment did not see that this agent is held.
    fn look_again_where_other_limits_hold(&self, held_with: &Limits) {
        if self.shared.settings.borrow().day_limits != *held_with {
            let (shared, id) = (Arc::clone(&self.shared), self.resident.log.id());
            self.shared.tasks.spawn(async move { Engine::over(shared).release_or_warn(id).await });
        }
    }
}

/// Whether an agent that a limit of the day holds, as its log tells, would be held by one now; `None` where
/// none of them holds it.
pub(crate) fn day_still_holds(shared: &Shared, agent: &Agent, events: &[Event]) -> Option<bool> {
    let paused = events.iter().rev().find_map(|event| match &event.kind {
        EventKind::Paused { limit, .. } => Some(*limit),
        _ => None,
    });
    paused.flatten().filter(|kind| is_of_the_day(*kind))?;
    let coming = coming(LookBack::over(events).last_input, &shared.model_info(&agent.model));
    let limits = shared.settings.borrow().day_limits;
    let (today, others) = shared.ledger.before(agent.id);
    let held = held(&of_the_day(&limits, &today, others, coming)).or_else(|| unpriced_day(agent, &limits));
    Some(held.is_some())
}

impl Meter {
    fn is_used_up(&self) -> bool {
        self.used >= self.most || self.used.saturating_add(self.coming) > self.most
    }

    fn is_near(&self) -> bool {
        u64::from(self.used) * 100 >= u64::from(self.most) * NEAR
    }

    /// Whether the user was warned of this limit as it is now; of one of the day, today.
    fn was_told(&self, warned: &[(LimitKind, u32, Timestamp)], day: Day) -> bool {
        warned.iter().any(|(kind, most, at)| {
            (*kind, *most) == (self.kind, self.most) && (!is_of_the_day(*kind) || *at >= day.since)
        })
    }

    fn warning(self) -> EventKind {
        EventKind::LimitNeared { limit: self.kind, used: self.used, most: self.most }
    }
}

/// What is known of the next request: it reads what the last one read, and more.
///
/// Whatever the provider has in its cache it may read for less, and nobody knows how much that is.
fn coming(last_input: u32, info: &ModelInfo) -> Coming {
    let cost = info.price.as_ref().map_or(0, |price| {
        let reading = |cached_tokens| {
            price.cost(&Usage { input_tokens: last_input, cached_tokens, ..Usage::default() })
        };
        reading(0).min(reading(last_input))
    });
    Coming { tokens: last_input, cost, requests: 1 }
}

fn own_meters(agent: &Agent, now: Timestamp, coming: Coming) -> Vec<Meter> {
    let Limits { tokens, turns, seconds, money } = agent.limits;
    meters([
        (LimitKind::Turns, agent.requests, 0, turns),
        (LimitKind::Tokens, agent.usage.total(), coming.tokens, tokens),
        (LimitKind::Money, agent.cost, coming.cost, money),
        (LimitKind::Time, agent.ran_seconds(now), 0, seconds),
    ])
}

/// The meters of the day, to which the requests of other agents count that have no answer yet.
fn of_the_day(limits: &Limits, today: &DayUsage, others: Coming, coming: Coming) -> Vec<Meter> {
    let Limits { tokens, turns, seconds, money } = *limits;
    meters([
        (LimitKind::DayTurns, today.requests.saturating_add(others.requests), 0, turns),
        (LimitKind::DayTokens, today.usage.total().saturating_add(others.tokens), coming.tokens, tokens),
        (LimitKind::DayMoney, today.cost.saturating_add(others.cost), coming.cost, money),
        (LimitKind::DayTime, today.seconds, 0, seconds),
    ])
}

fn meters(all: [(LimitKind, u32, u32, Option<u32>); 4]) -> Vec<Meter> {
    all.into_iter()
        .filter_map(|(kind, used, coming, most)| Some(Meter { kind, used, coming, most: most? }))
        .collect()
}

fn held(meters: &[Meter]) -> Option<Held> {
    meters.iter().find(|meter| meter.is_used_up()).copied().map(Held::By)
}

/// A limit of money holds nothing where the price is not known; one of tokens stands in for it.
fn unpriced(agent: &Agent) -> Option<Held> {
    let limits = &agent.limits;
    let holds = limits.money.is_none() || limits.tokens.is_some() || agent.unpriced == 0;
    (!holds).then_some(Held::Unpriced(LimitKind::Money))
}

/// The same for the day, where the agent's own limit of tokens stands in as well.
fn unpriced_day(agent: &Agent, day: &Limits) -> Option<Held> {
    let bounded = day.tokens.is_some() || agent.limits.tokens.is_some();
    let holds = day.money.is_none() || bounded || agent.unpriced == 0;
    (!holds).then_some(Held::Unpriced(LimitKind::DayMoney))
}

fn paused(held: &Held, before: Option<LimitKind>, day: Day, name: &str) -> EventKind {
    let (limit, until, fault) = match held {
        Held::By(meter) => (
            meter.kind,
            // Nobody has to raise what is there again tomorrow.
            is_of_the_day(meter.kind).then_some(day.until),
            words(meter, before == Some(meter.kind)),
        ),
        Held::Unpriced(kind) => (*kind, None, Some(price_unknown(*kind, name))),
    };
    EventKind::Paused { reason: PauseReason::Limit, limit: Some(limit), until, fault }
}

/// What the user has to know beyond which limit it is.
fn words(meter: &Meter, again: bool) -> Option<Fault> {
    let Meter { kind, used, coming, most } = *meter;
    let (used_up, hint) = (used >= most, "raise the limit further, let the agent wrap up, or leave it");
    let (code, message) = if !used_up {
        let message = format!(
            "keep the limit of {}: {} are used, and what was said so far alone makes it {} more",
            amount(kind, most),
            amount(kind, used),
            amount(kind, coming)
        );
        ("limit_too_near", message)
    } else if again {
        let message = format!(
            "go on: the limit of {} is still reached, with {} used",
            amount(kind, most),
            amount(kind, used)
        );
        ("limit_still_reached", message)
    } else {
        return None;
    };
    Some(Fault { code: code.to_owned(), message, hint: Some(hint.to_owned()) })
}

fn price_unknown(kind: LimitKind, name: &str) -> Fault {
    let whose = if is_of_the_day(kind) { "the day's limit of money" } else { "the limit of money" };
    Fault {
        code: "price_unknown".to_owned(),
        message: format!("keep {whose}: the price of the model that {name:?} asks is not known"),
        hint: Some("set a limit of tokens, which holds without a price, and resume the agent".to_owned()),
    }
}

/// An amount as people say it.
fn amount(kind: LimitKind, amount: u32) -> String {
    match kind {
        LimitKind::Tokens | LimitKind::DayTokens => format!("{amount} tokens"),
        LimitKind::Turns | LimitKind::DayTurns => format!("{amount} requests"),
        LimitKind::Time | LimitKind::DayTime => format!("{amount} s"),
        LimitKind::Money | LimitKind::DayMoney => format!("${:.4}", f64::from(amount) / 1e6),
    }
}

fn is_of_the_day(kind: LimitKind) -> bool {
    match kind {
        LimitKind::Tokens | LimitKind::Turns | LimitKind::Time | LimitKind::Money => false,
        LimitKind::DayTokens | LimitKind::DayTurns | LimitKind::DayTime | LimitKind::DayMoney => true,
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
