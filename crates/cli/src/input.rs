//! What is read from standard input: texts that are too long for an argument, and secrets.

use anchorhold_domain::Fault;
use std::io::{IsTerminal, Read, stdin};

/// The longest secret that is read, in bytes.
const LONGEST_SECRET: u64 = 64 << 10;

/// Reads all of standard input; what is no UTF-8 is marked in it.
pub(crate) fn text() -> Result<String, Fault> {
    read(u64::MAX).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a secret, with what to do where somebody sits there.
///
/// An argument would be seen by everybody who lists the processes of this machine.
pub(crate) fn secret(what: &str) -> Result<String, Fault> {
    if stdin().is_terminal() {
        eprintln!("{what}, then press Enter and Ctrl-D.");
    }
    let bytes = read(LONGEST_SECRET + 1)?;
    if bytes.len() as u64 > LONGEST_SECRET {
        let kib = LONGEST_SECRET >> 10;
        return Err(refused(format!("a secret of more than {kib} KiB"), "give it the secret alone"));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| refused("it is not UTF-8".to_owned(), "give it the secret as text"))?;
    Ok(text.trim().to_owned())
}

fn read(most: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    match stdin().take(most).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(source) => Err(refused(source.to_string(), "check where it comes from")),
    }
}

fn refused(why: String, hint: &str) -> Fault {
    Fault {
        code: "input_invalid".to_owned(),
        message: format!("read standard input: {why}"),
        hint: Some(hint.to_owned()),
    }
}
