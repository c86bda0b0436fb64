//! What the traveller sees of a quick expense.

use bursar_testkit::db_test;
use serde_json::json;

use super::sample::{GUIDE, created, with};
use crate::app::*;
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
