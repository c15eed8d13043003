//! What the page follows, so that it can let go of it again.

use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tauri::async_runtime::{self, JoinHandle};
use tauri::ipc::Channel;
use tokio::sync::mpsc;

/// The watches of the page, by number.
#[derive(Default)]
pub struct Watches {
    open: Mutex<Numbered>,
}

#[derive(Default)]
struct Numbered {
    last: u32,
    tasks: HashMap<u32, JoinHandle<()>>,
}

impl Watches {
    /// Passes on what arrives until the page lets go, and returns the watch's number.
    pub(crate) fn begin<T: Serialize + Send + 'static>(
        &self,
        mut from: mpsc::Receiver<T>,
        to: Channel<T>,
    ) -> u32 {
        let task = async_runtime::spawn(async move {
            while let Some(message) = from.recv().await {
                // A page that was closed or reloaded has no channel any more.
                if to.send(message).is_err() {
                    return;
                }
            }
        });
        let mut open = self.open();
        open.tasks.retain(|_, task| !task.inner().is_finished());
        open.last = open.last.wrapping_add(1);
        let number = open.last;
        open.tasks.insert(number, task);
        number
    }

    /// Ends a watch; one that has ended is no error.
    pub(crate) fn end(&self, number: u32) {
        if let Some(task) = self.open().tasks.remove(&number) {
            task.abort();
        }
    }

    /// Ends all, when the program does.
    pub(crate) fn end_all(&self) {
        for (_, task) in self.open().tasks.drain() {
            task.abort();
        }
    }

    fn open(&self) -> MutexGuard<'_, Numbered> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
