//! The embedded engine: one writer thread that commits in groups, and read-only connections.
//!
//! A group is `BEGIN IMMEDIATE`, a savepoint for each operation, one `COMMIT` (one fsync), and
//! only then the answers. Whatever arrives during one fsync forms the next group.

use std::fs::File;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Notify, mpsc};

use crate::operation::{Operation, Verdict};
use crate::tx::Failure;
use crate::{BoxFuture, DbError, Migration, OpenError, Options, Sql, Tx, folder, migrate};

/// Operations in one group, at most.
const GROUP_MAX: usize = 256;
/// Operations that may wait for the writer; more make their callers wait.
const QUEUE_MAX: usize = 4096;
/// Read-only connections that are kept open.
const READERS_KEPT: usize = 8;
/// Statements that each connection keeps prepared.
const STATEMENTS_KEPT: usize = 256;
/// Groups between two looks at the length of the WAL.
const CHECKPOINT_EVERY: usize = 64;
/// The WAL is moved into the database file once it has this many frames (4 KiB each).
const CHECKPOINT_FRAMES: i64 = 4_000;
/// SQLite 3.7.0 to 3.51.2 can corrupt the file when a checkpoint meets a commit.
const VERSION_MIN: i32 = 3_051_003;

pub(crate) struct Sqlite {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Operation>>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    readers: Mutex<Vec<Tx>>,
    path: PathBuf,
    /// Held until the database is closed: one process owns the file.
    lock: Mutex<Option<File>>,
}

impl Sqlite {
    pub(crate) fn open(
        folder: &Path,
        options: &Options,
        wake: Arc<Notify>,
        migrations: &[Migration],
    ) -> Result<Self, OpenError> {
        if rusqlite::version_number() < VERSION_MIN {
            return Err(OpenError::OldSqlite {
                found: rusqlite::version(),
            });
        }
        let lock = folder::lock(folder)?;
        let path = folder.join("bursar.db");
        let mut connection = open_writer(&path).map_err(|error| folder::unusable(&path, error))?;
        migrate::sqlite(&mut connection, migrations, &options.clock)
            .map_err(|error| folder::unusable_inside(&path, error))?;
        let (queue, inbox) = mpsc::channel(QUEUE_MAX);
        let on_fatal = Arc::clone(&options.on_fatal);
        let writer = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                if let Err(error) = write_groups(connection, inbox, &wake) {
                    on_fatal(&error.to_string());
                }
            })
            .map_err(|source| OpenError::Folder {
                path: path.clone(),
                source,
            })?;
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            writer: Mutex::new(Some(writer)),
            readers: Mutex::default(),
            path,
            lock: Mutex::new(Some(lock)),
        })
    }

    pub(crate) async fn submit(&self, operation: Box<dyn Operation>) {
        let queue = self
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match queue {
            None => operation.answer(Some(DbError::Closed)),
            Some(queue) => {
                if let Err(mpsc::error::SendError(operation)) = queue.send(operation).await {
                    operation.answer(Some(DbError::Closed));
                }
            }
        }
    }

    pub(crate) fn read<A, T, E, F>(&self, args: &A, op: &F) -> Result<T, E>
    where
        E: From<DbError>,
        F: for<'t> Fn(&'t mut Tx, &'t A) -> BoxFuture<'t, Result<T, E>>,
    {
        let mut tx = self.reader()?;
        let result = once(op(&mut tx, args));
        tx.reset();
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS_KEPT {
            readers.push(tx);
        }
        result
    }

    fn reader(&self) -> Result<Tx, DbError> {
        let kept = self
            .readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        kept.map_or_else(
            || {
                open_reader(&self.path)
                    .map(Tx::sqlite)
                    .map_err(DbError::from)
            },
            Ok,
        )
    }

    pub(crate) fn prepare(&self, sql: &'static Sql) -> Result<usize, DbError> {
        let mut tx = self.reader()?;
        Ok(tx.connection().prepare(sql.sqlite())?.parameter_count())
    }

    pub(crate) async fn close(&self) {
        drop(
            self.queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(writer) = writer {
            drop(tokio::task::spawn_blocking(move || writer.join()).await);
        }
        self.readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        // Clones may live on, in a task that is being ended: the folder is free all the same.
        drop(
            self.lock
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
    }
}

/// Takes operations until the last sender is gone.
///
/// # Errors
/// A failed BEGIN, COMMIT or rollback. Everyone waiting is told; the process must stop, since
/// what an fsync lost cannot be known. A full disk is none of these: what did not fit was never
/// synced, and is rolled back for sure.
fn write_groups(
    connection: Connection,
    mut inbox: mpsc::Receiver<Box<dyn Operation>>,
    wake: &Notify,
) -> Result<(), DbError> {
    let mut tx = Tx::sqlite(connection);
    let mut group = Vec::with_capacity(GROUP_MAX);
    let mut groups = 0_usize;
    while inbox.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
        take_more(&mut inbox, &mut group);
        metrics::histogram!("db_group_operations").record(group.len() as f64);
        let mut woken = false;
        let outcome = match run_group(&mut tx, &mut group, &mut woken) {
            Err(DbError::Full) => {
                woken = false;
                run_each(&mut tx, &mut group, &mut woken)
            }
            outcome => {
                answer(&mut group, &outcome);
                outcome
            }
        };
        outcome?;
        if woken {
            wake.notify_waiters();
            wake.notify_one();
        }
        groups += 1;
        if groups.is_multiple_of(CHECKPOINT_EVERY) {
            checkpoint(tx.connection());
        }
    }
    Ok(())
}

fn answer(group: &mut Vec<Box<dyn Operation>>, outcome: &Result<(), DbError>) {
    for operation in group.drain(..) {
        operation.answer(outcome.is_err().then_some(DbError::Closed));
    }
}

/// After a group that did not fit: each operation by itself, for most of them fit. What a
/// checkpoint frees comes first.
fn run_each(
    tx: &mut Tx,
    group: &mut Vec<Box<dyn Operation>>,
    woken: &mut bool,
) -> Result<(), DbError> {
    roll_back(tx)?;
    move_wal(tx.connection());
    while !group.is_empty() {
        let mut one = vec![group.remove(0)];
        let mut wake = false;
        match run_group(tx, &mut one, &mut wake) {
            Err(DbError::Full) => {
                tracing::error!("the database's disk is full; what does not fit is not kept");
                roll_back(tx)?;
                for operation in one {
                    operation.answer(Some(DbError::Full));
                }
            }
            outcome => {
                answer(&mut one, &outcome);
                if outcome.is_err() {
                    answer(group, &outcome);
                    return outcome;
                }
                *woken |= wake;
            }
        }
    }
    Ok(())
}

/// Lets those run who are about to send: a commit costs the same for one as for many.
fn take_more(inbox: &mut mpsc::Receiver<Box<dyn Operation>>, group: &mut Vec<Box<dyn Operation>>) {
    std::thread::yield_now();
    while group.len() < GROUP_MAX
        && let Ok(operation) = inbox.try_recv()
    {
        group.push(operation);
    }
}

fn run_group(
    tx: &mut Tx,
    group: &mut [Box<dyn Operation>],
    woken: &mut bool,
) -> Result<(), DbError> {
    statement(tx, "BEGIN IMMEDIATE")?;
    for operation in group {
        tx.reset();
        statement(tx, "SAVEPOINT operation")?;
        match once(operation.run(tx)) {
            Verdict::Commit => *woken |= tx.wake,
            Verdict::Rollback | Verdict::Retry => {
                // A full disk or an IO error has already rolled back the whole transaction.
                if tx.connection().is_autocommit() {
                    return Err(match tx.failure {
                        Some(Failure::Full) => DbError::Full,
                        _ => DbError::Closed,
                    });
                }
                statement(tx, "ROLLBACK TO operation")?;
            }
        }
        statement(tx, "RELEASE operation")?;
    }
    statement(tx, "COMMIT")
}

fn roll_back(tx: &mut Tx) -> Result<(), DbError> {
    // As a rule SQLite has done so already.
    if tx.connection().is_autocommit() {
        return Ok(());
    }
    statement(tx, "ROLLBACK")
}

fn statement(tx: &mut Tx, sql: &str) -> Result<(), DbError> {
    Ok(tx.connection().prepare_cached(sql)?.execute([]).map(drop)?)
}

/// Moves the WAL into the file when it is long, between two groups: with no commit under way the
/// whole of it is moved, and the next commit starts it anew. A reader in the way only postpones it.
fn checkpoint(connection: &Connection) {
    let frames = connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| {
        row.get::<_, i64>(1)
    });
    if frames.is_ok_and(|frames| frames > CHECKPOINT_FRAMES) {
        move_wal(connection);
    }
}

fn move_wal(connection: &Connection) {
    let done = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = done {
        tracing::warn!(%error, "checkpoint postponed");
    }
}

/// Polls a future that must not suspend: an operation awaits nothing but its transaction.
fn once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future)
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("an operation awaited something that is not the database"),
    }
}

fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    // One thread uses it: SQLite need not guard it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // NORMAL would lose acknowledged commits at power loss.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    configure(&connection)?;
    Ok(connection)
}

fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Plans do not depend on arguments. Without this, some statements are parsed anew at each use.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}
