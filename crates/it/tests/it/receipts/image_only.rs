//! Image-only receipts.

use std::time::Duration;

use bursar_testkit::db_test;
use serde_json::{Value, json};

use super::sample::smallest;
use crate::app::*;
use crate::http::Answer;
use crate::pictures::{Part, files, gif, jpeg, pdf, png, tiff};

fn list(user: &str) -> String {
    format!("/receipts/v4/users/{user}/image-only-receipts")
}

async fn post(app: &TestApp, token: &str, user: &str, parts: &[Part<'_>]) -> Answer {
    // A millisecond later than the one before.
    app.clock.advance(Duration::from_millis(1));
    let call = app.us.post(&list(user)).bearer(token);
    call.form_data(parts).send().await
}

/// Posts an image that is taken, and answers its id.
async fn accepted(app: &TestApp, token: &str, user: &str, image: &[u8]) -> String {
    let answer = post(app, token, user, &[("image", image)]).await;
    assert_eq!((answer.status, answer.text()), (202, String::new()));
    let id = answer.header("location").rsplit('/').next().unwrap();
    id.to_owned()
}

async fn processed(app: &TestApp, token: &str, id: &str) -> Value {
    let url = format!("{}/receipts/v4/{id}", app.us.base);
    app.processed(token, &url).await.json()
}

db_test! {
    async fn an_image_is_kept_and_found_again(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let base = &app.us.base;
        for (sent, media_type) in [
            (png(30, 20), "image/png"),
            (jpeg(30, 20), "image/jpeg"),
            (gif(30, 20), "image/gif"),
            (pdf(), "application/pdf"),
        ] {
            let answer = post(&app, &token, ANA, &[("image", &sent)]).await;
            let own = answer.header("location").to_owned();
            let id = own.strip_prefix(&format!("{base}/receipts/v4/image-only-receipts/")).unwrap();
            assert_eq!(answer.header("link"),
                format!("<{base}/receipts/v4/status/{id}>; rel=\"processing-status\""));
            assert_eq!(answer.header("content-length"), "0");

            let status = processed(&app, &token, id).await;
            let logs = status["logs"].as_array().unwrap();
            let messages: Vec<_> = logs.iter().map(|entry| &entry["message"]).collect();
            assert_eq!(messages, ["Receipt accepted. Queued for processing.",
                "Initiated receipt processing.", "Processing finished."]);
            let read = app.us.get(&own).bearer(&token).send().await;
            let expected = format!("{{\"dateTimeReceived\":\"Sat Nov 21 2026 09:30:00 GMT+00:00\",\
                \"id\":\"{id}\",\"image\":\"{own}/image\",\"userId\":\"{ANA}\"}}");
            assert_eq!((read.status, read.text()), (200, expected));
            let image = app.us.get(&format!("{own}/image")).bearer(&token).send().await;
            assert_eq!((image.status, image.header("content-type")), (200, media_type));
            assert_eq!(image.body, sent);

            let documented = app.us.get(&format!("/receipts/v4/images/{id}"));
            let moved = documented.bearer(&token).send().await;
            assert_eq!((moved.status, moved.header("location")), (301, own.as_str()));
            // It has no data, and is nothing that an expense could be made of.
            for none in ["", "/image"].map(|end| format!("/receipts/v4/{id}{end}")) {
                let answer = app.us.get(&none).bearer(&token).send().await;
                assert_eq!((answer.status, answer.text()), (404, String::new()), "{none}");
            }
        }
        let receipts = app.us.get(&format!("/receipts/v4/users/{ANA}")).bearer(&token).send().await;
        assert_eq!(receipts.text(), "{\"receipts\":[]}");
        let id = accepted(&app, &token, ANA, &tiff(2)).await;
        processed(&app, &token, &id).await;
        let image = format!("/receipts/v4/image-only-receipts/{id}/image");
        let image = app.us.get(&image).bearer(&token).send().await;
        assert_eq!(image.header("content-type"), "application/pdf");
        app.stop().await;
    }
}

db_test! {
    async fn they_are_listed_newest_first(place: TestDb) {
        let app = TestApp::start(&place).await;
        let (token, ben) = (app.token(ANA).await, app.token(BEN).await);
        let empty = app.us.get(&list(ANA)).bearer(&token).send().await;
        assert_eq!((empty.status, empty.text().as_str()), (200, "{\"receiptsImages\":[]}"));
        let mut sent = Vec::new();
        let image = png(2, 2);
        for number in 0..101 {
            sent.push(accepted(&app, &token, ANA, &image).await);
            if number % 50 == 0 {
                accepted(&app, &ben, BEN, &image).await;
            }
        }
        sent.reverse();
        let ids = |page: &Value| -> Vec<String> {
            let receipts = page["receiptsImages"].as_array().unwrap();
            receipts.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
        };
        let first = app.us.get(&list(ANA)).bearer(&token).send().await.json();
        assert_eq!(ids(&first), sent[..100]);
        let next = first["next"].as_str().unwrap();
        assert!(next.starts_with(&format!("{}{}/page/", app.us.base, list(ANA))), "{next}");
        let second = app.us.get(next).bearer(&token).send().await.json();
        assert_eq!((ids(&second), &second["next"]), (sent[100..].to_vec(), &Value::Null));
        let northwind = app.token(NORTHWIND).await;
        let seen = app.us.get(&list(ANA)).bearer(&northwind).send().await.json();
        assert_eq!(seen["next"], json!(next));
        for cursor in ["x", "%00", &"g".repeat(32), "../../x"] {
            let page = format!("{}/page/{cursor}", list(ANA));
            assert_eq!(app.us.get(&page).bearer(&token).send().await.status, 404, "{cursor}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn each_sees_only_its_own(place: TestDb) {
        let app = TestApp::start(&place).await;
        let (ana, northwind) = (app.token(ANA).await, app.token(NORTHWIND).await);
        let another = "User ID in the URL must match the ID in the sub claim of the JWT";
        let image = png(2, 2);
        for (token, user, status, text) in [
            (&ana, BEN, 401, another),
            (&ana, "me", 401, another),
            (&northwind, CARA, 404, ""),
            (&northwind, "%ff", 404, ""),
        ] {
            let posted = post(&app, token, user, &[("image", &image)]).await;
            let listed = app.us.get(&list(user)).bearer(token).send().await;
            for answer in [posted, listed] {
                assert_eq!((answer.status, answer.text().as_str()), (status, text), "{user}");
            }
        }
        assert!(files(place.folder()).is_empty());
        let id = accepted(&app, &northwind, ANA, &image).await;
        processed(&app, &northwind, &id).await;
        let one = format!("/receipts/v4/image-only-receipts/{id}");
        let all = [one.clone(), format!("{one}/image"), format!("/receipts/v4/status/{id}")];
        for (who, status) in [(ANA, 200), (NORTHWIND, 200), (BEN, 404), (CARA, 404)] {
            let token = app.token(who).await;
            for path in &all {
                let answer = app.us.get(path).bearer(&token).send().await;
                assert_eq!(answer.status, status, "{who} {path}");
            }
            let documented = app.us.get(&format!("/receipts/v4/images/{id}"));
            let moved = documented.bearer(&token).send().await;
            assert_eq!(moved.status, if status == 200 { 301 } else { 404 }, "{who}");
        }
        // A receipt with data is none of them.
        let url = app.accepted(&ana, ANA, smallest().to_string()).await;
        let data = url.replace("/v4/", "/v4/image-only-receipts/");
        assert_eq!(app.us.get(&data).bearer(&ana).send().await.status, 404);
        app.stop().await;
    }
}

db_test! {
    async fn a_bad_form_leaves_nothing(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let (good, json) = (png(2, 2), smallest().to_string());
        let (unreadable, none) = ("Request body could not be parsed", "Invalid image type");
        let parts: [(&[Part<'_>], _); 6] = [
            (&[], (400, unreadable)),
            (&[("receipt", json.as_bytes())], (400, unreadable)),
            (&[("image", &good), ("receipt", json.as_bytes())], (400, unreadable)),
            (&[("image", &good), ("image", &good)], (400, unreadable)),
            (&[("image", b"")], (415, none)),
            (&[("image", b"text")], (415, none)),
        ];
        for (parts, expected) in parts {
            let answer = post(&app, &token, ANA, parts).await;
            assert_eq!((answer.status, answer.text().as_str()), expected);
        }
        let call = app.us.post(&list(ANA)).bearer(&token);
        let answer = call.json(json).send().await;
        let unsupported = "Specified Content-Type is not supported";
        assert_eq!((answer.status, answer.text().as_str()), (415, unsupported));
        let mut large = good.clone();
        large.resize((25 << 20) + 1, 0);
        let answer = post(&app, &token, ANA, &[("image", &large)]).await;
        assert_eq!((answer.status, answer.text()), (413, String::new()));
        let listed = app.us.get(&list(ANA)).bearer(&token).send().await;
        assert_eq!(listed.text(), "{\"receiptsImages\":[]}");
        assert!(files(place.folder()).is_empty());
        app.stop().await;
    }
}
