//! `/partner/apps/{id}/settings`: what a partner decides about its apps, and what comes of it.

use std::time::Duration;

use bursar_testkit::db_test;

use crate::app::*;
use crate::http::{Answer, Site, encoded};
use crate::partner::{LISTING_ID, NEW, shown};
use crate::people::*;
use crate::signin::assert_page;

const AUTHORIZE: &str = "/oauth2/v0/authorize";
const BACK: &str = "https://bluebird.example.com/Back?from=bursar";
const DEVICE: &str = "com.example.bluebird:/back";
const CODE: (&str, &str) = ("grant_authorization_code", "on");

fn settings() -> String {
    format!("/partner/apps/{LISTING_ID}/settings/development")
}

/// What a new app's form has, with the code grant and these redirect URIs.
fn with_uris(uris: &str) -> Vec<(&str, &str)> {
    [
        &NEW[..],
        &[CODE, ("grant_refresh_token", "on"), ("redirect_uris", uris)],
    ]
    .concat()
}

fn query(client_id: &str, redirect_uri: &str) -> String {
    let redirect_uri = encoded(redirect_uri);
    format!("client_id={client_id}&redirect_uri={redirect_uri}&response_type=code&scope=openid")
}

async fn token(site: &Site, client: (&str, &str), fields: &[(&str, &str)]) -> Answer {
    let client = [("client_id", client.0), ("client_secret", client.1)];
    let form = [&client, fields].concat();
    site.post("/oauth2/v0/token").form(&form).send().await
}

db_test! {
    async fn a_registered_redirect_uri_completes_the_flow_until_it_is_removed(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (pia, tia) = (Someone::at(&app.us, PIA).await, Someone::at(&app.us, TIA).await);
        let uris = format!("{BACK}\r\n\r\n  {DEVICE} \r\n");
        let made = pia.post("/partner/apps", &with_uris(&uris)).await;
        assert_page(&made, 201);
        let (id, secret) = (shown(&made, "client-id"), shown(&made, "client-secret"));
        let kept = pia.page(&format!("/partner/apps/{LISTING_ID}")).await;
        assert!(kept.contains(&format!("{DEVICE}\n{BACK}</textarea>")), "{kept}");

        // The person sees which company it is.
        let asked = query(&id, BACK);
        let page = tia.page(&format!("{AUTHORIZE}?{asked}")).await;
        let by = "Bluebird Scooters by Bluebird Software asks to act for you";
        assert!(page.contains(by), "{page}");
        let allowed = tia.post(AUTHORIZE, &[("request", &asked), ("decision", "allow")]).await;
        assert_eq!(allowed.status, 303, "{}", allowed.text());
        assert!(allowed.header("location").starts_with(&format!("{BACK}&geolocation=")));
        let code = parameter(&allowed, "code").unwrap();
        let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)];
        let granted = token(&app.us, (&id, &secret), &fields).await;
        assert_eq!(granted.status, 200, "{}", granted.text());
        assert_eq!(granted.field("scope"), "openid");

        // To the letter.
        for other in ["https://bluebird.example.com/back?from=bursar", "https://bluebird.example.com/Back",
            "https://bluebird.example.com:443/Back?from=bursar", "com.example.bluebird:/back/"]
        {
            let refused = tia.get(&format!("{AUTHORIZE}?{}", query(&id, other))).await;
            assert_page(&refused, 400);
            assert_eq!(refused.maybe("location"), None, "{other}");
        }
        // Its maker removes it.
        let without = with_uris(DEVICE);
        pia.done(&settings(), &without).await;
        let refused = tia.get(&format!("{AUTHORIZE}?{asked}")).await;
        assert_page(&refused, 400);
        assert!(refused.text().contains("104: "), "{}", refused.text());
        let late = tia.post(AUTHORIZE, &[("request", &asked), ("decision", "allow")]).await;
        assert_page(&late, 400);
        let otto = Someone::at(&app.us, OTTO).await;
        let log = otto.page("/admin/audit").await;
        assert!(log.contains("Redirect URIs") && log.contains(DEVICE), "{log}");
        app.stop().await;
    }
}

db_test! {
    async fn what_is_no_redirect_uri_changes_nothing(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        let many: Vec<_> = (0..21).map(|n| format!("{BACK}&n={n}")).collect();
        let many = many.join("\n");
        let bad = [
            ("/back", "“/back” is no redirect URI"),
            ("bluebird.example.com/back", "is no redirect URI"),
            ("https://bluebird.example.com/#x", "is no redirect URI"),
            ("https://me@bluebird.example.com/", "is no redirect URI"),
            ("http://bluebird.example.com/", "is no redirect URI"),
            ("javascript:alert(1)", "is no redirect URI"),
            ("bluebird:/back", "is no redirect URI"),
            ("https://bluebird.example.com/<b>", "&#60;b&#62;” is no redirect URI"),
            ("https://bluebird.example.com/a b", "is no redirect URI"),
            ("https://bluebird.example.com/\u{0}", "is no redirect URI"),
            (BACK, "stands here twice"),
            (&many, "At most 20"),
        ];
        for (line, says) in bad {
            let answer = pia.post("/partner/apps", &with_uris(&format!("{BACK}\n{line}"))).await;
            assert_page(&answer, 422);
            assert!(answer.text().contains(says), "{line}: {}", answer.text());
        }
        let answer = pia.post("/partner/apps", &with_uris(" \n ")).await;
        assert_page(&answer, 422);
        assert!(answer.text().contains("id=\"new-redirect-uris-error\">This is needed."));
        let strange = [&NEW[..], &[("rotation", "sometimes")]].concat();
        assert_page(&pia.post("/partner/apps", &strange).await, 422);
        assert!(!pia.page("/partner/apps").await.contains("Scooters"), "nothing was made");

        pia.done("/partner/apps", &with_uris(DEVICE)).await;
        for (line, says) in bad {
            let answer = pia.post(&settings(), &with_uris(&format!("{BACK}\n{line}"))).await;
            assert_page(&answer, 422);
            assert!(answer.text().contains(says), "{line}: {}", answer.text());
        }
        let kept = pia.page(&format!("/partner/apps/{LISTING_ID}")).await;
        assert!(kept.contains(&format!(">\n{DEVICE}</textarea>")), "{kept}");
        app.stop().await;
    }
}

db_test! {
    async fn what_a_partner_removes_does_not_come_back_with_the_seed(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        let path = format!("/partner/apps/{RIDES}");
        let seeded = "https://dev.bluebird.example.com/back";
        assert!(pia.page(&path).await.contains(seeded));
        let without = [("name", "Rides"), ("scopes", "openid"), ("grant_password", "on")];
        pia.done(&format!("{path}/settings/development"), &without).await;
        app.stop().await;
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        assert!(!pia.page(&path).await.contains(seeded));
        app.stop().await;
    }
}

db_test! {
    async fn a_partner_chooses_what_a_refresh_gives_and_sees_its_connections(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        let form = |rotation| [&NEW[..], &[("grant_refresh_token", "on"), ("rotation", rotation)]].concat();
        let made = pia.post("/partner/apps", &form("new")).await;
        let (id, secret) = (shown(&made, "client-id"), shown(&made, "client-secret"));
        let client = (id.as_str(), secret.as_str());
        let path = format!("/partner/apps/{LISTING_ID}");
        let page = pia.page(&path).await;
        assert!(page.contains("<option value=\"new\" selected>"), "{page}");
        assert!(page.contains("0 connected, 0 expired, 0 disconnected"), "{page}");

        let (_, link) = page.split_once("preview-code=").unwrap();
        let link = link.split('"').next().unwrap();
        let tia = Someone::at(&app.us, TIA).await;
        let sent = tia.post(&format!("/apps/{LISTING_ID}/terms?preview-code={link}"), &[]).await;
        let asked = parameter(&sent, "requestToken").unwrap();
        let granted = exchange(&app, client, TIA_ID, &asked).await;
        let refreshed = async |token: &str| {
            let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
            self::token(&app.us, client, &fields).await.field("refresh_token")
        };
        let first = granted.field("refresh_token");
        let second = refreshed(&first).await;
        assert_ne!(first, second, "a new one each time");
        pia.done(&settings(), &form("same")).await;
        assert_eq!(refreshed(&second).await, second, "the same from now on");
        assert!(pia.page(&path).await.contains("1 connected, 0 expired, 0 disconnected"));

        app.clock.advance(Duration::from_hours(24 * 185));
        let (pia, tia) = (Someone::at(&app.us, PIA).await, Someone::at(&app.us, TIA).await);
        assert!(pia.page(&path).await.contains("0 connected, 1 expired, 0 disconnected"));
        tia.done(&format!("/connections/user/{id}/disconnect"), &[]).await;
        assert!(pia.page(&path).await.contains("0 connected, 0 expired, 1 disconnected"));
        app.stop().await;
    }
}

db_test! {
    async fn an_app_that_may_not_refresh_is_connected_for_an_hour(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (pia, tia) = (Someone::at(&app.us, PIA).await, Someone::at(&app.us, TIA).await);
        let terms = format!("/apps/{RIDES}/terms?preview-code={RIDES_CODE}");
        let asked = parameter(&tia.post(&terms, &[]).await, "requestToken").unwrap();
        assert_eq!(exchange(&app, RIDES_DEV, TIA_ID, &asked).await.status, 200);
        let page = async || pia.page(&format!("/partner/apps/{RIDES}")).await;
        assert!(page().await.contains("1 connected, 0 expired, 0 disconnected"));
        app.clock.advance(Duration::from_hours(1));
        let (theirs, hers) = (tia.page("/connections").await, page().await);
        assert!(theirs.contains("Expired: connect it again"), "{theirs}");
        assert!(hers.contains("0 connected, 1 expired, 0 disconnected"), "as the other side sees it");
        app.stop().await;
    }
}
