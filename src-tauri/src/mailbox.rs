//! What is told to the page whether or not it listens yet.
//!
//! A link can be what starts the program, and a second start can come while the first one still opens: both are
//! done before the page has loaded its scripts.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{self, Sender, error::TrySendError};

/// How much is kept; a page of the web can open any number of links.
pub(crate) const MOST: usize = 16;

/// Messages of one kind: kept until the page asks for them, and from then on passed to it.
#[derive(Debug)]
pub struct Mailbox<T>(Mutex<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    to: Option<Sender<T>>,
    unheard: VecDeque<T>,
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        Self(Mutex::new(Inner { to: None, unheard: VecDeque::new() }))
    }
}

impl<T> Mailbox<T> {
    /// Tells it to the page that listens, or to the next one that does. Of what nobody hears, the oldest is let
    /// go of first.
    pub(crate) fn tell(&self, message: T) {
        let mut inner = self.inner();
        let unheard = match &inner.to {
            None => message,
            Some(to) => match to.try_send(message) {
                Ok(()) => return,
                Err(TrySendError::Full(message) | TrySendError::Closed(message)) => message,
            },
        };
        if inner.unheard.len() == MOST {
            inner.unheard.pop_front();
        }
        inner.unheard.push_back(unheard);
    }

    /// What is told from now on, behind what nobody heard. A page that is loaded anew takes the place of the one
    /// before.
    pub(crate) fn hear(&self) -> mpsc::Receiver<T> {
        let (to, from) = mpsc::channel(MOST);
        let mut inner = self.inner();
        for message in inner.unheard.drain(..) {
            // There is room for all that is kept.
            to.try_send(message).ok();
        }
        inner.to = Some(to);
        from
    }

    fn inner(&self) -> MutexGuard<'_, Inner<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Mailbox};
    use tokio::sync::mpsc::Receiver;

    fn heard(from: &mut Receiver<usize>) -> Vec<usize> {
        std::iter::from_fn(|| from.try_recv().ok()).collect()
    }

    #[test]
    fn what_was_told_before_anybody_listened_is_heard_once_and_first() {
        let mailbox = Mailbox::default();
        mailbox.tell(1);
        mailbox.tell(2);
        let mut page = mailbox.hear();
        mailbox.tell(3);
        assert_eq!(heard(&mut page), [1, 2, 3]);
        drop(page);
        mailbox.tell(4);
        assert_eq!(heard(&mut mailbox.hear()), [4]);
        assert_eq!(heard(&mut mailbox.hear()), Vec::<usize>::new());
    }

    #[test]
    fn of_more_than_is_kept_the_last_are_heard() {
        let mailbox = Mailbox::default();
        (0..=MOST).for_each(|message| mailbox.tell(message));
        assert_eq!(heard(&mut mailbox.hear()), (1..=MOST).collect::<Vec<_>>());
    }
}
