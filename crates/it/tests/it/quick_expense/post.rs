//! What is taken, and what comes back.

use bursar_testkit::db_test;
use serde_json::{Value, json};

use super::sample::{GUIDE, created, path, post, smallest, with};
use crate::app::*;

db_test! {
    async fn the_guides_quick_expense_is_taken_as_it_stands(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let call = app.us.post(&path(ANA)).bearer(&token).correlated("quick-1");
        let answer = call.json(GUIDE).send().await;
        assert_eq!((answer.status, answer.header("concur-correlationid")), (201, "quick-1"));
        let (key, id) = (answer.field("mobileEntryKeyUri"), answer.field("quickExpenseIdUri"));
        let expected = format!("{{\"mobileEntryKeyUri\":\"{key}\",\"quickExpenseIdUri\":\"{id}\"}}");
        assert_eq!(answer.text(), expected);
        let own = format!("{}{}/", app.us.base, path(ANA));
        let number = key.strip_prefix(&own).unwrap();
        assert!(number.bytes().all(|byte| byte.is_ascii_digit()), "{number}");
        let hex = id.strip_prefix(&own).unwrap();
        assert_eq!(hex.len(), 32);
        assert!(hex.bytes().all(|byte| b"0123456789ABCDEF".contains(&byte)), "{hex}");

        // Our own extension: both addresses can be read.
        let expected = format!(
            "{{\"quickExpenseId\":\"{hex}\",\"userId\":\"{ANA}\",\"comment\":\"Business Meal\",\
             \"expenseTypeId\":\"BUSML\",\"location\":{{\"city\":\"Bellevue\",\
             \"countryCode\":\"US\",\"countrySubDivisionCode\":\"US-WA\",\"name\":\"ARIA\"}},\
             \"paymentTypeId\":\"CASHX\",\"transactionAmount\":{{\"currencyCode\":\"USD\",\
             \"value\":120.00}},\"transactionDate\":\"2022-12-12\",\"vendor\":\"ARIA\"}}"
        );
        for url in [&key, &id] {
            let answer = app.us.get(url).bearer(&token).send().await;
            assert_eq!((answer.status, answer.text()), (200, expected.clone()), "{url}");
        }
        app.stop().await;
    }
}

/// What a posted quick expense reads like.
async fn kept(app: &TestApp, token: &str, body: String) -> Value {
    let url = created(app, token, ANA, body).await;
    let answer = app.us.get(&url).bearer(token).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

db_test! {
    async fn what_the_documents_allow_is_taken(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        for (pointer, value, kept_value) in [
            ("/expenseTypeId", json!("UNDEF"), json!("UNDEF")),
            ("/expenseTypeId", json!("NULL"), json!("UNDEF")),
            ("/expenseTypeId", json!("01028"), json!("01028")),
            ("/paymentTypeId", json!("CASHX"), json!("CASHX")),
            ("/paymentTypeId", json!("CPAID"), json!("CPAID")),
            ("/paymentTypeId", json!("PENDC"), json!("PENDC")),
            ("/paymentTypeId", json!(""), json!(null)),
            ("/paymentTypeId", json!(null), json!(null)),
            ("/comment", json!("Café 東京 🍰 <b>"), json!("Café 東京 🍰 <b>")),
            ("/entryDetails", json!("x"), json!("x")),
            ("/vendor", json!("x".repeat(5000)), json!("x".repeat(5000))),
            ("/VENDOR", json!("x"), json!(null)),
            ("/location", json!({"id": "", "name": ""}), json!(null)),
            ("/location", json!({"countryCode": "USA"}), json!({"countryCode": "USA"})),
            ("/location", json!({"City": "Köln", "x": 1}), json!({"city": "Köln"})),
            ("/transactionDate", json!("2028-02-29"), json!("2028-02-29")),
            ("/somethingNew", json!({"deep": [1]}), json!(null)),
        ] {
            let quick = kept(&app, &token, with(pointer, value)).await;
            assert_eq!(quick.pointer(pointer).unwrap_or(&Value::Null), &kept_value, "{pointer}");
        }
        let capital = smallest().to_string().replace("transactionA", "TransactionA");
        assert_eq!(kept(&app, &token, capital).await["transactionAmount"]["currencyCode"], "EUR");
        let named = kept(&app, &token, with("/VENDOR", json!("x"))).await;
        assert_eq!(named["vendor"], "x", "names are known in any case");
        app.stop().await;
    }
}

db_test! {
    async fn amounts_keep_their_digits(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        for (sent, kept) in [
            ("120.00", "120.00"),
            ("0", "0"),
            ("-12.50", "-12.50"),
            ("0.10000000", "0.10000000"),
            ("999999999999999.99", "999999999999999.99"),
            ("1.25E+2", "125"),
        ] {
            let body = smallest().to_string().replace("12.5", sent);
            let url = created(&app, &token, ANA, body).await;
            let read = app.us.get(&url).bearer(&token).send().await.text();
            assert!(read.contains(&format!("\"value\":{kept}}}")), "{sent}: {read}");
        }
        for sent in ["1000000000000000", "0.123456789", "1e20", "1e-9"] {
            let body = smallest().to_string().replace("12.5", sent);
            let answer = post(&app, &token, ANA, body).await;
            assert_eq!(answer.status, 400, "{sent}");
            let fault = &answer.json()["validationErrors"][0];
            assert_eq!(fault["source"], "transactionAmount.value", "{sent}");
        }
        app.stop().await;
    }
}
