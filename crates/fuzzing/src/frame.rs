//! Frames: what is read is what was written, however it comes, and half a frame is never a whole one.

use std::io::Read;

use anchorhold_bridge::frame::{self, Incoming, RESYNC};
use anchorhold_bridge::{FrameError, MAX_BODY_BYTES, MAX_HEADER_BYTES};

use crate::{Verdict, expect, must};

/// Reads one frame.
pub type ReadFrame = fn(&mut Dribble<'_>) -> Result<Incoming, FrameError>;

/// Checks the reader of the bridge.
pub fn check(data: &[u8]) -> Verdict {
    check_reader(data, |pipe| frame::read(pipe))
}

/// Checks any reader of frames; a test gives it a broken one.
pub fn check_reader(data: &[u8], read: ReadFrame) -> Verdict {
    whatever_comes(data, read)?;
    let (size, rest) = data.split_first().unwrap_or((&0, &[]));
    let (header, body) = rest.split_at(rest.len() * usize::from(*size) / 256);
    there_and_back(header, body, usize::from(*size), read)
}

/// Any bytes: whole or in drops they say the same, and a frame is exactly the bytes it came from.
fn whatever_comes(data: &[u8], read: ReadFrame) -> Verdict {
    let mut whole = Dribble { bytes: data, step: usize::MAX, largest: 0 };
    let mut drops = Dribble { bytes: data, step: 1, largest: 0 };
    loop {
        let before = whole.bytes;
        let (one, other) = (read(&mut whole), read(&mut drops));
        expect(format!("{one:?}") == format!("{other:?}"), || format!("whole {one:?}, in drops {other:?}"))?;
        expect(whole.largest <= MAX_HEADER_BYTES.max(MAX_BODY_BYTES), || {
            format!("{} bytes were asked for at once", whole.largest)
        })?;
        let taken = before.get(..before.len() - whole.bytes.len()).unwrap_or_default();
        match one {
            Ok(Incoming::Frame { header, body }) => {
                let again = must(frame::encode(&header, &body), "encode what was read")?;
                expect(again == taken, || format!("{taken:?} was read as {again:?}"))?;
            }
            Ok(Incoming::Resync) => {
                expect(taken == RESYNC, || format!("{taken:?} was read as a question of rhythm"))?;
            }
            Err(FrameError::Closed) => {
                return expect(before.is_empty(), || format!("closed before {before:?}"));
            }
            Err(_) => return Ok(()),
        }
    }
}

/// A frame comes back as it was; cut anywhere it does not, whether the pipe ends or a new host asks.
fn there_and_back(header: &[u8], body: &[u8], seed: usize, read: ReadFrame) -> Verdict {
    let whole = must(frame::encode(header, body), "encode")?;
    let mut pipe = Dribble { bytes: &whole, step: 1 + seed, largest: 0 };
    let back = must(read(&mut pipe), "read what was encoded")?;
    expect(back == Incoming::Frame { header: header.to_vec(), body: body.to_vec() }, || {
        format!("{whole:?} came back as {back:?}")
    })?;
    expect(pipe.bytes.is_empty(), || format!("{} bytes were left", pipe.bytes.len()))?;
    // Every place would be quadratic; the ends matter most, the middle is taken in steps.
    let edge = 16.min(whole.len());
    let middle = (edge..whole.len()).step_by(1 + whole.len() / 16);
    for cut in (0..edge).chain(middle).chain(whole.len() - edge..whole.len()) {
        let half = whole.get(..cut).unwrap_or_default();
        for mark in [&[][..], &RESYNC] {
            let bytes = [half, mark].concat();
            let read = read(&mut Dribble { bytes: &bytes, step: 1 + seed, largest: 0 });
            let finished = matches!(read, Ok(Incoming::Frame { .. }));
            expect(!finished, || format!("cut after {cut} of {} bytes it is whole", whole.len()))?;
            if cut == 0 && !mark.is_empty() {
                expect(matches!(read, Ok(Incoming::Resync)), || format!("between two frames: {read:?}"))?;
            }
        }
    }
    Ok(())
}

/// A pipe that gives a few bytes at a time and remembers the most that was asked of it.
pub struct Dribble<'d> {
    bytes: &'d [u8],
    step: usize,
    largest: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.largest = self.largest.max(buffer.len());
        let room = buffer.len().min(self.step);
        self.bytes.read(buffer.get_mut(..room).unwrap_or_default())
    }
}
