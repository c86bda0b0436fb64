//! Who may call. What every route refuses is in `coverage.rs`.

use std::time::Duration;

use bursar_testkit::db_test;
use serde_json::json;

use super::sample::{created, path, post, smallest, stored};
use crate::app::*;
use crate::http::Answer;

/// The documented body, with the reason in its sentence.
fn assert_refused(answer: &Answer, status: u16, message: &str, path: &str, at: &str) {
    let expected = json!({
        "errorId": answer.header("concur-correlationid"),
        "errorMessage": message,
        "httpStatus": status.to_string(),
        "path": path,
        "timestamp": at,
    });
    assert_eq!((answer.status, answer.json()), (status, expected));
}

db_test! {
    async fn callers_without_a_good_token_are_refused(place: TestDb) {
        let app = TestApp::start(&place).await;
        let body = smallest().to_string();
        let own = path(ANA);
        let now = NOW.rfc3339();
        let answer = app.us.post(&own).json(body.as_str()).send().await;
        assert_refused(&answer, 403, "no bearer token", &own, &now);
        for (token, message) in [
            ("x".to_owned(), "the bearer token is malformed"),
            (app.connect(ANA).await.field("id_token"), "the bearer token is malformed"),
            (app.token_for(ANA, "openid").await, "the access token lacks the scope"),
            (app.token_for(ANA, "receipts.write CONFIG").await, "the access token lacks the scope"),
            (app.token(LARS).await, "the access token is of another data center"),
            (app.app_token().await, "the access token is of a kind that may not call this"),
            (app.token(ZOE).await, "the company has not bought the product"),
        ] {
            let answer = post(&app, &token, ANA, body.as_str()).await;
            assert_refused(&answer, 403, message, &own, &now);
        }
        let token = app.token(ANA).await;
        app.clock.advance(Duration::from_hours(1));
        let answer = post(&app, &token, ANA, body.as_str()).await;
        let now = app.clock.now().rfc3339();
        assert_refused(&answer, 403, "the access token has expired", &own, &now);
        assert_eq!(stored(&app).await, 0);
        app.stop().await;
    }
}

db_test! {
    async fn a_revoked_token_posts_no_more(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let body = smallest().to_string();
        assert_eq!(post(&app, &token, ANA, body.as_str()).await.status, 201);
        let gone = app.us.call("DELETE", "/app-mgmt/v0/connections").bearer(&token).send().await;
        assert_eq!(gone.status, 200, "{}", gone.text());
        let answer = post(&app, &token, ANA, body.as_str()).await;
        let message = "the access token was revoked";
        assert_refused(&answer, 403, message, &path(ANA), &NOW.rfc3339());
        app.stop().await;
    }
}

db_test! {
    async fn each_acts_only_for_its_own(place: TestDb) {
        let app = TestApp::start(&place).await;
        let (ana, northwind) = (app.token(ANA).await, app.token(NORTHWIND).await);
        let body = smallest().to_string();
        let nobody = "00000000-0000-4000-8000-000000000000";
        let (another, none) = ("the token is another user's", "not found");
        for (token, user, status, message) in [
            (&ana, BEN, 401, another),
            (&ana, CARA, 401, another),
            (&ana, nobody, 401, another),
            (&ana, "me", 401, another),
            (&northwind, CARA, 404, none),
            (&northwind, LARS, 404, none),
            (&northwind, nobody, 404, none),
            (&northwind, "me", 404, none),
            (&northwind, "%00", 404, none),
            (&northwind, "%ff", 404, none),
        ] {
            let posted = post(&app, token, user, body.as_str()).await;
            assert_refused(&posted, status, message, &path(user), &NOW.rfc3339());
            let one = format!("{}/1", path(user));
            let read = app.us.get(&one).bearer(token).send().await;
            assert_refused(&read, status, message, &one, &NOW.rfc3339());
        }
        assert_eq!(stored(&app).await, 0);
        app.stop().await;
    }
}

db_test! {
    async fn a_quick_expense_is_read_by_the_app_that_posted_it_for_its_user(place: TestDb) {
        let app = TestApp::start(&place).await;
        let northwind = app.token(NORTHWIND).await;
        let body = smallest().to_string();
        let url = created(&app, &northwind, ANA, body.as_str()).await;
        let (own, id) = url.rsplit_once('/').unwrap();
        let of_ben = url.replace(ANA, BEN);
        let of_cara = url.replace(ANA, CARA);
        for (who, url, status) in [
            (NORTHWIND, &url, 200),
            (ANA, &url, 200),
            (BEN, &url, 401),
            (BEN, &of_ben, 404),
            (NORTHWIND, &of_ben, 404),
            (SOUTHBANK, &url, 404),
            (CARA, &of_cara, 404),
        ] {
            let token = app.token(who).await;
            let answer = app.us.get(url).bearer(&token).send().await;
            assert_eq!(answer.status, status, "{who} {url}");
        }
        let wrong = app.us.get(&url.replace("TRAVELER", "PROXY")).bearer(&northwind);
        assert_eq!(wrong.send().await.status, 404);
        for id in ["x", "0", "-1", "%00", "%ff", &"F".repeat(32), &id.to_lowercase(), "99999999999999999999"] {
            let answer = app.us.get(&format!("{own}/{id}")).bearer(&northwind).send().await;
            assert_eq!(answer.status, 404, "{id}");
        }
        app.stop().await;
    }
}
