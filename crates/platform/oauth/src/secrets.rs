//! `/app-mgmt/v4/{appId}/secrets`: an app changes its own secret without a moment without one.
//!
//! Source: api-reference/authentication/rotating-secrets.markdown. Inferred: a new one is inactive,
//! since the page activates "a newly created" one. What else holds stands in `app_secret`.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use axum::{Extension, Json};
use bursar_db::Isolation;
use bursar_kernel::{CorrelationId, Uuid, uuid_from_text};
use bursar_web::{BodyError, RawBody};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app_secret::{self, DrawnSecret, SecretError};
use crate::caller::Caller;
use crate::manage::{AppItself, ManageError, Refusal};
use crate::state::Oauth;
use crate::store::secret::{self as store, SecretRow};
use crate::wire::{ErrorBody, NOT_STORED};

/// Our own limit on a patch, in bytes.
const BODY_MAX: usize = 16 * 1024;
/// RFC 7644 section 3.5.2.
const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// An app's secret, as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppSecret {
    /// When it was made.
    #[serde(rename = "createdAt")]
    #[schema(example = "2026-11-21T09:30:00.000Z")]
    created_at: String,
    /// Its id.
    #[schema(value_type = String)]
    id: Uuid,
    /// `Active` or `Inactive`.
    status: &'static str,
    /// When its status last changed.
    #[serde(rename = "updatedAt")]
    #[schema(example = "2026-11-21T09:30:00.000Z")]
    updated_at: String,
}

/// A new secret, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewSecret {
    #[serde(flatten)]
    about: AppSecret,
    /// The secret itself.
    secret: String,
}

impl From<SecretRow> for AppSecret {
    fn from(row: SecretRow) -> Self {
        Self {
            created_at: row.created_at.rfc3339(),
            id: row.id,
            status: if row.active { "Active" } else { "Inactive" },
            updated_at: row.updated_at.rfc3339(),
        }
    }
}

/// One change in the form of SCIM (RFC 7644).
#[derive(Deserialize, ToSchema)]
pub(crate) struct Patch {
    schemas: Vec<String>,
    #[serde(rename = "Operations")]
    operations: Vec<Operation>,
}

/// What to change.
#[derive(Deserialize, ToSchema)]
struct Operation {
    /// `replace`.
    op: String,
    /// `/status`.
    path: String,
    /// `active` or `inactive`.
    value: String,
}

impl Patch {
    /// Whether the secret is to be active. Words are taken in any case: the list writes `Active`,
    /// the example of a patch `active`.
    fn read(bytes: &[u8]) -> Result<bool, Refusal> {
        let patch = serde_json::from_slice::<Self>(bytes);
        let Self {
            schemas,
            operations,
        } = patch.map_err(|_| Refusal::Operation("the body is not a SCIM patch"))?;
        if schemas != [PATCH_SCHEMA] {
            return Err(Refusal::Operation("schemas"));
        }
        let [Operation { op, path, value }] = operations.as_slice() else {
            return Err(Refusal::Operation("Operations has not one entry"));
        };
        if !op.eq_ignore_ascii_case("replace") {
            return Err(Refusal::Operation("op"));
        }
        if !path.trim_start_matches('/').eq_ignore_ascii_case("status") {
            return Err(Refusal::Operation("path"));
        }
        match value.to_ascii_lowercase().as_str() {
            "active" => Ok(true),
            "inactive" => Ok(false),
            _ => Err(Refusal::Operation("value")),
        }
    }
}

/// Lists the secrets of an app, oldest first, without what is secret.
#[utoipa::path(
    get,
    path = "/app-mgmt/v4/{appId}/secrets",
    params(("appId" = String, Path, description = "The app's id")),
    responses(
        (status = 200, description = "The secrets", body = [AppSecret]),
        (status = 401, description = "Not this app's own token", body = ErrorBody),
    )
)]
pub(crate) async fn list(
    State(oauth): State<Oauth>,
    Extension(correlation_id): Extension<CorrelationId>,
    caller: Caller<AppItself>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Vec<AppSecret>>, ManageError> {
    let listed = async {
        let app_id = own(&caller, path)?;
        let rows = oauth
            .db()
            .read(app_id, |tx, app_id| Box::pin(store::all(tx, app_id)));
        let rows: Vec<SecretRow> = rows.await?;
        Ok(Json(rows.into_iter().map(AppSecret::from).collect()))
    };
    let refused = |refusal| ManageError::new(refusal, Some(&correlation_id));
    listed.await.map_err(refused)
}

/// Makes a secret, inactive, and shows it this once.
#[utoipa::path(
    post,
    path = "/app-mgmt/v4/{appId}/secrets",
    params(("appId" = String, Path, description = "The app's id")),
    responses(
        (status = 200, description = "The new secret", body = NewSecret),
        (status = 400, description = "The app has ten secrets", body = ErrorBody),
        (status = 401, description = "Not this app's own token", body = ErrorBody),
    )
)]
pub(crate) async fn create(
    State(oauth): State<Oauth>,
    Extension(correlation_id): Extension<CorrelationId>,
    caller: Caller<AppItself>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, ManageError> {
    let made = async {
        let app_id = own(&caller, path)?;
        let new = DrawnSecret::draw(&oauth, oauth.rng().uuid(), false);
        let about = AppSecret::from(new.row.clone());
        let text = new.text().to_owned();
        let write = oauth
            .db()
            .write(Isolation::Serializable, new, move |tx, new| {
                Box::pin(async move { app_secret::add(tx, &app_id, new).await })
            });
        write.await?;
        let secret = Json(NewSecret {
            about,
            secret: text,
        });
        Ok((AppendHeaders(NOT_STORED), secret).into_response())
    };
    let refused = |refusal| ManageError::new(refusal, Some(&correlation_id));
    made.await.map_err(refused)
}

/// Activates or deactivates a secret.
#[utoipa::path(
    patch,
    path = "/app-mgmt/v4/{appId}/secrets/{secretId}",
    params(
        ("appId" = String, Path, description = "The app's id"),
        ("secretId" = String, Path, description = "The secret's id"),
    ),
    request_body(content = Patch, content_type = "application/json"),
    responses(
        (status = 200, description = "The secret as it is now", body = AppSecret),
        (status = 400, description = "Not understood, or the last active one", body = ErrorBody),
        (status = 401, description = "Not this app's own token", body = ErrorBody),
        (status = 404, description = "No such secret", body = ErrorBody),
        (status = 413, description = "The body is larger than 16 KiB", body = ErrorBody),
        (status = 415, description = "The body has a content encoding", body = ErrorBody),
    )
)]
pub(crate) async fn change(
    State(oauth): State<Oauth>,
    Extension(correlation_id): Extension<CorrelationId>,
    caller: Caller<AppItself>,
    path: Result<Path<(String, String)>, PathRejection>,
    body: Result<RawBody<BODY_MAX>, BodyError>,
) -> Result<Json<AppSecret>, ManageError> {
    let changed = async {
        let (app_id, id) = own_secret(&caller, path)?;
        let active = Patch::read(&body?.bytes)?;
        let now = oauth.clock().now();
        let write = oauth
            .db()
            .write(Isolation::Serializable, (), move |tx, ()| {
                Box::pin(async move { app_secret::switch(tx, &app_id, &id, active, now).await })
            });
        let row = write.await?;
        oauth.forget_app(&app_id);
        Ok(Json(AppSecret::from(row)))
    };
    let refused = |refusal| ManageError::new(refusal, Some(&correlation_id));
    changed.await.map_err(refused)
}

/// Deletes a secret that is inactive.
#[utoipa::path(
    delete,
    path = "/app-mgmt/v4/{appId}/secrets/{secretId}",
    params(
        ("appId" = String, Path, description = "The app's id"),
        ("secretId" = String, Path, description = "The secret's id"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "It is active", body = ErrorBody),
        (status = 401, description = "Not this app's own token", body = ErrorBody),
        (status = 404, description = "No such secret", body = ErrorBody),
    )
)]
pub(crate) async fn delete(
    State(oauth): State<Oauth>,
    Extension(correlation_id): Extension<CorrelationId>,
    caller: Caller<AppItself>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<StatusCode, ManageError> {
    let deleted = async {
        let (app_id, id) = own_secret(&caller, path)?;
        let write = oauth
            .db()
            .write(Isolation::Serializable, (), move |tx, ()| {
                Box::pin(async move { app_secret::delete(tx, &app_id, &id).await })
            });
        write.await?;
        oauth.forget_app(&app_id);
        Ok(StatusCode::NO_CONTENT)
    };
    let refused = |refusal| ManageError::new(refusal, Some(&correlation_id));
    deleted.await.map_err(refused)
}

impl From<SecretError> for Refusal {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Db(error) => Self::Db(error),
            error => Self::Secret(error),
        }
    }
}

/// The app in the path, if it is the caller.
fn own(
    caller: &Caller<AppItself>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Uuid, Refusal> {
    let Ok(Path(app_id)) = path else {
        return Err(Refusal::OtherApp);
    };
    if uuid_from_text(&app_id) == Ok(caller.app_id) {
        Ok(caller.app_id)
    } else {
        Err(Refusal::OtherApp)
    }
}

fn own_secret(
    caller: &Caller<AppItself>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<(Uuid, Uuid), Refusal> {
    let Ok(Path((app_id, secret_id))) = path else {
        return Err(SecretError::NoSecret.into());
    };
    let app_id = own(caller, Ok(Path(app_id)))?;
    let secret_id = uuid_from_text(&secret_id).map_err(|_| SecretError::NoSecret)?;
    Ok((app_id, secret_id))
}
