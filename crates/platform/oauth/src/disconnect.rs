//! `DELETE /app-mgmt/v0/connections`.
//!
//! Source: api-reference/authentication/apidoc.markdown, "Revoking a token": all refresh tokens
//! of a user for an app. The integration guide, "Revoke Token": the access tokens too.

use axum::Extension;
use axum::extract::State;
use bursar_db::Isolation;
use bursar_kernel::CorrelationId;
use http::StatusCode;

use crate::api::revoke_connection;
use crate::caller::Caller;
use crate::manage::{Connected, ManageError};
use crate::model::{ConnectionId, Principal};
use crate::state::Oauth;
use crate::wire::ErrorBody;

/// Ends the connection of the calling app with the token's user or company.
#[utoipa::path(
    delete,
    path = "/app-mgmt/v0/connections",
    responses(
        (status = 200, description = "No token of this app for this principal works any more"),
        (status = 401, description = "No usable access token of a user or company",
            body = ErrorBody),
    )
)]
pub(crate) async fn disconnect(
    State(oauth): State<Oauth>,
    Extension(correlation_id): Extension<CorrelationId>,
    caller: Caller<Connected>,
) -> Result<StatusCode, ManageError> {
    let principal = match (caller.user_id, caller.company_id) {
        (Some(id), Some(company_id)) => Principal::User { id, company_id },
        _ => Principal::Company {
            id: caller.principal_id,
        },
    };
    let connection = ConnectionId {
        principal,
        app_id: caller.app_id,
    };
    let now = oauth.clock().now();
    let revoked = oauth.db().write(
        Isolation::Serializable,
        connection,
        move |tx, connection| Box::pin(revoke_connection(tx, connection, now)),
    );
    revoked
        .await
        .map_err(|error| ManageError::new(error.into(), Some(&correlation_id)))?;
    oauth.forget(&connection);
    Ok(StatusCode::OK)
}
