//! `/admin`: a company's apps, and the audit log.

use std::time::Duration;

use bursar_testkit::db_test;

use crate::app::*;
use crate::people::*;
use crate::signin::assert_page;

fn switch_client(id: &str) -> String {
    format!("/admin/apps/by-client/{id}/enabled")
}

fn switch(id: &str) -> String {
    format!("/admin/apps/{id}/enabled")
}

db_test! {
    async fn what_is_turned_off_stops_at_once_for_this_company(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (tia, adam) = (Someone::at(&app.us, TIA).await, Someone::at(&app.us, ADAM).await);
        let terms = format!("/apps/{RIDES}/terms");
        let sent = tia.post(&terms, &[]).await;
        let token = parameter(&sent, "requestToken").unwrap();
        let granted = exchange(&app, RIDES_APP, TIA_ID, &token).await;
        let (access, refresh) = (granted.field("access_token"), granted.field("refresh_token"));
        let receipts = format!("/receipts/v4/users/{TIA_ID}");
        assert_eq!(app.us.get(&receipts).bearer(&access).send().await.status, 200);

        let list = adam.page("/admin/apps").await;
        assert!(list.contains("Bluebird Rides") && list.contains("Bluebird Ledger"), "{list}");
        let done = adam.done(&switch(RIDES), &[("enabled", "no")]).await;
        assert_eq!(done.header("location"), "/admin/apps?saved=yes");
        let page = adam.page("/admin/apps?saved=yes").await;
        assert!(page.contains("role=\"status\">Saved."), "{page}");
        assert!(page.contains("There are none."), "both its apps stand behind the listing: {page}");
        assert!(!tia.page("/apps").await.contains("Bluebird Rides"));
        let answer = tia.post(&terms, &[]).await;
        assert_page(&answer, 409);
        assert!(answer.text().contains("Your company has turned this app off"));
        let refused = exchange(&app, RIDES_APP, TIA_ID, &token).await;
        assert_eq!((refused.status, &refused.json()["code"]), (400, &53.into()));
        assert_eq!(refused.json()["error"], "invalid_client");
        let form = [
            ("client_id", RIDES_APP.0),
            ("client_secret", RIDES_APP.1),
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh),
        ];
        let refused = app.us.post("/oauth2/v0/token").form(&form).send().await;
        assert_eq!(refused.json()["code"], 53);
        until_refused(&app, &receipts, &access).await;

        adam.done(&switch(RIDES), &[("enabled", "yes")]).await;
        let again = app.us.post("/oauth2/v0/token").form(&form).send().await;
        assert_eq!(again.status, 200, "{}", again.text());
        assert_eq!(tia.post(&terms, &[]).await.status, 302);
        app.stop().await;
    }
}

db_test! {
    async fn what_is_connected_is_turned_off_though_it_is_not_listed(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (tia, adam) = (Someone::at(&app.us, TIA).await, Someone::at(&app.us, ADAM).await);
        let (pia, rex) = (Someone::at(&app.us, PIA).await, Someone::at(&app.us, REX).await);
        let sent = tia.post(&format!("/apps/{RIDES}/terms"), &[]).await;
        let token = parameter(&sent, "requestToken").unwrap();
        let granted = exchange(&app, RIDES_APP, TIA_ID, &token).await;
        let refresh = granted.field("refresh_token");
        let (path, off, on) = (switch_client(RIDES_APP.0), [("enabled", "no")], [("enabled", "yes")]);
        assert_page(&adam.post(&path, &off).await, 404);
        pia.done(&format!("/partner/apps/{RIDES}/state"), &[("action", "withdraw")]).await;
        assert_page(&adam.post(&switch(RIDES), &off).await, 404);

        let page = adam.page("/admin/apps").await;
        let (_, unlisted) = page.split_once("Connected, but not in the App Center").unwrap();
        for text in ["Bluebird Rides", "Bluebird Software", RIDES_APP.0] {
            assert!(unlisted.contains(text), "{text}: {unlisted}");
        }
        assert_page(&adam.call(&path).form(&off).send().await, 403);
        for id in [LEDGER_APP.0, RIDES_DEV.0, FJORD, "x"] {
            assert_page(&adam.post(&switch_client(id), &off).await, 404);
        }
        assert_page(&adam.post(&path, &[("enabled", "maybe")]).await, 404);
        assert_page(&tia.post(&path, &off).await, 403);
        assert_page(&rex.post(&path, &off).await, 404);
        assert!(!rex.page("/admin/apps").await.contains("Bluebird Rides"), "not connected there");
        let refreshed = app.refresh(RIDES_APP, &refresh).await;
        assert_eq!(refreshed.status, 200, "nothing was turned off: {}", refreshed.text());

        adam.done(&path, &off).await;
        assert_eq!(app.refresh(RIDES_APP, &refresh).await.json()["code"], 53);
        assert!(adam.page("/admin/apps").await.contains("Turn on Bluebird Rides"));
        adam.done(&path, &on).await;
        assert_eq!(app.refresh(RIDES_APP, &refresh).await.status, 200);
        let log = adam.page("/admin/audit").await;
        assert!(log.contains("app.disable") && log.contains(RIDES_APP.0), "{log}");
        app.stop().await;
    }
}

/// A node remembers for half a second who may call.
async fn until_refused(app: &TestApp, path: &str, access: &str) {
    for _ in 0..200 {
        if app.us.get(path).bearer(access).send().await.status == 403 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{path} is still answered");
}

db_test! {
    async fn only_administrators_decide_for_a_company(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (tia, adam) = (Someone::at(&app.us, TIA).await, Someone::at(&app.us, ADAM).await);
        for path in ["/admin/apps", "/admin/audit"] {
            assert_page(&tia.get(path).await, 403);
            assert_eq!(app.us.get(path).send().await.status, 303);
        }
        assert_page(&tia.post(&switch(RIDES), &[("enabled", "no")]).await, 403);
        let forged = adam.call(&switch(RIDES)).form(&[("enabled", "no")]);
        assert_page(&forged.send().await, 403);
        let unknown = "a3000000-0000-4000-8000-000000000009";
        for (id, value) in [(unknown, "no"), ("x", "no"), (RIDES, "maybe"), (RIDES, "")] {
            assert_page(&adam.post(&switch(id), &[("enabled", value)]).await, 404);
        }
        assert!(tia.page("/apps").await.contains("Bluebird Rides"), "nothing was turned off");
        assert!(!adam.page("/admin/audit").await.contains("app.disable"));
        app.stop().await;
    }
}

db_test! {
    async fn the_audit_log_is_the_companys_own_and_paged(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (adam, rex) = (Someone::at(&app.us, ADAM).await, Someone::at(&app.us, REX).await);
        for turn in 0..51 {
            app.clock.advance(Duration::from_millis(2));
            let value = if turn % 2 == 0 { "no" } else { "yes" };
            adam.done(&switch(LEDGER), &[("enabled", value)]).await;
        }
        let first = adam.page("/admin/audit").await;
        assert_eq!(first.matches("<code>app.").count(), 50);
        let (_, older) = first.split_once("/admin/audit?before=").unwrap();
        let older = older.split('"').next().unwrap();
        let last = adam.page(&format!("/admin/audit?before={older}")).await;
        assert_eq!(last.matches("<code>app.").count(), 1);
        assert!(!last.contains("before="), "there is no more");
        adam.page("/admin/audit?before=nonsense").await;

        let theirs = rex.page("/admin/audit").await;
        assert!(!theirs.contains("Bluebird Ledger"), "another company's log: {theirs}");
        let otto = Someone::at(&app.us, OTTO).await;
        let all = otto.page("/admin/audit").await;
        assert!(all.contains("Fjord Ltd") && all.contains("adam@fjord.example.com"), "{all}");
        app.stop().await;
    }
}
