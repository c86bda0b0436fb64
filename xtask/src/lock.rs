//! One task at a time in one clone: two would share a database folder and a log.

use std::fs::{File, TryLockError};

use crate::{Result, repo};

/// Held until dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Takes the clone's lock, or says that another task holds it.
pub(crate) fn take() -> Result<Lock> {
    let path = repo::scratch()?.join("lock");
    let file = File::create(&path).map_err(|e| format!("cannot make {}: {e}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => {
            Err("another `cargo xtask` is running in this clone; wait for its end".to_owned())
        }
        Err(TryLockError::Error(e)) => Err(format!("cannot lock {}: {e}", path.display())),
    }
}
