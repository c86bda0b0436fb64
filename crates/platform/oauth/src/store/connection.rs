//! Connections and their refresh tokens.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};
use bursar_secrets::Hash;

use crate::model::{Connection, ConnectionId, Link, Principal, Scopes};
use crate::store::{code, legacy, otp};

statements! {
    CONNECT = "INSERT INTO oauth_connection (company_id, principal_id, app_id, connected_at,
                   last_used_at)
               VALUES ($1, $2, $3, $4, $4)
               ON CONFLICT (company_id, principal_id, app_id) DO UPDATE SET
                   connected_at = CASE WHEN oauth_connection.revoked_at IS NULL
                       THEN oauth_connection.connected_at ELSE excluded.connected_at END,
                   last_used_at = excluded.last_used_at,
                   revoked_at = NULL
               RETURNING generation";
    HOLD = "UPDATE oauth_connection SET last_used_at = $4
            WHERE company_id = $1 AND principal_id = $2 AND app_id = $3 AND revoked_at IS NULL
            RETURNING generation";
    TOUCH = "UPDATE oauth_connection SET last_used_at = $4
             WHERE company_id = $1 AND principal_id = $2 AND app_id = $3 AND last_used_at < $5";
    GENERATION = "SELECT generation FROM oauth_connection
                  WHERE company_id = $1 AND principal_id = $2 AND app_id = $3";
    END_ACCESS = "UPDATE oauth_connection SET generation = generation + 1
                  WHERE company_id = $1 AND principal_id = $2 AND app_id = $3
                      AND revoked_at IS NULL";
    REVOKE = "UPDATE oauth_connection SET revoked_at = $4
              WHERE company_id = $1 AND principal_id = $2 AND app_id = $3 AND revoked_at IS NULL
                  AND NOT EXISTS (SELECT hash FROM oauth_refresh_token t
                      WHERE t.company_id = $1 AND t.principal_id = $2 AND t.app_id = $3)";
    END_TOKENS = "DELETE FROM oauth_refresh_token
                  WHERE company_id = $1 AND principal_id = $2 AND app_id = $3";
    END_EXPIRED = "DELETE FROM oauth_refresh_token
                   WHERE company_id = $1 AND principal_id = $2 AND app_id = $3
                       AND expires_at <= $4";
    END_FAMILY = "DELETE FROM oauth_refresh_token
                  WHERE company_id = $1 AND principal_id = $2 AND app_id = $3 AND family = $4";
    END_REQUEST_TOKENS = "DELETE FROM oauth_request_token
                          WHERE company_id = $1 AND app_id = $3
                              AND COALESCE(user_id, company_id) = $2";
    CONNECTIONS = "SELECT c.app_id, a.name, c.connected_at, c.last_used_at, c.revoked_at,
                       (SELECT MAX(t.expires_at) FROM oauth_refresh_token t
                        WHERE t.company_id = c.company_id AND t.principal_id = c.principal_id
                            AND t.app_id = c.app_id)
                   FROM oauth_connection c JOIN oauth_app a ON a.id = c.app_id
                   WHERE c.company_id = $1 AND c.principal_id = $2
                   ORDER BY c.connected_at DESC, c.app_id";
    REFRESH_TOKEN = "SELECT t.company_id, t.principal_id, t.app_id, t.family, t.scope,
                         t.issued_at, t.expires_at, t.used_at, t.successor_at,
                         c.generation, c.last_used_at
                     FROM oauth_refresh_token t JOIN oauth_connection c
                         ON c.company_id = t.company_id AND c.principal_id = t.principal_id
                             AND c.app_id = t.app_id
                     WHERE t.hash = $1";
    INSERT_REFRESH_TOKEN = "INSERT INTO oauth_refresh_token (hash, company_id, principal_id,
                                app_id, family, scope, issued_at, expires_at)
                            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    RENEW = "UPDATE oauth_refresh_token SET expires_at = $2, used_at = COALESCE(used_at, $3)
             WHERE hash = $1 AND expires_at > $3 AND successor_at IS NULL";
    SUCCEED = "UPDATE oauth_refresh_token SET used_at = COALESCE(used_at, $2), successor_at = $2
               WHERE hash = $1";
}

/// A refresh token to store, or stored.
#[derive(Clone, Debug)]
pub(crate) struct TokenRow {
    pub(crate) hash: Hash,
    pub(crate) family: Uuid,
    pub(crate) scope: Scopes,
    pub(crate) issued_at: Micros,
    pub(crate) expires_at: Micros,
}

/// A stored refresh token, with what its connection is now.
#[derive(Debug)]
pub(crate) struct StoredToken {
    pub(crate) connection: ConnectionId,
    pub(crate) token: TokenRow,
    pub(crate) used_at: Option<Micros>,
    pub(crate) successor_at: Option<Micros>,
    pub(crate) generation: i64,
    pub(crate) last_used_at: Micros,
}

/// Makes the connection, or keeps it, or makes it anew; answers its generation.
pub(crate) async fn connect(tx: &mut Tx, id: &ConnectionId, now: Micros) -> Result<i64, DbError> {
    let (company, principal, app) = id.keys();
    let rows = tx
        .returning(&CONNECT, args![&company, &principal, &app, now])
        .await?;
    let generation = generation_of(rows)?.ok_or(DbError::Decode { column: 0 })?;
    end_expired(tx, id, now).await?;
    Ok(generation)
}

/// Removes what no longer works, which is in nobody's way but would pile up. Where no token follows
/// it stays: whoever shows it is told where the principal lives (code 108).
pub(crate) async fn end_expired(
    tx: &mut Tx,
    id: &ConnectionId,
    now: Micros,
) -> Result<(), DbError> {
    let (company, principal, app) = id.keys();
    let arguments = args![&company, &principal, &app, now];
    tx.execute(&END_EXPIRED, arguments).await.map(drop)
}

/// Takes the connection's row until the operation ends, so that what follows happens alone;
/// answers the generation, or none when there is no connection.
pub(crate) async fn hold(
    tx: &mut Tx,
    id: &ConnectionId,
    now: Micros,
) -> Result<Option<i64>, DbError> {
    let (company, principal, app) = id.keys();
    let arguments = args![&company, &principal, &app, now];
    generation_of(tx.returning(&HOLD, arguments).await?)
}

/// Notes a use, unless one was noted at `since` or later.
pub(crate) async fn touch(
    tx: &mut Tx,
    id: &ConnectionId,
    now: Micros,
    since: Micros,
) -> Result<(), DbError> {
    let (company, principal, app) = id.keys();
    let arguments = args![&company, &principal, &app, now, since];
    tx.execute(&TOUCH, arguments).await.map(drop)
}

/// The generation whose access tokens count; 0 where there was never a connection.
pub(crate) async fn generation(tx: &mut Tx, id: &ConnectionId) -> Result<i64, DbError> {
    let (company, principal, app) = id.keys();
    let row = tx
        .row(&GENERATION, args![&company, &principal, &app])
        .await?;
    row.map_or(Ok(0), |mut row| row.get(0))
}

fn generation_of(rows: Vec<Row>) -> Result<Option<i64>, DbError> {
    let row = rows.into_iter().next();
    row.map(|mut row| row.get(0)).transpose()
}

/// Ends all tokens of a connection, and what could be exchanged for new ones; answers whether it
/// stood.
pub(crate) async fn end(tx: &mut Tx, id: &ConnectionId, now: Micros) -> Result<bool, DbError> {
    let (company, principal, app) = id.keys();
    let key = args![&company, &principal, &app];
    let stood = tx.execute(&END_ACCESS, key).await? == 1;
    tx.execute(&END_TOKENS, key).await?;
    tx.execute(&END_REQUEST_TOKENS, key).await?;
    legacy::end_tokens(tx, id).await?;
    code::end(tx, id).await?;
    otp::end(tx, id).await?;
    tx.execute(&REVOKE, args![&company, &principal, &app, now])
        .await?;
    Ok(stood)
}

/// Ends a family of refresh tokens and the connection's access tokens; the connection too, when
/// it has no other family.
pub(crate) async fn end_family(
    tx: &mut Tx,
    id: &ConnectionId,
    family: &Uuid,
    now: Micros,
) -> Result<(), DbError> {
    let (company, principal, app) = id.keys();
    tx.execute(&END_ACCESS, args![&company, &principal, &app])
        .await?;
    tx.execute(&END_FAMILY, args![&company, &principal, &app, family])
        .await?;
    tx.execute(&REVOKE, args![&company, &principal, &app, now])
        .await
        .map(drop)
}

/// A principal's connections, the newest first.
pub(crate) async fn connections(
    tx: &mut Tx,
    principal: &Principal,
    now: Micros,
) -> Result<Vec<Connection>, DbError> {
    let (company, own) = (principal.company_id(), principal.id());
    let rows = tx.rows(&CONNECTIONS, args![&company, &own]).await?;
    rows.into_iter()
        .map(|mut row| {
            let (last_used_at, revoked_at): (Micros, Option<Micros>) = (row.get(3)?, row.get(4)?);
            Ok(Connection {
                app_id: row.get(0)?,
                app_name: row.get(1)?,
                connected_at: row.get(2)?,
                last_used_at,
                link: Link::of(revoked_at, row.get(5)?, last_used_at, now),
            })
        })
        .collect()
}

pub(crate) async fn refresh_token(
    tx: &mut Tx,
    hash: &Hash,
) -> Result<Option<StoredToken>, DbError> {
    let row = tx.row(&REFRESH_TOKEN, args![hash]).await?;
    row.map(|mut row| {
        Ok(StoredToken {
            connection: ConnectionId {
                principal: Principal::from_keys(row.get(0)?, row.get(1)?),
                app_id: row.get(2)?,
            },
            token: TokenRow {
                hash: *hash,
                family: row.get(3)?,
                scope: Scopes::parse(&row.get::<String>(4)?),
                issued_at: row.get(5)?,
                expires_at: row.get(6)?,
            },
            used_at: row.get(7)?,
            successor_at: row.get(8)?,
            generation: row.get(9)?,
            last_used_at: row.get(10)?,
        })
    })
    .transpose()
}

/// Its connection has to be there.
pub(crate) async fn insert_refresh_token(
    tx: &mut Tx,
    id: &ConnectionId,
    token: &TokenRow,
) -> Result<(), DbError> {
    let (company, principal, app) = id.keys();
    let scope = token.scope.text();
    let arguments = args![
        &token.hash,
        &company,
        &principal,
        &app,
        &token.family,
        &scope,
        token.issued_at,
        token.expires_at
    ];
    tx.execute(&INSERT_REFRESH_TOKEN, arguments).await.map(drop)
}

/// Moves the expiry of a token that works and has no successor; answers whether there was one.
pub(crate) async fn renew(
    tx: &mut Tx,
    hash: &Hash,
    expires_at: Micros,
    now: Micros,
) -> Result<bool, DbError> {
    Ok(tx.execute(&RENEW, args![hash, expires_at, now]).await? == 1)
}

/// Notes that a token was used and has a successor.
pub(crate) async fn succeed(tx: &mut Tx, hash: &Hash, now: Micros) -> Result<(), DbError> {
    tx.execute(&SUCCEED, args![hash, now]).await.map(drop)
}
