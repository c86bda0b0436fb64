//! The folder that one process owns, and what is wrong with a file in it.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::{DbError, OpenError};

/// Creates a folder for its owner only, and those above it that are missing. It is there after a
/// power failure too.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    create_folder(parent)?;
    match DirBuilder::new().mode(0o700).create(folder) {
        // Another process was as quick.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        created => created?,
    }
    File::open(parent)?.sync_all()
}

/// Takes the folder for this process until the file is closed.
pub(crate) fn lock(folder: &Path) -> Result<File, OpenError> {
    let denied = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::Folder { path, source }
    };
    create_folder(folder).map_err(denied(folder))?;
    let path = folder.join("bursar.lock");
    let lock = File::create(&path).map_err(denied(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked { path }),
        Err(TryLockError::Error(source)) => Err(OpenError::Folder { path, source }),
    }
}

/// What `SQLite` said of the file, as advice that fits: only a damaged file is to be restored.
pub(crate) fn unusable(path: &Path, error: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            let source = io::Error::other(error);
            OpenError::Folder { path, source }
        }
        Some(ErrorCode::DatabaseBusy) => OpenError::Locked { path },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => OpenError::Corrupt {
            path,
            reason: error.to_string(),
        },
        _ => DbError::from(error).into(),
    }
}

/// The same for what came of the first look into the file: damage and missing rights often show
/// only then.
pub(crate) fn unusable_inside(path: &Path, error: OpenError) -> OpenError {
    match error {
        OpenError::Db(DbError::Sqlite(inner)) => unusable(path, inner),
        OpenError::Migration {
            source: DbError::Sqlite(inner),
            name,
        } => match unusable(path, inner) {
            OpenError::Db(source) => OpenError::Migration { name, source },
            other => other,
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use bursar_testkit::TestDb;
    use rusqlite::ffi;

    use super::*;

    fn said(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn the_advice_fits_the_cause() {
        let file = Path::new("/data/bursar.db");
        for (code, says) in [
            (ffi::SQLITE_CANTOPEN, "cannot write /data/bursar.db"),
            (ffi::SQLITE_READONLY, "cannot write /data/bursar.db"),
            (
                ffi::SQLITE_READONLY_DIRECTORY,
                "cannot write /data/bursar.db",
            ),
            (ffi::SQLITE_PERM, "cannot write /data/bursar.db"),
            (ffi::SQLITE_BUSY, "/data/bursar.db is in use"),
            (ffi::SQLITE_CORRUPT, "restore it from a backup"),
            (ffi::SQLITE_NOTADB, "restore it from a backup"),
            (ffi::SQLITE_FULL, "disk is full"),
            (ffi::SQLITE_IOERR, "SQLite: "),
        ] {
            let at_once = unusable(file, said(code));
            let inside = OpenError::Db(DbError::from(said(code)));
            for error in [at_once, unusable_inside(file, inside)] {
                let text = error.to_string();
                assert!(text.contains(says), "{code}: {text}");
                let is_damage = text.contains("backup");
                assert_eq!(is_damage, says.contains("backup"), "{code}: {text}");
            }
        }
    }

    #[test]
    fn a_migration_that_fails_keeps_its_name() {
        let failed = |code| OpenError::Migration {
            name: "0001_jobs_queue",
            source: DbError::from(said(code)),
        };
        let text = |code| unusable_inside(Path::new("/x"), failed(code)).to_string();
        assert!(text(ffi::SQLITE_ERROR).contains("migration 0001_jobs_queue failed"));
        assert!(text(ffi::SQLITE_READONLY).contains("cannot write /x"));
    }

    #[test]
    fn folders_are_for_their_owner_only() {
        let place = TestDb::sqlite();
        let folder = place.folder().join("a/b");
        create_folder(&folder).unwrap();
        create_folder(&folder).unwrap();
        for folder in [&folder, &place.folder().join("a")] {
            let mode = folder.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
        }
        std::fs::write(folder.join("file"), "").unwrap();
        assert!(create_folder(&folder.join("file")).is_err());
        assert!(create_folder(&folder.join("file/c")).is_err());
    }
}
