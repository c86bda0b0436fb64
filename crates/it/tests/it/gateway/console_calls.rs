//! The call log at the console, and the file for a support case.

use bursar_db::Sql;
use bursar_testkit::db_test;

use super::connect_site::Browser;
use super::console::run;
use super::console_site::{Console, says, says_nothing_of};
use super::*;
use crate::signin::assert_page;

static UPPER: [Sql; 1] = [Sql::new("UPDATE connect_call SET user_id = upper(user_id)")];

/// The addresses of the calls of a list, below the console.
fn rows(page: &str) -> Vec<String> {
    let rows = page.split("<th scope=\"row\"><a href=\"/console/").skip(1);
    rows.map(|row| row.split('"').next().unwrap().to_owned())
        .collect()
}

async fn found(browser: &Browser<'_>, query: &str) -> usize {
    rows(&browser.page(&format!("calls?{query}")).await).len()
}

db_test! {
    async fn calls_are_searched(place: TestDb) {
        let console = Console::start(&place, 61, 2).await;
        let gateway = &console.gateway;
        let browser = console.operator().await;
        let mut refused = receipt(0, "k0", "k0");
        refused.body = refused.body.replace("\"EUR\"", "\"QQQ\"");
        let ids = gateway.accept(vec![refused, receipt(1, "k1", "k1")]).await;
        gateway.deliver().await;
        gateway.proxy.next("POST", Fate::Answer(503, None));
        gateway.proxy.next("POST", Fate::Lost);
        gateway.accept(vec![receipt(0, "k2", "k2"), receipt(1, "k3", "k3")]).await;
        gateway.deliver().await;
        let all = found(&browser, "app=cafe").await;
        let item = gateway.item(ids[0].id).await;
        let connection = item.connection_id;
        let user = driver(0);
        let of_user = found(&browser, &format!("user={}", user.to_uppercase())).await;
        assert!((3..all).contains(&of_user), "{of_user} of {all}");
        assert!((3..all).contains(&found(&browser, &format!("connection={connection}")).await));
        let of_item = found(&browser, &format!("item={}", item.id)).await;
        assert!((1..of_user).contains(&of_item), "{of_item}");
        // The platform's own spelling, and others.
        run(&gateway.db, &UPPER).await;
        let upper = user.to_uppercase();
        for user in [user.clone(), user.replace('-', ""), upper.clone(), format!("+{upper}+")] {
            assert_eq!(found(&browser, &format!("user={user}")).await, of_user, "{user}");
        }
        assert_eq!(found(&browser, "user=-").await, 0);
        for (query, count) in [
            ("outcome=4xx".to_owned(), 1),
            ("outcome=5xx".to_owned(), 1),
            ("outcome=none".to_owned(), 1),
            ("outcome=error".to_owned(), 3),
            ("outcome=2xx".to_owned(), all - 3),
            (format!("item={}&outcome=4xx", item.id), 1),
            (format!("item={}&user={}", item.id, driver(1)), 0),
            (format!("item={}&user={user}", item.id), of_item),
            (format!("connection={connection}&outcome=5xx&user={user}"), found(&browser, &format!("user={user}&outcome=5xx")).await),
            ("user=nobody".to_owned(), 0),
            ("correlation=nothing".to_owned(), 0),
            ("until=2001-01-01".to_owned(), 0),
            ("from=2001-01-01T00%3A00".to_owned(), all),
            ("from=2101-01-01T00%3A00&outcome=error".to_owned(), 0),
        ] {
            assert_eq!(found(&browser, &query).await, count, "{query}");
        }
        // What makes no sense is said at its field.
        for query in ["item=x", "from=yesterday", "until=2026-13-01"] {
            let answer = browser.get(&format!("calls?{query}")).await;
            assert_page(&answer, 400);
            says(&answer.text(), &["aria-invalid=\"true\"", "<title>Error: Calls"]);
        }
        for (query, told) in [
            ("outcome=6xx", "There is no such outcome."),
            ("connection=x", "the id of one is a UUID"),
            ("before=x", "no place where the list goes on"),
        ] {
            let answer = browser.get(&format!("calls?{query}")).await;
            assert_page(&answer, 400);
            says(&answer.text(), &[told, "<title>Error: Calls"]);
            assert!(rows(&answer.text()).is_empty(), "{query}");
        }
        console.stop().await;
    }
}

/// An item that the platform refused, its JSON, the call's page, and its correlation id.
async fn refused(console: &Console, browser: &Browser<'_>) -> (i64, String, String, String) {
    let mut item = receipt(0, "k0", "<b>bold</b>");
    item.body = item.body.replace("\"EUR\"", "\"QQQ\"");
    let body = item.body.clone();
    let id = console.gateway.accept_one(item).await;
    console.gateway.deliver().await;
    let list = browser
        .page(&format!("calls?item={id}&outcome=error"))
        .await;
    let correlation = list.split("<code>").nth(1).unwrap();
    let correlation = correlation.split('<').next().unwrap().to_owned();
    (id, body, rows(&list).remove(0), correlation)
}

db_test! {
    async fn a_call_is_shown_whole(place: TestDb) {
        let console = Console::start(&place, 62, 1).await;
        let browser = console.operator().await;
        let (id, body, call, correlation) = refused(&console, &browser).await;
        let page = browser.page(&call).await;
        says(&page, &[
            ">400</span>",
            "The JSON of the item.",
            "&#60;b&#62;bold",
            &correlation,
            &driver(0),
            "concur-correlationid: ",
            "content-type: application/json",
            "validationErrors",
            &format!("/console/items/cafe/{id}"),
        ]);
        says_nothing_of(&page, &["<b>bold", "Bearer "]);
        let sent = browser.get(&format!("{call}/request")).await;
        assert_eq!(sent.text(), body);
        assert_eq!(sent.header("content-type"), "application/json");
        assert!(sent.header("content-disposition").starts_with("attachment;"));
        let got = browser.get(&format!("{call}/response")).await;
        assert!(got.json()["validationErrors"].is_array(), "{}", got.text());
        console.stop().await;
    }
}

db_test! {
    async fn a_support_case_has_what_support_asks_for(place: TestDb) {
        let console = Console::start(&place, 64, 1).await;
        let browser = console.operator().await;
        let (_, body, _, correlation) = refused(&console, &browser).await;
        let found = browser.page(&format!("calls?correlation={correlation}")).await;
        says(&found, &["Download as text", "Download as JSON"]);
        let case = browser.get(&format!("calls/cafe/case.txt?correlation={correlation}")).await;
        assert_eq!(case.header("content-type"), "text/plain; charset=utf-8");
        let name = format!("attachment; filename=\"support-case-{correlation}.txt\"");
        assert_eq!(case.header("content-disposition"), name);
        let base = &console.gateway.proxy.bases[0];
        // Blanks are for what only people know.
        says(&case.text(), &[
            &format!("App name: cafe (client id {})\n", CAFE.0),
            "Customer name, as the platform knows it: ____",
            "CompanyUUID: ____",
            &format!("concur-correlationId: {correlation}\n"),
            &format!("User UUID: {}\n", driver(0)),
            "Reproduction steps, and what was to be achieved: ____",
            "Employee name: d0\n",
            "Amount: 12.50\n",
            "Currency: QQQ\n",
            "Refresh token: not in this file",
            "Method: POST\n",
            &format!("URI: {base}/receipts/v4/users/{}\n", driver(0)),
            &format!("Request payload:\n{body}\n"),
            "Status: 400\n",
            "Response headers:\n",
            &format!("concur-correlationid: {correlation}"),
            "validationErrors",
        ]);
        let case = browser.get(&format!("calls/cafe/case.json?correlation={correlation}")).await;
        let json = case.json();
        assert_eq!(json["concur-correlationId"], correlation);
        assert_eq!(json["userUuid"], driver(0));
        assert_eq!((&json["customerName"], &json["reproductionSteps"]), (&Value::Null, &Value::Null));
        assert_eq!(json["calls"][0]["requestPayload"], body);
        assert_eq!(json["calls"][0]["status"], 400);
        for query in ["", "?correlation=", "?correlation=nothing"] {
            assert_page(&browser.get(&format!("calls/cafe/case.txt{query}")).await, 404);
        }
        console.stop().await;
    }
}

db_test! {
    async fn secrets_are_nowhere(place: TestDb) {
        let console = Console::start(&place, 63, 1).await;
        let gateway = &console.gateway;
        let browser = console.operator().await;
        let vault = gateway.outbox.vault();
        let connection = gateway.connection(0).await;
        vault.renew(APP, connection).await.unwrap();
        let secrets = [gateway.tokens[&driver(0)].as_str(), CAFE.1, "eyJ"];
        let list = browser.page("calls?outcome=2xx").await;
        let calls = rows(&list);
        assert!(calls.len() > 1, "{list}");
        for call in calls {
            let page = browser.page(&call).await;
            let correlation = page.split("concur-correlationid: ").nth(1);
            let correlation = correlation.unwrap().split(['\n', '<']).next().unwrap();
            let case = browser.get(&format!("calls/cafe/case.txt?correlation={correlation}")).await;
            for text in [page.clone(), case.text()] {
                says_nothing_of(&text, &secrets);
            }
            for body in ["request", "response"] {
                let saved = browser.get(&format!("{call}/{body}")).await;
                says_nothing_of(&saved.text(), &secrets);
            }
        }
        console.stop().await;
    }
}
