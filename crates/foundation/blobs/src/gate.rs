//! Keeps putting files in place apart from removing old ones, also between processes.
//!
//! A put renews the age of an equal file. A sweep that has seen the old age must not remove the
//! new file. So puts hold a lock on a file together, and a sweep holds it alone, from its look at
//! an age to the removal. The system ends the locks of a process that dies.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::BlobError;
use crate::error::At as _;

#[derive(Debug)]
pub(crate) struct Gate {
    path: PathBuf,
    /// How many threads of this process are inside together, and what they hold.
    together: Mutex<(usize, File)>,
    /// Opened apart from the other, since locks belong to what was opened.
    alone: Mutex<File>,
}

/// Dropped, it lets a sweep in.
#[derive(Debug)]
pub(crate) struct Together<'g>(&'g Gate);

/// Dropped, it lets puts in.
#[derive(Debug)]
pub(crate) struct Alone<'g>(MutexGuard<'g, File>);

impl Gate {
    pub(crate) fn open(dir: &Path) -> Result<Self, BlobError> {
        let path = dir.join("lock");
        let open = || {
            let mut options = OpenOptions::new();
            options.create(true).truncate(false).write(true).mode(0o600);
            options.open(&path).at("open", &path)
        };
        let (together, alone) = (Mutex::new((0, open()?)), Mutex::new(open()?));
        Ok(Self {
            path,
            together,
            alone,
        })
    }

    /// With other puts.
    pub(crate) fn together(&self) -> Result<Together<'_>, BlobError> {
        let mut inside = self.inside();
        if inside.0 == 0 {
            inside.1.lock_shared().at("lock", &self.path)?;
        }
        inside.0 += 1;
        Ok(Together(self))
    }

    /// With nobody.
    pub(crate) fn alone(&self) -> Result<Alone<'_>, BlobError> {
        let file = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        file.lock().at("lock", &self.path)?;
        Ok(Alone(file))
    }

    fn inside(&self) -> MutexGuard<'_, (usize, File)> {
        self.together.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Together<'_> {
    fn drop(&mut self) {
        let mut inside = self.0.inside();
        inside.0 -= 1;
        if inside.0 == 0 {
            // It can fail only for a file that is not open.
            inside.1.unlock().ok();
        }
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.unlock().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether another process could come in, together with others or alone.
    fn open_to_others(gate: &Gate) -> (bool, bool) {
        let other = || File::options().write(true).open(&gate.path).unwrap();
        let (together, alone) = (other(), other());
        let seen = together.try_lock_shared().is_ok();
        together.unlock().unwrap();
        (seen, alone.try_lock().is_ok())
    }

    #[test]
    fn puts_come_together_and_a_sweep_alone() {
        let dir = tempfile::tempdir().unwrap();
        let gate = Gate::open(dir.path()).unwrap();
        assert_eq!(open_to_others(&gate), (true, true));
        let first = gate.together().unwrap();
        let second = gate.together().unwrap();
        assert_eq!(open_to_others(&gate), (true, false));
        drop(first);
        assert_eq!(open_to_others(&gate), (true, false), "one is still inside");
        drop(second);
        assert_eq!(open_to_others(&gate), (true, true));
        let alone = gate.alone().unwrap();
        assert_eq!(open_to_others(&gate), (false, false));
        drop(alone);
        assert_eq!(open_to_others(&gate), (true, true));
    }
}
