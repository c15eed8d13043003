//! What the two processes say to each other: frames of JSON after their length, and the texts behind them.
//!
//! A request is a frame and then the bytes of the text before and the text after, whose lengths the frame
//! gives. An answer is a frame, and so is the [`Hello`] that the worker says first.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{LARGEST, Language, Problem};

/// A request without its texts takes a hundred bytes.
const LARGEST_REQUEST: usize = 1024;
/// The most that a worker says of its locks.
pub(crate) const LARGEST_HELLO: usize = 16 * 1024;
/// An outline of as many symbols as there can be, each with the longest name and all of it escaped.
pub(crate) const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Verb {
    /// The problems of the text after that the text before does not have.
    NewProblems,
    /// What the text after declares.
    Outline,
}

/// One request; the lengths are in bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub verb: Verb,
    pub language: Language,
    pub before: usize,
    pub after: usize,
}

/// What a request came to; `None` where the text cannot be judged.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    NewProblems(Option<Vec<Problem>>),
    Outline(Option<Vec<Declared>>),
}

/// A symbol on the wire.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Declared {
    pub kind: String,
    pub name: String,
    pub first_line: u32,
    pub last_line: u32,
    pub depth: u16,
}

/// What the worker says when it is locked in.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Hello {
    /// What it could not do to lock itself in, in words; empty where every lock is on.
    pub missing: Vec<String>,
    /// What was tried and refused.
    pub refused: Vec<String>,
}

/// The bytes of a frame.
pub(crate) fn frame(content: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, content)?;
    let length = u32::try_from(bytes.len() - 4).map_err(|_| io::ErrorKind::FileTooLarge)?;
    if let Some(head) = bytes.first_chunk_mut() {
        *head = length.to_le_bytes();
    }
    Ok(bytes)
}

/// Writes a frame at once.
pub(crate) fn say(output: &mut impl Write, content: &impl Serialize) -> io::Result<()> {
    output.write_all(&frame(content)?)?;
    output.flush()
}

/// The next request with its texts; `None` at the end of the input.
pub(crate) fn hear(input: &mut impl Read) -> io::Result<Option<(Request, String, String)>> {
    let mut head = [0; 4];
    if input.read(&mut head[..1])? == 0 {
        return Ok(None);
    }
    input.read_exact(&mut head[1..])?;
    let request: Request = parse(&exactly(input, u32::from_le_bytes(head) as usize, LARGEST_REQUEST)?)?;
    let before = exactly(input, request.before, LARGEST)?;
    let after = exactly(input, request.after, LARGEST)?;
    let text = |bytes| String::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData));
    Ok(Some((request, text(before)?, text(after)?)))
}

fn exactly(input: &mut impl Read, length: usize, most: usize) -> io::Result<Vec<u8>> {
    if length > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    Ok(serde_json::from_slice(bytes)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{Answer, Declared, LARGEST_ANSWER, Request, Verb, frame, hear};
    use crate::{LARGEST, Language, outline};

    #[test]
    fn a_request_is_heard_as_it_was_said_and_one_that_is_cut_or_too_long_is_an_error() {
        let request = |after| Request { verb: Verb::Outline, language: Language::Go, before: 1, after };
        let mut bytes = frame(&request(2)).unwrap();
        bytes.extend_from_slice(b"abc");
        let (heard, before, after) = hear(&mut bytes.as_slice()).unwrap().unwrap();
        assert_eq!((heard.verb, before.as_str(), after.as_str()), (Verb::Outline, "a", "bc"));
        bytes.pop();
        assert!(hear(&mut bytes.as_slice()).is_err());
        assert!(hear(&mut [].as_slice()).unwrap().is_none());
        assert!(hear(&mut [0xff; 64].as_slice()).is_err());
        assert!(hear(&mut frame(&request(LARGEST + 1)).unwrap().as_slice()).is_err());
    }

    #[test]
    fn the_longest_answers_fit() {
        let name = "\u{1}".repeat(outline::LONGEST_NAME + 1);
        let declared = || Declared {
            kind: "constructor".to_owned(),
            name: name.clone(),
            first_line: u32::MAX,
            last_line: u32::MAX,
            depth: u16::MAX,
        };
        let answer = Answer::Outline(Some((0..outline::MOST).map(|_| declared()).collect()));
        assert!(frame(&answer).unwrap().len() <= LARGEST_ANSWER);
    }
}
