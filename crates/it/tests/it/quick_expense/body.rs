//! Is the body JSON, and within the limits?

use bursar_testkit::db_test;

use super::sample::{path, post, smallest, stored};
use crate::app::*;

db_test! {
    async fn only_json_is_taken(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let call = || {
            let call = app.us.post(&path(ANA)).bearer(&token);
            call.body(smallest().to_string())
        };
        for types in [
            &[][..],
            &["text/plain"],
            &["multipart/form-data; boundary=x"],
            &["application/xml"],
            &["application/json", "application/json"],
        ] {
            let call = types.iter().fold(call(), |call, one| call.header("Content-Type", one));
            let answer = call.send().await;
            assert_eq!((answer.status, answer.field("httpStatus").as_str()), (415, "415"), "{types:?}");
        }
        let packed = call().header("content-type", "application/json");
        assert_eq!(packed.header("content-encoding", "gzip").send().await.status, 415);
        assert_eq!(stored(&app).await, 0);
        let good = call().header("content-type", "Application/JSON;charset=utf-8");
        assert_eq!(good.send().await.status, 201);
        app.stop().await;
    }
}

db_test! {
    async fn what_is_not_sound_json_is_refused(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let good = smallest().to_string();
        let vendor = |text: &str| good.replacen('{', &format!("{{\"vendor\":\"{text}\","), 1);
        let bodies: Vec<Vec<u8>> = vec![
            b"".into(),
            good[..good.len() - 1].into(),
            format!("{good}{good}").into(),
            format!("\u{feff}{good}").into(),
            good.replacen('{', "{\"expenseTypeId\":\"UNDEF\",", 1).into(),
            vendor("\\ud83d").into(),
            vendor("a\\u0000b").into(),
            good.as_bytes().iter().map(|b| if *b == b'T' { 0xff } else { *b }).collect(),
            b"NaN".into(),
            good.replace("12.5", "1e999").into(),
            "[".repeat(10_000).into(),
        ];
        for body in bodies {
            let shown = body[..body.len().min(80)].escape_ascii().to_string();
            let answer = post(&app, &token, ANA, body).await;
            assert_eq!(answer.status, 400, "{shown}");
            let body = answer.json();
            let message = body["errorMessage"].as_str().unwrap();
            assert!(message.starts_with("the body is not usable JSON: line "), "{shown}: {message}");
            assert!(body.get("validationErrors").is_none());
        }
        let heavy = format!("{good}{}", " ".repeat((1 << 20) + 1 - good.len()));
        let answer = post(&app, &token, ANA, heavy).await;
        assert_eq!((answer.status, answer.field("httpStatus").as_str()), (413, "413"));
        assert_eq!(stored(&app).await, 0);
        app.stop().await;
    }
}
