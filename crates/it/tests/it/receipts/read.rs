//! A receipt from the post to its image.

use std::time::Duration;

use bursar_testkit::db_test;
use serde_json::{Value, json};

use super::sample::{EACH_TYPE, smallest, with};
use crate::app::*;

fn is_id(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 32 && text.bytes().all(digit)
}

db_test! {
    async fn a_receipt_is_processed(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        for (schema, body) in EACH_TYPE {
            // One after the other, within the second.
            app.clock.advance(Duration::from_millis(1));
            let uri = format!("http://schema.concursolutions.com/{schema}.schema.json");
            let call = app.us.post(&format!("/receipts/v4/users/{ANA}")).bearer(&token);
            let call = call.header("link", &format!("<{uri}>;rel=describedBy"));
            let posted = call.correlated("posted-1").json(body).send().await;
            assert_eq!((posted.status, posted.text()), (201, String::new()));
            let base = &app.us.base;
            let url = posted.header("location");
            let id = url.strip_prefix(&format!("{base}/receipts/v4/")).unwrap();
            assert!(is_id(id), "{id}");
            assert_eq!(posted.header("link"), format!("<{uri}>; rel=\"describedBy\", \
                <{base}/receipts/v4/status/{id}>; rel=\"processing-status\""));
            assert_eq!(posted.header("content-length"), "0");
            assert_eq!(posted.maybe("content-type"), None);
            assert_eq!(posted.header("concur-correlationid"), "posted-1");

            let status = app.processed(&token, url).await;
            let entry = |message: &str| format!("{{\"logLevel\":\"INFO\",\
                \"message\":\"{message}\",\"timestamp\":\"Sat, 21 Nov 2026 09:30:00 GMT\"}}");
            let entries = ["Receipt accepted. Queued for processing.",
                "Initiated receipt processing.", "Receipt image generated.",
                "Processing finished."].map(entry).join(",");
            let expected = format!("{{\"status\":\"PROCESSED\",\"logs\":[{entries}]}}");
            assert_eq!((status.status, status.text()), (200, expected));
            assert_eq!(status.header("content-type"), "application/json");

            let receipt = app.us.get(url).bearer(&token).send().await.json();
            assert_eq!(receipt["receipt"], serde_json::from_str::<Value>(body).unwrap());
            assert_eq!(receipt["validationSchema"], uri);
            let image = app.us.get(receipt["image"].as_str().unwrap()).bearer(&token).send().await;
            assert_eq!((image.status, image.header("content-type")), (200, "application/pdf"));
            assert!(image.body.starts_with(b"%PDF-"));
        }
        let list = app.us.get(&format!("/receipts/v4/users/{ANA}")).bearer(&token).send().await;
        let listed = list.json()["receipts"].as_array().unwrap().clone();
        assert_eq!(listed.len(), EACH_TYPE.len());
        for ((schema, body), listed) in EACH_TYPE.iter().rev().zip(&listed) {
            let schema = format!("http://schema.concursolutions.com/{schema}.schema.json");
            assert_eq!(listed["validationSchema"], schema);
            // To the letter: white space and order, too.
            assert!(list.text().contains(body.trim()), "{schema}");
            let one = app.us.get(listed["self"].as_str().unwrap()).bearer(&token).send().await;
            assert!(one.text().contains(body.trim()), "{schema}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn a_status_stays_for_two_weeks(place: TestDb) {
        let app = TestApp::start(&place).await;
        let url = app.accepted(&app.token(ANA).await, ANA, smallest().to_string()).await;
        app.processed(&app.token(ANA).await, &url).await;
        let refresh = app.connect(ANA).await.field("refresh_token");
        let status = url.replace("/v4/", "/v4/status/");
        let two_weeks = 14 * 24 * 3600;
        for (seconds, expected) in [(two_weeks, 200), (1, 404)] {
            app.clock.advance(Duration::from_secs(seconds));
            let form = [("client_id", CAFE.0), ("client_secret", CAFE.1),
                ("grant_type", "refresh_token"), ("refresh_token", &refresh)];
            let answer = app.us.post("/oauth2/v0/token").form(&form).send().await;
            let token = answer.field("access_token");
            let answer = app.us.get(&status).bearer(&token).send().await;
            assert_eq!(answer.status, expected);
            assert_eq!(app.us.get(&url).bearer(&token).send().await.status, 200);
        }
        app.stop().await;
    }
}

db_test! {
    async fn receipts_are_listed_newest_first(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let list = format!("/receipts/v4/users/{ANA}");
        let empty = app.us.get(&list).bearer(&token).send().await;
        assert_eq!((empty.status, empty.text().as_str()), (200, "{\"receipts\":[]}"));
        let mut sent = Vec::new();
        for number in 0..101 {
            let reference = format!("no. {number}");
            sent.push(reference.clone());
            app.accepted(&token, ANA, with("/reference", json!(reference))).await;
            // A colleague's receipts are not hers.
            if number % 50 == 0 {
                app.accepted(&app.token(BEN).await, BEN, smallest().to_string()).await;
            }
        }
        sent.reverse();
        let references = |page: &Value| -> Vec<String> {
            let receipts = page["receipts"].as_array().unwrap();
            let text = |one: &Value| one["receipt"]["reference"].as_str().unwrap().to_owned();
            receipts.iter().map(text).collect()
        };
        let first = app.us.get(&list).bearer(&token).send().await.json();
        assert_eq!(references(&first), sent[..100]);
        let next = first["next"].as_str().unwrap();
        assert!(next.starts_with(&format!("{}{list}/page/", app.us.base)), "{next}");
        let second = app.us.get(next).bearer(&token).send().await.json();
        assert_eq!((references(&second), &second["next"]), (sent[100..].to_vec(), &Value::Null));

        let northwind = app.token(NORTHWIND).await;
        assert_eq!(app.us.get(&list).bearer(&northwind).send().await.json()["next"], json!(next));
        for cursor in ["x", "%00", &"g".repeat(32), "../../x"] {
            let page = format!("{list}/page/{cursor}");
            assert_eq!(app.us.get(&page).bearer(&token).send().await.status, 404, "{cursor}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn large_receipts_make_shorter_pages(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let large = smallest().to_string() + &" ".repeat(15 << 20);
        for _ in 0..3 {
            app.accepted(&token, ANA, large.as_str()).await;
        }
        let list = format!("/receipts/v4/users/{ANA}");
        let first = app.us.get(&list).bearer(&token).send().await.json();
        assert_eq!(first["receipts"].as_array().unwrap().len(), 2);
        let next = first["next"].as_str().unwrap();
        let second = app.us.get(next).bearer(&token).send().await.json();
        assert_eq!(second["receipts"].as_array().unwrap().len(), 1);
        assert_eq!(second["next"], Value::Null);
        app.stop().await;
    }
}
