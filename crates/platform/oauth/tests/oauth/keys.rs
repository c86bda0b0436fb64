//! New signing keys, on two nodes.

use std::time::Duration;

use bursar_testkit::db_test;
use serde_json::{Value, json};

use crate::support::*;
use crate::token::verified;

async fn kids(service: &Service, at: &str) -> Vec<String> {
    let answer = service.get(at, "/oauth2/v0/jwks", &[]).await;
    let keys: Value = serde_json::from_str(&answer.body).unwrap();
    let keys = keys["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

async fn calls(service: &Service, token: &str) -> u16 {
    let answer = service
        .get("us", "/anybody", &[&format!("Bearer {token}")])
        .await;
    answer.status
}

db_test! {
    async fn a_new_key_signs_and_the_old_one_verifies_until_its_last_token_ends(place: TestDb) {
        let service = Service::start(&place).await;
        let other = service.another_node().await;
        let old = service.connect("us", CAFE, ana()).await.text("access_token");
        let (us, emea) = (kids(&service, "us").await, kids(&service, "emea").await);

        let new_kid = service.oauth.rotate_keys("us").await.unwrap();
        let both = [us[0].clone(), new_kid.clone()];
        assert_eq!(kids(&service, "us").await, both);
        assert_eq!(kids(&service, "emea").await, emea);
        let answer = service.connect("us", CAFE, ana()).await;
        let (new, id) = (answer.text("access_token"), answer.text("id_token"));
        let kid = jsonwebtoken::decode_header(&new).unwrap().kid;
        assert_eq!(kid.as_deref(), Some(new_kid.as_str()), "at the same instant");
        for node in [&service, &other] {
            assert_eq!((calls(node, &old).await, calls(node, &new).await), (200, 200));
            assert_eq!(kids(node, "us").await, both);
            assert_eq!(verified(node, "us", &id).await["sub"], json!(ANA));
        }

        // The other node may have signed with the old key for up to two minutes more.
        service.pass(Duration::from_secs(3600 + 119));
        assert_eq!(kids(&other, "us").await, both);
        service.pass(Duration::from_secs(2));
        for node in [&service, &other] {
            assert_eq!(kids(node, "us").await.as_slice(), std::slice::from_ref(&new_kid));
        }
        let newest = service.oauth.rotate_keys("us").await.unwrap();
        let restarted = service.another_node().await;
        assert_eq!(kids(&restarted, "us").await, [new_kid, newest], "the first is gone for good");
    }
}

db_test! {
    async fn nothing_rotates_where_nothing_is_signed(place: TestDb) {
        let service = Service::start(&place).await;
        for id in ["glz", "mars", ""] {
            assert!(service.oauth.rotate_keys(id).await.is_err(), "{id}");
        }
        assert_eq!(kids(&service, "glz").await.len(), 2);
    }
}
