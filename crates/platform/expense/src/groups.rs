//! `GET /api/v3.0/expense/expensegroupconfigurations` and one of them.
//! Source: expense/expense-report/expense-group-configurations.markdown.

mod accept;
mod xml;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bursar_db::DbError;
use bursar_directory::{Finder, Role, api as directory};
use bursar_kernel::{Uuid, hex32};
use bursar_oauth::Caller;
use bursar_web::{DataCenter, Form};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ExpenseState;
use crate::access::{Call, Configuration, Named};
use crate::error::{Broken, ExpenseError, ExpenseErrorBody, Fault};
use crate::group::{ConfiguredType, Group, PaymentType, Policy};
use crate::post_quick::company;

/// `Choice:` the page gives 10 as the default, and no greatest.
const LIMIT_MAX: i64 = 100;
/// Who asks for everybody's. Source: the page's request URL.
const EVERYBODY: &str = "ALL";

/// The groups that there are for the caller.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ExpenseGroupList {
    items: Vec<ExpenseGroup>,
    /// Where more are. `Choice:` a company has one group, so that this is never more than `null`.
    next_page: Option<String>,
}

/// An expense group's configuration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ExpenseGroup {
    name: String,
    #[serde(rename = "AttendeeListFormID")]
    attendee_list_form_id: Option<String>,
    attendee_list_form_name: Option<String>,
    allow_user_register_yodlee: bool,
    allow_user_digital_tax_invoice: bool,
    cash_advance: Option<String>,
    attendee_types: Vec<String>,
    payment_types: Vec<ExpenseGroupPaymentType>,
    policies: Vec<ExpenseGroupPolicy>,
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "URI")]
    uri: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct ExpenseGroupPaymentType {
    /// `Choice:` what a quick expense takes as `paymentTypeId`.
    #[serde(rename = "ID")]
    id: String,
    name: String,
    is_default: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct ExpenseGroupPolicy {
    #[serde(rename = "ID")]
    id: String,
    name: String,
    is_default: bool,
    is_inheritable: bool,
    expense_types: Vec<ExpenseGroupType>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct ExpenseGroupType {
    code: String,
    name: String,
    expense_code: String,
}

impl ExpenseGroup {
    fn new(company_id: Uuid, group: Group, here: &DataCenter) -> Self {
        // `Choice:` a company has one group, and it is called by the company's id.
        let id = hex32(&company_id);
        let uri = here.api_url(&format!(
            "/api/v3.0/expense/expensegroupconfigurations/{id}"
        ));
        Self {
            name: group.name,
            attendee_list_form_id: None,
            attendee_list_form_name: None,
            allow_user_register_yodlee: false,
            allow_user_digital_tax_invoice: false,
            cash_advance: None,
            attendee_types: Vec::new(),
            payment_types: group.payment_types.into_iter().map(Into::into).collect(),
            policies: group.policies.into_iter().map(Into::into).collect(),
            id,
            uri,
        }
    }
}

impl From<PaymentType> for ExpenseGroupPaymentType {
    fn from(one: PaymentType) -> Self {
        Self {
            id: one.id,
            name: one.name,
            is_default: one.is_default,
        }
    }
}

impl From<Policy> for ExpenseGroupPolicy {
    fn from(policy: Policy) -> Self {
        Self {
            id: policy.id,
            name: policy.name,
            is_default: policy.is_default,
            is_inheritable: policy.is_inheritable,
            expense_types: policy.expense_types.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ConfiguredType> for ExpenseGroupType {
    fn from(one: ConfiguredType) -> Self {
        Self {
            code: one.code,
            name: one.name,
            expense_code: one.expense_code,
        }
    }
}

/// The expense groups that there are for the caller.
#[utoipa::path(get, path = "/api/v3.0/expense/expensegroupconfigurations",
    tag = "Expense Group Configurations v3.0",
    params(
        ("user" = Option<String>, Query, description = "A user name, or ALL"),
        ("offset" = Option<String>, Query, description = "From the page before"),
        ("limit" = Option<String>, Query, description = "At most 100; 10 if not given"),
    ),
    responses((status = 200, content((ExpenseGroupList = "application/json"),
            (String = "application/xml"), (String = "text/xml"))),
        (status = 400, body = ExpenseErrorBody),
        (status = 403, body = ExpenseErrorBody), (status = 404, body = ExpenseErrorBody),
        (status = 406, body = ExpenseErrorBody)))]
pub(crate) async fn list_groups(
    State(state): State<ExpenseState>,
    caller: Caller<Configuration>,
    call: Call,
    Extension(here): Extension<Arc<DataCenter>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ExpenseError> {
    let list = async {
        let query = Form::parse(query.unwrap_or_default().as_bytes())?;
        let skipped = skipped(&query)?;
        let (company_id, group) = state.group_for(&caller, &query).await?;
        let group = (skipped == 0).then(|| ExpenseGroup::new(company_id, group, &here));
        let list = ExpenseGroupList {
            items: group.into_iter().collect(),
            next_page: None,
        };
        answer(&headers, &list, xml::list)
    };
    list.await.map_err(|fault: Fault| call.refused(fault))
}

/// One expense group.
#[utoipa::path(get, path = "/api/v3.0/expense/expensegroupconfigurations/{groupId}",
    tag = "Expense Group Configurations v3.0",
    params(
        ("groupId" = String, Path, description = "From the list"),
        ("user" = Option<String>, Query, description = "A user name, or ALL"),
    ),
    responses((status = 200, content((ExpenseGroup = "application/json"),
            (String = "application/xml"), (String = "text/xml"))),
        (status = 400, body = ExpenseErrorBody),
        (status = 403, body = ExpenseErrorBody), (status = 404, body = ExpenseErrorBody),
        (status = 406, body = ExpenseErrorBody)))]
pub(crate) async fn get_group(
    State(state): State<ExpenseState>,
    caller: Caller<Configuration>,
    call: Call,
    Extension(here): Extension<Arc<DataCenter>>,
    Named(group_id): Named<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ExpenseError> {
    let get = async {
        let query = Form::parse(query.unwrap_or_default().as_bytes())?;
        let (company_id, group) = state.group_for(&caller, &query).await?;
        let group = ExpenseGroup::new(company_id, group, &here);
        // Another company's does not exist for this caller.
        if group.id != group_id {
            return Err(Fault::NotFound);
        }
        answer(&headers, &group, xml::one)
    };
    get.await.map_err(|fault: Fault| call.refused(fault))
}

/// How many groups come before the page that is asked for.
fn skipped(query: &Form) -> Result<i64, Fault> {
    let mut broken = Vec::new();
    let mut number = |name: &str, least: i64, most: i64| {
        let text = query.get(name)?;
        let number = text.parse().ok().filter(|n| (least..=most).contains(n));
        if number.is_none() {
            broken.push(Broken {
                message: format!("{name} is a number from {least} to {most}"),
                source: name.to_owned(),
            });
        }
        number
    };
    let offset = number("offset", 0, i64::from(i32::MAX));
    // More than the one group there is fits any limit.
    number("limit", 1, LIMIT_MAX);
    if broken.is_empty() {
        Ok(offset.unwrap_or(0))
    } else {
        Err(Fault::Rules(broken))
    }
}

/// An answer in the form that the caller likes best.
fn answer<T: Serialize>(
    headers: &HeaderMap,
    body: &T,
    xml: impl Fn(&T) -> Vec<u8>,
) -> Result<Response, Fault> {
    match accept::best(headers) {
        Some(accept::JSON) => Ok(Json(body).into_response()),
        Some(media_type) => Ok(([(CONTENT_TYPE, media_type)], xml(body)).into_response()),
        None => Err(Fault::NotAcceptable),
    }
}

impl ExpenseState {
    /// The caller's company and its group, if the caller may have it.
    async fn group_for(
        &self,
        caller: &Caller<Configuration>,
        query: &Form,
    ) -> Result<(Uuid, Group), Fault> {
        let company_id = company(caller)?;
        if let Some(name) = query.get("user") {
            self.may_ask_for(company_id, caller.user_id, name).await?;
        }
        Ok((company_id, self.group(company_id).await?))
    }

    /// Source: the parameter `user` is for web-service administrators. `Inferred:` company
    /// administrators are those; a company's token needs no role; everybody may name oneself.
    async fn may_ask_for(
        &self,
        company_id: Uuid,
        own: Option<Uuid>,
        name: &str,
    ) -> Result<(), Fault> {
        let args = (company_id, own, name.to_owned());
        let read = self.db.read(args, |tx, (company_id, own, name)| {
            Box::pin(async move {
                let own = match own {
                    Some(own) => directory::user(tx, own).await?,
                    None => None,
                };
                let finder = Finder::UserName(name.clone());
                let found = directory::users_by(tx, company_id, &finder).await?;
                Ok::<_, DbError>((own, found))
            })
        });
        let (user, found) = read.await?;
        if let (Some(_), Some(user)) = (own, user) {
            let user = user.user;
            let itself = found.iter().any(|one| one.member.user.id == user.id);
            if !itself && !user.roles.has(Role::CompanyAdmin) {
                return Err(Fault::NotAdministrator);
            }
        }
        if found.is_empty() && name != EVERYBODY {
            return Err(Fault::NotFound);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numbers_are_checked_at_once() {
        let query = |text: &str| skipped(&Form::parse(text.as_bytes()).unwrap());
        assert_eq!(query("limit=100&offset=7").unwrap(), 7);
        assert_eq!(query("").unwrap(), 0);
        for text in ["limit=0&offset=-1", "limit=101&offset=x"] {
            let Err(Fault::Rules(broken)) = query(text) else {
                panic!("{text}");
            };
            let sources: Vec<_> = broken.iter().map(|one| one.source.as_str()).collect();
            assert_eq!(sources, ["offset", "limit"]);
        }
    }
}
