//! SQL of what is mailed: one-time passwords for apps, and links that sign in at the pages.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};
use bursar_secrets::Hash;

use crate::model::{ConnectionId, Principal};
use crate::otp::ATTEMPTS_MAX;

statements! {
    // A few at a time: each new one makes room for itself.
    DELETE_OLD_OTPS = "DELETE FROM oauth_otp WHERE hash IN (
                           SELECT hash FROM oauth_otp WHERE expires_at <= $1
                           ORDER BY expires_at LIMIT 16)";
    DELETE_OLD_LINKS = "DELETE FROM oauth_link WHERE hash IN (
                            SELECT hash FROM oauth_link WHERE expires_at <= $1
                            ORDER BY expires_at LIMIT 16)";
    // Those that wrong attempts have ended count too: each was a mail.
    OPEN_OTPS = "SELECT COUNT(*) FROM oauth_otp
                 WHERE handle = $1 AND used_at IS NULL AND expires_at > $2";
    OPEN_LINKS = "SELECT COUNT(*) FROM oauth_link
                  WHERE handle = $1 AND used_at IS NULL AND expires_at > $2";
    INSERT_OTP = "INSERT INTO oauth_otp (hash, handle, app_id, company_id, user_id, facts,
                      attempts, expires_at)
                  VALUES ($1, $2, $3, $4, $5, $6, 0, $7)";
    OTPS = "SELECT hash, company_id, user_id, facts FROM oauth_otp
            WHERE handle = $1 AND app_id = $2 AND used_at IS NULL AND attempts < $3
                AND expires_at > $4";
    FAIL_OTPS = "UPDATE oauth_otp SET attempts = attempts + 1
                 WHERE handle = $1 AND app_id = $2 AND used_at IS NULL";
    USE_OTP = "UPDATE oauth_otp SET used_at = $2
               WHERE hash = $1 AND used_at IS NULL AND attempts < $3";
    // Not deleted: each still counts as a mail.
    END_OTPS = "UPDATE oauth_otp SET attempts = $4
                WHERE company_id = $1 AND user_id = $2 AND app_id = $3 AND used_at IS NULL";
    INSERT_LINK = "INSERT INTO oauth_link (hash, handle, company_id, user_id, next, expires_at)
                   VALUES ($1, $2, $3, $4, $5, $6)";
    LINK = "SELECT company_id, user_id, next FROM oauth_link
            WHERE hash = $1 AND used_at IS NULL AND expires_at > $2";
    USE_LINK = "UPDATE oauth_link SET used_at = $2 WHERE hash = $1 AND used_at IS NULL";
}

/// A user, if the address is one's.
pub(crate) type Person = Option<(Uuid, Uuid)>;

/// A one-time password that can still be used.
#[derive(Debug)]
pub(crate) struct OpenOtp {
    pub(crate) hash: Vec<u8>,
    pub(crate) principal: Option<Principal>,
    pub(crate) facts: Vec<u8>,
}

/// Forgets some of what has expired.
pub(crate) async fn forget(tx: &mut Tx, now: Micros) -> Result<(), DbError> {
    tx.execute(&DELETE_OLD_OTPS, args![now]).await?;
    tx.execute(&DELETE_OLD_LINKS, args![now]).await.map(drop)
}

/// How many one-time passwords of an address are neither used nor expired, over all apps.
pub(crate) async fn open_otps(tx: &mut Tx, handle: &Hash, now: Micros) -> Result<i64, DbError> {
    let row = tx.row(&OPEN_OTPS, args![handle, now]).await?;
    row.map_or(Ok(0), |mut row| row.get(0))
}

/// How many links of an address are open.
pub(crate) async fn open_links(tx: &mut Tx, handle: &Hash, now: Micros) -> Result<i64, DbError> {
    let row = tx.row(&OPEN_LINKS, args![handle, now]).await?;
    row.map_or(Ok(0), |mut row| row.get(0))
}

pub(crate) async fn insert_otp(
    tx: &mut Tx,
    hash: &Hash,
    (handle, app_id): (&Hash, &Uuid),
    person: Person,
    facts: &Hash,
    expires_at: Micros,
) -> Result<(), DbError> {
    let (company_id, user_id) = person.unzip();
    let arguments = args![
        hash,
        handle,
        app_id,
        company_id.as_ref(),
        user_id.as_ref(),
        facts,
        expires_at
    ];
    tx.execute(&INSERT_OTP, arguments).await.map(drop)
}

/// The one-time passwords that an app may still get tokens with for an address.
pub(crate) async fn otps(
    tx: &mut Tx,
    (handle, app_id): (&Hash, &Uuid),
    now: Micros,
) -> Result<Vec<OpenOtp>, DbError> {
    let arguments = args![handle, app_id, ATTEMPTS_MAX, now];
    let rows = tx.rows(&OTPS, arguments).await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(OpenOtp {
                hash: row.get(0)?,
                principal: principal(&mut row, 1)?,
                facts: row.get(3)?,
            })
        })
        .collect()
}

/// Notes a wrong attempt at an address.
pub(crate) async fn fail_otps(
    tx: &mut Tx,
    (handle, app_id): (&Hash, &Uuid),
) -> Result<(), DbError> {
    tx.execute(&FAIL_OTPS, args![handle, app_id])
        .await
        .map(drop)
}

/// Uses one up; answers whether this was the first use.
pub(crate) async fn use_otp(tx: &mut Tx, hash: &Hash, now: Micros) -> Result<bool, DbError> {
    let arguments = args![hash, now, ATTEMPTS_MAX];
    Ok(tx.execute(&USE_OTP, arguments).await? == 1)
}

/// Ends what an app could exchange for this connection.
pub(crate) async fn end(tx: &mut Tx, id: &ConnectionId) -> Result<(), DbError> {
    let (company, principal, app) = id.keys();
    let arguments = args![&company, &principal, &app, ATTEMPTS_MAX];
    tx.execute(&END_OTPS, arguments).await.map(drop)
}

pub(crate) async fn insert_link(
    tx: &mut Tx,
    hash: &Hash,
    handle: &Hash,
    person: Person,
    next: &str,
    expires_at: Micros,
) -> Result<(), DbError> {
    let (company_id, user_id) = person.unzip();
    let arguments = args![
        hash,
        handle,
        company_id.as_ref(),
        user_id.as_ref(),
        next,
        expires_at
    ];
    tx.execute(&INSERT_LINK, arguments).await.map(drop)
}

/// Whom an unused link signs in, and where it leads.
pub(crate) async fn link(
    tx: &mut Tx,
    hash: &Hash,
    now: Micros,
) -> Result<Option<(Option<Principal>, String)>, DbError> {
    let row = tx.row(&LINK, args![hash, now]).await?;
    row.map(|mut row| Ok((principal(&mut row, 0)?, row.get(2)?)))
        .transpose()
}

/// Uses a link up; answers whether this was the first use.
pub(crate) async fn use_link(tx: &mut Tx, hash: &Hash, now: Micros) -> Result<bool, DbError> {
    Ok(tx.execute(&USE_LINK, args![hash, now]).await? == 1)
}

fn principal(row: &mut Row, first: usize) -> Result<Option<Principal>, DbError> {
    let company_id: Option<Uuid> = row.get(first)?;
    let user_id: Option<Uuid> = row.get(first + 1)?;
    Ok(company_id
        .zip(user_id)
        .map(|(company_id, id)| Principal::User { id, company_id }))
}
