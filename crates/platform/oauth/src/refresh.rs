//! Grant `refresh_token`, with either rotation.
//!
//! Every change of a connection takes the connection's row first, so that changes of one
//! connection come one after another. The exception is the plain renewal: it is one guarded
//! update, so many refreshes at once share one commit.

use std::time::Duration;

use bursar_db::{DbError, Isolation, Tx};
use bursar_kernel::Micros;
use bursar_secrets::Hash;
use bursar_web::DataCenter;
use secrecy::SecretString;

use crate::api::revoke_family;
use crate::grants::{
    Granted, REFRESH_LIFE, Refresh, answer, data_center, only_at, only_where_enabled,
};
use crate::model::{Acting, App, ConnectionId, Rotation};
use crate::secret::{Derive as _, Secret};
use crate::standing::{Residence, residence};
use crate::state::Oauth;
use crate::store::connection::{self as store, StoredToken, TokenRow};
use crate::token::TokenRequest;
use crate::wire::{Code, Fault, TokenAnswer};

/// How long a refresh token works beside its successor, for a client that lost the answer. Choice.
const OVERLAP: Duration = Duration::from_hours(24);
/// How exactly a connection knows its last use.
const NOTED_EVERY: Duration = Duration::from_hours(1);

/// Grant `refresh_token`.
///
/// Source: apidoc.markdown, "Refreshing a token": the refresh token that comes back "can change
/// even if most of the time, this value is the same". Which, is a setting of the app.
pub(crate) async fn refresh(
    oauth: &Oauth,
    here: &DataCenter,
    app: App,
    request: &TokenRequest,
) -> Result<TokenAnswer, Fault> {
    let text = request.refresh_token.as_ref().ok_or(Code::NoRefreshToken)?;
    let hash = oauth.server_key().hash_of(Secret::RefreshToken, text);
    let (stored, residence) = find(oauth, hash).await?.ok_or(Code::BadRefreshToken)?;
    let ConnectionId { principal, app_id } = stored.connection;
    if app_id != app.id {
        return Err(Code::NotYourGrant.into());
    }
    let residence = residence.ok_or(Code::PrincipalDisabled)?;
    let home = data_center(oauth, &residence.home)?;
    let now = oauth.clock().now();
    // One with a successor is looked at in either case: its use may be a theft.
    if stored.successor_at.is_none() && stored.token.expires_at <= now {
        return Err(Code::BadRefreshToken.at(home.base_uri()));
    }
    only_at(here, &home)?;
    only_where_enabled(oauth, &app, &principal).await?;
    let granted = stored.token.scope.clone().within(&app.scopes);
    let scopes = granted.narrowed(request.scope.as_deref());
    let scopes = scopes.ok_or(Code::ScopeExceeded)?;
    let used = if app.rotation == Rotation::New || stored.successor_at.is_some() {
        rotate(oauth, stored, text, now).await?
    } else {
        renew(oauth, stored, text, now).await?
    };
    let (generation, refresh) = used.ok_or_else(|| Code::BadRefreshToken.at(home.base_uri()))?;
    let granted = Granted {
        app,
        acting: Some(Acting {
            principal,
            generation,
        }),
        scopes,
        home,
        refresh: Some(refresh),
        nonce: None,
    };
    answer(oauth, granted).await
}

type Found = Option<(StoredToken, Option<Residence>)>;

async fn find(oauth: &Oauth, hash: Hash) -> Result<Found, DbError> {
    let found = oauth.db().read(hash, |tx, hash| {
        Box::pin(async move {
            let Some(stored) = store::refresh_token(tx, hash).await? else {
                return Ok::<_, DbError>(None);
            };
            let residence = residence(tx, &stored.connection.principal).await?;
            Ok(Some((stored, residence)))
        })
    });
    found.await
}

/// A connection's generation, and the token to give back.
type Used = Option<(i64, Refresh)>;

/// The same text works six months longer.
///
/// The generation was read before the update: if a revocation came in between, the update finds
/// nothing, or the access token is of a generation that is refused.
async fn renew(
    oauth: &Oauth,
    stored: StoredToken,
    text: &SecretString,
    now: Micros,
) -> Result<Used, DbError> {
    let StoredToken {
        connection,
        mut token,
        generation,
        last_used_at,
        ..
    } = stored;
    token.expires_at = now + REFRESH_LIFE;
    let (hash, expires_at) = (token.hash, token.expires_at);
    let noted_since = now - NOTED_EVERY;
    let noted = last_used_at >= noted_since;
    let isolation = if noted {
        Isolation::Update { row: row_of(&hash) }
    } else {
        Isolation::ReadCommitted
    };
    let write = oauth
        .db()
        .write(isolation, connection, move |tx, connection| {
            Box::pin(async move {
                if !noted {
                    store::touch(tx, connection, now, noted_since).await?;
                }
                store::renew(tx, &hash, expires_at, now).await
            })
        });
    let renewed: Result<bool, DbError> = write.await;
    Ok(renewed?.then(|| (generation, Refresh::new(text.clone(), &token))))
}

/// A number for a token's row: of a keyed hash any eight bytes will do.
fn row_of(hash: &Hash) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(first)
}

/// A token under rotation, and the successor that belongs to it.
struct Turn {
    connection: ConnectionId,
    hash: Hash,
    successor: TokenRow,
    now: Micros,
}

/// What became of a turn.
enum Turned {
    /// The successor to hand out, and the connection's generation.
    On(i64, TokenRow),
    /// Revoked or expired.
    Gone,
    /// Used after its successor was, so one of the two users stole it: the family has ended.
    Reused,
}

async fn rotate(
    oauth: &Oauth,
    stored: StoredToken,
    text: &SecretString,
    now: Micros,
) -> Result<Used, DbError> {
    let text = oauth.server_key().successor(text);
    let connection = stored.connection;
    let turn = Turn {
        connection,
        hash: stored.token.hash,
        successor: TokenRow {
            hash: oauth.server_key().hash_of(Secret::RefreshToken, &text),
            issued_at: now,
            expires_at: now + REFRESH_LIFE,
            ..stored.token
        },
        now,
    };
    // Alone by the row that it takes first: each later statement sees what others committed.
    let write = oauth
        .db()
        .write(Isolation::ReadCommitted, turn, |tx, turn| {
            Box::pin(turn_over(tx, turn))
        });
    match write.await? {
        Turned::On(generation, row) => Ok(Some((generation, Refresh::new(text, &row)))),
        Turned::Gone => Ok(None),
        Turned::Reused => {
            oauth.forget(&connection);
            tracing::warn!(app_id = %connection.app_id, "a replaced refresh token was used");
            Ok(None)
        }
    }
}

/// Choice: the token works beside its successor until that is first used, at most a day.
async fn turn_over(tx: &mut Tx, turn: &Turn) -> Result<Turned, DbError> {
    let Turn {
        connection,
        hash,
        successor,
        now,
    } = turn;
    let Some(generation) = store::hold(tx, connection, *now).await? else {
        return Ok(Turned::Gone);
    };
    let Some(stored) = store::refresh_token(tx, hash).await? else {
        return Ok(Turned::Gone);
    };
    let Some(replaced_at) = stored.successor_at else {
        if stored.token.expires_at <= *now {
            return Ok(Turned::Gone);
        }
        store::insert_refresh_token(tx, connection, successor).await?;
        store::succeed(tx, hash, *now).await?;
        store::end_expired(tx, connection, *now).await?;
        return Ok(Turned::On(generation, successor.clone()));
    };
    match store::refresh_token(tx, &successor.hash).await? {
        Some(next) if next.used_at.is_none() && *now < replaced_at + OVERLAP => {
            Ok(Turned::On(generation, next.token))
        }
        _ => {
            revoke_family(tx, connection, &stored.token.family, *now).await?;
            Ok(Turned::Reused)
        }
    }
}
