//! A running operation's hands on the database.

use std::sync::Arc;

use tokio_postgres::error::SqlState;

use crate::postgres::Client;
use crate::{DbError, Row, Sql, Value};

/// The transaction of one operation, on either engine.
///
/// After its first failed statement the operation is over on both engines: expected conflicts
/// are seen by `ON CONFLICT` or row counts, never by catching an error.
pub struct Tx {
    engine: Engine,
    /// Set by the first failed statement.
    pub(crate) failure: Option<Failure>,
    /// Whether a statement may have changed something.
    pub(crate) wrote: bool,
    /// Whether workers are to be woken after the commit.
    pub(crate) wake: bool,
}

pub(crate) enum Engine {
    Sqlite(rusqlite::Connection),
    /// Shared by the operations of a group, whose statements are pipelined.
    Postgres(Arc<Client>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// 40001 or 40P01: the same operation may succeed when it runs again.
    Collision,
    /// No room.
    Full,
    /// Anything else.
    Fatal,
}

impl Tx {
    pub(crate) fn sqlite(connection: rusqlite::Connection) -> Self {
        Self::new(Engine::Sqlite(connection))
    }

    pub(crate) fn postgres(client: Arc<Client>) -> Self {
        Self::new(Engine::Postgres(client))
    }

    fn new(engine: Engine) -> Self {
        Self {
            engine,
            failure: None,
            wrote: false,
            wake: false,
        }
    }

    pub(crate) fn connection(&mut self) -> &mut rusqlite::Connection {
        match &mut self.engine {
            Engine::Sqlite(connection) => connection,
            Engine::Postgres(_) => unreachable!("only the SQLite engine asks for its connection"),
        }
    }

    /// Makes the transaction ready for the next operation.
    pub(crate) fn reset(&mut self) {
        self.failure = None;
        self.wrote = false;
        self.wake = false;
    }

    /// Wakes the job workers, here and on other nodes, once this operation is committed.
    pub fn wake_workers(&mut self) {
        self.wake = true;
    }

    /// Runs a statement and answers how many rows it changed.
    pub async fn execute(&mut self, sql: &'static Sql, args: &[Value<'_>]) -> Result<u64, DbError> {
        self.wrote = true;
        self.check()?;
        let result = match &mut self.engine {
            Engine::Sqlite(connection) => execute_sqlite(connection, sql, args),
            Engine::Postgres(client) => execute_postgres(client, sql, args).await,
        };
        self.note(result)
    }

    /// Runs a query and answers all its rows.
    pub async fn rows(
        &mut self,
        sql: &'static Sql,
        args: &[Value<'_>],
    ) -> Result<Vec<Row>, DbError> {
        self.check()?;
        let result = match &mut self.engine {
            Engine::Sqlite(connection) => rows_sqlite(connection, sql, args),
            Engine::Postgres(client) => rows_postgres(client, sql, args).await,
        };
        self.note(result)
    }

    /// Runs a changing statement with `RETURNING` and answers its rows.
    pub async fn returning(
        &mut self,
        sql: &'static Sql,
        args: &[Value<'_>],
    ) -> Result<Vec<Row>, DbError> {
        self.wrote = true;
        self.rows(sql, args).await
    }

    /// Runs a query and answers its first row, if there is one.
    pub async fn row(
        &mut self,
        sql: &'static Sql,
        args: &[Value<'_>],
    ) -> Result<Option<Row>, DbError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Runs a query for each of many arguments, one after another and in one round trip, and
    /// answers each one's first row, if there is one.
    pub async fn row_each(
        &mut self,
        sql: &'static Sql,
        many: &[Vec<Value<'_>>],
    ) -> Result<Vec<Option<Row>>, DbError> {
        self.check()?;
        let result = match &mut self.engine {
            Engine::Sqlite(connection) => {
                let rows = |args: &Vec<Value<'_>>| rows_sqlite(connection, sql, args);
                many.iter().map(rows).collect()
            }
            Engine::Postgres(client) => rows_postgres_each(client, sql, many).await,
        };
        let rows: Vec<Vec<Row>> = self.note(result)?;
        Ok(rows
            .into_iter()
            .map(|rows| rows.into_iter().next())
            .collect())
    }

    /// Inserts a row for each of many arguments, one after another and in one round trip, and
    /// answers the new rows' ids: none where `ON CONFLICT` left one out. The text for `PostgreSQL`
    /// ends with `RETURNING id`; `SQLite` has a cheaper way to tell.
    pub async fn insert_each(
        &mut self,
        sql: &'static Sql,
        many: &[Vec<Value<'_>>],
    ) -> Result<Vec<Option<i64>>, DbError> {
        self.wrote = true;
        self.check()?;
        let result = match &mut self.engine {
            Engine::Sqlite(connection) => insert_sqlite_each(connection, sql, many),
            Engine::Postgres(client) => insert_postgres_each(client, sql, many).await,
        };
        self.note(result)
    }

    fn check(&self) -> Result<(), DbError> {
        if self.failure.is_some() {
            Err(DbError::Over)
        } else {
            Ok(())
        }
    }

    fn note<T>(&mut self, result: Result<T, DbError>) -> Result<T, DbError> {
        if let Err(error) = &result {
            self.failure = Some(failure(error));
        }
        result
    }
}

/// Sorts errors by SQLSTATE, never by message text.
pub(crate) fn failure(error: &DbError) -> Failure {
    let code = match error {
        DbError::Full => return Failure::Full,
        DbError::Postgres(error) => error.code(),
        _ => None,
    };
    if code == Some(&SqlState::T_R_SERIALIZATION_FAILURE)
        || code == Some(&SqlState::T_R_DEADLOCK_DETECTED)
    {
        Failure::Collision
    } else {
        Failure::Fatal
    }
}

fn execute_sqlite(
    connection: &rusqlite::Connection,
    sql: &'static Sql,
    args: &[Value<'_>],
) -> Result<u64, DbError> {
    let mut statement = connection.prepare_cached(sql.sqlite())?;
    Ok(statement.execute(rusqlite::params_from_iter(args))? as u64)
}

fn rows_sqlite(
    connection: &rusqlite::Connection,
    sql: &'static Sql,
    args: &[Value<'_>],
) -> Result<Vec<Row>, DbError> {
    let mut statement = connection.prepare_cached(sql.sqlite())?;
    let columns = statement.column_count();
    let mut found = statement.query(rusqlite::params_from_iter(args))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(Row::from_sqlite(row, columns)?);
    }
    Ok(rows)
}

async fn execute_postgres(
    client: &Client,
    sql: &'static Sql,
    args: &[Value<'_>],
) -> Result<u64, DbError> {
    let statement = client.prepare_cached(sql.postgres()).await?;
    Ok(client.execute_raw(&statement, args).await?)
}

async fn rows_postgres(
    client: &Client,
    sql: &'static Sql,
    args: &[Value<'_>],
) -> Result<Vec<Row>, DbError> {
    let statement = client.prepare_cached(sql.postgres()).await?;
    let params: Vec<_> = args.iter().map(|arg| arg as _).collect();
    let rows = client.query(&statement, &params).await?;
    Ok(rows
        .iter()
        .map(Row::from_postgres)
        .collect::<Result<_, _>>()?)
}

async fn rows_postgres_each(
    client: &Client,
    sql: &'static Sql,
    many: &[Vec<Value<'_>>],
) -> Result<Vec<Vec<Row>>, DbError> {
    // Prepared before, or else each of them would be the first.
    client.prepare_cached(sql.postgres()).await?;
    let queries = many.iter().map(|args| rows_postgres(client, sql, args));
    // All of them, so that the first error is the cause, and not what followed from it.
    let answers = futures_util::future::join_all(queries).await;
    answers.into_iter().collect()
}

async fn insert_postgres_each(
    client: &Client,
    sql: &'static Sql,
    many: &[Vec<Value<'_>>],
) -> Result<Vec<Option<i64>>, DbError> {
    let rows = rows_postgres_each(client, sql, many).await?.into_iter();
    let ids = rows.map(|mut rows| rows.first_mut().map(|row| row.get(0)).transpose());
    ids.collect()
}

fn insert_sqlite_each(
    connection: &rusqlite::Connection,
    sql: &'static Sql,
    many: &[Vec<Value<'_>>],
) -> Result<Vec<Option<i64>>, DbError> {
    let mut statement = connection.prepare_cached(sql.sqlite())?;
    let mut ids = Vec::with_capacity(many.len());
    for args in many {
        let inserted = statement.execute(rusqlite::params_from_iter(args))?;
        ids.push((inserted == 1).then(|| connection.last_insert_rowid()));
    }
    Ok(ids)
}
