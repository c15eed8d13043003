//! What is done about a request that failed: the one place where the class of a failure is judged.

use crate::config::Patience;
use anchorhold_domain::{Event, EventKind, PauseReason};
use anchorhold_model::{ErrorClass, ModelError};
use std::time::Duration;

/// The longest wait that a provider can ask for and a run sits out; a longer one is a spent quota.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What is done about a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is made again in a moment, and after some tries of another model, or much later.
    Again,
    /// There must be room in the conversation first.
    TooLong,
    /// The provider wants nothing of us for a long time, where it says so for this long.
    Later(Option<Duration>),
    /// It fails whenever it is made: another model may do, else the user must.
    Elsewhere,
    /// The user must look at it.
    Ask,
}

/// Judges a failure.
pub(super) fn verdict(error: &ModelError) -> Verdict {
    match error.class {
        ErrorClass::RateLimited
        | ErrorClass::Overloaded
        | ErrorClass::Network
        | ErrorClass::Server
        | ErrorClass::Nonsense => match error.retry_after {
            Some(wait) if wait > LONGEST_WAIT => Verdict::Later(Some(wait)),
            Some(_) | None => Verdict::Again,
        },
        ErrorClass::ContextLength => Verdict::TooLong,
        ErrorClass::InvalidKey | ErrorClass::NotFound | ErrorClass::BadRequest => Verdict::Elsewhere,
        // What one model declines is not asked of another behind the user's back.
        ErrorClass::Refused | ErrorClass::OutputLimit => Verdict::Ask,
    }
}

/// What the gate of the key hears of a failure.
pub(super) enum Pressure {
    /// The provider is too busy, and wants to be left alone for this long where it says so.
    Limited(Option<Duration>),
    /// It says nothing about how busy the provider is.
    None,
}

/// Says whether a failure means that too much is asked of the provider.
pub(super) fn pressure(error: &ModelError) -> Pressure {
    match error.class {
        ErrorClass::RateLimited | ErrorClass::Overloaded => {
            // A spent quota is told to each agent, which then waits for it without a slot.
            Pressure::Limited(error.retry_after.filter(|wait| *wait <= LONGEST_WAIT))
        }
        ErrorClass::Network
        | ErrorClass::Server
        | ErrorClass::Nonsense
        | ErrorClass::ContextLength
        | ErrorClass::InvalidKey
        | ErrorClass::NotFound
        | ErrorClass::BadRequest
        | ErrorClass::Refused
        | ErrorClass::OutputLimit => Pressure::None,
    }
}

/// How long to wait before the next try: what the provider says, else a part of a time that doubles with
/// each try, drawn by chance, so that agents that failed together do not return together.
pub(super) fn wait(error: &ModelError, attempt: u32, patience: &Patience) -> Duration {
    error.retry_after.unwrap_or_else(|| longest(attempt, patience).mul_f64(fastrand::f64()))
}

fn longest(attempt: u32, patience: &Patience) -> Duration {
    let doubled = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    patience.first_wait.saturating_mul(doubled).min(patience.longest_wait)
}

/// How long a pause for the provider lasts: it doubles while pause follows pause without an answer.
///
/// It is counted from the log, so that a restart does not begin anew.
pub(super) fn pause_length(events: &[Event], patience: &Patience) -> Duration {
    let since_answer = events.iter().rev().take_while(|event| {
        !matches!(event.kind, EventKind::ModelAnswered { .. } | EventKind::Compacted { .. })
    });
    let pauses = since_answer
        .filter(|event| {
            matches!(event.kind, EventKind::Paused { reason: PauseReason::Provider, until: Some(_), .. })
        })
        .count();
    let doubled = u32::try_from(pauses).ok().and_then(|pauses| 1_u32.checked_shl(pauses));
    patience.first_pause.saturating_mul(doubled.unwrap_or(u32::MAX)).min(patience.longest_pause)
}

#[cfg(test)]
mod tests {
    use super::{longest, pause_length};
    use crate::config::Patience;
    use anchorhold_domain::{Event, EventKind, PauseReason, Timestamp, Usage};
    use std::time::Duration;

    #[test]
    fn the_waits_double_up_to_the_longest_and_all_tries_take_a_few_minutes_at_most() {
        let patience = Patience::default();
        let waits: Vec<u64> =
            (1..patience.tries).map(|attempt| longest(attempt, &patience).as_secs()).collect();
        assert_eq!(waits, [4, 8, 16, 32, 60]);
        assert_eq!(longest(u32::MAX, &patience), patience.longest_wait);
    }

    #[test]
    fn pauses_for_the_provider_double_to_an_hour_until_an_answer_comes() {
        let paused = || EventKind::Paused {
            reason: PauseReason::Provider,
            limit: None,
            until: Some(Timestamp(1)),
            fault: None,
        };
        let answered = || EventKind::ModelAnswered {
            request: 1,
            text: String::new(),
            reasoning: None,
            replay: None,
            usage: Usage::default(),
            cost: None,
            duration_ms: 0,
        };
        let mut events = Vec::new();
        let mut lengths = Vec::new();
        for number in 0..8 {
            lengths.push(pause_length(&events, &Patience::default()).as_secs() / 60);
            let kind = if number == 5 { answered() } else { paused() };
            events.push(Event { seq: number, at: Timestamp(0), kind });
            events.push(Event { seq: number, at: Timestamp(0), kind: EventKind::Resumed });
        }
        assert_eq!(lengths, [5, 10, 20, 40, 60, 60, 5, 10]);
        assert_eq!(
            pause_length(&vec![events[0].clone(); 64], &Patience::default()),
            Duration::from_secs(3600)
        );
    }
}
