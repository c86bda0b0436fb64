//! The body of a post: is it JSON, and within the limits?

use bursar_testkit::db_test;
use serde_json::json;

use super::sample::{smallest, with};
use crate::app::*;

db_test! {
    async fn only_json_is_taken(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let post = || {
            let call = app.us.post(&format!("/receipts/v4/users/{ANA}"));
            call.bearer(&token).header("link", GENERAL).body(smallest().to_string())
        };
        for types in [
            &[][..],
            &["text/plain"],
            &["application/x-www-form-urlencoded"],
            &["multipart/mixed; boundary=x"],
            &["application/xml"],
            &["application/jsonx"],
            &["json"],
            &["application/json, text/plain"],
            &["application/json", "application/json"],
        ] {
            let call = types.iter().fold(post(), |call, one| call.header("Content-Type", one));
            let answer = call.send().await;
            let text = "Specified Content-Type is not supported";
            assert_eq!((answer.status, answer.text().as_str()), (415, text), "{types:?}");
        }
        let packed = post().header("content-type", "application/json");
        let packed = packed.header("content-encoding", "gzip").send().await;
        assert_eq!(packed.status, 415);
        assert_eq!(app.stored().await, 0);
        for one in ["application/json", "Application/JSON", "application/json;charset=utf-8"] {
            let answer = post().header("content-type", one).send().await;
            assert_eq!(answer.status, 201, "{one}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn what_is_not_sound_json_cannot_be_parsed(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let good = smallest().to_string();
        let named = |name: &str| good.replace("Corner Bakery", name);
        let bodies: Vec<Vec<u8>> = vec![
            b"".into(),
            b"  \r\n ".into(),
            good[..good.len() - 1].into(),
            format!("{good}{good}").into(),
            format!("{good},").into(),
            good.replace(':', "=").into(),
            good.replace('"', "'").into(),
            format!("\u{feff}{good}").into(),
            format!("{{\"total\":\"1\",{}", &good[1..]).into(),
            good.replace("\"name\":", "\"name\":\"x\",\"n\\u0061me\":").into(),
            named("\\ud83d").into(),
            named("\\ude00\\ud83d").into(),
            named("a\\u0000b").into(),
            format!("{{\"\\u0000\":1,{}", &good[1..]).into(),
            named("line\nbreak").into(),
            named("\\x").into(),
            good.as_bytes().iter().map(|b| if *b == b'B' { 0xff } else { *b }).collect(),
            good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            b"NaN".into(),
        ];
        for body in bodies {
            let shown = body.escape_ascii().to_string();
            let answer = app.post(&token, ANA, body).await;
            let text = "Request body could not be parsed";
            assert_eq!((answer.status, answer.text().as_str()), (400, text), "{shown}");
            assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
            assert!(!answer.header("bursar-detail").is_empty(), "{shown}");
        }
        // JSON, but no receipt.
        for body in ["null", "[]", "\"x\"", "1", "{}", "true"] {
            let answer = app.post(&token, ANA, body).await;
            assert_eq!(answer.status, 400, "{body}");
            assert!(answer.json()["validationErrors"].is_array(), "{body}");
        }
        assert_eq!(app.stored().await, 0);
        app.stop().await;
    }
}

/// What a body may weigh.
const BODY_MAX: usize = 16 << 20;

fn heavy(bytes: usize) -> String {
    let mut receipt = smallest().to_string();
    let padding = " ".repeat(bytes - receipt.len());
    receipt.push_str(&padding);
    receipt
}

db_test! {
    async fn our_own_limits_are_named(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;

        let answer = app.post(&token, ANA, heavy(BODY_MAX + 1)).await;
        let text = "the body is larger than 16777216 bytes";
        assert_eq!((answer.status, answer.text().as_str()), (413, text));

        let [lists, objects] = [("[", "]"), ("{\"a\":", "}")].map(|(open, close)| {
            format!("{}1{}", open.repeat(10_000), close.repeat(10_000))
        });
        let deep = format!("{{\"x\":{lists},{}", &smallest().to_string()[1..]);
        for body in [lists, objects, deep, "[".repeat(1_000_000)] {
            let answer = app.post(&token, ANA, body).await;
            let text = answer.text();
            assert_eq!(answer.status, 400);
            assert!(text.contains("nested more than 64 levels deep"), "{text}");
        }

        let line = json!({"sequenceNumber": 1, "total": "1", "description": "x", "quantity": 1,
            "unitCost": "1", "subtotal": "1", "taxesTotal": "0"});
        let lines = |count| with("/lineItems", vec![line.clone(); count].into());
        let answer = app.post(&token, ANA, lines(10_001)).await;
        let fault = json!({"validationErrors": [{
            "path": "/lineItems",
            "message": "at most 10,000 line items are accepted, got 10,001; \
                this is a limit of this installation",
            "expected": "at most 10,000 line items",
            "got": "10,001",
        }]});
        assert_eq!((answer.status, answer.json()), (400, fault));
        assert_eq!(app.stored().await, 0);

        assert_eq!(app.post(&token, ANA, heavy(BODY_MAX)).await.status, 201);
        assert_eq!(app.post(&token, ANA, lines(10_000)).await.status, 201);
        let nested = format!("{}1{}", "[".repeat(63), "]".repeat(63));
        let nested = with("/x", serde_json::from_str(&nested).unwrap());
        assert_eq!(app.post(&token, ANA, nested).await.status, 201);
        app.stop().await;
    }
}
