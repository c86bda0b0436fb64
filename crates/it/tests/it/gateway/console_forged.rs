//! Strangers, forged forms, and addresses that lead nowhere, for every page of the console.

use bursar_testkit::db_test;

use super::console_site::{ANA, Console};
use super::*;
use crate::signin::assert_page;

/// Pages that are there, for an item and a connection of these ids.
fn pages(item: i64, connection: Uuid) -> Vec<String> {
    let item = format!("items/cafe/{item}");
    let connection = format!("connections/cafe/{connection}");
    let mut pages: Vec<String> = ["", "items", "connections", "calls", "items/replay?reason=x"]
        .map(ToOwned::to_owned)
        .into();
    pages.extend([format!("{item}/body.json"), item]);
    pages.extend([format!("{connection}/disconnect"), connection]);
    pages
}

/// Forms of somebody who is signed in.
fn forms(item: i64, connection: Uuid) -> Vec<String> {
    vec![
        "items/replay".to_owned(),
        format!("items/cafe/{item}/replay"),
        format!("connections/cafe/{connection}/disconnect"),
        "signout".to_owned(),
    ]
}

/// Whether all is as it was.
async fn untouched(console: &Console, item: i64) {
    let gateway = &console.gateway;
    assert_eq!(gateway.item(item).await.state, State::Parked);
    let connection = gateway
        .outbox
        .vault()
        .of_ref(APP, "d0")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        connection.state,
        bursar_gateway_connect::ConnectionState::Connected
    );
}

async fn parked(console: &Console) -> (i64, Uuid) {
    let mut item = receipt(0, "k0", "k0");
    item.body = item.body.replace("\"EUR\"", "\"QQQ\"");
    let id = console.gateway.accept_one(item).await;
    console.gateway.deliver().await;
    (id, console.gateway.connection(0).await)
}

db_test! {
    async fn strangers_see_and_do_nothing(place: TestDb) {
        let console = Console::start(&place, 71, 1).await;
        let (item, connection) = parked(&console).await;
        let stranger = console.browser();
        let mut all = pages(item, connection);
        let calls = console.operator().await.page("calls").await;
        let call = calls.split("href=\"/console/calls/").nth(1).unwrap().split('"').next().unwrap();
        for page in ["", "/request", "/response"] {
            all.push(format!("calls/{call}{page}"));
        }
        all.push("calls/cafe/case.txt?correlation=x".to_owned());
        all.push("calls/cafe/case.json?correlation=x".to_owned());
        all.push(format!("items/cafe/{item}/image"));
        all.push("no/such/page".to_owned());
        for page in all {
            let lead = stranger.leads(&page).await;
            assert!(lead.starts_with("signin?next=/console/"), "{page}: {lead}");
        }
        for form in forms(item, connection) {
            let answer = stranger.post(&form, &[("reason", "x")]).await;
            // Who is signed out is signed out.
            if form == "signout" {
                assert_eq!(stranger.lead(&answer), "signin");
            } else {
                assert_page(&answer, 403);
            }
        }
        untouched(&console, item).await;
        console.stop().await;
    }
}

db_test! {
    async fn forms_of_other_sites_and_sessions(place: TestDb) {
        let console = Console::start(&place, 72, 1).await;
        let (item, connection) = parked(&console).await;
        let (browser, other) = (console.operator().await, console.operator().await);
        browser.page("").await;
        other.page("").await;
        let own = browser.csrf();
        assert_ne!(own, other.csrf());
        for form in forms(item, connection) {
            for token in ["", "x", &other.csrf()] {
                let fields = [("csrf_token", token), ("reason", "x")];
                assert_page(&browser.call("POST", &form).form(&fields).send().await, 403);
            }
            for (name, value) in [
                ("origin", "https://evil.example"),
                ("origin", "null"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
            ] {
                let fields = [("csrf_token", own.as_str()), ("reason", "x")];
                let call = browser.call("POST", &form).form(&fields).header(name, value);
                assert_page(&call.send().await, 403);
            }
        }
        let fields = [("name", ANA.0), ("password", ANA.1)];
        let call = console.browser().call("POST", "signin").form(&fields);
        let answer = call.header("sec-fetch-site", "cross-site").send().await;
        assert_page(&answer, 403);
        assert_eq!(answer.maybe("set-cookie"), None);
        // A planted cookie is no session.
        let planted = format!("{}-console=abc", console.site.cookie_name());
        let answer = console.site.get("/console/").cookie(&planted).send().await;
        assert_eq!(answer.status, 303);
        untouched(&console, item).await;
        browser.page("").await;
        console.stop().await;
    }
}

db_test! {
    async fn what_is_not_there_is_not_found(place: TestDb) {
        let console = Console::start(&place, 73, 1).await;
        let (item, connection) = parked(&console).await;
        let browser = console.operator().await;
        let nil = Uuid::nil();
        for page in [
            "no/such/page".to_owned(),
            "items?app=other".to_owned(),
            "connections?app=other".to_owned(),
            "calls?app=other".to_owned(),
            "items/replay".to_owned(),
            "items/replay?app=other&reason=x".to_owned(),
            "items/cafe/999".to_owned(),
            "items/cafe/x".to_owned(),
            format!("items/other/{item}"),
            format!("items/other/{item}/body.json"),
            format!("connections/cafe/{nil}"),
            "connections/cafe/x/disconnect".to_owned(),
            format!("connections/other/{connection}"),
            format!("calls/cafe/{nil}"),
            format!("calls/cafe/{nil}/request"),
            "calls/other/case.txt?correlation=x".to_owned(),
        ] {
            let answer = browser.get(&page).await;
            assert_page(&answer, 404);
        }
        browser.page("").await;
        for form in [
            "items/cafe/999/replay".to_owned(),
            format!("items/other/{item}/replay"),
            format!("connections/cafe/{nil}/disconnect"),
            format!("connections/other/{connection}/disconnect"),
        ] {
            assert_page(&browser.post(&form, &[]).await, 404);
            browser.page("").await;
        }
        for query in ["?state=%FF", "?state=%00", "?app=cafe&app=cafe", "?key=%"] {
            for page in ["items", "connections", "calls"] {
                assert_page(&browser.get(&format!("{page}{query}")).await, 400);
            }
        }
        for page in pages(item, connection) {
            let page = page.split('?').next().unwrap();
            assert_eq!(browser.call("PUT", page).send().await.status, 405, "{page}");
        }
        let get = browser.get(&format!("items/cafe/{item}/replay")).await;
        assert_eq!(get.status, 405);
        let long = "a".repeat(5 << 20);
        let large = browser.post(&format!("items/cafe/{item}/replay"), &[("body", &long)]).await;
        assert_page(&large, 413);
        untouched(&console, item).await;
        console.stop().await;
    }
}
