//! `/operator`: reviewing listings, and releasing them.

use bursar_testkit::db_test;

use crate::app::*;
use crate::partner::{LISTING_ID, complete_draft};
use crate::people::*;
use crate::signin::assert_page;

fn review(id: &str) -> String {
    format!("/operator/apps/{id}/review")
}

fn blocked(id: &str) -> String {
    format!("/operator/apps/{id}/blocked")
}

fn release(id: &str) -> String {
    format!("/operator/apps/{id}/release")
}

db_test! {
    async fn a_listing_goes_from_draft_to_the_app_center(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (pia, otto) = (Someone::at(&app.us, PIA).await, Someone::at(&app.us, OTTO).await);
        let tia = Someone::at(&app.us, TIA).await;
        let id = complete_draft(&pia).await;
        let state = format!("/partner/apps/{id}/state");
        assert_page(&otto.post(&review(&id), &[("decision", "certify")]).await, 409);
        pia.done(&state, &[("action", "submit")]).await;
        assert_page(&pia.post(&state, &[("action", "submit")]).await, 409);
        assert!(otto.page("/operator/apps").await.contains("Bluebird Scooters"));

        // Given back with words, changed, submitted again.
        let wordless = otto.post(&review(&id), &[("decision", "give-back"), ("note", " ")]).await;
        assert_page(&wordless, 422);
        let words = [("decision", "give-back"), ("note", "Your help page is empty.")];
        otto.done(&review(&id), &words).await;
        assert!(pia.page(&format!("/partner/apps/{id}")).await.contains("Your help page is empty."));
        pia.done(&state, &[("action", "submit")]).await;

        // Certified by exactly one of two.
        let (path, certify) = (review(&id), [("decision", "certify")]);
        let (one, two) = tokio::join!(otto.post(&path, &certify), otto.post(&path, &certify));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);

        // Shown from its day on, where it is released, until it is taken back.
        let shown = async || tia.page("/apps").await.contains("Bluebird Scooters");
        assert!(!shown().await);
        otto.done(&release(&id), &[("region", "us"), ("released_on", "2026-11-22")]).await;
        assert!(!shown().await, "tomorrow");
        otto.done(&release(&id), &[("region", "us"), ("released_on", "2026-11-21")]).await;
        assert!(shown().await);
        assert_eq!(tia.post(&format!("/apps/{id}/terms"), &[]).await.status, 302);
        let dayless = [("region", "us"), ("released_on", "")];
        assert_page(&otto.post(&release(&id), &dayless).await, 422);
        assert!(shown().await, "a forgotten day ends nothing");
        let listed = otto.page("/operator/apps").await;
        assert!(listed.contains("aria-label=\"End the release in us: Bluebird Scooters\""));
        let ended = otto.done(&release(&id), &[("region", "us"), ("end", "yes")]).await;
        assert_eq!(ended.header("location"), "/operator/apps?saved=yes");
        let page = otto.page("/operator/apps?saved=yes").await;
        assert!(page.contains("role=\"status\">Saved."), "{page}");
        assert!(!shown().await);
        let log = otto.page("/admin/audit").await;
        for action in ["app.create", "listing.submit", "listing.give_back", "listing.certify",
            "listing.release", "app.connect"]
        {
            assert!(log.contains(action), "{action}: {log}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn operators_alone_review(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        for login in [TIA, ADAM, PIA] {
            let other = Someone::at(&app.us, login).await;
            assert_page(&other.get("/operator/apps").await, 404);
            assert_page(&other.post(&review(RIDES), &[("decision", "certify")]).await, 404);
            let day = [("region", "us"), ("released_on", "")];
            assert_page(&other.post(&release(RIDES), &day).await, 404);
            assert_page(&other.post(&blocked(RIDES), &[("blocked", "yes")]).await, 404);
            for page in [review(RIDES), blocked(RIDES)] {
                assert_page(&other.get(&page).await, 404);
            }
        }
        assert_eq!(app.us.get("/operator/apps").send().await.status, 303);
        let otto = Someone::at(&app.us, OTTO).await;
        let forged = otto.call(&release(RIDES)).form(&[("region", "us"), ("released_on", "")]);
        assert_page(&forged.send().await, 403);
        let forged = otto.call(&blocked(RIDES)).form(&[("blocked", "yes")]);
        assert_page(&forged.send().await, 403);
        assert_page(&otto.post(&blocked(RIDES), &[("blocked", "maybe")]).await, 400);
        assert_page(&otto.post(&blocked(LISTING_ID), &[("blocked", "yes")]).await, 404);
        for page in [blocked("x"), blocked(LISTING_ID), review(LISTING_ID)] {
            assert_page(&otto.get(&page).await, 404);
        }
        assert_page(&otto.post(&review(RIDES), &[("decision", "burn")]).await, 400);
        assert_page(&otto.post(&review("x"), &[("decision", "certify")]).await, 404);
        for (region, day) in [
            ("us", "2026-02-30"),
            ("us", "tomorrow"),
            ("us", "21.11.2026"),
            ("mars", "2026-11-21"),
            ("glz", "2026-11-21"),
            ("", "2026-11-21"),
        ] {
            let answer = otto.post(&release(RIDES), &[("region", region), ("released_on", day)]).await;
            assert_page(&answer, 422);
        }
        let tia = Someone::at(&app.us, TIA).await;
        assert!(tia.page("/apps").await.contains("Bluebird Rides"), "nothing was changed");
        app.stop().await;
    }
}

db_test! {
    async fn operators_see_what_they_certify(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (pia, otto) = (Someone::at(&app.us, PIA).await, Someone::at(&app.us, OTTO).await);
        let id = complete_draft(&pia).await;
        let settings = [
            ("name", "Scooters & Co"),
            ("connect_url", "https://bluebird.example.com/scooters"),
            ("scopes", "openid receipts.writeonly some.scope"),
            ("grant_authorization_code", "on"),
            ("redirect_uris", "https://bluebird.example.com/back"),
            ("rotation", "new"),
        ];
        pia.done(&format!("/partner/apps/{id}/settings/production"), &settings).await;
        pia.done(&format!("/partner/apps/{id}/state"), &[("action", "submit")]).await;
        let page = otto.page("/operator/apps").await;
        for text in [
            "<bdi>Scooters &#38; Co</bdi>",
            "<li>add receipts, without seeing those you have <code>receipts.writeonly</code></li>",
            "<code>some.scope</code>",
            "Authorization code (authorization_code)",
            "<code>https://bluebird.example.com/back</code>",
            "The app gets a new refresh token",
            "<code>https://bluebird.example.com/scooters</code>",
            "<a href=\"https://bluebird.example.com/terms\" rel=\"noopener noreferrer\">",
            "<a href=\"https://bluebird.example.com/help\" rel=\"noopener noreferrer\">",
            "aria-label=\"Certify: Bluebird Scooters\"",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn an_operator_takes_a_certification_back(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (pia, otto) = (Someone::at(&app.us, PIA).await, Someone::at(&app.us, OTTO).await);
        let tia = Someone::at(&app.us, TIA).await;
        let asked = otto.page(&review(RIDES)).await;
        assert!(asked.contains("Take back the certification of Bluebird Rides?"), "{asked}");
        let wordless = otto.post(&review(RIDES), &[("decision", "take-back"), ("note", "")]).await;
        assert_page(&wordless, 422);
        assert!(wordless.text().contains("This is needed."), "{}", wordless.text());
        assert!(tia.page("/apps").await.contains("Bluebird Rides"), "nothing was taken back");
        let words = [("decision", "take-back"), ("note", "Your terms are gone.")];
        otto.done(&review(RIDES), &words).await;
        assert!(!tia.page("/apps").await.contains("Bluebird Rides"));
        let page = pia.page(&format!("/partner/apps/{RIDES}")).await;
        assert!(page.contains("Your terms are gone.") && page.contains(">Draft<"), "{page}");
        assert_page(&otto.post(&review(RIDES), &words).await, 409);
        assert_page(&otto.get(&review(RIDES)).await, 409);
        let log = otto.page("/admin/audit").await;
        assert!(log.contains("listing.take_back"), "{log}");
        app.stop().await;
    }
}

db_test! {
    async fn what_an_operator_stops_its_partner_cannot_start(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (pia, otto) = (Someone::at(&app.us, PIA).await, Someone::at(&app.us, OTTO).await);
        let tia = Someone::at(&app.us, TIA).await;
        let sent = tia.post(&format!("/apps/{RIDES}/terms"), &[]).await;
        let token = parameter(&sent, "requestToken").unwrap();
        let granted = exchange(&app, RIDES_APP, TIA_ID, &token).await;
        let refresh = granted.field("refresh_token");
        let code = async || app.refresh(RIDES_APP, &refresh).await.json()["code"].clone();
        let asked = otto.page(&blocked(RIDES)).await;
        assert!(asked.contains("Stop the apps of Bluebird Rides?"), "{asked}");
        assert!(code().await.is_null(), "asking stops nothing");

        otto.done(&blocked(RIDES), &[("blocked", "yes")]).await;
        assert_eq!(code().await, 59, "client disabled");
        assert!(!tia.page("/apps").await.contains("Bluebird Rides"));
        let start = format!("/partner/apps/{RIDES}/enabled/production");
        pia.done(&start, &[("enabled", "yes")]).await;
        assert_eq!(code().await, 59, "its partner cannot undo it");
        let page = pia.page(&format!("/partner/apps/{RIDES}")).await;
        assert!(page.contains("Stopped by the operator"), "{page}");
        // Taken back too, it can still be found.
        otto.done(&review(RIDES), &[("decision", "take-back"), ("note", "Fraud.")]).await;
        let page = otto.page("/operator/apps").await;
        assert!(page.contains("aria-label=\"Let its apps work again: Bluebird Rides\""), "{page}");

        otto.done(&blocked(RIDES), &[("blocked", "no")]).await;
        assert!(code().await.is_null());
        let log = otto.page("/admin/audit").await;
        assert!(log.contains("app.block") && log.contains("app.unblock"), "{log}");
        app.stop().await;
    }
}
