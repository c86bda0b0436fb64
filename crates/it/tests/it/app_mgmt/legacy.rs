//! `POST /appmgmt/v0/legacyApps/{consumerKey}/exchangeRefreshToken/me`.

use bursar_testkit::db_test;
use serde_json::{Value, json};

use crate::app::*;
use crate::http::Answer;

const KEY: &str = "OldCafeKey";

async fn exchange(app: &TestApp, key_and_query: (&str, &str), body: &Value) -> Answer {
    let (key, query) = key_and_query;
    let path = format!("/appmgmt/v0/legacyApps/{key}/exchangeRefreshToken/me{query}");
    let call = app.us.post(&path).bearer(&app.app_token().await);
    // As the documented example sends it.
    let call = call.header("content-type", "application/x-www-form-urlencoded");
    call.correlated("mine-6")
        .body(body.to_string())
        .send()
        .await
}

fn old(token: &str) -> Value {
    json!({"token": token, "secret": CAFE.1})
}

db_test! {
    async fn an_old_token_becomes_a_refresh_token(place: TestDb) {
        let app = TestApp::start(&place).await;
        let scope = "openid receipts.read receipts.write receipts.writeonly company.read user.read \
            identity.user.ids.read identity.user.core.read identity.user.coresensitive.read \
            identity.user.enterprise.read quickexpense.writeonly CONFIG";
        let cases = [
            ("", "1_old-token-of-ana", ANA, "user", &app.us),
            ("?returnType=companyToken", "1_old-token-of-ben", NORTHWIND, "company", &app.us),
            ("?returnType=", "1_old-token-of-ben", BEN, "user", &app.us),
            ("", "1_old-token-of-lars", LARS, "user", &app.emea),
        ];
        for (query, token, principal, kind, home) in cases {
            let answer = exchange(&app, (KEY, query), &old(token)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.header("cache-control"), "no-store");
            let body = answer.json();
            let refresh = body["token"].as_str().unwrap();
            assert_eq!(refresh.len(), 36);
            let (created, expired) = (NOW.0 / 1000, NOW.0 / 1000 + 184 * 86_400_000);
            let context: Value = serde_json::from_str(body["context"].as_str().unwrap()).unwrap();
            assert_eq!(context, json!({
                "userid": principal,
                "cid": CAFE.0,
                "ptype": kind,
                "userURI": format!("{}/profile-service/v1/users/{principal}", home.base),
                "scope": scope,
            }));
            let scopes: Vec<_> = scope.split(' ').collect();
            assert_eq!(body, json!({
                "token": refresh,
                "created": created,
                "expired": expired,
                "scopes": scopes,
                "context": body["context"],
            }));
            let form = [("client_id", CAFE.0), ("client_secret", CAFE.1),
                ("grant_type", "refresh_token"), ("refresh_token", refresh)];
            let tokens = home.post("/oauth2/v0/token").form(&form).send().await;
            assert_eq!(tokens.field("refresh_token"), refresh);
        }
        let again = exchange(&app, (KEY, ""), &old("1_old-token-of-ana")).await;
        assert_eq!(again.status, 200, "a lost answer loses nothing");
        app.stop().await;
    }
}

db_test! {
    async fn what_is_not_the_apps_is_not_exchanged(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = "1_old-token-of-ana";
        let company = "?returnType=companyToken";
        let cases = [
            ((KEY, ""), old("1_other"), "INVALIDTOKEN", "Bad or expired token"),
            ((KEY, ""), old("1_old-token-of-off"), "INVALIDTOKEN", "Bad or expired token"),
            ((KEY, company), old(token), "INVALIDTOKEN", "Bad or expired token"),
            ((KEY, "?returnType=other"), old(token), "INVALIDTOKEN", "Bad or expired token"),
            // Nothing else is taken from the address, which others log.
            ((KEY, "?secret=cafe-secret"), old(token), "INVALIDTOKEN", "Bad or expired token"),
            ((KEY, "?token=1_old-token-of-ana"), old(token), "INVALIDTOKEN", "Bad or expired token"),
            ((KEY, "?x"), old(token), "INVALIDTOKEN", "Bad or expired token"),
            ((KEY, "?returnType=&returnType="), old(token), "INVALIDTOKEN", "Bad or expired token"),
            ((KEY, "?returnType=%ff"), old(token), "INVALIDTOKEN", "Bad or expired token"),
            ((KEY, ""), json!({"token": token}), "INVALIDTOKEN", "Bad or expired token"),
            ((KEY, ""), json!("token"), "INVALIDTOKEN", "Bad or expired token"),
            ((KEY, ""), json!({"token": token, "secret": "wrong"}), "UNAUTHORIZED", "Invalid credentials"),
            (("OldDepotKey", ""), old(token), "INVALIDAPP", "Application is invalid"),
            (("oldcafekey", ""), old(token), "INVALIDAPP", "Application is invalid"),
            (("%00", ""), old(token), "INVALIDAPP", "Application is invalid"),
            (("%ff", ""), old(token), "INVALIDAPP", "Application is invalid"),
        ];
        for (at, body, code, message) in cases {
            let answer = exchange(&app, at, &body).await;
            let expected = format!(
                "{{\"code\":\"{code}\",\"message\":\"{message}\",\"concur-correlationid\":\"mine-6\"}}"
            );
            assert_eq!((answer.status, answer.text()), (400, expected), "{at:?} {body}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn a_revocation_ends_old_tokens_too(place: TestDb) {
        let app = TestApp::start(&place).await;
        let ana = app.token(ANA).await;
        app.us.call("DELETE", "/app-mgmt/v0/connections").bearer(&ana).send().await;
        let answer = exchange(&app, (KEY, ""), &old("1_old-token-of-ana")).await;
        assert_eq!(answer.json()["code"], "INVALIDTOKEN");
        app.stop().await;
        // Nor does a seed file bring it back.
        let app = TestApp::start(&place).await;
        let answer = exchange(&app, (KEY, ""), &old("1_old-token-of-ana")).await;
        assert_eq!(answer.json()["code"], "INVALIDTOKEN");
        let other = exchange(&app, (KEY, ""), &old("1_old-token-of-ben")).await;
        assert_eq!(other.status, 200);
        app.stop().await;
    }
}
