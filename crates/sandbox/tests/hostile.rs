//! A compromised bridge that attacks its host over the pipe: floods, lies, bombs and silence. The call
//! ends in an answer or a clear error, and the host's memory stays its own.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use anchorhold_sandbox::bridge::frame::{
    self, END_MARK, MAX_BODY_BYTES, MAX_HEADER_BYTES, PRELUDE_BYTES, Prelude,
};
use anchorhold_sandbox::bridge::{
    Envelope, ExportCursor, Hello, ImportPiece, LockReport, MODE_FILE, Measured, Usage,
};
use anchorhold_sandbox::{Cell, ExportPiece, PathBytes, Quotas, Request, Response, SandboxError};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;

/// The bridge's end of the pipe, in the hands of an attacker.
struct Attacker(DuplexStream);

impl Attacker {
    /// Waits for a request and answers with its id.
    async fn hear(&mut self) -> u64 {
        let mut prelude = [0; PRELUDE_BYTES];
        self.0.read_exact(&mut prelude).await.unwrap();
        let lengths = Prelude::parse(prelude).unwrap();
        let mut header = vec![0; lengths.header];
        self.0.read_exact(&mut header).await.unwrap();
        let mut rest = vec![0; lengths.body + END_MARK.len()];
        self.0.read_exact(&mut rest).await.unwrap();
        serde_json::from_slice::<Envelope<Request>>(&header).unwrap().id
    }

    /// Says anything; a host that hung up is fine.
    async fn say(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    async fn answer(&mut self, id: u64, message: Response, body: &[u8]) {
        let header = serde_json::to_vec(&Envelope { id, message }).unwrap();
        self.say(&frame::encode(&header, body).unwrap()).await;
    }

    /// Says who it is, as an honest bridge does.
    async fn greet(&mut self) {
        let id = self.hear().await;
        self.answer(id, Response::Hello(Box::new(hello())), b"").await;
    }
}

/// Small ones, so that what is endless soon ends.
fn quotas() -> Quotas {
    Quotas { bytes: 16 * MAX_BODY_BYTES as u64, files: 100, ..Quotas::default() }
}

/// What an honest bridge would say.
fn hello() -> Hello {
    Hello {
        version: "0".into(),
        arch: std::env::consts::ARCH.into(),
        pid: 1,
        uid: 65532,
        locks: LockReport { seccomp: true, landlock: Some(7), refused: Vec::new() },
        measured: Measured::default(),
        quotas: quotas(),
        usage: Usage::default(),
        imported: true,
    }
}

/// A cell whose bridge greets and then does as `attack` says.
async fn cell<F>(attack: impl FnOnce(Attacker) -> F + Send + 'static) -> (Cell, JoinHandle<()>)
where
    F: Future<Output = ()> + Send,
{
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let attacker = tokio::spawn(async move {
        let mut attacker = Attacker(theirs);
        attacker.greet().await;
        attack(attacker).await;
    });
    let (reader, writer) = tokio::io::split(ours);
    (Cell::over(reader, writer).await.unwrap(), attacker)
}

fn stat() -> Request {
    Request::Stat { path: "file".into() }
}

async fn code(cell: &Cell) -> &'static str {
    cell.call(stat(), Vec::new()).await.map(drop).map_err(|error: SandboxError| error.code()).unwrap_err()
}

/// The memory that this process has now.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn a_flood_of_answers_that_nobody_asked_for_is_let_go() {
    const FLOOD: u64 = 512;
    let before = resident_bytes();
    let (cell, attacker) = cell(|mut attacker| async move {
        let id = attacker.hear().await;
        let body = vec![0; MAX_BODY_BYTES];
        for foreign in 1..=FLOOD {
            attacker.answer(id.wrapping_add(foreign), Response::InStep, &body).await;
        }
        attacker.answer(id, Response::DirectoryMade { created: true }, b"").await;
        attacker.hear().await;
    })
    .await;
    let (response, _) = cell.call(stat(), Vec::new()).await.unwrap();
    assert_eq!(response, Response::DirectoryMade { created: true });
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < FLOOD / 4 * MAX_BODY_BYTES as u64, "{grown} bytes more after {FLOOD} MiB");
    drop(cell);
    attacker.abort();
}

#[tokio::test]
async fn an_answer_given_before_it_was_asked_for_is_let_go() {
    let (cell, _attacker) = cell(|mut attacker| async move {
        let id = attacker.hear().await;
        // The ids are numbered one by one, so the next is known.
        attacker.answer(id + 1, Response::DirectoryMade { created: false }, b"early").await;
        attacker.answer(id, Response::InStep, b"").await;
        let id = attacker.hear().await;
        attacker.answer(id, Response::DirectoryMade { created: true }, b"in time").await;
        attacker.hear().await;
    })
    .await;
    cell.call(stat(), Vec::new()).await.unwrap();
    let (_, body) = cell.call(stat(), Vec::new()).await.unwrap();
    assert_eq!(body, b"in time");
}

#[tokio::test]
async fn a_second_answer_to_the_same_request_is_let_go() {
    let (cell, _attacker) = cell(|mut attacker| async move {
        let first = attacker.hear().await;
        attacker.answer(first, Response::InStep, b"first").await;
        attacker.answer(first, Response::InStep, b"second").await;
        let next = attacker.hear().await;
        attacker.answer(first, Response::InStep, b"third").await;
        attacker.answer(next, Response::InStep, b"next").await;
        attacker.hear().await;
    })
    .await;
    assert_eq!(cell.call(stat(), Vec::new()).await.unwrap().1, b"first");
    assert_eq!(cell.call(stat(), Vec::new()).await.unwrap().1, b"next");
}

/// Whatever is said in place of an answer ends the cell, with an error that says what was wrong.
async fn ends_the_cell(said: Vec<u8>, expected: &'static str) {
    let (cell, _attacker) = cell(|mut attacker| async move {
        attacker.hear().await;
        attacker.say(&said).await;
    })
    .await;
    let error = cell.call(stat(), Vec::new()).await.unwrap_err();
    assert_eq!(error.code(), "cell_ended");
    assert!(error.to_string().contains(expected), "{error}");
    assert_eq!(code(&cell).await, "cell_ended");
}

#[tokio::test]
async fn lengths_that_no_frame_has_end_the_cell() {
    ends_the_cell(vec![0xff; 8], "a header of 4294967295 bytes").await;
    ends_the_cell(vec![0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff], "a body of 4294967295 bytes").await;
}

#[tokio::test]
async fn half_an_answer_ends_the_cell() {
    let message = Response::DirectoryMade { created: true };
    let header = serde_json::to_vec(&Envelope { id: 1, message }).unwrap();
    let whole = frame::encode(&header, b"body").unwrap();
    for kept in [9, whole.len() / 2, whole.len() - 1] {
        ends_the_cell(whole.iter().copied().take(kept).collect(), "in the middle of a frame").await;
    }
}

#[tokio::test]
async fn nesting_a_million_deep_ends_the_cell_without_a_stack_overflow() {
    for opening in ["[", "{\"a\":", "{\"id\":1,\"message\":{\"kind\":\"refused\",\"nearest\":["] {
        let header = opening.repeat(MAX_HEADER_BYTES / opening.len());
        ends_the_cell(frame::encode(header.as_bytes(), b"").unwrap(), "the pipe failed").await;
    }
}

#[tokio::test]
async fn an_answer_of_no_known_kind_ends_the_cell() {
    for header in
        [r#"{"id":1,"message":{"kind":"run"}}"#, r#"{"id":-1,"message":{"kind":"inStep"}}"#, "", "null"]
    {
        ends_the_cell(frame::encode(header.as_bytes(), b"").unwrap(), "the pipe failed").await;
    }
}

#[tokio::test]
async fn a_greeting_that_is_none_is_an_error() {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let _attacker = tokio::spawn(async move {
        let mut attacker = Attacker(theirs);
        let id = attacker.hear().await;
        attacker.answer(id, Response::DirectoryMade { created: true }, b"").await;
        attacker.hear().await;
    });
    let (reader, writer) = tokio::io::split(ours);
    let error = Cell::over(reader, writer).await.err().unwrap();
    assert_eq!(error.code(), "cell_protocol");
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_never_answers_is_given_up() {
    let (cell, _attacker) = cell(|mut attacker| async move {
        attacker.hear().await;
        std::future::pending().await
    })
    .await;
    assert_eq!(code(&cell).await, "cell_silent");
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_drips_an_answer_without_end_is_given_up() {
    let (cell, _attacker) = cell(|mut attacker| async move {
        attacker.hear().await;
        attacker.say(&[0, 0, 0xff, 0xff, 0, 0, 0, 0]).await;
        loop {
            attacker.say(b" ").await;
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        }
    })
    .await;
    assert_eq!(code(&cell).await, "cell_silent");
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_takes_nothing_in_holds_a_caller_up_no_longer_than_its_patience() {
    let (cell, _attacker) = cell(|attacker| async move {
        let _held = attacker;
        std::future::pending().await
    })
    .await;
    let write = |cell: Cell| async move {
        let request = Request::Write { path: "file".into(), executable: None };
        cell.call(request, vec![0; MAX_BODY_BYTES]).await.map_err(|error| error.code())
    };
    // More than wait for the pipe: the first ones end for want of an answer, the last for want of room.
    let calls: Vec<_> = (0..20).map(|_| tokio::spawn(write(cell.clone()))).collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Err("cell_silent"));
    }
}

#[tokio::test]
async fn an_import_that_is_answered_with_nonsense_is_an_error() {
    let (cell, _attacker) = cell(|mut attacker| async move {
        loop {
            let id = attacker.hear().await;
            attacker.answer(id, Response::DirectoryMade { created: true }, b"").await;
        }
    })
    .await;
    let nothing = futures_util::stream::empty::<Result<_, std::convert::Infallible>>();
    let error = cell.import(nothing, |_, _| {}).await.unwrap_err();
    assert_eq!(error.code(), "cell_protocol");
}

/// An export that goes on for ever is ended at what a workspace may hold, in bytes or in files.
async fn an_export_ends(bytes_each: usize) -> (u64, String) {
    let (cell, _attacker) = cell(move |mut attacker| async move {
        for number in 0_u64.. {
            let id = attacker.hear().await;
            let path = PathBytes::from(format!("{number:020}").as_str());
            let len = bytes_each as u64;
            let piece = ImportPiece { path: path.clone(), mode: MODE_FILE, offset: 0, len, total: len };
            let next = Some(ExportCursor { path, offset: len });
            let answer = Response::Exported { pieces: vec![piece], next };
            attacker.answer(id, answer, &vec![0; bytes_each]).await;
        }
    })
    .await;
    let mut bytes = 0;
    let outcome = cell.export(|piece: ExportPiece| {
        bytes += piece.bytes.len() as u64;
        Ok::<_, std::convert::Infallible>(())
    });
    let error = outcome.await.unwrap_err();
    assert_eq!(error.code(), "cell_protocol");
    (bytes, error.to_string())
}

#[tokio::test]
async fn an_export_without_end_is_ended_at_what_a_workspace_may_hold() {
    let (bytes, error) = an_export_ends(MAX_BODY_BYTES).await;
    assert!(error.contains("more than a workspace may hold"), "{error}");
    assert!(bytes <= quotas().bytes, "{bytes}");
    let (_, error) = an_export_ends(0).await;
    assert!(error.contains("more than a workspace may hold"), "{error}");
}
