//! Files on local disk that are durable before the row that names them.
//!
//! A blob is named by its content (SHA-256), so equal content shares one file and a repeated
//! put changes nothing. Layout: `<dir>/<first two digits>/<64 digits>`, and `<dir>/tmp/` for
//! files being written.
//!
//! [`Blobs::put`] returns when content and directory entry are on disk. The caller then commits
//! the row. A crash between the two leaves an orphan, never a row without its file; orphans go
//! with [`Blobs::sweep`]. One process owns the directory.

mod disk;
mod error;
mod id;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub use error::BlobError;
pub use id::{BlobId, BlobIdError};

use disk::Disk;

/// A store of files. Clones share it.
#[derive(Clone, Debug)]
pub struct Blobs(Arc<Disk>);

/// What a sweep removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Blobs that no row named.
    pub orphans: u64,
    /// Temporary files that a crash left behind.
    pub leftovers: u64,
}

impl Blobs {
    /// Opens the store in `dir`, creating it (readable by its owner only) when it is missing.
    /// Blocks: call it at start.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, BlobError> {
        Ok(Self(Arc::new(Disk::open(dir.into())?)))
    }

    /// Where the store lives.
    pub fn dir(&self) -> &Path {
        self.0.root()
    }

    /// Stores `content` and returns its id once it survives a power failure.
    ///
    /// Putting content again renews its age, so that a sweep cannot take it from under a caller
    /// who is about to name it.
    pub async fn put(&self, content: impl Into<Bytes>) -> Result<BlobId, BlobError> {
        let content = content.into();
        self.blocking(move |disk| disk.put(&content)).await
    }

    /// Reads a blob and checks it against its id.
    pub async fn get(&self, id: BlobId) -> Result<Bytes, BlobError> {
        self.blocking(move |disk| disk.get(id)).await
    }

    /// Whether a blob is there. Not a reason to skip a put: only [`Blobs::put`] tells that it is on
    /// disk and safe from a sweep.
    pub async fn exists(&self, id: BlobId) -> Result<bool, BlobError> {
        self.blocking(move |disk| disk.exists(id)).await
    }

    /// Removes a blob at once; true when it was there.
    ///
    /// Equal content shares a file: call it only when no other row names the id. Where in doubt,
    /// drop the row and leave the file to [`Blobs::sweep`].
    pub async fn delete(&self, id: BlobId) -> Result<bool, BlobError> {
        self.blocking(move |disk| disk.delete(id)).await
    }

    /// Removes temporary files, and blobs that no row names, both only when older than `grace`.
    ///
    /// `named` gets blobs that are old enough, some thousands at most in a store of a million,
    /// and answers which of them rows name. `grace` must exceed the time between a put and the
    /// commit that names it; an hour is plenty.
    pub async fn sweep<E, F, Fut>(&self, grace: Duration, named: F) -> Result<Swept, E>
    where
        E: From<BlobError>,
        F: Fn(Vec<BlobId>) -> Fut,
        Fut: Future<Output = Result<HashSet<BlobId>, E>>,
    {
        let cutoff = self.blocking(move |disk| disk.cutoff(grace)).await?;
        let leftovers = self
            .blocking(move |disk| disk.remove_leftovers(cutoff))
            .await?;
        let mut swept = Swept {
            orphans: 0,
            leftovers,
        };
        for shard in 0..=u8::MAX {
            let old = self.blocking(move |disk| disk.older(shard, cutoff)).await?;
            if old.is_empty() {
                continue;
            }
            let keep = named(old.clone()).await?;
            let orphans = old.into_iter().filter(|id| !keep.contains(id)).collect();
            swept.orphans += self
                .blocking(move |disk| disk.remove_older(orphans, cutoff))
                .await?;
        }
        Ok(swept)
    }

    async fn blocking<T, F>(&self, work: F) -> Result<T, BlobError>
    where
        T: Send + 'static,
        F: FnOnce(&Disk) -> Result<T, BlobError> + Send + 'static,
    {
        let disk = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || work(&disk)).await {
            Ok(result) => result,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(_) => Err(BlobError::Stopping),
        }
    }
}

#[cfg(test)]
mod tests;
