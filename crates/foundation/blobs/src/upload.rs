//! Files that come in pieces.

use std::fs::{self, File};
use std::io::Write as _;
use std::mem;
use std::path::PathBuf;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use bursar_kernel::Uuid;
use bytes::Bytes;

use crate::disk::Disk;
use crate::error::At as _;
use crate::{BlobError, BlobId, blocking};

/// Bytes that are written at a time.
const WRITE_MIN: usize = 256 << 10;

/// A file that comes in pieces. Dropped before its end, it never was.
pub struct Upload {
    disk: Arc<Disk>,
    /// None before the first write.
    begun: Option<Begun>,
    /// What is not written yet.
    pieces: Vec<Bytes>,
    waiting: usize,
}

impl Upload {
    pub(crate) fn new(disk: Arc<Disk>) -> Self {
        Self {
            disk,
            begun: None,
            pieces: Vec::new(),
            waiting: 0,
        }
    }

    /// Adds a piece. One that could not be added is the end of the upload.
    pub async fn write(mut self, piece: Bytes) -> Result<Self, BlobError> {
        self.waiting += piece.len();
        self.pieces.push(piece);
        if self.waiting >= WRITE_MIN {
            let (begun, pieces) = (self.begun.take(), mem::take(&mut self.pieces));
            self.waiting = 0;
            let writing = blocking(&self.disk, move |disk| Begun::write(begun, disk, &pieces));
            self.begun = Some(writing.await?);
        }
        Ok(self)
    }

    /// Ends the file and returns its id once it survives a power failure.
    pub async fn finish(self) -> Result<BlobId, BlobError> {
        let Self {
            disk,
            begun,
            pieces,
            ..
        } = self;
        let finishing = blocking(&disk, move |disk| {
            Begun::write(begun, disk, &pieces)?.finish(disk)
        });
        finishing.await
    }
}

/// A file that is being written; removed when it is dropped.
struct Begun {
    put: Uuid,
    path: PathBuf,
    file: File,
    sha256: Context,
}

impl Begun {
    fn write(begun: Option<Self>, disk: &Disk, pieces: &[Bytes]) -> Result<Self, BlobError> {
        let mut begun = begun.map_or_else(|| Self::create(disk), Ok)?;
        for piece in pieces {
            begun.sha256.update(piece);
            begun.file.write_all(piece).at("write", &begun.path)?;
        }
        Ok(begun)
    }

    fn create(disk: &Disk) -> Result<Self, BlobError> {
        let put = disk.next();
        let path = disk.upload_path(&put);
        Ok(Self {
            put,
            file: disk.create(&path)?,
            path,
            sha256: Context::new(&SHA256),
        })
    }

    fn finish(self, disk: &Disk) -> Result<BlobId, BlobError> {
        self.file.sync_data().at("flush to disk", &self.path)?;
        let id = BlobId::of(self.put, &self.sha256.clone().finish());
        disk.name(&self.path, id)?;
        Ok(id)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        // Best effort: a sweep removes what stays. A finished file has another name by now.
        let _ = fs::remove_file(&self.path);
    }
}
