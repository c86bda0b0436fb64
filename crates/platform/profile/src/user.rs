//! `GET /profile/identity/v4/Users/{id}`. Source: v4.identity.md, "Retrieve a User's Identity
//! Profile".

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::{Extension, Json};
use bursar_directory::{Finder, api as directory};
use bursar_kernel::uuid_from_text;
use bursar_oauth::Caller;
use bursar_web::{DataCenter, Form};

use crate::ProfileState;
use crate::access::Identity;
use crate::answer::IdentityUser;
use crate::attributes::Attributes;
use crate::error::{ProfileError, ScimError};
use crate::users::company;

/// One user of the caller's company. Others do not exist for it.
#[utoipa::path(get, path = "/profile/identity/v4/Users/{id}", tag = "Identity v4",
    params(("id" = String, Path, description = "The user's UUID")),
    responses((status = 200, body = IdentityUser), (status = 400, body = ScimError),
        (status = 401, body = ScimError),
        (status = 403, body = ScimError), (status = 404, body = ScimError)))]
pub(crate) async fn get_user(
    State(state): State<ProfileState>,
    caller: Caller<Identity>,
    Extension(here): Extension<Arc<DataCenter>>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<IdentityUser>, ProfileError> {
    let id = id.ok().and_then(|Path(id)| uuid_from_text(&id).ok());
    let id = id.ok_or(ProfileError::NotFound)?;
    let query = Form::parse(query.unwrap_or_default().as_bytes())?;
    let args = (company(&caller)?, Finder::Id(id));
    let found = state.db.read(args, |tx, (company_id, finder)| {
        Box::pin(directory::users_by(tx, company_id, finder))
    });
    let listed = found.await?.into_iter().next();
    let listed = listed.ok_or(ProfileError::NotFound)?;
    let show = Attributes::new(caller.scopes(), &query);
    Ok(Json(IdentityUser::new(listed, &show, &here)))
}
