//! Files on local disk that are durable before the row that names them.
//!
//! A blob is named by when it was put and what it holds (SHA-256), so each put makes a file of
//! its own, and reading notices damage. Layout: `<dir>/<6 digits of the time>/<id>`. Several
//! processes may share the directory.
//!
//! [`Blobs::put`] returns when content and directory entry are on disk. The caller then commits
//! the row. Puts at the same time are flushed together. A crash between the two leaves an
//! orphan, never a row without its file; orphans go with [`Blobs::sweep`].
//!
//! What comes over a while is put piece by piece with [`Blobs::upload`], and never whole in memory.

mod disk;
mod error;
mod id;
mod upload;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use bursar_kernel::{Clock, Rng};
use bytes::Bytes;
use tokio::sync::oneshot;

pub use error::BlobError;
pub use id::{BlobId, BlobIdError};
pub use upload::Upload;

use disk::Disk;
use error::At as _;

/// At most this many files are flushed together: each waits for all.
const GROUP_MAX: usize = 16;
/// How long a file waits for those that are announced.
const GROUP_WAIT: Duration = Duration::from_millis(20);

/// How many blobs a sweep asks for at a time.
const ASK_MAX: usize = 1000;

/// A store of files. Clones share it.
#[derive(Clone, Debug)]
pub struct Blobs {
    disk: Arc<Disk>,
    /// To the thread that puts files in place; it ends with the last sender.
    puts: Sender<Put>,
    /// Files that are being made.
    announced: Arc<AtomicUsize>,
}

/// A file that is being made. Dropped, it does not come after all.
#[derive(Debug)]
pub struct Announced {
    puts: Sender<Put>,
    coming: Coming,
}

/// Counts while it lives.
#[derive(Debug)]
struct Coming(Arc<AtomicUsize>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Announced {
    /// As [`Blobs::put`].
    pub async fn put(self, content: impl Into<Bytes>) -> Result<BlobId, BlobError> {
        // First: nobody shall wait for it any more once it is there.
        drop(self.coming);
        put(&self.puts, content.into()).await
    }
}

async fn put(puts: &Sender<Put>, content: Bytes) -> Result<BlobId, BlobError> {
    let (done, stored) = oneshot::channel();
    let put = Put { content, done };
    puts.send(put).map_err(|_| BlobError::Stopping)?;
    stored.await.map_err(|_| BlobError::Stopping)?
}

/// A file to be stored, and who waits for it.
#[derive(Debug)]
struct Put {
    content: Bytes,
    done: oneshot::Sender<Result<BlobId, BlobError>>,
}

/// As the jobs' threads: little of a contended core, all of an idle one.
const NICENESS: i32 = 19;

impl Blobs {
    /// Opens the store in `dir`, creating it (readable by its owner only) when it is missing.
    /// Blocks: call it at start.
    pub fn open(dir: impl Into<PathBuf>, clock: Clock, rng: Rng) -> Result<Self, BlobError> {
        let disk = Arc::new(Disk::open(dir.into(), clock, rng)?);
        let (puts, waiting) = mpsc::channel();
        let thread = std::thread::Builder::new().name("blobs".into());
        let announced = Arc::default();
        let (placing, coming) = (Arc::clone(&disk), Arc::clone(&announced));
        thread
            .spawn(move || {
                // Files are mostly pictures that jobs make, and stand back as these do. On Linux
                // this means the calling thread alone; refused or not, the files get written.
                rustix::process::setpriority_process(None, NICENESS).ok();
                put_in_groups(&placing, &waiting, &coming);
            })
            .at("start the thread that writes to", disk.root())?;
        Ok(Self {
            disk,
            puts,
            announced,
        })
    }

    /// Where the store lives.
    pub fn dir(&self) -> &Path {
        self.disk.root()
    }

    /// Stores `content` and returns its id once it survives a power failure.
    pub async fn put(&self, content: impl Into<Bytes>) -> Result<BlobId, BlobError> {
        put(&self.puts, content.into()).await
    }

    /// Begins a file that comes in pieces.
    pub fn upload(&self) -> Upload {
        Upload::new(Arc::clone(&self.disk))
    }

    /// Tells that a file is being made: those that are ready wait some milliseconds for it, and
    /// share its flush.
    pub fn announce(&self) -> Announced {
        self.announced.fetch_add(1, Ordering::Relaxed);
        Announced {
            puts: self.puts.clone(),
            coming: Coming(Arc::clone(&self.announced)),
        }
    }

    /// Reads a blob and checks it against its id.
    pub async fn get(&self, id: BlobId) -> Result<Bytes, BlobError> {
        blocking(&self.disk, move |disk| disk.get(id)).await
    }

    /// Removes blobs that no row names when they are older than `grace`, also those that a crash
    /// left half written, and uploads that nobody goes on with. Answers how many.
    ///
    /// `named` gets blobs that are old enough, at most 1,000 at a time, and answers which of them
    /// rows name. `grace` must exceed the time between a put and the commit that names it; an hour
    /// is plenty.
    pub async fn sweep<E, F, Fut>(&self, grace: Duration, named: F) -> Result<u64, E>
    where
        E: From<BlobError>,
        F: Fn(Vec<BlobId>) -> Fut,
        Fut: Future<Output = Result<HashSet<BlobId>, E>>,
    {
        let cutoff = blocking(&self.disk, move |disk| disk.cutoff(grace)).await?;
        let mut removed = 0;
        for folder in blocking(&self.disk, Disk::folders).await? {
            let list = move |_: &Disk| {
                let uploads = Disk::remove_uploads(&folder, cutoff)?;
                Ok((uploads, Disk::older(&folder, cutoff)?))
            };
            let (uploads, old) = blocking(&self.disk, list).await?;
            removed += uploads;
            for old in old.chunks(ASK_MAX) {
                let keep = named(old.to_vec()).await?;
                let orphans = old.iter().filter(|id| !keep.contains(id));
                let orphans: Vec<_> = orphans.copied().collect();
                removed += blocking(&self.disk, move |disk| disk.remove_all(&orphans)).await?;
            }
        }
        Ok(removed)
    }
}

async fn blocking<T, F>(disk: &Arc<Disk>, work: F) -> Result<T, BlobError>
where
    T: Send + 'static,
    F: FnOnce(&Disk) -> Result<T, BlobError> + Send + 'static,
{
    let disk = Arc::clone(disk);
    match tokio::task::spawn_blocking(move || work(&disk)).await {
        Ok(result) => result,
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        Err(_) => Err(BlobError::Stopping),
    }
}

/// Stores what waits, again and again: whoever comes during a flush shares the next.
fn put_in_groups(disk: &Disk, waiting: &Receiver<Put>, announced: &AtomicUsize) {
    while let Ok(first) = waiting.recv() {
        let group = grouped(first, waiting, announced);
        let (contents, done): (Vec<_>, Vec<_>) =
            group.into_iter().map(|put| (put.content, put.done)).unzip();
        for (result, done) in disk.put_all(&contents).into_iter().zip(done) {
            // Who has gone away meanwhile left an orphan.
            done.send(result).ok();
        }
    }
}

/// The first file and those that are there, or announced and soon there.
fn grouped(first: Put, waiting: &Receiver<Put>, announced: &AtomicUsize) -> Vec<Put> {
    let mut group = vec![first];
    let until = Instant::now() + GROUP_WAIT;
    while group.len() < GROUP_MAX {
        let others_come = announced.load(Ordering::Relaxed) > 0;
        let wait = if others_come {
            until.saturating_duration_since(Instant::now())
        } else {
            Duration::ZERO
        };
        let Ok(put) = waiting.recv_timeout(wait) else {
            break;
        };
        group.push(put);
    }
    group
}

#[cfg(test)]
mod tests;
