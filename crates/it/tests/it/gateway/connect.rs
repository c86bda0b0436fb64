//! The three ways to a connection, end to end, and what an account sees of it.

use std::sync::Arc;
use std::time::Duration;

use bursar_gateway_connect::{ConnectionState, Revoke};
use bursar_jobs::Workers;
use bursar_kernel::Rng;
use bursar_testkit::db_test;

use super::connect_site::{Browser, PASSWORD, Pages};
use crate::app::*;
use crate::http::Answer;
use crate::oauth2::otp::{ANA_MAIL, otp};
use crate::signin::{ANA_SIGNS_IN, assert_page, cookie, csrf_token};

const ANA_HERE: &str = "ana@cafe.example";

/// What the platform's pages answer to somebody who was sent there and decides.
pub(super) async fn decide(pages: &Pages, sent: &Answer, decision: &str) -> String {
    assert_eq!(sent.status, 303, "{}", sent.text());
    let target = sent.header("location");
    let us = &pages.app.us;
    assert!(
        target.starts_with(&format!("{}/oauth2/v0/authorize?", us.base)),
        "{target}"
    );
    assert!(target.contains("code_challenge_method=S256"), "{target}");
    let cookie = cookie(us, &ANA_SIGNS_IN).await;
    let page = us.get(target).cookie(&cookie).send().await;
    assert_page(&page, 200);
    let csrf = csrf_token(&page);
    let query = target.split_once('?').unwrap().1;
    let form = [
        ("csrf_token", csrf.as_str()),
        ("request", query),
        ("decision", decision),
    ];
    let call = us.post("/oauth2/v0/authorize").cookie(&cookie).form(&form);
    let answer = call.header("origin", &us.base).send().await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let back = answer.header("location").to_owned();
    let own = format!("{}/cafe/", pages.site.base);
    back.strip_prefix(&own).expect("it leads back").to_owned()
}

async fn connected(pages: &Pages, browser: &Browser<'_>, email: &str, user: &str) {
    let page = browser.page("connected").await;
    for text in [
        "Step 3 of 3",
        "Bluebird Cafe and Bursar are connected",
        "After payment",
        "You can close this window.",
        email,
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let connection = pages.connection("cafe", email).await.expect("a connection");
    assert_eq!(connection.state, ConnectionState::Connected);
    assert_eq!(connection.principal_id, user);
}

db_test! {
    async fn from_the_app_center(place: TestDb) {
        let pages = Pages::start(&place).await;
        let token = pages.app.request_token(ANA).to_owned();
        let browser = pages.browser("cafe");
        // The values leave the address at once.
        assert_eq!(browser.leads(&pages.landing(ANA)).await, "connect");
        let start = browser.page("connect").await;
        for text in ["Step 1 of 3", "an integration of Bluebird Cafe with Bursar", "Bursar sent you"] {
            assert!(start.contains(text), "{text}: {start}");
        }
        let new = browser.page("signin/new").await;
        browser.ask_for_account("Ana@Cafe.example").await;
        assert_eq!(browser.types(&pages.code(ANA_HERE).await).await, "connect");
        let confirm = browser.page("connect").await;
        assert!(confirm.contains("Connect your Bluebird Cafe account with Bursar?"), "{confirm}");
        assert!(confirm.contains(ANA_HERE), "{confirm}");
        // Nothing is obtained before the user has confirmed.
        assert!(pages.calls("cafe").await.is_empty());
        assert!(pages.connection("cafe", ANA_HERE).await.is_none());
        assert_eq!(browser.confirm().await, "connected");
        connected(&pages, &browser, ANA_HERE, ANA).await;
        let calls = pages.calls("cafe").await;
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].user_id.as_deref(), Some(ANA));
        for text in [start, new, confirm, pages.logged("cafe").await] {
            assert!(!text.contains(&token));
        }
        // Once more says the same, and asks nobody.
        assert_eq!(browser.posts("connect", &[]).await, "connected");
        assert_eq!(pages.calls("cafe").await.len(), 1);
        // Who has a connection lands there.
        assert_eq!(browser.leads("connect").await, "account");
        pages.stop().await;
    }
}

db_test! {
    async fn by_signing_in_there(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("cafe");
        browser.sign_up(ANA_HERE).await;
        let choose = browser.get("connect").await;
        let policy = choose.header("content-security-policy");
        let form_action = format!("form-action 'self' {};", pages.app.us.base);
        assert!(policy.contains(&form_action), "{policy}");
        let sent = browser.post("connect/web", &[]).await;
        assert_eq!(sent.header("referrer-policy"), "no-referrer");
        let back = decide(&pages, &sent, "allow").await;
        assert!(pages.calls("cafe").await.is_empty());

        // Another account's browser, and a forged state: nothing happens.
        let other = pages.browser("cafe");
        other.sign_up("eve@cafe.example").await;
        let heading = "This answer does not belong to a question of yours";
        other.refused(&other.leads(&back).await, 422, heading).await;
        let forged = "callback?geolocation=http%3A%2F%2F127.0.0.1&code=code-1&state=forged";
        other.refused(&other.leads(forged).await, 422, heading).await;
        assert!(pages.calls("cafe").await.is_empty());

        assert_eq!(browser.leads(&back).await, "connected");
        connected(&pages, &browser, ANA_HERE, ANA).await;
        let count = pages.calls("cafe").await.len();
        // The same answer again: it is there, and nobody is asked.
        assert_eq!(browser.leads(&back).await, "connected");
        assert_eq!(pages.calls("cafe").await.len(), count);
        let stranger = pages.browser("cafe");
        stranger.refused(&stranger.leads(&back).await, 422, heading).await;
        pages.stop().await;
    }
}

db_test! {
    async fn an_answer_waits_until_its_account_signs_in(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("cafe");
        browser.sign_up(ANA_HERE).await;
        browser.page("connect").await;
        let sent = browser.post("connect/web", &[]).await;
        let back = decide(&pages, &sent, "allow").await;
        // The session is over meanwhile.
        let later = pages.browser("cafe");
        assert_eq!(later.leads(&back).await, "connect");
        later.sign_in(ANA_HERE).await;
        assert_eq!(later.confirm().await, "connected");
        connected(&pages, &later, ANA_HERE, ANA).await;
        pages.stop().await;
    }
}

db_test! {
    async fn by_mail_in_another_browser(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("cafe");
        browser.sign_up(ANA_HERE).await;
        browser.page("connect").await;
        let faulty = browser.post("connect/mail", &[("email", "no address")]).await;
        assert_page(&faulty, 422);
        assert!(pages.calls("cafe").await.is_empty());
        let form = [("email", ANA_MAIL)];
        assert_eq!(browser.posts("connect/mail", &form).await, "connect/sent");
        assert!(browser.page("connect/sent").await.contains("Look at your mail"));
        let mail = pages.app.mails(ANA_MAIL, 1).await.remove(0);
        let own = format!("{}/cafe/otp?token=", pages.site.base);
        assert!(mail["text"].as_str().unwrap().contains(&own), "{mail}");
        let token = otp(&mail);

        // Whoever did not ask gets nothing by it.
        let eve = pages.browser("cafe");
        eve.sign_up("eve@cafe.example").await;
        assert_eq!(eve.leads(&format!("otp?token={token}")).await, "connect");
        let lead = eve.confirm().await;
        eve.refused(&lead, 422, "This link belongs to another account").await;

        let other = pages.browser("cafe");
        assert_eq!(other.leads(&format!("otp?otl={token}")).await, "connect");
        let start = other.page("connect").await;
        assert!(!start.contains(&token));
        other.sign_in(ANA_HERE).await;
        assert!(pages.connection("cafe", ANA_HERE).await.is_none());
        assert_eq!(other.confirm().await, "connected");
        connected(&pages, &other, ANA_HERE, ANA).await;
        let calls = pages.calls("cafe").await;
        assert_eq!(calls.len(), 2, "the mail, and the token");
        let logged = pages.logged("cafe").await;
        assert!(logged.contains("grant_type=otp") && !logged.contains(&token), "{logged}");
        pages.stop().await;
    }
}

db_test! {
    async fn an_account_sees_and_ends_its_connection(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("cafe");
        browser.get(&pages.landing(ANA)).await;
        browser.sign_up(ANA_HERE).await;
        assert_eq!(browser.confirm().await, "connected");
        let page = browser.page("account").await;
        assert!(page.contains("Connected since") && page.contains("Nov 21, 2026"), "{page}");
        let id = pages.connection("cafe", ANA_HERE).await.unwrap().id;
        let access = pages.vault.access("cafe", id).await.unwrap();

        browser.page("account/disconnect").await;
        assert_eq!(browser.posts("account/disconnect", &[]).await, "account");
        assert!(browser.page("account").await.contains("The connection is being ended."));
        let workers = Workers::start(
            pages.db.clone(),
            pages.app.clock.clone(),
            Rng::system(),
            vec![Arc::new(Revoke::new(pages.vault.clone()))],
            1,
        );
        until("the end", async || pages.connection("cafe", ANA_HERE).await.is_none()).await;
        workers.stop().await;
        pages.app.clock.advance(Duration::from_secs(2));
        let client = &pages.vault.apps().get("cafe").unwrap().client;
        assert!(client.receipts(&access.token, ANA, None).await.is_err());

        browser.page("account/delete").await;
        assert_eq!(browser.posts("account/delete", &[]).await, "connect");
        assert_eq!(pages.vault.find_account("cafe", ANA_HERE).await.unwrap(), None);
        assert!(browser.page("connect").await.contains("Step 1 of 3"));
        pages.stop().await;
    }
}

db_test! {
    async fn accounts_sign_in_and_out(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("cafe");
        browser.sign_up(ANA_HERE).await;
        let name = format!("{}-cafe", pages.site.cookie_name());
        assert!(browser.has_cookie(&name));
        browser.page("account").await;
        assert_eq!(browser.posts("signout", &[]).await, "connect");
        assert_eq!(browser.leads("account").await, "connect");
        // Another app has accounts of its own.
        let short = [("name", ""), ("email", "x"), ("password", "short")];
        assert_page(&browser.post("signin/new", &short).await, 422);
        let rival = pages.browser("rival");
        let wrong = [("email", ANA_HERE), ("password", "wrong")];
        assert_page(&rival.post("signin", &wrong).await, 422);
        // Half an hour without a request ends a session.
        browser.sign_in(ANA_HERE).await;
        browser.page("account").await;
        pages.app.clock.advance(Duration::from_mins(29));
        browser.page("account").await;
        pages.app.clock.advance(Duration::from_mins(29));
        browser.page("account").await;
        pages.app.clock.advance(Duration::from_mins(30));
        assert_eq!(browser.leads("account").await, "connect");
        for _ in 0..6 {
            assert_page(&browser.post("signin", &wrong).await, 422);
        }
        let right = [("email", ANA_HERE), ("password", PASSWORD)];
        let locked = browser.post("signin", &right).await;
        assert!(locked.text().contains("Too many wrong passwords"), "{}", locked.text());
        pages.app.clock.advance(Duration::from_mins(15));
        browser.sign_in(ANA_HERE).await;
        pages.stop().await;
    }
}
