//! `Caller`: who passes and who does not.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::{hmac, signature};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_db::statements;
use bursar_testkit::db_test;
use serde_json::{Value, json};

use crate::support::*;

statements! {
    DISABLE_USER = "UPDATE directory_user SET state = 'disabled' WHERE id = $1";
    DISABLE_APP = "UPDATE oauth_app SET enabled = 0 WHERE id = $1";
    MOVE_TO_US = "UPDATE directory_company SET home = 'us' WHERE id = $1";
}

async fn ask(service: &Service, at: &str, path: &str, token: &str) -> (u16, String) {
    let answer = service.get(at, path, &[&format!("Bearer {token}")]).await;
    (answer.status, answer.body)
}

fn elsewhere(at: &str) -> (u16, String) {
    let there = format!("https://{at}.test");
    refused(&format!(
        "OtherDataCenter {{ geolocation: Some({there:?}) }}"
    ))
}

fn refused(text: &str) -> (u16, String) {
    (403, text.to_owned())
}

db_test! {
    async fn a_caller_is_who_the_token_says(place: TestDb) {
        let service = Service::start(&place).await;
        let scopes = "[openid receipts.read receipts.write]";
        let user = service.connect("us", CAFE, ana()).await.text("access_token");
        let expected = format!(
            "User {ANA} user=Some(\"{ANA}\") company=Some(\"{NORTHWIND}\") app={CAFE} Bluebird Cafe {scopes}"
        );
        // Twice: the second time from what is remembered.
        for path in ["/users", "/users", "/anybody"] {
            assert_eq!(ask(&service, "us", path, &user).await, (200, expected.clone()));
        }
        let firm = service.connect("us", CAFE, company(NORTHWIND)).await.text("access_token");
        let expected = format!(
            "Company {NORTHWIND} user=None company=Some(\"{NORTHWIND}\") app={CAFE} Bluebird Cafe {scopes}"
        );
        assert_eq!(ask(&service, "us", "/anybody", &firm).await, (200, expected));
        assert_eq!(ask(&service, "us", "/users", &firm).await, refused("WrongKind"));
        let own = service.token("glz", TALLY, "grant_type=client_credentials").await;
        let own = own.text("access_token");
        let expected = format!("App {TALLY} user=None company=None app={TALLY} Tally [openid]");
        assert_eq!(ask(&service, "emea", "/anybody", &own).await, (200, expected));
        assert_eq!(ask(&service, "emea", "/users", &own).await, refused("WrongKind"));
    }
}

db_test! {
    async fn a_token_works_for_an_hour_at_home_with_its_scope_and_product(place: TestDb) {
        let service = Service::start(&place).await;
        let fewer = service.connect("us", TALLY, ana()).await.text("access_token");
        assert_eq!(ask(&service, "us", "/users", &fewer).await, refused("MissingScope"));
        assert_eq!(ask(&service, "us", "/anybody", &fewer).await.0, 200);
        let lars = service.connect("emea", CAFE, lars()).await.text("access_token");
        assert_eq!(ask(&service, "emea", "/users", &lars).await, refused("ProductNotBought"));
        assert_eq!(ask(&service, "emea", "/anybody", &lars).await.0, 200);
        for at in ["us", "glz"] {
            assert_eq!(ask(&service, at, "/anybody", &lars).await, elsewhere("emea"));
        }
        service.pass(Duration::from_secs(3599));
        assert_eq!(ask(&service, "us", "/anybody", &fewer).await.0, 200);
        service.pass(Duration::from_secs(1));
        for _ in 0..2 {
            assert_eq!(ask(&service, "us", "/anybody", &fewer).await, refused("Expired"));
        }
    }
}

db_test! {
    async fn who_is_disabled_or_has_moved_is_refused(place: TestDb) {
        let service = Service::start(&place).await;
        let user = service.connect("us", CAFE, ana()).await.text("access_token");
        let firm = service.connect("us", ONCE, company(NORTHWIND)).await.text("access_token");
        let lars = service.connect("emea", CAFE, lars()).await.text("access_token");
        service.change(&DISABLE_USER, ANA).await;
        service.change(&DISABLE_APP, ONCE).await;
        service.change(&MOVE_TO_US, LINDGREN).await;
        assert_eq!(ask(&service, "us", "/users", &user).await, refused("Disabled"));
        assert_eq!(ask(&service, "us", "/anybody", &firm).await, refused("Disabled"));
        assert_eq!(ask(&service, "us", "/anybody", &lars).await, elsewhere("emea"));
        let nowhere = refused("OtherDataCenter { geolocation: None }");
        assert_eq!(ask(&service, "emea", "/anybody", &lars).await, nowhere);
    }
}

/// Encodes and joins the parts of a token.
fn token(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

db_test! {
    async fn forged_tokens_are_refused(place: TestDb) {
        let service = Service::start(&place).await;
        let tokens = service.connect("us", CAFE, ana()).await;
        let good = tokens.text("access_token");
        let (header, claims) = (part(&good, 0), part(&good, 1));
        assert_eq!(ask(&service, "us", "/anybody", &good).await.0, 200);
        let refuses = async |token: &str, reason: &str| {
            assert_eq!(ask(&service, "us", "/anybody", token).await, refused(reason), "{token}");
        };

        for missing in [&[][..], &["Basic YTpi"], &["Bearer2 x"]] {
            let answer = service.get("us", "/anybody", missing).await;
            assert_eq!((answer.status, answer.body.as_str()), (403, "NoToken"));
        }
        let twice = format!("Bearer {good}");
        let answer = service.get("us", "/anybody", &[&twice, &twice]).await;
        assert_eq!(answer.body, "Malformed");
        for text in ["x", "a.b", "a.b.c", "...", &good[..good.len() - 3], &format!("{good}.")] {
            let answer = ask(&service, "us", "/anybody", text).await;
            assert!(["Malformed", "BadSignature"].contains(&answer.1.as_str()), "{text} {answer:?}");
        }

        let kid = header["kid"].as_str().unwrap();
        for alg in ["none", "None", "RS384", "PS256", "rs256"] {
            refuses(&token(&json!({"alg": alg, "kid": kid}), &claims, |_| vec![]), "BadSignature").await;
        }
        let jwks = service.get("us", "/oauth2/v0/jwks", &[]).await.body;
        let jwks: Value = serde_json::from_str(&jwks).unwrap();
        let modulus = jwks["keys"][0]["n"].as_str().unwrap();
        let secrets = [modulus.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(modulus).unwrap()];
        for secret in secrets {
            let hs256 = json!({"alg": "HS256", "kid": kid});
            let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
            let sign = |message: &[u8]| hmac::sign(&key, message).as_ref().to_vec();
            refuses(&token(&hs256, &claims, sign), "BadSignature").await;
        }

        let own = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let sign = |message: &[u8]| {
            let mut made = vec![0; own.public_modulus_len()];
            own.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut made).unwrap();
            made
        };
        refuses(&token(&header, &claims, sign), "BadSignature").await;
        refuses(&token(&json!({"alg": "RS256", "kid": "other"}), &claims, sign), "BadSignature").await;
        refuses(&token(&json!({"alg": "RS256"}), &claims, sign), "Malformed").await;
        let mut wider = claims.clone();
        wider["concur.scopes"] = json!(["receipts.write", "admin"]);
        let [old, new] = [&claims, &wider].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        assert_ne!(old, new);
        let signature = good.rsplit('.').next().unwrap();
        let head = good.split('.').next().unwrap();
        refuses(&format!("{head}.{new}.{signature}"), "BadSignature").await;

        // The same key signs it, but it is not for APIs.
        refuses(&tokens.text("id_token"), "Malformed").await;
        refuses(&tokens.text("refresh_token"), "Malformed").await;
    }
}
