//! The whole life of an agent on one page: every status × every event.

#[allow(dead_code, reason = "each test uses a part of the samples")]
mod samples;

use anchorhold_domain::{Status, apply};
use std::fmt::Write as _;

/// Where each event leads from each status; `·` where it cannot happen.
const TABLE: &str = "\
event                  IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
created                ·          ·          ·          ·          ·          ·          ·
startRequested         IDLE       ·          ·          ·          ·          IDLE       ·
slotAwaited            IDLE       ·          RUNNING    ·          ·          ·          ·
slotTaken              ·          ·          RUNNING    ·          ·          ·          ·
startCancelled         IDLE       ·          ·          ·          ·          ·          ·
cloneStarted           CLONING    ·          ·          ·          ·          ·          ·
cloned                 ·          RUNNING    ·          ·          ·          ·          ·
cloneCancelled         ·          IDLE       ·          ·          ·          ·          ·
cellOpened             ·          CLONING    RUNNING    PAUSED     ·          ·          ·
instructionQueued      IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
instructionEdited      IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
instructionRemoved     IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
instructionsReordered  IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
instructionSentNow     IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
promptPrepared         ·          ·          RUNNING    ·          ·          ·          ·
modelSelected          ·          ·          RUNNING    ·          ·          ·          ·
turnStarted            ·          ·          RUNNING    ·          ·          ·          ·
modelAnswered          ·          ·          RUNNING    ·          ·          ·          ·
modelInterrupted       ·          ·          RUNNING    ·          ·          ·          ·
modelRetried           ·          ·          RUNNING    ·          ·          ·          ·
answerLost             ·          ·          RUNNING    ·          ·          ·          ·
toolRequested          ·          ·          RUNNING    ·          ·          ·          ·
toolFinished           ·          ·          RUNNING    ·          ·          ·          ·
planChanged            ·          ·          RUNNING    ·          ·          ·          ·
resultsShrunk          ·          ·          RUNNING    ·          ·          ·          ·
compacted              ·          ·          RUNNING    ·          ·          ·          ·
loopNoticed            ·          ·          RUNNING    ·          ·          ·          ·
limitNeared            ·          ·          RUNNING    ·          ·          ·          ·
questionAsked          ·          ·          PAUSED     ·          ·          ·          ·
questionAnswered       ·          ·          ·          RUNNING    ·          ·          ·
paused                 ·          ·          PAUSED     ·          ·          ·          ·
limitsChanged          IDLE       ·          RUNNING    PAUSED     COMPLETED  ERROR      ·
modelChanged           IDLE       ·          ·          PAUSED     COMPLETED  ERROR      ·
fileRulesChanged       IDLE       ·          ·          PAUSED     COMPLETED  ERROR      ·
resumed                ·          ·          ·          RUNNING    RUNNING    RUNNING    ·
wrapUpRequested        ·          ·          ·          RUNNING    ·          ·          ·
completed              ·          ·          COMPLETED  ·          ·          ·          ·
failed                 ·          ERROR      ERROR      ·          ·          ·          ·
pushStarted            ·          ·          ·          PUSHING    PUSHING    ·          ·
pushCompleted          ·          ·          ·          ·          ·          ·          COMPLETED
pushFailed             ·          ·          ·          ·          ·          ·          COMPLETED
deliveryFailed         IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
deliveryChanged        IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
targetChanged          IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      ·
reapplied              ·          ·          ·          PAUSED     COMPLETED  ·          ·
pullRequestChanged     IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
feedbackArrived        IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
feedbackTaken          IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
deleted                IDLE       ·          ·          PAUSED     COMPLETED  ERROR      ·
restored               IDLE       ·          ·          PAUSED     COMPLETED  ERROR      ·
noted                  IDLE       CLONING    RUNNING    PAUSED     COMPLETED  ERROR      PUSHING
";

#[test]
fn every_event_leads_from_every_status_where_the_table_says() {
    let mut table = row("event", Status::ALL.iter().map(|status| status.as_str()));
    for event in samples::one_of_each() {
        let cells = Status::ALL.iter().map(|status| apply(*status, &event).map_or("·", Status::as_str));
        table += &row(event.name(), cells);
    }
    assert_eq!(table, TABLE, "\n{table}");
}

#[test]
fn an_event_that_cannot_happen_says_what_and_where() {
    for event in samples::one_of_each() {
        for status in Status::ALL {
            if let Err(refusal) = apply(status, &event) {
                assert_eq!((refusal.status, refusal.event), (status, event.name()));
            }
        }
    }
}

#[test]
fn every_status_is_read_back_from_its_text_and_is_the_same_on_the_wire() {
    for status in Status::ALL {
        assert_eq!(status.as_str().parse::<Status>().ok(), Some(status));
        assert_eq!(serde_json::to_value(status).ok(), Some(status.as_str().into()));
    }
    assert!("SLEEPING".parse::<Status>().is_err());
}

#[test]
fn every_event_says_its_name_on_the_wire_and_is_read_back() {
    for event in samples::one_of_each() {
        let wire = serde_json::to_value(&event).unwrap_or_default();
        assert_eq!(wire.get("type").and_then(|name| name.as_str()), Some(event.name()));
        assert_eq!(serde_json::from_value(wire).ok(), Some(event));
    }
}

fn row<'a>(name: &str, cells: impl Iterator<Item = &'a str>) -> String {
    let mut line = format!("{name:<22}");
    for cell in cells {
        let _ = write!(line, " {cell:<10}");
    }
    line.truncate(line.trim_end().len());
    line + "\n"
}
