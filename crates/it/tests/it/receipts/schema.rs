//! A post against its schema: what is refused, and what is kept to the letter.

use bursar_testkit::db_test;
use serde_json::{Value, json};

use super::sample::{EACH_TYPE, smallest, with, without};
use crate::app::*;
use crate::signin::{ANA_SIGNS_IN, cookie};

/// The paths at fault, in order.
fn paths(faults: &Value) -> Vec<&str> {
    let faults = faults["validationErrors"].as_array().unwrap();
    let mut paths: Vec<_> = faults
        .iter()
        .map(|fault| fault["path"].as_str().unwrap())
        .collect();
    paths.sort_unstable();
    paths
}

db_test! {
    async fn one_fault_is_named_with_its_path(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let country = "/seller/location/address/addressCountry";
        for (body, path) in [
            (with("/total", json!(12.5)), "/total"),
            (with("/total", json!(12)), "/total"),
            (with("/total", json!("12,50")), "/total"),
            (with("/total", json!("")), "/total"),
            (with("/total", json!("1e3")), "/total"),
            (with("/total", Value::Null), "/total"),
            (with("/taxesTotal", json!(0)), "/taxesTotal"),
            (with("/payments/0/amount", json!(12.5)), "/payments/0/amount"),
            (with("/currencyCode", json!("EURO")), "/currencyCode"),
            (with("/currencyCode", json!("eur")), "/currencyCode"),
            (with("/currencyCode", json!("ZZZ")), "/currencyCode"),
            (with(country, json!("XX")), country),
            (with(country, json!("Germany")), country),
            (with(country, json!("de")), country),
            (with("/dateTime", json!("2026-11-20T18:05:00Z")), "/dateTime"),
            (with("/dateTime", json!("2026-11-20T18:05:00")), "/dateTime"),
            (with("/dateTime", json!("2026-02-30T18:05:00+01:00")), "/dateTime"),
            (with("/dateTime", json!("20.11.2026")), "/dateTime"),
            (with("/seller", json!("Corner Bakery")), "/seller"),
            (with("/payments", json!([])), "/payments"),
            (with("/payments", json!({})), "/payments"),
            (without("/total"), "/total"),
            (without("/currencyCode"), "/currencyCode"),
            (without("/dateTime"), "/dateTime"),
            (without("/seller"), "/seller"),
            (without("/payments"), "/payments"),
            (without(country), country),
        ] {
            let answer = app.post(&token, ANA, body.clone()).await;
            assert_eq!(answer.status, 400, "{body}");
            let faults = answer.json();
            assert_eq!(faults.as_object().unwrap().len(), 1);
            assert_eq!(paths(&faults), [path], "{body} {faults}");
            for fault in faults["validationErrors"].as_array().unwrap() {
                let fault = fault.as_object().unwrap();
                assert_eq!(fault.keys().collect::<Vec<_>>(), ["expected", "got", "message", "path"]);
                assert!(fault.values().all(Value::is_string));
            }
        }
        assert_eq!(app.stored().await, 0);
        app.stop().await;
    }
}

db_test! {
    async fn all_faults_are_named_at_once(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let answer = app.post(&token, ANA, "{}").await;
        let expected = ["/currencyCode", "/dateTime", "/payments", "/seller", "/total"];
        assert_eq!((answer.status, paths(&answer.json())), (400, expected.to_vec()));

        let mut receipt = smallest();
        receipt["total"] = json!(1);
        receipt["currencyCode"] = json!("ZZZ");
        receipt["seller"]["location"]["address"] = json!({"addressCountry": "XX"});
        receipt["taxes"] = json!([{"amount": "1"}, {}, {"amount": 1}]);
        receipt["lineItems"] = json!([{"total": 1}]);
        let answer = app.post(&token, ANA, receipt.to_string()).await;
        let faults = answer.json();
        let found = paths(&faults);
        for path in ["/currencyCode", "/lineItems/0/total", "/taxes/1/amount", "/taxes/2/amount",
            "/seller/location/address/addressCountry", "/total"]
        {
            assert!(found.contains(&path), "{path} {faults}");
        }
        let exact = json!({"path": "/taxes/1/amount", "message": "amount is missing",
            "got": "nothing"});
        let fault = faults["validationErrors"].as_array().unwrap().iter()
            .find(|fault| fault["path"] == "/taxes/1/amount").unwrap();
        for (name, value) in exact.as_object().unwrap() {
            assert_eq!(&fault[name], value);
        }

        // A hundred, and how many more.
        let taxes = with("/taxes", vec![json!({}); 150].into());
        let faults = app.post(&token, ANA, taxes).await.json();
        let faults = faults["validationErrors"].as_array().unwrap();
        assert_eq!(faults.len(), 101);
        assert_eq!(faults[100]["message"], "50 more faults are not listed");
        assert_eq!(app.stored().await, 0);
        app.stop().await;
    }
}

db_test! {
    async fn each_type_is_held_to_its_own_schema(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        for (schema, pointer) in [
            ("air-receipt", "/tickets/1/coupons/3/originationAirportIATACode"),
            ("car-rental-receipt", "/vehicle/classRentedCode"),
            ("ground-transport-receipt", "/travelDuration"),
            ("hotel-receipt", "/guests/1/lastName"),
            ("jpt-ic-card-receipt", "/segments/5/toStationCode"),
            ("rail-receipt", "/railTickets/1/segments/2/trainNumber"),
        ] {
            let (_, body) = EACH_TYPE.iter().find(|(name, _)| *name == schema).unwrap();
            let mut receipt: Value = serde_json::from_str(body).unwrap();
            *receipt.pointer_mut(pointer).unwrap() = json!(5);
            receipt["total"] = json!(5);
            let link = format!("<http://schema.concursolutions.com/{schema}.schema.json>;rel=describedBy");
            let call = app.us.post(&format!("/receipts/v4/users/{ANA}")).bearer(&token);
            let answer = call.header("link", &link).json(receipt.to_string()).send().await;
            let mut expected = ["/total", pointer];
            expected.sort_unstable();
            assert_eq!((answer.status, paths(&answer.json())), (400, expected.to_vec()), "{schema}");
        }
        // A stay is no flight, whatever it has in common with one.
        let (_, stay) = EACH_TYPE[4];
        let call = app.us.post(&format!("/receipts/v4/users/{ANA}")).bearer(&token);
        let link = "<http://schema.concursolutions.com/rail-receipt.schema.json>;rel=describedBy";
        let answer = call.header("link", link).json(stay).send().await;
        assert_eq!((answer.status, paths(&answer.json())), (400, vec!["/railTickets"]));
        assert_eq!(app.stored().await, 0);
        app.stop().await;
    }
}

db_test! {
    async fn the_merchant_of_an_ic_card_is_shown(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let token = app.token(ANA).await;
        let (_, body) = EACH_TYPE[5];
        let mut receipt: Value = serde_json::from_str(body).unwrap();
        receipt.as_object_mut().unwrap().remove("seller").unwrap();
        let call = app.us.post(&format!("/receipts/v4/users/{ANA}")).bearer(&token);
        let link = "<http://schema.concursolutions.com/jpt-ic-card-receipt.schema.json>;rel=describedBy";
        let answer = call.header("link", link).json(receipt.to_string()).send().await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        app.processed(&token, answer.header("location")).await;
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        let id = answer.header("location").rsplit('/').next().unwrap().to_owned();
        for page in ["/expenses", &format!("/expenses/{id}")] {
            let page = app.us.get(page).cookie(&ana).send().await.text();
            assert!(page.contains("Kaido Transit Card Company"), "{page}");
        }
        let page = app.us.get(&format!("/expenses/{id}")).cookie(&ana).send().await.text();
        assert!(page.contains("Kaido Building, 14th floor, Shinjuku, 13, 160-0023, JPN"), "{page}");
        app.stop().await;
    }
}

db_test! {
    async fn what_the_documents_allow_is_kept_to_the_letter(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let token = app.token(ANA).await;
        let forty = "1234567890123456789012345678901234567890";
        let good = smallest().to_string();
        let named = |name: &str| good.replace("Corner Bakery", name);
        let bodies = [
            bursar_sandbox::BOOKING_FEE.to_owned(),
            bursar_sandbox::TAX_ID.to_owned(),
            with("/total", json!("-12.50")),
            with("/total", json!(forty)),
            with("/total", json!(format!("{forty}.{forty}"))),
            with("/total", json!("180.0")),
            with("/total", json!("0.00")),
            with("/somethingNew", json!({"deep": [1, 2.50, 1e2, null, true]})),
            named("Café 東京 مطعم हिन्दी 🍰👩‍👩‍👧 <script>alert(1)</script>"),
            named("\\u0041\\ud83c\\udf70\\/\\t\\u202e"),
            named("'; DROP TABLE receipts_receipt; --"),
            good.replace(',', " ,\n\t").replace("\":", "\" : "),
            good.replace("\"total\"", "\"tot\\u0061l\""),
            format!("\n {good} \r\n"),
            with("/number", json!(1)).replace("\"number\":1", "\"number\":1.000E+02"),
        ];
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        for body in &bodies {
            let url = app.accepted(&token, ANA, body.as_str()).await;
            app.processed(&token, &url).await;
            let answer = app.us.get(&url).bearer(&token).send().await;
            let (id, user) = (url.rsplit('/').next().unwrap(), ANA);
            let now = app.clock.now().rfc3339();
            let base = &app.us.base;
            let expected = format!(
                "{{\"dateTimeReceived\":\"{now}\",\"id\":\"{id}\",\"image\":\"{url}/image\",\
                 \"receipt\":{},\"userId\":\"{user}\",\"validationSchema\":\
                 \"http://schema.concursolutions.com/general-receipt.schema.json\",\
                 \"self\":\"{url}\",\"template\":\"{base}/receipts/v4/{{receiptId}}\"}}",
                body.trim()
            );
            assert_eq!((answer.status, answer.text()), (200, expected));
            assert_eq!(answer.header("content-type"), "application/json");
            let image = app.us.get(&format!("{url}/image")).bearer(&token).send().await;
            assert!(image.body.starts_with(b"%PDF-"), "{body}");
            for suffix in ["", "/picture.png"] {
                let page = app.us.get(&format!("/expenses/{id}{suffix}")).cookie(&ana);
                assert_eq!(page.send().await.status, 200, "{body}");
            }
        }
        assert_eq!(app.us.get("/expenses").cookie(&ana).send().await.status, 200);
        app.stop().await;
    }
}
