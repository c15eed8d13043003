//! The system's browser. Which pages it is sent to is the engine's decision.

use crate::commands::Answer;
use anchorhold_domain::Fault;

/// Opens a page that was checked.
pub(crate) async fn open(page: String) -> Answer<()> {
    // Starting a browser waits for other programs.
    let opening = tokio::task::spawn_blocking(move || open::that_detached(page));
    let failed = |reason: String| Fault {
        code: "browser_missing".to_owned(),
        message: format!("open the page in the browser: {reason}"),
        hint: Some("copy the address into a browser".to_owned()),
    };
    match opening.await {
        Ok(opened) => opened.map_err(|error| failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}
