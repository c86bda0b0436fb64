//! `/operator`: reviewing listings, and releasing them.

use bursar_testkit::db_test;

use crate::app::*;
use crate::partner::complete_draft;
use crate::people::*;
use crate::signin::assert_page;

fn review(id: &str) -> String {
    format!("/operator/apps/{id}/review")
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
        otto.done(&release(&id), &[("region", "us"), ("released_on", "")]).await;
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
        }
        assert_eq!(app.us.get("/operator/apps").send().await.status, 303);
        let otto = Someone::at(&app.us, OTTO).await;
        let forged = otto.call(&release(RIDES)).form(&[("region", "us"), ("released_on", "")]);
        assert_page(&forged.send().await, 403);
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
