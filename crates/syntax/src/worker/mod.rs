//! The process that parses: it locks itself in, says hello, and answers until its input ends.
//!
//! It keeps nothing from one request to the next. A text that breaks it ends it; whoever asks starts
//! another one.

pub mod lock;

use std::io::{self, Read, Write};
use std::process::ExitCode;

use crate::outline::outline;
use crate::problems::new_problems;
use crate::wire::{Answer, Declared, Verb, hear, say};

/// The first argument with which a program is a worker and nothing else.
pub const WORD: &str = "__parse";
/// The exit status of a worker whose locks do not hold, and of one that was sent what is no request.
const LOCKS: u8 = 77;
const PROTOCOL: u8 = 65;

/// Parses for another process until its input ends, where that is what this one was started for.
///
/// To be called first of all in a program that starts itself as a worker: nothing is open yet, and there
/// is one thread.
#[must_use]
pub fn serve_if_asked() -> Option<ExitCode> {
    (std::env::args_os().nth(1)? == WORD).then(|| {
        let hello = match lock::lock_in() {
            Ok(hello) => hello,
            Err(error) => {
                let _ = writeln!(io::stderr(), "lock the parser in: {error}");
                return LOCKS.into();
            }
        };
        let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
        let served = say(&mut output, &hello).and_then(|()| serve(&mut input, &mut output));
        served.map_or(PROTOCOL.into(), |()| ExitCode::SUCCESS)
    })
}

/// Answers requests until the input ends.
///
/// # Errors
/// Those of the streams, and what is no request.
pub fn serve(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    while let Some((request, before, after)) = hear(input)? {
        let answer = match request.verb {
            Verb::NewProblems => Answer::NewProblems(new_problems(request.language, &before, &after)),
            Verb::Outline => Answer::Outline(outline(request.language, &after).map(|symbols| {
                let declared = symbols.into_iter().map(|symbol| Declared {
                    kind: symbol.kind.to_owned(),
                    name: symbol.name,
                    first_line: symbol.first_line,
                    last_line: symbol.last_line,
                    depth: symbol.depth,
                });
                declared.collect()
            })),
        };
        say(output, &answer)?;
    }
    Ok(())
}
