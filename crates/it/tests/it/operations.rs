//! `/health`, `/ready`, `/metrics`, `/openapi.json`, and what is not there.

use bursar_testkit::db_test;
use serde_json::json;

use crate::app::TestApp;

db_test! {
    async fn operators_see_how_it_is(place: TestDb) {
        let app = TestApp::start(&place).await;
        for site in [&app.us, &app.emea, &app.glz] {
            let health = site.get("/health").send().await;
            assert_eq!((health.status, health.json()), (200, json!({"status": "ok"})));
            let ready = site.get("/ready").send().await;
            let checks = json!({"status": "ok", "checks": {"database": "ok"}});
            assert_eq!((ready.status, ready.json()), (200, checks));
            let document = site.get("/openapi.json").send().await;
            assert_eq!(document.status, 200);
            assert_eq!(document.json()["servers"], json!([{"url": site.base}]));
        }
        let metrics = app.us.get("/metrics").send().await;
        assert_eq!(metrics.status, 200);
        assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        assert!(metrics.text().contains("http_request_duration_seconds_bucket"));
        app.stop().await;
    }
}

db_test! {
    async fn every_answer_has_a_correlation_id(place: TestDb) {
        let app = TestApp::start(&place).await;
        for (method, path, status) in [
            ("GET", "/health", 200),
            ("GET", "/nowhere", 404),
            ("GET", "/receipts/v5/users", 404),
            ("GET", "/receipts/v4/", 404),
            ("GET", "/oauth2/v0/", 404),
            ("GET", "/oauth2/v0/token", 405),
            ("DELETE", "/oauth2/v0/jwks", 405),
            ("PUT", "/receipts/v4/users/x", 405),
            ("POST", "/receipts/", 405),
            ("DELETE", "/receipts/v4/x", 405),
            ("GET", "/signout", 405),
        ] {
            let answer = app.us.call(method, path).correlated("mine-1").send().await;
            assert_eq!(answer.status, status, "{method} {path}");
            assert_eq!(answer.header("concur-correlationid"), "mine-1", "{method} {path}");
            assert_eq!(answer.maybe("allow").is_some(), status == 405, "{method} {path}");
            let answer = app.us.call(method, path).send().await;
            let own = answer.header("concur-correlationid");
            assert!(own.len() == 36 && own != "mine-1", "{method} {path}: {own}");
        }
        // What cannot be echoed is replaced.
        for sent in ["two words", "", "x".repeat(129).as_str()] {
            let answer = app.us.get("/health").correlated(sent).send().await;
            assert_eq!(answer.header("concur-correlationid").len(), 36, "{sent}");
        }
        app.stop().await;
    }
}
