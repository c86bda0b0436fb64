//! `/apps`: the App Center, and Connect.

use std::time::Duration;

use bursar_testkit::db_test;

use crate::app::*;
use crate::people::*;
use crate::signin::assert_page;

fn terms(id: &str) -> String {
    format!("/apps/{id}/terms")
}

db_test! {
    async fn people_see_what_they_may_connect_where_they_live(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let tia = Someone::at(&app.us, TIA).await;
        let list = tia.page("/apps").await;
        assert!(list.contains("Bluebird Rides") && list.contains("by Bluebird Software"), "{list}");
        assert!(!list.contains("Bluebird Ledger"), "enterprise apps are for administrators");
        let listing = tia.page(&format!("/apps/{RIDES}")).await;
        for text in ["Rides with receipts.", "Two &#60;b&#62;bold", "bluebird.example.com/terms",
            "bluebird.example.com/help", "User connection"]
        {
            assert!(listing.contains(text), "{text}: {listing}");
        }
        let adam = Someone::at(&app.us, ADAM).await;
        let list = adam.page("/apps").await;
        assert!(list.contains("Bluebird Ledger") && !list.contains("Bluebird Rides"), "{list}");

        let gus = Someone::at(&app.emea, GUS).await;
        let path = format!("/apps/{RIDES}");
        assert!(!gus.page("/apps").await.contains("Bluebird Rides"), "not before its day");
        assert_page(&gus.get(&path).await, 404);
        app.clock.advance(Duration::from_hours(9 * 24));
        let gus = Someone::at(&app.emea, GUS).await;
        assert_page(&gus.get(&path).await, 404);
        app.clock.advance(Duration::from_hours(15));
        let gus = Someone::at(&app.emea, GUS).await;
        assert!(gus.page("/apps").await.contains("Bluebird Rides"));
        gus.page(&path).await;
        app.stop().await;
    }
}

db_test! {
    async fn connect_hands_the_partner_a_token_of_the_user(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let tia = Someone::at(&app.us, TIA).await;
        let page = tia.get(&terms(RIDES)).await;
        assert_page(&page, 200);
        for text in ["I Agree", "Bluebird Software", "add receipts, without seeing", "receipts.writeonly"] {
            assert!(page.text().contains(text), "{text}");
        }
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action 'self' https:;"), "{policy}");

        let sent = tia.post(&terms(RIDES), &[]).await;
        assert_eq!(sent.status, 302, "{}", sent.text());
        assert_eq!(sent.header("cache-control"), "no-store");
        assert_eq!(sent.header("referrer-policy"), "no-referrer");
        let landing = "https://bluebird.example.com/connect?from=app&id=";
        assert!(sent.header("location").starts_with(landing), "{}", sent.header("location"));
        assert_eq!(parameter(&sent, "id").as_deref(), Some(TIA_ID));
        assert_eq!(parameter(&sent, "userId"), None);
        let token = parameter(&sent, "requestToken").unwrap();
        assert_eq!(token.len(), 36);
        let granted = exchange(&app, RIDES_APP, TIA_ID, &token).await;
        assert_eq!(granted.status, 200, "{}", granted.text());
        assert_eq!(granted.field("geolocation"), app.us.base);
        let other = exchange(&app, RIDES_DEV, TIA_ID, &token).await;
        assert_eq!(other.json()["code"], 136);
        app.stop().await;
    }
}

db_test! {
    async fn an_administrator_connects_for_the_company(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let adam = Someone::at(&app.us, ADAM).await;
        let page = adam.page(&terms(LEDGER)).await;
        assert!(page.contains("everybody at Fjord Ltd"), "{page}");
        let sent = adam.post(&terms(LEDGER), &[]).await;
        assert_eq!(sent.status, 302, "{}", sent.text());
        let location = sent.header("location");
        assert!(location.starts_with("https://ledger.example.com/connect?id="), "{location}");
        assert_eq!(parameter(&sent, "id").as_deref(), Some(FJORD));
        assert_eq!(parameter(&sent, "userId").as_deref(), Some(ADAM_ID));
        let token = parameter(&sent, "requestToken").unwrap();
        assert!(token.starts_with("at-"), "{token}");
        let granted = exchange(&app, LEDGER_APP, FJORD, &token).await;
        assert_eq!(granted.status, 200, "{}", granted.text());
        let log = adam.page("/admin/audit").await;
        assert!(log.contains("app.connect") && log.contains("adam@fjord.example.com"), "{log}");
        app.stop().await;
    }
}

db_test! {
    async fn two_at_once_are_two_tokens_for_one_user(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let tia = Someone::at(&app.us, TIA).await;
        let path = terms(RIDES);
        let (one, two) = tokio::join!(tia.post(&path, &[]), tia.post(&path, &[]));
        let mut tokens = Vec::new();
        for sent in [one, two] {
            assert_eq!(sent.status, 302, "{}", sent.text());
            let token = parameter(&sent, "requestToken").unwrap();
            let granted = exchange(&app, RIDES_APP, TIA_ID, &token).await;
            assert_eq!(granted.status, 200, "{}", granted.text());
            tokens.push(token);
        }
        assert_ne!(tokens[0], tokens[1]);
        app.stop().await;
    }
}

db_test! {
    async fn the_deep_link_connects_the_development_app(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let gus = Someone::at(&app.emea, GUS).await;
        let path = format!("/apps/{RIDES}?preview-code={RIDES_CODE}");
        let page = gus.page(&path).await;
        assert!(page.contains("Test listing"), "{page}");
        let terms = format!("/apps/{RIDES}/terms?preview-code={RIDES_CODE}");
        assert!(page.contains(&terms), "the code is handed on: {page}");
        let sent = gus.post(&terms, &[]).await;
        assert_eq!(sent.status, 302, "{}", sent.text());
        let location = sent.header("location");
        assert!(location.starts_with("https://dev.bluebird.example.com/connect?id="), "{location}");
        let (id, token) = (parameter(&sent, "id").unwrap(), parameter(&sent, "requestToken").unwrap());
        assert_eq!(exchange(&app, RIDES_DEV, &id, &token).await.status, 200);
        assert_eq!(exchange(&app, RIDES_APP, &id, &token).await.json()["code"], 136);
        for wrong in ["", "rides", "rides-previeW", "rides-preview%00", "ledger-preview"] {
            let path = format!("/apps/{RIDES}?preview-code={wrong}");
            assert_page(&gus.get(&path).await, 404);
            let path = format!("/apps/{RIDES}/terms?preview-code={wrong}");
            assert_page(&gus.post(&path, &[]).await, 404);
        }
        // The code survives the sign-in.
        let stranger = app.emea.get(&path).send().await;
        let next = format!("/signin?next=/apps/{RIDES}%3Fpreview-code%3D{RIDES_CODE}");
        assert_eq!((stranger.status, stranger.header("location")), (303, next.as_str()));
        let form = app.emea.get(&next).send().await.text();
        assert!(form.contains(&format!("value=\"{path}\"")), "{form}");
        app.stop().await;
    }
}

db_test! {
    async fn nobody_is_sent_anywhere_who_may_not_connect(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let tia = Someone::at(&app.us, TIA).await;
        let path = terms(RIDES);
        let fjord = tia.csrf.clone();
        for forged in [
            tia.call(&path).form(&[]),
            tia.call(&path).form(&[("csrf_token", "x")]),
            tia.call(&path).form(&[("csrf_token", &fjord[1..])]),
            tia.call(&path).header("sec-fetch-site", "cross-site").form(&[("csrf_token", &fjord)]),
            app.us.post(&path).form(&[("csrf_token", &fjord)]),
        ] {
            let answer = forged.send().await;
            assert_page(&answer, 403);
            assert_eq!(answer.maybe("location"), None);
        }
        for (path, status) in [
            (terms(LEDGER), 409),
            (terms("a3000000-0000-4000-8000-000000000009"), 404),
            (terms("x"), 404),
            (terms(&RIDES.to_uppercase().replace('-', "")), 404),
        ] {
            assert_page(&tia.get(&path).await, status);
            let answer = tia.post(&path, &[]).await;
            assert_page(&answer, status);
            assert_eq!(answer.maybe("location"), None);
        }
        let page = tia.get(&terms(LEDGER)).await.text();
        assert!(page.contains("Only your company&#39;s administrators"), "{page}");
        let huge = "x".repeat(200_000);
        assert_page(&tia.post(&path, &[("more", &huge)]).await, 413);
        let broken = tia.call(&path).header("content-type", "text/plain").body("%");
        assert_page(&broken.send().await, 400);
        let signed_out = app.us.get(&path).send().await;
        assert_eq!(signed_out.status, 303);
        app.stop().await;
    }
}

db_test! {
    async fn a_stopped_app_cannot_be_connected(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (tia, pia) = (Someone::at(&app.us, TIA).await, Someone::at(&app.us, PIA).await);
        let stop = format!("/partner/apps/{RIDES}/enabled/production");
        let asked = pia.page(&stop).await;
        assert!(asked.contains("Stop Bluebird Rides, Production app?"), "{asked}");
        assert!(tia.page("/apps").await.contains("Bluebird Rides"), "asking stops nothing");
        pia.done(&stop, &[("enabled", "no")]).await;
        assert!(!tia.page("/apps").await.contains("Bluebird Rides"));
        let answer = tia.post(&terms(RIDES), &[]).await;
        assert_page(&answer, 409);
        assert!(answer.text().contains("has stopped this app"), "{}", answer.text());
        pia.done(&stop, &[("enabled", "yes")]).await;
        assert_eq!(tia.post(&terms(RIDES), &[]).await.status, 302);
        app.stop().await;
    }
}

db_test! {
    async fn what_is_connected_is_shown_and_can_be_ended(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let tia = Someone::at(&app.us, TIA).await;
        assert!(tia.page("/connections").await.contains("Nothing is connected."));
        let sent = tia.post(&terms(RIDES), &[]).await;
        assert!(tia.page("/connections").await.contains("Nothing is connected."), "not yet");
        let token = parameter(&sent, "requestToken").unwrap();
        let granted = exchange(&app, RIDES_APP, TIA_ID, &token).await;
        let list = tia.page("/connections").await;
        assert!(list.contains("Bluebird Rides") && list.contains(">Connected<"), "{list}");
        let listing = tia.page(&format!("/apps/{RIDES}")).await;
        assert!(listing.contains("Connect again"), "{listing}");

        let path = format!("/connections/user/{}/disconnect", RIDES_APP.0);
        assert!(tia.page(&path).await.contains("Disconnect Bluebird Rides?"));
        let company = path.replace("/user/", "/enterprise/");
        let adam = Someone::at(&app.us, ADAM).await;
        for (other, path) in [(&tia, &company), (&adam, &path), (&adam, &company)] {
            assert_page(&other.get(path).await, 404);
            assert_page(&other.post(path, &[]).await, 404);
        }
        assert_page(&tia.call(&path).form(&[]).send().await, 403);
        assert_page(&tia.post("/connections/user/x/disconnect", &[]).await, 404);
        assert!(tia.page("/connections").await.contains(">Connected<"));

        let done = tia.done(&path, &[]).await;
        assert_eq!(done.header("location"), "/connections?saved=yes");
        let page = tia.page("/connections?saved=yes").await;
        assert!(page.contains("role=\"status\">Disconnected.") && page.contains(">Disconnected<"));
        assert_page(&tia.post(&path, &[]).await, 404);
        let form = [
            ("client_id", RIDES_APP.0),
            ("client_secret", RIDES_APP.1),
            ("grant_type", "refresh_token"),
            ("refresh_token", &granted.field("refresh_token")),
        ];
        let refused = app.us.post("/oauth2/v0/token").form(&form).send().await;
        assert_eq!(refused.json()["code"], 108, "{}", refused.text());
        assert_eq!(exchange(&app, RIDES_APP, TIA_ID, &token).await.json()["code"], 5);
        let log = adam.page("/admin/audit").await;
        assert!(log.contains("app.disconnect") && log.contains("tia@fjord.example.com"), "{log}");
        app.stop().await;
    }
}
