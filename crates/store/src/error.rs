//! What can go wrong with the store, told apart by what the user can do.

use anchorhold_domain::{AgentId, IllegalTransition, Timestamp};
use std::path::PathBuf;

/// The result of an operation of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Says why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database file could not be opened.
    #[error("open the database {path}")]
    Open {
        /// The database file.
        path: PathBuf,
        /// What SQLite or the file system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database was written by a later version of this program.
    #[error("open the database {path}, which a later version of Anchorhold has written")]
    TooNew {
        /// The database file.
        path: PathBuf,
    },
    /// Another agent that is not deleted has this name.
    #[error("name an agent {name:?}: another one has that name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// No agent has this id.
    #[error("find agent {id}")]
    NotFound {
        /// The id.
        id: AgentId,
    },
    /// Somebody else advanced the agent first.
    #[error("advance agent {id} from event {last_seq}: it has moved on since")]
    Conflict {
        /// Which agent.
        id: AgentId,
        /// The last event the caller knew of.
        last_seq: u32,
    },
    /// The event cannot happen now.
    #[error("record an event: {0}")]
    Illegal(#[from] IllegalTransition),
    /// A log begins with its creation, and only with that.
    #[error("begin a log with {event:?} at event {last_seq}: it begins with its creation")]
    NotCreation {
        /// The event that was given.
        event: &'static str,
        /// The place it was given for.
        last_seq: u32,
    },
    /// No blob has this hash.
    #[error("find the stored result {hash}")]
    NoBlob {
        /// The hash.
        hash: String,
    },
    /// The blob is larger than the store takes.
    #[error("store a result of {length} bytes, more than {} bytes", crate::blobs::LARGEST)]
    BlobTooLarge {
        /// Its length in bytes.
        length: usize,
    },
    /// A row does not say what it must.
    #[error("read {table} {row}: {found}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row's key.
        row: String,
        /// What is wrong with it.
        found: String,
    },
    /// There is no room left to write.
    #[error("write to the database: the disk is full")]
    DiskFull(#[source] sqlx::Error),
    /// SQLite refused for another reason.
    #[error("use the database")]
    Database(#[source] sqlx::Error),
    /// An event could not be turned into JSON.
    #[error("write event {event:?} at {at:?} as json")]
    Encode {
        /// The event's name.
        event: &'static str,
        /// When it happened.
        at: Timestamp,
        /// What serde said.
        #[source]
        source: serde_json::Error,
    },
    /// A result could not be compressed.
    #[error("compress a result")]
    Compress(#[source] std::io::Error),
}

impl StoreError {
    /// Returns the stable name that programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } => "store_unavailable",
            Self::TooNew { .. } => "store_too_new",
            Self::NameTaken { .. } => "name_taken",
            Self::NotFound { .. } => "agent_not_found",
            Self::Conflict { .. } => "conflict",
            Self::Illegal(_) => "illegal_transition",
            Self::NotCreation { .. } => "not_creation",
            Self::NoBlob { .. } => "result_not_found",
            Self::BlobTooLarge { .. } => "result_too_large",
            Self::Corrupt { .. } => "store_corrupt",
            Self::DiskFull(_) => "disk_full",
            Self::Database(_) => "store_failed",
            Self::Encode { .. } => "event_not_written",
            Self::Compress(_) => "result_not_compressed",
        }
    }

    /// Returns what the user can do now, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Open { .. } => "check that the data folder exists and that you may write to it",
            Self::TooNew { .. } => "use the version of Anchorhold that last ran here, or a later one",
            Self::NameTaken { .. } => "choose another name, or delete the agent that has it",
            Self::NotFound { .. } => "list the agents to see which there are",
            Self::Conflict { .. } => "look at the agent again and repeat what you did if it still applies",
            Self::Corrupt { .. } => {
                "the database is damaged: close Anchorhold, keep a copy of the data folder, and put back a backup"
            }
            Self::DiskFull(_) => "free some space on the disk; everything recorded before is kept",
            Self::Illegal(_)
            | Self::NotCreation { .. }
            | Self::NoBlob { .. }
            | Self::BlobTooLarge { .. }
            | Self::Database(_)
            | Self::Encode { .. }
            | Self::Compress(_) => return None,
        };
        Some(hint.to_owned())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_full(&error) { Self::DiskFull(error) } else { Self::Database(error) }
    }
}

/// Whether SQLite says that a unique index already holds the value.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Whether there is no room left: `SQLITE_FULL`, which SQLite answers for `ENOSPC` too.
///
/// <https://sqlite.org/rescode.html#full>
pub(crate) fn is_full(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|e| e.code().as_deref() == Some("13"))
}
