//! `/signin` and `/signout`.

use std::time::Duration;

use bursar_testkit::db_test;

use crate::app::*;
use crate::http::{Answer, Call, Site};

pub(crate) const ANA_SIGNS_IN: [(&str, &str); 2] = [
    ("user_name", "ana@northwind.example.com"),
    ("password", "ana & friends"),
];
pub(crate) const LARS_SIGNS_IN: [(&str, &str); 2] = [
    ("user_name", "lars@lindgren.example.com"),
    ("password", "lars"),
];

fn ask(site: &Site, form: &[(&str, &str)]) -> Call {
    site.post("/signin").form(form)
}

/// The cookie of a sign-in, as a browser sends it back.
pub(crate) async fn cookie(site: &Site, form: &[(&str, &str)]) -> String {
    let answer = ask(site, form).header("origin", &site.base).send().await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    cookie.to_owned()
}

/// The token that a page's forms carry.
pub(crate) fn csrf_token(page: &Answer) -> String {
    let page = page.text();
    let (_, rest) = page
        .split_once("name=\"csrf_token\" value=\"")
        .expect("a form");
    rest.split('"').next().unwrap().to_owned()
}

pub(crate) fn assert_page(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

db_test! {
    async fn people_sign_in_where_they_live(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let page = app.us.get("/signin?next=/expenses/1").send().await;
        assert_page(&page, 200);
        assert!(page.text().contains("name=\"next\" value=\"/expenses/1\""));

        let answer = ask(&app.us, &ANA_SIGNS_IN).header("origin", &app.us.base).send().await;
        assert_eq!((answer.status, answer.header("location")), (303, "/expenses"));
        let set = answer.header("set-cookie");
        let (token, rest) = set.strip_prefix(&app.us.planted("")).unwrap().split_once(';').unwrap();
        assert!(token.len() >= 43, "{set}");
        assert!(rest.contains("HttpOnly") && rest.contains("SameSite=Lax"), "{set}");

        // Elsewhere a right password leads home, and on to where the reader wanted to be.
        let form = [&LARS_SIGNS_IN[..], &[("next", "/expenses?after=x&y=1")]].concat();
        let there = ask(&app.us, &form).send().await;
        let next = "/signin?next=/expenses%3Fafter%3Dx%26y%3D1&moved=1";
        let home = format!("{}{next}", app.emea.base);
        assert_eq!((there.status, there.header("location")), (303, home.as_str()));
        assert_eq!(there.maybe("set-cookie"), None);
        let page = app.emea.get(&home).send().await;
        assert_page(&page, 200);
        assert!(page.text().contains("Your account lives at this data center."), "{}", page.text());
        assert!(page.text().contains("name=\"next\" value=\"/expenses?after=x&#38;y=1\""));
        let cookie = cookie(&app.emea, &LARS_SIGNS_IN).await;
        assert_page(&app.emea.get("/expenses").cookie(&cookie).send().await, 200);
        app.stop().await;
    }
}

db_test! {
    async fn strangers_are_shown_the_form_again(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let [name, password] = ANA_SIGNS_IN;
        for form in [
            vec![],
            vec![name],
            vec![password],
            vec![name, ("password", "wrong")],
            vec![("user_name", "<b>nobody</b>"), password],
            vec![("user_name", "off@northwind.example.com"), ("password", "off")],
            vec![("user_name", "cara@southbank.example.com"), ("password", "")],
        ] {
            let answer = ask(&app.us, &form).send().await;
            assert_page(&answer, 422);
            assert_eq!(answer.maybe("set-cookie"), None);
            assert!(!answer.text().contains("<b>nobody"));
        }
        app.stop().await;
    }
}

db_test! {
    async fn forms_of_other_sites_are_refused(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let own = app.us.base.clone();
        for (name, value) in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("origin", app.emea.base.as_str()),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let answer = ask(&app.us, &ANA_SIGNS_IN).header(name, value).send().await;
            assert!((400..500).contains(&answer.status), "{name} {value}: {}", answer.status);
            assert_eq!(answer.maybe("set-cookie"), None);
        }
        for next in ["//evil.example", "https://evil.example/", "/\\evil.example", "/a\r\nx: y"] {
            let form = [&ANA_SIGNS_IN[..], &[("next", next)]].concat();
            let answer = ask(&app.us, &form).header("origin", &own).send().await;
            assert_eq!((answer.status, answer.header("location")), (303, "/expenses"), "{next}");
        }
        let form = [&ANA_SIGNS_IN[..], &[("next", "/expenses/7")]].concat();
        let answer = ask(&app.us, &form).header("sec-fetch-site", "same-origin").send().await;
        assert_eq!((answer.status, answer.header("location")), (303, "/expenses/7"));
        app.stop().await;
    }
}

db_test! {
    async fn only_the_reader_signs_out(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = cookie(&app.us, &ANA_SIGNS_IN).await;
        let page = app.us.get("/expenses").cookie(&cookie).send().await;
        let token = csrf_token(&page);
        let sign_out = |token: &str| {
            app.us.post("/signout").cookie(&cookie).form(&[("csrf_token", token)])
        };
        for forged in [
            sign_out(""),
            sign_out("x"),
            sign_out(&token[1..]),
            app.us.post("/signout").cookie(&cookie),
            sign_out(&token).header("origin", "http://evil.example"),
            sign_out(&token).header("sec-fetch-site", "cross-site"),
        ] {
            let answer = forged.send().await;
            assert!((400..500).contains(&answer.status), "{}", answer.status);
            assert_eq!(answer.maybe("set-cookie"), None);
            assert_page(&app.us.get("/expenses").cookie(&cookie).send().await, 200);
        }
        let answer = sign_out(&token).header("origin", &app.us.base).send().await;
        assert_eq!((answer.status, answer.header("location")), (303, "/signin"));
        assert!(answer.header("set-cookie").starts_with(&format!("{}; Path=/; Max-Age=0;",
            app.us.planted(""))));
        let gone = app.us.get("/expenses").cookie(&cookie).send().await;
        assert_eq!(gone.status, 303);
        let again = sign_out(&token).send().await;
        assert_eq!((again.status, again.header("location")), (303, "/signin"));
        app.stop().await;
    }
}

db_test! {
    async fn a_session_ends_by_itself(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let answer = ask(&app.us, &ANA_SIGNS_IN).send().await;
        let set = answer.header("set-cookie").to_owned();
        let cookie = set.split(';').next().unwrap();
        let age = set.split("Max-Age=").nth(1).unwrap().split(';').next().unwrap();
        let age: u64 = age.parse().unwrap();
        app.clock.advance(Duration::from_secs(age - 1));
        assert_eq!(app.us.get("/expenses").cookie(cookie).send().await.status, 200);
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(app.us.get("/expenses").cookie(cookie).send().await.status, 303);
        app.stop().await;
    }
}

/// An answer without what differs from one to the next.
fn told(answer: &Answer, name: &str) -> (u16, Vec<(String, String)>, String) {
    let varies = |field: &str| matches!(field, "date" | "concur-correlationid" | "content-length");
    let mut fields = answer.headers.clone();
    fields.retain(|(field, _)| !varies(field));
    (answer.status, fields, answer.text().replace(name, "NAME"))
}

const LOCKED: &str = "Too many wrong passwords for that user name.";

db_test! {
    async fn guessing_locks_any_name_and_tells_nothing(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let (known, unknown) = (ANA_SIGNS_IN[0].1, "nobody@northwind.example.com");
        let attempt = async |name: &str, password: &str| {
            let form = [("user_name", name), ("password", password)];
            let answer = ask(&app.us, &form).send().await;
            assert_page(&answer, 422);
            assert_eq!(answer.maybe("set-cookie"), None);
            answer
        };
        for round in 1..=7 {
            let [one, other] = [attempt(known, "guess").await, attempt(unknown, "guess").await];
            assert_eq!(told(&one, known), told(&other, unknown), "round {round}");
            assert_eq!(one.text().contains(LOCKED), round > 5, "round {round}");
            assert_eq!(one.text().contains("do not match"), round <= 5, "round {round}");
        }
        // The right password does not open what is locked, in any spelling of the name.
        let right = attempt(known, ANA_SIGNS_IN[1].1).await;
        assert_eq!(told(&right, known), told(&attempt(unknown, "guess").await, unknown));
        let spelt = attempt("ANA@northwind.example.com", ANA_SIGNS_IN[1].1).await;
        assert!(spelt.text().contains(LOCKED));
        // Others are not locked out, and it ends by itself.
        let ben = [("user_name", "ben@northwind.example.com"), ("password", "ben")];
        cookie(&app.us, &ben).await;
        app.clock.advance(Duration::from_mins(15));
        cookie(&app.us, &ANA_SIGNS_IN).await;
        app.stop().await;
    }
}

db_test! {
    async fn who_has_single_sign_on_is_told_of_the_link(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let name = ("user_name", "sso@northwind.example.com");
        let right = ask(&app.us, &[name, ("password", "sso")]).send().await;
        assert_page(&right, 422);
        assert_eq!(right.maybe("set-cookie"), None);
        assert!(right.text().contains("Have a link sent to the e-mail address of your account"));
        let wrong = ask(&app.us, &[name, ("password", "x")]).send().await;
        assert!(wrong.text().contains("do not match"), "{}", wrong.text());
        assert!(!wrong.text().contains("single sign-on"), "only the right password learns that");
        app.stop().await;
    }
}

db_test! {
    async fn sessions_of_data_centers_on_one_host_stand_side_by_side(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let us = cookie(&app.us, &ANA_SIGNS_IN).await;
        // A browser sends what it has for the host, whatever the port.
        let answer = ask(&app.emea, &LARS_SIGNS_IN).cookie(&us).send().await;
        let emea = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        assert!(emea.starts_with(&app.emea.planted("")), "{emea}");
        let both = format!("{us}; {emea}");
        for (site, name) in [(&app.us, "Ana Reyes"), (&app.emea, "Lars Lindgren")] {
            let page = site.get("/expenses").cookie(&both).send().await;
            assert_page(&page, 200);
            assert!(page.text().contains(name), "{name}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn what_is_nowhere_is_a_page_for_people(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let html = "text/html,application/xhtml+xml,*/*;q=0.8";
        let cookie = cookie(&app.us, &ANA_SIGNS_IN).await;
        for path in ["/nowhere", "/expenses/a/b", "/oauth2/v0/authorized"] {
            let page = app.us.get(path).header("accept", html).send().await;
            assert_page(&page, 404);
            assert!(page.text().contains("Nothing here"));
            let page = app.us.get(path).header("accept", html).cookie(&cookie).send().await;
            assert_page(&page, 404);
            assert!(page.text().contains("Ana Reyes"), "in the reader's own frame");
            for call in [app.us.get(path), app.us.get(path).header("accept", "application/json")] {
                let answer = call.send().await;
                assert_eq!((answer.status, answer.body.len()), (404, 0), "{path}");
            }
        }
        // HEAD is answered as GET is, and is no form.
        for path in ["/apps", "/connections", "/admin/audit", "/expenses"] {
            let answer = app.us.call("HEAD", path).send().await;
            let sign_in = format!("/signin?next={path}");
            assert_eq!((answer.status, answer.header("location")), (303, sign_in.as_str()));
        }
        app.stop().await;
    }
}
