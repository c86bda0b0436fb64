//! `GET /oauth2/v0/jwks`.

use std::collections::HashSet;

use bursar_testkit::db_test;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use crate::app::*;
use crate::http::Site;

async fn keys(site: &Site) -> Vec<Value> {
    let answer = site.get("/oauth2/v0/jwks").send().await;
    assert_eq!(answer.status, 200);
    answer.json()["keys"].as_array().unwrap().clone()
}

db_test! {
    async fn keys_are_public_and_differ_by_data_center(place: TestDb) {
        let app = TestApp::start(&place).await;
        let (us, emea, all) = (keys(&app.us).await, keys(&app.emea).await, keys(&app.glz).await);
        assert_eq!((us.len(), emea.len(), all.len()), (1, 1, 2));
        let mut seen = HashSet::new();
        for key in [&us[0], &emea[0]] {
            assert!(all.contains(key));
            let names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(names.iter().collect::<HashSet<_>>(),
                ["kty", "use", "alg", "kid", "n", "e"].iter().collect());
            for (name, value) in [("kty", "RSA"), ("use", "sig"), ("alg", "RS256"), ("e", "AQAB")] {
                assert_eq!(key[name], value);
            }
            assert!(seen.insert(key["n"].to_string()) && seen.insert(key["kid"].to_string()));
        }
        app.stop().await;
    }
}

db_test! {
    async fn a_partner_verifies_the_id_token(place: TestDb) {
        let app = TestApp::start(&place).await;
        for (principal, kind, home) in [
            (ANA, "user", &app.us),
            (LARS, "user", &app.emea),
            (NORTHWIND, "company", &app.us),
        ] {
            let id_token = app.connect(principal).await.field("id_token");
            let header = decode_header(&id_token).unwrap();
            assert_eq!(header.alg, Algorithm::RS256);
            let keys = keys(home).await;
            let key = keys.iter().find(|key| key["kid"] == json!(header.kid)).unwrap();
            let (n, e) = (key["n"].as_str().unwrap(), key["e"].as_str().unwrap());
            let key = DecodingKey::from_rsa_components(n, e).unwrap();
            let mut wanted = Validation::new(Algorithm::RS256);
            wanted.set_audience(&[CAFE.0]);
            wanted.set_issuer(&[&home.base]);
            // The platform's clock stands in the past or the future.
            wanted.validate_exp = false;
            let claims = decode::<Value>(&id_token, &key, &wanted).unwrap().claims;
            let now = NOW.epoch_seconds();
            let hash = claims["at_hash"].clone();
            assert_eq!(hash.as_str().unwrap().len(), 22);
            let expected = json!({
                "aud": CAFE.0,
                "concur.profile": format!("{}/profile/v1/principals/{principal}", home.base),
                "concur.version": 2,
                "concur.type": kind,
                "sub": principal,
                "iss": home.base,
                "exp": now + 3600,
                "nbf": now,
                "at_hash": hash,
                "iat": now,
            });
            assert_eq!(claims, expected);
        }
        app.stop().await;
    }
}
