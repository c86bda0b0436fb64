//! `GET /profile/identity/v4/Users`. Source: v4.identity.md, "Retrieve Users".

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use bursar_directory::{Listed, api as directory};
use bursar_kernel::Uuid;
use bursar_oauth::{Caller, Refused};
use bursar_web::{DataCenter, Form};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ProfileState;
use crate::access::Identity;
use crate::answer::IdentityUser;
use crate::attributes::Attributes;
use crate::error::{ProfileError, ScimError};
use crate::filter::{Condition, conditions};

/// Users in one answer when none says how many. Source: the parameter `count`.
const COUNT_DEFAULT: i64 = 10;
/// Users in one answer at most. `Choice:` who asks for more gets these (RFC 7644 section 3.4.2.4).
const COUNT_MAX: i64 = 100;

/// Some of a company's users.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserList {
    schemas: [&'static str; 1],
    /// How many there are in all.
    total_results: i64,
    /// The number of the first of these, from 1.
    start_index: i64,
    /// How many are here.
    items_per_page: usize,
    #[serde(rename = "Resources")]
    resources: Vec<IdentityUser>,
}

/// The caller's company's users, or those that a filter finds.
#[utoipa::path(get, path = "/profile/identity/v4/Users", tag = "Identity v4",
    params(
        ("filter" = Option<String>, Query, description = "attribute eq \"value\""),
        ("userName" = Option<String>, Query, description = "One user"),
        ("companyId" = Option<String>, Query, description = "With `employeeNumber`"),
        ("employeeNumber" = Option<String>, Query, description = "With `companyId`"),
        ("externalId" = Option<String>, Query, description = "The directory has none"),
        ("attributes" = Option<String>, Query, description = "To be shown; with commas"),
        ("excludedAttributes" = Option<String>, Query, description = "Not to be shown"),
        ("startIndex" = Option<String>, Query, description = "From 1"),
        ("count" = Option<String>, Query, description = "At most 100; 10 if not given"),
    ),
    responses((status = 200, body = UserList), (status = 400, body = ScimError),
        (status = 401, body = ScimError), (status = 403, body = ScimError)))]
pub(crate) async fn list_users(
    State(state): State<ProfileState>,
    caller: Caller<Identity>,
    Extension(here): Extension<Arc<DataCenter>>,
    RawQuery(query): RawQuery,
) -> Result<Json<UserList>, ProfileError> {
    let query = Form::parse(query.unwrap_or_default().as_bytes())?;
    let wanted = conditions(&query)?;
    let page = Page::of(&query)?;
    let company_id = company(&caller)?;
    let (total_results, found) = state.find(company_id, &wanted, &page).await?;
    let show = Attributes::new(caller.scopes(), &query);
    let users = found.into_iter();
    let resources: Vec<_> = users
        .map(|user| IdentityUser::new(user, &show, &here))
        .collect();
    Ok(Json(UserList {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        total_results,
        start_index: page.start,
        items_per_page: resources.len(),
        resources,
    }))
}

/// The caller's company: only companies call.
pub(crate) fn company(caller: &Caller<Identity>) -> Result<Uuid, ProfileError> {
    let none = ProfileError::Refused(Refused::WrongKind);
    caller.company_id.ok_or(none)
}

/// Which part of what was found is answered.
struct Page {
    start: i64,
    count: i64,
}

impl Page {
    fn of(query: &Form) -> Result<Self, ProfileError> {
        let number = |name, default: i64| match query.get(name) {
            Some(text) => text
                .parse()
                .map_err(|_| ProfileError::Value("startIndex and count are whole numbers")),
            None => Ok(default),
        };
        Ok(Self {
            start: number("startIndex", 1)?.max(1),
            count: number("count", COUNT_DEFAULT)?.clamp(0, COUNT_MAX),
        })
    }
}

impl ProfileState {
    /// How many users of a company there are of whom all of `wanted` holds, and a page of them.
    async fn find(
        &self,
        company_id: Uuid,
        wanted: &[Condition],
        page: &Page,
    ) -> Result<(i64, Vec<Listed>), ProfileError> {
        let skipped = page.start - 1;
        let all = Condition::Company(company_id);
        if wanted.iter().all(|condition| *condition == all) {
            let args = (company_id, skipped, page.count);
            let read = self.db.scan(args, |tx, (company_id, skipped, count)| {
                Box::pin(directory::users_page(tx, company_id, *skipped, *count))
            });
            return Ok(read.await?);
        }
        let mut found = self.matching(company_id, wanted).await?;
        found.retain(|listed| wanted.iter().all(|condition| condition.holds(listed)));
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let [skipped, count] = [skipped, page.count].map(|n| usize::try_from(n).unwrap_or(0));
        Ok((total, found.into_iter().skip(skipped).take(count).collect()))
    }

    /// The users that the first usable condition finds; they are few.
    async fn matching(
        &self,
        company_id: Uuid,
        wanted: &[Condition],
    ) -> Result<Vec<Listed>, ProfileError> {
        let finder = wanted.iter().find_map(|condition| match condition {
            Condition::Is(finder) => Some(finder.clone()),
            Condition::Company(_) | Condition::Nobody => None,
        });
        let Some(finder) = finder else {
            // What is left holds of nobody here: another company, or an unknown id.
            return Ok(Vec::new());
        };
        let read = self
            .db
            .read((company_id, finder), |tx, (company_id, finder)| {
                Box::pin(directory::users_by(tx, company_id, finder))
            });
        Ok(read.await?)
    }
}
