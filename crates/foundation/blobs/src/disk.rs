//! The blocking half: files, directories and when each is on disk.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::error::At as _;
use crate::gate::Gate;
use crate::{BlobError, BlobId};

#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    temp: PathBuf,
    next_temp: AtomicU64,
    gate: Gate,
}

/// A file that is written and not yet in place.
struct Temp {
    id: BlobId,
    file: File,
    path: PathBuf,
}

impl Temp {
    /// Itself, or the failure, and then the file is removed.
    fn kept_if(self, done: Result<(), BlobError>) -> Result<Self, BlobError> {
        if done.is_err() {
            // Best effort: a sweep removes what stays.
            let _ = fs::remove_file(&self.path);
        }
        done.map(|()| self)
    }
}

impl Disk {
    pub(crate) fn open(root: PathBuf) -> Result<Self, BlobError> {
        create_dir_durably(&root)?;
        let temp = root.join("tmp");
        create_dir(&temp)?;
        for shard in 0..=u8::MAX {
            create_dir(&shard_dir(&root, shard))?;
        }
        // Also when they were there: an earlier start may have died before this line.
        sync_dir(&root)?;
        Ok(Self {
            gate: Gate::open(&root)?,
            root,
            temp,
            next_temp: AtomicU64::new(0),
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Stores files, each on its own account; an answer for each, in order.
    ///
    /// All are written before the first is flushed, and all are in place before the first folder
    /// is: a journalling file system takes the others along, and has little left to do for them.
    pub(crate) fn put_all(&self, contents: &[Bytes]) -> Vec<Result<BlobId, BlobError>> {
        let written: Vec<_> = contents.iter().map(|content| self.write(content)).collect();
        let placed: Vec<_> = written
            .into_iter()
            .map(|temp| self.flush_and_place(temp?))
            .collect();
        let mut synced = HashMap::new();
        placed
            .into_iter()
            .map(|placed| {
                let id = placed?;
                // A flush that failed is not repeated: the second may succeed over lost data.
                let folder = synced
                    .entry(id.shard())
                    .or_insert_with_key(|shard| sync_dir(&shard_dir(&self.root, *shard)));
                folder.clone().map(|()| id)
            })
            .collect()
    }

    fn write(&self, content: &[u8]) -> Result<Temp, BlobError> {
        let (mut file, path) = self.create_temp()?;
        let written = file.write_all(content).at("write", &path);
        let temp = Temp {
            id: BlobId::of(content),
            file,
            path,
        };
        temp.kept_if(written)
    }

    fn flush_and_place(&self, temp: Temp) -> Result<BlobId, BlobError> {
        let id = temp.id;
        let target = self.path(id);
        let flushed = temp.file.sync_data().at("flush to disk", &temp.path);
        let placed = flushed.and_then(|()| {
            let _together = self.gate.together()?;
            // Over an equal file too: that renews its age, and repairs a damaged one.
            fs::rename(&temp.path, &target).at("move a new blob to", &target)
        });
        temp.kept_if(placed).map(|_| id)
    }

    pub(crate) fn get(&self, id: BlobId) -> Result<Bytes, BlobError> {
        let path = self.path(id);
        let content = match fs::read(&path) {
            Err(failed) if failed.kind() == io::ErrorKind::NotFound => {
                return Err(BlobError::Missing { id, path });
            }
            read => read.at("read", &path)?,
        };
        if BlobId::of(&content) != id {
            return Err(BlobError::Damaged { id, path });
        }
        Ok(content.into())
    }

    /// The instant `grace` ago by the file system's clock, the one that stamps the files.
    pub(crate) fn cutoff(&self, grace: Duration) -> Result<SystemTime, BlobError> {
        let (file, temp) = self.create_temp()?;
        let now = file
            .metadata()
            .and_then(|data| data.modified())
            .at("read the time of", &temp);
        remove(&temp)?;
        Ok(now?.checked_sub(grace).unwrap_or(SystemTime::UNIX_EPOCH))
    }

    pub(crate) fn remove_leftovers(&self, cutoff: SystemTime) -> Result<u64, BlobError> {
        let mut removed = 0;
        for path in files(&self.temp)? {
            if is_older(&path, cutoff)? {
                removed += u64::from(remove(&path)?);
            }
        }
        Ok(removed)
    }

    /// The blobs of a shard that are older than `cutoff`. Files with other names are not ours.
    pub(crate) fn older(&self, shard: u8, cutoff: SystemTime) -> Result<Vec<BlobId>, BlobError> {
        let mut old = Vec::new();
        for path in files(&shard_dir(&self.root, shard))? {
            let name = path.file_name().and_then(|name| name.to_str());
            let Some(id) = name.and_then(|name| name.parse().ok()) else {
                continue;
            };
            if is_older(&path, cutoff)? {
                old.push(id);
            }
        }
        Ok(old)
    }

    /// Removes those of `ids` that are still older than `cutoff`.
    pub(crate) fn remove_older(
        &self,
        ids: Vec<BlobId>,
        cutoff: SystemTime,
    ) -> Result<u64, BlobError> {
        let mut removed = 0;
        for id in ids {
            let path = self.path(id);
            let _alone = self.gate.alone()?;
            if is_older(&path, cutoff)? {
                removed += u64::from(remove(&path)?);
            }
        }
        Ok(removed)
    }

    fn path(&self, id: BlobId) -> PathBuf {
        shard_dir(&self.root, id.shard()).join(id.to_string())
    }

    /// A new file, and its path. Names left by an earlier process with our id are skipped.
    fn create_temp(&self) -> Result<(File, PathBuf), BlobError> {
        loop {
            let number = self.next_temp.fetch_add(1, Ordering::Relaxed);
            let path = self.temp.join(format!("{}-{number}", std::process::id()));
            let options = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path);
            match options {
                Err(failed) if failed.kind() == io::ErrorKind::AlreadyExists => {}
                opened => return Ok((opened.at("create", &path)?, path)),
            }
        }
    }
}

fn shard_dir(root: &Path, shard: u8) -> PathBuf {
    root.join(format!("{shard:02x}"))
}

/// Creates `dir` and its missing ancestors, each on disk before the next.
fn create_dir_durably(dir: &Path) -> Result<(), BlobError> {
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => return Ok(()),
    };
    if !parent.is_dir() {
        create_dir_durably(parent)?;
    }
    if create_dir(dir)? {
        sync_dir(parent)
    } else {
        Ok(())
    }
}

/// Creates a directory for its owner only; true when it was not there.
fn create_dir(dir: &Path) -> Result<bool, BlobError> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(failed) if failed.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(false),
        created => created.map(|()| true).at("create the directory", dir),
    }
}

fn sync_dir(dir: &Path) -> Result<(), BlobError> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .at("flush to disk the directory", dir)
}

fn files(dir: &Path) -> Result<Vec<PathBuf>, BlobError> {
    let entries = fs::read_dir(dir).at("list", dir)?;
    entries
        .map(|entry| Ok(entry.at("list", dir)?.path()))
        .collect()
}

/// Whether the file is there and was last written before `cutoff`.
fn is_older(path: &Path, cutoff: SystemTime) -> Result<bool, BlobError> {
    match fs::metadata(path).and_then(|data| data.modified()) {
        Err(failed) if failed.kind() == io::ErrorKind::NotFound => Ok(false),
        modified => Ok(modified.at("read the time of", path)? < cutoff),
    }
}

/// Removes a file; false when it was not there.
fn remove(path: &Path) -> Result<bool, BlobError> {
    match fs::remove_file(path) {
        Err(failed) if failed.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true).at("remove", path),
    }
}
