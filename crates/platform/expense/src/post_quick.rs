//! `POST /quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses`.
//! Source: v4.quick-expense.md, "Create a Quick Expense".

use std::sync::Arc;

use axum::extract::{FromRequest as _, Request, State};
use axum::{Extension, Json};
use bursar_db::{DbError, Isolation};
use bursar_kernel::{Uuid, hex32};
use bursar_oauth::Caller;
use bursar_pictures::{Picture, Received};
use bursar_web::{DataCenter, RawBody, Strict, json};
use bytes::Bytes;
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
pub(crate) const BODY_MAX: usize = 1 << 20;

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
    Named(place): Named<(String, String)>,
    request: Request,
) -> Result<Created, ExpenseError> {
    let sent = json(request);
    let posted = state.post(&caller, &call, place, sent).await;
    posted
        .map(|posted| created(&data_center, &posted))
        .map_err(|fault| call.refused(fault))
}

/// What a post brings.
pub(crate) struct Sent {
    pub(crate) json: Bytes,
    pub(crate) picture: Option<Received>,
}

async fn json(request: Request) -> Result<Sent, Fault> {
    let body = RawBody::<BODY_MAX>::from_request(request, &()).await?;
    if !body.is_json() {
        return Err(Fault::NotJson);
    }
    Ok(Sent {
        json: body.bytes,
        picture: None,
    })
}

pub(crate) type Created = (StatusCode, Json<QuickExpenseCreated>);

/// What was stored: whose, its id and its number.
pub(crate) struct Posted {
    user_id: Uuid,
    id: Uuid,
    number: i64,
}

pub(crate) fn created(data_center: &DataCenter, posted: &Posted) -> Created {
    let Posted {
        user_id, number, ..
    } = posted;
    let own = format!("/quickexpense/v4/users/{user_id}/context/{CONTEXT}/quickexpenses");
    let id = hex32(&posted.id).to_uppercase();
    let created = QuickExpenseCreated {
        mobile_entry_key_uri: data_center.api_url(&format!("{own}/{number}")),
        quick_expense_id_uri: data_center.api_url(&format!("{own}/{id}")),
    };
    (StatusCode::CREATED, Json(created))
}

/// The caller's company. Apps that act for nobody have none, and no access here.
pub(crate) fn company<A>(caller: &Caller<A>) -> Result<Uuid, Fault> {
    caller.company_id.ok_or(Fault::NotFound)
}

impl ExpenseState {
    /// Takes a post for the user and context of its URL. `sent` is not read before the caller is
    /// known to be within the limit.
    pub(crate) async fn post(
        &self,
        caller: &Caller<Quick>,
        call: &Call,
        (user_id, context): (String, String),
        sent: impl Future<Output = Result<Sent, Fault>>,
    ) -> Result<Posted, Fault> {
        let company_id = company(caller)?;
        let user_id = caller.user_named(&self.db, &user_id).await?;
        self.limit.check(user_id, self.clock.now())?;
        let group = self.group(company_id).await?;
        let (body, facts, sent) = match taken(sent, &context, &group, &self.strict).await {
            Ok(taken) => taken,
            Err(fault) => {
                self.count(company_id, user_id).await?;
                return Err(fault);
            }
        };
        let now = self.clock.now();
        let new = NewQuickExpense {
            company_id,
            id: self.rng.uuid_at(now),
            user_id,
            app_id: caller.app_id,
            app_name: caller.app_name().to_owned(),
            body,
            facts,
            received_at: now,
            correlation_id: call.correlation_id.clone(),
            sent,
        };
        self.store(new).await
    }

    pub(crate) async fn group(&self, company_id: Uuid) -> Result<Group, DbError> {
        let read = self.db.read(company_id, |tx, company_id| {
            Box::pin(store::group(tx, *company_id))
        });
        read.await
    }

    /// Counts the request and, if it is not one too many, stores the quick expense.
    async fn store(&self, new: NewQuickExpense) -> Result<Posted, Fault> {
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
        let posted = |number| Posted {
            user_id,
            id,
            number,
        };
        stored?
            .map(posted)
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

/// The body as it was sent, what it says, and its picture, kept.
async fn taken(
    sent: impl Future<Output = Result<Sent, Fault>>,
    context: &str,
    group: &Group,
    strict: &Strict,
) -> Result<(String, QuickFacts, Option<Picture>), Fault> {
    let Sent { json, picture } = sent.await?;
    let document = json::parse(&json)?;
    // Parsing has shown that it is UTF-8.
    let text = String::from_utf8_lossy(&json).into_owned();
    let facts = quick::read(context, &text, &document, group, strict).map_err(Fault::Rules)?;
    let picture = match picture {
        Some(picture) => Some(picture.keep().await?),
        None => None,
    };
    Ok((text, facts, picture))
}
