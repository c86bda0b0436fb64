//! Grants `password` and `client_credentials`, and every refusal that a request can reach.

use std::time::Duration;

use axum::body::Body;
use bursar_db::statements;
use bursar_testkit::db_test;
use http::Request;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use crate::support::*;

statements! {
    TAKE_SECRETS = "UPDATE oauth_app_secret SET active = 0 WHERE app_id = $1";
    GIVE_SECRETS = "UPDATE oauth_app_secret SET active = 1 WHERE app_id = $1";
}

/// Verifies a token with another library, from what `/jwks` shows.
pub(crate) async fn verified(service: &Service, at: &str, token: &str) -> Value {
    // Any but the first call is told that there is one already.
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let jwks = service.get(at, "/oauth2/v0/jwks", &[]).await;
    assert_eq!(jwks.status, 200);
    assert_eq!(jwks.header("content-type"), Some("application/json"));
    let jwks: JwkSet = serde_json::from_str(&jwks.body).unwrap();
    let header = decode_header(token).unwrap();
    let jwk = jwks.find(&header.kid.unwrap()).expect("the key is shown");
    let mut validation = Validation::new(Algorithm::RS256);
    // The test's clock stands elsewhere.
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_jwk(jwk).unwrap();
    decode::<Value>(token, &key, &validation).unwrap().claims
}

db_test! {
    async fn a_password_gets_the_documented_tokens(place: TestDb) {
        let service = Service::start(&place).await;
        let answer = service
            .by_password("us", "ANA@northwind.example.com", "pass%2Bword+%26+more")
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("pragma"), Some("no-cache"));
        assert_eq!(answer.header("concur-correlationid"), Some("test-1"));
        let [access, refresh, id] = ["access_token", "refresh_token", "id_token"]
            .map(|name| answer.text(name));
        let expires = NOW + 184 * 24 * 3600;
        assert_eq!(answer.body, format!(
            r#"{{"expires_in":"3600","scope":"openid receipts.read receipts.write","token_type":"Bearer","access_token":"{access}","refresh_token":"{refresh}","refresh_expires_in":"{expires}","id_token":"{id}","geolocation":"https://us.test"}}"#
        ));
        assert_eq!((refresh.len(), refresh.matches('-').count()), (36, 4));

        let mut claims = verified(&service, "us", &access).await;
        assert!(claims["jti"].take().is_string());
        assert_eq!(claims, json!({
            "aud": "*",
            "concur.app": format!("https://us.test/profile/v1/apps/{CAFE}"),
            "concur.appId": CAFE,
            "concur.company": NORTHWIND,
            "concur.profile": format!("https://us.test/profile/v1/principals/{ANA}"),
            "concur.scopes": ["openid", "receipts.read", "receipts.write"],
            "concur.type": "user",
            "concur.version": 2,
            "sub": ANA,
            "iss": "https://us.test",
            "exp": NOW + 3600,
            "nbf": NOW,
            "iat": NOW,
            "jti": null,
        }));
        let mut claims = verified(&service, "us", &id).await;
        assert_eq!(claims["at_hash"].take().as_str().unwrap().len(), 22);
        assert_eq!(claims, json!({
            "aud": CAFE,
            "concur.profile": format!("https://us.test/profile/v1/principals/{ANA}"),
            "concur.version": 2,
            "concur.type": "user",
            "sub": ANA,
            "iss": "https://us.test",
            "exp": NOW + 3600,
            "nbf": NOW,
            "at_hash": null,
            "iat": NOW,
        }));
        let by_id = service.by_password("us", ANA, "pass%2Bword+%26+more").await;
        assert_eq!(by_id.status, 200);
        assert_ne!(by_id.text("refresh_token"), refresh, "each connection has its own");
    }
}

db_test! {
    async fn what_is_missing_or_wrong_is_named(place: TestDb) {
        let service = Service::start(&place).await;
        let app = format!("client_id={CAFE}&client_secret=secret");
        let login = format!("{app}&grant_type=password&username=ana@northwind.example.com");
        let retry = "Incorrect credentials. Please Retry";
        let incorrect = refusal(5, "invalid_grant", retry);
        let (invalid, client) = ("invalid_request", "invalid_client");
        let cases = [
            (String::new(), refusal(65, invalid, "grant_type was not supplied")),
            (format!("{app}&grant_type="), refusal(65, invalid, "grant_type was not supplied")),
            ("grant_type=password".into(), refusal(62, invalid, "client_id was not supplied")),
            (format!("grant_type=password&client_id={CAFE}"),
                refusal(63, invalid, "client_secret was not supplied")),
            ("grant_type=password&client_id=cafe&client_secret=secret".into(),
                refusal(61, client, "client not found")),
            (format!("grant_type=password&client_id={ANA}&client_secret=secret"),
                refusal(61, client, "client not found")),
            (format!("grant_type=password&client_id={CAFE}&client_secret=Secret"),
                refusal(64, client, retry)),
            (format!("grant_type=password&client_id={SHUT}&client_secret=secret"),
                refusal(59, "access_denied", "client disabled")),
            (format!("grant_type=password&client_id={SHUT}&client_secret=wrong"),
                refusal(64, client, retry)),
            (format!("{app}&grant_type=authorization_code&code=x"),
                refusal(60, "invalid_grant", "these are not the grants you are looking for")),
            (format!("{app}&grant_type=Password"),
                refusal(60, "invalid_grant", "these are not the grants you are looking for")),
            (format!("grant_type=client_credentials&client_id={ONCE}&client_secret=secret"),
                refusal(60, "invalid_grant", "these are not the grants you are looking for")),
            (format!("grant_type=refresh_token&client_id={ONCE}&client_secret=secret"),
                refusal(107, invalid, "refresh disallowed for app")),
            (format!("{app}&grant_type=password&password=x"),
                refusal(51, invalid, "username was not supplied")),
            (login.clone(), refusal(52, invalid, "password was not supplied")),
            (format!("{login}&password=x&credtype=otp"),
                refusal(120, invalid, "credtype is invalid")),
            (format!("{login}&password=x"), incorrect.clone()),
            (format!("{app}&grant_type=password&username=nobody&password=x"), incorrect.clone()),
            (format!("{app}&grant_type=password&username={NORTHWIND}&password=x"), incorrect),
            (format!("{app}&grant_type=password&username={OFF}&password=off"),
                refusal(10, "invalid_grant", "Account is disabled. Please contact support")),
            (format!("{login}&password=pass%2Bword+%26+more&scope=openid+list.read"),
                refusal(54, "invalid_scope", "requested scope exceeds granted scope")),
            (format!("{app}&grant_type=client_credentials&scope=list.read"),
                refusal(54, "invalid_scope", "requested scope exceeds granted scope")),
            (format!("{app}&grant_type=refresh_token"),
                refusal(106, invalid, "refresh_token was not supplied")),
            (format!("{app}&grant_type=refresh_token&refresh_token={ANA}"),
                refusal(108, "invalid_grant", "bad or expired refresh token")),
        ];
        for (form, expected) in cases {
            let answer = service.post("us", FORM, form.clone()).await;
            assert_eq!((answer.status, answer.body.as_str()), (400, expected.as_str()), "{form}");
            assert_eq!(answer.header("content-type"), Some("application/json"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
}

db_test! {
    async fn what_is_not_a_form_is_refused(place: TestDb) {
        let service = Service::start(&place).await;
        let app = format!("client_id={CAFE}&client_secret=secret");
        let form = format!("{app}&grant_type=client_credentials");
        let unsupported = refusal(135, "invalid_request", "unsupported request format");
        let json = format!(r#"{{"client_id":"{CAFE}"}}"#);
        let cases = [
            ("application/json", json),
            ("text/plain", form.clone()),
            ("multipart/form-data; boundary=x", form.clone()),
            ("application/x-www-form-urlencoded; charset=utf-16", form.clone()),
            ("nonsense", form.clone()),
            (FORM, format!("{form}&grant_type=password")),
            (FORM, format!("{form}&scope=openid&%73cope=openid")),
            (FORM, format!("{form}&other=1&other=1")),
            (FORM, format!("{form}&scope=%zz")),
            (FORM, format!("{form}&scope=%ff")),
            (FORM, format!("{app}&grant_type=password&username=a%00&password=b")),
        ];
        for (content_type, body) in cases {
            let answer = service.post("us", content_type, body.clone()).await;
            let got = (answer.status, answer.body.as_str());
            assert_eq!(got, (400, unsupported.as_str()), "{content_type} {body}");
        }
        let large = service.post("us", FORM, format!("{form}&x={}", "x".repeat(16 * 1024))).await;
        assert_eq!((large.status, large.body.as_str()), (413, unsupported.as_str()));
        let good = service
            .post("us", "Application/X-WWW-Form-URLencoded;charset=UTF-8", form.clone())
            .await;
        assert_eq!(good.status, 200);

        for (query, body) in [(form.as_str(), ""), ("client_secret=secret", &form), ("x", &form)] {
            let request = Request::post(format!("/oauth2/v0/token?{query}"))
                .header("content-type", FORM)
                .header("concur-correlationid", "test-1")
                .body(Body::from(body.to_owned()));
            let answer = service.send("us", request.unwrap()).await;
            assert_eq!((answer.status, answer.body.as_str()), (400, unsupported.as_str()), "{query}");
        }
        assert_eq!(service.get("us", "/oauth2/v0/token", &[]).await.status, 405);
    }
}

db_test! {
    async fn a_request_token_works_for_its_app_where_its_principal_lives(place: TestDb) {
        let service = Service::start(&place).await;
        for (principal, id, kind) in [(ana(), ANA, "user"), (company(NORTHWIND), NORTHWIND, "company")] {
            let token = service.request_token(CAFE, principal).await;
            assert_eq!(token.starts_with("at-"), kind == "company");
            // Several times, in upper case as the guides print ids, at home and in the global zone.
            for (at, name) in [("us", id.to_owned()), ("glz", id.to_uppercase()), ("us", id.to_owned())] {
                let answer = service.exchange(at, CAFE, &name, &token).await;
                assert_eq!(answer.status, 200, "{at} {}", answer.body);
                assert_eq!(answer.text("geolocation"), "https://us.test");
                let claims = verified(&service, at, &answer.text("access_token")).await;
                assert_eq!(claims["concur.type"], kind);
                assert_eq!((&claims["sub"], &claims["concur.company"]), (&json!(id), &json!(NORTHWIND)));
                assert_eq!(claims["iss"], "https://us.test");
                let claims = verified(&service, at, &answer.text("id_token")).await;
                assert_eq!((&claims["sub"], &claims["aud"]), (&json!(id), &json!(CAFE)));
            }
            let away = service.exchange("emea", CAFE, id, &token).await;
            assert_eq!((away.status, away.body), (400, elsewhere("us")));
            let other_app = service.exchange("us", TALLY, id, &token).await;
            let not_yours = refusal(136, "invalid_request", "Authtoken was not issued for you");
            assert_eq!((other_app.status, other_app.body), (400, not_yours));

            let incorrect = refusal(5, "invalid_grant", "Incorrect credentials. Please Retry");
            let cases = [(LARS, token.as_str()), ("ana@northwind.example.com", &token), (id, ANA)];
            for (name, token) in cases {
                let answer = service.exchange("us", CAFE, name, token).await;
                assert_eq!((answer.status, answer.body.as_str()), (400, incorrect.as_str()), "{name}");
            }
            let as_password = service.by_password("us", id, &token).await;
            assert_eq!(as_password.body, incorrect);
            service.pass(Duration::from_secs(24 * 3600 - 1));
            assert_eq!(service.exchange("us", CAFE, id, &token).await.status, 200);
            service.pass(Duration::from_secs(1));
            assert_eq!(service.exchange("us", CAFE, id, &token).await.body, incorrect);
        }
        let disabled = service.connect("us", CAFE, off()).await;
        let expected = refusal(123, "invalid_request", "principal is disabled");
        assert_eq!((disabled.status, disabled.body), (400, expected));
    }
}

db_test! {
    async fn a_password_works_only_where_the_user_lives(place: TestDb) {
        let service = Service::start(&place).await;
        for at in ["us", "glz"] {
            let answer = service.by_password(at, "lars@lindgren.example.com", "lars").await;
            assert_eq!((answer.status, answer.body), (400, elsewhere("emea")), "{at}");
        }
        let wrong = service.by_password("us", "lars@lindgren.example.com", "no").await;
        let incorrect = refusal(5, "invalid_grant", "Incorrect credentials. Please Retry");
        assert_eq!(wrong.body, incorrect, "where someone lives is for who can sign in");
        let answer = service.by_password("emea", "lars@lindgren.example.com", "lars").await;
        assert_eq!(answer.text("geolocation"), "https://emea.test");
        let claims = verified(&service, "emea", &answer.text("access_token")).await;
        assert_eq!(claims["iss"], "https://emea.test");
    }
}

db_test! {
    async fn an_app_gets_its_own_token_anywhere(place: TestDb) {
        let service = Service::start(&place).await;
        for at in ["us", "emea", "glz"] {
            let answer = service.token(at, TALLY, "grant_type=client_credentials").await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let access = answer.text("access_token");
            assert_eq!(answer.body, format!(
                r#"{{"expires_in":"3600","scope":"openid","token_type":"Bearer","access_token":"{access}","geolocation":"https://emea.test"}}"#
            ));
            let mut claims = verified(&service, "emea", &access).await;
            claims["jti"].take();
            assert_eq!(claims, json!({
                "aud": "*",
                "concur.app": format!("https://emea.test/profile/v1/apps/{TALLY}"),
                "concur.appId": TALLY,
                "concur.scopes": ["openid"],
                "concur.type": "app",
                "concur.version": 2,
                "sub": TALLY,
                "iss": "https://emea.test",
                "exp": NOW + 3600,
                "nbf": NOW,
                "iat": NOW,
                "jti": null,
            }));
        }
        let fewer = service
            .token("us", CAFE, "grant_type=client_credentials&scope=receipts.read")
            .await;
        assert_eq!(fewer.text("scope"), "receipts.read");
        let once = service.connect("us", ONCE, ana()).await;
        assert!(!once.body.contains("refresh"), "an app that may not refresh gets nothing to: {}", once.body);
    }
}

db_test! {
    async fn wrong_passwords_lock_any_name_alike(place: TestDb) {
        let service = Service::start(&place).await;
        let names = [ANA, "ana@northwind.example.com", "ANA@northwind.example.com"];
        let ghosts = ["ghost", "GHOST", "ghost"];
        let retry = refusal(5, "invalid_grant", "Incorrect credentials. Please Retry");
        let locked = refusal(14, "invalid_grant", "Account Locked. Please contact support");
        for round in 0..8 {
            let expected = if round < 5 { &retry } else { &locked };
            for names in [names, ghosts] {
                let answer = service.by_password("us", names[round % 3], "wrong").await;
                assert_eq!((answer.status, &answer.body), (400, expected), "{round} {names:?}");
            }
        }
        let right = || service.by_password("us", ANA, "pass%2Bword+%26+more");
        assert_eq!(right().await.body, locked, "the right password too");
        service.pass(Duration::from_secs(15 * 60 - 1));
        assert_eq!(right().await.body, locked);
        assert_eq!(service.by_password("us", "lars@lindgren.example.com", "lars").await.body,
            elsewhere("emea"), "nobody else is locked out");
        service.pass(Duration::from_secs(1));
        assert_eq!(service.by_password("us", ANA, "wrong").await.body, retry);
        assert_eq!(right().await.status, 200);
        for round in 0..5 {
            let answer = service.by_password("us", ANA, "wrong").await;
            assert_eq!(answer.body, retry, "{round}: success has forgotten the failures");
        }
        assert_eq!(right().await.body, locked);
    }
}

db_test! {
    async fn of_many_guesses_at_once_few_count(place: TestDb) {
        let service = Service::start(&place).await;
        let wrong = || service.by_password("us", ANA, "wrong");
        let (a, b, c, d) = tokio::join!(wrong(), wrong(), wrong(), wrong());
        let (e, f, g, h) = tokio::join!(wrong(), wrong(), wrong(), wrong());
        let mut codes: Vec<_> = [a, b, c, d, e, f, g, h]
            .map(|answer| serde_json::from_str::<Value>(&answer.body).unwrap()["code"].clone())
            .into();
        codes.sort_by_key(Value::as_i64);
        assert_eq!(json!(codes), json!([5, 5, 5, 5, 5, 14, 14, 14]));
    }
}

db_test! {
    async fn only_the_right_password_learns_why_it_is_not_enough(place: TestDb) {
        let service = Service::start(&place).await;
        let cases = [
            ("off", 10, "invalid_grant", "Account is disabled. Please contact support"),
            ("sso", 21, "invalid_request",
                "Incorrect credentials. SSO-only client attempted a password login."),
            ("late", 139, "invalid_request",
                "Logon Denied. Password must be changed to meet company policy."),
        ];
        for (user, code, error, description) in cases {
            let name = format!("{user}@northwind.example.com");
            let wrong = service.by_password("us", &name, "wrong").await;
            let retry = refusal(5, "invalid_grant", "Incorrect credentials. Please Retry");
            assert_eq!((wrong.status, wrong.body), (400, retry), "{user}");
            let right = service.by_password("us", &name, user).await;
            assert_eq!((right.status, right.body), (400, refusal(code, error, description)));
        }
    }
}

db_test! {
    async fn a_secret_given_elsewhere_works_at_once(place: TestDb) {
        let here = Service::start(&place).await;
        here.change(&TAKE_SECRETS, CAFE).await;
        let there = here.another_node().await;
        let ask = async |service: &Service| {
            service.token("us", CAFE, "grant_type=client_credentials").await.status
        };
        assert_eq!((ask(&here).await, ask(&there).await), (400, 400));
        here.change(&GIVE_SECRETS, CAFE).await;
        assert_eq!((ask(&here).await, ask(&there).await), (200, 200));
        here.change(&TAKE_SECRETS, CAFE).await;
        assert_eq!(ask(&here).await, 400, "at once where it was taken");
    }
}
