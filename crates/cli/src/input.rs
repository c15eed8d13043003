//! What is read from standard input: texts that are too long for an argument, and secrets.

use crate::hidden::Hidden;
use crate::interrupt::Interrupts;
use crate::print;
use anchorhold_domain::Fault;
use std::io::{self, BufRead, IsTerminal, Read, stdin};
use std::thread;
use tokio::sync::oneshot;

/// The longest secret that is read, in bytes.
const LONGEST_SECRET: u64 = 64 << 10;

/// The most that Linux's terminal keeps of a line, in bytes; what was typed beyond it is lost without a word.
const LONGEST_LINE: usize = 4095;

/// Reads all of standard input; what is no UTF-8 is marked in it.
pub(crate) fn text() -> Result<String, Fault> {
    read(u64::MAX).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a secret: all there is, or at a terminal a line, which is not shown there.
///
/// An argument would be seen by everybody who lists the processes of this machine.
pub(crate) async fn secret(what: &str) -> Result<String, Fault> {
    let bytes = match stdin().is_terminal() {
        true => typed(what).await?,
        false => read(LONGEST_SECRET + 1)?,
    };
    if bytes.len() as u64 > LONGEST_SECRET {
        let kib = LONGEST_SECRET >> 10;
        return Err(refused(format!("a secret of more than {kib} KiB"), "give it the secret alone"));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| refused("it is not UTF-8".to_owned(), "give it the secret as text"))?;
    Ok(text.trim().to_owned())
}

/// Reads a line that is typed at the terminal, which is as it was afterwards, also where it is interrupted.
async fn typed(what: &str) -> Result<Vec<u8>, Fault> {
    let mut interrupts = Interrupts::listen();
    let cannot = |source: io::Error| {
        refused(format!("keep it from being shown: {source}"), "give it from a file, with < FILE")
    };
    let hidden = Hidden::begin().map_err(cannot)?;
    print::aside(format_args!("{what}, then press Enter. It is not shown."));
    let (tell, told) = oneshot::channel();
    // A thread that the program ends without: nothing wakes it up before Enter.
    thread::spawn(move || {
        let mut line = Vec::new();
        let read = stdin().lock().read_until(b'\n', &mut line);
        let _ = tell.send(read.map(|_| line));
    });
    let line = tokio::select! {
        line = told => line,
        () = interrupts.next() => {
            drop(hidden);
            return Err(Fault {
                code: "input_interrupted".to_owned(),
                message: "read the secret: interrupted; nothing was kept".to_owned(),
                hint: None,
            });
        }
    };
    drop(hidden);
    let line = line.unwrap_or_else(|_| Ok(Vec::new())).map_err(unread)?;
    if line.len() >= LONGEST_LINE {
        return Err(refused(
            format!("a terminal hands over fewer than {LONGEST_LINE} bytes of a line"),
            "give it from a file, with < FILE",
        ));
    }
    Ok(line)
}

fn read(most: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    match stdin().take(most).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(source) => Err(unread(source)),
    }
}

fn unread(source: io::Error) -> Fault {
    refused(source.to_string(), "check where it comes from")
}

fn refused(why: String, hint: &str) -> Fault {
    Fault {
        code: "input_invalid".to_owned(),
        message: format!("read standard input: {why}"),
        hint: Some(hint.to_owned()),
    }
}
