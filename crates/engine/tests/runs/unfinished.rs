//! What was still to be handed over by itself when a process ended.

use crate::harness::{
    House, StandIn, Voice, deliver, errand, eventually, finish, rest, soon, start, told, turn, write,
};
use anchorhold_domain::{
    Agent, AgentId, Delivery, DeliveryStep, EventKind, Fault, ForgeApp, NewAgent, PullRequestState,
    PullRequestWish, PushWish, Status,
};
use anchorhold_engine::{Config, Engine};
use std::sync::Arc;

async fn voice() -> Voice {
    Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Adds b.")])]).await
}

fn by_itself(push_unreviewed: bool) -> EventKind {
    EventKind::DeliveryChanged { delivery: Delivery { push_unreviewed, ..Delivery::default() } }
}

/// A run that ends once more.
fn completed() -> [EventKind; 2] {
    [EventKind::Resumed, EventKind::Completed { summary: "Done.".to_owned(), unverified: None }]
}

/// Opens the folder and waits until nothing more is done for an agent.
async fn next_start(config: Config, id: AgentId) -> (Engine, Arc<Agent>) {
    let engine = Engine::open(config).await.unwrap();
    let agent = soon("the delivery", engine.at_rest(id)).await.unwrap();
    (engine, agent)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_completed_and_not_yet_pushed_by_itself_is_pushed_at_the_next_start_and_once() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = voice().await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    rest(&engine, id).await;
    engine.close().await;
    let [resumed, completed] = completed();
    house.leave(id, vec![by_itself(true), resumed, completed]).await;

    // A program that only looks leaves it as it is.
    let looking = Config { resume_interrupted: false, ..house.config() };
    let (engine, _) = next_start(looking, id).await;
    assert_eq!(remote.branches(), ["main"]);
    engine.close().await;

    let (engine, agent) = next_start(house.config(), id).await;
    assert_eq!((agent.status, &agent.error_code), (Status::Completed, &None));
    assert_eq!(remote.tree("agent/work"), remote.tree_with("main", &[("b", Some("b\n"))]));
    let told_once = told(&engine, id).await;
    assert_eq!(
        told_once[told_once.len() - 3..],
        ["completed: Done.", "pushStarted, unreviewed", "pushed, created: true"]
    );
    engine.close().await;
    let (engine, _) = next_start(house.config(), id).await;
    assert_eq!(told(&engine, id).await, told_once);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tried_turned_off_or_completed_before_it_was_turned_on_is_not_pushed_at_the_next_start() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = voice().await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    rest(&engine, id).await;
    engine.close().await;
    let again = |mut before: Vec<EventKind>, after: Vec<EventKind>| {
        before.extend(completed());
        before.extend(after);
        before
    };
    let fault = Fault { code: "target_moved".to_owned(), message: "push".to_owned(), hint: None };
    let started = EventKind::PushStarted {
        branch: "agent/work".to_owned(),
        commit: "0".repeat(40),
        tree: "0".repeat(40),
        unreviewed: true,
    };
    let left = [
        vec![by_itself(true)],
        again(vec![], vec![by_itself(false)]),
        again(vec![by_itself(true)], vec![by_itself(false), by_itself(true)]),
        again(vec![], vec![EventKind::DeliveryFailed { step: DeliveryStep::Push, fault: fault.clone() }]),
        again(vec![], vec![started, EventKind::PushFailed { fault }]),
    ];
    for kinds in left {
        house.leave(id, kinds.clone()).await;
        let (engine, agent) = next_start(house.config(), id).await;
        let events = engine.events(id, 0).await.unwrap();
        let last: Vec<_> = events[events.len() - kinds.len()..].iter().map(|event| &event.kind).collect();
        assert_eq!(last, kinds.iter().collect::<Vec<_>>());
        assert_eq!((agent.status, remote.branches()), (Status::Completed, vec!["main".to_owned()]));
        engine.close().await;
    }
}

/// An engine over a GitHub, at which nobody looks for answers.
fn config(house: &House, github: &StandIn) -> Config {
    let mut config = house.config();
    config.stand_in = Some(github.address());
    config.patience.feedback = std::time::Duration::from_secs(3600);
    config
}

async fn worked(house: &House, github: &StandIn, delivery: Delivery) -> (Engine, AgentId) {
    let engine = Engine::open(config(house, github)).await.unwrap();
    let app = ForgeApp {
        host: github.address().to_string(),
        client_id: "Iv23liTest".to_owned(),
        slug: None,
        oauth_app: false,
        has_secret: false,
    };
    engine.set_forge_app(app, None).await.unwrap();
    let voice = voice().await;
    let id = start(&engine, NewAgent { delivery, ..errand(&github.url(), voice.choice()) }).await;
    rest(&engine, id).await;
    (engine, id)
}

fn wished(pull_request: PullRequestWish) -> Delivery {
    Delivery { pull_request, ..Delivery::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pull_request_of_a_push_that_was_the_last_thing_done_is_opened_at_the_next_start_and_once() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    let (engine, id) = worked(&house, &github, Delivery::default()).await;
    let agent = deliver(&engine, id, PushWish::default()).await;
    engine.close().await;
    let change = |wish| EventKind::DeliveryChanged { delivery: wished(wish) };
    let commit = agent.pushed_commit.clone().unwrap();
    let pushed = [
        EventKind::PushStarted {
            branch: "agent/work".to_owned(),
            commit: commit.clone(),
            tree: github.remote.tree("agent/work"),
            unreviewed: false,
        },
        EventKind::PushCompleted { branch: "agent/work".to_owned(), commit, created: false },
    ];

    // Of a push before it was turned on, of one after which it was turned off, and of one that was tried.
    let fault = Fault { code: "forge_down".to_owned(), message: "ask GitHub".to_owned(), hint: None };
    let [started, completed] = pushed.clone();
    let others = [
        vec![change(PullRequestWish::Draft)],
        vec![started.clone(), completed.clone(), change(PullRequestWish::OnRequest)],
        vec![
            change(PullRequestWish::Draft),
            started.clone(),
            completed.clone(),
            EventKind::DeliveryFailed { step: DeliveryStep::PullRequest, fault },
        ],
    ];
    for kinds in others {
        house.leave(id, kinds).await;
        let (engine, agent) = next_start(config(&house, &github), id).await;
        assert_eq!((&agent.pull_request, github.pulls().len()), (&None, 0));
        engine.close().await;
    }

    house.leave(id, vec![started, completed]).await;
    let (engine, agent) = next_start(config(&house, &github), id).await;
    let opened = agent.pull_request.as_ref().map(|pull| (pull.number, pull.state));
    assert_eq!((opened, github.pulls().len()), (Some((7, PullRequestState::Draft)), 1));
    let told_once = told(&engine, id).await;
    assert_eq!(told_once.last().map(String::as_str), Some("pull request 7: Draft, None"));
    engine.close().await;
    let (engine, _) = next_start(config(&house, &github), id).await;
    assert_eq!((told(&engine, id).await, github.pulls().len()), (told_once, 1));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_whose_opening_was_never_answered_is_found_at_the_next_start() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    let (engine, id) = worked(&house, &github, wished(PullRequestWish::Ready)).await;
    github.keeps_silent(true);
    engine.push(id, PushWish::default()).await.unwrap();
    eventually("the pull request is opened", || github.pulls().len() == 1).await;
    engine.close().await;
    github.keeps_silent(false);
    // Its reader has been there already.
    github.write_body("The user's own words.");

    let (engine, agent) = next_start(config(&house, &github), id).await;
    let found = agent.pull_request.as_ref().map(|pull| (pull.number, pull.state));
    assert_eq!(found, Some((7, PullRequestState::Open)));
    let pulls = github.pulls();
    assert_eq!(
        pulls.iter().map(|pull| (&*pull.3, &*pull.4)).collect::<Vec<_>>(),
        [("Adds b", "The user's own words.")]
    );
    engine.close().await;
}
