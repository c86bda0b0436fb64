//! Quick expenses with an image.

use bursar_testkit::db_test;
use serde_json::json;

use super::sample::{self, GUIDE, path, smallest, stored, with};
use crate::app::*;
use crate::http::Answer;
use crate::pictures::{Part, files, form, form_type, gif, jpeg, pdf, png, tiff};

const MEGABYTE: usize = 1 << 20;

async fn post(app: &TestApp, token: &str, user: &str, parts: &[Part<'_>]) -> Answer {
    let call = app.us.post(&format!("{}/image", path(user))).bearer(token);
    call.form_data(parts).send().await
}

db_test! {
    async fn each_format_is_taken_in_either_order(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let request = ("quickExpenseRequest", GUIDE.as_bytes());
        for picture in [png(9, 9), jpeg(9, 9), tiff(2), pdf()] {
            let picture = ("fileContent", picture.as_slice());
            for parts in [[request, picture], [picture, request]] {
                let answer = post(&app, &token, ANA, &parts).await;
                assert_eq!(answer.status, 201, "{}", answer.text());
                let (key, id) =
                    (answer.field("mobileEntryKeyUri"), answer.field("quickExpenseIdUri"));
                let own = format!("{}{}/", app.us.base, path(ANA));
                assert!(key.starts_with(&own) && id.starts_with(&own), "{key} {id}");
                let read = app.us.get(&id).bearer(&token).send().await.json();
                assert_eq!((&read["vendor"], &read["comment"]),
                    (&json!("ARIA"), &json!("Business Meal")));
            }
        }
        app.stop().await;
    }
}

fn faults(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let faults = body["validationErrors"].as_array().unwrap();
    let mut sources: Vec<_> = faults
        .iter()
        .map(|fault| fault["source"].as_str().unwrap().to_owned())
        .collect();
    sources.sort();
    sources
}

db_test! {
    async fn a_bad_form_leaves_nothing(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let (json, picture) = (smallest().to_string(), png(8, 8));
        let request = ("quickExpenseRequest", json.as_bytes());
        let image = ("fileContent", picture.as_slice());
        let (wrong, animated) = (with("/transactionDate", json!("today")), gif(8, 8));
        let parts: [(&[Part<'_>], &[&str]); 4] = [
            (&[], &["fileContent", "quickExpenseRequest"]),
            (&[request], &["fileContent"]),
            (&[image], &["quickExpenseRequest"]),
            (&[image, ("quickExpenseRequest", wrong.as_bytes())], &["transactionDate"]),
        ];
        for (parts, expected) in parts {
            let answer = post(&app, &token, ANA, parts).await;
            assert_eq!((answer.status, faults(&answer)), (400, expected.iter()
                .map(|one| (*one).to_owned()).collect()));
        }
        let none = "fileContent is none of PNG, PDF, TIFF and JPEG";
        let parts: [(&[Part<'_>], u16, &str); 6] = [
            (&[request, ("fileContent", &animated)], 415, none),
            (&[request, ("fileContent", b"")], 415, none),
            (&[request, ("fileContent", json.as_bytes())], 415, none),
            (&[request, ("image", image.1)], 400, "the part \"image\" is unknown here, or came before"),
            (&[request, image, image], 400,
                "the part \"fileContent\" is unknown here, or came before"),
            (&[image, ("quickExpenseRequest", b"{")], 400, "the body is not usable JSON: line 1"),
        ];
        for (parts, status, message) in parts {
            let answer = post(&app, &token, ANA, parts).await;
            let says = answer.field("errorMessage");
            assert_eq!(answer.status, status, "{says}");
            assert!(says.starts_with(message), "{says}");
        }
        let whole = form(&[request, image]);
        for (content_type, body, status) in [
            (form_type().as_str(), &whole[..whole.len() - 30], 400),
            ("multipart/form-data", &whole, 400),
            ("application/json", json.as_bytes(), 415),
        ] {
            let call = app.us.post(&format!("{}/image", path(ANA))).bearer(&token);
            let answer = call.header("content-type", content_type).body(body).send().await;
            assert_eq!((answer.status, answer.field("httpStatus")), (status, status.to_string()));
        }
        let mut large = picture.clone();
        large.resize(50 * MEGABYTE + 1, 0);
        let answer = post(&app, &token, ANA, &[request, ("fileContent", &large)]).await;
        assert_eq!(answer.status, 413);
        assert_eq!(answer.field("errorMessage"), "fileContent is larger than 52428800 bytes");
        assert!(files(place.folder()).is_empty());
        assert_eq!(stored(&app).await, 0);
        let fits = [request, ("fileContent", &large[..50 * MEGABYTE])];
        assert_eq!(post(&app, &token, ANA, &fits).await.status, 201);
        app.stop().await;
    }
}

db_test! {
    async fn the_limit_is_the_same_one(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let (json, picture) = (smallest().to_string(), png(8, 8));
        let parts = [("quickExpenseRequest", json.as_bytes()), ("fileContent", &picture)];
        for number in 0..120 {
            // Whatever is wrong with them.
            let parts = &parts[..=number % 2];
            let status = if parts.len() == 2 { 201 } else { 400 };
            assert_eq!(post(&app, &token, ANA, parts).await.status, status, "{number}");
        }
        let answer = post(&app, &token, ANA, &parts).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, "300"));
        let plain = sample::post(&app, &token, ANA, json.as_str()).await;
        assert_eq!(plain.status, 429);
        app.stop().await;
    }
}
