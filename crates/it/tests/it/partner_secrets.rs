//! `/partner/apps/{id}/secrets`: the secrets of a partner's apps.

use bursar_testkit::db_test;

use crate::app::*;
use crate::partner::{LISTING_ID, NEW, as_itself, shown};
use crate::people::*;
use crate::signin::assert_page;

const SECRETS: &str = "/partner/apps/a3000000-0000-4000-8000-0000000000aa/secrets/development";

/// A secret's id, as a form has it.
fn drawn(number: u32) -> String {
    format!("b1000000-0000-4000-8000-0000000000{number:02}")
}

db_test! {
    async fn a_partner_changes_a_secret_without_a_moment_without_one(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        let made = pia.post("/partner/apps", &NEW).await;
        let (id, old) = (shown(&made, "client-id"), shown(&made, "client-secret"));
        let works = async |secret: &str| as_itself(&app, &id, secret).await.status == 200;
        let listing = format!("/partner/apps/{LISTING_ID}");
        let page = pia.page(&listing).await;
        assert!(page.contains("name=\"secret_id\""), "{page}");
        let label = format!("aria-label=\"Deactivate: {id}, Development app\"");
        assert!(page.contains(&label), "the first has the app's id: {page}");

        // The new one works at once, beside the old one; sent twice, it is one.
        let second = drawn(2);
        let page = pia.post(SECRETS, &[("secret_id", &second)]).await;
        assert_page(&page, 201);
        assert_eq!(shown(&page, "client-id"), id);
        assert_eq!(shown(&page, "geolocation"), app.emea.base);
        let new = shown(&page, "client-secret");
        assert!(works(&new).await && works(&old).await);
        let twice = pia.post(SECRETS, &[("secret_id", &second)]).await;
        assert_eq!((twice.status, twice.header("location")), (303, listing.as_str()));
        let page = pia.page(&listing).await;
        assert!(!page.contains(&new) && page.contains(&second), "{page}");

        let change = async |secret: &str, action: &str| {
            pia.post(&format!("{SECRETS}/{secret}"), &[("action", action)]).await
        };
        let active = change(&id, "delete").await;
        assert_page(&active, 409);
        assert!(active.text().contains("Deactivate it first"), "{}", active.text());
        assert_eq!(change(&id, "deactivate").await.status, 303);
        assert!(works(&new).await && !works(&old).await);
        let last = change(&second, "deactivate").await;
        assert_page(&last, 409);
        assert!(last.text().contains("last active secret"), "{}", last.text());
        assert_eq!(change(&id, "activate").await.status, 303);
        assert!(works(&old).await);
        assert_eq!(change(&id, "deactivate").await.status, 303);
        assert_eq!(change(&id, "delete").await.status, 303);
        assert!(works(&new).await && !works(&old).await);
        assert_page(&change(&id, "activate").await, 404);

        for number in 3..12 {
            assert_page(&pia.post(SECRETS, &[("secret_id", &drawn(number))]).await, 201);
        }
        let many = pia.post(SECRETS, &[("secret_id", &drawn(12))]).await;
        assert_page(&many, 409);
        assert!(many.text().contains("at most 10 secrets"), "{}", many.text());
        let otto = Someone::at(&app.us, OTTO).await;
        let log = otto.page("/admin/audit").await;
        for action in ["create", "activate", "deactivate", "delete"] {
            assert!(log.contains(&format!("<code>app.secret.{action}</code>")), "{action}: {log}");
        }
        assert!(!log.contains(&new));
        app.stop().await;
    }
}

db_test! {
    async fn of_two_that_are_deactivated_at_once_one_stays(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        let made = pia.post("/partner/apps", &NEW).await;
        let (id, second) = (shown(&made, "client-id"), drawn(2));
        pia.done(SECRETS, &[("secret_id", &second)]).await;
        let off = async |secret: &str| {
            let path = format!("{SECRETS}/{secret}");
            pia.post(&path, &[("action", "deactivate")]).await.status
        };
        let (one, two) = tokio::join!(off(&id), off(&second));
        let mut statuses = [one, two];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
        app.stop().await;
    }
}

db_test! {
    async fn others_secrets_do_not_exist(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        pia.done("/partner/apps", &NEW).await;
        let drawn = drawn(2);
        let (add, off) = ([("secret_id", drawn.as_str())], [("action", "deactivate")]);
        let theirs = format!("/partner/apps/{RIDES}/secrets/production");
        let one = format!("{theirs}/{}", RIDES_APP.0);
        for login in [REX, TIA, OTTO] {
            let other = Someone::at(&app.us, login).await;
            assert_page(&other.post(&theirs, &add).await, 404);
            assert_page(&other.post(&one, &off).await, 404);
        }
        assert_page(&pia.call(&theirs).form(&add).send().await, 403);
        assert_page(&pia.call(&one).form(&off).send().await, 403);
        assert_page(&app.us.post(&theirs).form(&add).send().await, 403);
        for id in ["", "x"] {
            assert_page(&pia.post(&theirs, &[("secret_id", id)]).await, 400);
        }
        assert_page(&pia.post(&one, &[("action", "burn")]).await, 400);
        let test = theirs.replace("production", "test");
        let none = SECRETS.replace("development", "production");
        for path in [&test, &none] {
            assert_page(&pia.post(path, &add).await, 404);
        }
        // A secret of another app of hers is not this one's.
        for secret in [LEDGER_APP.0, drawn.as_str(), "x"] {
            assert_page(&pia.post(&format!("{theirs}/{secret}"), &off).await, 404);
        }
        let granted = as_itself(&app, RIDES_APP.0, RIDES_APP.1).await;
        assert_eq!(granted.status, 200, "{}", granted.text());
        assert!(!pia.page(&format!("/partner/apps/{RIDES}")).await.contains(&drawn));
        app.stop().await;
    }
}
