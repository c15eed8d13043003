//! A handle to one agent's cell.

use std::sync::Arc;
use std::time::Duration;

use anchorhold_bridge::{Hello, Quotas, Request, Response};
use futures_util::Stream;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::error::{Ending, SandboxError};
use crate::export::{self, ExportPiece, Exported};
use crate::import::{self, ImportFile};
use crate::line::Line;
use crate::owners::Claim;
use crate::report::{CellReport, ContainerFacts};

/// How long an ordinary call may take; searches and edits have limits of their own well below it.
const CALL_PATIENCE: Duration = Duration::from_secs(60);
/// A bridge counts its workspace before it answers for the first time.
const HELLO_PATIENCE: Duration = Duration::from_secs(60);

/// A running cell. Clones are the same cell; calls run side by side and are answered in order.
#[derive(Clone)]
pub struct Cell(Arc<Inner>);

struct Inner {
    line: Line,
    container_id: String,
    volume: Option<String>,
    report: CellReport,
    fresh: bool,
}

impl Cell {
    /// Talks to a bridge at the other end of any pipe, such as a plain process.
    pub async fn over(
        reader: impl AsyncRead + Send + 'static,
        writer: impl AsyncWrite + Send + 'static,
    ) -> Result<Self, SandboxError> {
        let epilogue = Box::pin(async { Ending::default() });
        let line = Line::new(Box::pin(reader), Box::pin(writer), epilogue);
        let hello = hello(&line).await?;
        let quotas = hello.quotas;
        Ok(Self::new(line, String::new(), None, hello, quotas, None))
    }

    pub(crate) fn new(
        line: Line,
        container_id: String,
        volume: Option<String>,
        hello: Hello,
        quotas: Quotas,
        container: Option<ContainerFacts>,
    ) -> Self {
        let fresh = !hello.imported;
        let report = CellReport::new(hello, quotas, container);
        Self(Arc::new(Inner { line, container_id, volume, report, fresh }))
    }

    /// The container's id; empty without a container.
    pub fn container_id(&self) -> &str {
        &self.0.container_id
    }

    /// What tells the volume that holds the workspace from every other, in whatever engine; `None` without
    /// a container.
    pub fn volume(&self) -> Option<&str> {
        self.0.volume.as_deref()
    }

    /// What the cell can and cannot do, as measured when it was opened.
    pub fn report(&self) -> &CellReport {
        &self.0.report
    }

    /// Whether the workspace was without a whole import when the cell was opened.
    pub fn fresh(&self) -> bool {
        self.0.fresh
    }

    /// Asks the bridge; a refusal is an answer, [`Response::Refused`].
    pub async fn call(&self, request: Request, body: Vec<u8>) -> Result<(Response, Vec<u8>), SandboxError> {
        let answer = self.0.line.call(request, &body, CALL_PATIENCE).await;
        answer.map_err(|error| match error {
            SandboxError::Timeout { attempt, after } => SandboxError::CellSilent { attempt, after },
            other => other,
        })
    }

    /// Empties the workspace and fills it with `files`, which become the baseline of `Changes`.
    ///
    /// `progress` is told the files and bytes sent so far. Dropped or failed, the workspace counts
    /// as empty: the next cell opened on it is [`fresh`](Self::fresh).
    pub async fn import<S, E>(&self, files: S, progress: impl FnMut(u64, u64)) -> Result<(), SandboxError>
    where
        S: Stream<Item = Result<ImportFile, E>>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        import::import(&self.0.line, files, progress).await
    }

    /// Takes the whole tree out, in order of its paths; `sink` is given piece after piece.
    ///
    /// Nothing else may change the tree meanwhile; a file that does not keep its length is an error.
    /// Empty folders are left out, and a submodule is an empty piece of its mode.
    pub async fn export<E>(
        &self,
        sink: impl FnMut(ExportPiece) -> Result<(), E>,
    ) -> Result<Exported, SandboxError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        export::export(&self.0.line, &self.0.report.quotas, sink).await
    }

    /// Removes everything in the workspace, the baseline too; answers with how many entries it had.
    ///
    /// A volume that is emptied first is removed in a moment.
    pub async fn empty(&self) -> Result<u64, SandboxError> {
        export::empty(&self.0.line).await
    }

    /// Keeps the right to speak to the cell for as long as it is open.
    pub(crate) fn hold(&self, claim: Claim) {
        self.0.line.hold(claim);
    }

    /// Lets go of the cell; a container goes on running until it is parked or removed.
    pub async fn close(&self) {
        self.0.line.close();
    }
}

/// Asks the bridge who it is.
pub(crate) async fn hello(line: &Line) -> Result<Hello, SandboxError> {
    match line.call(Request::Hello, &[], HELLO_PATIENCE).await? {
        (Response::Hello(hello), _) => Ok(*hello),
        (other, _) => {
            Err(SandboxError::UnexpectedAnswer { request: "hello".into(), answer: format!("{other:?}") })
        }
    }
}
