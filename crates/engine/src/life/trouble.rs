//! What is done about a request that failed: the one place where the class of a failure is judged.

use crate::config::Patience;
use anchorhold_domain::{Event, EventKind, PauseReason};
use anchorhold_model::{ErrorClass, ModelError};
use std::time::Duration;

/// The longest wait that a provider can ask for and a run sits out; a longer one is a spent quota.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// How long a provider whose quota is spent is left alone where it does not say until when.
const QUOTA: Duration = Duration::from_secs(3600);
/// The shortest pause for a spent quota. Whoever names less means the limit of a minute: Gemini adds a
/// `retryDelay` of some seconds also where the quota of the day is spent, and each pause costs a cell. It is
/// what a run sits out without a pause, so that a pause is always longer than that.
const SHORTEST_QUOTA_PAUSE: Duration = LONGEST_WAIT;

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
        ErrorClass::Quota => Verdict::Later(error.retry_after),
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
        ErrorClass::Quota
        | ErrorClass::Network
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
    let said = error.retry_after.filter(|wait| !wait.is_zero());
    said.unwrap_or_else(|| longest(attempt, patience).mul_f64(fastrand::f64()))
}

fn longest(attempt: u32, patience: &Patience) -> Duration {
    let doubled = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    patience.first_wait.saturating_mul(doubled).min(patience.longest_wait)
}

/// How long a pause for the provider lasts: it doubles while pause follows pause without an answer.
///
/// It is counted from the log, so that a restart does not begin anew.
pub(super) fn pause_length(events: &[Event], patience: &Patience) -> Duration {
    doubled(patience.first_pause, pauses(events, PauseReason::Provider)).min(patience.longest_pause)
}

/// How long a pause for a spent quota lasts: until the time that the provider names, where that can be
/// meant; one that is too short doubles from the shortest pause while pause follows pause.
pub(super) fn quota_pause(named: Option<Duration>, events: &[Event]) -> Duration {
    match named {
        None => QUOTA,
        Some(wait) if wait > SHORTEST_QUOTA_PAUSE => wait,
        Some(_) => doubled(SHORTEST_QUOTA_PAUSE, pauses(events, PauseReason::Quota)).min(QUOTA),
    }
}

/// How many pauses until a time followed each other for this reason since the model answered last.
fn pauses(events: &[Event], why: PauseReason) -> usize {
    let since_answer = events.iter().rev().take_while(|event| {
        !matches!(event.kind, EventKind::ModelAnswered { .. } | EventKind::Compacted { .. })
    });
    since_answer
        .filter(
            |event| matches!(event.kind, EventKind::Paused { reason, until: Some(_), .. } if reason == why),
        )
        .count()
}

fn doubled(first: Duration, times: usize) -> Duration {
    let factor = u32::try_from(times).ok().and_then(|times| 1_u32.checked_shl(times));
    first.saturating_mul(factor.unwrap_or(u32::MAX))
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::{
        LONGEST_WAIT, Pressure, QUOTA, Verdict, longest, pause_length, pressure, quota_pause, verdict, wait,
    };
    use crate::config::Patience;
    use anchorhold_domain::{Event, EventKind, PauseReason, Timestamp, Usage};
    use anchorhold_model::{ErrorClass, ModelError};
    use std::time::Duration;

    fn failed(class: ErrorClass, retry_after: Option<Duration>) -> ModelError {
        ModelError { model: String::new(), address: String::new(), reason: String::new(), class, retry_after }
    }

    #[test]
    fn each_class_of_failure_has_its_verdict() {
        use ErrorClass as Class;
        let cases = [
            (Class::RateLimited, Verdict::Again),
            (Class::Overloaded, Verdict::Again),
            (Class::Network, Verdict::Again),
            (Class::Server, Verdict::Again),
            (Class::Nonsense, Verdict::Again),
            (Class::Quota, Verdict::Later(None)),
            (Class::ContextLength, Verdict::TooLong),
            (Class::InvalidKey, Verdict::Elsewhere),
            (Class::NotFound, Verdict::Elsewhere),
            (Class::BadRequest, Verdict::Elsewhere),
            (Class::Refused, Verdict::Ask),
            (Class::OutputLimit, Verdict::Ask),
        ];
        for (class, expected) in cases {
            assert_eq!(verdict(&failed(class, None)), expected, "{class:?}");
        }
        let long = Some(LONGEST_WAIT + Duration::from_secs(1));
        assert_eq!(verdict(&failed(Class::RateLimited, long)), Verdict::Later(long));
        assert_eq!(verdict(&failed(Class::Quota, long)), Verdict::Later(long));
        assert_eq!(verdict(&failed(Class::RateLimited, Some(LONGEST_WAIT))), Verdict::Again);
    }

    #[test]
    fn a_provider_that_is_too_busy_holds_its_key_as_long_as_it_says_and_a_spent_quota_does_not() {
        let held =
            |class, seconds: Option<u64>| match pressure(&failed(class, seconds.map(Duration::from_secs))) {
                Pressure::Limited(wait) => Some(wait.map(|wait| wait.as_secs())),
                Pressure::None => None,
            };
        assert_eq!(held(ErrorClass::RateLimited, Some(12)), Some(Some(12)));
        assert_eq!(held(ErrorClass::Overloaded, None), Some(None));
        assert_eq!(held(ErrorClass::RateLimited, Some(4_000)), Some(None));
        assert_eq!([held(ErrorClass::Quota, Some(12)), held(ErrorClass::Server, Some(12))], [None, None]);
    }

    #[test]
    fn a_wait_is_what_the_provider_says_and_else_drawn_by_chance_up_to_the_longest() {
        let patience = Patience::default();
        let said = Some(Duration::from_millis(50));
        assert_eq!(wait(&failed(ErrorClass::RateLimited, said), 1, &patience), Duration::from_millis(50));
        assert_ne!(
            wait(&failed(ErrorClass::RateLimited, Some(Duration::ZERO)), 5, &patience),
            Duration::ZERO
        );
        let drawn: Vec<Duration> =
            (0..64).map(|_| wait(&failed(ErrorClass::Server, None), 3, &patience)).collect();
        assert!(drawn.iter().all(|wait| *wait <= longest(3, &patience)));
        assert!(drawn.iter().any(|wait| *wait != drawn[0]), "they all return together");
    }

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

    #[test]
    fn a_quota_that_is_said_to_come_back_in_seconds_is_waited_for_in_minutes() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let mut events = Vec::new();
        let mut minutes = Vec::new();
        for number in 0..6 {
            minutes.push(quota_pause(seconds(20), &events).as_secs() / 60);
            let (reason, until) = (PauseReason::Quota, Some(Timestamp(1)));
            let kind = EventKind::Paused { reason, limit: None, until, fault: None };
            events.push(Event { seq: number, at: Timestamp(0), kind });
        }
        assert_eq!(minutes, [5, 10, 20, 40, 60, 60]);
        // A reset that can be meant is kept to the second, and none at all is looked for in an hour.
        let named = [None, seconds(0), seconds(300), seconds(301), seconds(90_000)];
        let pauses = named.map(|named| quota_pause(named, &[]));
        assert_eq!(pauses.map(|pause| pause.as_secs()), [QUOTA.as_secs(), 300, 300, 301, 90_000]);
    }
}
