//! Who may call. What every route refuses is in `coverage.rs`; here are the bodies, and the forged.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bursar_testkit::db_test;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::sample::smallest;
use crate::app::*;
use crate::http::{Answer, Call};

/// The documented body of 403, with the reason in the sentence.
fn assert_refused(app: &TestApp, answer: &Answer, error: &str, code: u16, description: &str) {
    let expected = format!(
        "{{\"error\":\"{error}\",\"concur-correlationid\":\"mine-3\",\
         \"error_description\":\"{description}\",\"code\":{code},\"geolocation\":\"{}\"}}",
        app.us.base
    );
    assert_eq!((answer.status, answer.text()), (403, expected));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("concur-correlationid"), "mine-3");
}

fn post(app: &TestApp, user: &str) -> Call {
    let call = app.us.post(&format!("/receipts/v4/users/{user}"));
    let call = call.correlated("mine-3").header("link", GENERAL);
    call.json(smallest().to_string())
}

db_test! {
    async fn callers_without_a_good_token_are_refused(place: TestDb) {
        let app = TestApp::start(&place).await;
        let ana = app.token(ANA).await;
        for (headers, description) in [
            (&[][..], "no bearer token"),
            (&["Basic YTpi"], "no bearer token"),
            (&["Bearer"], "the bearer token is malformed"),
            (&["Bearer x"], "the bearer token is malformed"),
            (&["Bearer a.b.c"], "the bearer token is malformed"),
            (&["Bearer é"], "the bearer token is malformed"),
            (&[&format!("Bearer {ana}"), "Bearer x"], "the bearer token is malformed"),
            (&[&format!("Bearer {ana} {ana}")], "the bearer token is malformed"),
            (&[&format!("Bearer {ana}.x")], "the bearer token is malformed"),
        ] {
            let mut call = post(&app, ANA);
            for value in headers {
                call = call.header("authorization", value);
            }
            assert_refused(&app, &call.send().await, "invalid_grant", 108, description);
        }
        for (token, error, code, description) in [
            (app.token(LARS).await, "invalid_grant", 108, "the access token is of another data center"),
            (app.token_for(ANA, "receipts.read").await, "invalid_scope", 54,
                "the access token lacks the scope"),
            (app.token_for(ANA, "openid").await, "invalid_scope", 54,
                "the access token lacks the scope"),
            (app.app_token().await, "invalid_grant", 108,
                "the access token is of a kind that may not call this"),
            (app.token(ZOE).await, "invalid_client", 53, "the company has not bought the product"),
            (app.token(HARBOUR).await, "invalid_client", 53, "the company has not bought the product"),
            (app.connect(ANA).await.field("id_token"), "invalid_grant", 108,
                "the bearer token is malformed"),
            (app.connect(ANA).await.field("refresh_token"), "invalid_grant", 108,
                "the bearer token is malformed"),
        ] {
            let answer = post(&app, ANA).bearer(&token).send().await;
            assert_refused(&app, &answer, error, code, description);
        }
        app.clock.advance(Duration::from_secs(3599));
        let last = app.us.get("/receipts/").bearer(&ana).send().await;
        assert_eq!(last.status, 200);
        app.clock.advance(Duration::from_secs(1));
        let answer = post(&app, ANA).bearer(&ana).send().await;
        assert_refused(&app, &answer, "invalid_grant", 108, "the access token has expired");
        assert_eq!(app.stored().await, 0);
        app.stop().await;
    }
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn base64_json(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A DER value.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82, length[0], length[1]], content].concat()
}

/// The public key as partners keep it: PEM.
fn pem(jwk: &Value) -> String {
    let number = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        der(2, &[&[0], &bytes[..]].concat())
    };
    let key = der(0x30, &[number("n"), number("e")].concat());
    let lines = STANDARD.encode(key);
    format!("-----BEGIN RSA PUBLIC KEY-----\n{lines}\n-----END RSA PUBLIC KEY-----\n")
}

db_test! {
    async fn forged_tokens_are_refused(place: TestDb) {
        let app = TestApp::start(&place).await;
        let jwks = app.us.get("/oauth2/v0/jwks").send().await.json();
        let jwk = &jwks["keys"][0];
        let weak = app.token_for(ANA, "receipts.read").await;
        let (header, claims) = (part(&weak, 0), part(&weak, 1));
        let signature = weak.rsplit('.').next().unwrap();
        let mut wider = claims.clone();
        wider["concur.scopes"] = json!(["receipts.write"]);
        let mut later = claims.clone();
        later["exp"] = json!(9_999_999_999_i64);
        let (wider, later) = (base64_json(&wider), base64_json(&later));
        let own = base64_json(&header);

        let mut forged = vec![
            format!("{own}.{wider}.{signature}"),
            format!("{own}.{later}.{signature}"),
            format!("{own}.{wider}."),
        ];
        for alg in ["none", "None", "NONE", "RS512", "PS256", "rs256"] {
            let mut header = header.clone();
            header["alg"] = json!(alg);
            let header = base64_json(&header);
            forged.push(format!("{header}.{wider}."));
            forged.push(format!("{header}.{wider}.{signature}"));
        }
        // The public key taken for a shared secret.
        let mut hs256 = Header::new(Algorithm::HS256);
        hs256.kid = header["kid"].as_str().map(str::to_owned);
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&wider).unwrap()).unwrap();
        for secret in [pem(jwk), jwk.to_string(), jwk["n"].as_str().unwrap().to_owned()] {
            let key = EncodingKey::from_secret(secret.as_bytes());
            forged.push(encode(&hs256, &claims, &key).unwrap());
        }
        let mut stranger = header.clone();
        stranger["kid"] = json!("nobody");
        forged.push(format!("{}.{wider}.{signature}", base64_json(&stranger)));
        for at in [0, 40, 300] {
            let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
            let at = at % bytes.len();
            bytes[at] ^= 1;
            let (message, _) = weak.rsplit_once('.').unwrap();
            forged.push(format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes)));
        }
        for token in forged {
            let answer = post(&app, ANA).bearer(&token).send().await;
            let description = "the access token's signature is not ours";
            assert_refused(&app, &answer, "invalid_grant", 108, description);
        }
        assert_eq!(app.stored().await, 0);
        app.stop().await;
    }
}

db_test! {
    async fn each_acts_only_for_its_own(place: TestDb) {
        let app = TestApp::start(&place).await;
        let (ana, northwind) = (app.token(ANA).await, app.token(NORTHWIND).await);
        let another = "User ID in the URL must match the ID in the sub claim of the JWT";
        let nobody = "00000000-0000-4000-8000-000000000000";
        for (token, user, status, text) in [
            (&ana, BEN, 401, another),
            (&ana, CARA, 401, another),
            (&ana, LARS, 401, another),
            (&ana, nobody, 401, another),
            (&ana, "me", 401, another),
            (&ana, NORTHWIND, 401, another),
            (&northwind, CARA, 404, ""),
            (&northwind, LARS, 404, ""),
            (&northwind, nobody, 404, ""),
            (&northwind, NORTHWIND, 404, ""),
            (&northwind, "me", 404, ""),
            (&northwind, "%00", 404, ""),
            (&northwind, "%ff", 404, ""),
            (&ana, "%ff", 404, ""),
        ] {
            let path = format!("/receipts/v4/users/{user}");
            let posted = post(&app, user).bearer(token).send().await;
            let listed = app.us.get(&path).bearer(token).send().await;
            let page = format!("{path}/page/{}", "f".repeat(32));
            let paged = app.us.get(&page).bearer(token).send().await;
            for answer in [posted, listed, paged] {
                assert_eq!((answer.status, answer.text().as_str()), (status, text), "{user}");
            }
        }
        assert_eq!(app.stored().await, 0);

        // A company posts for its users, and sees what they have.
        let url = app.accepted(&northwind, ANA, smallest().to_string()).await;
        let id = url.rsplit('/').next().unwrap().to_owned();
        app.processed(&northwind, &url).await;
        let receipt = |suffix: &str| format!("/receipts/v4/{id}{suffix}");
        let all = [receipt(""), receipt("/image"), format!("/receipts/v4/status/{id}")];
        for (who, status) in [
            (ANA, 200),
            (NORTHWIND, 200),
            (BEN, 404),
            (CARA, 404),
            (SOUTHBANK, 404),
        ] {
            let token = app.token(who).await;
            for path in &all {
                let answer = app.us.get(path).bearer(&token).send().await;
                assert_eq!(answer.status, status, "{who} {path}");
                assert!(status == 200 || answer.body.is_empty());
            }
        }
        for id in [nobody, "x", "%00", "%ff", &"f".repeat(32), &"0".repeat(33), &id.to_uppercase()[..31]] {
            for path in ["", "/image"].map(|suffix| format!("/receipts/v4/{id}{suffix}")) {
                let answer = app.us.get(&path).bearer(&ana).send().await;
                assert_eq!((answer.status, answer.text()), (404, String::new()), "{path}");
            }
            let path = format!("/receipts/v4/status/{id}");
            let answer = app.us.get(&path).bearer(&ana).send().await;
            assert_eq!((answer.status, answer.text()), (404, String::new()), "{path}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn scopes_allow_what_they_say(place: TestDb) {
        let app = TestApp::start(&place).await;
        let all = app.token(ANA).await;
        let url = app.accepted(&all, ANA, smallest().to_string()).await;
        app.processed(&all, &url).await;
        let list = format!("/receipts/v4/users/{ANA}");
        let status = url.replace("/v4/", "/v4/status/");
        let image = format!("{url}/image");
        for (scope, posts, reads) in [
            ("receipts.read", 403, 200),
            ("receipts.write", 201, 200),
            ("receipts.writeonly", 201, 403),
        ] {
            let token = app.token_for(ANA, scope).await;
            let answer = app.post(&token, ANA, smallest().to_string()).await;
            assert_eq!(answer.status, posts, "{scope}");
            for path in [&list, &url, &image] {
                let answer = app.us.get(path).bearer(&token).send().await;
                assert_eq!(answer.status, reads, "{scope} {path}");
            }
            let answer = app.us.get(&status).bearer(&token).send().await;
            assert_eq!(answer.status, 200, "{scope}: who posts may ask how far it is");
        }
        app.stop().await;
    }
}
