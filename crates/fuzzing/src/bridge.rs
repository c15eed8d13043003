//! Any bytes as what a host says to the bridge.
//!
//! An input whose first byte is even is the pipe as it is. Otherwise its lines are headers and bodies
//! in turn, put into frames that are whole, so that what is in them is reached.

use std::fs;
use std::os::unix::fs::symlink;

use anchorhold_bridge::{FrameError, Quotas, Response, frame};

use crate::cell::{self, Cell};
use crate::{Broken, Verdict, expect, must};

const QUOTAS: Quotas = Quotas {
    bytes: 8 * 1024,
    files: 24,
    path_bytes: 1024,
    depth: 6,
    read_bytes: 256,
    edit_bytes: 4 * 1024,
    search_ms: 200,
};

/// Checks the real bridge.
pub fn check(data: &[u8]) -> Verdict {
    let mut cell = Cell::new(QUOTAS)?;
    furnish(&mut cell)?;
    let input = input(data)?;
    let (output, end) = cell.serve(&input);
    let frames = cell::read_all(&output, cell::tells(&input))?;
    cell.walls_stand()?;
    match end {
        Ok(()) => Ok(()),
        Err(FrameError::Io(error)) => Err(Broken(format!("a pipe in memory failed: {error}"))),
        // Whatever it says first, an end that was not asked for is announced.
        Err(error) => {
            let last = frames.last().map(|(envelope, _)| envelope);
            let said = last
                .is_some_and(|last| last.id == 0 && matches!(&last.message, Response::Refused(refusal) if refusal.message == error.to_string()));
            expect(said, || format!("it ended in silence: {error}"))
        }
    }
}

/// A few things to walk into: a file, a folder, and symlinks that lead out.
fn furnish(cell: &mut Cell) -> Verdict {
    let tree = cell.tree();
    must(fs::create_dir(tree.join("d")), "furnish")?;
    must(fs::write(tree.join("a"), "one\ntwo\r\nthree"), "furnish")?;
    must(fs::write(tree.join("d/b"), "in a folder"), "furnish")?;
    must(symlink("../../outside", tree.join("l")), "furnish")?;
    must(symlink("../../../outside/secret", tree.join("d/l")), "furnish")?;
    cell.reopen()
}

fn input(data: &[u8]) -> Result<Vec<u8>, Broken> {
    let Some((first, rest)) = data.split_first() else { return Ok(Vec::new()) };
    if first % 2 == 0 {
        return Ok(rest.to_vec());
    }
    let mut lines = rest.split(|byte| *byte == b'\n');
    let mut input = Vec::new();
    while let Some(header) = lines.next() {
        let body = lines.next().unwrap_or_default();
        if let Ok(frame) = frame::encode(header, body) {
            input.extend_from_slice(&frame);
        }
    }
    Ok(input)
}
