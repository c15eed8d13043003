//! One call, beside the same call on the same bridge without a container.

use std::time::Instant;

use anchorhold_sandbox::{Cell, Docker, Quotas, Request, Response};

use crate::row::{Row, Times};
use crate::{Failure, Plan, spec};

const CALLS: usize = 4000;

/// A file's length, its name in the table, and how many of the calls it gets.
const SIZES: [(usize, &str, usize); 3] =
    [(1024, "1 KB", 1), (64 * 1024, "64 KB", 4), (1024 * 1024, "1 MB", 40)];

pub async fn measure(docker: &Docker, _: &Plan) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    // A body may be a megabyte, and the reading of lines stops at its own limit well before.
    let quotas = Quotas { read_bytes: 1024 * 1024, ..Quotas::default() };
    let mut spec = spec(0);
    spec.quotas = quotas;
    let cell = docker.open(&spec).await?;
    let local = Cell::local(folder.path(), quotas).await?;
    for (bytes, name, share) in SIZES {
        eprintln!("calls of {name}");
        let content = b"a line of forty characters, more or less\n".repeat(bytes / 41 + 1);
        for cell in [&cell, &local] {
            let write = Request::Write { path: name.into(), executable: None };
            cell.call(write, content.get(..bytes).unwrap_or_default().to_vec()).await?;
        }
        let (mut ours, mut plain) = (Times::default(), Times::default());
        for run in 0..CALLS / share {
            let (one, other) = (read(&cell, name, bytes).await?, read(&local, name, bytes).await?);
            if run >= 20 {
                ours.add(one);
                plain.add(other);
            }
        }
        let row = |what, share| {
            Row::new(format!("call of {name}, {what}"), "ms", ours.percentile(share))
                .against("the bridge on a plain pipe", plain.percentile(share))
        };
        match bytes {
            1024 => {
                row("p50", 0.5).most(0.3).tell();
                row("p99", 0.99).most(2.0).tell();
            }
            _ => row("p50", 0.5).tell(),
        }
    }
    docker.remove(&spec.home, &spec.agent).await?;
    Ok(())
}

async fn read(cell: &Cell, name: &str, bytes: usize) -> Result<std::time::Duration, Failure> {
    let request = Request::Read { path: name.into(), from_line: None, line_count: None };
    let began = Instant::now();
    let (response, body) = cell.call(request, Vec::new()).await?;
    let took = began.elapsed();
    match response {
        Response::Read { .. } if body.len() == bytes => Ok(took),
        other => Err(format!("a read of {bytes} bytes was answered by {other:?}").into()),
    }
}
