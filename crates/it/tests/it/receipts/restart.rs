//! What outlives the process.

use bursar_testkit::db_test;

use super::sample::smallest;
use crate::app::*;
use crate::signin::{ANA_SIGNS_IN, cookie};

db_test! {
    async fn what_was_accepted_is_there_after_a_restart(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let tokens = app.connect(ANA).await;
        let (token, refresh) = (tokens.field("access_token"), tokens.field("refresh_token"));
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        let mut ids = Vec::new();
        for _ in 0..20 {
            let url = app.accepted(&token, ANA, smallest().to_string()).await;
            ids.push(url.rsplit('/').next().unwrap().to_owned());
        }
        let jwks = app.us.get("/oauth2/v0/jwks").send().await.body;
        // Most are not processed yet.
        let clock = app.clock.clone();
        app.stop().await;

        let app = TestApp::start_at(&place, clock).await;
        assert_eq!(app.us.get("/oauth2/v0/jwks").send().await.body, jwks);
        let form = [("client_id", CAFE.0), ("client_secret", CAFE.1),
            ("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let answer = app.us.post("/oauth2/v0/token").form(&form).send().await;
        let token = answer.field("access_token");
        assert_eq!(app.stored().await, ids.len());
        for id in &ids {
            let url = format!("{}/receipts/v4/{id}", app.us.base);
            app.processed(&token, &url).await;
            let image = app.us.get(&format!("{url}/image")).bearer(&token).send().await;
            assert!(image.body.starts_with(b"%PDF-"));
        }
        // The tests' ports are others at each start, and cookies are named by them.
        let ana = app.us.planted(ana.split_once('=').unwrap().1);
        let page = app.us.get("/expenses").cookie(&ana).send().await;
        assert_eq!(page.status, 200);
        assert!(ids.iter().all(|id| page.text().contains(id)));
        app.stop().await;
    }
}
