//! What holds an agent, on values alone.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::ledger::tests::agent;
use anchorhold_domain::Usage;
use anchorhold_model::Price;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const DAY: Day = Day { since: Timestamp(1_799_971_200_000), until: Timestamp(1_800_057_600_000) };

fn limited(limits: Limits) -> Agent {
    Agent { limits, ..agent(1) }
}

/// An agent that used 10 requests, 1000 tokens, 5000 millionths of a dollar and 60 seconds.
fn used(limits: Limits) -> Agent {
    Agent {
        requests: 10,
        usage: Usage { input_tokens: 900, output_tokens: 100, ..Usage::default() },
        cost: 5000,
        ran_ms: 60_000,
        ..limited(limits)
    }
}

fn used_today() -> DayUsage {
    DayUsage {
        since: DAY.since,
        usage: Usage { input_tokens: 900, output_tokens: 100, ..Usage::default() },
        cost: 5000,
        unpriced: 0,
        requests: 10,
        seconds: 60,
    }
}

/// Each of the four limits alone, with this much of it left.
fn each(left: i64) -> [Limits; 4] {
    let most = |used: i64| Some(u32::try_from(used + left).unwrap());
    let none = Limits::default();
    [
        Limits { turns: most(10), ..none },
        Limits { tokens: most(1000), ..none },
        Limits { money: most(5000), ..none },
        Limits { seconds: most(60), ..none },
    ]
}

fn kind(held: Option<Held>) -> Option<LimitKind> {
    held.map(|held| match held {
        Held::By(meter) => meter.kind,
        Held::Unpriced(kind) => kind,
    })
}

fn info(input: f64, cached: Option<f64>) -> ModelInfo {
    let price = Price { input, cached, cache_write: None, output: 15.0 };
    ModelInfo { price: Some(price), ..ModelInfo::default() }
}

#[test]
fn each_of_the_four_limits_holds_when_it_is_used_up_and_not_before() {
    use LimitKind::{Money, Time, Tokens, Turns};
    let own = |limits| kind(held(&own_meters(&used(limits), NOW, Coming::default())));
    assert_eq!(each(0).map(own), [Turns, Tokens, Money, Time].map(Some));
    assert_eq!(each(-5).map(own), [Turns, Tokens, Money, Time].map(Some));
    assert_eq!(each(1).map(own), [None; 4]);
    assert_eq!(own(Limits::default()), None);
}

#[test]
fn each_of_the_four_limits_of_the_day_holds_until_midnight() {
    use LimitKind::{DayMoney, DayTime, DayTokens, DayTurns};
    let meters = |limits: Limits| of_the_day(&limits, &used_today(), Coming::default(), Coming::default());
    let of_day = |limits| kind(held(&meters(limits)));
    assert_eq!(each(0).map(of_day), [DayTurns, DayTokens, DayMoney, DayTime].map(Some));
    assert_eq!(each(1).map(of_day), [None; 4]);
    for limits in each(0) {
        let event = paused(&held(&meters(limits)).unwrap(), None, DAY, "one");
        let EventKind::Paused { until, fault, .. } = event else { panic!("{event:?}") };
        assert_eq!((until, fault), (Some(DAY.until), None));
    }
}

#[test]
fn requests_of_others_that_have_no_answer_yet_count_for_the_day() {
    let others = Coming { tokens: 100, cost: 500, requests: 2 };
    let of_day = |left: i64| {
        each(left).map(|limits| kind(held(&of_the_day(&limits, &used_today(), others, Coming::default()))))
    };
    assert_eq!(of_day(2)[0], Some(LimitKind::DayTurns));
    assert_eq!(of_day(3)[0], None);
    assert_eq!(of_day(100)[1], Some(LimitKind::DayTokens));
    assert_eq!(of_day(500)[2], Some(LimitKind::DayMoney));
    assert_eq!(of_day(501)[..3], [None; 3]);
}

#[test]
fn a_request_that_would_surely_go_beyond_a_limit_is_not_made_and_the_user_is_told_why() {
    let coming = coming(300, &info(3.0, Some(0.5)));
    // Tokens from the cache are the cheapest that they can be.
    assert_eq!(coming, Coming { tokens: 300, cost: 150, requests: 1 });
    let own = |limits| kind(held(&own_meters(&used(limits), NOW, coming)));
    assert_eq!(each(299).map(own), [None, Some(LimitKind::Tokens), None, None]);
    assert_eq!(each(300).map(own), [None; 4]);
    assert_eq!(each(149)[2..3].iter().map(|limits| own(*limits)).next(), Some(Some(LimitKind::Money)));
    let agent = used(Limits { tokens: Some(1299), ..Limits::default() });
    let event = paused(&held(&own_meters(&agent, NOW, coming)).unwrap(), None, DAY, "one");
    let EventKind::Paused { limit, until, fault: Some(fault), .. } = event else { panic!("{event:?}") };
    assert_eq!((limit, until, fault.code.as_str()), (Some(LimitKind::Tokens), None, "limit_too_near"));
    assert_eq!(
        fault.message,
        "keep the limit of 1299 tokens: 1000 tokens are used, and what was said so far alone makes it 300 tokens more"
    );
}

#[test]
fn without_a_price_nothing_is_said_of_what_a_request_costs() {
    assert_eq!(coming(300, &ModelInfo::default()), Coming { tokens: 300, cost: 0, requests: 1 });
}

#[test]
fn the_user_is_warned_at_80_percent_once_for_each_limit_as_it_is() {
    let meter = |used| Meter { kind: LimitKind::Money, used, coming: 0, most: 1000 };
    assert_eq!([799, 800, 999].map(|used| meter(used).is_near()), [false, true, true]);
    // What is multiplied does not overflow.
    let large = Meter { kind: LimitKind::Tokens, used: u32::MAX - 1, coming: 0, most: u32::MAX };
    assert!(large.is_near());
    let told = |warned| meter(800).was_told(&[warned], DAY);
    assert!(told((LimitKind::Money, 1000, Timestamp(0))));
    assert!(!told((LimitKind::Money, 2000, NOW)));
    assert!(!told((LimitKind::Tokens, 1000, NOW)));
}

#[test]
fn a_limit_of_the_day_is_warned_of_again_the_next_day() {
    let meter = Meter { kind: LimitKind::DayTokens, used: 90, coming: 0, most: 100 };
    let told = |at| meter.was_told(&[(LimitKind::DayTokens, 100, at)], DAY);
    assert_eq!([told(Timestamp(DAY.since.0 - 1)), told(DAY.since)], [false, true]);
}

#[test]
fn money_without_a_price_asks_for_a_limit_of_tokens() {
    let money = Limits { money: Some(1_000_000), ..Limits::default() };
    let both = Limits { tokens: Some(5000), ..money };
    let unpriced_agent = |limits| Agent { unpriced: 1, ..used(limits) };
    assert_eq!(unpriced(&unpriced_agent(money)), Some(Held::Unpriced(LimitKind::Money)));
    assert_eq!(unpriced(&used(money)), None);
    assert_eq!(unpriced(&unpriced_agent(both)), None);
    assert_eq!(unpriced(&unpriced_agent(Limits::default())), None);

    let free = Limits::default();
    assert_eq!(unpriced_day(&unpriced_agent(free), &money), Some(Held::Unpriced(LimitKind::DayMoney)));
    // Others, whose prices are known, go on.
    assert_eq!(unpriced_day(&used(free), &money), None);
    assert_eq!(unpriced_day(&unpriced_agent(free), &both), None);
    assert_eq!(unpriced_day(&unpriced_agent(Limits { tokens: Some(1), ..free }), &money), None);

    for kind in [LimitKind::Money, LimitKind::DayMoney] {
        let event = paused(&Held::Unpriced(kind), None, DAY, "one");
        let EventKind::Paused { limit, until: None, fault: Some(fault), .. } = event else {
            panic!("{event:?}")
        };
        assert_eq!((limit, fault.code.as_str()), (Some(kind), "price_unknown"));
        assert!(fault.hint.is_some_and(|hint| hint.contains("limit of tokens")));
    }
}

#[test]
fn an_agent_that_is_resumed_with_the_same_limit_is_told_that_it_is_still_reached() {
    let agent = used(Limits { money: Some(5000), ..Limits::default() });
    let meters = own_meters(&agent, NOW, Coming::default());
    let fault = |before| match paused(&held(&meters).unwrap(), before, DAY, "one") {
        EventKind::Paused { fault, .. } => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(fault(None), None);
    assert_eq!(fault(Some(LimitKind::Tokens)), None);
    let again = fault(Some(LimitKind::Money)).unwrap();
    assert_eq!(again.code, "limit_still_reached");
    assert_eq!(again.message, "go on: the limit of $0.0050 is still reached, with $0.0050 used");
}
