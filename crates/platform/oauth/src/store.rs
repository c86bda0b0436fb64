//! All SQL of this slice.

pub(crate) mod apps;

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};
use bursar_secrets::Hash;

use crate::model::{App, Grant, Principal, Rotation, Scopes};

pub(crate) mod code;
pub(crate) mod connection;
pub(crate) mod legacy;
pub(crate) mod otp;
pub(crate) mod secret;

statements! {
    // What an operator has stopped does not work, whatever its maker says.
    APP = "SELECT id, name, scopes, grants, home,
               CASE WHEN blocked = 1 THEN 0 ELSE enabled END, rotation
           FROM oauth_app WHERE id = $1";
    CLIENT = "SELECT a.id, a.name, a.scopes, a.grants, a.home,
                  CASE WHEN a.blocked = 1 THEN 0 ELSE a.enabled END, a.rotation, s.hash
              FROM oauth_app a LEFT JOIN oauth_app_secret s ON s.app_id = a.id AND s.active = 1
              WHERE a.id = $1";
    INSERT_APP = "INSERT INTO oauth_app (id, name, scopes, grants, home, enabled, rotation,
                      created_at)
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    REQUEST_TOKEN = "SELECT company_id, user_id, app_id, expires_at
                     FROM oauth_request_token WHERE hash = $1";
    SWEEP_REQUEST_TOKENS = "DELETE FROM oauth_request_token WHERE hash IN (
                                SELECT hash FROM oauth_request_token WHERE expires_at <= $1
                                ORDER BY expires_at LIMIT 16)";
    INSERT_REQUEST_TOKEN = "INSERT INTO oauth_request_token (hash, company_id, user_id, app_id,
                                expires_at)
                            VALUES ($1, $2, $3, $4, $5)";
    SIGNING_KEYS = "SELECT kid, data_center, sealed, created_at FROM oauth_signing_key
                    ORDER BY created_at, kid";
    SIGNING_KEY_OF = "SELECT kid FROM oauth_signing_key WHERE data_center = $1 LIMIT 1";
    INSERT_SIGNING_KEY = "INSERT INTO oauth_signing_key (kid, data_center, sealed, created_at)
                          VALUES ($1, $2, $3, $4)";
    NEWEST_KEY_AT = "SELECT MAX(created_at) FROM oauth_signing_key WHERE data_center = $1";
    DELETE_SIGNING_KEY = "DELETE FROM oauth_signing_key WHERE kid = $1";
    INSERT_PROOF = "INSERT INTO oauth_key_check (id, proof) VALUES (1, $1) ON CONFLICT DO NOTHING";
    PROOF = "SELECT proof FROM oauth_key_check WHERE id = 1";
}

/// A request token to store, or stored.
#[derive(Debug)]
pub(crate) struct RequestRow {
    pub(crate) principal: Principal,
    pub(crate) app_id: Uuid,
    pub(crate) expires_at: Micros,
}

/// A signing key, sealed.
#[derive(Clone, Debug)]
pub(crate) struct SealedKey {
    pub(crate) kid: String,
    pub(crate) data_center: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) created_at: Micros,
}

pub(crate) async fn app(tx: &mut Tx, id: &Uuid) -> Result<Option<App>, DbError> {
    let row = tx.row(&APP, args![id]).await?;
    row.map(|mut row| app_at(&mut row)).transpose()
}

/// An app, and the hashes of its active secrets.
pub(crate) async fn client(tx: &mut Tx, id: &Uuid) -> Result<Option<(App, Vec<Hash>)>, DbError> {
    let mut rows = tx.rows(&CLIENT, args![id]).await?;
    let mut secrets = Vec::new();
    for row in &mut rows {
        if let Some(hash) = row.get::<Option<Vec<u8>>>(7)? {
            secrets.push(hash.try_into().map_err(|_| DbError::Decode { column: 7 })?);
        }
    }
    let app = rows.first_mut().map(app_at).transpose()?;
    Ok(app.map(|app| (app, secrets)))
}

fn app_at(row: &mut Row) -> Result<App, DbError> {
    let grants: String = row.get(3)?;
    let grants = grants.split_ascii_whitespace().map(Grant::from_name);
    let rotation: String = row.get(6)?;
    Ok(App {
        id: row.get(0)?,
        name: row.get(1)?,
        scopes: Scopes::parse(&row.get::<String>(2)?),
        grants: grants
            .collect::<Option<_>>()
            .ok_or(DbError::Decode { column: 3 })?,
        home: row.get(4)?,
        enabled: row.get(5)?,
        rotation: Rotation::from_name(&rotation).ok_or(DbError::Decode { column: 6 })?,
    })
}

/// Leaves an app that is there as it is; answers whether it was new.
pub(crate) async fn insert_app(tx: &mut Tx, app: &App, now: Micros) -> Result<bool, DbError> {
    let grants: Vec<_> = app.grants.iter().map(|grant| grant.name()).collect();
    let (scopes, grants) = (app.scopes.text(), grants.join(" "));
    let arguments = args![
        &app.id,
        &app.name,
        &scopes,
        &grants,
        &app.home,
        app.enabled,
        app.rotation.name(),
        now
    ];
    Ok(tx.execute(&INSERT_APP, arguments).await? == 1)
}

pub(crate) async fn request_token(tx: &mut Tx, hash: &Hash) -> Result<Option<RequestRow>, DbError> {
    let row = tx.row(&REQUEST_TOKEN, args![hash]).await?;
    row.map(|mut row| {
        Ok(RequestRow {
            principal: Principal::from_ids(row.get(0)?, row.get(1)?),
            app_id: row.get(2)?,
            expires_at: row.get(3)?,
        })
    })
    .transpose()
}

pub(crate) async fn insert_request_token(
    tx: &mut Tx,
    hash: &Hash,
    token: &RequestRow,
) -> Result<(), DbError> {
    let (company_id, user_id) = token.principal.ids();
    let arguments = args![
        hash,
        &company_id,
        user_id.as_ref(),
        &token.app_id,
        token.expires_at
    ];
    tx.execute(&INSERT_REQUEST_TOKEN, arguments).await.map(drop)
}

/// Removes some request tokens that have expired.
pub(crate) async fn sweep_request_tokens(tx: &mut Tx, now: Micros) -> Result<(), DbError> {
    tx.execute(&SWEEP_REQUEST_TOKENS, args![now])
        .await
        .map(drop)
}

/// All signing keys, oldest first.
pub(crate) async fn signing_keys(tx: &mut Tx) -> Result<Vec<SealedKey>, DbError> {
    let rows = tx.rows(&SIGNING_KEYS, &[]).await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(SealedKey {
                kid: row.get(0)?,
                data_center: row.get(1)?,
                sealed: row.get(2)?,
                created_at: row.get(3)?,
            })
        })
        .collect()
}

/// Keeps a data center's first key; one that came in between stays alone.
pub(crate) async fn insert_first_signing_key(tx: &mut Tx, key: &SealedKey) -> Result<(), DbError> {
    let known = tx.row(&SIGNING_KEY_OF, args![&key.data_center]).await?;
    if known.is_some() {
        return Ok(());
    }
    insert_signing_key(tx, key, key.created_at).await
}

/// Keeps a key as its data center's newest, also when the clock stands still.
pub(crate) async fn insert_newest_signing_key(tx: &mut Tx, key: &SealedKey) -> Result<(), DbError> {
    let row = tx.row(&NEWEST_KEY_AT, args![&key.data_center]).await?;
    let newest: Option<Micros> = row.map_or(Ok(None), |mut row| row.get(0))?;
    let after = newest.map_or(key.created_at, |newest| Micros(newest.0 + 1));
    insert_signing_key(tx, key, key.created_at.max(after)).await
}

async fn insert_signing_key(
    tx: &mut Tx,
    key: &SealedKey,
    created_at: Micros,
) -> Result<(), DbError> {
    let arguments = args![&key.kid, &key.data_center, &key.sealed, created_at];
    tx.execute(&INSERT_SIGNING_KEY, arguments).await.map(drop)
}

pub(crate) async fn delete_signing_key(tx: &mut Tx, kid: &str) -> Result<(), DbError> {
    tx.execute(&DELETE_SIGNING_KEY, args![kid]).await.map(drop)
}

/// Keeps the first server key's proof, and answers the kept one.
pub(crate) async fn first_proof(tx: &mut Tx, proof: &Hash) -> Result<Vec<u8>, DbError> {
    if let Some(mut row) = tx.row(&PROOF, &[]).await? {
        return row.get(0);
    }
    tx.execute(&INSERT_PROOF, args![proof]).await?;
    match tx.row(&PROOF, &[]).await? {
        Some(mut row) => row.get(0),
        None => Err(DbError::Decode { column: 0 }),
    }
}
