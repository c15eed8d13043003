//! One worker: its process, and the frames on its standard streams.

use std::io;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::Program;
use crate::wire::{Answer, Hello, LARGEST_ANSWER, LARGEST_HELLO, Request, frame};

/// Longer answers are read into values on a thread for such work.
const SHORT: usize = 64 * 1024;

/// Why a worker gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The program cannot be started.
    #[error("start the parser: {0}")]
    Start(#[source] io::Error),
    /// It ended, or broke off.
    #[error("the parser broke off: {0}")]
    Broke(#[source] io::Error),
    /// It took longer than it may.
    #[error("the parser took too long")]
    Late,
    /// It began an answer of that many bytes, which is more than there can be.
    #[error("the parser began an answer of {0} bytes")]
    TooLong(u32),
    /// It said what cannot be said.
    #[error("the parser answered with nonsense")]
    Nonsense,
}

/// A worker that said hello. It is killed when it is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    /// For how long it worked at requests.
    pub(super) worked: Duration,
}

impl Process {
    /// Starts one, with an empty environment, and waits until it is locked in.
    pub(super) async fn start(program: &Program) -> Result<(Self, Hello), Failure> {
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).env_clear().kill_on_drop(true);
        // What a grammar that fails writes there is for nobody, and a worker that was taken over writes more.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        #[cfg(unix)]
        {
            // An interrupt in the terminal is for the program, which still wants its answers.
            command.process_group(0).current_dir("/");
        }
        #[cfg(windows)]
        {
            const CREATE_NO_WINDOW: u32 = 0x0800_0000;
            command.creation_flags(CREATE_NO_WINDOW);
            // Without it the system's own libraries do not load.
            command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        }
        let mut child = command.spawn().map_err(Failure::Start)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::Start(io::ErrorKind::BrokenPipe.into()));
        };
        let mut process = Self { child, input, output, worked: Duration::ZERO };
        let hello = timeout(program.patience, process.hear(LARGEST_HELLO)).await;
        let hello = hello.map_err(|_| Failure::Late)??;
        Ok((process, hello))
    }

    /// Asks for one thing. After a failure the process is of no more use.
    pub(super) async fn ask(
        &mut self,
        request: &Request,
        texts: [&str; 2],
        patience: Duration,
    ) -> Result<Answer, Failure> {
        let since = Instant::now();
        let exchange = async {
            self.say(request, texts).await.map_err(Failure::Broke)?;
            self.hear(LARGEST_ANSWER).await
        };
        let answer = timeout(patience, exchange).await.map_err(|_| Failure::Late)?;
        self.worked += since.elapsed();
        answer
    }

    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends it and waits until it is gone.
    pub(super) async fn end(mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "end a parser");
        }
    }

    async fn say(&mut self, request: &Request, texts: [&str; 2]) -> io::Result<()> {
        self.input.write_all(&frame(request)?).await?;
        for text in texts {
            self.input.write_all(text.as_bytes()).await?;
        }
        self.input.flush().await
    }

    async fn hear<T: DeserializeOwned + Send + 'static>(&mut self, most: usize) -> Result<T, Failure> {
        let length = self.output.read_u32_le().await.map_err(Failure::Broke)?;
        if length as usize > most {
            return Err(Failure::TooLong(length));
        }
        let mut bytes = vec![0; length as usize];
        self.output.read_exact(&mut bytes).await.map_err(Failure::Broke)?;
        let read = move || serde_json::from_slice(&bytes).map_err(|_| Failure::Nonsense);
        if length as usize <= SHORT {
            return read();
        }
        tokio::task::spawn_blocking(read).await.map_err(|_| Failure::Nonsense)?
    }
}
