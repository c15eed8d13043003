//! Words: those of a model on the terminal, and those of the user that begin like an option.

use crate::harness::{House, Voice, finish, turn, write};
use crate::{anchorctl, end, printed, run};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_says_cannot_hide_the_patch_or_pass_for_the_log() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let said = "Fine.\u{1b}]52;c;Y3VybA==\u{7}\n   9.99s  ✓ pushed: agent/work was created to 0123456789";
    let calls = vec![write("b", "b\n"), finish("Done.\u{1b}[8m\u{202e}")];
    let voice = Voice::playing(vec![turn(said, calls)]).await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let mut arguments = run(&address, &base_url, &[]);
    arguments.retain(|word| *word != "--json");
    let done = end(anchorctl(&house, &arguments)).await;
    assert_eq!(done.status, Some(0), "{done:?}");
    assert!(done.out.ends_with("@@ -0,0 +1 @@\n+b\n\n"), "{}", done.out);
    for out in [done.out, end(anchorctl(&house, &["log", "Errand"])).await.out] {
        assert!(out.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{out:?}");
        assert!(out.contains("  ✓ completed: Done.⟨U+001B⟩[8m⟨U+202E⟩\n"), "{out}");
        assert!(out.contains("\n             9.99s  ✓ pushed"), "{out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_can_be_a_task_an_instruction_and_a_message() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let turns = ["One.", "Two.", "Three."].map(|summary| turn("", vec![finish(summary)]));
    let mut turns = turns.to_vec();
    turns[0] = turn("", vec![write("b", "b\n"), finish("One.")]);
    let voice = Voice::playing(turns).await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let mut arguments = run(&address, &base_url, &["--instruct", "-v is missing"]);
    let place = arguments.iter().position(|word| *word == "--task").unwrap();
    arguments[place + 1] = "- one\n- two";
    let done = end(anchorctl(&house, &arguments)).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    let more = ["instruct", "Errand", "- more\n- and more", "--json"];
    let done = end(anchorctl(&house, &more)).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    let heard: Vec<_> = voice.conversation().into_iter().filter(|(role, _)| role == "user").collect();
    let heard: Vec<&str> = heard.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(heard, ["- one\n- two", "-v is missing", "- more\n- and more"]);
    let push = ["push", "Errand", "--message", "- Adds b", "--json"];
    assert_eq!(end(anchorctl(&house, &push)).await.status, Some(0));
    assert_eq!(remote.ask(&["log", "-1", "--format=%s", "agent/work"]), "- Adds b");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_an_empty_instruction_leaves_no_agent_behind() {
    let house = House::new();
    let done = end(anchorctl(&house, &run("octo/hello", "http://127.0.0.1:9", &["--instruct", " "]))).await;
    assert_eq!((done.status, done.out.as_str()), (Some(2), ""), "{}", done.err);
    assert_eq!(end(anchorctl(&house, &["agents", "--json"])).await.out, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_made_of_a_long_branch_is_no_longer_than_one_may_be() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let branch = format!("agent/{}", "x".repeat(120));
    let mut arguments = run(&address, &base_url, &[]);
    arguments.retain(|word| !["--name", "Errand"].contains(word));
    arguments.iter_mut().filter(|word| **word == "agent/work").for_each(|word| *word = &branch);
    let done = end(anchorctl(&house, &arguments)).await;
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_no_text_or_too_long_is_said_to_be_that() {
    let house = House::new();
    for (bytes, why) in [(vec![0xff, b'a'], "it is not UTF-8"), (vec![b'a'; 70_000], "more than 64 KiB")] {
        let mut command = anchorctl(&house, &["key", "set", "openai"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&bytes).await.unwrap();
        let done = crate::ended(crate::harness::soon("anchorctl", child.wait_with_output()).await.unwrap());
        assert_eq!(done.status, Some(2), "{done:?}");
        let told = done.err.starts_with("error: read standard input: ") && done.err.contains(why);
        assert!(told, "{}", done.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn feedback_that_cannot_be_asked_for_is_no_success() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let voice = Voice::playing(vec![turn("", vec![finish("Done.")])]).await;
    let (address, base_url) = (remote.address(), voice.base_url());
    let done = end(anchorctl(&house, &run(&address, &base_url, &[]))).await;
    assert_eq!(printed(&done.out).pop().as_deref(), Some("completed: Done."));
    for more in [&[][..], &["--take", "all"]] {
        let asked = end(anchorctl(&house, &[&["feedback", "Errand"], more].concat())).await;
        assert_eq!((asked.status, asked.out.as_str()), (Some(1), ""), "{}", asked.err);
        assert!(asked.err.starts_with("error: look for feedback on agent \"Errand\": "), "{}", asked.err);
        assert!(!asked.err.contains("Nothing that came back"), "{}", asked.err);
    }
}
