//! `/signin/password`.

use std::time::Duration;

use bursar_testkit::db_test;

use crate::app::*;
use crate::http::{Answer, Site};
use crate::people::{ADAM, OTTO, Someone, TIA};
use crate::signin::{ANA_SIGNS_IN, LARS_SIGNS_IN, assert_page, cookie, csrf_token};

const PATH: &str = "/signin/password";
const ANA_NAME: &str = "ana@northwind.example.com";
const OLD: &str = "ana & friends";
const NEW: &str = "ana & her friends";
const LATE_NAME: &str = "late@northwind.example.com";

type Fields<'a> = [(&'a str, &'a str)];

/// What somebody types, the new password twice alike.
fn typed<'a>(name: &'a str, current: &'a str, new: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("user_name", name),
        ("current", current),
        ("new", new),
        ("again", new),
    ]
}

async fn change(site: &Site, fields: &Fields<'_>) -> Answer {
    let call = site.post(PATH).form(fields);
    call.header("origin", &site.base).send().await
}

async fn enters(site: &Site, name: &str, password: &str) -> bool {
    let form = [("user_name", name), ("password", password)];
    let answer = site.post("/signin").form(&form).send().await;
    answer.maybe("set-cookie").is_some()
}

fn cookie_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let set = answer.header("set-cookie");
    set.split(';').next().unwrap().to_owned()
}

fn refused(answer: &Answer, says: &str) {
    assert_page(answer, 422);
    assert_eq!(answer.maybe("set-cookie"), None);
    assert!(answer.text().contains(says), "{says}: {}", answer.text());
}

db_test! {
    async fn who_must_change_it_is_led_there_and_then_on(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let form = [("user_name", LATE_NAME), ("password", "late"), ("next", "/expenses?after=1")];
        let page = app.us.post("/signin").form(&form).send().await;
        assert_page(&page, 200);
        assert_eq!(page.maybe("set-cookie"), None, "nobody is signed in yet");
        for text in [
            "Your password has to be changed before you can go on.",
            "action=\"/signin/password\"",
            "value=\"late@northwind.example.com\"",
            "name=\"next\" value=\"/expenses?after=1\"",
        ] {
            assert!(page.text().contains(text), "{text}: {}", page.text());
        }
        // A failure keeps what was said and where it leads.
        let next = [("next", "/expenses?after=1"), ("must", "1")];
        let fields = [&typed(LATE_NAME, "late", "later")[..], &next].concat();
        let short = change(&app.us, &fields).await;
        refused(&short, "too short");
        assert!(short.text().contains("Your password has to be changed"));
        assert!(short.text().contains("name=\"next\" value=\"/expenses?after=1\""));

        let new = "better late than never";
        let done = change(&app.us, &[&typed(LATE_NAME, "late", new)[..], &next].concat()).await;
        assert_eq!((done.status, done.header("location")), (303, "/expenses?after=1"));
        let page = app.us.get("/expenses").cookie(&cookie_of(&done)).send().await;
        assert_page(&page, 200);
        assert!(page.text().contains("Late Change"));
        assert!(!enters(&app.us, LATE_NAME, "late").await);
        assert!(enters(&app.us, LATE_NAME, new).await, "it need not be changed again");
        app.stop().await;
    }
}

db_test! {
    async fn who_must_change_it_may_sit_at_anothers_browser(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let anas = cookie(&app.us, &ANA_SIGNS_IN).await;
        let form = [("user_name", LATE_NAME), ("password", "late"), ("next", "/expenses")];
        let page = app.us.post("/signin").cookie(&anas).form(&form).send().await;
        assert_page(&page, 200);
        let csrf = csrf_token(&page);
        let more = [("csrf_token", csrf.as_str()), ("next", "/expenses"), ("must", "1")];
        let fields = [&typed(LATE_NAME, "late", "better late than never")[..], &more].concat();
        let done = app.us.post(PATH).cookie(&anas).form(&fields).send().await;
        let page = app.us.get("/expenses").cookie(&cookie_of(&done)).send().await;
        assert!(page.text().contains("Late Change"), "{}", page.text());
        let gone = app.us.get("/expenses").cookie(&anas).send().await;
        assert_eq!(gone.status, 303, "the browser's old session ends");
        app.stop().await;
    }
}

db_test! {
    async fn a_signed_in_reader_changes_it_and_other_sessions_end(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let here = cookie(&app.us, &ANA_SIGNS_IN).await;
        let elsewhere = cookie(&app.us, &ANA_SIGNS_IN).await;
        let ben = [("user_name", "ben@northwind.example.com"), ("password", "ben")];
        let ben = cookie(&app.us, &ben).await;
        let list = app.us.get("/expenses").cookie(&here).send().await;
        assert!(list.text().contains("href=\"/signin/password\""), "{}", list.text());
        let page = app.us.get(PATH).cookie(&here).send().await;
        assert_page(&page, 200);
        assert!(page.text().contains("value=\"ana@northwind.example.com\""));

        let csrf = csrf_token(&page);
        let fields = [&typed(ANA_NAME, OLD, NEW)[..], &[("csrf_token", &csrf)]].concat();
        let call = app.us.post(PATH).cookie(&here).form(&fields);
        let done = call.header("origin", &app.us.base).send().await;
        let path = format!("{PATH}?changed=1");
        assert_eq!((done.status, done.header("location")), (303, path.as_str()));
        let fresh = cookie_of(&done);
        let page = app.us.get(&path).cookie(&fresh).send().await;
        assert_page(&page, 200);
        assert!(page.text().contains("Your password was changed."), "{}", page.text());
        let open = async |cookie: &str| app.us.get("/expenses").cookie(cookie).send().await.status;
        assert_eq!((open(&here).await, open(&elsewhere).await), (303, 303));
        assert_eq!((open(&fresh).await, open(&ben).await), (200, 200));
        assert!(!enters(&app.us, ANA_NAME, OLD).await);
        assert!(enters(&app.us, ANA_NAME, NEW).await);
        let stranger = app.us.get(&path).send().await;
        assert!(!stranger.text().contains("was changed"), "it says so to nobody else");
        app.stop().await;
    }
}

db_test! {
    async fn nothing_changes_by_a_form_that_is_wrong(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        for (current, new, again, says) in [
            ("wrong", NEW, NEW, "do not match"),
            ("", NEW, NEW, "do not match"),
            (OLD, "elevenchars", "elevenchars", "too short"),
            (OLD, "", "", "too short"),
            (OLD, NEW, "ana & her friend", "are not the same"),
            (OLD, NEW, "", "are not the same"),
            (OLD, OLD, OLD, "is the current one"),
        ] {
            let [name, ..] = typed(ANA_NAME, current, new);
            let fields = [name, ("current", current), ("new", new), ("again", again)];
            let answer = change(&app.us, &fields).await;
            refused(&answer, says);
            assert!(!answer.text().contains(NEW), "no password comes back");
        }
        let sso = change(&app.us, &typed("sso@northwind.example.com", "sso", NEW)).await;
        refused(&sso, "There is no password of yours to change here.");
        for (name, current) in [("off@northwind.example.com", "off"), ("nobody", "x"),
            ("cara@southbank.example.com", "")]
        {
            refused(&change(&app.us, &typed(name, current, NEW)).await, "do not match");
        }
        assert!(enters(&app.us, ANA_NAME, OLD).await);
        app.stop().await;
    }
}

db_test! {
    async fn guesses_count_as_at_the_sign_in(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        for name in [ANA_NAME, "nobody"] {
            // What is refused before the current password is looked at is no guess.
            for _ in 0..6 {
                refused(&change(&app.us, &typed(name, "guess", "short")).await, "too short");
            }
            for _ in 0..5 {
                refused(&change(&app.us, &typed(name, "guess", NEW)).await, "do not match");
            }
            let says = "Too many wrong passwords for that user name.";
            refused(&change(&app.us, &typed(name, "guess", NEW)).await, says);
            refused(&change(&app.us, &typed(name, OLD, NEW)).await, says);
        }
        assert!(!enters(&app.us, ANA_NAME, OLD).await, "locked at the sign-in too");
        app.clock.advance(Duration::from_mins(15));
        let done = change(&app.us, &typed(ANA_NAME, OLD, NEW)).await;
        cookie_of(&done);
        assert!(enters(&app.us, ANA_NAME, NEW).await);
        app.stop().await;
    }
}

db_test! {
    async fn forged_forms_change_nothing(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let mine = cookie(&app.us, &ANA_SIGNS_IN).await;
        let other = cookie(&app.us, &ANA_SIGNS_IN).await;
        let token = async |cookie: &str| csrf_token(&app.us.get(PATH).cookie(cookie).send().await);
        let (token, others) = (token(&mine).await, token(&other).await);
        let form = |csrf: &str| {
            let fields = [&typed(ANA_NAME, OLD, NEW)[..], &[("csrf_token", csrf)]].concat();
            app.us.post(PATH).form(&fields)
        };
        for forged in [
            form("").cookie(&mine),
            form(&others).cookie(&mine),
            form(&token[1..]).cookie(&mine),
            form(&token).cookie(&mine).header("origin", "https://evil.example"),
            form(&token).cookie(&mine).header("origin", &app.emea.base),
            form(&token).cookie(&mine).header("sec-fetch-site", "cross-site"),
            form("").header("origin", "null"),
            form("").header("sec-fetch-site", "same-site"),
            app.us.post(PATH).cookie(&mine).json("{}"),
        ] {
            let answer = forged.send().await;
            assert_page(&answer, 403);
            assert_eq!(answer.maybe("set-cookie"), None);
        }
        for next in ["//evil.example", "https://evil.example/"] {
            let page = app.us.get(&format!("{PATH}?next={next}")).send().await;
            assert!(!page.text().contains("evil.example"), "{}", page.text());
        }
        assert!(enters(&app.us, ANA_NAME, OLD).await);
        app.stop().await;
    }
}

db_test! {
    async fn elsewhere_it_leads_home(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let at_home = cookie(&app.emea, &LARS_SIGNS_IN).await;
        let name = LARS_SIGNS_IN[0].1;
        let new = "lars keeps every receipt";
        let fields = [&typed(name, "lars", new)[..], &[("next", "/expenses")]].concat();
        let done = change(&app.us, &fields).await;
        let home = format!("{}/signin?next=/expenses&moved=1", app.emea.base);
        assert_eq!((done.status, done.header("location")), (303, home.as_str()));
        assert_eq!(done.maybe("set-cookie"), None);
        let gone = app.emea.get("/expenses").cookie(&at_home).send().await;
        assert_eq!(gone.status, 303, "sessions end there too");
        assert!(enters(&app.emea, name, new).await);
        app.stop().await;
    }
}

db_test! {
    async fn of_two_changes_at_once_one_wins(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let one = typed(ANA_NAME, OLD, "the first of two");
        let two = typed(ANA_NAME, OLD, "the second of two");
        let (first, second) = tokio::join!(change(&app.us, &one), change(&app.us, &two));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 422]);
        let won = enters(&app.us, ANA_NAME, "the first of two").await;
        assert_eq!(won, first.status == 303);
        assert_eq!(enters(&app.us, ANA_NAME, "the second of two").await, !won);
        app.stop().await;
    }
}

db_test! {
    async fn a_change_is_in_the_audit_log(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (name, password) = TIA;
        refused(&change(&app.us, &typed(name, "wrong", NEW)).await, "do not match");
        cookie_of(&change(&app.us, &typed(name, password, NEW)).await);
        for reader in [ADAM, OTTO] {
            let log = Someone::at(&app.us, reader).await.page("/admin/audit").await;
            let text = "Password changed: <bdi><strong>tia@fjord.example.com</strong></bdi>";
            assert_eq!(log.matches(text).count(), 1, "{log}");
            assert!(log.contains("<bdi>tia@fjord.example.com</bdi>"), "{log}");
        }
        app.stop().await;
    }
}
