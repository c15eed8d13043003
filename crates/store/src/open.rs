//! Opening the database: how SQLite is set, and a backup before it is changed.

use crate::error::{Result, StoreError, is_full};
use crate::writer::Writer;
use anchorhold_store_schema::MIGRATOR;
use sqlx::SqliteConnection;
use sqlx::migrate::{Migrate as _, MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

// Enough for the window, a second window and the API to read while an agent writes.
const READERS: u32 = 3;

/// The database of one data folder. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) writer: Writer,
    /// Connections that cannot write.
    pub(crate) readers: SqlitePool,
}

impl Store {
    /// Opens the database at `path`, makes it where there is none, and brings it up to date.
    ///
    /// Before an existing database is changed, a copy is left beside it, named after the last
    /// migration it has: `anchorhold.db.before-20261122000000`.
    ///
    /// # Errors
    /// [`StoreError::Open`] where the file cannot be used, and [`StoreError::TooNew`] where a later
    /// version of this program has written it.
    pub async fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, &MIGRATOR).await
    }

    pub(crate) async fn open_with(path: &Path, migrator: &Migrator) -> Result<Self> {
        let unavailable =
            |source: sqlx::Error| StoreError::Open { path: path.to_owned(), source: source.into() };
        // A commit must survive a power cut: an agent acts on what the log says it did.
        let settings = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let writer = Writer::open(settings.clone()).await.map_err(unavailable)?;
        migrate(path, &mut *writer.lend().await?, migrator).await?;
        let readers =
            readers().connect_with(settings.pragma("query_only", "1")).await.map_err(unavailable)?;
        Ok(Self { writer, readers })
    }

    /// Closes every connection, which leaves the database as a single file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn readers() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(Duration::from_secs(30))
        // A file on this machine does not go away as a server does.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

async fn migrate(path: &Path, connection: &mut SqliteConnection, migrator: &Migrator) -> Result<()> {
    let failed = |source: MigrateError| match source {
        MigrateError::VersionMissing(_) => StoreError::TooNew { path: path.to_owned() },
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) if is_full(&source) => {
            StoreError::DiskFull(source)
        }
        other => StoreError::Open { path: path.to_owned(), source: other.into() },
    };
    connection.ensure_migrations_table(&migrator.table_name).await.map_err(failed)?;
    let applied = connection.list_applied_migrations(&migrator.table_name).await.map_err(failed)?;
    let last = applied.iter().map(|migration| migration.version).max();
    if let Some(last) = last
        && migrator.iter().any(|migration| migration.version > last)
    {
        back_up(path, connection, last).await?;
    }
    migrator.run(connection).await.map_err(failed)
}

/// Copies the database beside itself. An older copy of that name is replaced, since the database
/// may have been used since; it is replaced only once the new one is whole.
async fn back_up(path: &Path, connection: &mut SqliteConnection, last: i64) -> Result<()> {
    let failed = |source: std::io::Error| StoreError::Open { path: path.to_owned(), source: source.into() };
    let target = beside(path, &format!(".before-{last}"));
    let partial = beside(path, ".before-partial");
    match std::fs::remove_file(&partial) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    let copied =
        sqlx::query("VACUUM INTO ?").bind(partial.to_string_lossy().into_owned()).execute(connection).await;
    let kept =
        copied.map_err(StoreError::from).and_then(|_| std::fs::rename(&partial, &target).map_err(failed));
    if kept.is_err() {
        // It would take the room that is missing; what it is worth was said just now.
        let _ = std::fs::remove_file(&partial);
    }
    kept
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
