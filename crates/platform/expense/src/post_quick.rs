//! `POST /quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses`.
//! Source: v4.quick-expense.md, "Create a Quick Expense".

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use bursar_db::{DbError, Isolation};
use bursar_kernel::{Uuid, hex32};
use bursar_oauth::Caller;
use bursar_web::{BodyError, DataCenter, RawBody, json};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Call, Named, Quick};
use crate::error::{ExpenseError, ExpenseErrorBody, Fault};
use crate::group::Group;
use crate::model::{NewQuickExpense, QuickFacts};
use crate::quick::{self, CONTEXT};
use crate::{ExpenseState, limit, store};

/// `Choice:` a quick expense is a few lines.
const BODY_MAX: usize = 1 << 20;

/// Where the new quick expense is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuickExpenseCreated {
    /// Source: e-receipts and quick expense guide, "Posting Quick Expenses"; ends with a number.
    mobile_entry_key_uri: String,
    /// Source: v4.quick-expense.md, "Quick Expense Response"; ends with 32 hex digits.
    quick_expense_id_uri: String,
}

/// Posts a quick expense.
#[utoipa::path(post, tag = "Quick Expense v4",
    path = "/quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses",
    params(
        ("userId" = String, Path, description = "The traveller's UUID"),
        ("contextType" = String, Path, description = "TRAVELER"),
    ),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 201, body = QuickExpenseCreated),
        (status = 400, body = ExpenseErrorBody), (status = 401, body = ExpenseErrorBody),
        (status = 403, body = ExpenseErrorBody), (status = 404, body = ExpenseErrorBody),
        (status = 413, body = ExpenseErrorBody), (status = 415, body = ExpenseErrorBody),
        (status = 429, body = ExpenseErrorBody)))]
pub(crate) async fn post_quick_expense(
    State(state): State<ExpenseState>,
    caller: Caller<Quick>,
    call: Call,
    Extension(data_center): Extension<Arc<DataCenter>>,
    Named((user_id, context)): Named<(String, String)>,
    body: Result<RawBody<BODY_MAX>, BodyError>,
) -> Result<(StatusCode, Json<QuickExpenseCreated>), ExpenseError> {
    let post = async {
        let company_id = company(&caller)?;
        let user_id = caller.user_named(&state.db, &user_id).await?;
        state.limit.check(user_id, state.clock.now())?;
        let group = state.group(company_id).await?;
        match read(body, &context, &group) {
            Ok((body, facts)) => {
                let now = state.clock.now();
                let new = NewQuickExpense {
                    company_id,
                    id: state.rng.uuid_at(now),
                    user_id,
                    app_id: caller.app_id,
                    app_name: caller.app_name().to_owned(),
                    body,
                    facts,
                    received_at: now,
                };
                state.store(new).await
            }
            Err(fault) => {
                state.count(company_id, user_id).await?;
                Err(fault)
            }
        }
    };
    let (user_id, id, number) = post.await.map_err(|fault| call.refused(fault))?;
    let own = format!("/quickexpense/v4/users/{user_id}/context/{CONTEXT}/quickexpenses");
    let id = hex32(&id).to_uppercase();
    let created = QuickExpenseCreated {
        mobile_entry_key_uri: data_center.api_url(&format!("{own}/{number}")),
        quick_expense_id_uri: data_center.api_url(&format!("{own}/{id}")),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// The caller's company. Apps that act for nobody have none, and no access here.
pub(crate) fn company<A>(caller: &Caller<A>) -> Result<Uuid, Fault> {
    caller.company_id.ok_or(Fault::NotFound)
}

/// The body as it was sent, and what it says.
fn read(
    body: Result<RawBody<BODY_MAX>, BodyError>,
    context: &str,
    group: &Group,
) -> Result<(String, QuickFacts), Fault> {
    let body = body?;
    let content_type = body
        .content_type
        .as_ref()
        .map(bursar_web::ContentType::essence);
    if content_type != Some("application/json") {
        return Err(Fault::NotJson);
    }
    let document = json::parse(&body.bytes)?;
    // Parsing has shown that it is UTF-8.
    let text = String::from_utf8_lossy(&body.bytes).into_owned();
    let facts = quick::read(context, &text, &document, group).map_err(Fault::Rules)?;
    Ok((text, facts))
}

impl ExpenseState {
    pub(crate) async fn group(&self, company_id: Uuid) -> Result<Group, DbError> {
        let read = self.db.read(company_id, |tx, company_id| {
            Box::pin(store::group(tx, *company_id))
        });
        read.await
    }

    /// Counts the request and, if it is not one too many, stores the quick expense.
    async fn store(&self, new: NewQuickExpense) -> Result<(Uuid, Uuid, i64), Fault> {
        let (user_id, id, now) = (new.user_id, new.id, new.received_at);
        let write = self.db.write(Isolation::ReadCommitted, new, |tx, new| {
            Box::pin(async move {
                let place = (new.company_id, new.user_id);
                match limit::count(tx, place, new.received_at).await? {
                    Some(until) => Ok(Err(until)),
                    None => Ok(Ok(store::insert_quick(tx, new).await?)),
                }
            })
        });
        let stored: Result<_, DbError> = write.await;
        stored?
            .map(|number| (user_id, id, number))
            .map_err(|until| self.limit.refuse(user_id, until, now))
    }

    /// Counts a request that stores nothing, and refuses it if it is one too many.
    async fn count(&self, company_id: Uuid, user_id: Uuid) -> Result<(), Fault> {
        let now = self.clock.now();
        let args = ((company_id, user_id), now);
        let write = self
            .db
            .write(Isolation::ReadCommitted, args, |tx, &(place, now)| {
                Box::pin(limit::count(tx, place, now))
            });
        let over: Result<_, DbError> = write.await;
        match over? {
            Some(until) => Err(self.limit.refuse(user_id, until, now)),
            None => Ok(()),
        }
    }
}
