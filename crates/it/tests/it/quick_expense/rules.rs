//! Each rule, broken.

use bursar_testkit::db_test;
use serde_json::{Value, json};

use super::sample::{path, post, smallest, stored, with, without};
use crate::app::*;

/// Where the faults are, in the order of the answer.
fn sources(body: &Value) -> Vec<&str> {
    let faults = body["validationErrors"].as_array().unwrap();
    let sources = faults.iter().map(|fault| fault["source"].as_str().unwrap());
    sources.collect()
}

db_test! {
    async fn one_fault_is_named_with_its_place(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let (value, currency) = ("transactionAmount.value", "transactionAmount.currencyCode");
        for (body, source) in [
            (without("/expenseTypeId"), "expenseTypeId"),
            (with("/expenseTypeId", json!(null)), "expenseTypeId"),
            (with("/expenseTypeId", json!("")), "expenseTypeId"),
            (with("/expenseTypeId", json!("XXXXX")), "expenseTypeId"),
            (with("/expenseTypeId", json!("taxix")), "expenseTypeId"),
            (with("/expenseTypeId", json!(1028)), "expenseTypeId"),
            (with("/paymentTypeId", json!("cashx")), "paymentTypeId"),
            (with("/paymentTypeId", json!("IBIP")), "paymentTypeId"),
            (with("/paymentTypeId", json!(1)), "paymentTypeId"),
            (without("/transactionAmount"), "transactionAmount"),
            (with("/transactionAmount", json!(12.5)), "transactionAmount"),
            (with("/transactionAmount", json!([])), "transactionAmount"),
            (without("/transactionAmount/value"), value),
            (with("/transactionAmount/value", json!("12.5")), value),
            (with("/transactionAmount/value", json!(null)), value),
            (without("/transactionAmount/currencyCode"), currency),
            (with("/transactionAmount/currencyCode", json!("eur")), currency),
            (with("/transactionAmount/currencyCode", json!("ZZZ")), currency),
            (with("/transactionAmount/currencyCode", json!("EURO")), currency),
            (with("/transactionAmount/currencyCode", json!(978)), currency),
            (without("/transactionDate"), "transactionDate"),
            (with("/transactionDate", json!("2026-02-30")), "transactionDate"),
            (with("/transactionDate", json!("20.11.2026")), "transactionDate"),
            (with("/transactionDate", json!("2026-11-20T00:00:00")), "transactionDate"),
            (with("/transactionDate", json!(20_261_120)), "transactionDate"),
            (with("/comment", json!(1)), "comment"),
            (with("/Comment", json!([])), "comment"),
            (with("/vendor", json!({})), "vendor"),
            (with("/entryDetails", json!(true)), "entryDetails"),
            (with("/location", json!("Bellevue")), "location"),
            (with("/location", json!({"city": 1})), "location.city"),
            (with("/location", json!({"id": 1})), "location.id"),
            (with("/location", json!({"name": 1})), "location.name"),
            (with("/location", json!({"countryCode": "XX"})), "location.countryCode"),
            (with("/location", json!({"countryCode": "us"})), "location.countryCode"),
            (with("/location", json!({"countrySubDivisionCode": "WA"})),
                "location.countrySubDivisionCode"),
            ("[]".to_owned(), ""),
            ("null".to_owned(), ""),
        ] {
            let answer = post(&app, &token, ANA, body.clone()).await;
            assert_eq!(answer.status, 400, "{body}");
            assert_eq!(sources(&answer.json()), [source], "{body}");
        }
        let mut twice = smallest();
        twice["vendor"] = json!("a");
        twice["Vendor"] = json!("b");
        let answer = post(&app, &token, ANA, twice.to_string()).await;
        assert_eq!((answer.status, sources(&answer.json())), (400, vec!["vendor"]));
        assert_eq!(stored(&app).await, 0);
        app.stop().await;
    }
}

db_test! {
    async fn all_faults_are_named_at_once_in_the_documented_shape(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let path = path(ANA).replace("TRAVELER", "PROXY");
        let call = app.us.post(&path).bearer(&token).correlated("mine-4");
        let body = json!({"transactionAmount": {"currencyCode": "ZZZ"}, "location": {"city": 1}});
        let answer = call.json(body.to_string()).send().await;
        let expected = json!({
            "errorId": "mine-4",
            "errorMessage": "the request breaks the rules that are listed",
            "httpStatus": "400",
            "path": path,
            "timestamp": NOW.rfc3339(),
            "validationErrors": [
                {"message": "TRAVELER is the only context", "source": "contextType"},
                {"message": "value is missing", "source": "transactionAmount.value"},
                {"message": "currencyCode is an ISO 4217 code in capital letters",
                    "source": "transactionAmount.currencyCode"},
                {"message": "expenseTypeId is missing", "source": "expenseTypeId"},
                {"message": "transactionDate is missing", "source": "transactionDate"},
                {"message": "city is a text", "source": "location.city"},
            ],
        });
        assert_eq!((answer.status, answer.json()), (400, expected));
        assert_eq!(stored(&app).await, 0);
        app.stop().await;
    }
}
