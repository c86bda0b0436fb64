//! The handle that the rest of Bursar holds.

use std::sync::Arc;

use bursar_kernel::{Clock, Rng};
use tokio::sync::{Notify, oneshot};

use crate::operation::{Operation, Pending};
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::{BoxFuture, DbError, Location, Migration, OpenError, Sql, Tx};

/// How to open a database.
#[derive(Clone)]
pub struct Options {
    /// Where the data is.
    pub location: Location,
    /// The time that is written beside applied migrations.
    pub clock: Clock,
    /// Spreads retries.
    pub rng: Rng,
    /// Connections to `PostgreSQL`, at most.
    pub connections_max: usize,
    /// Called when the database failed for good and the process must stop.
    pub on_fatal: Arc<dyn Fn(&str) + Send + Sync>,
    /// Where a simulation kills callers.
    #[cfg(feature = "failpoints")]
    pub failpoints: Option<crate::Failpoints>,
}

impl Options {
    /// The defaults for `location`: the system's clock and chance, 16 connections, and a process
    /// that exits with status 70 when the database fails for good.
    pub fn new(location: Location) -> Self {
        Self {
            location,
            clock: Clock::system(),
            rng: Rng::system(),
            connections_max: 16,
            on_fatal: Arc::new(|reason| {
                tracing::error!(reason, "the database failed; stopping");
                eprintln!("bursar: the database failed: {reason}");
                std::process::exit(70);
            }),
            #[cfg(feature = "failpoints")]
            failpoints: None,
        }
    }
}

/// How an operation is kept apart from others on `PostgreSQL`. `SQLite` runs one at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isolation {
    /// A decision reads before it writes: money, tokens, workflow. Retried on collision.
    Serializable,
    /// A statement that decides for itself, such as a claim with `SKIP LOCKED`.
    ReadCommitted,
    /// Independent rows that depend on nothing read: may share a transaction with others, and so
    /// an fsync. Falls back to a transaction of its own when any of them fails.
    Append,
    /// One statement on one row that others may change too. Shares a transaction as
    /// [`Isolation::Append`] does; within it, rows are taken in the order of `row`, any number that
    /// stays with the row, so that two transactions never wait for each other.
    Update {
        /// Names the row.
        row: u64,
    },
}

/// A database on either engine. Clones share it.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    engine: Engine,
    wake: Arc<Notify>,
    #[cfg(feature = "failpoints")]
    failpoints: Option<crate::Failpoints>,
}

pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Db {
    /// Opens the database, checks that it is safe to use, and applies pending migrations.
    pub async fn open(options: Options, migrations: &[Migration]) -> Result<Self, OpenError> {
        let wake = Arc::new(Notify::new());
        let engine = match &options.location {
            Location::Folder(folder) => Engine::Sqlite(Sqlite::open(
                folder,
                &options,
                Arc::clone(&wake),
                migrations,
            )?),
            Location::Url(url) => Engine::Postgres(
                Postgres::open(url, &options, Arc::clone(&wake), migrations).await?,
            ),
        };
        Ok(Self(Arc::new(Inner {
            engine,
            wake,
            #[cfg(feature = "failpoints")]
            failpoints: options.failpoints,
        })))
    }

    /// `sqlite` or `postgres`.
    pub fn engine(&self) -> &'static str {
        match self.0.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgres",
        }
    }

    /// Runs a changing operation. When it returns `Ok`, all of it is durable.
    ///
    /// It goes on when its caller is dropped, so that a client that hangs up cannot cut it.
    pub async fn write<A, T, E, F>(&self, isolation: Isolation, args: A, op: F) -> Result<T, E>
    where
        A: Send + Sync + 'static,
        T: Send + Sync + 'static,
        E: From<DbError> + Send + Sync + 'static,
        F: for<'t> Fn(&'t mut Tx, &'t A) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'static,
    {
        #[cfg(feature = "failpoints")]
        self.killed(crate::Failpoint::BeforeOperation)?;
        let (back, answer) = oneshot::channel();
        let pending: Box<dyn Operation> = Box::new(Pending {
            args,
            op,
            result: None,
            back,
            #[cfg(feature = "failpoints")]
            failpoints: self.0.failpoints.clone(),
        });
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.submit(pending).await,
            Engine::Postgres(postgres) => postgres.submit(isolation, pending).await,
        }
        let result = answer.await.unwrap_or_else(|_| Err(DbError::Closed.into()));
        #[cfg(feature = "failpoints")]
        if result.is_ok() {
            self.killed(crate::Failpoint::AfterCommit)?;
        }
        result
    }

    #[cfg(feature = "failpoints")]
    fn killed(&self, point: crate::Failpoint) -> Result<(), DbError> {
        if crate::operation::killed(self.0.failpoints.as_ref(), point) {
            Err(DbError::Killed)
        } else {
            Ok(())
        }
    }

    /// Reads a few rows by key. Each statement sees the latest committed state; on `SQLite` it
    /// runs on the calling thread, since a point read takes microseconds.
    pub async fn read<A, T, E, F>(&self, args: A, op: F) -> Result<T, E>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'t> Fn(&'t mut Tx, &'t A) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'static,
    {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.read(&args, &op),
            Engine::Postgres(postgres) => {
                let mut tx = postgres.autocommit().await?;
                op(&mut tx, &args).await
            }
        }
    }

    /// Reads many rows: as [`Db::read`], but on `SQLite` on a thread of its own.
    pub async fn scan<A, T, E, F>(&self, args: A, op: F) -> Result<T, E>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'t> Fn(&'t mut Tx, &'t A) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'static,
    {
        if let Engine::Postgres(_) = self.0.engine {
            return self.read(args, op).await;
        }
        let db = self.clone();
        let task = tokio::task::spawn_blocking(move || match &db.0.engine {
            Engine::Sqlite(sqlite) => sqlite.read(&args, &op),
            Engine::Postgres(_) => Err(DbError::Closed.into()),
        });
        task.await.unwrap_or_else(|_| Err(DbError::Panicked.into()))
    }

    /// Notified after commits that called [`Tx::wake_workers`], here or on other nodes.
    pub fn wakeups(&self) -> Arc<Notify> {
        Arc::clone(&self.0.wake)
    }

    /// Answers whether the database can be reached now.
    pub async fn ping(&self) -> Result<(), DbError> {
        // A bare 1 is no BIGINT on PostgreSQL.
        static PING: Sql = Sql::new("SELECT CAST(1 AS BIGINT)");
        self.read((), |tx, ()| {
            Box::pin(async move { tx.rows(&PING, &[]).await.map(drop) })
        })
        .await
    }

    /// Prepares a statement without running it, and answers its number of parameters. On
    /// PostgreSQL a column of another type than the four kinds of [`Value`](crate::Value) is
    /// [`DbError::Decode`].
    ///
    /// Tests call it for every registered statement on both engines; it is what replaces a
    /// compile-time check.
    pub async fn prepare(&self, sql: &'static Sql) -> Result<usize, DbError> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.prepare(sql),
            Engine::Postgres(postgres) => postgres.prepare(sql).await,
        }
    }

    /// Finishes what was submitted and closes the connections.
    pub async fn close(&self) {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(postgres) => postgres.close(),
        }
    }
}
