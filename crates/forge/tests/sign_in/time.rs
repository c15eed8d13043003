//! Time that stands still while the network works, and is moved by the test alone.

use anchorhold_forge::sign_in::Clock;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Keeps a paused clock from moving by itself: it does so only while nothing blocks.
pub struct Still {
    _until_dropped: Sender<()>,
}

impl Still {
    pub fn hold() -> Self {
        let (sender, receiver) = channel::<()>();
        tokio::task::spawn_blocking(move || receiver.recv());
        Self { _until_dropped: sender }
    }
}

/// What the clock of the tests says when it is made.
pub fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

pub fn clock() -> Clock {
    let made = Instant::now();
    Clock::new(move || start() + made.elapsed())
}

pub fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// The outcome of something that must wait this long, and no shorter, before it does anything.
pub async fn after<F: Future>(wait: Duration, future: F) -> F::Output {
    let mut future = pin!(future);
    let margin = Duration::from_millis(10);
    for step in [Duration::ZERO, wait - margin] {
        tokio::time::advance(step).await;
        let early = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        assert!(!early, "it did not wait for {wait:?}");
    }
    tokio::time::advance(2 * margin).await;
    future.await
}
