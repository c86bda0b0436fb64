//! Who enters the console, what needs them, and connections there.

use std::time::Duration;

use bursar_db::{Isolation, Sql};
use bursar_gateway_connect::ConnectionState;
use bursar_gateway_console::Operators;
use bursar_testkit::db_test;

use super::connect_site::Browser;
use super::console_site::{ANA, Console, operators, says, says_nothing_of, serve_console};
use super::*;
use crate::signin::assert_page;

static UPPER: [Sql; 2] = [
    Sql::new("UPDATE connect_connection SET principal_id = upper(principal_id)"),
    Sql::new("UPDATE connect_account SET user_ref = upper(user_ref)"),
];
static LOWER: [Sql; 2] = [
    Sql::new("UPDATE connect_connection SET principal_id = lower(principal_id)"),
    Sql::new("UPDATE connect_account SET user_ref = lower(user_ref)"),
];
static TROUBLED: [Sql; 1] = [Sql::new("UPDATE connect_connection SET trouble = 'x'")];
static FINE: [Sql; 1] = [Sql::new("UPDATE connect_connection SET trouble = NULL")];

/// Changes rows beside the product.
pub(super) async fn run(db: &Db, statements: &'static [Sql]) {
    for sql in statements {
        let run = db.write(Isolation::ReadCommitted, sql, |tx, sql| {
            Box::pin(tx.execute(sql, &[]))
        });
        let ran: Result<u64, DbError> = run.await;
        assert!(ran.unwrap() > 0, "{}", sql.postgres());
    }
}

db_test! {
    async fn operators_enter_and_leave(place: TestDb) {
        let console = Console::start(&place, 41, 0).await;
        let browser = console.browser();
        // Who is not signed in is led to where they sign in, and back.
        let lead = browser.leads("items?app=cafe&state=parked").await;
        assert_eq!(lead, "signin?next=/console/items%3Fapp%3Dcafe%26state%3Dparked");
        let page = browser.page(&lead).await;
        let next = "/console/items?app=cafe&state=parked";
        says(&page, &["name=\"next\" value=\"/console/items?app=cafe&#38;state=parked\""]);
        for (name, password) in [(ANA.0, "wrong"), ("nobody", ANA.1), ("", ""), ("ANA", ANA.1)] {
            let form = [("name", name), ("password", password), ("next", next)];
            let answer = browser.post("signin", &form).await;
            assert_page(&answer, 422);
            says(&answer.text(), &["That name and password do not match."]);
            assert_eq!(answer.maybe("set-cookie"), None);
        }
        let form = [("name", ANA.0), ("password", ANA.1), ("next", next)];
        assert_eq!(browser.posts("signin", &form).await, "items?app=cafe&state=parked");
        assert_eq!(browser.leads("signin").await, "");
        says(&browser.page("").await, &["<bdi>ana</bdi>", "Nothing needs you"]);
        assert_eq!(browser.posts("signout", &[]).await, "signin");
        assert!(browser.leads("").await.starts_with("signin?next="));
        // Nobody is led elsewhere.
        let form = [("name", ANA.0), ("password", ANA.1), ("next", "//evil.example")];
        assert_eq!(console.browser().posts("signin", &form).await, "");
        console.stop().await;
    }
}

db_test! {
    async fn five_wrong_passwords_lock_a_name(place: TestDb) {
        let console = Console::start(&place, 42, 0).await;
        let browser = console.browser();
        let enter = async |name: &str, password: &str| {
            browser.post("signin", &[("name", name), ("password", password)]).await
        };
        for _ in 0..5 {
            says(&enter(ANA.0, "wrong").await.text(), &["do not match"]);
            enter("nobody", "wrong").await;
        }
        for name in [ANA.0, "nobody"] {
            let answer = enter(name, ANA.1).await;
            assert_page(&answer, 422);
            says(&answer.text(), &["Too many wrong passwords for that name."]);
        }
        console.gateway.clock.advance(Duration::from_mins(15));
        assert_eq!(enter(ANA.0, ANA.1).await.status, 303);
        console.stop().await;
    }
}

db_test! {
    async fn a_session_ends_with_its_operator_and_in_time(place: TestDb) {
        let console = Console::start(&place, 43, 0).await;
        let gateway = &console.gateway;
        let browser = console.operator().await;
        // The session goes on while it is used, for half a day.
        for _ in 0..13 {
            browser.page("").await;
            gateway.clock.advance(Duration::from_mins(55));
        }
        browser.page("").await;
        gateway.clock.advance(Duration::from_mins(6));
        assert!(browser.leads("").await.starts_with("signin"));

        let others = [
            operators(&[("bo", ANA.1)]).await,
            operators(&[(ANA.0, "another password")]).await,
            Operators::default(),
        ];
        let browser = console.operator().await;
        for other in others {
            let (site, serving) = serve_console(gateway, other).await;
            let elsewhere = browser.moved(&site);
            assert!(elsewhere.leads("").await.starts_with("signin"), "{}", site.base);
            serving.abort();
        }
        // The console that she is an operator of knows her still.
        browser.page("").await;
        console.stop().await;
    }
}

db_test! {
    async fn without_operators_it_is_said_how_to_make_one(place: TestDb) {
        let console = Console::start(&place, 44, 0).await;
        says_nothing_of(&console.browser().page("signin").await, &["hash-password"]);
        let (site, serving) = serve_console(&console.gateway, Operators::default()).await;
        let browser = Browser::at(&site, "console");
        let page = browser.page("signin").await;
        says(&page, &["Nobody can sign in yet", "bursar gateway hash-password"]);
        let form = [("name", ANA.0), ("password", ANA.1)];
        assert_page(&browser.post("signin", &form).await, 422);
        serving.abort();
        console.stop().await;
    }
}

db_test! {
    async fn the_overview_says_what_needs_somebody(place: TestDb) {
        let console = Console::start(&place, 45, 3).await;
        let gateway = &console.gateway;
        let browser = console.operator().await;
        let fine = browser.page("").await;
        says(&fine, &["Nothing needs you", "aria-label=\"3 connected\"", "Nothing waits."]);

        // One item is refused, one delivered, and one waits for a lost connection.
        let mut bad = receipt(0, "bad", "bad");
        bad.body = bad.body.replace("\"EUR\"", "\"QQQ\"");
        gateway.accept(vec![bad, receipt(0, "good", "good"), receipt(1, "warm", "warm")]).await;
        gateway.deliver().await;
        for fate in [Fate::Answer(401, None), Fate::Dead] {
            gateway.proxy.next("POST", fate);
        }
        gateway.accept_one(receipt(1, "waits", "waits")).await;
        gateway.deliver().await;
        let page = browser.page("").await;
        says(&page, &[
            "1 connection is lost",
            "1 item is parked",
            "href=\"/console/connections?app=cafe&#38;state=lost\"",
            "aria-label=\"2 delivered, 24 h\"",
            "aria-label=\"1 waiting\"",
            "aria-label=\"2 connected\"",
            "has waited for 0 minutes",
        ]);
        says_nothing_of(&page, &["for over an hour", "at risk</a>", "Nothing needs you"]);
        let link = page.split("href=\"/console/").find(|at| at.starts_with("items?app=cafe&#38;reason="));
        let link = link.unwrap().split('"').next().unwrap().replace("&#38;", "&");
        let list = browser.page(&link).await;
        says(&list, &["<bdi>bad</bdi>", "Replay all with this reason"]);
        says_nothing_of(&list, &["<bdi>good</bdi>", "<bdi>waits</bdi>"]);

        gateway.clock.advance(Duration::from_mins(40));
        says_nothing_of(&browser.page("").await, &["for over an hour"]);
        gateway.clock.advance(Duration::from_mins(21));
        let page = browser.page("").await;
        says(&page, &["1 item has waited for over an hour", "has waited for 1 hour,"]);
        let late = browser.page("items?app=cafe&state=overdue").await;
        says(&late, &["<bdi>waits</bdi>"]);
        says_nothing_of(&late, &["<bdi>bad</bdi>", "<bdi>good</bdi>"]);
        console.stop().await;
    }
}

db_test! {
    async fn trouble_ahead_is_seen(place: TestDb) {
        let console = Console::start(&place, 46, 1).await;
        let gateway = &console.gateway;
        let connection = gateway.connection(0).await;
        let vault = gateway.outbox.vault();
        // The token is about to expire, and the platform fails.
        gateway.clock.advance(Duration::from_hours(24 * 180));
        for _ in 0..3 {
            gateway.proxy.next("POST", Fate::Answer(503, None));
            assert!(vault.renew(APP, connection).await.is_err());
        }
        let browser = console.operator().await;
        let page = browser.page("").await;
        says(&page, &[
            "1 connection is at risk",
            "All of the last 3 calls to a data center failed",
            &gateway.proxy.bases[0],
        ]);
        let list = browser.page("connections?app=cafe&state=at-risk").await;
        says(&list, &["<bdi>d0</bdi>", "refresh failed"]);
        says(&browser.page("connections?state=at-risk&q=D0").await, &["<bdi>d0</bdi>"]);
        says(&page, &["Among the app’s newest 1,000 calls of the last 15 minutes none there succeeded."]);
        // Where one succeeds it is a data center's bad day no more.
        vault.renew(APP, connection).await.unwrap();
        says(&browser.page("").await, &["Nothing needs you"]);
        let list = browser.page("connections?app=cafe&state=at-risk").await;
        says(&list, &["Nothing is like that"]);
        console.stop().await;
    }
}

db_test! {
    async fn connections_are_found_shown_and_ended(place: TestDb) {
        let console = Console::start(&place, 47, 2).await;
        let gateway = &console.gateway;
        gateway.accept(vec![receipt(0, "k0", "k0"), receipt(1, "k1", "k1")]).await;
        gateway.deliver().await;
        let browser = console.operator().await;
        let both = browser.page("connections").await;
        says(&both, &["<bdi>d0</bdi>", "<bdi>d1</bdi>", &driver(0), &gateway.proxy.bases[0]]);
        // As the platform and the merchant may write them.
        run(&gateway.db, &UPPER).await;
        let id = driver(0);
        let upper = id.to_uppercase();
        for who in ["d0", " D0 ", &id, &upper, &id.replace('-', "")] {
            let query = bursar_web::encode_form([("q", who)]);
            let found = browser.page(&format!("connections?{query}")).await;
            says(&found, &["<bdi>D0</bdi>", &upper]);
            says_nothing_of(&found, &["<bdi>D1</bdi>", "<bdi>d1</bdi>"]);
        }
        run(&gateway.db, &LOWER).await;
        // One that could not be refreshed is at risk only if its token expires soon.
        run(&gateway.db, &TROUBLED).await;
        for query in ["q=d0&state=at-risk", "q=d0&state=lost", "q=d0&before=00000000-0000-0000-0000-000000000001"] {
            says(&browser.page(&format!("connections?{query}")).await, &["Nothing is like that"]);
        }
        says(&browser.page("connections?q=d0&state=connected").await, &["<bdi>d0</bdi>"]);
        run(&gateway.db, &FINE).await;
        for (query, told) in [("state=parked", "There is no such state."), ("before=7", "no place where the list goes on")] {
            let answer = browser.get(&format!("connections?{query}")).await;
            assert_page(&answer, 400);
            says(&answer.text(), &[told, "<title>Error: Connections"]);
        }
        says(&browser.page("connections?q=nobody").await, &["Nothing is like that"]);
        says(&browser.page("connections?state=lost").await, &["Nothing is like that"]);

        let id = gateway.connection(0).await;
        let page = browser.page(&format!("connections/cafe/{id}")).await;
        says(&page, &[
            ">connected</span>",
            &driver(0),
            "receipts.writeonly",
            "Last delivery",
            "<bdi>k0</bdi>",
            "/receipts/v4/users/",
            "disconnect\">Disconnect</a>",
        ]);
        says_nothing_of(&page, &["<bdi>k1</bdi>", &gateway.tokens[&driver(0)]]);

        let ask = format!("connections/cafe/{id}/disconnect");
        says(&browser.page(&ask).await, &["Disconnect d0?"]);
        assert_eq!(browser.posts(&ask, &[]).await, format!("connections/cafe/{id}"));
        let vault = gateway.outbox.vault();
        let state = vault.get(APP, id).await.unwrap().unwrap().state;
        assert_eq!(state, ConnectionState::Ending);
        let page = browser.page(&format!("connections/cafe/{id}")).await;
        says(&page, &[">ending</span>"]);
        says_nothing_of(&page, &["disconnect\">"]);
        says(&browser.page("connections?state=ending").await, &["<bdi>d0</bdi>"]);
        // Sent again it changes nothing.
        assert_eq!(browser.posts(&ask, &[]).await, format!("connections/cafe/{id}"));
        console.stop().await;
    }
}

db_test! {
    async fn long_lists_have_pages(place: TestDb) {
        let console = Console::start(&place, 48, 61).await;
        let browser = console.operator().await;
        let mut page = browser.page("connections?app=cafe").await;
        let mut seen = Vec::new();
        let names = |page: &str| -> Vec<String> {
            let rows = page.split("<th scope=\"row\">").skip(1);
            let name = |row: &str| row.split("<bdi>").nth(1).unwrap().split('<').next().unwrap().to_owned();
            rows.map(name).collect()
        };
        seen.extend(names(&page));
        assert_eq!(seen.len(), 50);
        let older = page.split("class=\"button older\" href=\"/console/").nth(1).unwrap();
        let older = older.split('"').next().unwrap().replace("&#38;", "&");
        page = browser.page(&older).await;
        says(&page, &[">Newest</a>"]);
        says_nothing_of(&page, &[">Older</a>"]);
        seen.extend(names(&page));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 61);
        console.stop().await;
    }
}
