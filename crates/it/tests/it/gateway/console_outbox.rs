//! Items at the console: found, shown, corrected and replayed.

use std::time::Duration;

use bursar_testkit::db_test;

use super::console_site::{Console, says, says_nothing_of};
use super::*;
use crate::signin::assert_page;

/// An item that the platform refuses: it knows no such currency.
fn bad(user: usize, key: &str) -> NewItem {
    let mut item = receipt(user, key, key);
    item.body = item.body.replace("\"EUR\"", "\"QQQ\"");
    item
}

db_test! {
    async fn items_are_found_and_shown(place: TestDb) {
        let console = Console::start(&place, 51, 2).await;
        let gateway = &console.gateway;
        let browser = console.operator().await;
        says(&browser.page("items").await, &["Nothing was handed over yet"]);
        let mut letter = receipt(0, "k <0>", "k0");
        letter.body = letter.body.replace("\":", "\" : ").replace("12.50", "1250e-2");
        letter.body = letter.body.replace("\"1250e-2\"", "\"12.50\"");
        letter.image = Some(b"%PDF-1.4 a picture".as_slice().into());
        let body = letter.body.clone();
        let accepted = gateway.accept(vec![letter, bad(1, "k1")]).await;
        gateway.deliver().await;
        gateway.accept_one(receipt(1, "k2", "k2")).await;

        let all = browser.page("items?app=cafe").await;
        says(&all, &["<bdi>k &#60;0&#62;</bdi>", "<bdi>k1</bdi>", "<bdi>k2</bdi>"]);
        for (query, there, not) in [
            ("state=delivered", "k &#60;0&#62;", ["k1", "k2"]),
            ("state=parked", "k1", ["k &#60;0&#62;", "k2"]),
            ("state=waiting&user=d1", "k2", ["k &#60;0&#62;", "k1"]),
            ("key=k1", "k1", ["k &#60;0&#62;", "k2"]),
            ("key=k1&user=d1&state=parked", "k1", ["k &#60;0&#62;", "k2"]),
        ] {
            let list = browser.page(&format!("items?{query}")).await;
            says(&list, &[&format!("<bdi>{there}</bdi>")]);
            says_nothing_of(&list, &not.map(|key| format!("<bdi>{key}</bdi>")).each_ref().map(String::as_str));
        }
        for query in ["key=k", "key=k1&user=d0", "key=k1&state=waiting", "user=nobody", "reason=x"] {
            says(&browser.page(&format!("items?{query}")).await, &["Nothing is like that"]);
        }
        // What makes no sense is said, and not passed over.
        for (query, told) in [
            ("state=lost", "There is no such state."),
            ("before=x", "no place where the list goes on"),
            ("state=overdue&reason=x", "Only parked items are found by a reason."),
            ("state=waiting&reason=x&user=d1", "Only parked items are found by a reason."),
        ] {
            let answer = browser.get(&format!("items?{query}")).await;
            assert_page(&answer, 400);
            says(&answer.text(), &[told, "<title>Error: Outbox"]);
            says_nothing_of(&answer.text(), &["<bdi>k1</bdi>", "Nothing is like that"]);
        }

        let path = format!("items/cafe/{}", accepted[0].id);
        let page = browser.page(&path).await;
        says(&page, &[
            "<h1><bdi>k &#60;0&#62;</bdi></h1>",
            ">delivered</span>",
            "/image\">Download (application/pdf)</a>",
            "<bdi>d0</bdi>",
            "Id at the platform",
            "/receipts/v4/users/",
            &format!("/console/connections/cafe/{}", gateway.connection(0).await),
        ]);
        says_nothing_of(&page, &["Replay as it is"]);
        let json = browser.get(&format!("{path}/body.json")).await;
        assert_eq!((json.status, json.text()), (200, body));
        let image = browser.get(&format!("{path}/image")).await;
        assert_eq!(image.text(), "%PDF-1.4 a picture");
        assert_eq!(image.header("content-type"), "application/pdf");
        for saved in [&json, &image] {
            assert_eq!(saved.header("x-content-type-options"), "nosniff");
            assert!(saved.header("content-disposition").starts_with("attachment; filename=\"item-"));
        }
        let none = browser.get(&format!("items/cafe/{}/image", accepted[1].id)).await;
        assert_page(&none, 404);
        console.stop().await;
    }
}

db_test! {
    async fn a_parked_item_is_corrected_and_replayed(place: TestDb) {
        let console = Console::start(&place, 52, 1).await;
        let gateway = &console.gateway;
        let browser = console.operator().await;
        let id = gateway.accept_one(bad(0, "k0")).await;
        gateway.deliver().await;
        let path = format!("items/cafe/{id}");
        let page = browser.page(&path).await;
        says(&page, &["Replay as it is", "Corrected JSON", "&#34;QQQ&#34;", "400"]);
        let replay = format!("{path}/replay");

        // Faults are told, and what was typed stays.
        let faulty = browser.post(&replay, &[("body", "{\"total\": 12}")]).await;
        assert_page(&faulty, 422);
        says(&faulty.text(), &[
            "It was not sent again.",
            "<li>/total: expected",
            "there was 12",
            "{&#34;total&#34;: 12}</textarea>",
            "aria-invalid=\"true\" aria-describedby=\"correct-error\"",
            "<title>Error: k0",
        ]);
        for odd in ["", "{", "[]", "{\"a\":1,\"a\":1}"] {
            assert_page(&browser.post(&replay, &[("body", odd)]).await, 422);
        }
        assert_eq!(gateway.item(id).await.state, State::Parked);

        // As it is, it is refused again.
        assert_eq!(browser.posts(&replay, &[]).await, format!("{path}?replayed=1"));
        says(&browser.page(&format!("{path}?replayed=1")).await, &["It is on its way again."]);
        gateway.deliver().await;
        assert_eq!(gateway.item(id).await.state, State::Parked);
        browser.page(&path).await;
        let mended = receipt(0, "k0", "mended").body;
        assert_eq!(browser.posts(&replay, &[("body", &mended)]).await, format!("{path}?replayed=1"));
        gateway.deliver().await;
        assert_eq!(references(&gateway.received(0).await), ["mended"]);
        assert_eq!(gateway.outbox.body(APP, id).await.unwrap(), Some(mended.clone()));

        // The calls know what each of them carried.
        let page = browser.page(&path).await;
        let calls: Vec<_> = page.split("href=\"/console/calls/").skip(1).collect();
        let call = |at: &str| format!("calls/{}", at.split('"').next().unwrap());
        let posts: Vec<_> = calls.iter().filter(|at| at.contains(">POST <bdi>") && at.contains("/receipts/v4/users/")).collect();
        assert_eq!(posts.len(), 3, "{page}");
        let refused = browser.get(&format!("{}/request", call(posts[0]))).await;
        assert!(refused.text().contains("\"QQQ\""), "{}", refused.text());
        let last = browser.get(&format!("{}/request", call(posts[2]))).await;
        assert_eq!(last.text(), mended);
        // What is delivered is not sent again.
        let late = browser.post(&replay, &[]).await;
        assert_page(&late, 409);
        console.stop().await;
    }
}

db_test! {
    async fn doubt_stays_with_what_is_not_changed(place: TestDb) {
        let console = Console::start(&place, 53, 1).await;
        let gateway = &console.gateway;
        gateway.accept(vec![receipt(0, "warm", "warm")]).await;
        gateway.deliver().await;
        let item = receipt(0, "k0", "k0");
        let body = item.body.replace("\":", "\" : ");
        let id = gateway.accept_one(item).await;
        // The platform has it and does not say so; then it is given up.
        gateway.proxy.next("POST", Fate::Lost);
        gateway.deliver().await;
        gateway.clock.advance(Duration::from_hours(73));
        for _ in 0..2 {
            gateway.proxy.next("POST", Fate::Answer(503, None));
            gateway.proxy.next("GET", Fate::Answer(503, None));
        }
        gateway.deliver().await;
        let parked = gateway.item(id).await;
        assert_eq!((parked.state, parked.doubtful), (State::Parked, true), "{parked:?}");
        // The same JSON, written otherwise, is no correction: it is looked for.
        let path = format!("items/cafe/{id}");
        let browser = console.operator().await;
        browser.page(&path).await;
        browser.posts(&format!("{path}/replay"), &[("body", &body)]).await;
        assert!(gateway.item(id).await.doubtful);
        gateway.deliver_all(Duration::from_mins(1)).await;
        assert_eq!(references(&gateway.received(0).await), ["warm", "k0"]);

        // Quick expenses cannot be looked for: who replays one is told.
        gateway.proxy.next("POST", Fate::Lost);
        let id = gateway.accept_one(quick_expense(0, "q")).await;
        gateway.deliver().await;
        let page = browser.page(&format!("items/cafe/{id}")).await;
        says(&page, &["quick expenses cannot be looked for. Look there first."]);
        console.stop().await;
    }
}

db_test! {
    async fn all_with_one_reason_are_replayed(place: TestDb) {
        let console = Console::start(&place, 54, 3).await;
        let gateway = &console.gateway;
        let browser = console.operator().await;
        let mut items: Vec<_> = (0..250).map(|number| bad(number % 2, &format!("k{number}"))).collect();
        items.push(bad(2, "gone"));
        gateway.accept(items).await;
        gateway.proxy.next("POST", Fate::Lost);
        gateway.deliver_all(Duration::from_mins(1)).await;
        // One of the users has disconnected.
        let gone = gateway.connection(2).await;
        assert!(gateway.outbox.vault().disconnect(APP, gone).await.unwrap());
        let reason = gateway.outbox.standing(APP, 1_000).await.unwrap().reasons;
        assert_eq!((reason.len(), reason[0].1), (1, 251), "{reason:?}");
        let query = bursar_web::encode_form([("app", APP), ("reason", &reason[0].0)]);

        let list = browser.page(&format!("items?{query}")).await;
        says(&list, &["Replay all with this reason", ">Older</a>"]);
        let ask = browser.page(&format!("items/replay?{query}")).await;
        says(&ask, &["Replay 251 parked items?", ">Replay them</button>"]);
        for bad in ["x", "99999999999999999999"] {
            let form = [("app", APP), ("reason", &reason[0].0), ("after", bad)];
            assert_page(&browser.post("items/replay", &form).await, 400);
            assert_page(&browser.get(&format!("items/replay?{query}&after={bad}")).await, 400);
        }
        // A browser writes line breaks in its own way; here they are where blanks were.
        let broken = reason[0].0.replace(' ', "\r\n");
        assert!(broken.contains("\r\n"), "{broken}");
        let form = [("app", APP), ("reason", broken.as_str()), ("after", "0")];
        let lead = browser.posts("items/replay", &form).await;
        let done = browser.page(&lead).await;
        says(&done, &[
            "250 items are on their way again",
            "1 stays parked: its user is not connected.",
            "None is left to be looked at.",
        ]);
        let standing = gateway.outbox.standing(APP, 1_000).await.unwrap();
        assert_eq!((standing.waiting, standing.parked), (250, 1));
        gateway.deliver().await;
        assert_eq!(gateway.item(1).await.attempts, 1);
        // Where no item is parked for it, nothing is done.
        let form = [("app", APP), ("reason", "x")];
        let lead = browser.posts("items/replay", &form).await;
        says(&browser.page(&lead).await, &["No item was sent on its way again"]);
        console.stop().await;
    }
}
