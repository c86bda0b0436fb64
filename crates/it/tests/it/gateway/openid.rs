//! Accounts of an identity provider: who signs in, and who does not.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bursar_testkit::db_test;
use serde_json::{Value, json};

use super::connect_site::{Browser, PASSWORD, Pages};
use super::provider::{CLIENT_ID, Provider, Signed};
use crate::app::*;
use crate::http::Answer;

const STATE: &str = "This sign-in is not valid any more";
const FAULT: &str = "The sign-in of Bluebird Cafe gave an unexpected answer";
const UNREACHABLE: &str = "The sign-in of Bluebird Cafe does not answer";

fn parameters(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let plain = |text: &str| {
        let text = text.replace("%2F", "/").replace("%3A", ":");
        text.replace('+', " ")
    };
    let pairs = pairs.map(|(name, value)| (name.to_owned(), plain(value)));
    pairs.collect()
}

/// Leaves for the provider; answers what goes along.
async fn leave(provider: &Provider, browser: &Browser<'_>) -> BTreeMap<String, String> {
    let sent = browser.get("signin/openid").await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert_eq!(sent.header("referrer-policy"), "no-referrer");
    let own = format!("{}/authorize?", provider.base);
    let query = sent.header("location").strip_prefix(&own);
    let query = parameters(query.expect("it leads to the provider"));
    provider.plan().nonce.clone_from(&query["nonce"]);
    query
}

/// Signs in at the provider, which sends a code back.
async fn come_back(provider: &Provider, browser: &Browser<'_>) -> Answer {
    let query = leave(provider, browser).await;
    let back = format!("signin/callback?code=code-1&state={}", query["state"]);
    browser.get(&back).await
}

async fn signs_in(provider: &Provider, browser: &Browser<'_>) {
    let lead = browser.lead(&come_back(provider, browser).await);
    assert_eq!(lead, "connect");
    browser.page("account").await;
}

async fn refused(provider: &Provider, browser: &Browser<'_>, status: u16, heading: &str) {
    let lead = browser.lead(&come_back(provider, browser).await);
    browser.refused(&lead, status, heading).await;
    assert_eq!(
        browser.leads("account").await,
        "connect",
        "nobody is signed in"
    );
}

db_test! {
    async fn who_signs_in_there_is_signed_in_here(place: TestDb) {
        let provider = Provider::start(&place).await;
        let pages = Pages::start_with_provider(&place, &provider, "sub").await;
        let browser = pages.browser("sso");
        browser.get(&pages.landing(ANA)).await;
        let start = browser.page("connect").await;
        let button = "href=\"/sso/signin/openid\">Sign in with Bluebird ID</a>";
        assert!(start.contains(button), "{start}");
        assert!(!start.contains("type=\"password\"") && !start.contains("signin/new"), "{start}");
        let query = leave(&provider, &browser).await;
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], CLIENT_ID);
        assert_eq!(query["scope"], "openid profile email");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["tenant"], "1", "what the endpoint has stays");
        let back = format!("{}/sso/signin/callback", pages.site.base);
        assert_eq!(query["redirect_uri"], back);
        assert!(query["state"].len() >= 43 && query["nonce"].len() >= 43);
        let answer = format!("signin/callback?code=code-1&state={}", query["state"]);
        assert_eq!(browser.leads(&answer).await, "connect");
        let (authorization, form) = provider.plan().asked.clone();
        let pair = STANDARD.encode("gateway:a%20secret%3A%20with%20%26%20and%20%25");
        assert_eq!(authorization.unwrap(), format!("Basic {pair}"));
        let form = parameters(&form);
        assert_eq!(form["grant_type"], "authorization_code");
        assert_eq!(form["code"], "code-1");
        assert_eq!(form["redirect_uri"], back);
        let challenge = digest(&SHA256, form["code_verifier"].as_bytes());
        assert_eq!(URL_SAFE_NO_PAD.encode(challenge), query["code_challenge"]);
        assert!(!form.contains_key("client_secret"));
        // What waited to be connected waits still.
        assert_eq!(browser.confirm().await, "connected");
        let account = pages.vault.find_account("sso", "u-1").await.unwrap().unwrap();
        assert_eq!((account.name.as_str(), account.password_hash), ("Ana Reyes", None));
        assert_eq!(pages.connection("sso", "u-1").await.unwrap().principal_id, ANA);
        browser.page("account").await;
        assert_eq!(browser.posts("signout", &[]).await, "connect");

        // Again, under another name: it is the same account.
        provider.plan().claims = json!({ "name": "Ana Ruiz" });
        signs_in(&provider, &pages.browser("sso")).await;
        let renamed = pages.vault.find_account("sso", "u-1").await.unwrap().unwrap();
        assert_eq!((renamed.id, renamed.name.as_str()), (account.id, "Ana Ruiz"));
        assert_eq!(provider.plan().keys_asked, 1, "its keys are kept");
        pages.stop().await;
    }
}

db_test! {
    async fn accounts_may_be_named_by_a_confirmed_address(place: TestDb) {
        let provider = Provider::start(&place).await;
        let pages = Pages::start_with_provider(&place, &provider, "email").await;
        let browser = pages.browser("sso");
        let unverified = "Your e-mail address is not confirmed";
        for verified in [json!(false), json!("true")] {
            provider.plan().claims = json!({ "email_verified": verified });
            refused(&provider, &browser, 422, unverified).await;
        }
        assert!(pages.vault.find_account("sso", "ana@cafe.example").await.unwrap().is_none());
        provider.plan().claims = json!({});
        signs_in(&provider, &browser).await;
        let account = pages.vault.find_account("sso", "ana@cafe.example").await.unwrap().unwrap();
        assert_eq!(account.email.as_deref(), Some("Ana@Cafe.example"));

        // Some providers tell it beside the token only.
        provider.plan().claims = json!({ "email": null, "email_verified": null, "name": null });
        refused(&provider, &pages.browser("sso"), 502, FAULT).await;
        let more = json!({ "sub": "u-1", "email": "ben@cafe.example", "email_verified": true });
        provider.plan().userinfo = Some(more.clone());
        signs_in(&provider, &pages.browser("sso")).await;
        let account = pages.vault.find_account("sso", "ben@cafe.example").await.unwrap();
        assert_eq!(account.unwrap().name, "ben@cafe.example");
        // About somebody else, or confirmed for another address.
        let mut other = more.clone();
        other["sub"] = json!("u-2");
        provider.plan().userinfo = Some(other);
        refused(&provider, &pages.browser("sso"), 502, FAULT).await;
        provider.plan().userinfo = Some(more);
        provider.plan().claims = json!({ "email": "boss@cafe.example", "email_verified": null });
        refused(&provider, &pages.browser("sso"), 422, unverified).await;
        pages.stop().await;
    }
}

db_test! {
    async fn forged_tokens_sign_nobody_in(place: TestDb) {
        let provider = Provider::start(&place).await;
        let pages = Pages::start_with_provider(&place, &provider, "sub").await;
        let browser = pages.browser("sso");
        for signed in [Signed::Wrongly, Signed::Unknown, Signed::Not, Signed::ByPublicKey] {
            provider.plan().signed = signed;
            refused(&provider, &browser, 502, FAULT).await;
        }
        provider.plan().signed = Signed::Well;
        let now = NOW.0 / 1_000_000;
        for claims in [
            json!({ "iss": "https://evil.example" }),
            json!({ "aud": "another" }),
            json!({ "aud": [CLIENT_ID, "another"], "azp": "another" }),
            json!({ "exp": now - 60 }),
            json!({ "iat": now + 120 }),
            json!({ "nonce": "of another sign-in" }),
            json!({ "nonce": Value::Null }),
            json!({ "sub": Value::Null }),
        ] {
            provider.plan().claims = claims;
            refused(&provider, &browser, 502, FAULT).await;
        }
        assert!(pages.vault.find_account("sso", "u-1").await.unwrap().is_none());
        pages.stop().await;
    }
}

db_test! {
    async fn answers_count_once_and_for_the_browser_that_asked(place: TestDb) {
        let provider = Provider::start(&place).await;
        let pages = Pages::start_with_provider(&place, &provider, "sub").await;
        let browser = pages.browser("sso");
        let query = leave(&provider, &browser).await;
        let good = format!("signin/callback?code=code-1&state={}", query["state"]);
        for bad in [
            "signin/callback?code=code-1",
            "signin/callback?code=code-1&state=forged",
            "signin/callback",
        ] {
            browser.refused(&browser.leads(bad).await, 422, STATE).await;
        }
        let stranger = pages.browser("sso");
        stranger.refused(&stranger.leads(&good).await, 422, STATE).await;
        let of_stranger = leave(&provider, &stranger).await;
        stranger.refused(&stranger.leads(&good).await, 422, STATE).await;
        let own = good.replace(&query["state"], &of_stranger["state"]);
        let mixed = format!("{own}&iss=https%3A%2F%2Fevil.example");
        stranger.refused(&stranger.leads(&mixed).await, 422, STATE).await;
        // None of it used the browser's own up. Two at once are one.
        provider.plan().nonce.clone_from(&query["nonce"]);
        let cookie = browser.cookie();
        let send = || pages.site.get(&format!("/sso/{good}")).cookie(&cookie).send();
        let both = tokio::join!(send(), send());
        let leads = [&both.0, &both.1].map(|answer| answer.header("location").to_owned());
        let signed_in = leads.iter().filter(|lead| *lead == "/sso/connect").count();
        assert_eq!(signed_in, 1, "{leads:?}");
        let again = send().await;
        assert_eq!(again.header("location"), "/sso/refused?why=sign-in-state");

        // Who does not sign in there.
        let browser = pages.browser("sso");
        for (error, status, heading) in [
            ("access_denied", 422, "You did not sign in"),
            ("temporarily_unavailable", 503, UNREACHABLE),
            ("invalid_scope", 502, FAULT),
        ] {
            let query = leave(&provider, &browser).await;
            let back = format!("signin/callback?error={error}&state={}", query["state"]);
            browser.refused(&browser.leads(&back).await, status, heading).await;
            browser.refused(&browser.leads(&back).await, 422, STATE).await;
        }
        provider.plan().refusal = Some((400, json!({ "error": "invalid_grant" })));
        refused(&provider, &browser, 422, STATE).await;
        pages.stop().await;
    }
}

db_test! {
    async fn a_provider_that_is_away_is_waited_for(place: TestDb) {
        let provider = Provider::start(&place).await;
        let pages = Pages::start_with_provider(&place, &provider, "sub").await;
        let browser = pages.browser("sso");
        provider.plan().down = Some(503);
        assert!(browser.page("connect").await.contains("Sign in with Bluebird ID"));
        browser.refused(&browser.leads("signin/openid").await, 503, UNREACHABLE).await;
        provider.plan().down = None;
        // Nobody waits for it so soon after.
        pages.app.clock.advance(Duration::from_secs(9));
        browser.refused(&browser.leads("signin/openid").await, 503, UNREACHABLE).await;
        pages.app.clock.advance(Duration::from_secs(1));
        provider.plan().issuer = "https://evil.example".into();
        browser.refused(&browser.leads("signin/openid").await, 502, FAULT).await;
        provider.plan().issuer.clone_from(&provider.base);
        signs_in(&provider, &browser).await;

        // It is away between here and the code.
        let late = pages.browser("sso");
        let query = leave(&provider, &late).await;
        provider.plan().down = Some(500);
        let back = format!("signin/callback?code=code-1&state={}", query["state"]);
        late.refused(&late.leads(&back).await, 503, UNREACHABLE).await;
        provider.plan().down = None;
        // The secret was changed there and not here.
        provider.plan().refusal = Some((401, json!({ "error": "invalid_client" })));
        refused(&provider, &late, 502, FAULT).await;
        provider.plan().refusal = None;
        signs_in(&provider, &late).await;
        pages.stop().await;
    }
}

db_test! {
    async fn a_provider_may_change_its_keys_and_ways(place: TestDb) {
        let provider = Provider::start(&place).await;
        let pages = Pages::start_with_provider(&place, &provider, "sub").await;
        signs_in(&provider, &pages.browser("sso")).await;
        // A new key is asked for, at most once a minute.
        provider.rotate();
        refused(&provider, &pages.browser("sso"), 502, FAULT).await;
        assert_eq!(provider.plan().keys_asked, 1);
        pages.app.clock.advance(Duration::from_mins(1));
        signs_in(&provider, &pages.browser("sso")).await;
        provider.plan().signed = Signed::Unknown;
        for _ in 0..3 {
            refused(&provider, &pages.browser("sso"), 502, FAULT).await;
        }
        assert_eq!(provider.plan().keys_asked, 2);
        provider.plan().signed = Signed::Well;
        // Where a header is not taken, the secret goes into the form.
        pages.app.clock.advance(Duration::from_hours(1));
        provider.plan().auth_methods = json!(["client_secret_post", "private_key_jwt"]);
        signs_in(&provider, &pages.browser("sso")).await;
        let (authorization, form) = provider.plan().asked.clone();
        assert_eq!(authorization, None);
        let secret = "client_secret=a%20secret%3A%20with%20%26%20and%20%25";
        assert!(form.contains(secret) && form.contains("client_id=gateway"), "{form}");
        pages.app.clock.advance(Duration::from_hours(1));
        provider.plan().auth_methods = json!(["private_key_jwt"]);
        refused(&provider, &pages.browser("sso"), 502, FAULT).await;
        pages.stop().await;
    }
}

db_test! {
    async fn nobody_has_a_password_where_a_provider_is(place: TestDb) {
        let provider = Provider::start(&place).await;
        let pages = Pages::start_with_provider(&place, &provider, "sub").await;
        let browser = pages.browser("sso");
        for page in ["signin", "signin/new", "signin/forgot", "signin/code"] {
            assert_eq!(browser.leads(page).await, "connect", "{page}");
        }
        let form = [("name", "Ana"), ("email", "ana@cafe.example"), ("password", PASSWORD)];
        for page in ["signin", "signin/new", "signin/forgot", "signin/code", "signin/password"] {
            assert_eq!(browser.posts(page, &form).await, "connect", "{page}");
        }
        assert!(pages.mails("ana@cafe.example").await.is_empty());
        // And where none is, nobody is sent to one.
        let other = pages.browser("cafe");
        for page in ["signin/openid", "signin/callback?code=1&state=1"] {
            assert_eq!(other.leads(page).await, "connect");
        }
        pages.stop().await;
    }
}
