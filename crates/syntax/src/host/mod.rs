//! The side that asks: workers are started when they are needed, kept, and replaced when they fail.
//!
//! A text that ends a worker, or takes it too long, is not judged, and nobody is told of an error: what
//! a file declares and where it is broken is help, and no work depends on it. The log is warned.

mod checked;
mod process;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use self::process::{Failure, Process};
use crate::wire::{Answer, Request, Verb};
use crate::worker::WORD;
use crate::{LARGEST, Language, Problem, Symbol};

/// How many texts are parsed at once.
const WORKERS: usize = 2;
/// How long a worker may take to start, and then for each request; parsing gives up after two seconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a worker works before it is replaced, below the processor time that it has.
const RETIRED_AFTER: Duration = Duration::from_secs(30);

/// The program that is started to parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// What it is started with.
    pub arguments: Vec<OsString>,
    /// How long it may take to start, and then for each request.
    pub patience: Duration,
}

impl Program {
    /// The program at `path`, which calls [`crate::serve_if_asked`] before anything else.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path, arguments: vec![WORD.into()], patience: PATIENCE }
    }

    /// The program that runs now, which calls [`crate::serve_if_asked`] before anything else; `None` where
    /// the system does not say where it is.
    #[must_use]
    pub fn this() -> Option<Self> {
        // The running program even where an update has put another one in its place.
        let running = cfg!(target_os = "linux").then(|| PathBuf::from("/proc/self/exe"));
        running.filter(|path| path.exists()).or_else(|| std::env::current_exe().ok()).map(Self::at)
    }
}

/// Parses texts in processes of their own. Clones share them, and they end with the last clone.
#[derive(Clone, Debug)]
pub struct Parser {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    program: Program,
    turns: Semaphore,
    /// The workers that wait for a request; `None` when no more are wanted.
    idle: Mutex<Option<Vec<Process>>>,
    /// Whether it was said that a worker could not lock itself in entirely.
    warned: AtomicBool,
}

impl Parser {
    /// One that starts `program`, at the first request.
    #[must_use]
    pub fn new(program: Program) -> Self {
        let shared = Shared {
            program,
            turns: Semaphore::new(WORKERS),
            idle: Mutex::new(Some(Vec::new())),
            warned: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The problems of `after` that `before` does not have; `None` where one of them cannot be judged: an
    /// unknown language, a text over [`LARGEST`], one that takes too long, or a worker that failed at it.
    ///
    /// A problem is the same where its kind and its line's text are: one that only moved is not new.
    pub async fn new_problems(&self, path: &str, before: &str, after: &str) -> Option<Vec<Problem>> {
        let language = Language::of(path)?;
        match self.ask(Verb::NewProblems, language, before, after).await? {
            Checked::Problems(found) => found,
            Checked::Symbols(_) => None,
        }
    }

    /// The declarations of `text`, in order; `None` where there is no grammar for the file at `path` that
    /// declares anything, or the text cannot be judged.
    pub async fn outline(&self, path: &str, text: &str) -> Option<Vec<Symbol>> {
        let language = Language::of(path).filter(|language| language.declares())?;
        match self.ask(Verb::Outline, language, "", text).await? {
            Checked::Symbols(found) => found,
            Checked::Problems(_) => None,
        }
    }

    /// Ends every worker and waits until it is gone; nothing is parsed any more.
    pub async fn close(&self) {
        self.shared.turns.close();
        let idle = self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        for process in idle.into_iter().flatten() {
            process.end().await;
        }
    }

    /// The ids of the workers that wait for a request.
    #[must_use]
    pub fn workers(&self) -> Vec<u32> {
        let idle = self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.iter().flatten().filter_map(Process::id).collect()
    }

    async fn ask(&self, verb: Verb, language: Language, before: &str, after: &str) -> Option<Checked> {
        if before.len().max(after.len()) > LARGEST {
            return None;
        }
        let request = Request { verb, language, before: before.len(), after: after.len() };
        // Whoever stops waiting drops the worker that works for it, and so ends it.
        let _turn = self.shared.turns.acquire().await.ok()?;
        let kept = {
            let mut idle = self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.as_mut()?.pop()
        };
        if let Some(kept) = kept {
            match self.asked(kept, &request, before, after).await {
                Ok(answer) => return Some(answer),
                // It may have ended, or been left in disorder, before this request.
                Err(failure @ (Failure::Broke(_) | Failure::TooLong(_) | Failure::Nonsense)) => {
                    tracing::debug!(%failure, "a parser that was kept is replaced");
                }
                Err(failure @ (Failure::Start(_) | Failure::Late)) => return warn(&failure, language),
            }
        }
        let answer = async { self.asked(self.start().await?, &request, before, after).await };
        answer.await.map_or_else(|failure| warn(&failure, language), Some)
    }

    async fn start(&self) -> Result<Process, Failure> {
        let (process, hello) = Process::start(&self.shared.program).await?;
        if !hello.missing.is_empty() && !self.shared.warned.swap(true, Ordering::Relaxed) {
            let missing = hello.missing.join("; ");
            tracing::warn!(missing, "the parser is a process of its own and could not be locked in further");
        }
        Ok(process)
    }

    /// Asks one worker, and keeps it if it answered sensibly.
    async fn asked(
        &self,
        mut process: Process,
        request: &Request,
        before: &str,
        after: &str,
    ) -> Result<Checked, Failure> {
        let answer = process.ask(request, [before, after], self.shared.program.patience).await?;
        let answer = checked(answer, request, after).ok_or(Failure::Nonsense)?;
        if process.worked < RETIRED_AFTER
            && let Some(idle) = self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
        {
            idle.push(process);
        }
        Ok(answer)
    }
}

/// An answer that a worker of ours can have given.
enum Checked {
    Problems(Option<Vec<Problem>>),
    Symbols(Option<Vec<Symbol>>),
}

/// `None` for an answer to another question, and for one that holds what cannot be.
fn checked(answer: Answer, request: &Request, after: &str) -> Option<Checked> {
    Some(match (request.verb, answer) {
        (Verb::NewProblems, Answer::NewProblems(None)) => Checked::Problems(None),
        (Verb::NewProblems, Answer::NewProblems(Some(found))) => {
            Checked::Problems(Some(checked::problems(found, after)?))
        }
        (Verb::Outline, Answer::Outline(None)) => Checked::Symbols(None),
        (Verb::Outline, Answer::Outline(Some(found))) => {
            Checked::Symbols(Some(checked::symbols(found, request.language, after)?))
        }
        (Verb::NewProblems, Answer::Outline(_)) | (Verb::Outline, Answer::NewProblems(_)) => return None,
    })
}

fn warn<T>(failure: &Failure, language: Language) -> Option<T> {
    tracing::warn!(%failure, language = language.name(), "a text was not parsed");
    None
}
