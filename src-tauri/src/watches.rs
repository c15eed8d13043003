//! What the page follows, so that it can let go of it again.

use anchorhold_domain::Fault;
use serde::Serialize;
use std::collections::HashMap;
use std::future::Future;
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

/// What a page hears of something that it follows for as long as it likes.
#[derive(Clone, Debug, Serialize, specta::Type)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum Followed<T> {
    /// What happened.
    Told { message: T },
    /// That nothing more will be told, although the page still listens.
    Ended { fault: Fault },
}

impl Watches {
    /// Passes on the steps of what ends by itself until it does, or until the page lets go, and returns its
    /// number.
    pub(crate) fn begin<T: Serialize + Send + 'static>(
        &self,
        mut from: mpsc::Receiver<T>,
        to: Channel<T>,
    ) -> u32 {
        self.keep(async move {
            while let Some(message) = from.recv().await {
                // A window that was closed has no channel any more.
                if to.send(message).is_err() {
                    return;
                }
            }
        })
    }

    /// Passes on what has no end of its own until the page lets go, and returns its number. Where it breaks
    /// off, the page hears that as well: it would take the last message for how things are.
    pub(crate) fn follow<T: Serialize + Send + 'static>(
        &self,
        mut from: mpsc::Receiver<T>,
        to: Channel<Followed<T>>,
    ) -> u32 {
        self.keep(async move {
            while let Some(message) = from.recv().await {
                if to.send(Followed::Told { message }).is_err() {
                    return;
                }
            }
            if to.send(Followed::Ended { fault: broken_off() }).is_err() {
                tracing::debug!("nobody hears that a watch broke off");
            }
        })
    }

    fn keep(&self, passing: impl Future<Output = ()> + Send + 'static) -> u32 {
        let task = async_runtime::spawn(passing);
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

    /// Ends all, when the program does or the page that follows them is left: a page that is loaded anew knows
    /// none of their numbers.
    pub(crate) fn end_all(&self) {
        for (_, task) in self.open().tasks.drain() {
            task.abort();
        }
    }

    fn open(&self) -> MutexGuard<'_, Numbered> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn broken_off() -> Fault {
    Fault {
        code: "watch_ended".to_owned(),
        message: "follow what happens: the data folder could not be read any further".to_owned(),
        hint: Some("listen again; where that fails too, look whether its disk is full or gone".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::{Followed, Watches};
    use serde_json::{Value, json};
    use std::sync::mpsc as told;
    use std::time::Duration;
    use tauri::ipc::{Channel, InvokeResponseBody};
    use tokio::sync::mpsc;

    /// Longer than any machine takes to pass a message on.
    const LONG: Duration = Duration::from_secs(30);

    /// A channel whose messages can be read here.
    fn channel() -> (Channel<Followed<u32>>, told::Receiver<Value>) {
        let (sender, heard) = told::channel();
        let channel = Channel::new(move |body| {
            let InvokeResponseBody::Json(body) = body else { panic!("the page gets JSON") };
            sender.send(serde_json::from_str(&body).unwrap()).ok();
            Ok(())
        });
        (channel, heard)
    }

    #[test]
    fn what_breaks_off_is_told_behind_all_that_happened() {
        let watches = Watches::default();
        let (sender, from) = mpsc::channel(2);
        let (to, heard) = channel();
        watches.follow(from, to);
        sender.blocking_send(7).unwrap();
        drop(sender);
        assert_eq!(heard.recv_timeout(LONG).unwrap(), json!({"type": "told", "message": 7}));
        let ended = heard.recv_timeout(LONG).unwrap();
        let told = (ended.pointer("/type"), ended.pointer("/fault/code"));
        assert_eq!(told, (Some(&json!("ended")), Some(&json!("watch_ended"))));
    }

    #[test]
    fn a_page_that_is_left_takes_its_watches_with_it_and_the_next_one_begins_anew() {
        let watches = Watches::default();
        let (sender, from) = mpsc::channel(2);
        let (to, heard) = channel();
        let first = watches.follow(from, to);
        watches.end_all();
        // The watch held the only receiver, and says nothing of its end to a page that is gone.
        tauri::async_runtime::block_on(sender.closed());
        assert!(heard.recv_timeout(LONG).is_err());

        let (sender, from) = mpsc::channel(2);
        let (to, heard) = channel();
        assert_ne!(watches.follow(from, to), first);
        sender.blocking_send(1).unwrap();
        assert_eq!(heard.recv_timeout(LONG).unwrap(), json!({"type": "told", "message": 1}));
        watches.end_all();
    }
}
