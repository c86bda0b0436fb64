//! All SQL of the connect pages: sessions, what was asked for, wrong passwords.

pub(super) mod proof;

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};

use crate::revoke::end as end_connection;
use crate::store::of_account;
use crate::{Account, NewAccount};

statements! {
    INSERT_SESSION = "INSERT INTO connect_session
        (app_id, key, csrf, account_id, pending, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    SESSION = "SELECT s.csrf, s.pending, s.created_at, s.expires_at, a.id, a.user_ref, a.email,
            a.name, s.connecting_until, s.openid
        FROM connect_session s
            LEFT JOIN connect_account a ON a.app_id = s.app_id AND a.id = s.account_id
        WHERE s.app_id = $1 AND s.key = $2 AND s.expires_at > $3";
    PROLONG = "UPDATE connect_session SET expires_at = $3 WHERE app_id = $1 AND key = $2";
    SET_PENDING = "UPDATE connect_session SET pending = $3 WHERE app_id = $1 AND key = $2";
    TAKE_PENDING = "UPDATE connect_session SET pending = NULL, connecting_until = $5
        WHERE app_id = $1 AND key = $2 AND pending = $3
            AND (connecting_until IS NULL OR connecting_until <= $4)";
    // What came meanwhile is newer.
    GIVE_BACK = "UPDATE connect_session
        SET pending = COALESCE(pending, $3), connecting_until = NULL
        WHERE app_id = $1 AND key = $2";
    SET_OPENID = "UPDATE connect_session SET openid = $3 WHERE app_id = $1 AND key = $2";
    TAKE_OPENID = "UPDATE connect_session SET openid = NULL
        WHERE app_id = $1 AND key = $2 AND openid = $3";
    // Who the provider says it is: name and address may have changed there.
    OF_PROVIDER = "INSERT INTO connect_account
        (app_id, id, user_ref, email, name, created_at, last_seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (app_id, user_ref) DO UPDATE SET email = excluded.email, name = excluded.name
        RETURNING id";
    DELETE_SESSION = "DELETE FROM connect_session WHERE app_id = $1 AND key = $2";
    // A few at a time: each new one makes room for itself.
    SWEEP_SESSIONS = "DELETE FROM connect_session WHERE expires_at <= $1 AND (app_id, key) IN
        (SELECT app_id, key FROM connect_session WHERE expires_at <= $1
            ORDER BY expires_at LIMIT 16)";
    DELETE_SESSIONS_OF = "DELETE FROM connect_session WHERE app_id = $1 AND account_id = $2";
    ASK = "INSERT INTO connect_ask (app_id, kind, key, account_id, sealed, used, expires_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6)
        ON CONFLICT (app_id, kind, key) DO UPDATE SET account_id = excluded.account_id,
            sealed = excluded.sealed, used = 0, expires_at = excluded.expires_at";
    ASKED = "SELECT account_id, sealed, used FROM connect_ask
        WHERE app_id = $1 AND kind = $2 AND key = $3 AND expires_at > $4";
    USE_ASK = "UPDATE connect_ask SET used = 1
        WHERE app_id = $1 AND kind = $2 AND key = $3 AND used = 0";
    REOPEN_ASK = "UPDATE connect_ask SET used = 0 WHERE app_id = $1 AND kind = $2 AND key = $3";
    SWEEP_ASKS = "DELETE FROM connect_ask WHERE expires_at <= $1 AND (app_id, kind, key) IN
        (SELECT app_id, kind, key FROM connect_ask WHERE expires_at <= $1
            ORDER BY expires_at LIMIT 16)";
    DELETE_ASKS_OF = "DELETE FROM connect_ask WHERE app_id = $1 AND account_id = $2";
    SEEN = "UPDATE connect_account SET last_seen_at = $3 WHERE app_id = $1 AND id = $2";
    DELETE_ACCOUNT = "DELETE FROM connect_account WHERE app_id = $1 AND id = $2";
    FAILURES = "SELECT failures FROM connect_sign_in_failure WHERE app_id = $1 AND name_key = $2";
    // From the fifth on the time of the last stays: who goes on guessing does not lock the owner
    // out for longer.
    COUNT_FAILURE = "INSERT INTO connect_sign_in_failure (app_id, name_key, failures, last_at)
        VALUES ($1, $2, 1, $3)
        ON CONFLICT (app_id, name_key) DO UPDATE SET
            failures = CASE WHEN connect_sign_in_failure.last_at <= $4 THEN 1
                ELSE connect_sign_in_failure.failures + 1 END,
            last_at = CASE WHEN connect_sign_in_failure.last_at > $4
                    AND connect_sign_in_failure.failures >= $5
                THEN connect_sign_in_failure.last_at ELSE excluded.last_at END
        RETURNING failures";
    // The guard and the removal are one: a lock that comes in between stays.
    FORGET_FAILURES = "DELETE FROM connect_sign_in_failure
        WHERE app_id = $1 AND name_key = $2 AND (failures < $3 OR last_at <= $4)";
    SWEEP_FAILURES = "DELETE FROM connect_sign_in_failure
        WHERE last_at <= $1 AND (app_id, name_key) IN
        (SELECT app_id, name_key FROM connect_sign_in_failure WHERE last_at <= $1
            ORDER BY last_at LIMIT 16)";
}

/// A session to begin.
#[derive(Clone)]
pub(super) struct NewSession {
    pub(super) app_id: String,
    pub(super) key: Vec<u8>,
    pub(super) csrf: String,
    pub(super) account_id: Option<Uuid>,
    pub(super) pending: Option<Vec<u8>>,
    /// The session that the browser had, which ends.
    pub(super) old: Option<Vec<u8>>,
    pub(super) created_at: Micros,
    pub(super) expires_at: Micros,
    pub(super) now: Micros,
}

/// A session as it is stored.
pub(super) struct Held {
    pub(super) csrf: String,
    pub(super) pending: Option<Vec<u8>>,
    pub(super) created_at: Micros,
    pub(super) expires_at: Micros,
    pub(super) connecting_until: Option<Micros>,
    pub(super) openid: Option<Vec<u8>>,
    pub(super) account: Option<Account>,
}

/// What was asked for: kind and key of its row.
#[derive(Clone)]
pub(super) struct AskKey {
    pub(super) app_id: String,
    pub(super) kind: &'static str,
    pub(super) key: Vec<u8>,
}

/// What an account asked for, as it is stored.
pub(super) struct Asked {
    pub(super) account_id: Uuid,
    pub(super) sealed: Vec<u8>,
    pub(super) used: bool,
}

/// Begins a session, and ends the one that the browser had. Its token is new: one that somebody
/// planted before never becomes a session.
pub(super) async fn begin(tx: &mut Tx, new: &NewSession) -> Result<(), DbError> {
    tx.execute(&SWEEP_SESSIONS, args![new.now]).await?;
    if let Some(old) = &new.old {
        tx.execute(&DELETE_SESSION, args![&new.app_id, old]).await?;
    }
    if let Some(account_id) = &new.account_id {
        let values = args![&new.app_id, account_id, new.now];
        tx.execute(&SEEN, values).await?;
    }
    let values = args![
        &new.app_id,
        &new.key,
        &new.csrf,
        new.account_id.as_ref(),
        new.pending.as_ref(),
        new.created_at,
        new.expires_at,
    ];
    tx.execute(&INSERT_SESSION, values).await.map(drop)
}

pub(super) async fn session(
    tx: &mut Tx,
    app_id: &str,
    key: &[u8],
    now: Micros,
) -> Result<Option<Held>, DbError> {
    let row = tx.row(&SESSION, args![app_id, key, now]).await?;
    row.map(held).transpose()
}

fn held(mut row: Row) -> Result<Held, DbError> {
    let account_id: Option<Uuid> = row.get(4)?;
    let account = match account_id {
        None => None,
        Some(id) => Some(Account {
            id,
            user_ref: row.get(5)?,
            email: row.get(6)?,
            name: row.get(7)?,
            password_hash: None,
        }),
    };
    Ok(Held {
        csrf: row.get(0)?,
        pending: row.get(1)?,
        created_at: row.get(2)?,
        expires_at: row.get(3)?,
        connecting_until: row.get(8)?,
        openid: row.get(9)?,
        account,
    })
}

pub(super) async fn prolong(
    tx: &mut Tx,
    app_id: &str,
    key: &[u8],
    expires_at: Micros,
) -> Result<(), DbError> {
    let values = args![app_id, key, expires_at];
    tx.execute(&PROLONG, values).await.map(drop)
}

pub(super) async fn set_pending(
    tx: &mut Tx,
    app_id: &str,
    key: &[u8],
    pending: &[u8],
) -> Result<(), DbError> {
    let values = args![app_id, key, pending];
    tx.execute(&SET_PENDING, values).await.map(drop)
}

/// Keeps the secrets of a sign-in at the identity provider, in place of another one's.
pub(super) async fn set_openid(
    tx: &mut Tx,
    app_id: &str,
    key: &[u8],
    sealed: &[u8],
) -> Result<(), DbError> {
    let values = args![app_id, key, sealed];
    tx.execute(&SET_OPENID, values).await.map(drop)
}

/// Uses them up; false where they were before.
pub(super) async fn take_openid(
    tx: &mut Tx,
    app_id: &str,
    key: &[u8],
    sealed: &[u8],
) -> Result<bool, DbError> {
    let values = args![app_id, key, sealed];
    Ok(tx.execute(&TAKE_OPENID, values).await? == 1)
}

/// Signs in whom the identity provider named; its first sign-in makes the account.
pub(super) async fn sign_in_by_provider(
    tx: &mut Tx,
    new: &NewAccount,
    session: &NewSession,
) -> Result<(), DbError> {
    let values = args![
        &new.app_id,
        &new.id,
        &new.user_ref,
        new.email.as_deref(),
        &new.name,
        new.at,
    ];
    let rows = tx.returning(&OF_PROVIDER, values).await?;
    let row = rows.into_iter().next();
    let id: Uuid = row.ok_or(DbError::Decode { column: 0 })?.get(0)?;
    let session = NewSession {
        account_id: Some(id),
        ..session.clone()
    };
    begin(tx, &session).await
}

/// Takes what is pending, as it is stored, to exchange it until then; false where another request
/// has it.
pub(super) async fn take_pending(
    tx: &mut Tx,
    (app_id, key): (&str, &[u8]),
    pending: &[u8],
    (now, until): (Micros, Micros),
) -> Result<bool, DbError> {
    let values = args![app_id, key, pending, now, until];
    Ok(tx.execute(&TAKE_PENDING, values).await? == 1)
}

/// The exchange is over; what may be exchanged again is put back, unless something newer came.
pub(super) async fn give_back(
    tx: &mut Tx,
    (app_id, key): (&str, &[u8]),
    pending: Option<&Vec<u8>>,
) -> Result<(), DbError> {
    let values = args![app_id, key, pending];
    tx.execute(&GIVE_BACK, values).await.map(drop)
}

pub(super) async fn end(tx: &mut Tx, app_id: &str, key: &[u8]) -> Result<(), DbError> {
    tx.execute(&DELETE_SESSION, args![app_id, key])
        .await
        .map(drop)
}

/// Keeps what an account asked for; the same question asked again replaces it.
pub(super) async fn ask(
    tx: &mut Tx,
    key: &AskKey,
    account_id: Uuid,
    sealed: &[u8],
    (now, expires_at): (Micros, Micros),
) -> Result<(), DbError> {
    tx.execute(&SWEEP_ASKS, args![now]).await?;
    let values = args![
        &key.app_id,
        key.kind,
        &key.key,
        &account_id,
        sealed,
        expires_at
    ];
    tx.execute(&ASK, values).await.map(drop)
}

pub(super) async fn asked(
    tx: &mut Tx,
    key: &AskKey,
    now: Micros,
) -> Result<Option<Asked>, DbError> {
    let values = args![&key.app_id, key.kind, &key.key, now];
    let Some(mut row) = tx.row(&ASKED, values).await? else {
        return Ok(None);
    };
    Ok(Some(Asked {
        account_id: row.get(0)?,
        sealed: row.get(1)?,
        used: row.get(2)?,
    }))
}

/// Marks it as used; false if it was before.
pub(super) async fn use_ask(tx: &mut Tx, key: &AskKey) -> Result<bool, DbError> {
    let values = args![&key.app_id, key.kind, &key.key];
    Ok(tx.execute(&USE_ASK, values).await? == 1)
}

/// The answer was not exchanged after all.
pub(super) async fn reopen_ask(tx: &mut Tx, key: &AskKey) -> Result<(), DbError> {
    let values = args![&key.app_id, key.kind, &key.key];
    tx.execute(&REOPEN_ASK, values).await.map(drop)
}

/// Ends an account's connection, and deletes the account, its sessions and what it asked for.
pub(super) async fn delete_account(
    tx: &mut Tx,
    app_id: &str,
    id: Uuid,
    now: Micros,
) -> Result<(), DbError> {
    if let Some(there) = of_account(tx, app_id, id).await? {
        end_connection(tx, app_id, there.id, now).await?;
    }
    let values = args![app_id, &id];
    tx.execute(&DELETE_SESSIONS_OF, values).await?;
    tx.execute(&DELETE_ASKS_OF, values).await?;
    tx.execute(&DELETE_ACCOUNT, values).await.map(drop)
}

/// Adds one to the failures after `since`, and answers how many there are now.
pub(super) async fn count_failure(
    tx: &mut Tx,
    (app_id, key): (&str, &[u8]),
    (now, since): (Micros, Micros),
    locks: i64,
) -> Result<i64, DbError> {
    let values = args![app_id, key, now, since, locks];
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
pub(super) async fn forget_failures(
    tx: &mut Tx,
    (app_id, key): (&str, &[u8]),
    locks: i64,
    since: Micros,
) -> Result<bool, DbError> {
    let values = args![app_id, key, locks, since];
    let forgotten = tx.execute(&FORGET_FAILURES, values).await?;
    let left = tx.row(&FAILURES, args![app_id, key]).await?;
    Ok(forgotten == 0 && left.is_some())
}
