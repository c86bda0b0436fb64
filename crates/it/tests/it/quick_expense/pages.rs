//! What the traveller sees of a quick expense.

use bursar_testkit::db_test;
use serde_json::json;

use super::sample::{GUIDE, created, path, with};
use crate::app::*;
use crate::pictures::png;
use crate::signin::{ANA_SIGNS_IN, cookie};

const BEN_SIGNS_IN: [(&str, &str); 2] = [
    ("user_name", "ben@northwind.example.com"),
    ("password", "ben"),
];

db_test! {
    async fn a_quick_expense_is_an_available_expense(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let token = app.token(ANA).await;
        let url = created(&app, &token, ANA, GUIDE).await;
        let own = format!("/expenses/{}", url.rsplit('/').next().unwrap().to_lowercase());
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        let list = app.us.get("/expenses").cookie(&ana).send().await.text();
        for text in ["ARIA", "120.00", "USD", "Entertainment - Clients", "Bluebird Cafe",
            "Dec 12, 2022", &own]
        {
            assert!(list.contains(text), "{text}: {list}");
        }
        assert!(!list.contains("picture.png"), "{list}");

        let page = app.us.get(&own).cookie(&ana).send().await;
        assert_eq!(page.status, 200);
        let page = page.text();
        for text in ["ARIA", "120.00", "USD", "Entertainment - Clients", "Business Meal",
            "ARIA, Bellevue, US-WA, US", "Cash", "Quick expense", "Dec 12, 2022", "countryCode"]
        {
            assert!(page.contains(text), "{text}: {page}");
        }
        for suffix in ["/picture.png", "/receipt", "/pages/1-800.png", "/original"] {
            let answer = app.us.get(&format!("{own}{suffix}")).cookie(&ana).send().await;
            assert_eq!(answer.status, 404, "{suffix}");
        }
        let ben = cookie(&app.us, &BEN_SIGNS_IN).await;
        let colleague = app.us.get(&own).cookie(&ben).send().await;
        assert_eq!(colleague.status, 404);
        assert!(!app.us.get("/expenses").cookie(&ben).send().await.text().contains("ARIA"));
        app.stop().await;
    }
}

db_test! {
    async fn receipts_and_quick_expenses_stand_in_one_list(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let token = app.token(ANA).await;
        let hostile = with("/vendor", json!("<script>alert(1)</script>"));
        let hostile = created(&app, &token, ANA, hostile).await;
        let receipt = app.accepted(&token, ANA, bursar_sandbox::TAX_ID).await;
        app.processed(&token, &receipt).await;
        app.clock.advance(std::time::Duration::from_millis(1));
        let nameless = created(&app, &token, ANA, with("/expenseTypeId", json!("NULL"))).await;
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        let list = app.us.get("/expenses").cookie(&ana).send().await.text();
        let place_of = |url: &str| {
            let id = url.rsplit('/').next().unwrap().to_lowercase();
            list.find(&format!("href=\"/expenses/{id}\"")).unwrap()
        };
        assert!(place_of(&nameless) < place_of(&receipt), "newest first");
        assert!(place_of(&receipt) < place_of(&hostile), "newest first");
        for text in ["Merchant not stated", "Undefined", "Taxi", "25.0", "2 expenses"] {
            assert!(list.contains(text), "{text}: {list}");
        }
        assert!(!list.contains("<script") && list.contains("alert(1)"), "{list}");
        let own = hostile.rsplit('/').next().unwrap().to_lowercase();
        let page = app.us.get(&format!("/expenses/{own}")).cookie(&ana).send().await.text();
        assert!(!page.contains("<script") && page.contains("alert(1)"), "{page}");
        app.stop().await;
    }
}

/// Posts a quick expense with an image: the path of its page.
async fn with_image(app: &TestApp, token: &str, image: &[u8]) -> String {
    let call = app.us.post(&format!("{}/image", path(ANA))).bearer(token);
    let parts: [(&str, &[u8]); 2] = [
        ("quickExpenseRequest", GUIDE.as_bytes()),
        ("fileContent", image),
    ];
    let answer = call.form_data(&parts).send().await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let id = answer.field("quickExpenseIdUri");
    format!(
        "/expenses/{}",
        id.rsplit('/').next().unwrap().to_lowercase()
    )
}

db_test! {
    async fn a_quick_expense_with_an_image_has_a_viewer(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let token = app.token(ANA).await;
        let image = png(9, 7);
        let own = with_image(&app, &token, &image).await;
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        let get = async |suffix: &str| app.us.get(&format!("{own}{suffix}")).cookie(&ana).send().await;
        // Another thread makes the picture uniform.
        let is_there = async || {
            let picture = get("/picture.png").await;
            let is_there = picture.header("content-type") == "image/png";
            let stands_in = (picture.status, picture.header("cache-control")) == (200, "no-store");
            assert!(is_there || stands_in, "{}", picture.status);
            is_there
        };
        until("a picture", is_there).await;
        let picture = get("/picture.png").await;
        assert!(picture.body.starts_with(b"\x89PNG\r\n\x1a\n"));
        let list = app.us.get("/expenses").cookie(&ana).send().await.text();
        assert!(list.contains(&format!("{own}/picture.png")), "{list}");
        let page = get("").await.text();
        assert!(page.contains(&format!("{own}/receipt")) && page.contains("Quick expense"), "{page}");
        let viewer = get("/receipt?zoom=100").await;
        assert_eq!(viewer.status, 200);
        assert!(viewer.text().contains("/pages/1-2400.png"), "{}", viewer.text());
        // A picture is not made larger than it is.
        assert_eq!(&get("/pages/1-2400.png").await.body[16..24], &[0, 0, 0, 9, 0, 0, 0, 7]);
        let original = get("/original").await;
        assert_eq!((original.status, original.header("content-type")), (200, "image/png"));
        assert!(original.header("content-disposition").ends_with("UTF-8''2022-12-12-ARIA.png"));
        assert_eq!(original.body, image);

        let broken = with_image(&app, &token, b"\x89PNG\r\n\x1a\nand nothing else").await;
        let page = app.us.get(&broken).cookie(&ana).send().await.text();
        assert!(page.contains("not ready yet, or could not be read"), "{page}");
        let mark = app.us.get(&format!("{broken}/picture.png")).cookie(&ana).send().await;
        assert_eq!((mark.status, mark.header("content-type")), (200, "image/svg+xml"));
        for suffix in ["/receipt", "/original", "/pages/1-800.png"] {
            let answer = app.us.get(&format!("{broken}{suffix}")).cookie(&ana).send().await;
            assert_eq!(answer.status, 404, "{suffix}");
        }
        app.stop().await;
    }
}
