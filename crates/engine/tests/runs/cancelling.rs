//! A push that the user cancels, wherever it stands.

use crate::harness::{
    Gate, House, StandIn, Voice, deliver, errand, eventually, finish, rest, soon, start, told, turn, write,
};
use anchorhold_domain::{AgentId, Delivery, EventKind, Fault, ForgeApp, PullRequestWish, PushWish, Status};
use anchorhold_engine::Engine;

async fn voice() -> Voice {
    Voice::playing(vec![turn("", vec![write("b", "b\n"), finish("Adds b.")])]).await
}

async fn worked(engine: &Engine, address: &str) -> AgentId {
    let voice = voice().await;
    let id = start(engine, errand(address, voice.choice())).await;
    rest(engine, id).await;
    id
}

/// An engine over a GitHub, at which nobody looks for answers.
async fn on(house: &House, github: &StandIn) -> Engine {
    let mut config = house.config();
    config.stand_in = Some(github.address());
    config.patience.feedback = std::time::Duration::from_secs(3600);
    let engine = Engine::open(config).await.unwrap();
    let app = ForgeApp {
        host: github.address().to_string(),
        client_id: "Iv23liTest".to_owned(),
        slug: None,
        oauth_app: false,
        has_secret: false,
    };
    engine.set_forge_app(app, None).await.unwrap();
    engine
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_is_cancelled_on_its_way_says_so_and_is_recognised_where_it_arrives_late() {
    let house = House::new();
    let (server, remote) = house.served("hello");
    let gate = Gate::before(&server).await;
    let engine = house.open().await;
    let id = worked(&engine, &gate.url("hello")).await;
    let refused = engine.cancel_push(id).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        ("wrong_status", "cancel the push of agent \"Errand\": it is COMPLETED".to_owned())
    );

    engine.push(id, PushWish::default()).await.unwrap();
    gate.reached().await;
    let agent = soon("the push is cancelled", engine.cancel_push(id)).await.unwrap();
    assert_eq!(
        (agent.status, agent.error_code.as_deref(), agent.error_message.as_deref()),
        (
            Status::Completed,
            Some("push_cancelled"),
            Some("push agent/work: cancelled; the server does not have it yet, and may still take it")
        )
    );
    let told = told(&engine, id).await;
    assert_eq!(told[told.len() - 2..], ["pushStarted", "push failed: push_cancelled"]);
    assert_eq!(remote.branches(), ["main"]);
    soon("the agent rests", engine.at_rest(id)).await.unwrap();
    assert_eq!(engine.cancel_push(id).await.unwrap_err().code(), "wrong_status");

    // What was left behind arrives: it is ours, and nobody else's who moved the branch.
    gate.open();
    eventually("the server takes it", || remote.branches().len() == 2).await;
    let late = remote.tip("agent/work");
    assert_eq!(engine.push_plan(id).await.unwrap().moved, None);
    let agent = deliver(&engine, id, PushWish::default()).await;
    assert_eq!((&agent.error_code, agent.pushed_commit.as_ref()), (&None, Some(&late)));
    let told = crate::harness::told(&engine, id).await;
    assert_eq!(told[told.len() - 2..], ["pushStarted", "pushed, created: false"]);
    assert_eq!(engine.push(id, PushWish::default()).await.unwrap_err().code(), "nothing_to_push");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_quits_waits_for_no_push_and_the_next_start_finds_out_what_arrived() {
    let house = House::new();
    let (server, remote) = house.served("hello");
    let gate = Gate::before(&server).await;
    let engine = house.open().await;
    let id = worked(&engine, &gate.url("hello")).await;
    engine.push(id, PushWish::default()).await.unwrap();
    gate.reached().await;
    soon("it closes", engine.close()).await;

    // A server that answers nobody does not keep the folder from opening.
    gate.shut();
    let engine = soon("it opens", house.open()).await;
    let told = crate::harness::told(&engine, id).await;
    assert_eq!(told[told.len() - 2..], ["pushStarted", "push failed: push_interrupted"]);
    gate.reached().await;
    // Nor does it keep anybody from quitting who asks it for a push.
    let pushing = engine.clone();
    let pushing = tokio::spawn(async move { pushing.push(id, PushWish::default()).await });
    gate.reached_by(2).await;
    soon("it closes", engine.close()).await;
    assert_eq!(soon("the push", pushing).await.unwrap().unwrap_err().code(), "push_cancelled");

    gate.open();
    eventually("the server takes it", || remote.branches().len() == 2).await;
    let engine = house.open().await;
    let agent = soon("it is found", engine.at_rest(id)).await.unwrap();
    let arrived = remote.tip("agent/work");
    assert_eq!((&agent.error_code, agent.pushed_commit.as_ref()), (&None, Some(&arrived)));
    let told = crate::harness::told(&engine, id).await;
    assert_eq!(told[told.len() - 2..], ["pushStarted", "pushed, created: false"]);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pull_request_of_a_push_that_arrived_late_is_opened_when_that_is_found() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    let engine = on(&house, &github).await;
    let id = worked(&engine, &github.url()).await;
    let agent = deliver(&engine, id, PushWish::default()).await;
    engine.close().await;
    // The log of one that was cancelled, of which the server has the commit all the same.
    let pull_request = PullRequestWish::Ready;
    let delivery = Delivery { pull_request, ..Delivery::default() };
    let fault =
        Fault { code: "push_cancelled".to_owned(), message: "push: cancelled".to_owned(), hint: None };
    let sent = EventKind::PushStarted {
        branch: "agent/work".to_owned(),
        commit: agent.pushed_commit.clone().unwrap(),
        tree: github.remote.tree("agent/work"),
        unreviewed: false,
    };
    house
        .leave(id, vec![EventKind::DeliveryChanged { delivery }, sent, EventKind::PushFailed { fault }])
        .await;

    let engine = on(&house, &github).await;
    assert_eq!(github.pulls().len(), 0);
    let agent = deliver(&engine, id, PushWish::default()).await;
    assert_eq!((agent.pull_request.as_ref().map(|pull| pull.number), github.pulls().len()), (Some(7), 1));
    let told = told(&engine, id).await;
    assert_eq!(
        told[told.len() - 3..],
        ["pushStarted", "pushed, created: false", "pull request 7: Open, None"]
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_that_github_never_answers_is_given_up_and_found_again() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    let engine = on(&house, &github).await;
    let id = worked(&engine, &github.url()).await;
    deliver(&engine, id, PushWish::default()).await;
    let before = told(&engine, id).await;

    github.keeps_silent(true);
    let draft = engine.pull_request_draft(id).await.unwrap();
    let (opening, asked) = (engine.clone(), draft.clone());
    let opening = tokio::spawn(async move { opening.open_pull_request(id, asked).await });
    eventually("the pull request is opened", || github.pulls().len() == 1).await;
    engine.cancel_push(id).await.unwrap();
    let error = soon("it is given up", opening).await.unwrap().unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        ("pull_request_cancelled", "open the pull request of agent/work: cancelled".to_owned())
    );
    assert_eq!(told(&engine, id).await, before);

    github.keeps_silent(false);
    let agent = engine.open_pull_request(id, draft).await.unwrap();
    assert_eq!((agent.pull_request.map(|pull| pull.number), github.pulls().len()), (Some(7), 1));
    engine.close().await;
}
