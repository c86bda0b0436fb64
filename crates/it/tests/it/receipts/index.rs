//! `GET /receipts/`, `GET /receipts/schemas` and `GET /receipts/schemas/{schemaId}`.

use bursar_testkit::db_test;
use serde_json::{Value, json};

use super::sample::smallest;
use crate::app::*;
use crate::http::Site;

fn schema_list(site: &Site, names: &[&str]) -> Value {
    let link = |name: &&str| {
        json!({
            "rel": format!("http://schema.concursolutions.com/{name}.schema.json"),
            "method": "GET",
            "href": format!("{}/receipts/schemas/{name}.schema.json", site.base),
        })
    };
    names.iter().map(link).collect()
}

const RECEIPTS: [&str; 7] = [
    "air-receipt",
    "car-rental-receipt",
    "general-receipt",
    "ground-transport-receipt",
    "hotel-receipt",
    "jpt-ic-card-receipt",
    "rail-receipt",
];
const SUPPORTING: [&str; 10] = [
    "address-original",
    "address",
    "common",
    "discount",
    "line-item",
    "location",
    "merchant",
    "payments",
    "receipt-core",
    "taxes",
];

db_test! {
    async fn the_index_leads_to_every_endpoint(place: TestDb) {
        let app = TestApp::start(&place).await;
        for (site, token) in [
            (&app.us, app.token(ANA).await),
            (&app.us, app.token(NORTHWIND).await),
            (&app.us, app.token_for(ANA, "receipts.read").await),
            (&app.us, app.token_for(ANA, "receipts.writeonly").await),
            (&app.emea, app.token(LARS).await),
        ] {
            let expected = format!(
                "{{\"links\":[\
                 {{\"rel\":\"self\",\"href\":\"{0}/receipts/v4\"}},\
                 {{\"rel\":\"receipt-get\",\"method\":\"GET\",\
                  \"href\":\"{0}/receipts/v4/{{receiptId}}\"}},\
                 {{\"rel\":\"receipt-post\",\"method\":\"POST\",\
                  \"href\":\"{0}/receipts/v4/users/{{userId}}\"}},\
                 {{\"rel\":\"receipts-get-user\",\"method\":\"GET\",\
                  \"href\":\"{0}/receipts/v4/users/{{userId}}\"}},\
                 {{\"rel\":\"schemas-get\",\"method\":\"GET\",\
                  \"href\":\"{0}/receipts/schemas\"}}]}}",
                site.base
            );
            for path in ["/receipts/", "/receipts", "/receipts/v4"] {
                // What a Host header says leads nowhere.
                let answer = site.get(path).bearer(&token).header("x-forwarded-host", "evil");
                let answer = answer.send().await;
                assert_eq!((answer.status, answer.text()), (200, expected.clone()));
                assert_eq!(answer.header("content-type"), "application/json");
                assert_eq!(site.get(path).send().await.status, 403);
            }
        }
        app.stop().await;
    }
}

db_test! {
    async fn every_link_of_the_index_works(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let receipt = app.accepted(&token, ANA, smallest().to_string()).await;
        let receipt_id = receipt.rsplit('/').next().unwrap();
        let index = app.us.get("/receipts/").bearer(&token).send().await.json();
        for link in index["links"].as_array().unwrap() {
            let href = link["href"].as_str().unwrap();
            let url = href.replace("{userId}", ANA).replace("{receiptId}", receipt_id);
            let method = link["method"].as_str().unwrap_or("GET");
            let mut call = app.us.call(method, &url).bearer(&token);
            if method == "POST" {
                call = call.header("link", GENERAL).json(smallest().to_string());
            }
            let answer = call.send().await;
            let expected = if method == "POST" { 201 } else { 200 };
            assert_eq!(answer.status, expected, "{method} {url}: {}", answer.text());
        }
        app.stop().await;
    }
}

db_test! {
    async fn schemas_are_listed_and_served(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let expected = json!({
            "receiptSchemas": schema_list(&app.us, &RECEIPTS),
            "supportingSchemas": schema_list(&app.us, &SUPPORTING),
        });
        for path in ["/receipts/schemas", "/receipts/schemas/"] {
            let answer = app.us.get(path).bearer(&token).send().await;
            assert_eq!((answer.status, answer.json()), (200, expected.clone()));
            assert!(answer.text().starts_with("{\"receiptSchemas\":[{\"rel\":"));
            assert_eq!(app.us.get(path).send().await.status, 403);
        }
        let lists = ["receiptSchemas", "supportingSchemas"].map(|list| expected[list].as_array());
        for link in lists.into_iter().flatten().flatten() {
            let schema = app.us.get(link["href"].as_str().unwrap()).bearer(&token).send().await;
            assert_eq!(schema.status, 200);
            assert_eq!(schema.json()["$id"], link["rel"]);
        }
        for unknown in ["general-receipt", "boat-receipt.schema.json", "..%2fCargo.toml", "%ff", "x"] {
            let path = format!("/receipts/schemas/{unknown}");
            let answer = app.us.get(&path).bearer(&token).send().await;
            assert_eq!((answer.status, answer.text()), (404, String::new()), "{unknown}");
        }
        app.stop().await;
    }
}
