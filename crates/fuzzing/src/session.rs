//! Requests that are well formed, one after the other, each looked at by what it left on the disk.

use anchorhold_bridge::{Envelope, Quotas, Request, Response, frame};
use arbitrary::{Arbitrary, Unstructured};

use crate::cell::{self, Cell, Frame};
use crate::disk::{self, Tree};
use crate::requests::{Ask, Step, whole_import};
use crate::{Broken, Verdict, expect, model, must};

/// Small enough to be hit.
const TIGHT: Quotas = Quotas {
    bytes: 2000,
    files: 10,
    path_bytes: 64,
    depth: 3,
    read_bytes: 64,
    edit_bytes: 500,
    search_ms: 200,
};
const ROOMY: Quotas = Quotas {
    bytes: 1024 * 1024,
    files: 1000,
    path_bytes: 1024,
    depth: 8,
    read_bytes: 64 * 1024,
    edit_bytes: 64 * 1024,
    search_ms: 200,
};
/// Longer sessions find nothing that several short ones would not.
const MOST_STEPS: usize = 24;

/// What a test may break after each request, to see that it is noticed.
pub type Sabotage = fn(&mut Cell, &Ask);

/// Checks the real bridge.
pub fn check(data: &[u8]) -> Verdict {
    check_sabotaged(data, |_, _| {})
}

/// Checks a bridge that is broken after each request.
pub fn check_sabotaged(data: &[u8], sabotage: Sabotage) -> Verdict {
    let mut bytes = Unstructured::new(data);
    let quotas = if bytes.arbitrary().unwrap_or_default() { TIGHT } else { ROOMY };
    let mut session = Session { cell: Cell::new(quotas)?, baseline: None, sabotage, told: false };
    for _ in 0..MOST_STEPS {
        if bytes.is_empty() {
            break;
        }
        match Step::arbitrary(&mut bytes) {
            Ok(step) => session.step(&step)?,
            Err(_) => break,
        }
    }
    Ok(())
}

struct Session {
    cell: Cell,
    baseline: Option<Tree>,
    sabotage: Sabotage,
    told: bool,
}

impl Session {
    fn step(&mut self, step: &Step) -> Verdict {
        match step {
            Step::Ask(ask) | Step::AskMore(ask) => self.ask(ask),
            Step::Import(files) => whole_import(files).iter().try_for_each(|ask| self.ask(ask)),
            Step::Reopen => {
                self.cell.reopen()?;
                self.cell.walls_stand()
            }
            Step::Unknown(length) => {
                let name = "x".repeat(length.0 as usize % 1_048_540);
                let header = format!("{{\"id\":7,\"message\":{{\"op\":\"{name}\"}}}}");
                let (envelope, _) = self.exchange(header.as_bytes(), &[])?;
                let refused = matches!(envelope.message, Response::Refused(_));
                expect(refused && envelope.id == 7, || format!("{envelope:?}"))
            }
        }
    }

    fn ask(&mut self, ask: &Ask) -> Verdict {
        let before = disk::tree(&self.cell.tree())?;
        let (request, body) = ask.request();
        let id = 9;
        let header =
            must(serde_json::to_vec(&Envelope::<Request> { id, message: request }), "write a request")?;
        if frame::encode(&header, &body).is_err() {
            return Ok(());
        }
        let (envelope, body) = self.exchange(&header, &body)?;
        (self.sabotage)(&mut self.cell, ask);
        let response = envelope.message;
        expect(envelope.id == id, || format!("{ask:?} was answered as {}", envelope.id))?;
        self.cell.walls_stand().map_err(|broken| Broken(format!("after {ask:?}, {response:?}: {broken}")))?;
        let after = disk::tree(&self.cell.tree())?;
        if let Some(expected) = model::after(&before, ask, &response, &body) {
            expect(after == expected, || format!("{ask:?}, {response:?}: left {after:?}, not {expected:?}"))?;
        }
        self.remember(ask, &response, &after)?;
        model::tells_the_truth(&after, self.baseline.as_ref(), ask, &response, &body)
    }

    /// Follows what is the baseline; while an import is under way there is none.
    fn remember(&mut self, ask: &Ask, response: &Response, tree: &Tree) -> Verdict {
        match (ask, response) {
            (Ask::ImportBegin, _) => self.baseline = None,
            (Ask::ImportEnd, Response::Imported { files, bytes }) => {
                let leaves = tree.values().filter(|node| !matches!(node, disk::Node::Folder)).count() as u64;
                let held = disk::usage(tree).bytes;
                expect((*files, *bytes) == (leaves, held), || {
                    format!("{files} files with {bytes} bytes were imported, {leaves} with {held} are there")
                })?;
                self.baseline = Some(tree.clone());
            }
            _ => {}
        }
        Ok(())
    }

    /// One frame in, one frame out, and the end of the pipe taken well.
    fn exchange(&mut self, header: &[u8], body: &[u8]) -> Result<Frame, Broken> {
        let input = must(frame::encode(header, body), "frame a request")?;
        self.told |= cell::tells(&input);
        let (output, end) = self.cell.serve(&input);
        let about = || String::from_utf8_lossy(header.get(..200).unwrap_or(header)).into_owned();
        must(end, &format!("serve {}", about()))?;
        match <[Frame; 1]>::try_from(cell::read_all(&output, self.told)?) {
            Ok([frame]) => Ok(frame),
            Err(frames) => Err(Broken(format!("{} answers to {}", frames.len(), about()))),
        }
    }
}
