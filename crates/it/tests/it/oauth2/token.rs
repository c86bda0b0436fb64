//! `POST /oauth2/v0/token`.

use std::time::Duration;

use bursar_testkit::db_test;
use serde_json::json;

use crate::app::*;
use crate::http::{Answer, Call, Site};

type Fields<'a> = &'a [(&'a str, &'a str)];

pub(super) const ANA_NAME: &str = "ana@northwind.example.com";
pub(super) const ANA_PASSWORD: &str = "ana & friends";

fn ask(site: &Site, client: Client, fields: Fields) -> Call {
    let client = [("client_id", client.0), ("client_secret", client.1)];
    site.post("/oauth2/v0/token")
        .form(&[&client, fields].concat())
}

/// An answer that was documented word for word, apart from what cannot be foreseen.
fn assert_tokens(answer: &Answer, scope: &str, home: &Site) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    let [access, refresh, id] =
        ["access_token", "refresh_token", "id_token"].map(|name| answer.field(name));
    assert!(
        access.len() < 2048 && access.split('.').count() == 3,
        "{access}"
    );
    assert!(
        refresh.len() == 36 && refresh.split('-').count() == 5,
        "{refresh}"
    );
    // Six months of at most 31 days, as text.
    let expires: i64 = answer.field("refresh_expires_in").parse().unwrap();
    let months = expires - NOW.epoch_seconds();
    assert!((181 * 86_400..=187 * 86_400).contains(&months), "{months}");
    assert_eq!(
        answer.text(),
        format!(
            "{{\"expires_in\":\"3600\",\"scope\":\"{scope}\",\"token_type\":\"Bearer\",\
             \"access_token\":\"{access}\",\"refresh_token\":\"{refresh}\",\
             \"refresh_expires_in\":\"{expires}\",\"id_token\":\"{id}\",\
             \"geolocation\":\"{}\"}}",
            home.base
        )
    );
}

const ALL: &str = "openid receipts.read receipts.write receipts.writeonly company.read user.read \
    identity.user.ids.read identity.user.core.read identity.user.coresensitive.read \
    identity.user.enterprise.read quickexpense.writeonly CONFIG";

db_test! {
    async fn every_grant_answers_as_documented(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let password = [("grant_type", "password"), ("username", ANA_NAME),
            ("password", ANA_PASSWORD)];
        let answer = ask(&app.us, CAFE, &password).correlated("mine-7").send().await;
        assert_tokens(&answer, ALL, &app.us);
        assert_eq!(answer.header("concur-correlationid"), "mine-7");
        assert_tokens(&app.connect(ANA).await, ALL, &app.us);
        assert_tokens(&app.connect(NORTHWIND).await, ALL, &app.us);
        assert_tokens(&app.connect(LARS).await, ALL, &app.emea);

        app.clock.advance(Duration::from_secs(100));
        let token = answer.field("refresh_token");
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let again = ask(&app.us, CAFE, &refresh).send().await;
        assert_tokens(&again, ALL, &app.us);
        assert_ne!(again.field("access_token"), answer.field("access_token"));
        assert_eq!(again.field("refresh_token"), token);
        let expiry = |answer: &Answer| answer.field("refresh_expires_in").parse::<i64>().unwrap();
        assert_eq!(expiry(&again), expiry(&answer) + 100);

        for site in [&app.us, &app.emea, &app.glz] {
            let own = ask(site, CAFE, &[("grant_type", "client_credentials")]).send().await;
            let access = own.field("access_token");
            let expected = format!(
                "{{\"expires_in\":\"3600\",\"scope\":\"{ALL}\",\"token_type\":\"Bearer\",\
                 \"access_token\":\"{access}\",\"geolocation\":\"{}\"}}",
                app.us.base
            );
            assert_eq!((own.status, own.text()), (200, expected));
        }
        app.stop().await;
    }
}

db_test! {
    async fn who_lives_elsewhere_is_sent_there(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let lars = app.connect(LARS).await.field("refresh_token");
        let by_password = [("grant_type", "password"), ("username", "lars@lindgren.example.com"),
            ("password", "lars")];
        let by_token = [("grant_type", "password"), ("credtype", "authtoken"), ("username", LARS),
            ("password", app.request_token(LARS))];
        let by_refresh = [("grant_type", "refresh_token"), ("refresh_token", lars.as_str())];
        for fields in [&by_password[..], &by_token, &by_refresh] {
            let answer = ask(&app.us, CAFE, fields).correlated("mine-8").send().await;
            let expected = format!(
                "{{\"error\":\"invalid_request\",\"concur-correlationid\":\"mine-8\",\
                 \"error_description\":\"user lives elsewhere\",\"code\":16,\
                 \"geolocation\":\"{}\"}}",
                app.emea.base
            );
            assert_eq!((answer.status, answer.text()), (400, expected));
            assert_eq!(answer.header("concur-correlationid"), "mine-8");
            let there = ask(&app.emea, CAFE, fields).send().await;
            assert_tokens(&there, ALL, &app.emea);
        }
        app.stop().await;
    }
}

db_test! {
    async fn scopes_narrow_for_one_token(place: TestDb) {
        let app = TestApp::start(&place).await;
        let first = app.connect(ANA).await.field("refresh_token");
        for (asked, status, got) in [
            (Some("receipts.read"), 200, "receipts.read"),
            (Some("receipts.writeonly openid"), 200, "receipts.writeonly openid"),
            (Some("receipts.read travel.write"), 400, ""),
            (Some("RECEIPTS.READ"), 400, ""),
            (None, 200, ALL),
        ] {
            let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", &first)];
            fields.extend(asked.map(|scope| ("scope", scope)));
            let answer = ask(&app.us, CAFE, &fields).send().await;
            assert_eq!(answer.status, status, "{asked:?}");
            if status == 200 {
                assert_tokens(&answer, got, &app.us);
            } else {
                assert_eq!((&answer.json()["code"], &answer.json()["error"]),
                    (&json!(54), &json!("invalid_scope")));
            }
        }
        app.stop().await;
    }
}

db_test! {
    async fn every_refusal_has_its_code(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let tokens = app.connect(ANA).await;
        let (refresh, ana) = (tokens.field("refresh_token"), app.request_token(ANA));
        let password = |name, password| {
            vec![("grant_type", "password"), ("username", name), ("password", password)]
        };
        let authtoken = |name, token| {
            let mut fields = password(name, token);
            fields.push(("credtype", "authtoken"));
            fields
        };
        let refresh_with = |token| vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        let off = app.request_token(OFF);
        let nobody = ("5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d59", "x");
        for (client, fields, error, code, description) in [
            (CAFE, password(ANA_NAME, "wrong"), "invalid_grant", 5, "Incorrect credentials. Please Retry"),
            (CAFE, password("nobody@x.example", "x"), "invalid_grant", 5, "Incorrect credentials. Please Retry"),
            (CAFE, authtoken(ANA, "at-1234"), "invalid_grant", 5, "Incorrect credentials. Please Retry"),
            (CAFE, authtoken(BEN, ana), "invalid_grant", 5, "Incorrect credentials. Please Retry"),
            (CAFE, password("off@northwind.example.com", "off"), "invalid_grant", 10,
                "Account is disabled. Please contact support"),
            (CAFE, password("sso@northwind.example.com", "sso"), "invalid_request", 21,
                "Incorrect credentials. SSO-only client attempted a password login."),
            (CAFE, password("late@northwind.example.com", "late"), "invalid_request", 139,
                "Logon Denied. Password must be changed to meet company policy."),
            (CAFE, vec![("grant_type", "password"), ("password", "x")], "invalid_request", 51,
                "username was not supplied"),
            (CAFE, vec![("grant_type", "password"), ("username", "x")], "invalid_request", 52,
                "password was not supplied"),
            (SHUT, password(ANA_NAME, ANA_PASSWORD), "access_denied", 59, "client disabled"),
            (CAFE, vec![("grant_type", "magic")], "invalid_grant", 60,
                "these are not the grants you are looking for"),
            (TALLY, vec![("grant_type", "client_credentials")], "invalid_grant", 60,
                "these are not the grants you are looking for"),
            (nobody, password(ANA_NAME, ANA_PASSWORD), "invalid_client", 61, "client not found"),
            (("", "x"), password(ANA_NAME, ANA_PASSWORD), "invalid_request", 62,
                "client_id was not supplied"),
            ((CAFE.0, ""), password(ANA_NAME, ANA_PASSWORD), "invalid_request", 63,
                "client_secret was not supplied"),
            ((CAFE.0, TALLY.1), password(ANA_NAME, ANA_PASSWORD), "invalid_client", 64,
                "Incorrect credentials. Please Retry"),
            (CAFE, vec![], "invalid_request", 65, "grant_type was not supplied"),
            (RIVAL, refresh_with(refresh.as_str()), "invalid_grant", 105,
                "this grant was not issued to you!"),
            (CAFE, vec![("grant_type", "refresh_token")], "invalid_request", 106,
                "refresh_token was not supplied"),
            (TALLY, refresh_with(refresh.as_str()), "invalid_request", 107,
                "refresh disallowed for app"),
            (CAFE, refresh_with("5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51"), "invalid_grant", 108,
                "bad or expired refresh token"),
            (CAFE, [password(ANA, ana), vec![("credtype", "pin")]].concat(), "invalid_request",
                120, "credtype is invalid"),
            (CAFE, authtoken(OFF, off), "invalid_request", 123, "principal is disabled"),
            (CAFE, [password("a", "b"), vec![("username", "c")]].concat(), "invalid_request", 135,
                "unsupported request format"),
            (CAFE, password("a\0", "b"), "invalid_request", 135, "unsupported request format"),
            (RIVAL, authtoken(ANA, ana), "invalid_request", 136, "Authtoken was not issued for you"),
        ] {
            let answer = ask(&app.us, client, &fields).correlated("mine-9").send().await;
            let expected = format!(
                "{{\"error\":\"{error}\",\"concur-correlationid\":\"mine-9\",\
                 \"error_description\":\"{description}\",\"code\":{code}}}"
            );
            assert_eq!((answer.status, answer.text()), (400, expected), "{fields:?}");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("concur-correlationid"), "mine-9");
        }
        app.stop().await;
    }
}

db_test! {
    async fn tokens_end(place: TestDb) {
        let app = TestApp::start(&place).await;
        let ana = app.connect(ANA).await;
        let expires: u64 = ana.field("refresh_expires_in").parse().unwrap();
        let life = expires - u64::try_from(NOW.epoch_seconds()).unwrap();
        let token = ana.field("refresh_token");
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let authtoken = [("grant_type", "password"), ("credtype", "authtoken"),
            ("username", ANA), ("password", app.request_token(ANA))];
        let day = 24 * 3600;
        app.clock.advance(Duration::from_secs(day - 1));
        assert_eq!(ask(&app.us, CAFE, &authtoken).send().await.status, 200);
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(ask(&app.us, CAFE, &authtoken).send().await.json()["code"], 5);
        app.clock.advance(Duration::from_secs(life - day - 1));
        assert_eq!(ask(&app.us, CAFE, &refresh).send().await.status, 200);
        // Each use gives it as long again.
        app.clock.advance(Duration::from_secs(life - 1));
        assert_eq!(ask(&app.us, CAFE, &refresh).send().await.status, 200);
        app.clock.advance(Duration::from_secs(life));
        let answer = ask(&app.us, CAFE, &refresh).correlated("mine").send().await;
        let expected = format!(
            "{{\"error\":\"invalid_grant\",\"concur-correlationid\":\"mine\",\
             \"error_description\":\"bad or expired refresh token\",\"code\":108,\
             \"geolocation\":\"{}\"}}",
            app.us.base
        );
        assert_eq!((answer.status, answer.text()), (400, expected));
        app.stop().await;
    }
}

db_test! {
    async fn what_is_no_form_is_refused(place: TestDb) {
        let app = TestApp::start(&place).await;
        let good = "grant_type=client_credentials&client_id=5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51\
            &client_secret=cafe-secret";
        let form = "application/x-www-form-urlencoded";
        let large = format!("{good}&x={}", "x".repeat(16 << 10));
        for (content_type, body, status) in [
            (Some(form), good, 200),
            (Some("application/x-www-form-urlencoded; charset=UTF-8"), good, 200),
            (None, good, 400),
            (Some("application/json"), "{}", 400),
            (Some(form), "grant_type=client_credentials&client_id=%zz", 400),
            (Some(form), large.as_str(), 413),
        ] {
            let mut call = app.us.post("/oauth2/v0/token").body(body);
            if let Some(content_type) = content_type {
                call = call.header("content-type", content_type);
            }
            let answer = call.correlated("mine").send().await;
            assert_eq!(answer.status, status, "{content_type:?} {body}");
            if status != 200 {
                assert_eq!(answer.text(), "{\"error\":\"invalid_request\",\
                    \"concur-correlationid\":\"mine\",\
                    \"error_description\":\"unsupported request format\",\"code\":135}");
            }
        }
        // Nothing is taken from the address, not even beside a good form.
        for (query, body) in [(good, ""), ("client_secret=cafe-secret", good), ("x", good)] {
            let call = app.us.post(&format!("/oauth2/v0/token?{query}"));
            let answer = call.header("content-type", form).body(body).send().await;
            assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(135)), "{query}");
        }
        app.stop().await;
    }
}

/// The number of a refusal.
async fn code(site: &Site, client: Client, fields: Fields<'_>) -> i64 {
    let answer = ask(site, client, fields).send().await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    answer.json()["code"].as_i64().unwrap()
}

db_test! {
    async fn who_guesses_learns_nothing_of_who_there_is(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let names = [ANA, "nobody@northwind.example.com", "sso@northwind.example.com",
            "off@northwind.example.com"];
        for name in names {
            for round in 0..6 {
                let guess = [("grant_type", "password"), ("username", name), ("password", "guess")];
                let answer = ask(&app.us, CAFE, &guess).correlated("mine").send().await;
                let (code, description) = if round < 5 {
                    (5, "Incorrect credentials. Please Retry")
                } else {
                    (14, "Account Locked. Please contact support")
                };
                let expected = format!(
                    "{{\"error\":\"invalid_grant\",\"concur-correlationid\":\"mine\",\
                     \"error_description\":\"{description}\",\"code\":{code}}}"
                );
                assert_eq!((answer.status, answer.text()), (400, expected), "{name} {round}");
            }
        }
        let right = [("grant_type", "password"), ("username", ANA_NAME), ("password", ANA_PASSWORD)];
        assert_eq!(code(&app.us, CAFE, &right).await, 14, "id and name are one");
        app.clock.advance(Duration::from_mins(15));
        assert_tokens(&ask(&app.us, CAFE, &right).send().await, ALL, &app.us);
        app.stop().await;
    }
}

db_test! {
    async fn a_rotating_app_gets_a_new_token_each_time(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let password = [("grant_type", "password"), ("username", ANA_NAME), ("password", ANA_PASSWORD)];
        let first = ask(&app.us, DEPOT, &password).send().await;
        assert_tokens(&first, "openid", &app.us);
        let first = first.field("refresh_token");
        let second = app.refresh(DEPOT, &first).await;
        assert_tokens(&second, "openid", &app.us);
        let access = second.field("access_token");
        let second = second.field("refresh_token");
        assert_ne!(second, first);
        let again = app.refresh(DEPOT, &first).await;
        assert_eq!(again.field("refresh_token"), second, "for whom the answer was lost");
        let third = app.refresh(DEPOT, &second).await.field("refresh_token");
        for token in [&first, &third, &second] {
            let refused = app.refresh(DEPOT, token).await;
            assert_eq!((refused.status, &refused.json()["code"]), (400, &json!(108)));
        }
        let call = app.us.call("DELETE", "/app-mgmt/v0/connections").bearer(&access);
        assert_eq!(call.send().await.status, 401, "access tokens of the family end too");
        app.stop().await;
    }
}
