//! `GET …/quickexpenses/{quickExpenseId}`: an extension of ours. The documents give an address for
//! what was posted, and no way to read it.

use axum::Json;
use axum::extract::State;
use bursar_db::DbError;
use bursar_kernel::{Uuid, hex32};
use bursar_oauth::Caller;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::access::{Call, Named, Quick};
use crate::error::{ExpenseError, ExpenseErrorBody, Fault};
use crate::model::{Location, QuickExpense};
use crate::post_quick::company;
use crate::quick::CONTEXT;
use crate::{ExpenseState, store};

/// A quick expense, with the documented names of what was posted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuickExpenseBody {
    quick_expense_id: String,
    user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry_details: Option<String>,
    expense_type_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_type_id: Option<String>,
    transaction_amount: QuickExpenseAmount,
    transaction_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct QuickExpenseAmount {
    currency_code: String,
    /// All the digits that were posted.
    #[schema(value_type = f64)]
    value: Box<RawValue>,
}

impl QuickExpenseBody {
    fn new(quick: QuickExpense) -> Result<Self, DbError> {
        let facts = quick.facts;
        Ok(Self {
            quick_expense_id: hex32(&quick.id).to_uppercase(),
            user_id: quick.user_id.to_string(),
            comment: facts.comment,
            entry_details: facts.entry_details,
            expense_type_id: facts.expense_type.id,
            location: facts.location,
            payment_type_id: facts.payment_type_id,
            transaction_amount: QuickExpenseAmount {
                currency_code: facts.currency_code,
                value: RawValue::from_string(facts.amount)
                    .map_err(|_| DbError::Decode { column: 8 })?,
            },
            transaction_date: facts.transaction_date,
            vendor: facts.vendor,
        })
    }
}

/// A quick expense that the calling app has posted. An extension: the documents have no read.
#[utoipa::path(get, tag = "Quick Expense v4",
    path = "/quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses/{quickExpenseId}",
    params(
        ("userId" = String, Path, description = "The traveller's UUID"),
        ("contextType" = String, Path, description = "TRAVELER"),
        ("quickExpenseId" = String, Path, description = "From either answered URI"),
    ),
    responses((status = 200, body = QuickExpenseBody), (status = 401, body = ExpenseErrorBody),
        (status = 403, body = ExpenseErrorBody), (status = 404, body = ExpenseErrorBody)))]
pub(crate) async fn get_quick_expense(
    State(state): State<ExpenseState>,
    caller: Caller<Quick>,
    call: Call,
    Named((user_id, context, id)): Named<(String, String, String)>,
) -> Result<Json<QuickExpenseBody>, ExpenseError> {
    let get = async {
        let company_id = company(&caller)?;
        let user_id = caller.user_named(&state.db, &user_id).await?;
        let id = Id::parse(&id).filter(|_| context == CONTEXT);
        let id = id.ok_or(Fault::NotFound)?;
        let found = state.quick(company_id, id).await?;
        // `Choice:` the one scope there is is for writing only, so that an app sees what it wrote.
        found
            .filter(|quick| quick.user_id == user_id && quick.app_id == caller.app_id)
            .map(QuickExpenseBody::new)
            .transpose()?
            .ok_or(Fault::NotFound)
    };
    get.await.map(Json).map_err(|fault| call.refused(fault))
}

/// The end of an answered URI.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Id {
    /// 32 upper-case hex digits, of `quickExpenseIdUri`.
    Hex(Uuid),
    /// A number, of `mobileEntryKeyUri`.
    Number(i64),
}

impl Id {
    fn parse(text: &str) -> Option<Self> {
        if text.len() == 32 {
            let id = Uuid::try_parse(text).ok()?;
            return (hex32(&id).to_uppercase() == text).then_some(Self::Hex(id));
        }
        let number: i64 = text.parse().ok()?;
        (number.to_string() == text).then_some(Self::Number(number))
    }
}

impl ExpenseState {
    async fn quick(&self, company_id: Uuid, id: Id) -> Result<Option<QuickExpense>, DbError> {
        let read = self.db.read((company_id, id), |tx, &(company_id, id)| {
            Box::pin(async move {
                let id = match id {
                    Id::Hex(id) => Some(id),
                    Id::Number(number) => store::quick_numbered(tx, company_id, number).await?,
                };
                match id {
                    Some(id) => store::quick(tx, company_id, id).await,
                    None => Ok(None),
                }
            })
        });
        read.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        let hex = "506CF67C85BA436097F434F39CAE7DD8";
        assert!(matches!(Id::parse(hex), Some(Id::Hex(_))));
        assert_eq!(Id::parse("1234157338"), Some(Id::Number(1_234_157_338)));
        for text in [
            "",
            "+1",
            "01",
            "1 ",
            "x",
            &hex.to_lowercase(),
            "99999999999999999999",
        ] {
            assert_eq!(Id::parse(text), None, "{text}");
        }
    }
}
