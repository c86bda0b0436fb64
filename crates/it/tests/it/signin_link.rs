//! `/signin/email` and `/signin/link`: signing in by mail.

use std::time::Duration;

use bursar_testkit::db_test;

use crate::app::*;
use crate::http::{Answer, Call, Site};
use crate::signin::{assert_page, cookie};

const ANA_MAIL: &str = "ana@northwind.example.com";
const LARS_MAIL: &str = "lars@lindgren.example.com";

fn send(site: &Site, email: &str, next: &str) -> Call {
    site.post("/signin/email")
        .form(&[("email", email), ("next", next)])
}

fn follow(site: &Site, token: &str) -> Call {
    site.post("/signin/link").form(&[("token", token)])
}

/// The address in the newest mail, of how many there are.
async fn link(app: &TestApp, email: &str, mails: usize) -> String {
    let mail = app.mails(email, mails).await.remove(0);
    let text = mail["text"].as_str().unwrap().to_owned();
    let link = text
        .lines()
        .find(|line| line.contains("/signin/link?token="));
    link.unwrap_or_else(|| panic!("no link: {text}")).to_owned()
}

fn token(link: &str) -> &str {
    link.split_once("token=").unwrap().1
}

fn signed_in(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned()
}

db_test! {
    async fn a_mailed_link_signs_in_once(place: TestDb) {
        let app = TestApp::start(&place).await;
        let page = send(&app.us, "Ana@Northwind.example.com", "/expenses").send().await;
        assert_page(&page, 200);
        assert!(page.text().contains("Look at your mail"));
        assert!(page.text().contains("/_bursar/mailbox"));
        let mail = app.mails(ANA_MAIL, 1).await.remove(0);
        assert_eq!(mail["subject"], "Sign in to Bursar");
        let link = link(&app, ANA_MAIL, 1).await;
        assert!(link.starts_with(&format!("{}/signin/link?token=", app.us.base)), "{link}");

        // Looking does not use it up: programs that read mail open links.
        for _ in 0..3 {
            let page = app.us.get(&link).send().await;
            assert_page(&page, 200);
            assert_eq!(page.maybe("set-cookie"), None);
            assert!(page.text().contains("You are signing in as Ana Reyes."));
        }
        let forged = follow(&app.us, token(&link)).header("origin", "https://evil.example");
        assert_page(&forged.send().await, 403);
        let answer = follow(&app.us, token(&link)).header("origin", &app.us.base).send().await;
        let cookie = signed_in(&answer);
        assert_eq!(answer.header("location"), "/expenses");
        assert_page(&app.us.get("/expenses").cookie(&cookie).send().await, 200);

        assert_page(&app.us.get(&link).send().await, 404);
        let again = follow(&app.us, token(&link)).send().await;
        assert_page(&again, 404);
        assert_eq!(again.maybe("set-cookie"), None);
        app.stop().await;
    }
}

db_test! {
    async fn on_the_way_to_an_app_it_leads_there(place: TestDb) {
        let app = TestApp::start(&place).await;
        let next = format!("/oauth2/v0/authorize?client_id={}&redirect_uri=https://cafe.example/back\
            &response_type=code&state=1", CAFE.0);
        for (mails, site) in [(1, &app.glz), (2, &app.us)] {
            app.clock.advance(Duration::from_millis(1));
            assert_page(&send(site, LARS_MAIL, &next).send().await, 200);
            let link = link(&app, LARS_MAIL, mails).await;
            assert!(link.starts_with(&site.base), "goes on where it began: {link}");
            let page = site.get(&link).send().await;
            assert!(page.text().contains("signing in as Lars Lindgren, to go on connecting Bluebird"));
            let answer = follow(site, token(&link)).send().await;
            let cookie = signed_in(&answer);
            assert_eq!(answer.header("location"), next);
            let consent = site.get(&next).cookie(&cookie).send().await;
            assert_page(&consent, 200);
            assert!(consent.text().contains("Connect Bluebird Cafe?"));
        }
        // Otherwise it leads home.
        app.clock.advance(Duration::from_millis(1));
        assert_page(&send(&app.us, LARS_MAIL, "/expenses").send().await, 200);
        let link = link(&app, LARS_MAIL, 3).await;
        assert!(link.starts_with(&app.emea.base), "{link}");
        app.stop().await;
    }
}

db_test! {
    async fn nobody_learns_whose_address_it_is(place: TestDb) {
        let app = TestApp::start(&place).await;
        let off = "off@northwind.example.com";
        for email in ["nobody@northwind.example.com", off, ANA_MAIL, "", "no address", "a@x\r\n"] {
            let page = send(&app.us, email, "").send().await;
            assert_page(&page, 200);
            assert!(page.text().contains("Look at your mail"));
        }
        app.mails(ANA_MAIL, 1).await;
        assert_eq!(app.mails(off, 0).await.len(), 0);
        // More than five at a time are not sent, and nobody is told.
        for _ in 0..6 {
            assert_page(&send(&app.us, ANA_MAIL, "").send().await, 200);
        }
        assert_eq!(app.mails(ANA_MAIL, 5).await.len(), 5);
        app.clock.advance(Duration::from_mins(15));
        assert_page(&send(&app.us, ANA_MAIL, "").send().await, 200);
        assert_eq!(app.mails(ANA_MAIL, 6).await.len(), 6);
        for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
            let forged = send(&app.us, ANA_MAIL, "").header(name, value).send().await;
            assert_page(&forged, 403);
        }
        app.stop().await;
    }
}

db_test! {
    async fn links_end_and_lead_nowhere_else(place: TestDb) {
        let app = TestApp::start(&place).await;
        send(&app.us, ANA_MAIL, "https://evil.example/").send().await;
        let link = link(&app, ANA_MAIL, 1).await;
        app.clock.advance(Duration::from_mins(15) - Duration::from_micros(1));
        assert_page(&app.us.get(&link).send().await, 200);
        let answer = follow(&app.us, token(&link)).send().await;
        assert_eq!(answer.header("location"), "/expenses");
        app.clock.advance(Duration::from_secs(1));
        send(&app.us, ANA_MAIL, "").send().await;
        let link = self::link(&app, ANA_MAIL, 2).await;
        app.clock.advance(Duration::from_mins(15));
        assert_page(&app.us.get(&link).send().await, 404);
        assert_page(&follow(&app.us, token(&link)).send().await, 404);
        for token in ["", "x", "%", &"0".repeat(32)] {
            assert_page(&app.us.get(&format!("/signin/link?token={token}")).send().await, 404);
        }
        assert_page(&app.us.get("/signin/link").send().await, 404);
        app.stop().await;
    }
}

db_test! {
    async fn a_planted_session_never_becomes_the_followers(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        // The attacker's own session, and a made-up one, in the victim's browser.
        let ben = [("user_name", "ben@northwind.example.com"), ("password", "ben")];
        let own = cookie(&app.us, &ben).await;
        for (mails, planted) in [(1, own), (2, app.us.planted("planted"))] {
            app.clock.advance(Duration::from_millis(1));
            send(&app.us, ANA_MAIL, "").cookie(&planted).send().await;
            let link = link(&app, ANA_MAIL, mails).await;
            let page = app.us.get(&link).cookie(&planted).send().await;
            assert_eq!(page.maybe("set-cookie"), None);
            let cookie = signed_in(&follow(&app.us, token(&link)).cookie(&planted).send().await);
            assert_ne!(cookie, planted);
            let page = app.us.get("/expenses").cookie(&cookie).send().await;
            assert!(page.text().contains("Ana Reyes"), "{}", page.text());
            let gone = app.us.get("/expenses").cookie(&planted).send().await;
            assert_eq!(gone.status, 303, "the old one ends");
        }
        app.stop().await;
    }
}

db_test! {
    async fn the_mailbox_is_read_in_a_browser(place: TestDb) {
        let app = TestApp::start(&place).await;
        let page = app.us.get("/_bursar/mailbox").send().await;
        assert_page(&page, 200);
        assert!(page.text().contains("No mail yet."));
        send(&app.us, ANA_MAIL, "").send().await;
        let mail = app.mails(ANA_MAIL, 1).await.remove(0);
        let id = mail["id"].as_str().unwrap();
        let page = app.us.get("/_bursar/mailbox").send().await;
        assert!(page.text().contains(&format!("href=\"/_bursar/mailbox/{id}\"")));
        let page = app.us.get(&format!("/_bursar/mailbox/{id}")).send().await;
        assert_page(&page, 200);
        assert!(page.text().contains("Sign in to Bursar"));
        let html = app.us.get(&format!("/_bursar/mailbox/{id}/html")).send().await;
        assert_eq!((html.status, html.text().as_str()), (200, mail["html"].as_str().unwrap()));
        assert!(html.header("content-security-policy").ends_with("; sandbox"));
        for path in ["/_bursar/mailbox/x", &format!("/_bursar/mailbox/{ANA}"),
            &format!("/_bursar/mailbox/{ANA}/html")] {
            assert_page(&app.us.get(path).send().await, 404);
        }
        app.stop().await;
    }
}
