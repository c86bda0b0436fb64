//! What is refused on the way to a connection, and that nothing is changed by it.

use std::time::Duration;

use bursar_gateway_connect::ConnectionState;
use bursar_testkit::db_test;

use super::connect::decide;
use super::connect_site::Pages;
use crate::app::*;

const ANA_HERE: &str = "ana@cafe.example";

db_test! {
    async fn requests_that_are_worth_nothing(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("cafe");
        browser.sign_up(ANA_HERE).await;
        for landing in ["landing", "landing?id=1", "landing?requestToken=1", "otp", "otp?token=%00"] {
            let lead = browser.leads(landing).await;
            browser.refused(&lead, 422, "This address is not complete").await;
        }
        let expired = "This request is not valid any more";
        // Forged, and another user's.
        let other = pages.app.request_token(BEN);
        for landing in [
            format!("landing?id={ANA}&requestToken=5185ae5a-426f-4d6f-8af4-08648c4b696b"),
            format!("landing?id={ANA}&requestToken={other}"),
        ] {
            assert_eq!(browser.leads(&landing).await, "connect");
            browser.refused(&browser.confirm().await, 422, expired).await;
            // It is worth nothing, and not kept.
            assert!(browser.page("connect").await.contains("Sign in at Bursar"));
        }
        assert_eq!(pages.calls("cafe").await.len(), 2, "refusals are logged");
        pages.app.clock.advance(Duration::from_hours(25));
        browser.sign_in(ANA_HERE).await;
        browser.get(&pages.landing(ANA)).await;
        browser.refused(&browser.confirm().await, 422, expired).await;
        assert!(pages.connection("cafe", ANA_HERE).await.is_none());
        pages.stop().await;
    }
}

db_test! {
    async fn a_request_of_another_app(place: TestDb) {
        let pages = Pages::start(&place).await;
        let rival = pages.browser("rival");
        rival.sign_up(ANA_HERE).await;
        rival.get(&pages.landing(ANA)).await;
        rival.refused(&rival.confirm().await, 422, "This request is for another app").await;
        assert!(pages.connection("rival", ANA_HERE).await.is_none());
        pages.stop().await;
    }
}

db_test! {
    async fn one_account_is_one_user(place: TestDb) {
        let pages = Pages::start(&place).await;
        let ana = pages.browser("cafe");
        ana.get(&pages.landing(ANA)).await;
        ana.sign_up(ANA_HERE).await;
        assert_eq!(ana.confirm().await, "connected");
        let eve = pages.browser("cafe");
        eve.get(&pages.landing(ANA)).await;
        eve.sign_up("eve@cafe.example").await;
        let taken = "That Bursar user is connected with another account";
        eve.refused(&eve.confirm().await, 422, taken).await;
        assert!(pages.connection("cafe", "eve@cafe.example").await.is_none());
        ana.get(&pages.landing(BEN)).await;
        let other = "Your account is connected with another Bursar user";
        ana.refused(&ana.confirm().await, 422, other).await;
        let connection = pages.connection("cafe", ANA_HERE).await.unwrap();
        assert_eq!((connection.principal_id.as_str(), connection.state), (ANA, ConnectionState::Connected));
        // Each was exchanged, and each is in the log; what Ben allowed was taken back.
        let calls = pages.calls("cafe").await;
        let revoked = calls.iter().filter(|call| call.method == "DELETE").count();
        assert_eq!((calls.len(), revoked), (4, 1), "{calls:?}");
        assert!(pages.vault.access("cafe", connection.id).await.is_ok());
        pages.stop().await;
    }
}

db_test! {
    async fn a_platform_that_does_not_answer(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("away");
        browser.sign_up(ANA_HERE).await;
        browser.get(&pages.landing(ANA)).await;
        for _ in 0..2 {
            let lead = browser.confirm().await;
            browser.refused(&lead, 503, "Bursar does not answer").await;
        }
        assert_eq!(pages.calls("away").await.len(), 2);
        // Nothing is lost: the page that asks is still there.
        assert!(browser.page("connect").await.contains(">Connect</button>"));
        pages.stop().await;
    }
}

db_test! {
    async fn who_says_no(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("cafe");
        browser.sign_up(ANA_HERE).await;
        browser.page("connect").await;
        let sent = browser.post("connect/web", &[]).await;
        let back = decide(&pages, &sent, "deny").await;
        assert!(back.contains("error_code="), "{back}");
        let lead = browser.leads(&back).await;
        browser.refused(&lead, 422, "You did not allow it").await;
        // An answer that comes too late.
        browser.page("connect").await;
        let sent = browser.post("connect/web", &[]).await;
        let back = decide(&pages, &sent, "allow").await;
        pages.app.clock.advance(Duration::from_hours(1));
        browser.sign_in(ANA_HERE).await;
        let state = "This answer does not belong to a question of yours";
        browser.refused(&browser.leads(&back).await, 422, state).await;
        // One whose code has expired.
        browser.page("connect").await;
        let sent = browser.post("connect/web", &[]).await;
        let back = decide(&pages, &sent, "allow").await;
        pages.app.clock.advance(Duration::from_mins(6));
        let expired = "This request is not valid any more";
        browser.refused(&browser.leads(&back).await, 422, expired).await;
        assert!(pages.connection("cafe", ANA_HERE).await.is_none());
        pages.stop().await;
    }
}

db_test! {
    async fn companies_and_permissions(place: TestDb) {
        let pages = Pages::start(&place).await;
        let landing = format!("{}&userId={ANA}", pages.landing(NORTHWIND));
        let browser = pages.browser("cafe");
        browser.sign_up(ANA_HERE).await;
        browser.get(&landing).await;
        let company = "A company is connected by Bluebird Cafe’s own people";
        browser.refused(&browser.confirm().await, 422, company).await;
        assert!(pages.calls("cafe").await.is_empty());
        let boss = pages.browser("cafe");
        boss.sign_up("boss@cafe.example").await;
        boss.get(&landing).await;
        let lead = boss.confirm().await;
        assert_eq!(lead, "connected", "{:?}", pages.calls("cafe").await);
        let all = pages.vault.list("cafe", bursar_kernel::Uuid::max(), 10).await.unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].account_id, all[0].principal_id.as_str()), (None, NORTHWIND));

        let strict = pages.browser("strict");
        strict.sign_up(ANA_HERE).await;
        strict.get(&pages.landing(ANA)).await;
        let lead = strict.confirm().await;
        strict.refused(&lead, 422, "Permissions are missing").await;
        let page = strict.get(&lead).await.text();
        assert!(page.contains("<code>nobody.has.this</code>") && !page.contains("<code>openid"), "{page}");
        assert!(pages.connection("strict", ANA_HERE).await.is_none());
        assert_eq!(pages.calls("strict").await.len(), 1);
        pages.stop().await;
    }
}
