//! Forged posts to the connect pages, planted sessions, and apps that are none.

use bursar_testkit::db_test;

use super::connect_site::{PASSWORD, Pages};
use crate::app::*;
use crate::signin::assert_page;

const ANA_HERE: &str = "ana@cafe.example";
/// Forms of somebody who is signed in.
const FORMS: [&str; 6] = [
    "connect",
    "connect/web",
    "connect/mail",
    "account/disconnect",
    "account/delete",
    "signout",
];
/// Forms of strangers: only browsers can tell where they come from.
const WITHOUT_SESSION: [&str; 6] = [
    "signin",
    "signin/new",
    "signin/forgot",
    "signin/code",
    "signin/code/again",
    "signin/password",
];

db_test! {
    async fn forms_of_other_sites_and_sessions(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("cafe");
        browser.get(&pages.landing(ANA)).await;
        browser.sign_up(ANA_HERE).await;
        browser.page("connect").await;
        let own = browser.csrf();
        let other = pages.browser("cafe");
        other.sign_up("eve@cafe.example").await;
        other.page("connect").await;
        let email = ("email", "ana@northwind.example.com");
        for page in FORMS {
            for token in ["", "x", &other.csrf()] {
                let form = [("csrf_token", token), email];
                let answer = browser.call("POST", page).form(&form).send().await;
                assert_page(&answer, 403);
            }
            for (name, value) in [
                ("origin", "https://evil.example"),
                ("origin", "null"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
            ] {
                let form = [("csrf_token", own.as_str()), email];
                let call = browser.call("POST", page).form(&form);
                assert_page(&call.header(name, value).send().await, 403);
            }
        }
        for page in WITHOUT_SESSION {
            let form = [("name", "Ana"), ("email", ANA_HERE), ("password", PASSWORD)];
            let call = pages.browser("cafe").call("POST", page).form(&form);
            let answer = call.header("sec-fetch-site", "cross-site").send().await;
            assert_page(&answer, 403);
            assert_eq!(answer.maybe("set-cookie"), None);
        }
        assert!(pages.calls("cafe").await.is_empty());
        // All of it is still there.
        assert_eq!(browser.confirm().await, "connected");
        pages.stop().await;
    }
}

db_test! {
    async fn sessions_are_made_here(place: TestDb) {
        let pages = Pages::start(&place).await;
        let name = format!("{}-cafe", pages.site.cookie_name());
        let planted = format!("{name}=planted");
        let form = [("name", "Ana"), ("email", ANA_HERE), ("password", PASSWORD)];
        let call = pages.site.post("/cafe/signin/new").cookie(&planted).form(&form);
        let answer = call.send().await;
        assert_eq!(answer.status, 303);
        assert!(!answer.header("set-cookie").contains("planted"));
        let asked = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let form = [("code", pages.code(ANA_HERE).await)];
        let form = form.each_ref().map(|(name, code)| (*name, code.as_str()));
        let call = pages.site.post("/cafe/signin/code").cookie(&asked).form(&form);
        let answer = call.send().await;
        assert!(answer.header("set-cookie") != asked, "{asked}");
        let account = pages.site.get("/cafe/account").cookie(&planted).send().await;
        assert_eq!(account.header("location"), "/cafe/connect");
        // A session of one app is none of another.
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let elsewhere = cookie.replace("-cafe=", "-rival=");
        let account = pages.site.get("/rival/account").cookie(&elsewhere).send().await;
        assert_eq!(account.header("location"), "/rival/connect");
        assert_eq!(pages.site.get("/nobody/connect").send().await.status, 404);
        assert_eq!(pages.site.get("/cafe/").cookie(&cookie).send().await.header("location"), "/cafe/account");
        pages.stop().await;
    }
}
