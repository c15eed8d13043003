//! Keys and tokens, from standard input into the keychain.

use crate::arguments::KeyVerb;
use crate::exit::Exit;
use crate::print;
use anchorhold_engine::EngineError;
use std::io::{IsTerminal, Read, stdin};

/// The longest secret that is read, in bytes.
const LONGEST: u64 = 64 << 10;

pub(crate) async fn key(verb: KeyVerb) -> Result<Exit, EngineError> {
    match verb {
        KeyVerb::Set { what } => {
            anchorhold_engine::keep_secret(&what, &typed("Paste the secret")?).await?;
            print::line(format_args!("Kept the secret for {what} in the keychain."));
        }
        KeyVerb::Delete { what } => {
            anchorhold_engine::forget_secret(&what).await?;
            print::line(format_args!("Forgot the secret for {what}."));
        }
    }
    Ok(Exit::Completed)
}

/// Reads a secret from standard input, with what to do where somebody sits there.
///
/// An argument would be seen by everybody who lists the processes of this machine.
pub(crate) fn typed(what: &str) -> Result<String, EngineError> {
    if stdin().is_terminal() {
        eprintln!("{what}, then press Enter and Ctrl-D.");
    }
    let mut text = String::new();
    stdin()
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|source| EngineError::Folder { path: "-".into(), source })?;
    Ok(text.trim().to_owned())
}
