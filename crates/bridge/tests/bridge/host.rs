//! A host in miniature, for the tests.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anchorhold_bridge::frame::{self, Incoming};
use anchorhold_bridge::{Envelope, Hello, ImportPiece, Quotas, Refusal, RefusalCode, Request, Response};
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_anchorhold-bridge");

/// A bridge that serves a folder of its own.
pub struct Bridge {
    folder: TempDir,
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    next_id: u64,
}

impl Bridge {
    pub fn start() -> Self {
        Self::with(Quotas::default())
    }

    pub fn with(quotas: Quotas) -> Self {
        Self::on(tempfile::tempdir().unwrap(), quotas)
    }

    /// Starts on a folder that may have been served before.
    pub fn on(folder: TempDir, quotas: Quotas) -> Self {
        Self::by(Command::new(PROGRAM), folder, quotas)
    }

    /// Starts with a umask, which is set by a shell that becomes the program.
    pub fn under_umask(mask: u32) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("umask {mask:o}; exec \"$0\" \"$@\""), PROGRAM]);
        Self::by(shell, tempfile::tempdir().unwrap(), Quotas::default())
    }

    fn by(mut command: Command, folder: TempDir, quotas: Quotas) -> Self {
        let mut child = command
            .arg("--root")
            .arg(folder.path())
            .args(["--quotas", &serde_json::to_string(&quotas).unwrap()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = child.stdout.take().unwrap();
        Self { folder, child, input, output, next_id: 1 }
    }

    /// The folder that the agent sees, from outside.
    pub fn tree(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    /// Ends the program and starts another on the same folder.
    pub fn restart(self) -> Self {
        self.restart_with(Self::on)
    }

    /// Ends the program and has another started on the same folder.
    pub fn restart_with(mut self, start: fn(TempDir, Quotas) -> Self) -> Self {
        drop(self.input.take());
        assert!(self.child.wait().unwrap().success());
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        start(folder, Quotas::default())
    }

    pub fn send_raw(&mut self, bytes: &[u8]) {
        let pipe = self.input.as_mut().unwrap();
        pipe.write_all(bytes).unwrap();
        pipe.flush().unwrap();
    }

    /// The same to a program that may end before it has read everything.
    pub fn send_raw_or_lose(&mut self, bytes: &[u8]) {
        let _ = self.input.as_mut().unwrap().write_all(bytes);
    }

    /// The pipe to the program, for somebody else to fill.
    pub fn take_input(&mut self) -> ChildStdin {
        self.input.take().unwrap()
    }

    /// The most memory that the program has had so far.
    pub fn peak_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib * 1024
    }

    /// Closes the pipe and tells how the program ended.
    pub fn end(&mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }

    pub fn receive(&mut self) -> (Envelope<Response>, Vec<u8>) {
        match frame::read(&mut self.output).unwrap() {
            Incoming::Frame { header, body } => (serde_json::from_slice(&header).unwrap(), body),
            Incoming::Resync => panic!("the bridge does not ask for the rhythm"),
        }
    }

    pub fn call(&mut self, request: Request, body: &[u8]) -> (Response, Vec<u8>) {
        let id = self.next_id;
        self.next_id += 1;
        let header = serde_json::to_vec(&Envelope { id, message: request }).unwrap();
        self.send_raw(&frame::encode(&header, body).unwrap());
        let (envelope, body) = self.receive();
        assert_eq!(envelope.id, id);
        (envelope.message, body)
    }

    pub fn ask(&mut self, request: Request) -> Response {
        self.call(request, b"").0
    }

    #[track_caller]
    pub fn refused(&mut self, request: Request) -> Refusal {
        match self.ask(request) {
            Response::Refused(refusal) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// The refusal's code, or none if it was carried out.
    pub fn code(&mut self, request: Request) -> Option<RefusalCode> {
        match self.call(request, b"content").0 {
            Response::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }

    pub fn hello(&mut self) -> Hello {
        match self.ask(Request::Hello) {
            Response::Hello(hello) => *hello,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn write(&mut self, path: &str, content: &[u8]) {
        let request = Request::Write { path: path.into(), executable: None };
        let (response, _) = self.call(request, content);
        assert!(matches!(response, Response::Written { .. }), "{response:?}");
    }

    #[track_caller]
    pub fn import(&mut self, files: &[(&[u8], u32, &[u8])]) {
        assert_eq!(self.ask(Request::ImportBegin), Response::Importing);
        let pieces = files
            .iter()
            .map(|(path, mode, bytes)| ImportPiece {
                path: (*path).into(),
                mode: *mode,
                offset: 0,
                len: bytes.len() as u64,
                total: bytes.len() as u64,
            })
            .collect();
        let body: Vec<u8> = files.iter().flat_map(|(_, _, bytes)| bytes.to_vec()).collect();
        let (response, _) = self.call(Request::ImportFiles { pieces }, &body);
        assert_eq!(response, Response::Importing);
        assert!(matches!(self.ask(Request::ImportEnd), Response::Imported { .. }));
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
