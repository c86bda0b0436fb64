//! All SQL of the console's own: sessions and wrong passwords.

use bursar_db::{DbError, Tx, args, statements};
use bursar_kernel::Micros;

statements! {
    INSERT_SESSION = "INSERT INTO operator_session
        (key, name, credential, csrf, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
    SESSION = "SELECT name, credential, csrf, created_at, expires_at FROM operator_session
        WHERE key = $1 AND expires_at > $2";
    PROLONG = "UPDATE operator_session SET expires_at = $2 WHERE key = $1";
    DELETE_SESSION = "DELETE FROM operator_session WHERE key = $1";
    // A few at a time: each new one makes room for itself.
    SWEEP_SESSIONS = "DELETE FROM operator_session WHERE expires_at <= $1 AND key IN
        (SELECT key FROM operator_session WHERE expires_at <= $1 ORDER BY expires_at LIMIT 16)";
    FAILURES = "SELECT failures FROM operator_sign_in_failure WHERE name_key = $1";
    // From the fifth on the time of the last stays: who goes on guessing does not lock the owner
    // out for longer.
    COUNT_FAILURE = "INSERT INTO operator_sign_in_failure (name_key, failures, last_at)
        VALUES ($1, 1, $2)
        ON CONFLICT (name_key) DO UPDATE SET
            failures = CASE WHEN operator_sign_in_failure.last_at <= $3 THEN 1
                ELSE operator_sign_in_failure.failures + 1 END,
            last_at = CASE WHEN operator_sign_in_failure.last_at > $3
                    AND operator_sign_in_failure.failures >= $4
                THEN operator_sign_in_failure.last_at ELSE excluded.last_at END
        RETURNING failures";
    // The guard and the removal are one: a lock that comes in between stays.
    FORGET_FAILURES = "DELETE FROM operator_sign_in_failure
        WHERE name_key = $1 AND (failures < $2 OR last_at <= $3)";
    SWEEP_FAILURES = "DELETE FROM operator_sign_in_failure WHERE last_at <= $1 AND name_key IN
        (SELECT name_key FROM operator_sign_in_failure WHERE last_at <= $1
            ORDER BY last_at LIMIT 16)";
}

/// A session to begin.
#[derive(Clone)]
pub(crate) struct NewSession {
    pub(crate) key: Vec<u8>,
    pub(crate) name: String,
    pub(crate) credential: Vec<u8>,
    pub(crate) csrf: String,
    /// The session that the browser had, which ends.
    pub(crate) old: Option<Vec<u8>>,
    pub(crate) now: Micros,
    pub(crate) expires_at: Micros,
}

/// A session as it is stored.
pub(crate) struct Held {
    pub(crate) name: String,
    pub(crate) credential: Vec<u8>,
    pub(crate) csrf: String,
    pub(crate) created_at: Micros,
    pub(crate) expires_at: Micros,
}

/// Begins a session, and ends the one that the browser had. Its token is new: one that somebody
/// planted before never becomes a session.
pub(crate) async fn begin(tx: &mut Tx, new: &NewSession) -> Result<(), DbError> {
    tx.execute(&SWEEP_SESSIONS, args![new.now]).await?;
    if let Some(old) = &new.old {
        tx.execute(&DELETE_SESSION, args![old]).await?;
    }
    let values = args![
        &new.key,
        &new.name,
        &new.credential,
        &new.csrf,
        new.now,
        new.expires_at,
    ];
    tx.execute(&INSERT_SESSION, values).await.map(drop)
}

pub(crate) async fn session(tx: &mut Tx, key: &[u8], now: Micros) -> Result<Option<Held>, DbError> {
    let Some(mut row) = tx.row(&SESSION, args![key, now]).await? else {
        return Ok(None);
    };
    Ok(Some(Held {
        name: row.get(0)?,
        credential: row.get(1)?,
        csrf: row.get(2)?,
        created_at: row.get(3)?,
        expires_at: row.get(4)?,
    }))
}

pub(crate) async fn prolong(tx: &mut Tx, key: &[u8], expires_at: Micros) -> Result<(), DbError> {
    tx.execute(&PROLONG, args![key, expires_at]).await.map(drop)
}

pub(crate) async fn end(tx: &mut Tx, key: &[u8]) -> Result<(), DbError> {
    tx.execute(&DELETE_SESSION, args![key]).await.map(drop)
}

/// Adds one to the failures after `since`, and answers how many there are now.
pub(crate) async fn count_failure(
    tx: &mut Tx,
    key: &[u8],
    (now, since): (Micros, Micros),
    locks: i64,
) -> Result<i64, DbError> {
    let values = args![key, now, since, locks];
    let rows = tx.returning(&COUNT_FAILURE, values).await?;
    let row = rows.into_iter().next();
    let count = row.ok_or(DbError::Decode { column: 0 })?.get(0)?;
    if count == 1 {
        tx.execute(&SWEEP_FAILURES, args![since]).await?;
    }
    Ok(count)
}

/// Forgets the failures of a name, unless they have locked it since `since`; answers whether they
/// have.
pub(crate) async fn forget_failures(
    tx: &mut Tx,
    key: &[u8],
    locks: i64,
    since: Micros,
) -> Result<bool, DbError> {
    let forgotten = tx
        .execute(&FORGET_FAILURES, args![key, locks, since])
        .await?;
    let left = tx.row(&FAILURES, args![key]).await?;
    Ok(forgotten == 0 && left.is_some())
}
