//! Keys and tokens, from standard input into the keychain.

use crate::arguments::KeyVerb;
use crate::exit::Exit;
use crate::{input, print};
use anchorhold_engine::EngineError;

pub(crate) async fn key(verb: KeyVerb) -> Result<Exit, EngineError> {
    match verb {
        KeyVerb::Set { what } => {
            let secret = match input::secret("Paste the secret").await {
                Ok(secret) => secret,
                Err(fault) => return Ok(print::refused(&fault)),
            };
            anchorhold_engine::keep_secret(&what, &secret).await?;
            print::line(format_args!("Kept the secret for {what} in the keychain."));
        }
        KeyVerb::Delete { what } => {
            anchorhold_engine::forget_secret(&what).await?;
            print::line(format_args!("Forgot the secret for {what}."));
        }
    }
    Ok(Exit::Completed)
}
