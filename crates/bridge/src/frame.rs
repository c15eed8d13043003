//! Frames: how a message lies on the pipe between host and cell.
//!
//! ```text
//! u32 BE header length | u32 BE body length | header (JSON) | body (raw bytes) | END_MARK
//! ```
//!
//! Both ends refuse a length above the maximum before they allocate for it. The end mark makes a
//! frame that was cut off by a dying host impossible to complete by accident: a new host first sends
//! [`RESYNC`], which an idle bridge answers and which can only spoil, never finish, half a frame.

use std::io::{self, Read, Write};

/// The longest header either end accepts.
pub const MAX_HEADER_BYTES: usize = 1024 * 1024;
/// The longest body either end accepts; longer files travel in pieces.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// The bytes in front of every frame: both lengths.
pub const PRELUDE_BYTES: usize = 8;
/// The bytes that end every frame.
pub const END_MARK: [u8; 4] = *b"\x00end";
/// In place of a prelude: "are you between two frames?". Both lengths are impossible ones.
pub const RESYNC: [u8; PRELUDE_BYTES] = [0xff; PRELUDE_BYTES];

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The pipe ended between two frames, which is how a conversation ends.
    #[error("the pipe was closed")]
    Closed,
    /// The pipe ended within a frame.
    #[error("the pipe was closed in the middle of a frame")]
    Cut,
    /// A header longer than [`MAX_HEADER_BYTES`].
    #[error("a header of {0} bytes is over the limit of {MAX_HEADER_BYTES}")]
    HeaderTooLarge(usize),
    /// A body longer than [`MAX_BODY_BYTES`].
    #[error("a body of {0} bytes is over the limit of {MAX_BODY_BYTES}")]
    BodyTooLarge(usize),
    /// The bytes after the body are not [`END_MARK`].
    #[error("a frame does not end where it said it would")]
    NoEndMark,
    /// Reading or writing failed.
    #[error("the pipe failed")]
    Io(#[from] io::Error),
}

/// The two lengths in front of a frame, within their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prelude {
    /// The header's length in bytes.
    pub header: usize,
    /// The body's length in bytes.
    pub body: usize,
}

impl Prelude {
    /// Reads the lengths and refuses what is over the limits.
    pub fn parse(bytes: [u8; PRELUDE_BYTES]) -> Result<Self, FrameError> {
        let [a, b, c, d, e, f, g, h] = bytes;
        let header = u32::from_be_bytes([a, b, c, d]) as usize;
        let body = u32::from_be_bytes([e, f, g, h]) as usize;
        if header > MAX_HEADER_BYTES {
            return Err(FrameError::HeaderTooLarge(header));
        }
        if body > MAX_BODY_BYTES {
            return Err(FrameError::BodyTooLarge(body));
        }
        Ok(Self { header, body })
    }

    fn of(header: &[u8], body: &[u8]) -> Result<[u8; PRELUDE_BYTES], FrameError> {
        if header.len() > MAX_HEADER_BYTES {
            return Err(FrameError::HeaderTooLarge(header.len()));
        }
        if body.len() > MAX_BODY_BYTES {
            return Err(FrameError::BodyTooLarge(body.len()));
        }
        let [a, b, c, d] = (header.len() as u32).to_be_bytes();
        let [e, f, g, h] = (body.len() as u32).to_be_bytes();
        Ok([a, b, c, d, e, f, g, h])
    }
}

/// What came out of the pipe.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A whole frame.
    Frame {
        /// The JSON header, not yet parsed.
        header: Vec<u8>,
        /// The raw body.
        body: Vec<u8>,
    },
    /// [`RESYNC`] instead of a frame.
    Resync,
}

/// Lays a frame out in memory, ready to be written at once.
pub fn encode(header: &[u8], body: &[u8]) -> Result<Vec<u8>, FrameError> {
    let prelude = Prelude::of(header, body)?;
    let mut frame = Vec::with_capacity(PRELUDE_BYTES + header.len() + body.len() + END_MARK.len());
    frame.extend_from_slice(&prelude);
    frame.extend_from_slice(header);
    frame.extend_from_slice(body);
    frame.extend_from_slice(&END_MARK);
    Ok(frame)
}

/// Writes one frame.
pub fn write(pipe: &mut impl Write, header: &[u8], body: &[u8]) -> Result<(), FrameError> {
    pipe.write_all(&encode(header, body)?)?;
    pipe.flush()?;
    Ok(())
}

/// Reads one frame, or the request to find the rhythm again.
pub fn read(pipe: &mut impl Read) -> Result<Incoming, FrameError> {
    let mut prelude = [0; PRELUDE_BYTES];
    read_start(pipe, &mut prelude)?;
    if prelude == RESYNC {
        return Ok(Incoming::Resync);
    }
    let lengths = Prelude::parse(prelude)?;
    let mut header = vec![0; lengths.header];
    let mut body = vec![0; lengths.body];
    let mut end = [0; END_MARK.len()];
    read_rest(pipe, &mut header)?;
    read_rest(pipe, &mut body)?;
    read_rest(pipe, &mut end)?;
    if end != END_MARK {
        return Err(FrameError::NoEndMark);
    }
    Ok(Incoming::Frame { header, body })
}

/// Tells a pipe closed between frames from one closed within.
fn read_start(pipe: &mut impl Read, buffer: &mut [u8]) -> Result<(), FrameError> {
    let (first, rest) = buffer.split_at_mut(1);
    loop {
        match pipe.read(first) {
            Ok(0) => return Err(FrameError::Closed),
            Ok(_) => return read_rest(pipe, rest),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn read_rest(pipe: &mut impl Read, buffer: &mut [u8]) -> Result<(), FrameError> {
    pipe.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => FrameError::Cut,
        _ => FrameError::Io(error),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        let mut pipe = bytes;
        let outcome = match read(&mut pipe) {
            Ok(incoming) => format!("{incoming:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(outcome, expected);
    }

    proptest! {
        #[test]
        fn a_frame_survives_the_pipe(header: Vec<u8>, body: Vec<u8>) {
            let bytes = encode(&header, &body).unwrap();
            let read = read(&mut bytes.as_slice()).unwrap();
            prop_assert_eq!(read, Incoming::Frame { header, body });
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let _ = read(&mut bytes.as_slice());
        }
    }

    #[test]
    fn a_closed_pipe_is_told_from_a_cut_frame() {
        check(b"", "the pipe was closed");
        check(b"\x00\x00", "the pipe was closed in the middle of a frame");
        check(&encode(b"{}", b"abc").unwrap()[..12], "the pipe was closed in the middle of a frame");
    }

    #[test]
    fn lengths_over_the_limit_are_refused_before_anything_is_allocated() {
        check(
            &[0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0],
            "a header of 4294967294 bytes is over the limit of 1048576",
        );
        check(&[0, 0, 0, 1, 0, 0x10, 0, 1], "a body of 1048577 bytes is over the limit of 1048576");
        assert!(matches!(encode(&[], &vec![0; MAX_BODY_BYTES + 1]), Err(FrameError::BodyTooLarge(_))));
    }

    #[test]
    fn the_rest_of_a_cut_frame_is_never_completed_by_a_resync() {
        let whole = encode(b"{\"op\":\"write\"}", b"content of a file").unwrap();
        for kept in 1..whole.len() {
            let mut bytes = whole[..kept].to_vec();
            bytes.extend_from_slice(&RESYNC);
            assert!(read(&mut bytes.as_slice()).is_err(), "cut after {kept} bytes");
        }
        assert_eq!(read(&mut RESYNC.as_slice()).unwrap(), Incoming::Resync);
    }
}
