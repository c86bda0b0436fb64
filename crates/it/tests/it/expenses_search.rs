//! The list of expenses searched, filtered, sorted, and what it flags.

use bursar_testkit::db_test;
use serde_json::{Value, json};

use crate::app::*;
use crate::expenses_own::ANA_LOGIN;
use crate::people::Someone;

/// A receipt with some values replaced.
fn receipt(changes: &[(&str, Value)]) -> String {
    let mut receipt: Value = serde_json::from_str(bursar_sandbox::TAX_ID).unwrap();
    for (name, value) in changes {
        receipt[*name] = value.clone();
    }
    receipt.to_string()
}

fn shop(name: &str, total: &str, currency: &str, when: &str) -> String {
    let mut seller = receipt(&[]).parse::<Value>().unwrap()["seller"].clone();
    seller["name"] = json!(name);
    receipt(&[
        ("seller", seller),
        ("total", json!(total)),
        ("subtotal", json!(total)),
        ("taxesTotal", json!("0")),
        ("payments", json!([{"amount": total}])),
        ("lineItems", json!([])),
        ("currencyCode", json!(currency)),
        ("dateTime", json!(when)),
        ("reference", json!(name)),
    ])
}

/// Posts them one after the other, and waits for all; the ids.
async fn posted(app: &TestApp, receipts: &[String]) -> Vec<String> {
    let token = app.token(ANA).await;
    let mut urls = Vec::new();
    for receipt in receipts {
        urls.push(app.accepted(&token, ANA, receipt.as_str()).await);
    }
    for url in &urls {
        app.processed(&token, url).await;
    }
    urls.iter()
        .map(|url| url.rsplit('/').next().unwrap().to_owned())
        .collect()
}

/// The names of the shops on a page, in order.
fn names(page: &str) -> Vec<&str> {
    let rows = page.split("merchant-name\">").skip(1);
    rows.map(|rest| rest.split('<').next().unwrap()).collect()
}

db_test! {
    async fn a_list_is_searched_filtered_and_sorted_by_its_address(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        posted(&app, &[
            shop("Café Löwe", "9.50", "EUR", "2026-11-01T10:00:00+01:00"),
            shop("alpha", "100", "EUR", "2026-11-03T10:00:00+01:00"),
            shop("Beta 100%", "20.00", "JPY", "2026-11-02T23:00:00-05:00"),
        ]).await;
        let ana = Someone::at(&app.us, ANA_LOGIN).await;
        for (query, shown) in [
            ("", vec!["Beta 100%", "alpha", "Café Löwe"]),
            ("?sort=arrival-asc", vec!["Café Löwe", "alpha", "Beta 100%"]),
            ("?sort=date", vec!["alpha", "Beta 100%", "Café Löwe"]),
            ("?sort=merchant", vec!["alpha", "Beta 100%", "Café Löwe"]),
            ("?sort=amount", vec!["Beta 100%", "alpha", "Café Löwe"]),
            ("?sort=amount-asc", vec!["Café Löwe", "alpha", "Beta 100%"]),
            ("?q=L%C3%96WE", vec!["Café Löwe"]),
            ("?q=100%25", vec!["Beta 100%"]),
            ("?q=%27%3B--", vec![]),
            ("?currency=EUR&sort=amount", vec!["alpha", "Café Löwe"]),
            ("?from=2026-11-02&until=2026-11-02", vec!["Beta 100%"]),
            ("?source=receipt", vec!["Beta 100%", "alpha", "Café Löwe"]),
            ("?source=quick_expense", vec![]),
            ("?source=app:Bluebird%20Cafe&type=UNDEF", vec!["Beta 100%", "alpha", "Café Löwe"]),
            ("?problems=1", vec![]),
        ] {
            let page = ana.page(&format!("/expenses{query}")).await;
            assert_eq!(names(&page), shown, "{query}");
            let found = match shown.len() { 1 => "1 expense".to_owned(), n => format!("{n} expenses") };
            assert!(page.contains(&format!("<h2 id=\"found-title\">{found}</h2>")), "{query}: {page}");
        }
        let page = ana.page("/expenses?currency=EUR").await;
        assert!(page.contains("109.50") && !page.contains("129.50"), "never mixed: {page}");
        // A row leads back to the list as it is.
        assert!(page.contains("?list=currency%3DEUR\""), "{page}");
        app.stop().await;
    }
}

db_test! {
    async fn duplicates_are_flagged_on_all_of_them(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let fare = shop("Fare", "12.50", "EUR", "2026-11-01T10:00:00+01:00");
        let again = shop("Fare", "12.5", "EUR", "2026-11-01T18:00:00+01:00");
        let other = shop("Fare", "12.51", "EUR", "2026-11-01T10:00:00+01:00");
        let ids = posted(&app, &[fare, again, other]).await;
        let ana = Someone::at(&app.us, ANA_LOGIN).await;
        let list = ana.page("/expenses").await;
        assert_eq!((names(&list).len(), list.matches("Possible duplicate").count()), (3, 2), "{list}");
        let problems = ana.page("/expenses?problems=1").await;
        assert_eq!(names(&problems).len(), 2, "{problems}");
        for (own, twin) in [(0, 1), (1, 0)] {
            let page = ana.page(&format!("/expenses/{}", ids[own])).await;
            assert!(page.contains(&format!("href=\"/expenses/{}\"", ids[twin])), "{page}");
            assert!(!page.contains(&format!("href=\"/expenses/{}\"", ids[2])), "{page}");
        }
        // Hiding one settles it; the other still tells of it.
        ana.done(&format!("/expenses/{}/hidden", ids[0]), &[("hidden", "yes")]).await;
        assert_eq!(names(&ana.page("/expenses?problems=1").await), Vec::<&str>::new());
        let page = ana.page(&format!("/expenses/{}", ids[1])).await;
        assert!(page.contains("You have hidden a duplicate of this") && page.contains(&ids[0]));
        app.stop().await;
    }
}

db_test! {
    async fn totals_that_do_not_add_up_are_flagged_with_their_arithmetic(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let odd = receipt(&[("subtotal", json!("150.0")), ("reference", json!("odd"))]);
        let ids = posted(&app, &[odd, bursar_sandbox::TAX_ID.to_owned()]).await;
        let ana = Someone::at(&app.us, ANA_LOGIN).await;
        let list = ana.page("/expenses").await;
        assert_eq!(list.matches("Does not add up").count(), 1, "{list}");
        let page = ana.page(&format!("/expenses/{}", ids[0])).await;
        for text in ["Subtotal, taxes and discounts do not make the total", "150.00", "20.00",
            "170.00", "180.00", "-10.00"]
        {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(!ana.page(&format!("/expenses/{}", ids[1])).await.contains("Please check"));
        app.stop().await;
    }
}

db_test! {
    async fn pages_hold_under_any_order(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let shops: Vec<_> = (0..53)
            .map(|n| shop(&format!("Shop {:02}", n * 7 % 53), &format!("{}.5", n * 11 % 53), "EUR", "2026-11-01T10:00:00+01:00"))
            .collect();
        posted(&app, &shops).await;
        let ana = Someone::at(&app.us, ANA_LOGIN).await;
        let link = |page: &str, rel: &str| -> Option<String> {
            let (_, rest) = page.split_once(&format!("rel=\"{rel}\" href=\""))?;
            Some(rest.split('"').next()?.replace("&#38;", "&"))
        };
        for query in ["sort=merchant", "sort=merchant-desc", "sort=amount", "sort=date"] {
            let first = ana.page(&format!("/expenses?{query}")).await;
            let second = ana.page(&link(&first, "next").unwrap()).await;
            assert_eq!((names(&first).len(), names(&second).len()), (50, 3), "{query}");
            assert_eq!(link(&second, "next"), None);
            let mut all: Vec<_> = [names(&first), names(&second)].concat();
            if query.starts_with("sort=merchant") {
                assert!(all.is_sorted() || all.iter().rev().is_sorted(), "{query}: {all:?}");
            }
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), 53, "{query}: none twice, none left out");
            let back = ana.page(&link(&second, "prev").unwrap()).await;
            assert_eq!(names(&back), names(&first), "{query}");
        }
        app.stop().await;
    }
}
