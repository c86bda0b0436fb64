//! Apps and tokens of the time before OAuth 2.

use bursar_db::{DbError, Tx, args, statements};
use bursar_kernel::Uuid;
use bursar_secrets::Hash;

use crate::model::ConnectionId;

statements! {
    APP = "SELECT app_id FROM oauth_legacy_app WHERE consumer_key = $1";
    INSERT_APP = "INSERT INTO oauth_legacy_app (consumer_key, app_id) VALUES ($1, $2)
                  ON CONFLICT DO NOTHING";
    TOKEN = "SELECT company_id, user_id, administers FROM oauth_legacy_token
             WHERE hash = $1 AND consumer_key = $2 AND ended = 0";
    INSERT_TOKEN = "INSERT INTO oauth_legacy_token (hash, consumer_key, company_id, user_id,
                        administers)
                    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    END_TOKENS = "UPDATE oauth_legacy_token SET ended = 1
                  WHERE company_id = $1 AND (user_id = $2 OR ($1 = $2 AND administers = 1))
                      AND consumer_key IN (
                          SELECT consumer_key FROM oauth_legacy_app WHERE app_id = $3)";
}

/// Whose token it was.
#[derive(Clone, Debug)]
pub(crate) struct LegacyToken {
    pub(crate) company_id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) administers: bool,
}

/// What an old app has become.
pub(crate) async fn app(tx: &mut Tx, consumer_key: &str) -> Result<Option<Uuid>, DbError> {
    let row = tx.row(&APP, args![consumer_key]).await?;
    row.map(|mut row| row.get(0)).transpose()
}

/// Leaves an app that is there as it is.
pub(crate) async fn insert_app(
    tx: &mut Tx,
    consumer_key: &str,
    app_id: &Uuid,
) -> Result<(), DbError> {
    let arguments = args![consumer_key, app_id];
    tx.execute(&INSERT_APP, arguments).await.map(drop)
}

pub(crate) async fn token(
    tx: &mut Tx,
    hash: &Hash,
    consumer_key: &str,
) -> Result<Option<LegacyToken>, DbError> {
    let row = tx.row(&TOKEN, args![hash, consumer_key]).await?;
    row.map(|mut row| {
        Ok(LegacyToken {
            company_id: row.get(0)?,
            user_id: row.get(1)?,
            administers: row.get(2)?,
        })
    })
    .transpose()
}

/// Leaves a token that is there as it is.
pub(crate) async fn insert_token(
    tx: &mut Tx,
    hash: &Hash,
    consumer_key: &str,
    token: &LegacyToken,
) -> Result<(), DbError> {
    let arguments = args![
        hash,
        consumer_key,
        &token.company_id,
        &token.user_id,
        token.administers
    ];
    tx.execute(&INSERT_TOKEN, arguments).await.map(drop)
}

/// Ends what an app could exchange for this connection.
pub(crate) async fn end_tokens(tx: &mut Tx, id: &ConnectionId) -> Result<(), DbError> {
    let (company, principal, app) = id.keys();
    let arguments = args![&company, &principal, &app];
    tx.execute(&END_TOKENS, arguments).await.map(drop)
}
