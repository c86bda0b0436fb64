//! `POST /appmgmt/v0/legacyApps/{consumerKey}/exchangeRefreshToken/me`: an app of the time before
//! OAuth 2 exchanges the tokens that it has, so that its users need not connect again.
//!
//! Source: api-reference/authentication/migrationguide.markdown, "Exchanging a Token"; the
//! e-receipts recipe, "Migrating Tokens". An old token may be exchanged again after a lost answer,
//! until the connection is revoked. Inferred: an app's own token works at the app's geolocation
//! only, so users of every data center are exchanged there.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use axum::{Extension, Json};
use bursar_db::{DbError, Isolation};
use bursar_kernel::{CorrelationId, Uuid};
use bursar_secrets::Hash;
use bursar_web::{BodyError, DataCenter, RawBody};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::apps;
use crate::caller::Caller;
use crate::client::is_one_of;
use crate::grants::{FirstTokens, connect, data_center};
use crate::legacy_error::{LegacyBody, LegacyCode, LegacyError, LegacyFault, OldApp};
use crate::model::{App, Grant, Principal};
use crate::secret::{Derive as _, Secret};
use crate::standing::{Residence, residence};
use crate::state::Oauth;
use crate::store::{self, legacy::LegacyToken};
use crate::wire::NOT_STORED;

/// Our own limit on a request, in bytes.
const BODY_MAX: usize = 16 * 1024;

/// What is exchanged.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Exchange {
    /// The old token.
    #[schema(value_type = String)]
    #[serde(deserialize_with = "secret")]
    token: SecretString,
    /// The new app's secret.
    #[schema(value_type = String)]
    #[serde(deserialize_with = "secret")]
    secret: SecretString,
}

fn secret<'de, D: Deserializer<'de>>(text: D) -> Result<SecretString, D::Error> {
    String::deserialize(text).map(SecretString::from)
}

/// Which token is wanted. Anything else in the query is refused: others log addresses, and nothing
/// secret belongs there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[serde(rename = "returnType")]
    return_type: Option<String>,
}

/// A refresh token for an old token.
#[derive(Serialize, ToSchema)]
pub(crate) struct Exchanged {
    /// The refresh token.
    token: String,
    /// When it was issued: milliseconds since 1970.
    created: i64,
    /// When it expires: milliseconds since 1970.
    expired: i64,
    /// Its scopes.
    scopes: Vec<String>,
    /// Whose it is: JSON as text.
    context: String,
}

/// Exchanges an old token for a refresh token.
///
/// The body is JSON whatever its content type says: the documented example is sent as a form.
#[utoipa::path(
    post,
    path = "/appmgmt/v0/legacyApps/{consumerKey}/exchangeRefreshToken/me",
    params(
        ("consumerKey" = String, Path, description = "The old app's consumer key"),
        ("returnType" = Option<String>, Query,
            description = "`companyToken` exchanges an administrator's token for the company's"),
    ),
    request_body(content = Exchange, content_type = "application/json"),
    responses(
        (status = 200, description = "A refresh token", body = Exchanged),
        (status = 400, description = "Refused, with a documented code", body = LegacyBody),
        (status = 413, description = "The body is larger than 16 KiB", body = LegacyBody),
        (status = 415, description = "The body has a content encoding", body = LegacyBody),
    )
)]
pub(crate) async fn exchange(
    State(oauth): State<Oauth>,
    Extension(correlation_id): Extension<CorrelationId>,
    caller: Caller<OldApp>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<Wanted>, QueryRejection>,
    body: Result<RawBody<BODY_MAX>, BodyError>,
) -> Result<Response, LegacyError> {
    let exchanged = async {
        let Path(consumer_key) = path.map_err(|_| LegacyCode::InvalidApp)?;
        let Query(wanted) = query.map_err(|_| LegacyCode::InvalidToken)?;
        let company = match wanted.return_type.as_deref() {
            None | Some("") => false,
            Some("companyToken") => true,
            Some(_) => return Err(LegacyCode::InvalidToken.into()),
        };
        let body = body?;
        let asked: Exchange =
            serde_json::from_slice(&body.bytes).map_err(|_| LegacyCode::InvalidToken)?;
        let app = app(&oauth, &caller, consumer_key.clone(), &asked.secret).await?;
        let old = token(&oauth, &app, consumer_key, &asked.token, company).await?;
        let home = data_center(&oauth, &old.residence.home)?;
        issue(&oauth, &app, old, company, &home).await
    };
    match exchanged.await {
        Ok(answer) => Ok((AppendHeaders(NOT_STORED), Json(answer)).into_response()),
        Err(fault) => Err(LegacyError::new(fault, Some(&correlation_id))),
    }
}

/// The calling app, if it has become what the old app was and has shown its own secret.
async fn app(
    oauth: &Oauth,
    caller: &Caller<OldApp>,
    consumer_key: String,
    secret: &SecretString,
) -> Result<App, LegacyFault> {
    // No key has NUL, and one engine refuses to look for it.
    if consumer_key.contains('\0') {
        return Err(LegacyCode::InvalidApp.into());
    }
    let app_id = caller.app_id;
    let read = oauth.db().read(consumer_key, move |tx, key| {
        Box::pin(async move {
            let successor = store::legacy::app(tx, key).await?;
            let app = store::app(tx, &app_id).await?;
            let secrets = store::secret::active(tx, &app_id).await?;
            Ok::<_, DbError>((successor, app, secrets))
        })
    });
    let (successor, app, secrets) = read.await?;
    let app = app.filter(|app| successor == Some(app.id) && app.may(Grant::RefreshToken));
    let app = app.ok_or(LegacyCode::InvalidApp)?;
    let hash = oauth.server_key().hash_of(Secret::ClientSecret, secret);
    if is_one_of(&hash, &secrets) {
        Ok(app)
    } else {
        Err(LegacyCode::Unauthorized.into())
    }
}

/// An old token, and what is known of whose it is.
struct OldToken {
    /// Under which it is found.
    key: (Hash, String),
    row: LegacyToken,
    residence: Residence,
    /// Whether that company lets the app act.
    enabled: bool,
}

impl OldToken {
    fn user(row: &LegacyToken) -> Principal {
        Principal::User {
            id: row.user_id,
            company_id: row.company_id,
        }
    }
}

/// Whose an old token is, and where that principal lives.
async fn token(
    oauth: &Oauth,
    app: &App,
    consumer_key: String,
    token: &SecretString,
    company: bool,
) -> Result<OldToken, LegacyFault> {
    let (hash, app_id) = (
        oauth.server_key().hash_of(Secret::LegacyToken, token),
        app.id,
    );
    let read = oauth.db().read((hash, consumer_key), move |tx, key| {
        Box::pin(async move {
            let Some(row) = store::legacy::token(tx, &key.0, &key.1).await? else {
                return Ok::<_, DbError>(None);
            };
            let residence = residence(tx, &OldToken::user(&row)).await?;
            let enabled = apps::is_enabled_for(tx, &row.company_id, &app_id).await?;
            Ok(residence.map(|residence| OldToken {
                key: key.clone(),
                row,
                residence,
                enabled,
            }))
        })
    });
    let found = read.await?.filter(|old| old.row.administers || !company);
    let found = found.ok_or(LegacyCode::InvalidToken)?;
    // Choice: no code of this table says that a company has turned the app off.
    if found.enabled {
        Ok(found)
    } else {
        Err(LegacyCode::InvalidApp.into())
    }
}

async fn issue(
    oauth: &Oauth,
    app: &App,
    old: OldToken,
    company: bool,
    home: &Arc<DataCenter>,
) -> Result<Exchanged, LegacyFault> {
    let principal = if company {
        Principal::Company {
            id: old.row.company_id,
        }
    } else {
        OldToken::user(&old.row)
    };
    let FirstTokens { id, refresh } = FirstTokens::draw(oauth, app, principal, &app.scopes);
    let (text, row) = refresh.ok_or(LegacyCode::InvalidApp)?;
    let stored = row.clone();
    let args = (id, row, old.key);
    let connecting = oauth
        .db()
        .write(Isolation::ReadCommitted, args, |tx, (id, row, key)| {
            Box::pin(async move {
                connect(tx, id, Some(row), row.issued_at).await?;
                // A revocation that came in between has ended the old token; see `grants`.
                let token = store::legacy::token(tx, &key.0, &key.1).await?;
                let token = token.map(drop);
                Ok::<_, LegacyFault>(token.ok_or(LegacyCode::InvalidToken)?)
            })
        });
    connecting.await?;
    Ok(Exchanged {
        token: text.expose_secret().to_owned(),
        created: stored.issued_at.0 / 1000,
        expired: stored.expires_at.0 / 1000,
        scopes: stored.scope.names().map(str::to_owned).collect(),
        context: context(&principal, app.id, home, &stored.scope.text()),
    })
}

/// Source: the two example answers, whose `userURI` has the same form for a company.
fn context(principal: &Principal, app_id: Uuid, home: &DataCenter, scope: &str) -> String {
    let id = principal.id();
    let context = json!({
        "userid": id,
        "cid": app_id,
        "ptype": principal.kind(),
        "userURI": format!("{}/profile-service/v1/users/{id}", home.base_uri()),
        "scope": scope,
    });
    context.to_string()
}
