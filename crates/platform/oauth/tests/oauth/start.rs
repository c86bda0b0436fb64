//! Statements, keys and seeds at start.

use std::collections::BTreeSet;

use bursar_directory::{DataCenters, Passwords, Seed};
use bursar_kernel::{Clock, Micros, Rng};
use bursar_oauth::{Oauth, OpenOauthError};
use bursar_testkit::db_test;
use bursar_web::DataCenter;
use serde_json::Value;

use crate::support::*;
use crate::token::verified;

db_test! {
    async fn every_statement_prepares(place: TestDb) {
        let db = place.open().await;
        for sql in bursar_oauth::statements() {
            db.prepare(sql).await.unwrap_or_else(|error| panic!("{}: {error}", sql.postgres()));
        }
    }
}

db_test! {
    async fn keys_survive_a_restart_and_another_server_key_is_refused(place: TestDb) {
        let mut service = Service::start(&place).await;
        let token = service.connect("us", CAFE, ana()).await;
        service.oauth = open(&service.db, &service.clock).await;
        verified(&service, "us", &token.text("access_token")).await;
        let again = service.refresh("us", CAFE, &token.text("refresh_token"), "").await;
        assert_eq!(again.status, 200, "{}", again.body);

        let rng = Rng::system();
        let refused = Oauth::open(
            service.db.clone(),
            service.clock.clone(),
            rng.clone(),
            data_centers(),
            Passwords::new(rng),
            server_key("b2"),
        );
        assert!(matches!(refused.await, Err(OpenOauthError::OtherServerKey)));
    }
}

fn kids(answer: &Answer) -> BTreeSet<String> {
    let jwks: Value = serde_json::from_str(&answer.body).unwrap();
    let kid = |key: &Value| {
        assert_eq!(
            (key["kty"].as_str(), key["use"].as_str()),
            (Some("RSA"), Some("sig"))
        );
        assert_eq!(
            (key["alg"].as_str(), key["e"].as_str()),
            (Some("RS256"), Some("AQAB"))
        );
        assert_eq!(key.as_object().unwrap().len(), 6, "nothing private: {key}");
        key["kid"].as_str().unwrap().to_owned()
    };
    jwks["keys"].as_array().unwrap().iter().map(kid).collect()
}

db_test! {
    async fn nodes_that_start_together_share_one_key_per_data_center(place: TestDb) {
        let db = place.open().await;
        let clock = Clock::fake(Micros(NOW * 1_000_000));
        let (one, two) = tokio::join!(open(&db, &clock), open(&db, &clock));
        let mut service = Service::on(db).await;
        let mut all = Vec::new();
        for oauth in [one, two] {
            service.oauth = oauth;
            let us = kids(&service.get("us", "/oauth2/v0/jwks", &[]).await);
            let emea = kids(&service.get("emea", "/oauth2/v0/jwks", &[]).await);
            let glz = kids(&service.get("glz", "/oauth2/v0/jwks", &[]).await);
            assert_eq!((us.len(), emea.len()), (1, 1));
            assert_eq!(glz, us.union(&emea).cloned().collect());
            all.push(glz);
        }
        assert_eq!(all[0], all[1]);
    }
}

#[test]
fn the_openapi_document_names_the_endpoints() {
    let document = bursar_oauth::openapi().to_json().unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    let expected = [
        "/app-mgmt/v0/connections",
        "/app-mgmt/v4/{appId}/secrets",
        "/app-mgmt/v4/{appId}/secrets/{secretId}",
        "/appmgmt/v0/legacyApps/{consumerKey}/exchangeRefreshToken/me",
        "/oauth2/v0/jwks",
        "/oauth2/v0/otp",
        "/oauth2/v0/token",
    ];
    assert_eq!(paths, expected);
}

db_test! {
    async fn the_sandbox_seed_applies_twice(place: TestDb) {
        const SANDBOX: &str = include_str!("../../../../../seeds/sandbox.toml");
        let db = place.open().await;
        let clock = Clock::fake(Micros(NOW * 1_000_000));
        let oauth = open(&db, &clock).await;
        let passwords = Passwords::new(Rng::system());
        let center = |id: &str| {
            DataCenter::new(id, &format!("https://{id}.test"), "https://www.test").unwrap()
        };
        let centers = ["us", "us2", "emea", "eu2", "cn", "glz"].map(center);
        let centers = DataCenters::new(centers).unwrap();
        for _ in 0..2 {
            let mut seed = Seed::parse(SANDBOX).unwrap();
            bursar_directory::seed(&db, &clock, &passwords, &centers, &mut seed).await.unwrap();
            bursar_oauth::seed(&oauth, &mut seed).await.unwrap();
            // Other slices' own sections.
            seed.take::<Value>("listings").unwrap();
            seed.take::<Value>("expense_groups").unwrap();
            seed.finish().unwrap();
        }
    }
}
