//! `GET /profile/v1/me`: whom a token stands for. Source: v1.user.md and v1.company.md, "Get User"
//! and "Get Company". Both are deprecated, and still what the OAuth2 guides call first.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bursar_directory::{Company, Edition, Finder, Listed, UserState, api as directory};
use bursar_kernel::Uuid;
use bursar_oauth::{Caller, Refused};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ProfileState;
use crate::access::{Itself, scopes_of};
use crate::answer::{EmailAddress, PersonName, display_name};
use crate::error::{ProfileError, ScimError};

/// A user, as far as the directory knows it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MeUser {
    active: bool,
    #[schema(value_type = String)]
    id: Uuid,
    #[schema(example = "Enterprise")]
    user_type: &'static str,
    meta: MeMeta,
    display_name: String,
    name: PersonName,
    preferred_language: String,
    schemas: [&'static str; 2],
    emails: [EmailAddress; 1],
    #[serde(rename = "com:concur:Employee:1.0")]
    employee: MeEmployee,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeMeta {
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[schema(example = "user")]
    principal_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_type: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeEmployee {
    #[serde(rename = "companyUUID")]
    #[schema(value_type = String)]
    company_uuid: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    employee_id: Option<String>,
}

/// A company, as far as the directory knows it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MeCompany {
    #[schema(value_type = String)]
    id: Uuid,
    schemas: [&'static str; 1],
    name: String,
    meta: MeMeta,
    #[serde(rename = "com:concur:Expense:0.1")]
    expense: MeOffering,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeOffering {
    offering_code: &'static str,
    /// `CTE` is the Professional edition.
    marketing_name: &'static str,
}

/// The user or the company that the token stands for.
#[utoipa::path(get, path = "/profile/v1/me", tag = "Profile v1",
    responses((status = 200, description = "A user; for a company's token, the company",
            body = MeUser),
        (status = 301, description = "The token is of another data center, at `Location`"),
        (status = 401, body = ScimError), (status = 403, body = ScimError)))]
pub(crate) async fn get_me(
    State(state): State<ProfileState>,
    caller: Caller<Itself>,
) -> Result<Response, ProfileError> {
    if !scopes_of(caller.kind)
        .iter()
        .any(|scope| caller.scopes().has(scope))
    {
        return Err(ProfileError::Refused(Refused::MissingScope));
    }
    let company_id = caller.company_id.ok_or(ProfileError::NotFound)?;
    let Some(user_id) = caller.user_id else {
        let read = state
            .db
            .read(company_id, |tx, id| Box::pin(directory::company(tx, id)));
        let company = read.await?.ok_or(ProfileError::NotFound)?;
        return Ok(Json(MeCompany::from(company)).into_response());
    };
    let args = (company_id, Finder::Id(user_id));
    let read = state.db.read(args, |tx, (company_id, finder)| {
        Box::pin(directory::users_by(tx, company_id, finder))
    });
    let listed = read
        .await?
        .into_iter()
        .next()
        .ok_or(ProfileError::NotFound)?;
    Ok(Json(MeUser::from(listed)).into_response())
}

impl From<Listed> for MeUser {
    fn from(listed: Listed) -> Self {
        let user = listed.member.user;
        Self {
            active: user.state == UserState::Active,
            id: user.id,
            user_type: "Enterprise",
            meta: MeMeta {
                created: Some(listed.created_at.rfc3339()),
                principal_type: "user",
                resource_type: Some("EnterpriseUser"),
            },
            display_name: display_name(&user),
            name: PersonName::new(&user),
            preferred_language: user.locale,
            schemas: ["com:concur:User:1.0", "com:concur:Employee:1.0"],
            emails: [EmailAddress::new(user.email, "Business")],
            employee: MeEmployee {
                company_uuid: user.company_id,
                employee_id: user.employee_number,
            },
        }
    }
}

impl From<Company> for MeCompany {
    fn from(company: Company) -> Self {
        // Both pairs are in the documented sample.
        let (offering_code, marketing_name) = match company.edition {
            Edition::Professional => ("CES", "CTE"),
            Edition::Standard => ("DIRECT-BREEZE+", "Standard Edition"),
        };
        Self {
            id: company.id,
            schemas: ["com:concur:Expense:0.1"],
            name: company.name,
            meta: MeMeta {
                created: None,
                principal_type: "company",
                resource_type: None,
            },
            expense: MeOffering {
                offering_code,
                marketing_name,
            },
        }
    }
}
