//! The secrets of apps.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};
use bursar_secrets::Hash;

statements! {
    ACTIVE = "SELECT hash FROM oauth_app_secret WHERE app_id = $1 AND active = 1";
    ALL = "SELECT id, active, created_at, updated_at FROM oauth_app_secret
           WHERE app_id = $1 ORDER BY created_at, id";
    OF_OWNER = "SELECT s.id, s.active, s.created_at, s.updated_at
                FROM oauth_app_secret s JOIN oauth_app a ON a.id = s.app_id
                WHERE a.owner_id = $1 AND s.app_id = $2 ORDER BY s.created_at, s.id";
    ONE = "SELECT id, active, created_at, updated_at FROM oauth_app_secret
           WHERE app_id = $1 AND id = $2";
    COUNT = "SELECT COUNT(*), COUNT(CASE WHEN active = 1 THEN 1 END) FROM oauth_app_secret
             WHERE app_id = $1";
    INSERT = "INSERT INTO oauth_app_secret (app_id, id, hash, active, created_at, updated_at)
              VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING";
    SWITCH = "UPDATE oauth_app_secret SET active = $3, updated_at = $4
              WHERE app_id = $1 AND id = $2";
    DELETE = "DELETE FROM oauth_app_secret WHERE app_id = $1 AND id = $2";
}

/// A secret of an app, without what is secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretRow {
    /// Its id.
    pub id: Uuid,
    /// Whether the app may show it.
    pub active: bool,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last switched.
    pub updated_at: Micros,
}

/// The hashes of the secrets that an app may show.
pub(crate) async fn active(tx: &mut Tx, app_id: &Uuid) -> Result<Vec<Hash>, DbError> {
    let rows = tx.rows(&ACTIVE, args![app_id]).await?;
    rows.into_iter()
        .map(|mut row| {
            let hash: Vec<u8> = row.get(0)?;
            hash.try_into().map_err(|_| DbError::Decode { column: 0 })
        })
        .collect()
}

/// An app's secrets, oldest first.
pub(crate) async fn all(tx: &mut Tx, app_id: &Uuid) -> Result<Vec<SecretRow>, DbError> {
    let rows = tx.rows(&ALL, args![app_id]).await?;
    rows.into_iter().map(secret).collect()
}

/// The same, for the company that made the app; none for others.
pub(crate) async fn of_owner(
    tx: &mut Tx,
    owner_id: &Uuid,
    app_id: &Uuid,
) -> Result<Vec<SecretRow>, DbError> {
    let rows = tx.rows(&OF_OWNER, args![owner_id, app_id]).await?;
    rows.into_iter().map(secret).collect()
}

pub(crate) async fn one(
    tx: &mut Tx,
    app_id: &Uuid,
    id: &Uuid,
) -> Result<Option<SecretRow>, DbError> {
    tx.row(&ONE, args![app_id, id])
        .await?
        .map(secret)
        .transpose()
}

/// How many secrets an app has, and how many of them are active.
pub(crate) async fn count(tx: &mut Tx, app_id: &Uuid) -> Result<(i64, i64), DbError> {
    match tx.row(&COUNT, args![app_id]).await? {
        Some(mut row) => Ok((row.get(0)?, row.get(1)?)),
        None => Ok((0, 0)),
    }
}

/// Leaves a secret that is there as it is.
pub(crate) async fn insert(
    tx: &mut Tx,
    app_id: &Uuid,
    secret: &SecretRow,
    hash: &Hash,
) -> Result<(), DbError> {
    let arguments = args![app_id, &secret.id, hash, secret.active, secret.created_at];
    tx.execute(&INSERT, arguments).await.map(drop)
}

pub(crate) async fn switch(
    tx: &mut Tx,
    app_id: &Uuid,
    id: &Uuid,
    active: bool,
    now: Micros,
) -> Result<(), DbError> {
    tx.execute(&SWITCH, args![app_id, id, active, now])
        .await
        .map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, app_id: &Uuid, id: &Uuid) -> Result<(), DbError> {
    tx.execute(&DELETE, args![app_id, id]).await.map(drop)
}

fn secret(mut row: Row) -> Result<SecretRow, DbError> {
    Ok(SecretRow {
        id: row.get(0)?,
        active: row.get(1)?,
        created_at: row.get(2)?,
        updated_at: row.get(3)?,
    })
}
