//! The table `blobs`: long results, compressed, once each, under the hash of what they say.

use crate::error::{Result, StoreError};
use crate::open::Store;
use sha2::{Digest as _, Sha256};
use sqlx::SqliteConnection;

/// The largest blob, in bytes; what a damaged row may claim is bounded by it too.
pub(crate) const LARGEST: usize = 256 * 1024 * 1024;

/// What is hashed and compressed where it is, in bytes: some 50 µs.
const SMALL: usize = 16 * 1024;

/// A long result, or a checkpoint's objects, ready to be stored.
#[derive(Clone, Debug)]
pub struct Blob {
    hash: String,
    pub(crate) length: i64,
    pub(crate) compressed: Vec<u8>,
}

impl Blob {
    /// Hashes and compresses `bytes`.
    ///
    /// # Errors
    /// [`StoreError::BlobTooLarge`] beyond 256 MiB.
    pub async fn of(bytes: Vec<u8>) -> Result<Self> {
        if bytes.len() > LARGEST {
            return Err(StoreError::BlobTooLarge { length: bytes.len() });
        }
        match bytes.len() {
            // It takes less than to wake another thread and be woken.
            0..=SMALL => Self::pack(&bytes),
            _ => run(move || Self::pack(&bytes)).await,
        }
    }

    fn pack(bytes: &[u8]) -> Result<Self> {
        let compressed = zstd::bulk::compress(bytes, 0).map_err(StoreError::Compress)?;
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        Ok(Self { hash: hex(bytes), length, compressed })
    }

    /// The SHA-256 it is found under, in hex.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// Blobs to be added, those left out that are there.
pub(crate) struct Rows {
    /// A list with a list for each: hash, length, and where its bytes begin, from 1, and how many they are.
    pub(crate) json: String,
    /// The bytes of all of them, one after the other.
    pub(crate) bytes: Vec<u8>,
}

impl Rows {
    pub(crate) fn of(blobs: &[Blob]) -> Result<Self> {
        let mut bytes = Vec::with_capacity(blobs.iter().map(|blob| blob.compressed.len()).sum());
        let mut rows = Vec::with_capacity(blobs.len());
        for Blob { hash, length, compressed } in blobs {
            rows.push((hash, length, bytes.len() + 1, compressed.len()));
            bytes.extend_from_slice(compressed);
        }
        let json = serde_json::to_string(&rows).map_err(|error| sqlx::Error::Encode(error.into()))?;
        Ok(Self { json, bytes })
    }
}

/// Adds a blob, unless it is there.
pub(crate) async fn insert(connection: &mut SqliteConnection, blob: &Blob) -> Result<()> {
    sqlx::query!(
        "INSERT INTO blobs (hash, length, zstd) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING",
        blob.hash,
        blob.length,
        blob.compressed,
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Stores `bytes` and returns the SHA-256 they are found under, in hex.
    ///
    /// # Errors
    /// [`StoreError::BlobTooLarge`] beyond 256 MiB.
    pub async fn put_blob(&self, bytes: Vec<u8>) -> Result<String> {
        let blob = Blob::of(bytes).await?;
        insert(&mut *self.writer.lend().await?, &blob).await?;
        Ok(blob.hash)
    }

    /// Returns what was stored under `hash`.
    ///
    /// # Errors
    /// [`StoreError::NoBlob`], or [`StoreError::Corrupt`] where the row holds something else.
    pub async fn blob(&self, hash: &str) -> Result<Vec<u8>> {
        let row = sqlx::query!("SELECT length, zstd FROM blobs WHERE hash = ?", hash)
            .fetch_optional(&self.readers)
            .await?
            .ok_or_else(|| StoreError::NoBlob { hash: hash.to_owned() })?;
        let hash = hash.to_owned();
        run(move || unpack(("blobs", &hash), &hash, row.length, &row.zstd)).await
    }
}

/// Decompresses what a row holds, which its table and key name, and holds it against its hash.
pub(crate) fn unpack(
    (table, row): (&'static str, &str),
    hash: &str,
    length: i64,
    compressed: &[u8],
) -> Result<Vec<u8>> {
    let corrupt = |found: String| StoreError::Corrupt { table, row: row.to_owned(), found };
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= LARGEST)
        .ok_or_else(|| corrupt(format!("the length is {length}")))?;
    let bytes = zstd::bulk::decompress(compressed, length).map_err(|e| corrupt(e.to_string()))?;
    let found = hex(&bytes);
    if found != hash {
        return Err(corrupt(format!("the content's hash is {found}")));
    }
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hashing and compressing a large result would hold up everything else on this thread.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(StoreError::Compress(std::io::Error::other(error))),
    }
}
