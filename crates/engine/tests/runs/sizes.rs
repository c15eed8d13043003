//! Calls that carry more than one frame to the cell can hold.

use crate::harness::{House, Voice, edit, errand, finish, read, rest, search, start, turn, write};
use anchorhold_domain::{EventKind, Status, ToolOutcome};

const MIB: usize = 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_one_call_is_refused_with_the_limit_and_the_run_goes_on() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let largest = "w".repeat(MIB);
    // Each of these characters is six as JSON.
    let escaped = "\u{1}".repeat(200 * 1024);
    let voice = Voice::playing(vec![
        turn("", vec![write("large", &"w".repeat(2 * MIB))]),
        turn("", vec![edit("a", "a", &"e".repeat(MIB))]),
        turn("", vec![edit("a", "a", &escaped)]),
        turn("", vec![search(&"s".repeat(MIB)), read(&"p".repeat(MIB))]),
        turn("", vec![write("largest", &largest), edit("a", "a", "b")]),
        turn("", vec![finish("In smaller steps.")]),
    ])
    .await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);

    let events = engine.events(id, 0).await.unwrap();
    let results: Vec<(ToolOutcome, &str)> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ToolFinished { outcome, result, .. } => Some((*outcome, result.as_str())),
            _ => None,
        })
        .collect();
    let (refused, ok) = (ToolOutcome::Refused, ToolOutcome::Ok);
    let write =
        "that is more than 1024 KiB, the most that one call can write; make the file in smaller steps";
    let request =
        "that is more than 1023 KiB with its escapes, the most that one call can carry; take smaller steps";
    assert_eq!(
        results,
        [
            (refused, write),
            (refused, request),
            (refused, request),
            (refused, request),
            (refused, request),
            (ok, "Created largest."),
            (ok, "Edited a in 1 place."),
            (ok, "Done."),
        ]
    );
    let said: Vec<String> = voice.conversation().into_iter().map(|(_, said)| said).collect();
    assert_eq!((said[2].as_str(), said[4].as_str()), (write, request));
    let files = [("largest", Some(largest.as_str())), ("a", Some("b\n"))];
    assert_eq!(engine.reviewed_tree(id).await.unwrap().unwrap(), remote.tree_with("main", &files));
    engine.close().await;
}
