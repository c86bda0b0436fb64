//! The blocking half: files, folders and when each is on disk.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bursar_kernel::{Clock, Rng, Uuid, hex32};
use bytes::Bytes;

use crate::error::At as _;
use crate::id::{folder_of, is_folder};
use crate::{BlobError, BlobId};

/// The end of the name of a file that is not whole yet.
const UPLOAD: &str = "upload";

#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    clock: Clock,
    rng: Rng,
    /// The folder whose own entry is on disk.
    durable: Mutex<String>,
}

impl Disk {
    pub(crate) fn open(root: PathBuf, clock: Clock, rng: Rng) -> Result<Self, BlobError> {
        create_dir_durably(&root)?;
        Ok(Self {
            root,
            clock,
            rng,
            durable: Mutex::default(),
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Stores files, each on its own account; an answer for each, in order.
    ///
    /// All are written before the first is flushed, and all are flushed before their folder is,
    /// once: a journalling file system takes the others along, and has little left to do for them.
    pub(crate) fn put_all(&self, contents: &[Bytes]) -> Vec<Result<BlobId, BlobError>> {
        let written: Vec<_> = contents.iter().map(|content| self.write(content)).collect();
        let flushed: Vec<_> = written
            .into_iter()
            .map(|written| {
                let (id, file) = written?;
                self.kept_if(id, file.sync_data().at("flush to disk", &self.path(id)))
            })
            .collect();
        let mut synced = HashMap::new();
        flushed
            .into_iter()
            .map(|flushed| {
                let id = flushed?;
                // A flush that failed is not repeated: the second may succeed over lost data.
                let folder = synced
                    .entry(id.folder())
                    .or_insert_with_key(|folder| self.sync_folder(folder));
                folder.clone().map(|()| id)
            })
            .collect()
    }

    fn write(&self, content: &[u8]) -> Result<(BlobId, File), BlobError> {
        let id = BlobId::new(self.next(), content);
        let mut file = self.create(&self.path(id))?;
        let written = file.write_all(content).at("write", &self.path(id));
        self.kept_if(id, written).map(|id| (id, file))
    }

    /// What the next file is called by: its time.
    pub(crate) fn next(&self) -> Uuid {
        self.rng.uuid_at(self.clock.now())
    }

    /// A new file in its folder, which is made when it is not there.
    pub(crate) fn create(&self, path: &Path) -> Result<File, BlobError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        match options.open(path) {
            Err(failed) if failed.kind() == io::ErrorKind::NotFound => {
                create_dir(path.parent().unwrap_or(&self.root))?;
                options.open(path).at("create", path)
            }
            opened => opened.at("create", path),
        }
    }

    /// Gives a file that is on disk its final name, and has that on disk too.
    pub(crate) fn name(&self, from: &Path, id: BlobId) -> Result<(), BlobError> {
        fs::rename(from, self.path(id)).at("rename", from)?;
        let named = self.sync_folder(&id.folder());
        self.kept_if(id, named).map(drop)
    }

    fn sync_folder(&self, folder: &str) -> Result<(), BlobError> {
        sync_dir(&self.root.join(folder))?;
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        // Also when it was there: who made it may have died before this line.
        if *durable != folder {
            sync_dir(&self.root)?;
            folder.clone_into(&mut durable);
        }
        Ok(())
    }

    /// The blob, or the failure, and then its file is removed.
    fn kept_if(&self, id: BlobId, done: Result<(), BlobError>) -> Result<BlobId, BlobError> {
        if done.is_err() {
            // Best effort: a sweep removes what stays.
            let _ = fs::remove_file(self.path(id));
        }
        done.map(|()| id)
    }

    pub(crate) fn get(&self, id: BlobId) -> Result<Bytes, BlobError> {
        let path = self.path(id);
        let content = match fs::read(&path) {
            Err(failed) if failed.kind() == io::ErrorKind::NotFound => {
                return Err(BlobError::Missing { id, path });
            }
            read => read.at("read", &path)?,
        };
        if !id.is_of(&content) {
            return Err(BlobError::Damaged { id, path });
        }
        Ok(content.into())
    }

    /// The instant `grace` ago by the file system's clock, the one that stamps the files.
    pub(crate) fn cutoff(&self, grace: Duration) -> Result<SystemTime, BlobError> {
        let path = self.root.join("now");
        let now = File::create(&path)
            .and_then(|mut file| {
                file.write_all(b" ")?;
                file.metadata()?.modified()
            })
            .at("read the time of", &path)?;
        remove(&path)?;
        Ok(now.checked_sub(grace).unwrap_or(SystemTime::UNIX_EPOCH))
    }

    /// The folders that hold blobs. Others are not ours.
    pub(crate) fn folders(&self) -> Result<Vec<PathBuf>, BlobError> {
        let mut folders = entries(&self.root)?;
        folders.retain(|path| name(path).is_some_and(is_folder));
        Ok(folders)
    }

    /// The blobs in a folder that are older than `cutoff`. Files with other names are not ours.
    pub(crate) fn older(folder: &Path, cutoff: SystemTime) -> Result<Vec<BlobId>, BlobError> {
        let mut old = Vec::new();
        for path in entries(folder)? {
            let Some(id) = name(&path).and_then(|name| name.parse().ok()) else {
                continue;
            };
            if is_older(&path, cutoff)? {
                old.push(id);
            }
        }
        Ok(old)
    }

    /// Removes the uploads in a folder that nobody has gone on with since `cutoff`; answers how
    /// many.
    pub(crate) fn remove_uploads(folder: &Path, cutoff: SystemTime) -> Result<u64, BlobError> {
        let mut removed = 0;
        for path in entries(folder)? {
            if path.extension().is_some_and(|end| end == UPLOAD) && is_older(&path, cutoff)? {
                removed += u64::from(remove(&path)?);
            }
        }
        Ok(removed)
    }

    /// Removes blobs; answers how many of them were there.
    pub(crate) fn remove_all(&self, ids: &[BlobId]) -> Result<u64, BlobError> {
        let mut removed = 0;
        for id in ids {
            removed += u64::from(remove(&self.path(*id))?);
        }
        Ok(removed)
    }

    fn path(&self, id: BlobId) -> PathBuf {
        self.root.join(id.folder()).join(id.to_string())
    }

    /// Where a file is until its content, and so its name, is known.
    pub(crate) fn upload_path(&self, put: &Uuid) -> PathBuf {
        let name = format!("{}.{UPLOAD}", hex32(put));
        self.root.join(folder_of(put)).join(name)
    }
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

fn entries(dir: &Path) -> Result<Vec<PathBuf>, BlobError> {
    let entries = fs::read_dir(dir).at("list", dir)?;
    entries
        .map(|entry| Ok(entry.at("list", dir)?.path()))
        .collect()
}

fn name(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
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
