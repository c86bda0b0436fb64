//! The secrets of a partner's apps.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_appcenter::{ActError, SecretChange, Stage};
use bursar_kernel::uuid_from_text;
use bursar_pages::ErrorKind;

use crate::partner::credentials;
use crate::partner_listing::{IdAndStage, Retyped, answer, refused, signed_stage};
use crate::reader::{Partner, Posted, Reader};

type SecretIds = Result<Path<(String, String, String)>, PathRejection>;

/// Makes a secret, and shows it this once.
pub(crate) async fn create(reader: Reader<Partner>, ids: IdAndStage, posted: Posted) -> Response {
    let (id, stage, form) = match signed_stage(&reader, ids, posted) {
        Ok(signed) => signed,
        Err(answer) => return answer,
    };
    let Ok(secret_id) = uuid_from_text(form.get("secret_id").unwrap_or_default()) else {
        return reader.refuse(ErrorKind::Unreadable);
    };
    let app_center = &reader.state().app_center;
    let made = app_center
        .add_secret(&reader.person(), id, stage, secret_id)
        .await;
    match made {
        Ok(created) => credentials(&reader, id, stage, created, true),
        // Sent twice: the secret was in the answer to the first.
        Err(ActError::Exists) => Redirect::to(&format!("/partner/apps/{id}")).into_response(),
        Err(error) => refused(&reader, id, error, Retyped::Nothing).await,
    }
}

/// Activates, deactivates or deletes a secret.
pub(crate) async fn change(reader: Reader<Partner>, ids: SecretIds, posted: Posted) -> Response {
    let form = match reader.form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let found = ids.ok().and_then(|Path((id, stage, secret))| {
        let (id, secret) = (uuid_from_text(&id).ok()?, uuid_from_text(&secret).ok()?);
        Some((id, Stage::from_word(&stage)?, secret))
    });
    let Some((id, stage, secret)) = found else {
        return reader.refuse(ErrorKind::NotFound);
    };
    let change = form.get("action").and_then(SecretChange::from_word);
    let Some(change) = change else {
        return reader.refuse(ErrorKind::Unreadable);
    };
    let app_center = &reader.state().app_center;
    let done = app_center
        .change_secret(&reader.person(), (id, stage), secret, change)
        .await;
    answer(&reader, id, done).await
}
