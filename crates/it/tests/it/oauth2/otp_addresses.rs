//! `POST /oauth2/v0/otp`: what an address tells, and how many mails it gets.

use bursar_testkit::db_test;

use super::otp::{ANA_MAIL, LINK, ask, asked, assert_sent, exchange};
use crate::app::*;
use crate::http::Answer;

/// Two users of Northwind's domain who share an address, and one whose name has a capital beyond
/// ASCII.
const DESK: &str = r#"
[[companies]]
id = "c5000000-0000-4000-8000-000000000001"
name = "Northwind Desk"
edition = "standard"
products = ["expense"]
home = "us"
users = [
    { id = "c5000000-0000-4000-8000-000000000011", user_name = "one", given_name = "One",
      family_name = "Desk", email = "desk@northwind.example.com" },
    { id = "c5000000-0000-4000-8000-000000000012", user_name = "two", given_name = "Two",
      family_name = "Desk", email = "Desk@northwind.example.com" },
    { id = "c5000000-0000-4000-8000-000000000013", user_name = "emile", given_name = "Émile",
      family_name = "Desk", email = "Émile@desk.example.com" },
]
"#;

fn shape(answer: &Answer) -> (u16, usize, String) {
    (answer.status, answer.headers.len(), answer.text())
}

db_test! {
    async fn no_data_center_tells_who_there_is(place: TestDb) {
        let app = TestApp::start_with(&place, &["us2"], DESK).await;
        let sites = [&app.us, app.at("us2"), &app.emea, &app.glz];
        // Somebody's, nobody's, a disabled user's, one that two users share.
        let northwind = [ANA_MAIL, "nobody@northwind.example.com", "off@northwind.example.com",
            "desk@northwind.example.com"];
        let lindgren = ["lars@lindgren.example.com", "nobody@Lindgren.example.com"];
        for (addresses, home) in [(&northwind[..], &app.us), (&lindgren, &app.emea)] {
            for site in sites {
                let mut seen = Vec::new();
                for address in addresses {
                    let answer = ask(site, CAFE, address, &[]).correlated("mine").send().await;
                    seen.push(shape(&answer));
                }
                assert!(seen.iter().all(|one| *one == seen[0]), "{}: {seen:?}", site.base);
                let elsewhere = seen[0].2.contains(&format!("\"geolocation\":\"{}\"", home.base));
                assert_eq!((seen[0].0, elsewhere),
                    if site.base == home.base { (200, false) } else { (400, true) });
            }
        }
        assert_eq!(app.mails(northwind[0], 1).await.len(), 1);
        for nobody in northwind[1..].iter().chain(&lindgren[1..]) {
            assert_eq!(app.mails(nobody, 0).await.len(), 0);
        }
        // A domain that nobody has is at home in one place too, wherever one asks.
        for domain in ["a.example", "b.example", "c.example", "d.example", "e.example"] {
            let mut homes = Vec::new();
            for (site, name) in sites.into_iter().zip(["one", "two", "three", "four"]) {
                let address = format!("{name}@{domain}");
                let answer = ask(site, CAFE, &address, &[]).send().await;
                homes.push(match answer.status {
                    200 => site.base.clone(),
                    _ => answer.field("geolocation"),
                });
            }
            assert!(homes.iter().all(|home| *home == homes[0] && *home != app.glz.base), "{homes:?}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn five_are_five_however_an_address_is_written(place: TestDb) {
        let app = TestApp::start_with(&place, &[], DESK).await;
        let written = ["Émile@desk.example.com", "émile@desk.example.com", "ÉMILE@DESK.example.com"];
        for at in 0..5 {
            assert_sent(&ask(&app.us, CAFE, written[at % 3], &[]).send().await);
        }
        for address in written {
            assert_eq!(ask(&app.us, CAFE, address, &[]).send().await.json()["code"], 82, "{address}");
        }
        let to = crate::http::encoded("Émile@desk.example.com");
        assert_eq!(app.mails(&to, 5).await.len(), 5, "each was found");
        app.stop().await;
    }
}

db_test! {
    async fn what_guesses_have_ended_counts_as_a_mail(place: TestDb) {
        let app = TestApp::start(&place).await;
        let link = [("link", LINK)];
        for mails in 1..=5 {
            let otp = asked(&app, &link, mails).await;
            for _ in 0..5 {
                let wrong = exchange(&app.us, CAFE, "0", ANA_MAIL, &link).send().await;
                assert_eq!(wrong.json()["code"], 85);
            }
            let late = exchange(&app.us, CAFE, &otp, ANA_MAIL, &link).send().await;
            assert_eq!(late.json()["code"], 83);
        }
        for client in [CAFE, RIVAL] {
            assert_eq!(ask(&app.us, client, ANA_MAIL, &link).send().await.json()["code"], 82);
        }
        assert_eq!(app.mails(ANA_MAIL, 5).await.len(), 5);
        app.stop().await;
    }
}
