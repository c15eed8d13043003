//! The one connection that writes.
//!
//! It is no pool: a pool asks a connection on its way in and out whether it is still there, and each
//! question is a change of threads and back, as long as the rest of a small commit.

use crate::error::Result;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The connection, for one writer at a time. Writers queue here and never find the database locked.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    settings: SqliteConnectOptions,
    place: Arc<Mutex<Place>>,
}

/// Where the connection is.
#[derive(Debug)]
enum Place {
    Here(SqliteConnection),
    /// It was given up; the next writer opens another.
    Empty,
    /// Nobody writes any more.
    Closed,
}

/// The connection in a writer's hands.
pub(crate) struct Lent {
    place: OwnedMutexGuard<Place>,
    whole: bool,
}

impl Writer {
    pub(crate) async fn open(settings: SqliteConnectOptions) -> sqlx::Result<Self> {
        let connection = settings.connect().await?;
        Ok(Self { settings, place: Arc::new(Mutex::new(Place::Here(connection))) })
    }

    /// Waits for the connection.
    ///
    /// SQLite ends a transaction by itself when the disk is full, and a connection that thinks it is still
    /// inside of it refuses every later one: another one is opened instead.
    pub(crate) async fn lend(&self) -> Result<Lent> {
        let mut place = Arc::clone(&self.place).lock_owned().await;
        let usable = match &mut *place {
            Place::Here(connection) if connection.is_in_transaction() => {
                // A transaction that was dropped is rolled back before this is answered.
                connection.ping().await.is_ok() && !connection.is_in_transaction()
            }
            Place::Here(_) => true,
            Place::Empty => false,
            Place::Closed => return Err(sqlx::Error::PoolClosed.into()),
        };
        if !usable {
            *place = Place::Empty;
            *place = Place::Here(self.settings.connect().await?);
        }
        Ok(Lent { place, whole: true })
    }

    /// Ends the connection, which writes the log that SQLite keeps beside the database into it.
    pub(crate) async fn close(&self) {
        let before = std::mem::replace(&mut *self.place.lock().await, Place::Closed);
        if let Place::Here(connection) = before {
            // It is closed by then; what fails is the wait for it.
            drop(connection.close().await);
        }
    }
}

impl Lent {
    /// From here on the connection is given up where it is dropped, until [`Lent::is_whole`] is said: a
    /// statement that was left in its middle may have left a transaction open.
    pub(crate) fn may_break(&mut self) {
        self.whole = false;
    }

    /// Takes [`Lent::may_break`] back.
    pub(crate) fn is_whole(&mut self) {
        self.whole = true;
    }
}

impl Deref for Lent {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match &*self.place {
            Place::Here(connection) => connection,
            Place::Empty | Place::Closed => unreachable!("it is lent with a connection"),
        }
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match &mut *self.place {
            Place::Here(connection) => connection,
            Place::Empty | Place::Closed => unreachable!("it is lent with a connection"),
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.whole {
            *self.place = Place::Empty;
        }
    }
}
