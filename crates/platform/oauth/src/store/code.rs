//! SQL of authorization codes.

use bursar_db::{DbError, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};
use bursar_secrets::Hash;

use crate::authorize::Challenge;
use crate::model::{ConnectionId, Principal, Scopes};

statements! {
    CODE = "SELECT company_id, user_id, app_id, scope, redirect_uri, challenge, nonce, expires_at,
                redeemed_at
            FROM oauth_code WHERE hash = $1";
    INSERT_CODE = "INSERT INTO oauth_code (hash, company_id, user_id, app_id, scope, redirect_uri,
                       challenge, nonce, expires_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    // A redeemed one is remembered long enough to see it used again.
    DELETE_OLD = "DELETE FROM oauth_code WHERE hash IN (
                      SELECT hash FROM oauth_code WHERE expires_at <= $1
                      ORDER BY expires_at LIMIT 16)";
    REDEEM = "UPDATE oauth_code SET redeemed_at = $2, family = $3
              WHERE hash = $1 AND redeemed_at IS NULL";
    FAMILY = "SELECT family FROM oauth_code WHERE hash = $1 AND redeemed_at IS NOT NULL";
    FORGET_FAMILY = "UPDATE oauth_code SET family = NULL WHERE hash = $1 AND family = $2";
    END_CODES = "DELETE FROM oauth_code
                 WHERE company_id = $1 AND user_id = $2 AND app_id = $3";
}

/// What a code stands for.
#[derive(Clone, Debug)]
pub(crate) struct CodeRow {
    pub(crate) company_id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) app_id: Uuid,
    pub(crate) scope: Scopes,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) nonce: Option<String>,
    pub(crate) expires_at: Micros,
    /// Whether it was used.
    pub(crate) redeemed: bool,
}

impl CodeRow {
    pub(crate) fn principal(&self) -> Principal {
        Principal::User {
            id: self.user_id,
            company_id: self.company_id,
        }
    }
}

pub(crate) async fn code(tx: &mut Tx, hash: &Hash) -> Result<Option<CodeRow>, DbError> {
    let row = tx.row(&CODE, args![hash]).await?;
    row.map(|mut row| {
        let challenge: Option<Vec<u8>> = row.get(5)?;
        let challenge = challenge.map(TryInto::try_into).transpose();
        Ok(CodeRow {
            company_id: row.get(0)?,
            user_id: row.get(1)?,
            app_id: row.get(2)?,
            scope: Scopes::parse(&row.get::<String>(3)?),
            redirect_uri: row.get(4)?,
            challenge: challenge.map_err(|_| DbError::Decode { column: 5 })?,
            nonce: row.get(6)?,
            expires_at: row.get(7)?,
            redeemed: row.get::<Option<Micros>>(8)?.is_some(),
        })
    })
    .transpose()
}

/// Stores a code, and forgets some of those that expired before `old`.
pub(crate) async fn insert_code(
    tx: &mut Tx,
    hash: &Hash,
    code: &CodeRow,
    old: Micros,
) -> Result<(), DbError> {
    tx.execute(&DELETE_OLD, args![old]).await?;
    let scope = code.scope.text();
    let arguments = args![
        hash,
        &code.company_id,
        &code.user_id,
        &code.app_id,
        &scope,
        &code.redirect_uri,
        code.challenge.as_ref(),
        code.nonce.as_deref(),
        code.expires_at
    ];
    tx.execute(&INSERT_CODE, arguments).await.map(drop)
}

/// Marks a code as used for tokens of `family`; answers whether it was the first use.
pub(crate) async fn redeem(
    tx: &mut Tx,
    hash: &Hash,
    family: &Uuid,
    now: Micros,
) -> Result<bool, DbError> {
    Ok(tx.execute(&REDEEM, args![hash, now, family]).await? == 1)
}

/// Takes out what a used code was exchanged for: the first replay gets it, and no other.
pub(crate) async fn take_family(tx: &mut Tx, hash: &Hash) -> Result<Option<Uuid>, DbError> {
    let row = tx.row(&FAMILY, args![hash]).await?;
    let family: Option<Uuid> = row.map_or(Ok(None), |mut row| row.get(0))?;
    let Some(family) = family else {
        return Ok(None);
    };
    let taken = tx.execute(&FORGET_FAMILY, args![hash, &family]).await? == 1;
    Ok(taken.then_some(family))
}

/// Ends the codes of a connection, also the used ones: what they gave has ended with it, and one
/// that comes again must not end what came later.
pub(crate) async fn end(tx: &mut Tx, id: &ConnectionId) -> Result<(), DbError> {
    let (company, principal, app) = id.keys();
    let arguments = args![&company, &principal, &app];
    tx.execute(&END_CODES, arguments).await.map(drop)
}
