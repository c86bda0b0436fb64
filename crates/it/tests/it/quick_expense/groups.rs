//! `/api/v3.0/expense/expensegroupconfigurations`.

use bursar_testkit::db_test;
use serde_json::{Value, json};

use super::sample::{post, with};
use crate::app::*;

const LIST: &str = "/api/v3.0/expense/expensegroupconfigurations";

/// Southbank's own group.
const SEED: &str = r#"
[[expense_groups]]
company = "1d3a7e6f-4b1c-4b97-8e3c-7b2d6c8fa002"
name = "Editors"
payment_types = [{ id = "CASHX", name = "Out of pocket", is_default = true }]

[[expense_groups.policies]]
id = "press"
name = "Press"
is_default = true
expense_types = [{ code = "BOOKS", name = "Books" }, { code = "LODNG", name = "Inn", expense_code = "LODGING" }]
"#;

db_test! {
    async fn a_company_without_a_group_has_the_default_one(place: TestDb) {
        let app = TestApp::start(&place).await;
        let id = NORTHWIND.replace('-', "");
        let own = format!("{LIST}/{id}");
        for who in [ANA, NORTHWIND] {
            let token = app.token_for(who, "CONFIG").await;
            let answer = app.us.get(LIST).bearer(&token).send().await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let mut list = answer.json();
            let one = app.us.get(&own).bearer(&token).send().await.json();
            assert_eq!(list, json!({"Items": [one], "NextPage": null}));
            let policies = list["Items"][0]["Policies"].take();
            let expected = json!({
                "Name": "Default",
                "AttendeeListFormID": null,
                "AttendeeListFormName": null,
                "AllowUserRegisterYodlee": false,
                "AllowUserDigitalTaxInvoice": false,
                "CashAdvance": null,
                "AttendeeTypes": [],
                "PaymentTypes": [
                    {"ID": "CASHX", "Name": "Cash", "IsDefault": true},
                    {"ID": "CPAID", "Name": "Company Paid", "IsDefault": false},
                    {"ID": "PENDC", "Name": "Pending Card Transaction", "IsDefault": false},
                ],
                "Policies": null,
                "ID": id,
                "URI": format!("{}{own}", app.us.base),
            });
            assert_eq!(list["Items"][0], expected);
            assert_eq!(policies[0]["Name"], "Default");
            let types = policies[0]["ExpenseTypes"].as_array().unwrap();
            assert_eq!(types.len(), 35);
            for one in [
                json!({"Code": "TAXIX", "Name": "Taxi", "ExpenseCode": "OTHER"}),
                json!({"Code": "LODNG", "Name": "Hotel", "ExpenseCode": "LODGING"}),
                json!({"Code": "01028", "Name": "Individual Meals", "ExpenseCode": "OTHER"}),
            ] {
                assert!(types.contains(&one), "{one}");
            }
        }
        app.stop().await;
    }
}

db_test! {
    async fn a_seeded_group_says_what_its_company_can_post(place: TestDb) {
        let app = TestApp::start_seeded(&place, SEED).await;
        let token = app.token(CARA).await;
        let list = app.us.get(LIST).bearer(&token).send().await.json();
        let group = &list["Items"][0];
        assert_eq!(group["Name"], "Editors");
        let policy = json!([{"ID": "press", "Name": "Press", "IsDefault": true,
            "IsInheritable": false, "ExpenseTypes": [
                {"Code": "BOOKS", "Name": "Books", "ExpenseCode": "OTHER"},
                {"Code": "LODNG", "Name": "Inn", "ExpenseCode": "LODGING"},
            ]}]);
        assert_eq!(group["Policies"], policy);
        let paid = json!([{"ID": "CASHX", "Name": "Out of pocket", "IsDefault": true}]);
        assert_eq!(group["PaymentTypes"], paid);
        for (pointer, value, status) in [
            ("/expenseTypeId", "BOOKS", 201),
            ("/expenseTypeId", "UNDEF", 201),
            ("/expenseTypeId", "TAXIX", 400),
        ] {
            let answer = post(&app, &token, CARA, with(pointer, json!(value))).await;
            assert_eq!(answer.status, status, "{value}");
        }
        let both = json!({"expenseTypeId": "BOOKS", "paymentTypeId": "CPAID",
            "transactionDate": "2026-11-20",
            "transactionAmount": {"currencyCode": "GBP", "value": 3}});
        let answer = post(&app, &token, CARA, both.to_string()).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["validationErrors"][0]["source"], "paymentTypeId");
        let northwind = app.token(ANA).await;
        let other = app.us.get(LIST).bearer(&northwind).send().await.json();
        assert_eq!(other["Items"][0]["Name"], "Default");
        app.stop().await;
    }
}

db_test! {
    async fn the_list_is_paged_and_its_parameters_are_checked(place: TestDb) {
        let app = TestApp::start(&place).await;
        let (ana, northwind) = (app.token(ANA).await, app.token(NORTHWIND).await);
        let items = |body: &Value| body["Items"].as_array().map(Vec::len);
        for (token, query, status, count) in [
            (&ana, "limit=1", 200, Some(1)),
            (&ana, "limit=100&offset=0", 200, Some(1)),
            (&ana, "offset=1", 200, Some(0)),
            (&ana, "limit=0", 400, None),
            (&ana, "limit=101", 400, None),
            (&ana, "limit=x", 400, None),
            (&ana, "offset=-1", 400, None),
            (&ana, "limit=1&limit=1", 400, None),
            (&ana, "limit=%", 400, None),
            (&ana, "user=ana@northwind.example.com", 200, Some(1)),
            (&ana, "user=ben@northwind.example.com", 403, None),
            (&ana, "user=ALL", 403, None),
            (&ana, "user=nobody@northwind.example.com", 403, None),
            (&northwind, "user=ben@northwind.example.com", 200, Some(1)),
            (&northwind, "user=ALL", 200, Some(1)),
            (&northwind, "user=cara@southbank.example.com", 404, None),
            (&northwind, "user=nobody@northwind.example.com", 404, None),
        ] {
            let answer = app.us.get(&format!("{LIST}?{query}")).bearer(token).send().await;
            let body = answer.json();
            assert_eq!((answer.status, items(&body)), (status, count), "{query} {body}");
            if status != 200 {
                assert_eq!(body["httpStatus"], status.to_string(), "{query}");
                assert_eq!(body["path"], LIST);
            }
        }
        for id in [&"f".repeat(32), SOUTHBANK, &SOUTHBANK.replace('-', ""), "%ff"] {
            let answer = app.us.get(&format!("{LIST}/{id}")).bearer(&ana).send().await;
            assert_eq!(answer.status, 404, "{id}");
        }
        app.stop().await;
    }
}

/// As the guide's and the page's names have it, in the form of connection requests v3.2.
fn xml(app: &TestApp) -> String {
    let id = SOUTHBANK.replace('-', "");
    format!(
        "<ID>{id}</ID><URI>{}{LIST}/{id}</URI><Name>Editors</Name>\
         <AttendeeListFormID xsi:nil=\"true\"/><AttendeeListFormName xsi:nil=\"true\"/>\
         <AllowUserRegisterYodlee>false</AllowUserRegisterYodlee>\
         <AllowUserDigitalTaxInvoice>false</AllowUserDigitalTaxInvoice>\
         <CashAdvance xsi:nil=\"true\"/><AttendeeTypes/>\
         <PaymentTypes><PaymentType><ID>CASHX</ID><Name>Out of pocket</Name>\
         <IsDefault>true</IsDefault></PaymentType></PaymentTypes>\
         <Policies><Policy><ID>press</ID><Name>Press</Name><IsDefault>true</IsDefault>\
         <IsInheritable>false</IsInheritable><ExpenseTypes>\
         <ExpenseType><Code>BOOKS</Code><Name>Books</Name><ExpenseCode>OTHER</ExpenseCode>\
         </ExpenseType><ExpenseType><Code>LODNG</Code><Name>Inn</Name>\
         <ExpenseCode>LODGING</ExpenseCode></ExpenseType>\
         </ExpenseTypes></Policy></Policies>",
        app.us.base
    )
}

db_test! {
    async fn a_group_is_answered_as_xml(place: TestDb) {
        let app = TestApp::start_seeded(&place, SEED).await;
        let token = app.token(CARA).await;
        let one = format!("{LIST}/{}", SOUTHBANK.replace('-', ""));
        let spaces = "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
            xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
        let (name, group) = ("ExpenseGroupConfiguration", xml(&app));
        let nothing = "<NextPage xsi:nil=\"true\"/>";
        for (path, expected) in [
            (LIST.to_owned(), format!("<{name}s {spaces}><Items><{name}>{group}</{name}></Items>\
                {nothing}</{name}s>")),
            (format!("{LIST}?offset=1"), format!("<{name}s {spaces}><Items/>{nothing}</{name}s>")),
            (one, format!("<{name} {spaces}>{group}</{name}>")),
        ] {
            for kind in ["application/xml", "text/xml"] {
                let answer = app.us.get(&path).bearer(&token).header("accept", kind).send().await;
                assert_eq!((answer.status, answer.text()), (200, expected.clone()));
                assert_eq!(answer.header("content-type"), kind);
            }
        }
        app.stop().await;
    }
}

db_test! {
    async fn the_caller_chooses_the_form(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token_for(ANA, "CONFIG").await;
        let own = format!("{LIST}/{}", NORTHWIND.replace('-', ""));
        let json = "application/json";
        for path in [LIST, &own] {
            for (accept, kind) in [
                ("application/json", Some(json)),
                ("*/*", Some(json)),
                ("application/xml;q=0.4, application/json;q=0.5", Some(json)),
                ("application/xml, application/json;q=0.5", Some("application/xml")),
                ("text/xml;q=1, application/json;q=0", Some("text/xml")),
                ("text/html", None),
                ("application/json;q=0", None),
            ] {
                let answer = app.us.get(path).bearer(&token).header("accept", accept).send().await;
                let found = (answer.status, answer.header("content-type"));
                assert_eq!(found, (if kind.is_some() { 200 } else { 406 }, kind.unwrap_or(json)));
                assert!(kind.is_some() || answer.field("httpStatus") == "406");
            }
        }
        // A refusal is JSON, whatever the caller likes.
        let call = app.us.get(&format!("{LIST}?limit=x")).bearer(&token);
        let answer = call.header("accept", "application/xml").send().await;
        assert_eq!((answer.status, answer.field("httpStatus")), (400, "400".to_owned()));
        app.stop().await;
    }
}
