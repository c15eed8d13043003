//! What comes back for a pull request: taken by a verb, or answered by a run that waits for it.

use crate::harness::{House, StandIn, Voice, eventually, finish, soon, turn, write};
use crate::{Ended, anchorctl, end, ended, printed, run};
use anchorhold_domain::FeedbackItem;
use std::process::Command as Program;
use tokio::process::{Child, Command};

/// The program, to which the test's GitHub is one. Nobody looks there by itself within a test.
pub fn with(house: &House, github: &StandIn, arguments: &[&str]) -> Command {
    let mut command = anchorctl(house, arguments);
    command.env("ANCHORHOLD_FORGE_STAND_IN", github.address().to_string());
    command
}

/// Lets the data folder know the host as a GitHub.
pub async fn known(house: &House, github: &StandIn) {
    let host = github.address().to_string();
    let set = ["account", "app", "set", "--host", &host, "--client-id", "Iv23liTest"];
    let done = end(with(house, github, &set)).await;
    assert_eq!(done.status, Some(0), "{done:?}");
}

/// A model that adds one file for each instruction: `b`, `c`, `d`.
async fn voice() -> Voice {
    let steps = ["b", "c", "d"]
        .map(|name| turn("", vec![write(name, &format!("{name}\n")), finish(&format!("Adds {name}."))]));
    Voice::playing(steps.to_vec()).await
}

/// The log without what the model said and did, and without a pull request before its first check, which is
/// seen or not as the check comes.
fn handed_over(out: &str) -> Vec<String> {
    let inner =
        ["answered", "asked for", "write_file", "finish", "turn:", "queued:", "pull request 7: Open, None"];
    printed(out).into_iter().filter(|line| !inner.iter().any(|inner| line.starts_with(inner))).collect()
}

/// How often the model was told to answer what came back.
fn told_to_answer(voice: &Voice) -> usize {
    let begins = "Answer what came back for pull request #7.";
    voice.conversation().iter().filter(|(role, text)| role == "user" && text.contains(begins)).count()
}

/// A run that follows up, and looks often.
struct Run {
    child: Child,
}

impl Run {
    fn start(house: &House, github: &StandIn, voice: &Voice, most: &str) -> Self {
        let (address, base_url) = (github.url(), voice.base_url());
        let more = ["--push", "--pull-request", "ready", "--follow-up", most];
        Self::of(with(house, github, &run(&address, &base_url, &more)))
    }

    fn of(mut command: Command) -> Self {
        command.env("ANCHORHOLD_FORGE_STAND_IN_EVERY_MS", "50");
        Self { child: command.spawn().unwrap() }
    }

    fn interrupt(&self) {
        let process = self.child.id().unwrap().to_string();
        assert!(Program::new("kill").args(["-INT", &process]).status().unwrap().success());
    }

    async fn end(self) -> Ended {
        ended(soon("anchorctl", self.child.wait_with_output()).await.unwrap())
    }
}

/// Waits until the branch holds another commit than `before` and the pull request is there; returns it.
async fn pushed(github: &StandIn, before: &str) -> String {
    let tip = || {
        github.remote.branches().contains(&"agent/work".to_owned()).then(|| github.remote.tip("agent/work"))
    };
    eventually("a push", || !github.pulls().is_empty() && tip().is_some_and(|tip| tip != before)).await;
    github.remote.tip("agent/work")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_of_feedback_becomes_an_instruction_once() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    known(&house, &github).await;
    let voice = voice().await;
    let (address, base_url) = (github.url(), voice.base_url());
    assert_eq!(end(with(&house, &github, &run(&address, &base_url, &[]))).await.status, Some(0));
    for verb in ["push", "pull-request"] {
        let done = end(with(&house, &github, &[verb, "Errand"])).await;
        assert_eq!(done.status, Some(0), "{done:?}");
    }
    github.comment_on(5, "b", 1, "Why b?\u{1b}[2J");
    github.comment_on(6, "b", 1, "And why now?");

    let shown = end(with(&house, &github, &["feedback", "Errand"])).await;
    assert_eq!(
        (shown.status, shown.out.as_str(), shown.err.as_str()),
        (
            Some(0),
            "line/5  comment by grace on b:1: Why b?[2J\n    Why b?[2J\n\
             line/6  comment by grace on b:1: And why now?\n    And why now?\n",
            ""
        )
    );
    let take = ["feedback", "Errand", "--take", "line/5", "--note", "Be brief.", "--json"];
    let taken = end(with(&house, &github, &take)).await;
    assert_eq!(
        (taken.status, handed_over(&taken.out)),
        (Some(0), ["taken, attempt 0: line/5", "resumed", "completed: Adds c."].map(str::to_owned).to_vec()),
        "{}",
        taken.err
    );
    let said = voice.conversation();
    let (_, asked) = said.iter().rfind(|(role, _)| role == "user").unwrap();
    assert!(asked.contains("Be brief.\n\nAnswer what came back for pull request #7.\n"), "{asked}");
    assert!(asked.contains(" begin: a comment by grace, on b:1\nWhy b?"), "{asked}");
    assert!(!asked.contains("And why now?"), "{asked}");

    let requests = voice.requests().len();
    let again = end(with(&house, &github, &take)).await;
    let refused = "error: take feedback \"line/5\": it is not open\n\
                   what to do: look at what is open: it was taken before, or a later push replaced what it is about\n";
    assert_eq!(again, Ended { status: Some(1), out: String::new(), err: refused.to_owned() });
    let listed = end(with(&house, &github, &["feedback", "Errand", "--json"])).await;
    let items: Vec<FeedbackItem> =
        listed.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let states: Vec<_> = items.iter().map(|item| (item.feedback.id.as_str(), item.taken)).collect();
    assert_eq!(states, [("line/5", true), ("line/6", false)]);
    assert_eq!(voice.requests().len(), requests);

    let all = ["feedback", "Errand", "--take", "all", "--json"];
    let rest = end(with(&house, &github, &all)).await;
    assert_eq!(
        handed_over(&rest.out),
        ["taken, attempt 0: line/6", "resumed", "completed: Adds d."],
        "{}",
        rest.err
    );
    let none =
        Ended { status: Some(0), out: String::new(), err: "Nothing that came back is open.\n".to_owned() };
    assert_eq!(end(with(&house, &github, &all)).await, none);
    // Nothing was pushed that the user did not push.
    assert_eq!(github.remote.tree("agent/work"), github.remote.tree_with("main", &[("b", Some("b\n"))]));
}

/// Lets the checks of the first push fail and those of the second pass, and hears the run out.
async fn until_checks_pass(github: &StandIn, running: Run) -> Ended {
    let first = pushed(github, "").await;
    github.check(1, &first, Some("failure"));
    let second = pushed(github, &first).await;
    github.check(2, &second, Some("success"));
    let done = running.end().await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_answers_failed_checks_once_on_the_same_pull_request_until_they_pass() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    known(&house, &github).await;
    let voice = voice().await;
    let running = Run::start(&house, &github, &voice, "3");
    let done = until_checks_pass(&github, running).await;
    assert_eq!(
        handed_over(&done.out)[4..],
        [
            "completed: Adds b.",
            "pushStarted, unreviewed",
            "pushed, created: true",
            "pull request 7: Open, Failed",
            "came back: check/1",
            "taken, attempt 1: check/1",
            "resumed",
            "completed: Adds c.",
            "pushStarted, unreviewed",
            "pushed, created: false",
            "pull request 7: Open, Passed",
        ]
    );
    assert_eq!(told_to_answer(&voice), 1);
    assert_eq!(github.pulls().iter().map(|pull| pull.0).collect::<Vec<_>>(), [7]);
    let both = github.remote.tree_with("main", &[("b", Some("b\n")), ("c", Some("c\n"))]);
    assert_eq!(github.remote.tree("agent/work"), both);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_resumed_to_follow_up_answers_as_a_run_does_until_the_checks_pass() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    known(&house, &github).await;
    let mut steps = vec![turn("", vec![write("x", "x\n")])];
    for name in ["b", "c"] {
        steps.push(turn("", vec![write(name, "new\n"), finish(&format!("Adds {name}."))]));
    }
    let voice = Voice::playing(steps).await;
    let (address, base_url) = (github.url(), voice.base_url());
    let limited = run(&address, &base_url, &["--max-turns", "1"]);
    assert_eq!(end(with(&house, &github, &limited)).await.status, Some(5));
    let resume = ["resume", "Errand", "--json", "--max-turns", "9"];
    let delivery = ["--push", "--pull-request", "ready", "--follow-up", "2"];
    let running = Run::of(with(&house, &github, &[&resume[..], &delivery].concat()));
    let done = until_checks_pass(&github, running).await;
    assert_eq!(handed_over(&done.out).last().map(String::as_str), Some("pull request 7: Open, Passed"));
    assert_eq!(told_to_answer(&voice), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_answered_as_often_as_it_may_ends_as_at_a_limit() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    known(&house, &github).await;
    let voice = voice().await;
    let running = Run::start(&house, &github, &voice, "1");
    let first = pushed(&github, "").await;
    github.check(1, &first, Some("failure"));
    let second = pushed(&github, &first).await;
    github.check(2, &second, Some("failure"));
    let done = running.end().await;
    let advice =
        "what to do: see what came back with anchorctl feedback 'Errand'; with --take all it works on that\n";
    assert_eq!((done.status, done.err.as_str()), (Some(5), advice));
    assert_eq!((told_to_answer(&voice), github.remote.tip("agent/work")), (1, second));

    // Looking at it is not taking it up, also where the agent may answer by itself.
    let listed = end(with(&house, &github, &["feedback", "Errand"])).await;
    assert!(listed.out.contains("\ncheck/2  failed check by "), "{listed:?}");
    assert!(!listed.out.contains("check/2  (taken)"), "{listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_the_wait_for_an_answer() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    known(&house, &github).await;
    let voice = voice().await;
    let running = Run::start(&house, &github, &voice, "3");
    let first = pushed(&github, "").await;
    running.interrupt();
    let done = running.end().await;
    let advice =
        "what to do: see what came back with anchorctl feedback 'Errand'; with --take all it works on that\n";
    assert_eq!((done.status, done.err.as_str()), (Some(130), advice));
    assert_eq!(printed(&done.out).last().map(String::as_str), Some("pull request 7: Open, None"));

    // What comes meanwhile is shown by a verb that only looks, and taken up by one that says so.
    github.check(1, &first, Some("failure"));
    let listed = end(with(&house, &github, &["feedback", "Errand"])).await;
    assert!(listed.out.starts_with("check/1  failed check by "), "{listed:?}");
    assert_eq!(told_to_answer(&voice), 0);
    let taken = end(with(&house, &github, &["feedback", "Errand", "--take", "all", "--json"])).await;
    assert_eq!(taken.status, Some(0), "{taken:?}");
    assert_eq!((told_to_answer(&voice), github.remote.tip("agent/work") == first), (1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_stops_the_agent_in_the_middle_of_its_answer() {
    let house = House::new();
    let github = StandIn::start(&house, &[("a", "a\n")]).await;
    known(&house, &github).await;
    let voice = voice().await;
    voice.hold_from(2);
    let running = Run::start(&house, &github, &voice, "3");
    let first = pushed(&github, "").await;
    github.check(1, &first, Some("failure"));
    voice.asked(2).await;
    running.interrupt();
    let done = running.end().await;
    let advice =
        "what to do: go on with anchorctl resume 'Errand', or anchorctl start 'Errand' if it was cloning\n";
    assert_eq!((done.status, done.err.as_str()), (Some(130), advice));
    let told = handed_over(&done.out);
    assert_eq!(told[told.len() - 3..], ["taken, attempt 1: check/1", "resumed", "paused: Stopped"]);
    assert_eq!(github.remote.tip("agent/work"), first);
    assert_eq!(house.docker.containers(&house.home()).unwrap().len(), 0);
}
