//! Every parameter of `/oauth2/v0/token`, `/otp` and `/authorize`: missing, empty, repeated, badly
//! encoded, too large.

use std::time::Duration;

use bursar_testkit::db_test;
use serde_json::json;

use super::authorize::{self, BACK, CHALLENGE, VERIFIER, query};
use super::otp;
use super::token::{ANA_NAME, ANA_PASSWORD};
use crate::app::*;
use crate::http::encoded;
use crate::signin::{ANA_SIGNS_IN, assert_page, cookie};

/// A parameter of a good request: its name, the code when it is missing (0: it may be), its value.
type Parameter = (&'static str, i64, String);

/// A good request of a grant, with a credential that was not used yet; `mails` is how many one-time
/// passwords were mailed before.
async fn good(
    app: &TestApp,
    grant: &'static str,
    cookie: &str,
    mails: &mut usize,
) -> Vec<Parameter> {
    let parameter = |name, missing, value: &str| (name, missing, value.to_owned());
    let mut all = vec![
        parameter("client_id", 62, CAFE.0),
        parameter("client_secret", 63, CAFE.1),
        parameter("grant_type", 65, grant.split(' ').next().unwrap()),
        parameter("scope", 0, "openid"),
    ];
    all.extend(match grant {
        "password" => vec![
            parameter("username", 51, ANA_NAME),
            parameter("password", 52, ANA_PASSWORD),
            parameter("credtype", 0, "password"),
        ],
        // Without the type it is a wrong password.
        "password by token" => vec![
            parameter("username", 51, ANA),
            parameter("password", 52, app.request_token(ANA)),
            parameter("credtype", 5, "authtoken"),
        ],
        "refresh_token" => {
            let token = app.connect(ANA).await.field("refresh_token");
            vec![parameter("refresh_token", 106, &token)]
        }
        "authorization_code" => {
            let pkce = format!("&code_challenge={CHALLENGE}&code_challenge_method=S256");
            let code = authorize::code(&app.us, cookie, &query(CAFE, BACK, &pkce)).await;
            vec![
                parameter("code", 101, &code),
                parameter("redirect_uri", 102, BACK),
                parameter("code_verifier", 103, VERIFIER),
            ]
        }
        "otp" => {
            *mails += 1;
            let otp = otp::asked(app, &[("link", otp::LINK)], *mails).await;
            vec![
                parameter("otp", 56, &otp),
                parameter("channel_type", 57, "email"),
                parameter("channel_handle", 58, "ana@northwind.example.com"),
                parameter("link", 84, otp::LINK),
            ]
        }
        _ => Vec::new(),
    });
    all
}

/// The form of a request, with `bad` behind one parameter's name, or without that parameter.
fn form(good: &[Parameter], name: &str, bad: Option<&str>) -> String {
    let field = |(known, _, value): &Parameter| match bad {
        Some(bad) if *known == name => Some(format!("{name}{bad}")),
        None if *known == name => None,
        _ => Some(format!("{known}={}", encoded(value))),
    };
    good.iter().filter_map(field).collect::<Vec<_>>().join("&")
}

db_test! {
    async fn every_parameter_of_a_grant_may_be_bad(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let cookie = cookie(&app.us, &ANA_SIGNS_IN).await;
        let mut mails = 0;
        let send = async |form: String| {
            let call = app.us.post("/oauth2/v0/token").body(form);
            call.header("content-type", "application/x-www-form-urlencoded").send().await
        };
        for grant in ["password", "password by token", "refresh_token", "client_credentials",
            "authorization_code", "otp"] {
            let mut fresh = good(&app, grant, &cookie, &mut mails).await;
            for at in 0..fresh.len() {
                let (name, missing, _) = fresh[at];
                for bad in [None, Some(""), Some("=")] {
                    let absent = form(&fresh, name, bad);
                    let answer = send(absent.clone()).await;
                    let code = if answer.status == 200 { json!(0) } else { answer.json()["code"].clone() };
                    assert_eq!(code, json!(missing), "{grant}: {absent}");
                    if missing == 0 {
                        fresh = good(&app, grant, &cookie, &mut mails).await;
                    }
                }
                let large = format!("={}", "x".repeat(16 << 10));
                for bad in [&format!("=1&{name}=1"), "=%zz", "=%", "=%ff", "=%00", &large] {
                    let answer = send(form(&fresh, name, Some(bad))).await;
                    let status = if bad.len() > 100 { 413 } else { 400 };
                    let refused = (answer.status, answer.json()["code"].as_i64());
                    let shown = &bad[..bad.len().min(20)];
                    assert_eq!(refused, (status, Some(135)), "{grant}: {name}{shown}");
                }
            }
            let answer = send(form(&fresh, "none", None)).await;
            assert_eq!(answer.status, 200, "{grant}: nothing was used up: {}", answer.text());
        }
        app.stop().await;
    }
}

db_test! {
    async fn every_parameter_of_a_mail_may_be_bad(place: TestDb) {
        let app = TestApp::start(&place).await;
        let good = [("client_id", 62, CAFE.0), ("client_secret", 63, CAFE.1),
            ("channel_type", 57, "email"), ("channel_handle", 58, otp::ANA_MAIL), ("name", 0, "Ana"),
            ("company", 0, "Demo"), ("link", 0, otp::LINK), ("visit", 0, "7")];
        let form = |name: &str, bad: &str| {
            let field = |(known, _, value): &(&str, i64, &str)| {
                if *known == name {
                    bad.to_owned()
                } else {
                    format!("{known}={}", encoded(value))
                }
            };
            good.iter().map(field).collect::<Vec<_>>().join("&")
        };
        let send = async |query: &str, form: String| {
            let call = app.us.post(&format!("/oauth2/v0/otp{query}")).body(form);
            call.header("content-type", "application/x-www-form-urlencoded").send().await
        };
        let large = "x".repeat(16 << 10);
        for (name, missing, _) in good {
            for absent in [String::new(), name.to_owned(), format!("{name}=")] {
                let answer = send("", form(name, &absent)).await;
                if missing == 0 {
                    otp::assert_sent(&answer);
                    // Makes room for the next.
                    app.clock.advance(Duration::from_mins(15));
                } else {
                    assert_eq!((answer.status, &answer.json()["code"]), (400, &missing.into()));
                }
            }
            let again = [format!("1&{name}=1"), format!("1&%{:x}{}=1", name.as_bytes()[0], &name[1..])];
            let again = again.each_ref().map(String::as_str);
            // What may be in a mail has no line breaks; the others have codes of their own.
            let breaks = (missing == 0).then_some("a%0d%0ab");
            let all = ["%zz", "%", "%ff", "%00", &large].into_iter().chain(breaks);
            for bad in again.into_iter().chain(all) {
                let answer = send("", form(name, &format!("{name}={bad}"))).await;
                let status = if bad.len() > 100 { 413 } else { 400 };
                let refused = (answer.status, answer.json()["code"].as_i64());
                assert_eq!(refused, (status, Some(135)), "{name}={}", &bad[..bad.len().min(20)]);
            }
        }
        // They stand in a mail.
        for name in ["name", "company"] {
            for (length, status) in [(100, 200), (101, 400)] {
                let text = "é".repeat(length);
                let answer = otp::ask(&app.us, CAFE, otp::ANA_MAIL, &[(name, &text)]).send().await;
                assert_eq!(answer.status, status, "{name} {length}: {}", answer.text());
            }
        }
        // Nothing is taken from the address, not even beside a good form.
        for query in ["?x", "?client_secret=cafe-secret", "?visit=7", "?link=https://a.example/"] {
            let answer = send(query, form("", "")).await;
            assert_eq!((answer.status, &answer.json()["code"]), (400, &135.into()), "{query}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn every_parameter_of_a_question_may_be_bad(place: TestDb) {
        let app = TestApp::start(&place).await;
        // Without a number: it may be missing.
        let good = [("client_id", 62, CAFE.0), ("redirect_uri", 102, BACK),
            ("response_type", 135, "code"), ("scope", 0, "openid"), ("state", 0, "s"),
            ("nonce", 0, "n"), ("display", 0, "page"), ("prompt", 0, "consent"),
            ("code_challenge", 135, CHALLENGE), ("code_challenge_method", 135, "S256")];
        let queried = |name: &str, bad: &str| {
            let field = |(known, _, value): &(&str, u16, &str)| {
                if *known == name { bad.to_owned() } else { format!("{known}={value}") }
            };
            good.iter().map(field).collect::<Vec<_>>().join("&")
        };
        let large = format!("={}", "x".repeat(32 << 10));
        for (at, (name, number, _)) in good.into_iter().enumerate() {
            for absent in [String::new(), name.to_owned(), format!("{name}=")] {
                let answer = authorize::ask(&app.us, "", &queried(name, &absent)).send().await;
                match (at, number) {
                    (0 | 1, number) => {
                        assert_page(&answer, 400);
                        assert!(answer.text().contains(&format!("<dd>{number}: ")), "{name}");
                    }
                    (_, 0) => assert!(answer.header("location").starts_with("/signin?"), "{name}"),
                    (_, number) => {
                        let back = format!("{BACK}?error_code={number}&");
                        assert!(answer.header("location").starts_with(&back), "{name}");
                    }
                }
            }
            for bad in [&format!("=1&{name}=1"), "=%zz", "=%", "=%ff", "=%00", "=%0d%0ax"] {
                let answer = authorize::ask(&app.us, "", &queried(name, &format!("{name}{bad}"))).send().await;
                assert_page(&answer, 400);
                assert!(answer.text().contains("<dd>135: "), "{name}{bad}: {}", answer.text());
                assert_eq!(answer.maybe("location"), None);
            }
            let answer = authorize::ask(&app.us, "", &queried(name, &format!("{name}{large}"))).send().await;
            assert_eq!((answer.status, answer.maybe("location")), (431, None), "{name}");
        }
        app.stop().await;
    }
}
