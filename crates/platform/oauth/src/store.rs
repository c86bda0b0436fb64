//! All SQL of this slice.

pub(crate) mod apps;

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};

use crate::model::{App, Grant, Principal, Scopes};
use crate::server_key::Hash;

statements! {
    APP = "SELECT id, name, secret_hash, scopes, grants, home, enabled FROM oauth_app \
        WHERE id = $1";
    INSERT_APP = "INSERT INTO oauth_app (id, name, secret_hash, scopes, grants, home, enabled,
                      created_at)
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    REFRESH_TOKEN = "SELECT company_id, user_id, app_id, scope, expires_at
                     FROM oauth_refresh_token WHERE hash = $1";
    INSERT_REFRESH_TOKEN = "INSERT INTO oauth_refresh_token (hash, company_id, user_id, app_id,
                                scope, issued_at, expires_at)
                            VALUES ($1, $2, $3, $4, $5, $6, $7)";
    RENEW = "UPDATE oauth_refresh_token SET expires_at = $2 WHERE hash = $1 AND expires_at > $3";
    REQUEST_TOKEN = "SELECT company_id, user_id, app_id, expires_at
                     FROM oauth_request_token WHERE hash = $1";
    INSERT_REQUEST_TOKEN = "INSERT INTO oauth_request_token (hash, company_id, user_id, app_id,
                                expires_at)
                            VALUES ($1, $2, $3, $4, $5)";
    SIGNING_KEYS = "SELECT kid, data_center, sealed FROM oauth_signing_key
                    ORDER BY created_at, kid";
    SIGNING_KEY_OF = "SELECT kid FROM oauth_signing_key WHERE data_center = $1 LIMIT 1";
    INSERT_SIGNING_KEY = "INSERT INTO oauth_signing_key (kid, data_center, sealed, created_at)
                          VALUES ($1, $2, $3, $4)";
    INSERT_PROOF = "INSERT INTO oauth_key_check (id, proof) VALUES (1, $1) ON CONFLICT DO NOTHING";
    PROOF = "SELECT proof FROM oauth_key_check WHERE id = 1";
}

/// A row of a refresh token or of a request token, which has no scope of its own.
#[derive(Debug)]
pub(crate) struct TokenRow {
    pub(crate) principal: Principal,
    pub(crate) app_id: Uuid,
    pub(crate) scope: Scopes,
    pub(crate) expires_at: Micros,
}

/// A signing key, sealed.
#[derive(Clone, Debug)]
pub(crate) struct SealedKey {
    pub(crate) kid: String,
    pub(crate) data_center: String,
    pub(crate) sealed: Vec<u8>,
}

pub(crate) async fn app(tx: &mut Tx, id: &Uuid) -> Result<Option<App>, DbError> {
    let row = tx.row(&APP, args![id]).await?;
    row.map(|mut row| {
        let hash: Vec<u8> = row.get(2)?;
        let grants: String = row.get(4)?;
        let grants = grants.split_ascii_whitespace().map(Grant::from_name);
        Ok(App {
            id: row.get(0)?,
            name: row.get(1)?,
            secret_hash: hash.try_into().map_err(|_| DbError::Decode { column: 2 })?,
            scopes: Scopes::parse(&row.get::<String>(3)?),
            grants: grants
                .collect::<Option<_>>()
                .ok_or(DbError::Decode { column: 4 })?,
            home: row.get(5)?,
            enabled: row.get(6)?,
        })
    })
    .transpose()
}

/// Leaves an app that is there as it is.
pub(crate) async fn insert_app(tx: &mut Tx, app: &App, now: Micros) -> Result<(), DbError> {
    let grants: Vec<_> = app.grants.iter().map(|grant| grant.name()).collect();
    let (scopes, grants) = (app.scopes.text(), grants.join(" "));
    let arguments = args![
        &app.id,
        &app.name,
        &app.secret_hash,
        &scopes,
        &grants,
        &app.home,
        app.enabled,
        now
    ];
    tx.execute(&INSERT_APP, arguments).await.map(drop)
}

pub(crate) async fn refresh_token(tx: &mut Tx, hash: &Hash) -> Result<Option<TokenRow>, DbError> {
    let row = tx.row(&REFRESH_TOKEN, args![hash]).await?;
    row.map(|mut row| {
        let scope = Scopes::parse(&row.get::<String>(3)?);
        token_row(&mut row, scope, 4)
    })
    .transpose()
}

pub(crate) async fn insert_refresh_token(
    tx: &mut Tx,
    hash: &Hash,
    token: &TokenRow,
    now: Micros,
) -> Result<(), DbError> {
    let (company_id, user_id) = token.principal.ids();
    let scope = token.scope.text();
    let arguments = args![
        hash,
        &company_id,
        user_id.as_ref(),
        &token.app_id,
        &scope,
        now,
        token.expires_at
    ];
    tx.execute(&INSERT_REFRESH_TOKEN, arguments).await.map(drop)
}

/// Moves the expiry of a token that has not expired; answers whether there was one.
pub(crate) async fn renew(
    tx: &mut Tx,
    hash: &Hash,
    expires_at: Micros,
    now: Micros,
) -> Result<bool, DbError> {
    Ok(tx.execute(&RENEW, args![hash, expires_at, now]).await? == 1)
}

pub(crate) async fn request_token(tx: &mut Tx, hash: &Hash) -> Result<Option<TokenRow>, DbError> {
    let row = tx.row(&REQUEST_TOKEN, args![hash]).await?;
    row.map(|mut row| token_row(&mut row, Scopes::default(), 3))
        .transpose()
}

pub(crate) async fn insert_request_token(
    tx: &mut Tx,
    hash: &Hash,
    token: &TokenRow,
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

/// All signing keys, oldest first.
pub(crate) async fn signing_keys(tx: &mut Tx) -> Result<Vec<SealedKey>, DbError> {
    let rows = tx.rows(&SIGNING_KEYS, &[]).await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(SealedKey {
                kid: row.get(0)?,
                data_center: row.get(1)?,
                sealed: row.get(2)?,
            })
        })
        .collect()
}

/// Keeps a data center's first key; one that came in between stays alone.
pub(crate) async fn insert_first_signing_key(
    tx: &mut Tx,
    key: &SealedKey,
    now: Micros,
) -> Result<(), DbError> {
    let known = tx.row(&SIGNING_KEY_OF, args![&key.data_center]).await?;
    if known.is_some() {
        return Ok(());
    }
    let arguments = args![&key.kid, &key.data_center, &key.sealed, now];
    tx.execute(&INSERT_SIGNING_KEY, arguments).await.map(drop)
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

fn token_row(row: &mut Row, scope: Scopes, expiry: usize) -> Result<TokenRow, DbError> {
    Ok(TokenRow {
        principal: Principal::from_ids(row.get(0)?, row.get(1)?),
        app_id: row.get(2)?,
        scope,
        expires_at: row.get(expiry)?,
    })
}
