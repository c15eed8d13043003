//! Keys and tokens, from standard input into the keychain.

use crate::arguments::KeyVerb;
use crate::exit::Exit;
use crate::print;
use anchorhold_engine::EngineError;
use std::io::{IsTerminal, Read, stdin};

pub(crate) async fn key(verb: KeyVerb) -> Result<Exit, EngineError> {
    match verb {
        KeyVerb::Set { what } => {
            if stdin().is_terminal() {
                eprintln!("Paste the secret, then press Enter and Ctrl-D.");
            }
            let mut text = String::new();
            // An argument would be seen by everybody who lists the processes of this machine.
            stdin()
                .read_to_string(&mut text)
                .map_err(|source| EngineError::Folder { path: "-".into(), source })?;
            anchorhold_engine::keep_secret(&what, text.trim()).await?;
            print::line(format_args!("Kept the secret for {what} in the keychain."));
        }
        KeyVerb::Delete { what } => {
            anchorhold_engine::forget_secret(&what).await?;
            print::line(format_args!("Forgot the secret for {what}."));
        }
    }
    Ok(Exit::Completed)
}
