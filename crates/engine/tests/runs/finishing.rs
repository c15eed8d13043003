//! What stands beside `finish` in one answer: its turn ends only where nothing is left to be heard.

use crate::harness::{House, Voice, ask, edit, errand, finish, rest, start, told, turn, write};
use anchorhold_domain::{PauseReason, Status};

#[tokio::test(flavor = "multi_thread")]
async fn a_finish_beside_a_refused_call_is_refused_and_the_model_reads_both() {
    let refused = edit("a", "nothing like that", "b");
    for together in [vec![refused.clone(), finish("Fixed.")], vec![finish("Fixed."), refused]] {
        let house = House::new();
        let remote = house.repository(&[("a", "a\n")]);
        let mended = turn("", vec![edit("a", "a", "b"), finish("Fixed.")]);
        let voice = Voice::playing(vec![turn("", together), mended]).await;
        let engine = house.open().await;
        let id = start(&engine, errand(&remote.address(), voice.choice())).await;
        assert_eq!(rest(&engine, id).await.status, Status::Completed);
        let asked_for = ["asked for edit_file", "asked for finish"].map(str::to_owned);
        let told = told(&engine, id).await;
        assert!(asked_for.iter().all(|line| told[7..9].contains(line)), "{told:#?}");
        assert_eq!(
            told[9..],
            [
                "edit_file Refused",
                "finish Refused",
                "answered",
                "asked for edit_file",
                "asked for finish",
                "edit_file Ok",
                "finish Ok",
                "completed: Fixed.",
            ]
        );
        let heard = voice.conversation();
        let results: Vec<_> = heard.iter().filter(|(role, _)| role == "tool").map(|(_, said)| said).collect();
        assert_eq!(results.len(), 2, "{heard:#?}");
        assert!(results[1].contains("call finish again"), "{heard:#?}");
        engine.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_a_question_is_heard_although_finish_stood_beside_it() {
    for together in [vec![ask("Which?"), finish("Too soon.")], vec![finish("Too soon."), ask("Which?")]] {
        let house = House::new();
        let remote = house.repository(&[("a", "a\n")]);
        let steps = [turn("", together), turn("", vec![write("b", "b\n")]), turn("", vec![finish("Done.")])];
        let voice = Voice::playing(steps.to_vec()).await;
        let engine = house.open().await;
        let id = start(&engine, errand(&remote.address(), voice.choice())).await;
        assert_eq!(rest(&engine, id).await.pause_reason, Some(PauseReason::Question));
        engine.answer(id, "The second.").await.unwrap();
        let agent = rest(&engine, id).await;
        assert_eq!((agent.status, agent.activity.as_deref()), (Status::Completed, Some("Done.")));
        assert_eq!(voice.requests().len(), 3);
        let heard = voice.conversation();
        assert!(heard.iter().any(|(_, said)| said == "The user answers: The second."), "{heard:#?}");
        engine.close().await;
    }
}
