//! `POST /oauth2/v0/otp`, and grant `otp`.

use std::time::Duration;

use bursar::config::{MailConfig, MailTls};
use bursar_testkit::{FakeSmtp, db_test};
use serde_json::Value;

use crate::app::*;
use crate::http::{Answer, Call, Site};

pub(crate) const ANA_MAIL: &str = "ana@northwind.example.com";
pub(crate) const LINK: &str = "https://connect.example/auth?shop=7#top";
/// What an app binds to a password.
const BOUND: [(&str, &str); 4] = [
    ("name", "Ana R."),
    ("company", "Company Demo"),
    ("link", LINK),
    ("visit", "a b&c=é"),
];

type Fields<'a> = &'a [(&'a str, &'a str)];

fn call(site: &Site, path: &str, client: Client, fields: Fields) -> Call {
    let client = [("client_id", client.0), ("client_secret", client.1)];
    site.post(path).form(&[&client, fields].concat())
}

fn channel(address: &str) -> [(&str, &str); 2] {
    [("channel_type", "email"), ("channel_handle", address)]
}

pub(crate) fn ask(site: &Site, client: Client, address: &str, more: Fields) -> Call {
    let fields = [&channel(address)[..], more].concat();
    call(site, "/oauth2/v0/otp", client, &fields)
}

pub(crate) fn exchange(
    site: &Site,
    client: Client,
    otp: &str,
    address: &str,
    more: Fields,
) -> Call {
    let fields = [
        &[("grant_type", "otp"), ("otp", otp)],
        &channel(address)[..],
        more,
    ]
    .concat();
    call(site, "/oauth2/v0/token", client, &fields)
}

pub(crate) fn assert_sent(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.text()),
        (200, r#"{"message":"otp sent"}"#.to_owned())
    );
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
}

fn refusal(error: &str, code: u16, description: &str) -> (u16, String) {
    let body = format!(
        "{{\"error\":\"{error}\",\"concur-correlationid\":\"mine\",\
         \"error_description\":\"{description}\",\"code\":{code}}}"
    );
    (400, body)
}

/// The password in a mail's link.
pub(crate) fn otp(mail: &Value) -> String {
    let text = mail["text"].as_str().unwrap();
    let (_, rest) = text
        .split_once("token=")
        .unwrap_or_else(|| panic!("no link: {text}"));
    rest[..32].to_owned()
}

/// Asks for a password for Ana with a link, and answers it.
pub(crate) async fn asked(app: &TestApp, more: Fields<'_>, mails: usize) -> String {
    app.clock.advance(Duration::from_millis(1));
    assert_sent(&ask(&app.us, CAFE, ANA_MAIL, more).send().await);
    otp(&app.mails(ANA_MAIL, mails).await[0])
}

db_test! {
    async fn a_mailed_password_gets_tokens_once(place: TestDb) {
        let app = TestApp::start(&place).await;
        let answer = ask(&app.us, CAFE, "ANA@northwind.example.com", &BOUND).correlated("c-1");
        let answer = answer.send().await;
        assert_sent(&answer);
        assert_eq!(answer.header("concur-correlationid"), "c-1");
        let mail = app.mails(ANA_MAIL, 1).await.remove(0);
        assert_eq!(mail["subject"], "Bluebird Cafe: sign in with Bursar");
        let otp = otp(&mail);
        let (text, html) = (mail["text"].as_str().unwrap(), mail["html"].as_str().unwrap());
        let button = format!("https://connect.example/auth?shop=7&token={otp}#top");
        assert!(text.contains(&button), "{text}");
        assert!(text.contains("Hello Ana R.,"), "{text}");
        assert!(text.contains("Company Demo (app: Bluebird Cafe) asks"), "{text}");
        assert!(html.contains(&format!("href=\"{}\"", button.replace('&', "&#38;"))), "{html}");
        assert!(html.contains(">Sign in with Bursar</a>"), "{html}");

        let tokens = exchange(&app.us, CAFE, &otp, ANA_MAIL, &BOUND).send().await;
        assert_eq!(tokens.status, 200, "{}", tokens.text());
        assert_eq!(tokens.field("geolocation"), app.us.base);
        let list = app.us.get(&format!("/receipts/v4/users/{ANA}"));
        let list = list.bearer(&tokens.field("access_token")).send().await;
        assert_eq!(list.status, 200);
        let refresh = tokens.field("refresh_token");
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        assert_eq!(call(&app.us, "/oauth2/v0/token", CAFE, &refresh).send().await.status, 200);

        let again = exchange(&app.us, CAFE, &otp, ANA_MAIL, &BOUND).correlated("mine").send().await;
        let used = refusal("invalid_request", 83, "otp not found");
        assert_eq!((again.status, again.text()), used);
        app.stop().await;
    }
}

db_test! {
    async fn without_a_link_the_password_is_there_to_copy(place: TestDb) {
        let app = TestApp::start(&place).await;
        assert_sent(&ask(&app.us, CAFE, ANA_MAIL, &[]).send().await);
        let mail = app.mails(ANA_MAIL, 1).await.remove(0);
        let text = mail["text"].as_str().unwrap();
        assert!(text.contains("Hello Ana,") && !text.contains("://"), "{text}");
        let otp = text.lines().find(|line| line.len() == 32 && !line.contains(' ')).unwrap();
        let scope = [("scope", "openid")];
        let tokens = exchange(&app.us, CAFE, otp, ANA_MAIL, &scope).send().await;
        assert_eq!((tokens.status, tokens.field("scope")), (200, "openid".to_owned()));
        app.stop().await;
    }
}

db_test! {
    async fn every_refusal_has_its_code(place: TestDb) {
        let app = TestApp::start(&place).await;
        let (invalid, email) = ("invalid_request", ("channel_type", "email"));
        let ana = ("channel_handle", ANA_MAIL);
        let nobody = ("5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d59", "x");
        let format = "unsupported request format";
        for (client, fields, error, code, description) in [
            (CAFE, vec![ana], invalid, 57, "channel_type was not supplied"),
            (CAFE, vec![ana, ("channel_type", "")], invalid, 57, "channel_type was not supplied"),
            (CAFE, vec![email], invalid, 58, "channel_handle was not supplied"),
            (TALLY, vec![email, ana], "invalid_grant", 60,
                "these are not the grants you are looking for"),
            (nobody, vec![email, ana], "invalid_client", 61, "client_id is not known to us"),
            (("x", "x"), vec![email, ana], "invalid_client", 61, "client_id is not known to us"),
            (("", "x"), vec![email, ana], invalid, 62, "client_id was not supplied"),
            ((CAFE.0, ""), vec![email, ana], invalid, 63, "client_secret was not supplied"),
            ((CAFE.0, TALLY.1), vec![email, ana], "invalid_client", 64,
                "Incorrect credentials. Please Retry"),
            (SHUT, vec![email, ana], "access_denied", 59, "client disabled"),
            (CAFE, vec![("channel_type", "phone"), ana], invalid, 80, "invalid channel type"),
            (CAFE, vec![email, ("channel_handle", "ana")], invalid, 81, "bad channel handle"),
            (CAFE, vec![email, ("channel_handle", "a@x.test,b@x.test")], invalid, 81,
                "bad channel handle"),
            // Reserved words cannot be bound: the exchange has them for itself.
            (CAFE, vec![email, ana, ("otp", "1")], invalid, 135, format),
            (CAFE, vec![email, ana, ("scope", "openid")], invalid, 135, format),
            (CAFE, vec![email, ana, ("grant_type", "otp")], invalid, 135, format),
            (CAFE, vec![email, ana, email], invalid, 135, format),
            (CAFE, vec![email, ana, ("link", "javascript:alert(1)")], invalid, 135, format),
            (CAFE, vec![email, ana, ("link", "https://ana@evil.example/")], invalid, 135, format),
            (CAFE, vec![email, ana, ("name", "Ana\r\nBcc: x")], invalid, 135, format),
        ] {
            let answer = call(&app.us, "/oauth2/v0/otp", client, &fields).correlated("mine");
            let answer = answer.send().await;
            let expected = refusal(error, code, description);
            assert_eq!((answer.status, answer.text()), expected, "{fields:?}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        let json = app.us.post("/oauth2/v0/otp").json("{}").correlated("mine").send().await;
        assert_eq!((json.status, json.text()), refusal(invalid, 135, format));
        let large = ask(&app.us, CAFE, ANA_MAIL, &[("x", &"x".repeat(16 << 10))]).send().await;
        assert_eq!((large.status, &large.json()["code"]), (413, &135.into()));
        let lars = ask(&app.us, CAFE, "lars@lindgren.example.com", &[]).correlated("mine");
        let lars = lars.send().await;
        assert_eq!((lars.status, lars.text()), (400, format!(
            "{{\"error\":\"invalid_request\",\"concur-correlationid\":\"mine\",\
             \"error_description\":\"user lives elsewhere\",\"code\":16,\"geolocation\":\"{}\"}}",
            app.emea.base)));
        let there = ask(&app.emea, CAFE, "lars@lindgren.example.com", &[]).send().await;
        assert_sent(&there);
        app.mails("lars@lindgren.example.com", 1).await;
        assert_eq!(app.mails(ANA_MAIL, 0).await.len(), 0, "nothing above was sent");
        app.stop().await;
    }
}

db_test! {
    async fn every_refusal_of_a_password_has_its_code(place: TestDb) {
        let app = TestApp::start(&place).await;
        let otp = asked(&app, &BOUND, 1).await;
        let invalid = "invalid_request";
        let (grant, own) = (("grant_type", "otp"), ("otp", otp.as_str()));
        let (email, ana) = (("channel_type", "email"), ("channel_handle", ANA_MAIL));
        let ben = ("channel_handle", "ben@northwind.example.com");
        let bound = BOUND.to_vec();
        let with = |fields: Vec<(&'static str, &'static str)>| fields;
        let changed = with(vec![("name", "Ana R."), ("company", "Company Demo"), ("link", LINK),
            ("visit", "2")]);
        for (client, fields, error, code, description) in [
            (CAFE, [vec![grant, email, ana], bound.clone()].concat(), invalid, 56,
                "otp was not supplied"),
            (CAFE, [vec![grant, own, ana], bound.clone()].concat(), invalid, 57,
                "channel_type missing"),
            (CAFE, [vec![grant, own, email], bound.clone()].concat(), invalid, 58,
                "channel_handle missing"),
            (TALLY, [vec![grant, own, email, ana], bound.clone()].concat(), "invalid_grant", 60,
                "these are not the grants you are looking for"),
            (CAFE, [vec![grant, own, ("channel_type", "fax"), ana], bound.clone()].concat(),
                invalid, 80, "invalid channel type"),
            (CAFE, [vec![grant, own, email, ("channel_handle", "ana")], bound.clone()].concat(),
                invalid, 81, "bad channel handle"),
            (CAFE, [vec![grant, own, email, ben], bound.clone()].concat(), invalid, 83,
                "otp not found"),
            (RIVAL, [vec![grant, own, email, ana], bound.clone()].concat(), invalid, 83,
                "otp not found"),
            (CAFE, [vec![grant, own, email, ana], changed].concat(), invalid, 84,
                "fact verification failed"),
            (CAFE, [vec![grant, own, email, ana], bound[..3].to_vec()].concat(), invalid, 84,
                "fact verification failed"),
            (CAFE, [vec![grant, ("otp", "x"), email, ana], bound.clone()].concat(), invalid, 85,
                "otp verification failed"),
            (CAFE, [vec![grant, own, email, ana, ("scope", "travel.write")], bound.clone()]
                .concat(), "invalid_scope", 54, "requested scope exceeds granted scope"),
        ] {
            let answer = call(&app.us, "/oauth2/v0/token", client, &fields).correlated("mine");
            let answer = answer.send().await;
            let expected = refusal(error, code, description);
            assert_eq!((answer.status, answer.text()), expected, "{fields:?}");
        }
        // The guide's own way: at another data center first. None of that used it up.
        let elsewhere = exchange(&app.emea, CAFE, &otp, ANA_MAIL, &BOUND).send().await;
        assert_eq!(elsewhere.json()["code"], 16);
        assert_eq!(elsewhere.field("geolocation"), app.us.base);
        let answer = exchange(&app.us, CAFE, &otp, ANA_MAIL, &BOUND).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        app.stop().await;
    }
}

db_test! {
    async fn unknown_addresses_are_answered_like_known_ones(place: TestDb) {
        let app = TestApp::start(&place).await;
        // Ana's, nobody's, and one of somebody who is disabled.
        let off = "off@northwind.example.com";
        let addresses = [ANA_MAIL, "nobody@northwind.example.com", off];
        let mut answers = Vec::new();
        for address in addresses {
            let mut seen = Vec::new();
            for _ in 0..6 {
                let answer = ask(&app.us, CAFE, address, &[]).correlated("mine").send().await;
                seen.push((answer.status, answer.headers.len(), answer.text()));
            }
            let wrong = exchange(&app.us, CAFE, "0", address, &[]).correlated("mine").send().await;
            seen.push((wrong.status, wrong.headers.len(), wrong.text()));
            answers.push(seen);
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
        assert_eq!(answers[0][4].2, r#"{"message":"otp sent"}"#);
        let (status, body) = refusal("invalid_request", 82,
            "the number of open otp requests has been exceeded");
        assert_eq!((answers[0][5].0, &answers[0][5].2), (status, &body));
        assert!(answers[0][6].2.contains("\"code\":85"), "{:?}", answers[0][6]);
        assert_eq!(app.mails(ANA_MAIL, 5).await.len(), 5);
        for address in &addresses[1..] {
            assert_eq!(app.mails(address, 0).await.len(), 0);
        }
        // Another app finds the same user's places taken; they are free again in a while.
        assert_eq!(ask(&app.us, RIVAL, ANA_MAIL, &[]).send().await.json()["code"], 82);
        app.clock.advance(Duration::from_mins(15));
        assert_sent(&ask(&app.us, RIVAL, ANA_MAIL, &[]).send().await);
        app.stop().await;
    }
}

db_test! {
    async fn guesses_and_time_end_a_password(place: TestDb) {
        let app = TestApp::start(&place).await;
        let link = [("link", LINK)];
        let otp = asked(&app, &link, 1).await;
        for _ in 0..4 {
            let wrong = exchange(&app.us, CAFE, "0", ANA_MAIL, &link).send().await;
            assert_eq!(wrong.json()["code"], 85);
        }
        let good = exchange(&app.us, CAFE, &otp, ANA_MAIL, &link).send().await;
        assert_eq!(good.status, 200, "{}", good.text());
        let otp = asked(&app, &link, 2).await;
        for code in [85, 85, 85, 85, 85, 83] {
            let wrong = exchange(&app.us, CAFE, "0", ANA_MAIL, &link).send().await;
            assert_eq!(wrong.json()["code"], code);
        }
        let late = exchange(&app.us, CAFE, &otp, ANA_MAIL, &link).send().await;
        assert_eq!(late.json()["code"], 83);

        let otp = asked(&app, &link, 3).await;
        app.clock.advance(Duration::from_mins(15));
        let late = exchange(&app.us, CAFE, &otp, ANA_MAIL, &link).send().await;
        assert_eq!(late.json()["code"], 83);
        app.stop().await;
    }
}

db_test! {
    async fn of_two_exchanges_at_once_one_wins(place: TestDb) {
        let app = TestApp::start(&place).await;
        let link = [("link", LINK)];
        for mails in 1..4 {
            let otp = asked(&app, &link, mails).await;
            let (one, other) = tokio::join!(
                exchange(&app.us, CAFE, &otp, ANA_MAIL, &link).send(),
                exchange(&app.us, CAFE, &otp, ANA_MAIL, &link).send(),
            );
            let lost = if one.status == 200 { &other } else { &one };
            assert_eq!([one.status, other.status].iter().sum::<u16>(), 600, "{}", lost.text());
            assert_eq!(lost.json()["code"], 83);
        }
        app.stop().await;
    }
}

db_test! {
    async fn with_a_mail_server_mail_leaves(place: TestDb) {
        // The first attempt is told to come later, and the job does.
        let server = FakeSmtp::start(&["451 later"]).await;
        let app = TestApp::start_with_mail(&place, MailConfig {
            host: server.address.ip().to_string(),
            port: Some(server.address.port()),
            tls: MailTls::None,
            user_name: None,
            password_file: None,
            from: "no-reply@spend.example".into(),
        }).await;
        let link = [("link", "https://connect.example/auth")];
        assert_sent(&ask(&app.us, CAFE, ANA_MAIL, &link).send().await);
        let mail = server.wait_for(1, || app.clock.advance(Duration::from_secs(1))).await;
        assert_eq!(mail[0].to, [ANA_MAIL]);
        // The older name of the parameter, as this platform is set.
        let data = mail[0].data.replace("=\n", "").replace("=3D", "=");
        let (_, rest) = data.split_once("https://connect.example/auth?otl=").unwrap();
        let tokens = exchange(&app.us, CAFE, &rest[..32], ANA_MAIL, &link).send().await;
        assert_eq!(tokens.status, 200, "{}", tokens.text());
        // There is no mailbox to look into.
        assert_eq!(app.us.get("/_bursar/mailbox").send().await.status, 404);
        assert_eq!(app.us.get("/_bursar/mailbox/messages").send().await.status, 404);
        app.stop().await;
    }
}
