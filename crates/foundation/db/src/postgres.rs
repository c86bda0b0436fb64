//! The server engine: a pool, isolation for each operation, bounded retries, shared transactions
//! for appends, and an answer even when COMMIT's own answer is lost.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bursar_kernel::Rng;
use deadpool_postgres::{Connect, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Timeouts};
use futures_util::future::{join, join_all};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, Notify, mpsc};
use tokio::task::{AbortHandle, JoinHandle};
use tokio_postgres::types::Type;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::operation::{Operation, Verdict};
use crate::tx::{Failure, failure};
use crate::{BoxFuture, DbError, Isolation, Migration, OpenError, Options, Sql, Tx, migrate};

mod listen;

pub(crate) type Client = Object;

/// How often an operation is tried when others are in its way.
const ATTEMPTS_MAX: u32 = 20;
/// Operations that share a transaction, at most.
const GROUP_MAX: usize = 32;
/// Groups that are under way at a time.
const GROUPS: usize = 4;
/// Operations that may wait for such a transaction; more make their callers wait.
const QUEUE_MAX: usize = 4096;
/// How long to look for the outcome of a COMMIT whose answer was lost.
const RESOLVE_TRIES: u32 = 20;
/// The pause between two such looks.
const RESOLVE_PAUSE: Duration = Duration::from_millis(250);
/// How long to wait for a free connection.
const POOL_WAIT: Duration = Duration::from_secs(10);

pub(crate) struct Postgres {
    shared: Arc<Shared>,
    /// Operations that may share a transaction, each with its place in it.
    grouped: mpsc::Sender<Grouped>,
    /// What tells other nodes, and hears them.
    listening: [AbortHandle; 2],
}

type Grouped = (u64, Box<dyn Operation>);

/// Opens connections on the runtime that opened the database: whoever asks first may run on one
/// that ends earlier, and would take the connection with it.
struct AtHome(Handle);

type Connected = Result<(tokio_postgres::Client, JoinHandle<()>), tokio_postgres::Error>;

impl Connect for AtHome {
    fn connect(&self, config: &tokio_postgres::Config) -> BoxFuture<'_, Connected> {
        let config = config.clone();
        let opening = self.0.spawn(async move {
            let (client, connection) = config.connect(NoTls).await?;
            // Its end shows in the next statement.
            let task = tokio::spawn(async move { drop(connection.await) });
            Ok((client, task))
        });
        Box::pin(async move {
            match opening.await {
                Ok(connected) => connected,
                Err(failed) => match failed.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // That runtime is ending; the pool's time-out answers.
                    Err(_) => std::future::pending().await,
                },
            }
        })
    }
}

struct Shared {
    /// The runtime that opened the database.
    home: Handle,
    pool: Pool,
    rng: Rng,
    /// Wakes this process' workers.
    wake: Arc<Notify>,
    /// Tells other nodes, debounced.
    tell: Notify,
}

impl Postgres {
    pub(crate) async fn open(
        url: &str,
        options: &Options,
        wake: Arc<Notify>,
        migrations: &[Migration],
    ) -> Result<Self, OpenError> {
        let config = parse(url)?;
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_connect(config.clone(), AtHome(Handle::current()), recycling);
        let pool = Pool::builder(manager)
            .max_size(options.connections_max)
            .runtime(deadpool_postgres::Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(POOL_WAIT),
                create: Some(POOL_WAIT),
                recycle: Some(POOL_WAIT),
            })
            .build()
            .map_err(|error| OpenError::Url(error.to_string()))?;
        let client = pool
            .get()
            .await
            .map_err(|error| OpenError::Connect(pool_text(&error)))?;
        check_server(&client).await?;
        migrate::postgres(&client, migrations, &options.clock).await?;
        drop(client);

        let rng = options.rng.clone();
        let shared = Arc::new(Shared {
            home: Handle::current(),
            pool,
            rng,
            wake,
            tell: Notify::new(),
        });
        let (grouped, inbox) = mpsc::channel(QUEUE_MAX);
        let inbox = Arc::new(Mutex::new(inbox));
        for _ in 0..GROUPS {
            tokio::spawn(write_groups(Arc::clone(&shared), Arc::clone(&inbox)));
        }
        let telling = tokio::spawn(listen::tell_others(Arc::clone(&shared)));
        let hearing = tokio::spawn(listen::hear_others(config, Arc::downgrade(&shared)));
        Ok(Self {
            shared,
            grouped,
            listening: [telling.abort_handle(), hearing.abort_handle()],
        })
    }

    pub(crate) async fn submit(&self, isolation: Isolation, operation: Box<dyn Operation>) {
        let place = match isolation {
            Isolation::Append => 0,
            Isolation::Update { row } => row,
            Isolation::Serializable | Isolation::ReadCommitted => {
                let alone = alone(Arc::clone(&self.shared), isolation, operation);
                // Spawned, so that a caller who goes away cannot cut it in the middle.
                self.shared.home.spawn(alone);
                return;
            }
        };
        if let Err(mpsc::error::SendError((_, operation))) =
            self.grouped.send((place, operation)).await
        {
            operation.answer(Some(DbError::Closed));
        }
    }

    pub(crate) async fn autocommit(&self) -> Result<Tx, DbError> {
        Ok(Tx::postgres(Arc::new(self.shared.client().await?)))
    }

    pub(crate) async fn prepare(&self, sql: &'static Sql) -> Result<usize, DbError> {
        let client = self.shared.client().await?;
        let statement = client.prepare(sql.postgres()).await?;
        let ours = [Type::INT8, Type::TEXT, Type::BYTEA];
        let mut columns = statement.columns().iter();
        match columns.position(|column| !ours.contains(column.type_())) {
            Some(column) => Err(DbError::Decode { column }),
            None => Ok(statement.params().len()),
        }
    }

    pub(crate) fn close(&self) {
        self.shared.pool.close();
        // The listening connection is not of the pool, and would wait for the next message.
        self.listening.iter().for_each(AbortHandle::abort);
    }
}

impl Shared {
    async fn client(&self) -> Result<Client, DbError> {
        self.pool
            .get()
            .await
            .map_err(|error| DbError::Pool(pool_text(&error)))
    }

    fn committed(&self, woken: bool) {
        if woken {
            self.wake.notify_waiters();
            self.wake.notify_one();
            self.tell.notify_one();
        }
    }

    /// Up to 2 ms × 2^attempt, so that those who collided do not meet again.
    async fn pause(&self, attempt: u32) {
        let span_us = 2_000_u64 << attempt.min(6);
        tokio::time::sleep(Duration::from_micros(self.rng.below(span_us))).await;
    }
}

/// Runs one operation in a transaction of its own, again while it collides with others.
async fn alone(shared: Arc<Shared>, isolation: Isolation, mut operation: Box<dyn Operation>) {
    let mut error = Some(DbError::Contended {
        attempts: ATTEMPTS_MAX,
    });
    for attempt in 0..ATTEMPTS_MAX {
        match attempt_alone(&shared, isolation, operation.as_mut()).await {
            Ok(Verdict::Retry) => {
                metrics::counter!("db_retries_total").increment(1);
                shared.pause(attempt).await;
            }
            Ok(Verdict::Commit | Verdict::Rollback) => {
                error = None;
                break;
            }
            Err(failed) => {
                error = Some(failed);
                break;
            }
        }
    }
    operation.answer(error);
}

async fn attempt_alone(
    shared: &Shared,
    isolation: Isolation,
    operation: &mut dyn Operation,
) -> Result<Verdict, DbError> {
    let client = Arc::new(shared.client().await?);
    let mut tx = Tx::postgres(Arc::clone(&client));
    let (xid, verdict) = join(begin(&client, isolation), operation.run(&mut tx)).await;
    let woken = tx.wake;
    drop(tx);
    let client = Arc::into_inner(client).ok_or(DbError::Closed)?;
    let (client, xid) = begun(client, xid).await?;
    match verdict {
        Verdict::Commit => match commit(shared, client, &xid).await? {
            Outcome::Committed => {
                shared.committed(woken);
                Ok(Verdict::Commit)
            }
            Outcome::Undone => Ok(Verdict::Retry),
        },
        verdict => {
            rollback(client).await;
            Ok(verdict)
        }
    }
}

/// Takes operations as they come, up to [`GROUP_MAX`] in a transaction.
async fn write_groups(shared: Arc<Shared>, inbox: Arc<Mutex<mpsc::Receiver<Grouped>>>) {
    loop {
        let mut group = Vec::with_capacity(GROUP_MAX);
        if inbox.lock().await.recv_many(&mut group, GROUP_MAX).await == 0 {
            return;
        }
        group.sort_by_key(|(place, _)| *place);
        let mut group: Vec<_> = group.into_iter().map(|(_, operation)| operation).collect();
        metrics::histogram!("db_group_operations").record(group.len() as f64);
        match attempt_group(&shared, &mut group).await {
            Ok(true) => group
                .into_iter()
                .for_each(|operation| operation.answer(None)),
            // Whoever spoilt the group is found by running each alone.
            Ok(false) | Err(DbError::Postgres(_) | DbError::Full) => {
                for operation in group {
                    tokio::spawn(alone(
                        Arc::clone(&shared),
                        Isolation::ReadCommitted,
                        operation,
                    ));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a group of operations failed");
                let text = error.to_string();
                for operation in group {
                    operation.answer(Some(match error {
                        DbError::Unknown => DbError::Unknown,
                        _ => DbError::Pool(text.clone()),
                    }));
                }
            }
        }
    }
}

/// Runs a group in one transaction, its statements pipelined. False when it was undone.
async fn attempt_group(shared: &Shared, group: &mut [Box<dyn Operation>]) -> Result<bool, DbError> {
    let client = Arc::new(shared.client().await?);
    let mut txs: Vec<Tx> = group
        .iter()
        .map(|_| Tx::postgres(Arc::clone(&client)))
        .collect();
    let running = group
        .iter_mut()
        .zip(&mut txs)
        .map(|(operation, tx)| operation.run(tx));
    let begin = begin(&client, Isolation::Append);
    let (xid, verdicts) = join(begin, join_all(running)).await;
    let spoilt = verdicts.iter().zip(&txs).any(|(verdict, tx)| {
        // One that only read, and refused, has nothing to undo.
        *verdict != Verdict::Commit && (tx.wrote || tx.failure.is_some())
    });
    let woken = txs.iter().any(|tx| tx.wake);
    drop(txs);
    let Some(client) = Arc::into_inner(client) else {
        return Ok(false);
    };
    let (client, xid) = begun(client, xid).await?;
    if spoilt {
        rollback(client).await;
        return Ok(false);
    }
    let committed = commit(shared, client, &xid).await? == Outcome::Committed;
    if committed {
        shared.committed(woken);
    }
    Ok(committed)
}

/// Begins, and learns the transaction's id in the same round trip: with it the outcome of a
/// COMMIT can be looked up when its answer is lost.
///
/// Polled first, it is sent first: statements may follow before it is answered. Should it fail,
/// the server refuses them too.
async fn begin(client: &Client, isolation: Isolation) -> Result<String, DbError> {
    let sql = match isolation {
        Isolation::Serializable => {
            "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT pg_current_xact_id()::text"
        }
        Isolation::ReadCommitted | Isolation::Append | Isolation::Update { .. } => {
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_current_xact_id()::text"
        }
    };
    let answers = client.simple_query(sql).await?;
    let xid = answers.iter().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    xid.ok_or(DbError::Decode { column: 0 })
}

/// A connection with its transaction; one that could not begin is given back.
async fn begun(client: Client, xid: Result<String, DbError>) -> Result<(Client, String), DbError> {
    match xid {
        Ok(xid) => Ok((client, xid)),
        Err(error) => {
            rollback(client).await;
            Err(error)
        }
    }
}

#[derive(PartialEq, Eq)]
enum Outcome {
    Committed,
    /// Nothing of it is stored; it may run again.
    Undone,
}

async fn commit(shared: &Shared, client: Client, xid: &str) -> Result<Outcome, DbError> {
    match client.simple_query("COMMIT").await {
        Ok(_) => Ok(Outcome::Committed),
        Err(error) if error.as_db_error().is_some() => {
            let error = DbError::from(error);
            let collided = failure(&error) == Failure::Collision;
            rollback(client).await;
            if collided {
                Ok(Outcome::Undone)
            } else {
                Err(error)
            }
        }
        Err(error) => {
            tracing::warn!(%error, xid, "the answer to COMMIT was lost; looking up its outcome");
            drop(Object::take(client));
            resolve(shared, xid).await
        }
    }
}

/// Learns what became of a transaction whose COMMIT was not answered.
async fn resolve(shared: &Shared, xid: &str) -> Result<Outcome, DbError> {
    for _ in 0..RESOLVE_TRIES {
        if let Ok(status) = status(shared, xid).await {
            match status.as_deref() {
                Some("committed") => return Ok(Outcome::Committed),
                Some("aborted") => return Ok(Outcome::Undone),
                // Its server process has not noticed yet, or it is being recovered.
                _ => {}
            }
        }
        tokio::time::sleep(RESOLVE_PAUSE).await;
    }
    Err(DbError::Unknown)
}

async fn status(shared: &Shared, xid: &str) -> Result<Option<String>, DbError> {
    let client = shared.client().await?;
    let sql = "SELECT pg_xact_status($1::text::xid8)";
    Ok(client.query_one(sql, &[&xid]).await?.try_get(0)?)
}

/// Ends the transaction; a connection that cannot even do that is not used again.
async fn rollback(client: Client) {
    if client.simple_query("ROLLBACK").await.is_err() {
        drop(Object::take(client));
    }
}

pub(crate) fn parse(url: &str) -> Result<tokio_postgres::Config, OpenError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(OpenError::Url("it does not begin with postgres://".into()));
    }
    let mut config = tokio_postgres::Config::from_str(url)
        .map_err(|error| OpenError::Url(error_text(&error)))?;
    if config.get_ssl_mode() == tokio_postgres::config::SslMode::Require {
        let reason = "sslmode=require is not supported yet; use a local socket or a TLS tunnel";
        return Err(OpenError::Url(reason.into()));
    }
    config.application_name("bursar");
    config.connect_timeout(POOL_WAIT);
    // A statement that hangs, or a node that froze inside a transaction, must not block others.
    config.options("-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s");
    Ok(config)
}

/// Refuses servers that could lose an acknowledged write, or lack what is used.
async fn check_server(client: &Client) -> Result<(), OpenError> {
    let show = async |setting: &'static str| {
        let row = client
            .query_one("SELECT current_setting($1)", &[&setting])
            .await;
        row.and_then(|row| row.try_get::<_, String>(0))
            .map_err(DbError::from)
    };
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value = show(setting).await?;
        if value == "off" {
            return Err(OpenError::Unsafe { setting, value });
        }
    }
    let encoding = show("server_encoding").await?;
    if encoding != "UTF8" {
        return Err(OpenError::Server(format!(
            "the database's encoding is {encoding}, not UTF8"
        )));
    }
    let version: i64 = show("server_version_num").await?.parse().unwrap_or(0);
    if version < 130_000 {
        return Err(OpenError::Server(format!(
            "version {version} is older than 13"
        )));
    }
    Ok(())
}

fn pool_text(error: &deadpool_postgres::PoolError) -> String {
    match error {
        deadpool_postgres::PoolError::Backend(error) => error_text(error),
        error => error.to_string(),
    }
}

fn error_text(error: &tokio_postgres::Error) -> String {
    use std::error::Error;
    let source = error
        .source()
        .map(|source| format!(": {source}"))
        .unwrap_or_default();
    format!("{error}{source}")
}
