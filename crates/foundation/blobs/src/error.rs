//! What can go wrong with a file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::BlobId;

/// A failure of the store; the text names the path and what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BlobError {
    /// No file has this id.
    #[error("blob {id} is missing at {}: restore it from a backup", path.display())]
    Missing {
        /// The blob asked for.
        id: BlobId,
        /// Where it should be.
        path: PathBuf,
    },
    /// The file's content does not match its id.
    #[error("blob {id} is damaged at {}: check the disk and restore it", path.display())]
    Damaged {
        /// The blob asked for.
        id: BlobId,
        /// The damaged file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {action} {}: {source}{}", path.display(), advice(source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// The system's answer.
        source: Arc<io::Error>,
    },
    /// The process is ending, and the work was not begun.
    #[error("the process is stopping")]
    Stopping,
}

impl BlobError {
    /// Whether there was no room for it.
    pub fn is_full(&self) -> bool {
        let Self::Io { source, .. } = self else {
            return false;
        };
        is_full(source.kind())
    }
}

fn is_full(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Adds action and path to an error of the operating system.
pub(crate) trait At<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, BlobError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, BlobError> {
        self.map_err(|source| BlobError::Io {
            action,
            path: path.to_owned(),
            source: Arc::new(source),
        })
    }
}

fn advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => {
            "; give the user that runs bursar the right to read and write there"
        }
        kind if is_full(kind) => "; free some space",
        io::ErrorKind::ReadOnlyFilesystem => "; remount it writable or choose another directory",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "; a file is in the way: move it or choose another directory"
        }
        _ => "",
    }
}
