//! Addresses that are being proved: all SQL on them.

use bursar_db::{DbError, Tx, args, statements};
use bursar_jobs::{NewJob, enqueue};
use bursar_kernel::{Micros, Uuid};

use super::{DELETE_SESSIONS_OF, NewSession, begin};
use crate::NewAccount;

statements! {
    SWEEP = "DELETE FROM connect_proof WHERE created_at <= $1 AND (app_id, id) IN
        (SELECT app_id, id FROM connect_proof WHERE created_at <= $1 ORDER BY created_at LIMIT 16)";
    OF_ADDRESS = "SELECT COUNT(*) FROM connect_proof
        WHERE app_id = $1 AND address_key = $2 AND created_at > $3";
    OF_SESSION = "SELECT COUNT(*) FROM connect_proof
        WHERE app_id = $1 AND session_key = $2 AND created_at > $3";
    REPLACE = "UPDATE connect_proof SET state = 'over'
        WHERE app_id = $1 AND session_key = $2 AND state <> 'over'";
    INSERT = "INSERT INTO connect_proof
        (app_id, id, session_key, address_key, state, sealed, tries, created_at, expires_at)
        VALUES ($1, $2, $3, $4, 'open', $5, 0, $6, $7)";
    CURRENT = "SELECT id, state, sealed, expires_at FROM connect_proof
        WHERE app_id = $1 AND session_key = $2 AND state <> 'over'";
    AWAITED = "SELECT sealed FROM connect_proof
        WHERE app_id = $1 AND id = $2 AND state = 'open' AND expires_at > $3";
    // Counted before the code is looked at: of many guesses at once no more are looked at.
    TRY = "UPDATE connect_proof SET tries = tries + 1
        WHERE app_id = $1 AND session_key = $2 AND state = 'open' AND tries < $3
            AND expires_at > $4
        RETURNING id, tries, sealed";
    PROVE = "UPDATE connect_proof SET state = 'proved', session_key = $3, expires_at = $4
        WHERE app_id = $1 AND id = $2 AND state = 'open'";
    END = "UPDATE connect_proof SET state = 'over'
        WHERE app_id = $1 AND id = $2 AND state = 'proved' AND expires_at > $3";
    // An account without a password came from a file. Whoever has its address has it.
    CLAIM = "INSERT INTO connect_account
        (app_id, id, user_ref, email, name, password_hash, created_at, last_seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        ON CONFLICT (app_id, user_ref) DO UPDATE SET email = excluded.email,
            name = excluded.name, password_hash = excluded.password_hash
        WHERE connect_account.password_hash IS NULL
        RETURNING id";
    SET_PASSWORD = "INSERT INTO connect_account
        (app_id, id, user_ref, email, name, password_hash, created_at, last_seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        ON CONFLICT (app_id, user_ref) DO UPDATE SET email = excluded.email,
            password_hash = excluded.password_hash
        RETURNING id";
    UNLOCK = "DELETE FROM connect_sign_in_failure WHERE app_id = $1 AND name_key = $2";
}

/// The job that mails a code.
pub(in crate::pages) const CODE_JOB: &str = "connect.code";

/// An address to prove.
#[derive(Clone)]
pub(in crate::pages) struct NewProof {
    pub(in crate::pages) app_id: String,
    pub(in crate::pages) id: Uuid,
    pub(in crate::pages) session_key: Vec<u8>,
    pub(in crate::pages) address_key: Vec<u8>,
    pub(in crate::pages) sealed: Vec<u8>,
    pub(in crate::pages) correlation_id: String,
    pub(in crate::pages) now: Micros,
    pub(in crate::pages) expires_at: Micros,
}

/// What a session is proving, as it is stored.
pub(in crate::pages) struct Current {
    pub(in crate::pages) id: Uuid,
    pub(in crate::pages) proved: bool,
    pub(in crate::pages) sealed: Vec<u8>,
    pub(in crate::pages) expires_at: Micros,
}

/// A code that may be tried.
pub(in crate::pages) struct Tried {
    pub(in crate::pages) id: Uuid,
    /// How many were tried, this one among them.
    pub(in crate::pages) tries: i64,
    pub(in crate::pages) sealed: Vec<u8>,
}

/// Keeps what is to be proved, in place of what the session had, and has the code mailed. False
/// where the address or the session has had `mails_max` since `since`.
pub(in crate::pages) async fn ask(
    tx: &mut Tx,
    new: &NewProof,
    since: Micros,
    mails_max: i64,
) -> Result<bool, DbError> {
    tx.execute(&SWEEP, args![since]).await?;
    for (sql, key) in [
        (&OF_ADDRESS, &new.address_key),
        (&OF_SESSION, &new.session_key),
    ] {
        let row = tx.row(sql, args![&new.app_id, key, since]).await?;
        let mails: i64 = row.map_or(Ok(0), |mut row| row.get(0))?;
        if mails >= mails_max {
            return Ok(false);
        }
    }
    let session = args![&new.app_id, &new.session_key];
    tx.execute(&REPLACE, session).await?;
    let values = args![
        &new.app_id,
        &new.id,
        &new.session_key,
        &new.address_key,
        &new.sealed,
        new.now,
        new.expires_at,
    ];
    tx.execute(&INSERT, values).await?;
    let payload = format!("{} {}", new.app_id, new.id);
    let job = NewJob {
        kind: CODE_JOB,
        key: None,
        payload: &payload,
        correlation_id: &new.correlation_id,
        run_at: new.now,
        now: new.now,
    };
    enqueue(tx, &job).await?;
    Ok(true)
}

pub(in crate::pages) async fn current(
    tx: &mut Tx,
    app_id: &str,
    session_key: &[u8],
) -> Result<Option<Current>, DbError> {
    let Some(mut row) = tx.row(&CURRENT, args![app_id, session_key]).await? else {
        return Ok(None);
    };
    let state: String = row.get(1)?;
    Ok(Some(Current {
        id: row.get(0)?,
        proved: state == "proved",
        sealed: row.get(2)?,
        expires_at: row.get(3)?,
    }))
}

/// What a mail is still to be sent for.
pub(in crate::pages) async fn awaited(
    tx: &mut Tx,
    app_id: &str,
    id: Uuid,
    now: Micros,
) -> Result<Option<Vec<u8>>, DbError> {
    let row = tx.row(&AWAITED, args![app_id, &id, now]).await?;
    row.map(|mut row| row.get(0)).transpose()
}

/// Counts a code; none where it is void.
pub(in crate::pages) async fn try_code(
    tx: &mut Tx,
    (app_id, session_key): (&str, &[u8]),
    tries_max: i64,
    now: Micros,
) -> Result<Option<Tried>, DbError> {
    let values = args![app_id, session_key, tries_max, now];
    let rows = tx.returning(&TRY, values).await?;
    let Some(mut row) = rows.into_iter().next() else {
        return Ok(None);
    };
    Ok(Some(Tried {
        id: row.get(0)?,
        tries: row.get(1)?,
        sealed: row.get(2)?,
    }))
}

/// What a right code did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::pages) enum Proved {
    /// The account is there, and its owner is signed in.
    SignedIn,
    /// A password may be set.
    MaySetPassword,
    /// Another request had used the code.
    Late,
}

/// Uses a right code up, makes the account that waits for it, and begins a session: whoever
/// planted the one before has nothing of it. Without an account to make, or where the address has
/// one with a password, a password may be set until `until`.
pub(in crate::pages) async fn prove(
    tx: &mut Tx,
    id: Uuid,
    new: Option<&NewAccount>,
    session: &NewSession,
    until: Micros,
) -> Result<Proved, DbError> {
    let values = args![&session.app_id, &id, &session.key, until];
    if tx.execute(&PROVE, values).await? == 0 {
        return Ok(Proved::Late);
    }
    let account_id = match new {
        Some(new) => upsert(tx, &CLAIM, new).await?,
        None => None,
    };
    if account_id.is_some() {
        let values = args![&session.app_id, &id, session.now];
        tx.execute(&END, values).await?;
    }
    let session = NewSession {
        account_id,
        ..session.clone()
    };
    begin(tx, &session).await?;
    Ok(match account_id {
        Some(_) => Proved::SignedIn,
        None => Proved::MaySetPassword,
    })
}

/// Sets the password of a proven address, whose account is made if there is none, ends its
/// sessions and begins one. False where the proof was used or has expired.
pub(in crate::pages) async fn set_password(
    tx: &mut Tx,
    id: Uuid,
    new: &NewAccount,
    name_key: &[u8],
    session: &NewSession,
) -> Result<bool, DbError> {
    let values = args![&new.app_id, &id, session.now];
    if tx.execute(&END, values).await? == 0 {
        return Ok(false);
    }
    let account_id = upsert(tx, &SET_PASSWORD, new).await?;
    let account_id = account_id.ok_or(DbError::Decode { column: 0 })?;
    tx.execute(&DELETE_SESSIONS_OF, args![&new.app_id, &account_id])
        .await?;
    tx.execute(&UNLOCK, args![&new.app_id, name_key]).await?;
    let session = NewSession {
        account_id: Some(account_id),
        ..session.clone()
    };
    begin(tx, &session).await?;
    Ok(true)
}

async fn upsert(
    tx: &mut Tx,
    sql: &'static bursar_db::Sql,
    new: &NewAccount,
) -> Result<Option<Uuid>, DbError> {
    let values = args![
        &new.app_id,
        &new.id,
        &new.user_ref,
        new.email.as_deref(),
        &new.name,
        new.password_hash.as_deref(),
        new.at,
    ];
    let rows = tx.returning(sql, values).await?;
    let row = rows.into_iter().next();
    row.map(|mut row| row.get(0)).transpose()
}
