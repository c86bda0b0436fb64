//! Searching the call log, as people do who look for what went wrong.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};

use super::first_id;

statements! {
    // Where no answer came there is no status: 600 stands for it.
    ALL = "SELECT id, connection_id, item_id, user_id, started_at, took_micros, method, url, status,
            problem, error_code, error_description, correlation_id
        FROM connect_call WHERE app_id = $1 AND id < $2 AND id >= $3
            AND COALESCE(status, 600) BETWEEN $4 AND $5
        ORDER BY id DESC LIMIT $6";
    // With `|| ''` SQLite does not take the primary key, and with it all that the app has.
    ERRORS = "SELECT id, connection_id, item_id, user_id, started_at, took_micros, method, url,
            status, problem, error_code, error_description, correlation_id
        FROM connect_call WHERE app_id || '' = $1 AND id < $2 AND id >= $3
            AND COALESCE(status, 600) >= 400 AND COALESCE(status, 600) BETWEEN $4 AND $5
        ORDER BY id DESC LIMIT $6";
    OF_USER = "SELECT id, connection_id, item_id, user_id, started_at, took_micros, method, url,
            status, problem, error_code, error_description, correlation_id
        FROM connect_call WHERE user_id IS NOT NULL AND replace(lower(user_id), '-', '') = $7
            AND app_id || '' = $1 AND id < $2 AND id >= $3
            AND COALESCE(status, 600) BETWEEN $4 AND $5
        ORDER BY id DESC LIMIT $6";
    OF_CONNECTION = "SELECT id, connection_id, item_id, user_id, started_at, took_micros, method,
            url, status, problem, error_code, error_description, correlation_id
        FROM connect_call WHERE connection_id = $7 AND app_id || '' = $1 AND id < $2 AND id >= $3
            AND COALESCE(status, 600) BETWEEN $4 AND $5
            AND ($8 = '' OR replace(lower(user_id), '-', '') = $8)
        ORDER BY id DESC LIMIT $6";
    OF_ITEM = "SELECT id, connection_id, item_id, user_id, started_at, took_micros, method, url,
            status, problem, error_code, error_description, correlation_id
        FROM connect_call WHERE item_id = $7 AND app_id || '' = $1 AND id < $2 AND id >= $3
            AND COALESCE(status, 600) BETWEEN $4 AND $5
            AND ($8 = '' OR replace(lower(user_id), '-', '') = $8)
            AND (connection_id = $9 OR $9 IS NULL)
        ORDER BY id DESC LIMIT $6";
    OF_CORRELATION = "SELECT id, connection_id, item_id, user_id, started_at, took_micros, method,
            url, status, problem, error_code, error_description, correlation_id
        FROM connect_call WHERE correlation_id = $7 AND app_id = $1 AND id < $2 AND id >= $3
            AND COALESCE(status, 600) BETWEEN $4 AND $5
            AND ($8 = '' OR replace(lower(user_id), '-', '') = $8)
            AND (connection_id = $9 OR $9 IS NULL) AND (item_id = $10 OR $10 IS NULL)
        ORDER BY id DESC LIMIT $6";
    PLACES = "SELECT url, status FROM connect_call WHERE app_id = $1 AND id >= $2
        ORDER BY id DESC LIMIT $3";
}

/// An id of the platform without what its spellings differ by; statements do the same.
pub(crate) fn plain_id(id: &str) -> String {
    let plain = id.to_lowercase().replace('-', "");
    // What has nothing else is nobody's, and not as if it were not asked for.
    if plain.is_empty() {
        id.to_owned()
    } else {
        plain
    }
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Outcome {
    /// In any way.
    #[default]
    Any,
    /// With an answer below 400.
    Fine,
    /// With an answer from 400 on, or none.
    Error,
    /// With an answer of 400 to 499.
    Refused,
    /// With an answer from 500 on.
    Failed,
    /// Without an answer.
    Unanswered,
}

impl Outcome {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Any,
        Self::Fine,
        Self::Error,
        Self::Refused,
        Self::Failed,
        Self::Unanswered,
    ];

    /// Its statuses, the first and the last; 600 where there is none.
    fn statuses(self) -> (i64, i64) {
        match self {
            Self::Any => (0, 600),
            Self::Fine => (0, 399),
            Self::Error => (400, 600),
            Self::Refused => (400, 499),
            Self::Failed => (500, 599),
            Self::Unanswered => (600, 600),
        }
    }
}

/// Which calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Search {
    /// With this correlation id.
    pub correlation_id: Option<String>,
    /// For this user of the platform, however letters and hyphens of the id are written.
    pub user_id: Option<String>,
    /// For this connection.
    pub connection_id: Option<Uuid>,
    /// For this outbox item.
    pub item_id: Option<i64>,
    /// That ended so.
    pub outcome: Outcome,
    /// That began then or later.
    pub from: Option<Micros>,
    /// That began before.
    pub until: Option<Micros>,
}

/// A call as a list has it: without its bodies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Its id; time-ordered.
    pub id: Uuid,
    /// The connection that it was for.
    pub connection_id: Option<Uuid>,
    /// The outbox item that it carried.
    pub item_id: Option<i64>,
    /// The user's UUID on the platform.
    pub user_id: Option<String>,
    /// When it began.
    pub started_at: Micros,
    /// How long it took, in microseconds.
    pub took_micros: i64,
    /// The method.
    pub method: String,
    /// The address.
    pub url: String,
    /// The answer's status; none where no answer came.
    pub status: Option<i64>,
    /// Why no answer came.
    pub problem: Option<String>,
    /// The answer's error code.
    pub error_code: Option<String>,
    /// The answer's error description.
    pub error_description: Option<String>,
    /// The platform's correlation id, or the one sent where no answer came.
    pub correlation_id: String,
}

impl Search {
    /// The calls of an app before one (`Uuid::max()` begins), newest first.
    pub async fn find(
        &self,
        tx: &mut Tx,
        app_id: &str,
        before: Uuid,
        limit: i64,
    ) -> Result<Vec<Summary>, DbError> {
        let until = self.until.map_or(Uuid::max(), first_id);
        let from = self.from.map_or(Uuid::nil(), first_id);
        let before = before.min(until);
        let (least, most) = self.outcome.statuses();
        let user = self.user_id.as_deref().map(plain_id).unwrap_or_default();
        let user = user.as_str();
        macro_rules! rows {
            ($sql:expr $(, $more:expr)*) => {
                tx.rows($sql, args![app_id, &before, &from, least, most, limit $(, $more)*]).await?
            };
        }
        let connection = self.connection_id.as_ref();
        let rows = match (&self.correlation_id, self.item_id, connection) {
            (Some(id), item, _) => rows!(&OF_CORRELATION, id, user, connection, item),
            (None, Some(id), _) => rows!(&OF_ITEM, id, user, connection),
            (None, None, Some(id)) => rows!(&OF_CONNECTION, id, user),
            _ if !user.is_empty() => rows!(&OF_USER, user),
            _ if least >= 400 => rows!(&ERRORS),
            _ => rows!(&ALL),
        };
        rows.into_iter().map(|mut row| summary(&mut row)).collect()
    }
}

/// Address and status of an app's calls since an instant, newest first.
pub(crate) async fn places(
    tx: &mut Tx,
    app_id: &str,
    since: Micros,
    limit: i64,
) -> Result<Vec<(String, Option<i64>)>, DbError> {
    let first = first_id(since);
    let rows = tx.rows(&PLACES, args![app_id, &first, limit]).await?;
    let rows = rows.into_iter();
    rows.map(|mut row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub(super) fn summary(row: &mut Row) -> Result<Summary, DbError> {
    Ok(Summary {
        id: row.get(0)?,
        connection_id: row.get(1)?,
        item_id: row.get(2)?,
        user_id: row.get(3)?,
        started_at: row.get(4)?,
        took_micros: row.get(5)?,
        method: row.get(6)?,
        url: row.get(7)?,
        status: row.get(8)?,
        problem: row.get(9)?,
        error_code: row.get(10)?,
        error_description: row.get(11)?,
        correlation_id: row.get(12)?,
    })
}
