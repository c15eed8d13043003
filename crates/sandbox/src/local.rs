//! A cell without a container, for tests: the same program, as a plain process over a folder.
//!
//! Its own locks hold; the engine's do not exist. Never in the product.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;

use anchorhold_bridge::Quotas;
use tokio::process::{Child, Command};

use crate::arch::{BRIDGES, bridge_for};
use crate::cell::{self, Cell};
use crate::container;
use crate::error::{Ending, SandboxError};
use crate::line::Line;

impl Cell {
    /// Serves `folder`, which must be there, until the cell is closed or dropped.
    pub async fn local(folder: &Path, quotas: Quotas) -> Result<Self, SandboxError> {
        let bridge = bridge_for(BRIDGES, std::env::consts::ARCH)?.program;
        let mut child = start(folder, &quotas, bridge).await.map_err(|error| SandboxError::EngineFailed {
            attempt: "start a bridge without a container".into(),
            source: Box::new(error),
        })?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(SandboxError::CellEnded(Ending::default()));
        };
        let line = Line::new(Box::pin(output), Box::pin(input), Box::pin(epilogue(child)));
        let hello = cell::hello(&line).await?;
        Ok(Self::new(line, String::new(), None, hello, quotas, None))
    }
}

async fn start(folder: &Path, quotas: &Quotas, bridge: &[u8]) -> io::Result<Child> {
    let program = folder.join("bridge-program");
    if !program.exists() {
        // Written by another name first: a file still open for writing cannot be run.
        let beside = folder.join("bridge-program.new");
        let mut file =
            std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o755).open(&beside)?;
        io::Write::write_all(&mut file, bridge)?;
        drop(file);
        std::fs::rename(beside, &program)?;
    }
    let arguments = container::arguments(quotas);
    let mut command = Command::new(&program);
    command
        .arg("--root")
        .arg(folder)
        .args(arguments.iter().skip(2))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    loop {
        match command.spawn() {
            // A fork of another thread may hold the file for a moment between fork and exec.
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                tokio::task::yield_now().await;
            }
            outcome => return outcome,
        }
    }
}

async fn epilogue(mut child: Child) -> Ending {
    use std::os::unix::process::ExitStatusExt;
    let status = child.wait().await.ok();
    Ending {
        status: status
            .and_then(|status| status.code().or(status.signal().map(|signal| 128 + signal)).map(i64::from)),
        ..Ending::default()
    }
}
