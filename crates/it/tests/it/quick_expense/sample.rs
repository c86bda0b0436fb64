//! Quick expenses to send.

use serde_json::{Value, json};

use crate::app::TestApp;
use crate::http::Answer;

/// As the e-receipts and quick expense guide posts it, to the letter.
pub(crate) const GUIDE: &str = r#"{
"Comment": "Business Meal",
"expenseTypeId": "BUSML",
"location": {
"city": "Bellevue",
"countryCode": "US",
"countrySubDivisionCode": "US-WA",
"name": "ARIA"
},
"paymentTypeId": "CASHX",
"transactionAmount": {
"currencyCode": "USD",
"value": 120.00
},
"transactionDate": "2022-12-12",
"Vendor": "ARIA"
}"#;

/// What is required and nothing else.
pub(crate) fn smallest() -> Value {
    json!({
        "expenseTypeId": "TAXIX",
        "transactionAmount": {"currencyCode": "EUR", "value": 12.5},
        "transactionDate": "2026-11-20",
    })
}

/// The same with one value, by its JSON pointer, replaced or added.
pub(crate) fn with(pointer: &str, value: Value) -> String {
    let mut quick = smallest();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    quick.pointer_mut(parent).unwrap()[name] = value;
    quick.to_string()
}

/// The same without one value.
pub(crate) fn without(pointer: &str) -> String {
    let mut quick = smallest();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = quick.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(name).unwrap();
    quick.to_string()
}

/// Where a user's quick expenses are posted.
pub(crate) fn path(user: &str) -> String {
    format!("/quickexpense/v4/users/{user}/context/TRAVELER/quickexpenses")
}

/// Posts one in `us`.
pub(crate) async fn post(
    app: &TestApp,
    token: &str,
    user: &str,
    body: impl Into<Vec<u8>>,
) -> Answer {
    let call = app.us.post(&path(user)).bearer(token);
    call.json(body).send().await
}

/// Posts one that is taken, and answers its address.
pub(crate) async fn created(
    app: &TestApp,
    token: &str,
    user: &str,
    body: impl Into<Vec<u8>>,
) -> String {
    let answer = post(app, token, user, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.field("quickExpenseIdUri")
}

/// How many quick expenses there ever were: each has the next number.
pub(crate) async fn stored(app: &TestApp) -> i64 {
    let token = app.token(crate::app::ANA).await;
    let answer = post(app, &token, crate::app::ANA, smallest().to_string()).await;
    let last = answer.field("mobileEntryKeyUri");
    let number: i64 = last.rsplit('/').next().unwrap().parse().unwrap();
    number - 1
}
