//! Plans, messages, other target branches, and what is said where there is no GitHub.

use crate::harness::House;
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
