//! Words: those of a model on the terminal.

use crate::harness::{House, Voice, finish, turn, write};
use crate::{anchorctl, end, run};

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
