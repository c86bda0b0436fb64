//! `/admin`: a company's apps, and the audit log. `/approvals`.

use std::time::Duration;

use bursar::admin::Order;
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
    let refused = async || app.us.get(path).bearer(access).send().await.status == 403;
    until("a refusal", refused).await;
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

db_test! {
    async fn the_servers_own_commands_are_in_the_log(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let go = async |to: &str| {
            let (company, data_center) = (FJORD.parse().unwrap(), to.to_owned());
            let order = Order::MoveCompany { company, data_center };
            app.admin.carry_out(&order).await.unwrap()
        };
        go("us").await;
        let otto = Someone::at(&app.us, OTTO).await;
        assert!(!otto.page("/admin/audit").await.contains("company.move"), "it stayed");
        go("emea").await;
        let order = Order::RotateKeys { data_center: None };
        app.admin.carry_out(&order).await.unwrap();

        let adam = Someone::at(&app.emea, ADAM).await;
        let own = adam.page("/admin/audit").await;
        for text in [
            "Company moved to another data center: <bdi><strong>Fjord Ltd</strong></bdi>",
            "<bdi>the server’s command line</bdi>",
            "<dt>From</dt><dd><bdi>us</bdi></dd>",
            "<dt>To</dt><dd><bdi>emea</bdi></dd>",
        ] {
            assert!(own.contains(text), "{text}: {own}");
        }
        assert!(!own.contains("keys.rotate"), "no company's own");
        let all = otto.page("/admin/audit").await;
        assert_eq!(all.matches("<code>company.move</code>").count(), 1, "{all}");
        // One entry for each key, in the log of the one company that has an operator.
        assert_eq!(all.matches("<code>keys.rotate</code>").count(), 2, "{all}");
        for id in ["us", "emea"] {
            let text = format!("Signing key replaced: <bdi><strong>{id}</strong></bdi>");
            assert!(all.contains(&text), "{text}: {all}");
        }
        assert!(all.contains("<dt>Key id</dt>") && !all.contains("{&#34;"), "{all}");
        app.stop().await;
    }
}

db_test! {
    async fn approvers_have_their_page(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let amy = Someone::at(&app.us, AMY).await;
        assert!(amy.page("/expenses").await.contains("href=\"/approvals\""));
        let page = amy.get("/approvals").await;
        assert_page(&page, 200);
        assert!(page.text().contains("Nothing waits for you"), "{}", page.text());
        assert!(page.text().contains("href=\"/approvals\" aria-current=\"page\""));
        for login in [TIA, ADAM, PIA, OTTO] {
            let other = Someone::at(&app.us, login).await;
            assert_page(&other.get("/approvals").await, 403);
            assert!(!other.page("/apps").await.contains("href=\"/approvals\""));
        }
        let answer = app.us.get("/approvals").send().await;
        assert_eq!((answer.status, answer.header("location")), (303, "/signin?next=/approvals"));
        app.stop().await;
    }
}

db_test! {
    async fn consent_is_in_the_log(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (tia, adam) = (Someone::at(&app.us, TIA).await, Someone::at(&app.us, ADAM).await);
        let query = format!("client_id={}&redirect_uri=https://cafe.example/back\
            &response_type=code&scope=openid%20receipts.read", CAFE.0);
        let decide = async |decision| {
            let fields = [("request", query.as_str()), ("decision", decision)];
            tia.done("/oauth2/v0/authorize", &fields).await
        };
        decide("deny").await;
        assert!(!adam.page("/admin/audit").await.contains("app.connect"), "nothing was decided");
        decide("allow").await;
        let log = adam.page("/admin/audit").await;
        for text in [
            "App connected: <bdi><strong>Bluebird Cafe</strong></bdi>",
            "<bdi>tia@fjord.example.com</bdi>",
            "<dd><bdi>openid, receipts.read</bdi></dd>",
            CAFE.0,
        ] {
            assert!(log.contains(text), "{text}: {log}");
        }
        assert!(!log.contains("code-"), "no secret");
        app.stop().await;
    }
}
