//! The host's end of the bridge, against the real program without a container.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use anchorhold_sandbox::bridge::MODE_FILE;
use anchorhold_sandbox::bridge::frame::{END_MARK, MAX_BODY_BYTES};
use anchorhold_sandbox::{Cell, ImportFile, Quotas, RefusalCode, Request, Response};
use futures_util::{StreamExt, stream};
use tokio::io::AsyncWriteExt;

fn many(count: usize, bytes: usize) -> Vec<ImportFile> {
    (0..count)
        .map(|number| ImportFile {
            path: format!("folder-{}/file-{number}", number % 37).into_bytes(),
            mode: MODE_FILE,
            bytes: format!("{number:bytes$}").into_bytes(),
        })
        .collect()
}

fn ok(files: Vec<ImportFile>) -> impl futures_util::Stream<Item = Result<ImportFile, Infallible>> {
    stream::iter(files.into_iter().map(Ok))
}

fn read(path: &str) -> Request {
    Request::Read { path: path.into(), from_line: None, line_count: None }
}

#[tokio::test]
async fn ten_thousand_files_go_in_with_progress_and_come_back_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let cell = Cell::local(folder.path(), Quotas::default()).await.unwrap();
    let last = Arc::new(Mutex::new((0, 0)));
    let seen = Arc::clone(&last);
    cell.import(ok(many(10_000, 100)), move |files, bytes| *seen.lock().unwrap() = (files, bytes))
        .await
        .unwrap();
    assert_eq!(*last.lock().unwrap(), (10_000, 1_000_000));
    let (response, _) = cell.call(Request::Changes { after: None }, Vec::new()).await.unwrap();
    assert_eq!(response, Response::Changes { changes: Vec::new(), truncated: false });
    let (_, body) = cell.call(read("folder-1/file-38"), Vec::new()).await.unwrap();
    assert_eq!(body, format!("{:100}", 38).into_bytes());
}

#[tokio::test]
async fn calls_made_at_once_get_their_own_answers() {
    let folder = tempfile::tempdir().unwrap();
    let cell = Cell::local(folder.path(), Quotas::default()).await.unwrap();
    cell.import(ok(many(100, 10)), |_, _| {}).await.unwrap();
    let answers: Vec<Vec<u8>> = stream::iter(0..100)
        .map(|number| {
            let cell = cell.clone();
            async move {
                let path = format!("folder-{}/file-{number}", number % 37);
                cell.call(read(&path), Vec::new()).await.unwrap().1
            }
        })
        .buffered(50)
        .collect()
        .await;
    let expected: Vec<Vec<u8>> = many(100, 10).into_iter().map(|file| file.bytes).collect();
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn a_dropped_call_does_not_disturb_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let cell = Cell::local(folder.path(), Quotas::default()).await.unwrap();
    let write = Request::Write { path: "a".into(), executable: None };
    cell.call(write, b"1".to_vec()).await.unwrap();
    for _ in 0..50 {
        let call = cell.call(read("a"), Vec::new());
        tokio::select! { biased; _ = call => {}, () = tokio::task::yield_now() => {} }
    }
    assert_eq!(cell.call(read("a"), Vec::new()).await.unwrap().1, b"1");
}

#[tokio::test]
async fn a_tree_over_the_quota_is_refused_with_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let quotas = Quotas { files: 50, ..Quotas::default() };
    let cell = Cell::local(folder.path(), quotas).await.unwrap();
    let error = cell.import(ok(many(100, 1)), |_, _| {}).await.unwrap_err();
    assert_eq!(error.code(), "import_refused");
    assert!(error.to_string().contains("50 files"), "{error}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let cell = Cell::local(folder.path(), Quotas::default()).await.unwrap();
    let write = || Request::Write { path: "a".into(), executable: None };
    let error = cell.call(write(), vec![0; MAX_BODY_BYTES + 1]).await.unwrap_err();
    assert_eq!(error.code(), "cell_protocol");
    let (response, _) = cell.call(read("a"), Vec::new()).await.unwrap();
    let Response::Refused(refusal) = response else { panic!("{response:?}") };
    assert_eq!(refusal.code, RefusalCode::NotFound);
}

#[tokio::test]
async fn a_closed_cell_answers_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let cell = Cell::local(folder.path(), Quotas::default()).await.unwrap();
    cell.close().await;
    let error = cell.call(Request::Hello, Vec::new()).await.unwrap_err();
    assert_eq!(error.code(), "cell_ended");
}

/// A bridge that says `bytes` and nothing else.
async fn says(bytes: &[u8]) -> String {
    let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
    let (reader, writer) = tokio::io::split(ours);
    theirs.write_all(bytes).await.unwrap();
    theirs.shutdown().await.unwrap();
    Cell::over(reader, writer).await.err().unwrap().to_string()
}

#[tokio::test]
async fn a_bridge_that_talks_nonsense_is_cut_off() {
    let gone = "talk to the cell: it is gone, and the engine does not say why";
    assert_eq!(says(b"").await, gone);
    assert_eq!(
        says(&[0xff; 8]).await,
        format!("{gone} and said: a header of 4294967295 bytes is over the limit of 1048576")
    );
    assert_eq!(
        says(b"\0\0\0\x02\0\0\0\0{}").await,
        format!("{gone} and said: the pipe was closed in the middle of a frame")
    );
    assert_eq!(
        says(b"\0\0\0\x02\0\0\0\0{}\0\0\0\0").await,
        format!("{gone} and said: a frame does not end where it said it would")
    );
    let deep = [b"\0\0\x10\0\0\0\0\0".as_slice(), &[b'['; 4096], &END_MARK].concat();
    assert!(says(&deep).await.starts_with(&format!("{gone} and said: the pipe failed")));
}
