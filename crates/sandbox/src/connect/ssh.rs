//! The engine's API through the `ssh` program, as the `docker` command does it.
//!
//! Keys, known hosts, jumps and everything else are as the user's own configuration of ssh has them.
//! Nothing is ever asked: what would need an answer is refused by ssh.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bollard::BollardRequest;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tower_service::Service;

use crate::docker::TIMEOUT_SECONDS;
use crate::endpoint::Ssh;

/// How much of what ssh says is kept.
const SAID_BYTES: usize = 4096;
/// The host of every request; where they go is ssh's business.
const HOST: &str = "http://docker";

/// A client whose connections are one ssh each; a connection that is free again is used again, since
/// each one costs a sign-in.
pub(super) fn client(ssh: &Ssh) -> Result<bollard::Docker, bollard::errors::Error> {
    let client = Client::builder(TokioExecutor::new()).build(Way { ssh: ssh.clone() });
    let client = Arc::new(client);
    let transport = move |request: BollardRequest| {
        let client = Arc::clone(&client);
        async move { Ok(client.request(request).await?) }
    };
    bollard::Docker::connect_with_custom_transport(
        transport,
        Some(HOST),
        TIMEOUT_SECONDS,
        bollard::API_DEFAULT_VERSION,
    )
}

/// Starts an ssh for each connection.
#[derive(Clone)]
struct Way {
    ssh: Ssh,
}

impl<Address> Service<Address> for Way {
    type Response = TokioIo<Pipe>;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Address) -> Self::Future {
        std::future::ready(Pipe::open(&self.ssh).map(TokioIo::new))
    }
}

fn command(ssh: &Ssh) -> Command {
    let mut command = Command::new("ssh");
    if let Some(config) = &ssh.config {
        command.arg("-F").arg(config);
    }
    command.args(["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]);
    // A machine that is gone ends the connection within a minute.
    command.args(["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3"]);
    if let Some(user) = &ssh.user {
        command.arg("-l").arg(user);
    }
    if let Some(port) = ssh.port {
        command.arg("-p").arg(port.to_string());
    }
    command.args(["--", &ssh.host, "docker", "system", "dial-stdio"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(windows)]
    {
        /// A program with a window of its own would open a console for each connection.
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(CREATE_NO_WINDOW);
    }
    command
}

/// An ssh that ended before a word of the engine came through.
#[derive(Debug)]
pub(super) struct SshEnded {
    /// Its exit status; none where a signal ended it or it did not start.
    pub(super) status: Option<i32>,
    /// Whether there is no such program.
    pub(super) is_missing: bool,
    /// What it said.
    pub(super) said: String,
}

impl SshEnded {
    /// The line that says why: the last one, which ssh's notices come before.
    pub(super) fn line(&self) -> String {
        let last = self.said.lines().map(str::trim).rfind(|line| !line.is_empty());
        match (last, self.status) {
            (Some(line), _) => line.chars().filter(|letter| !letter.is_control()).collect(),
            (None, Some(status)) => format!("ssh ended with exit status {status}"),
            (None, None) => "ssh was ended".to_owned(),
        }
    }
}

impl fmt::Display for SshEnded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.line())
    }
}

impl std::error::Error for SshEnded {}

type Waiting = Pin<Box<dyn Future<Output = io::Result<ExitStatus>> + Send>>;

/// The input and output of one ssh.
struct Pipe {
    input: ChildStdin,
    output: ChildStdout,
    errors: Option<ChildStderr>,
    /// Ends with the pipe: what is dropped here is killed.
    ending: Ending,
    said: Vec<u8>,
    answered: bool,
}

enum Ending {
    Running(Option<Child>),
    Awaited(Waiting),
    Ended(Option<i32>),
}

impl Pipe {
    fn open(ssh: &Ssh) -> io::Result<Self> {
        let mut child = command(ssh).spawn().map_err(|error| {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            io::Error::other(SshEnded { status: None, is_missing, said: error.to_string() })
        })?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let errors = child.stderr.take();
        let ending = Ending::Running(Some(child));
        Ok(Self { input, output, errors, ending, said: Vec::new(), answered: false })
    }

    /// Takes in what ssh says, so that it never waits for a reader.
    fn listen(&mut self, context: &mut Context<'_>) {
        let mut bytes = [0; 1024];
        while let Some(errors) = &mut self.errors {
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(errors).poll_read(context, &mut buffer) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.said.extend_from_slice(buffer.filled());
                    let surplus = self.said.len().saturating_sub(SAID_BYTES);
                    self.said.drain(..surplus);
                }
                Poll::Ready(_) => self.errors = None,
            }
        }
    }

    /// Waits for the end of an ssh whose output or input is closed, and says what it said.
    fn poll_ended(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        if let Ending::Running(child) = &mut self.ending
            && let Some(mut child) = child.take()
        {
            self.ending = Ending::Awaited(Box::pin(async move { child.wait().await }));
        }
        if let Ending::Awaited(waiting) = &mut self.ending {
            let ended = ready!(waiting.as_mut().poll(context));
            self.ending = Ending::Ended(ended.ok().and_then(|status| status.code()));
        }
        // All that it said is in the pipe by now; a master that stays behind may hold it open for good.
        self.listen(context);
        let status = match &self.ending {
            Ending::Ended(status) => *status,
            Ending::Running(_) | Ending::Awaited(_) => None,
        };
        let said = String::from_utf8_lossy(&self.said).into_owned();
        Poll::Ready(io::Error::other(SshEnded { status, is_missing: false, said }))
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.listen(context);
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.output).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.answered = true;
        } else if !self.answered && buffer.remaining() > 0 {
            return Poll::Ready(Err(ready!(self.poll_ended(context))));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match ready!(Pin::new(&mut self.input).poll_write(context, bytes)) {
            // Why is told at its end.
            Err(_) if !self.answered => Poll::Ready(Err(ready!(self.poll_ended(context)))),
            written => Poll::Ready(written),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.input).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.input).poll_shutdown(context)
    }
}

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}
