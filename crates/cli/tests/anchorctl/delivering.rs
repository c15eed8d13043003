//! Plans, messages, other target branches, and what is said where there is no GitHub.

use crate::harness::{House, StandIn};
use crate::{Ended, anchorctl, end, one_edit, printed, run};
use anchorhold_domain::PushPlan;

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_shown_and_pushed_with_another_message_to_another_branch() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = one_edit().await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let more = ["--commits", "per-instruction", "--trailer"];
    assert_eq!(end(anchorctl(&house, &run(&address, &base_url, &more))).await.status, Some(0));
    let theirs = remote.commit("agent/work", &[("theirs", "theirs\n")]);

    let shown = end(anchorctl(&house, &["push", "Errand", "--plan", "--json"])).await;
    let plan: PushPlan = serde_json::from_str(&shown.out).expect(&shown.err);
    let planned: Vec<_> = plan.commits.iter().map(|commit| (commit.message.as_str(), commit.files)).collect();
    let message = "Do the task.\n\nDone.\n\nAgent: Anchorhold (scripted/test)\n";
    assert_eq!(planned, [(message, 1)]);
    assert_eq!(
        plan.moved.map(|moved| (moved.tip, moved.free_name)),
        Some((theirs.clone(), "agent/work-2".to_owned()))
    );
    let shown = end(anchorctl(&house, &["push", "Errand", "--plan"])).await;
    let told = "! somebody else pushed to agent/work: ";
    assert!(shown.status == Some(0) && shown.out.contains(told), "{shown:?}");

    let pushed =
        end(anchorctl(&house, &["push", "Errand", "--message", "Mine", "--to", "agent/work-2", "--json"]))
            .await;
    assert_eq!(
        (pushed.status, printed(&pushed.out)),
        (Some(0), ["targetChanged", "pushStarted", "pushed, created: true"].map(str::to_owned).to_vec())
    );
    assert_eq!(remote.commit_facts("agent/work-2")[4..], ["Mine"]);
    assert_eq!(remote.tip("agent/work"), theirs);

    for (verb, said) in [
        (&["pull-request", "Errand"][..], "error: reach "),
        (&["feedback", "Errand"], "error: look for feedback on agent \"Errand\": it has no pull request\n"),
        (&["issues", &address], "error: reach "),
    ] {
        let Ended { out, err, .. } = end(anchorctl(&house, verb)).await;
        assert!(out.is_empty() && err.starts_with(said), "{verb:?}: {out}{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_followed_up_is_refused_as_an_argument() {
    let house = House::new();
    for more in [
        &["--follow-up"][..],
        &["--push", "--follow-up", "2"],
        &["--pull-request", "draft"],
        &["--push", "--pull-request", "maybe"],
        &["--commits", "many"],
        &["--push", "--pull-request", "ready", "--follow-up", "21"],
    ] {
        let done = end(anchorctl(&house, &run("octo/hello", "http://127.0.0.1:9/v1", more))).await;
        assert_eq!((more, done.status), (more, Some(2)), "{}", done.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_may_not_read_of_a_pull_request_is_said_with_what_to_grant() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    let with = |arguments: &[&str]| {
        let mut command = anchorctl(&house, arguments);
        command.env("ANCHORHOLD_FORGE_STAND_IN", github.address().to_string());
        end(command)
    };
    github.withholds(true);
    let host = github.address().to_string();
    let known = with(&["account", "app", "set", "--host", &host, "--client-id", "Iv23liTest"]).await;
    assert_eq!(known.status, Some(0), "{known:?}");
    let voice = one_edit().await;
    let (address, base_url) = (github.url(), voice.base_url());
    let done = with(&run(&address, &base_url, &["--push", "--pull-request", "ready"])).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    let said = "checks cannot be read with this token\n\
                what to do: give the app or the token read access to Checks\n";
    let shown = with(&["feedback", "Errand"]).await;
    assert_eq!(shown, Ended { status: Some(0), out: String::new(), err: said.to_owned() });
    let log = with(&["log", "Errand"]).await;
    assert!(log.out.contains("\n          checks cannot be read with this token\n"), "{}", log.out);
    github.withholds(false);
    let shown = with(&["feedback", "Errand"]).await;
    assert_eq!(shown, Ended { status: Some(0), out: String::new(), err: String::new() });
}
