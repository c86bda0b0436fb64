//! `DELETE /app-mgmt/v0/connections`.

use bursar_testkit::db_test;
use serde_json::json;

use crate::app::*;
use crate::http::{Answer, Site};
use crate::oauth2::otp;

async fn disconnect(site: &Site, token: &str) -> Answer {
    let call = site.call("DELETE", "/app-mgmt/v0/connections");
    call.bearer(token).correlated("mine-4").send().await
}

async fn reads(app: &TestApp, token: &str) -> Answer {
    app.us.get("/receipts/").bearer(token).send().await
}

db_test! {
    async fn a_user_who_disconnects_is_acted_for_no_longer(place: TestDb) {
        let app = TestApp::start(&place).await;
        let (one, two) = (app.connect(ANA).await, app.connect(ANA).await);
        let (firm, ben) = (app.connect(NORTHWIND).await, app.connect(BEN).await);
        for tokens in [&one, &two, &firm, &ben] {
            assert_eq!(reads(&app, &tokens.field("access_token")).await.status, 200);
        }
        let gone = disconnect(&app.us, &one.field("access_token")).await;
        assert_eq!((gone.status, gone.text().as_str()), (200, ""));
        assert_eq!(gone.header("concur-correlationid"), "mine-4");

        for tokens in [&one, &two] {
            let refused = reads(&app, &tokens.field("access_token")).await;
            assert_eq!(refused.status, 403, "{}", refused.text());
            assert_eq!(refused.json()["error_description"], "the access token was revoked");
            let refused = app.refresh(CAFE, &tokens.field("refresh_token")).await;
            assert_eq!((refused.status, &refused.json()["code"]), (400, &json!(108)));
        }
        let again = disconnect(&app.us, &one.field("access_token")).await;
        assert_eq!((again.status, again.text()), (401,
            "{\"error\":\"invalid_token\",\"concur-correlationid\":\"mine-4\",\
             \"error_description\":\"the access token was revoked\"}".to_owned()));
        for tokens in [&firm, &ben] {
            assert_eq!(reads(&app, &tokens.field("access_token")).await.status, 200);
            assert_eq!(app.refresh(CAFE, &tokens.field("refresh_token")).await.status, 200);
        }
        let firm = disconnect(&app.us, &firm.field("access_token")).await;
        assert_eq!(firm.status, 200, "a company disconnects too");
        assert_eq!(reads(&app, &ben.field("access_token")).await.status, 200);
        app.stop().await;
    }
}

db_test! {
    async fn a_revocation_ends_one_time_passwords_and_frees_no_place(place: TestDb) {
        let app = TestApp::start(&place).await;
        let access = app.connect(ANA).await.field("access_token");
        let (mail, link) = ("ana@northwind.example.com", [("link", otp::LINK)]);
        let password = otp::asked(&app, &link, 1).await;
        assert_eq!(disconnect(&app.us, &access).await.status, 200);
        let late = otp::exchange(&app.us, CAFE, &password, mail, &link).send().await;
        assert_eq!((late.status, &late.json()["code"]), (400, &json!(83)));
        for _ in 0..4 {
            otp::assert_sent(&otp::ask(&app.us, CAFE, mail, &link).send().await);
        }
        let sixth = otp::ask(&app.us, CAFE, mail, &link).send().await;
        assert_eq!(sixth.json()["code"], 82, "the mail of the first was sent all the same");
        app.stop().await;
    }
}

db_test! {
    async fn a_revocation_survives_a_restart_and_a_new_connection(place: TestDb) {
        let app = TestApp::start(&place).await;
        let old = app.connect(ANA).await;
        disconnect(&app.us, &old.field("access_token")).await;
        app.stop().await;
        // A new start has new request tokens: the user connects anew, at the same instant.
        let app = TestApp::start(&place).await;
        let new = app.connect(ANA).await;
        assert_eq!(reads(&app, &new.field("access_token")).await.status, 200);
        assert_eq!(reads(&app, &old.field("access_token")).await.status, 403);
        assert_eq!(app.refresh(CAFE, &old.field("refresh_token")).await.status, 400);
        assert_eq!(app.refresh(CAFE, &new.field("refresh_token")).await.status, 200);
        app.stop().await;
    }
}
