//! What can go wrong in the database, and at its start.

use std::path::PathBuf;

use tokio_postgres::error::SqlState;

/// Why an operation failed. None of it was stored, except as [`DbError::Unknown`] says.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// `SQLite` refused a statement.
    #[error("SQLite: {0}")]
    Sqlite(#[source] rusqlite::Error),
    /// `PostgreSQL` refused a statement, or the connection broke before COMMIT was sent.
    #[error("PostgreSQL: {}", postgres_text(.0))]
    Postgres(#[source] tokio_postgres::Error),
    /// There is no room for it. Others may fit, and so may this once there is room.
    #[error("the database's disk is full")]
    Full,
    /// No connection could be had.
    #[error("no database connection: {0}")]
    Pool(String),
    /// Other operations were in the way each time it was tried.
    #[error("the operation collided with others {attempts} times; try again")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// A column is not what the code expects.
    #[error("column {column} is missing or of another kind")]
    Decode {
        /// Index from 0.
        column: usize,
    },
    /// The operation went on after a failed statement; both engines treat it as over.
    #[error("the operation was over after its first failed statement")]
    Over,
    /// The operation panicked. Only its own work was rolled back.
    #[error("the operation panicked")]
    Panicked,
    /// COMMIT was sent, its answer was lost, and its outcome could not be learned in time.
    #[error("it is not known whether the operation was committed")]
    Unknown,
    /// The database is shut down, or it failed for good.
    #[error("the database is closed")]
    Closed,
    /// A simulation killed the caller here.
    #[cfg(feature = "failpoints")]
    #[error("killed by a failpoint")]
    Killed,
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(&SqlState::DISK_FULL) => Self::Full,
            _ => Self::Postgres(error),
        }
    }
}

/// The driver's own text says only "db error"; the server's message is in the source.
fn postgres_text(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(server) => format!("{} (SQLSTATE {})", server.message(), server.code().code()),
        None => error.to_string(),
    }
}

/// Why the database could not be opened, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the data folder.
    #[error(
        "{path} is in use by another bursar process; stop it, or choose another folder with --data"
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The folder or a file in it cannot be written.
    #[error("cannot write {path}: {source}; give this user the right to, or choose --data DIR")]
    Folder {
        /// The path that was tried.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a database, or is damaged.
    #[error(
        "{path} is not a usable database ({reason}); restore it from a backup, or move it away"
    )]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What `SQLite` said.
        reason: String,
    },
    /// The linked `SQLite` can corrupt its WAL.
    #[error("this build links SQLite {found}, but needs 3.51.3 or later (WAL-reset corruption)")]
    OldSqlite {
        /// The version found.
        found: &'static str,
    },
    /// A newer version of Bursar has migrated the database.
    #[error(
        "the database has migration {found}, this version knows up to {known}: \
         start the newer version, or restore a backup from before the upgrade"
    )]
    NewerSchema {
        /// The highest number in the database.
        found: i64,
        /// The highest number in this program.
        known: i64,
    },
    /// An applied migration is not the one this program holds.
    #[error("migration {number} ({name}) was applied with other contents; was its file edited?")]
    ChangedMigration {
        /// Its number.
        number: i64,
        /// Its name.
        name: String,
    },
    /// A migration failed; nothing of it was kept.
    #[error("migration {name} failed: {source}")]
    Migration {
        /// Its name.
        name: &'static str,
        /// Why.
        source: DbError,
    },
    /// The URL is not a `PostgreSQL` URL.
    #[error("the database URL cannot be read ({0}); expected postgres://user@host:5432/name")]
    Url(String),
    /// The server could not be reached, or refused the user.
    #[error("cannot connect to PostgreSQL: {0}; check the URL, the server and its access rules")]
    Connect(String),
    /// The server could lose what it acknowledged.
    #[error(
        "PostgreSQL runs with {setting} = {value}, which loses acknowledged receipts in a crash; \
         set it to `on` and start again"
    )]
    Unsafe {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
    },
    /// The server lacks something that is needed.
    #[error("PostgreSQL is not usable: {0}")]
    Server(String),
    /// Anything else.
    #[error(transparent)]
    Db(#[from] DbError),
}
