//! `/oauth2/v0/authorize`, and grant `authorization_code`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_testkit::db_test;
use serde_json::{Value, json};

use crate::app::*;
use crate::http::{Answer, Call, Site};
use crate::signin::{ANA_SIGNS_IN, LARS_SIGNS_IN, assert_page, cookie, csrf_token};

const PATH: &str = "/oauth2/v0/authorize";
pub(super) const BACK: &str = "https://cafe.example/back";
const DEVICE: &str = "com.example.cafe:/back";
pub(super) const CODE_GRANT: (&str, &str) = ("grant_type", "authorization_code");

/// RFC 7636, appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A query of an app; values are fit for a URL.
pub(super) fn query(client: Client, redirect_uri: &str, more: &str) -> String {
    let id = client.0;
    format!("client_id={id}&redirect_uri={redirect_uri}&response_type=code{more}")
}

pub(super) fn ask(site: &Site, cookie: &str, query: &str) -> Call {
    site.get(&format!("{PATH}?{query}")).cookie(cookie)
}

pub(super) fn decide(site: &Site, cookie: &str, csrf: &str, query: &str, decision: &str) -> Call {
    let form = [
        ("csrf_token", csrf),
        ("request", query),
        ("decision", decision),
    ];
    site.post(PATH).cookie(cookie).form(&form)
}

/// The decision of somebody who is signed in, as a browser posts it.
async fn decided(site: &Site, cookie: &str, query: &str, decision: &str) -> Answer {
    let page = ask(site, cookie, query).send().await;
    assert_page(&page, 200);
    let answer = decide(site, cookie, &csrf_token(&page), query, decision);
    let answer = answer.header("origin", &site.base).send().await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    answer
}

/// The code with which somebody who is signed in goes back to an app.
pub(super) async fn code(site: &Site, cookie: &str, query: &str) -> String {
    let answer = decided(site, cookie, query, "allow").await;
    let (_, rest) = answer
        .header("location")
        .split_once("code=")
        .expect("a code");
    rest.split('&').next().unwrap().to_owned()
}

pub(super) fn exchange(site: &Site, client: Client, fields: &[(&str, &str)]) -> Call {
    let client = [("client_id", client.0), ("client_secret", client.1)];
    site.post("/oauth2/v0/token")
        .form(&[&client, fields].concat())
}

fn exchange_code(site: &Site, code: &str) -> Call {
    exchange(
        site,
        CAFE,
        &[CODE_GRANT, ("code", code), ("redirect_uri", BACK)],
    )
}

fn claims(token: &str) -> Value {
    let middle = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
}

/// As a query has it.
fn encoded(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}

async fn signed_in(app: &TestApp) -> String {
    cookie(&app.us, &ANA_SIGNS_IN).await
}

db_test! {
    async fn a_person_signs_in_allows_and_the_app_gets_tokens(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let query = query(CAFE, BACK, "&scope=openid%20receipts.writeonly&state=a%26b&nonce=n-1");
        let target = format!("{PATH}?{query}");

        // No session: sign-in first, which says for what.
        let answer = app.us.get(&target).send().await;
        assert_eq!(answer.status, 303);
        let sign_in = answer.header("location").to_owned();
        assert!(sign_in.starts_with("/signin?next=/oauth2/v0/authorize%3F"), "{sign_in}");
        let page = app.us.get(&sign_in).send().await;
        assert_page(&page, 200);
        assert!(page.text().contains("Sign in to go on connecting Bluebird Cafe."));
        assert!(page.text().contains("Send a link to my email"));
        let next = target.replace('&', "&#38;");
        assert!(page.text().contains(&format!("name=\"next\" value=\"{next}\"")));
        let form = [&ANA_SIGNS_IN[..], &[("next", &target)]].concat();
        let answer = app.us.post("/signin").form(&form).send().await;
        assert_eq!((answer.status, answer.header("location")), (303, target.as_str()));
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();

        // Consent: who asks, for what, where it leads.
        let page = ask(&app.us, &cookie, &query).send().await;
        assert_page(&page, 200);
        for text in [
            "Connect Bluebird Cafe?",
            "Bluebird Cafe by Bluebird &#38; Sons asks to act for you at Bursar.",
            "<li>learn who you are: your user id, nothing more</li>",
            "<li>add receipts, without seeing those you have</li>",
        ] {
            assert!(page.text().contains(text), "{text}: {}", page.text());
        }
        assert!(!page.text().contains("see your receipts"), "not asked for");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action 'self' https://cafe.example;"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");

        let answer = decided(&app.us, &cookie, &query, "allow").await;
        let location = answer.header("location").to_owned();
        let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap();
        let geolocation = encoded(&app.us.base);
        assert_eq!(location, format!("{BACK}?geolocation={geolocation}&code={code}&state=a%26b"));
        assert!(code.starts_with("code-") && code.len() == 41, "{code}");

        // The app exchanges it in the global zone, as the reference has it.
        let tokens = exchange_code(&app.glz, code).send().await;
        assert_eq!(tokens.status, 200, "{}", tokens.text());
        assert_eq!(tokens.header("cache-control"), "no-store");
        let [access, refresh, id, expires] =
            ["access_token", "refresh_token", "id_token", "refresh_expires_in"]
                .map(|name| tokens.field(name));
        assert_eq!(tokens.text(), format!(
            "{{\"expires_in\":\"3600\",\"scope\":\"openid receipts.writeonly\",\
             \"token_type\":\"Bearer\",\"access_token\":\"{access}\",\
             \"refresh_token\":\"{refresh}\",\"refresh_expires_in\":\"{expires}\",\
             \"id_token\":\"{id}\",\"geolocation\":\"{}\"}}", app.us.base));
        let id = claims(&id);
        assert_eq!((&id["sub"], &id["aud"], &id["nonce"]), (&json!(ANA), &json!(CAFE.0), &json!("n-1")));
        let posted = app.post(&access, ANA, crate::receipts::sample::smallest().to_string()).await;
        assert_eq!(posted.status, 201);
        let refreshed = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        assert_eq!(exchange(&app.us, CAFE, &refreshed).send().await.status, 200);
        app.stop().await;
    }
}

db_test! {
    async fn a_session_skips_sign_in_and_prompts_are_obeyed(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = signed_in(&app).await;
        let with = |prompt: &str| query(CAFE, BACK, &format!("&state=s{prompt}"));
        assert_page(&ask(&app.us, &cookie, &with("")).send().await, 200);
        assert_page(&ask(&app.us, &cookie, &with("&prompt=consent")).send().await, 200);
        for prompt in ["&prompt=login", "&prompt=select_account", "&prompt=login%20consent"] {
            let answer = ask(&app.us, &cookie, &with(prompt)).send().await;
            let location = answer.header("location");
            assert!(location.starts_with("/signin?next="), "{location}");
            let consent = prompt.contains("consent");
            assert_eq!(location.contains("prompt%3Dconsent"), consent, "{location}");
            let once = location.contains("login") || location.contains("select_account");
            assert!(!once && location.contains("prompt") == consent, "asked once: {location}");
        }
        let none = ask(&app.us, &cookie, &with("&prompt=none")).send().await;
        assert_eq!(none.header("location"), format!("{BACK}?error_code=consent_required\
            &error_description=the%20user%20has%20to%20allow%20access\
            &error=consent_required&state=s"));
        let none = ask(&app.us, "", &with("&prompt=none")).send().await;
        assert_eq!(none.header("location"), format!("{BACK}?error_code=login_required\
            &error_description=the%20user%20has%20to%20sign%20in&error=login_required&state=s"));
        app.stop().await;
    }
}

/// An app that may act while nobody is there.
const LASTING: &str = r#"
[[apps]]
client_id = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d57"
client_secret = "lasting-secret"
name = "Lasting"
scopes = ["openid", "offline_access"]
grants = ["refresh_token", "authorization_code"]
redirect_uris = ["https://lasting.example/back"]
home = "us"
"#;

db_test! {
    async fn sign_in_on_request_leads_to_consent_for_offline_access(place: TestDb) {
        let app = TestApp::start_with(&place, &[], LASTING).await;
        let client = ("5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d57", "lasting-secret");
        let query = query(client, "https://lasting.example/back",
            "&scope=openid%20offline_access&prompt=login%20consent");
        let cookie = signed_in(&app).await;
        let answer = ask(&app.us, &cookie, &query).send().await;
        let page = app.us.get(answer.header("location")).cookie(&cookie).send().await;
        assert_page(&page, 200);
        let text = page.text().replace("&#38;", "&");
        let (_, next) = text.split_once("name=\"next\" value=\"").expect("where it goes on");
        let next = next.split('"').next().unwrap();
        let form = [&ANA_SIGNS_IN[..], &[("next", next)]].concat();
        let answer = app.us.post("/signin").form(&form).send().await;
        assert_eq!((answer.status, answer.header("location")), (303, next));
        let cookie = answer.header("set-cookie").split(';').next().unwrap();
        let page = app.us.get(next).cookie(cookie).send().await;
        assert_page(&page, 200);
        assert!(page.text().contains("Connect Lasting?"), "{}", page.text());
        app.stop().await;
    }
}

db_test! {
    async fn refusals_go_back_to_the_app(place: TestDb) {
        let app = TestApp::start(&place).await;
        let cafe = |more| query(CAFE, BACK, more);
        let no_type = format!("client_id={}&redirect_uri={BACK}", CAFE.0);
        let format = "unsupported request format";
        for (query, back, code, error, description) in [
            (query(SHUT, "https://shut.example/back", ""), "https://shut.example/back", 59,
                "unauthorized_client", "client disabled"),
            (query(TALLY, "https://tally.example/back", ""), "https://tally.example/back", 60,
                "unauthorized_client", "these are not the grants you are looking for"),
            (no_type.clone(), BACK, 135, "unsupported_response_type", format),
            (format!("{no_type}&response_type=token"), BACK, 135, "unsupported_response_type",
                format),
            (format!("{no_type}&response_type=code%20id_token"), BACK, 135,
                "unsupported_response_type", format),
            (cafe("&scope=openid%20travel.write"), BACK, 54, "invalid_scope",
                "requested scope exceeds granted scope"),
            (cafe("&display=wall"), BACK, 118, "invalid_request", "display is invalid"),
            (cafe("&prompt=maybe"), BACK, 119, "invalid_request", "prompt is invalid"),
            (cafe("&prompt=none%20login"), BACK, 119, "invalid_request", "prompt is invalid"),
            (cafe("&scope=offline_access"), BACK, 119, "invalid_request",
                "prompt must be set to consent for offline_access"),
            (cafe("&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), BACK, 135,
                "invalid_request", "code_challenge_method must be S256"),
            (cafe("&code_challenge=x&code_challenge_method=plain"), BACK, 135, "invalid_request",
                "code_challenge_method must be S256"),
            (cafe("&code_challenge=short&code_challenge_method=S256"), BACK, 135,
                "invalid_request", "code_challenge is invalid"),
            (cafe("&code_challenge_method=S256"), BACK, 135, "invalid_request",
                "code_challenge was not supplied"),
            (query(CAFE, DEVICE, ""), DEVICE, 135, "invalid_request",
                "this redirect_uri requires code_challenge (PKCE)"),
        ] {
            for (more, state) in [("", ""), ("&state=x%20y", "&state=x%20y")] {
                let answer = ask(&app.us, "", &format!("{query}{more}")).send().await;
                assert_eq!(answer.status, 303, "{query}: {}", answer.text());
                let description = description.replace(' ', "%20")
                    .replace('(', "%28").replace(')', "%29");
                assert_eq!(answer.header("location"), format!("{back}?error_code={code}\
                    &error_description={description}&error={error}{state}"));
            }
        }
        // An address with a query keeps it.
        let own = "https%3A%2F%2Fcafe.example%2Fback%3Fshop%3D1";
        let answer = ask(&app.us, "", &query(CAFE, own, "&display=wall")).send().await;
        let location = answer.header("location");
        assert!(location.starts_with("https://cafe.example/back?shop=1&error_code=118&"), "{location}");
        app.stop().await;
    }
}

db_test! {
    async fn who_says_no_goes_back_without_a_code(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = signed_in(&app).await;
        let query = query(CAFE, BACK, "&state=7");
        for decision in ["deny", "", "ALLOW"] {
            let answer = decided(&app.us, &cookie, &query, decision).await;
            assert_eq!(answer.header("location"), format!("{BACK}?error_code=access_denied\
                &error_description=the%20user%20did%20not%20allow%20access\
                &error=access_denied&state=7"));
        }
        app.stop().await;
    }
}

db_test! {
    async fn nobody_is_sent_to_an_address_that_is_not_registered(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = signed_in(&app).await;
        let shown = async |query: &str, code: u16| {
            for cookie in ["", cookie.as_str()] {
                let answer = ask(&app.us, cookie, query).send().await;
                assert_page(&answer, 400);
                assert_eq!(answer.maybe("location"), None);
                assert!(answer.text().contains(&format!("<dd>{code}: ")), "{}", answer.text());
                assert!(!answer.text().contains("evil"), "{query}");
            }
        };
        for uri in [
            "https://cafe.example/back/", "https://cafe.example/Back", "HTTPS://cafe.example/back",
            "https://CAFE.example/back", "https://cafe.example:443/back",
            "https://cafe.example/back%23x", "https://u%40cafe.example/back",
            "https://cafe.example@evil.example/back", "https://cafe.example.evil.example/back",
            "https://cafe.example/back%3Fx", "https://cafe.example/back%3Fshop%3D2",
            "https://cafe.example/x/../back", "https://cafe.example/back%20", "https://cafe.example",
            "http://cafe.example/back", "http://127.0.0.1:5001/back", "http://localhost:5000/back",
            "com.example.cafe:/back2", "com.example.cafe://back", "//cafe.example/back", "/back",
            "javascript:alert(1)", "https://rival.example/back", "https://evil.example/",
        ] {
            shown(&query(CAFE, uri, ""), 104).await;
        }
        let id = CAFE.0;
        shown(&format!("client_id={id}&response_type=code"), 102).await;
        shown(&format!("redirect_uri={BACK}&response_type=code"), 62).await;
        shown("", 62).await;
        for unknown in ["x", ANA, "5f1c2d3e4a5b4c6d8e7f901a2b3c4d51"] {
            shown(&query((unknown, ""), BACK, ""), 61).await;
        }
        shown(&query(CAFE, BACK, "&redirect_uri=https://evil.example/"), 135).await;
        shown(&query(CAFE, BACK, "&state=%0d%0alocation:evil"), 135).await;
        shown(&query(CAFE, BACK, "&state=%zz"), 135).await;
        app.stop().await;
    }
}

db_test! {
    async fn decisions_are_the_persons_own(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = signed_in(&app).await;
        let query = query(CAFE, BACK, "");
        let page = ask(&app.us, &cookie, &query).send().await;
        let csrf = csrf_token(&page);
        let other = csrf_token(&ask(&app.us, &signed_in(&app).await, &query).send().await);
        let allow = |csrf: &str| decide(&app.us, &cookie, csrf, &query, "allow");
        for forged in [
            allow(""),
            allow("x"),
            allow(&other),
            allow(&csrf).header("origin", "https://cafe.example"),
            allow(&csrf).header("origin", "null"),
            allow(&csrf).header("sec-fetch-site", "cross-site"),
            decide(&app.us, "", &csrf, &query, "allow"),
            decide(&app.us, &app.us.planted("x"), "", &query, "allow"),
            app.us.post(&format!("{PATH}?{query}")).cookie(&cookie),
        ] {
            let answer = forged.send().await;
            assert_page(&answer, 403);
            assert_eq!(answer.maybe("location"), None);
        }
        // What comes back with a good token is checked again.
        let evil = query.replace("cafe.example", "evil.example");
        let answer = decide(&app.us, &cookie, &csrf, &evil, "allow").send().await;
        assert_page(&answer, 400);
        assert_eq!(answer.maybe("location"), None);
        app.stop().await;
    }
}

db_test! {
    async fn a_planted_session_never_becomes_the_persons(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        // The attacker's own session, and a made-up one, in the victim's browser.
        let own = cookie(&app.emea, &LARS_SIGNS_IN).await;
        let own = app.us.planted(own.split_once('=').unwrap().1);
        assert_page(&ask(&app.us, &own, &query(CAFE, BACK, "")).send().await, 200);
        for planted in [own, app.us.planted("planted")] {
            let planted = planted.as_str();
            let answer = app.us.post("/signin").cookie(planted).form(&ANA_SIGNS_IN).send().await;
            let set = answer.header("set-cookie").split(';').next().unwrap().to_owned();
            assert_ne!(set, planted);
            let gone = ask(&app.us, planted, &query(CAFE, BACK, "")).send().await;
            assert_eq!(gone.status, 303, "the old one ends");
            assert_page(&ask(&app.us, &set, &query(CAFE, BACK, "")).send().await, 200);
        }
        app.stop().await;
    }
}

db_test! {
    async fn people_decide_anywhere_and_read_at_home(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let query = query(CAFE, BACK, "");
        for site in [&app.glz, &app.us, &app.emea] {
            let next = format!("{PATH}?{query}");
            let form = [&LARS_SIGNS_IN[..], &[("next", &next)]].concat();
            let answer = site.post("/signin").form(&form).send().await;
            assert_eq!(answer.header("location"), next);
            let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
            let answer = decided(site, &cookie, &query, "allow").await;
            let location = answer.header("location");
            let home = encoded(&app.emea.base);
            assert!(location.contains(&format!("?geolocation={home}&code=")), "{location}");
            let code = location.split("code=").nth(1).unwrap();

            let read = site.get("/expenses").cookie(&cookie).send().await;
            if site.base == app.emea.base {
                assert_page(&read, 200);
            } else {
                let there = format!("{}/expenses", app.emea.base);
                assert_eq!((read.status, read.header("location")), (303, there.as_str()));
            }
            // Another data center sends the app on, and the code stays good.
            let elsewhere = exchange_code(&app.us, code).correlated("mine").send().await;
            assert_eq!((elsewhere.status, elsewhere.text()), (400, format!(
                "{{\"error\":\"invalid_request\",\"concur-correlationid\":\"mine\",\
                 \"error_description\":\"user lives elsewhere\",\"code\":16,\
                 \"geolocation\":\"{}\"}}", app.emea.base)));
            let tokens = exchange_code(&app.emea, code).send().await;
            assert_eq!(tokens.field("geolocation"), app.emea.base);
        }
        app.stop().await;
    }
}

db_test! {
    async fn every_refusal_of_a_code_has_its_number(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = signed_in(&app).await;
        let plain = code(&app.us, &cookie, &query(CAFE, BACK, "")).await;
        let pkce = format!("&code_challenge={CHALLENGE}&code_challenge_method=S256");
        let bound = code(&app.us, &cookie, &query(CAFE, BACK, &pkce)).await;
        let (code, back) = (("code", plain.as_str()), ("redirect_uri", BACK));
        let bound = ("code", bound.as_str());
        let verifier = ("code_verifier", VERIFIER);
        let unknown = ("code", "code-964c24ea-9200-45e7-a5ae-15e9cef0d445");
        let bad = "code is bad or expired";
        for (client, fields, error, number, description) in [
            (CAFE, vec![back], "invalid_request", 101, "code was not supplied"),
            (CAFE, vec![code], "invalid_request", 102, "redirect_uri was not supplied"),
            (CAFE, vec![unknown, back], "invalid_request", 103, bad),
            (CAFE, vec![("code", &plain.to_uppercase()), back], "invalid_request", 103, bad),
            (CAFE, vec![code, ("redirect_uri", "https://cafe.example/back?shop=1")],
                "invalid_grant", 104, "redirect_uri does not match the previous grant"),
            (RIVAL, vec![code, back], "invalid_grant", 105, "this grant was not issued to you!"),
            (TALLY, vec![code, back], "invalid_grant", 60,
                "these are not the grants you are looking for"),
            (CAFE, vec![code, back, ("scope", "travel.write")], "invalid_scope", 54,
                "requested scope exceeds granted scope"),
            // PKCE: the verifier is missing, wrong, or there was no challenge.
            (CAFE, vec![bound, back], "invalid_request", 103, bad),
            (CAFE, vec![bound, back, ("code_verifier", CHALLENGE)], "invalid_request", 103, bad),
            (CAFE, vec![code, back, verifier], "invalid_request", 103, bad),
            (CAFE, vec![bound, back, ("code_verifier", &VERIFIER[1..])], "invalid_request", 103, bad),
        ] {
            let fields = [vec![CODE_GRANT], fields].concat();
            let answer = exchange(&app.us, client, &fields).correlated("mine").send().await;
            let expected = format!("{{\"error\":\"{error}\",\"concur-correlationid\":\"mine\",\
                \"error_description\":\"{description}\",\"code\":{number}}}");
            assert_eq!((answer.status, answer.text()), (400, expected), "{fields:?}");
        }
        // None of that used them up.
        let good = [CODE_GRANT, bound, back, verifier];
        assert_eq!(exchange(&app.us, CAFE, &good).send().await.status, 200);
        app.clock.advance(Duration::from_secs(299));
        assert_eq!(exchange_code(&app.us, code.1).send().await.status, 200);
        let late = self::code(&app.us, &cookie, &query(CAFE, BACK, "")).await;
        app.clock.advance(Duration::from_mins(5));
        assert_eq!(exchange_code(&app.us, &late).send().await.json()["code"], 103);
        app.stop().await;
    }
}

db_test! {
    async fn a_device_proves_that_the_code_is_its_own(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = signed_in(&app).await;
        let pkce = format!("&code_challenge={CHALLENGE}&code_challenge_method=S256");
        let query = query(CAFE, DEVICE, &pkce);
        let page = ask(&app.us, &cookie, &query).send().await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action 'self' com.example.cafe:;"), "{policy}");
        let code = code(&app.us, &cookie, &query).await;
        let fields = [CODE_GRANT, ("code", &code), ("redirect_uri", DEVICE),
            ("code_verifier", VERIFIER)];
        assert_eq!(exchange(&app.us, CAFE, &fields).send().await.status, 200);
        app.stop().await;
    }
}

db_test! {
    async fn a_code_that_comes_again_ends_what_it_gave(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = signed_in(&app).await;
        let code = code(&app.us, &cookie, &query(CAFE, BACK, "")).await;
        let tokens = exchange_code(&app.us, &code).send().await;
        let (access, refresh) = (tokens.field("access_token"), tokens.field("refresh_token"));
        let list = format!("/receipts/v4/users/{ANA}");
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        // Another app that has it changes nothing.
        let fields = [CODE_GRANT, ("code", &code), ("redirect_uri", BACK)];
        assert_eq!(exchange(&app.us, RIVAL, &fields).send().await.json()["code"], 105);
        assert_eq!(exchange(&app.us, CAFE, &refresh).send().await.status, 200);

        assert_eq!(exchange_code(&app.us, &code).send().await.json()["code"], 103);
        assert_eq!(exchange(&app.us, CAFE, &refresh).send().await.json()["code"], 108);
        // Nothing here has looked at the access token yet, so nothing is remembered of it.
        assert_eq!(app.us.get(&list).bearer(&access).send().await.status, 403);
        app.stop().await;
    }
}

db_test! {
    async fn a_code_that_comes_again_ends_nothing_later(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = signed_in(&app).await;
        let list = async |access: &str| {
            let call = app.us.get(&format!("/receipts/v4/users/{ANA}")).bearer(access);
            call.send().await.status
        };
        let old = code(&app.us, &cookie, &query(CAFE, BACK, "")).await;
        let access = exchange_code(&app.us, &old).send().await.field("access_token");
        assert_eq!(list(&access).await, 200);
        assert_eq!(exchange_code(&app.us, &old).send().await.json()["code"], 103);
        assert_eq!(list(&access).await, 403, "at once on this node");

        // After a new consent the old code is worth nothing, to nobody.
        for times in 1..3 {
            let new = code(&app.us, &cookie, &query(CAFE, BACK, "")).await;
            let tokens = exchange_code(&app.us, &new).send().await;
            assert_eq!(exchange_code(&app.us, &old).send().await.json()["code"], 103);
            assert_eq!(list(&tokens.field("access_token")).await, 200, "{times}");
            let refresh = tokens.field("refresh_token");
            let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
            assert_eq!(exchange(&app.us, CAFE, &refresh).send().await.status, 200, "{times}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn a_revocation_ends_codes_too(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = signed_in(&app).await;
        let used = code(&app.us, &cookie, &query(CAFE, BACK, "")).await;
        let open = code(&app.us, &cookie, &query(CAFE, BACK, "")).await;
        let rivals = query(RIVAL, "https://rival.example/back", "");
        let rivals = code(&app.us, &cookie, &rivals).await;
        let access = exchange_code(&app.us, &used).send().await.field("access_token");
        let gone = app.us.call("DELETE", "/app-mgmt/v0/connections").bearer(&access);
        assert_eq!(gone.send().await.status, 200);
        assert_eq!(exchange_code(&app.us, &open).send().await.json()["code"], 103);
        let fields = [CODE_GRANT, ("code", &rivals), ("redirect_uri", "https://rival.example/back")];
        assert_eq!(exchange(&app.us, RIVAL, &fields).send().await.status, 200, "another app's");

        // Nor does a used one end what comes after.
        let new = code(&app.us, &cookie, &query(CAFE, BACK, "")).await;
        let access = exchange_code(&app.us, &new).send().await.field("access_token");
        assert_eq!(exchange_code(&app.us, &used).send().await.json()["code"], 103);
        let list = app.us.get(&format!("/receipts/v4/users/{ANA}")).bearer(&access);
        assert_eq!(list.send().await.status, 200);
        app.stop().await;
    }
}

db_test! {
    async fn of_two_exchanges_at_once_one_wins(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = signed_in(&app).await;
        for _ in 0..3 {
            let code = code(&app.us, &cookie, &query(CAFE, BACK, "")).await;
            let (one, other) = tokio::join!(
                exchange_code(&app.us, &code).send(),
                exchange_code(&app.glz, &code).send(),
            );
            let won = [&one, &other].into_iter().filter(|answer| answer.status == 200);
            let won: Vec<_> = won.collect();
            assert_eq!(won.len(), 1, "{} {}", one.text(), other.text());
            let lost = if one.status == 200 { &other } else { &one };
            assert_eq!(lost.json()["code"], 103);
            let refresh = won[0].field("refresh_token");
            let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
            assert_eq!(exchange(&app.us, CAFE, &refresh).send().await.json()["code"], 108);
        }
        app.stop().await;
    }
}
