//! Documented rules that are stricter than ours, switched on: docs/behaviours.md.

use bursar_testkit::db_test;
use serde_json::json;

use super::sample::{smallest, with};
use crate::app::*;
use crate::quick_expense::sample as quick;

db_test! {
    async fn a_switch_refuses_what_is_accepted_otherwise(place: TestDb) {
        let app = TestApp::start_strict(&place, &["receipts-taxes-lenient", "quick-key-case"]).await;
        let token = app.token(ANA).await;
        let answer = app.post(&token, ANA, with("/taxes", json!([{"amount": "0.00"}]))).await;
        assert_eq!(answer.status, 400);
        let faults = answer.json()["validationErrors"].clone();
        assert_eq!(faults[0]["path"], "/taxes/0/authority");
        assert_eq!(faults[1]["path"], "/taxes/0/rate");
        let tax = json!([{"amount": "0.00", "rate": 0, "authority": {"addressCountry": "DE"}}]);
        assert_eq!(app.post(&token, ANA, with("/taxes", tax)).await.status, 201);
        // The schema that is served says so.
        let taxes = "/receipts/schemas/taxes.schema.json";
        let taxes = app.us.get(taxes).bearer(&token).send().await.json();
        assert_eq!(taxes["items"]["required"], json!(["authority", "rate", "amount"]));
        // Another rule is as lenient as ever.
        let offset = with("/dateTime", json!("2026-11-20T18:05:00-0500"));
        assert_eq!(app.post(&token, ANA, offset).await.status, 201);

        let answer = quick::post(&app, &token, ANA, quick::GUIDE).await;
        assert_eq!(answer.status, 400);
        let faults = answer.json()["validationErrors"].clone();
        assert_eq!((&faults[0]["source"], &faults[1]["source"]), (&json!("vendor"), &json!("comment")));
        let answer = quick::post(&app, &token, ANA, quick::smallest().to_string()).await;
        assert_eq!(answer.status, 201);
        app.stop().await;
    }
}

db_test! {
    async fn a_type_or_a_scheme_can_be_left_out(place: TestDb) {
        let app = TestApp::start_strict(&place, &["receipts-schema-list", "receipts-schema-https"]).await;
        let token = app.token(ANA).await;
        let of = |schema: &str| format!("<{schema}.schema.json>; rel=describedBy");
        for (schema, status) in [
            ("http://schema.concursolutions.com/general-receipt", 201),
            ("https://schema.concursolutions.com/general-receipt", 400),
            ("http://schema.concursolutions.com/jpt-ic-card-receipt", 400),
        ] {
            let call = app.us.post(&format!("/receipts/v4/users/{ANA}")).bearer(&token);
            let call = call.header("link", &of(schema)).json(smallest().to_string());
            let answer = call.send().await;
            assert_eq!(answer.status, status, "{schema}");
            let says = "Link header must be provided and include a URL to a known receipt schema";
            assert!(status == 201 || answer.text() == says);
        }
        let list = app.us.get("/receipts/schemas").bearer(&token).send().await.json();
        assert_eq!(list["receiptSchemas"].as_array().unwrap().len(), 6);
        let left_out = "/receipts/schemas/jpt-ic-card-receipt.schema.json";
        assert_eq!(app.us.get(left_out).bearer(&token).send().await.status, 404);
        app.stop().await;
    }
}
