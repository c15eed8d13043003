//! Words: those of a model on the terminal, and those of the user.

use crate::harness::{House, Voice, finish, turn, write};
use crate::{anchorctl, end, run};
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
