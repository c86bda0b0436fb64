//! "Being Geo Aware", as the e-receipts guide and the recipe print it.

use bursar_testkit::db_test;
use serde_json::json;

use crate::app::*;
use crate::http::{Answer, Site};

/// Hosted in two data centers, neither of them the default.
const MERIDIAN_SEED: &str = r#"
[[companies]]
id = "b7a41c90-5d2e-4f63-8a17-0c9e3d5f6b04"
name = "Meridian Freight"
edition = "professional"
products = ["expense"]
home = "us2"
second_home = "eu2"

[[companies.users]]
id = "f1c8e2d4-6b3a-4957-9e0f-7a5d4c3b2e41"
user_name = "dana@meridian.example.com"
password = "dana"
email = "dana@meridian.example.com"
given_name = "Dana"
family_name = "Weiss"
"#;

type Fields<'a> = Vec<(&'a str, &'a str)>;

async fn ask(site: &Site, fields: &Fields<'_>) -> Answer {
    let client = [("client_id", CAFE.0), ("client_secret", CAFE.1)];
    let call = site.post("/oauth2/v0/token").correlated("mine-5");
    call.form(&[&client[..], fields].concat()).send().await
}

fn by_password() -> Fields<'static> {
    vec![
        ("grant_type", "password"),
        ("username", "dana@meridian.example.com"),
        ("password", "dana"),
    ]
}

fn by_request_token<'a>(principal: &'a str, token: &'a str) -> Fields<'a> {
    vec![
        ("grant_type", "password"),
        ("credtype", "authtoken"),
        ("username", principal),
        ("password", token),
    ]
}

/// The printed body of HTTP 400 with code 16.
fn assert_elsewhere(answer: &Answer, try_at: &Site) {
    let expected = format!(
        "{{\"error\":\"invalid_request\",\"concur-correlationid\":\"mine-5\",\
         \"error_description\":\"user lives elsewhere\",\"code\":16,\"geolocation\":\"{}\"}}",
        try_at.base
    );
    assert_eq!((answer.status, answer.text()), (400, expected));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("concur-correlationid"), "mine-5");
}

db_test! {
    async fn the_address_with_code_16_need_not_be_that_of_the_token(place: TestDb) {
        let app = TestApp::start_with(&place, &["us2", "eu2"], MERIDIAN_SEED).await;
        let (us2, eu2) = (app.at("us2"), app.at("eu2"));
        let dana = by_request_token(DANA, app.request_token(DANA));
        let meridian = by_request_token(MERIDIAN, app.request_token(MERIDIAN));
        for fields in [&by_password(), &dana, &meridian] {
            // Asked at one of its own data centers, or anywhere else but the default.
            for site in [us2, eu2, &app.emea] {
                assert_elsewhere(&ask(site, fields).await, &app.us);
            }
            let granted = ask(&app.us, fields).await;
            assert_eq!((granted.status, granted.field("geolocation")), (200, us2.base.clone()));
        }
        // The global zone has no password grant of users, and takes every request token.
        assert_elsewhere(&ask(&app.glz, &by_password()).await, &app.us);
        let granted = ask(&app.glz, &dana).await;
        assert_eq!(granted.field("geolocation"), us2.base);

        // From then on the token's geolocation is the one address.
        let token = granted.field("access_token");
        for (site, status) in [(us2, 200), (eu2, 403), (&app.us, 403), (&app.glz, 403)] {
            let list = site.get(&format!("/receipts/v4/users/{DANA}"));
            assert_eq!(list.bearer(&token).send().await.status, status, "{}", site.base);
        }
        let refresh_token = granted.field("refresh_token");
        let refresh = vec![("grant_type", "refresh_token"), ("refresh_token", &refresh_token)];
        for site in [&app.us, eu2, &app.emea, &app.glz] {
            assert_elsewhere(&ask(site, &refresh).await, us2);
        }
        let again = ask(us2, &refresh).await;
        assert_eq!((again.status, again.field("geolocation")), (200, us2.base.clone()));
        app.stop().await;
    }
}

db_test! {
    /// The recipe: "make the API call using the default US Base URI and expect a geolocation
    /// error which will return the correct geoLocation for the user".
    async fn whoever_does_not_know_asks_the_default_and_follows(place: TestDb) {
        let app = TestApp::start_with(&place, &["us2", "eu2"], MERIDIAN_SEED).await;
        for (principal, home) in [(LARS, &app.emea), (ANA, &app.us), (DANA, app.at("us2")),
            (LINDGREN, &app.emea), (NORTHWIND, &app.us), (MERIDIAN, app.at("us2"))] {
            let fields = by_request_token(principal, app.request_token(principal));
            for first in ["us", "us2", "emea", "eu2", "glz"] {
                let mut base = app.at(first).base.clone();
                let mut hops = 0;
                let granted = loop {
                    let answer = ask(&Site { base }, &fields).await;
                    if answer.status == 200 {
                        break answer;
                    }
                    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(16)));
                    base = answer.field("geolocation");
                    hops += 1;
                    assert!(hops < 3, "sent around from {first}");
                };
                assert_eq!(granted.field("geolocation"), home.base, "from {first}");
            }
        }
        app.stop().await;
    }
}

db_test! {
    async fn an_app_gets_its_own_token_anywhere_at_its_geolocation(place: TestDb) {
        let app = TestApp::start_with(&place, &["us2", "eu2"], MERIDIAN_SEED).await;
        for first in ["us", "us2", "emea", "eu2", "glz"] {
            let own = ask(app.at(first), &vec![("grant_type", "client_credentials")]).await;
            assert_eq!((own.status, own.field("geolocation")), (200, app.us.base.clone()));
        }
        app.stop().await;
    }
}
