//! A slow way to a container engine: everything arrives, each piece of it late.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use tempfile::TempDir;

/// A socket that passes everything on to another one; dropping it closes it.
pub struct SlowSocket {
    place: TempDir,
    closed: Arc<AtomicBool>,
}

impl SlowSocket {
    /// Passes every piece on to `engine`, and what comes back, after `delay`.
    ///
    /// # Errors
    /// When no socket can be made.
    pub fn before(engine: &Path, delay: Duration) -> Result<Self> {
        let place = tempfile::Builder::new().prefix("slow").tempdir()?;
        let listener = UnixListener::bind(place.path().join("docker.sock"))?;
        let closed = Arc::new(AtomicBool::new(false));
        let (done, engine) = (Arc::clone(&closed), engine.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if done.load(Ordering::Relaxed) {
                    return;
                }
                if let Ok(server) = UnixStream::connect(&engine) {
                    pass(&client, &server, delay);
                    pass(&server, &client, delay);
                }
            }
        });
        Ok(Self { place, closed })
    }

    /// The socket's path.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.place.path().join("docker.sock")
    }
}

impl Drop for SlowSocket {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // The thread looks up when somebody comes.
        let _ = UnixStream::connect(self.path());
    }
}

/// Copies one way on a thread of its own, which ends with the connection.
fn pass(from: &UnixStream, to: &UnixStream, delay: Duration) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else { return };
    thread::spawn(move || {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            thread::sleep(delay);
            if piece.get(..length).is_none_or(|piece| to.write_all(piece).is_err()) {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}
