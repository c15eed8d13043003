//! A push that is going on for an agent, from the first look until it has ended, and how it is cancelled.
//!
//! It is apart from the agent's work: commits are made and signed before the log says that anything is sent.

use crate::EngineError;
use anchorhold_repo::{Arrived, Cancellation, RepoError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The pushes going on for one agent: one, or two where the user pushes what is just being pushed by itself.
#[derive(Debug, Default)]
pub(crate) struct Pushes(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    wishes: Vec<Arc<Wish>>,
    /// Whether none begins any more.
    closed: bool,
}

/// What the user wants of a push, for what waits and for what blocks.
#[derive(Debug, Default)]
struct Wish {
    waits: CancellationToken,
    blocks: Cancellation,
}

/// A push that can be cancelled until it is dropped.
#[derive(Debug)]
pub(crate) struct Push {
    wish: Arc<Wish>,
    all: Arc<Pushes>,
}

impl Pushes {
    /// Begins one, which is cancelled already where none is to begin any more.
    pub(crate) fn begin(self: &Arc<Self>) -> Push {
        let wish = Arc::<Wish>::default();
        let mut all = self.all();
        if all.closed {
            wish.cancel();
        }
        all.wishes.push(Arc::clone(&wish));
        Push { wish, all: Arc::clone(self) }
    }

    /// Cancels what is going on, and says whether anything was.
    pub(crate) fn cancel(&self) -> bool {
        let all = self.all();
        all.wishes.iter().for_each(|wish| wish.cancel());
        !all.wishes.is_empty()
    }

    /// Cancels what is going on, and lets no other begin.
    pub(crate) fn close(&self) {
        self.all().closed = true;
        self.cancel();
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wish {
    fn cancel(&self) {
        self.blocks.cancel();
        self.waits.cancel();
    }
}

impl Push {
    pub(crate) fn cancellation(&self) -> Cancellation {
        self.wish.blocks.clone()
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.wish.waits.is_cancelled()
    }

    /// Waits until it is cancelled.
    pub(crate) async fn cancelled(&self) {
        self.wish.waits.cancelled().await;
    }

    /// Does something for it that can be left in the middle.
    ///
    /// # Errors
    /// Those of `work`, and [`cancelled`] where it is cancelled before.
    pub(crate) async fn unless<T>(
        &self,
        branch: &str,
        work: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        self.wish.waits.run_until_cancelled(work).await.unwrap_or_else(|| Err(cancelled(branch)))
    }
}

impl Drop for Push {
    fn drop(&mut self) {
        self.all.all().wishes.retain(|wish| !Arc::ptr_eq(wish, &self.wish));
    }
}

/// How it is told that a push was cancelled before anything was sent.
pub(crate) fn cancelled(branch: &str) -> EngineError {
    RepoError::PushCancelled { branch: branch.to_owned(), arrived: Arrived::Nothing }.into()
}
