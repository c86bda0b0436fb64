//! `GET /profile/v1/me`.

use bursar_testkit::db_test;
use serde_json::json;

use crate::app::*;

db_test! {
    async fn a_token_sees_whom_it_stands_for(place: TestDb) {
        let app = TestApp::start(&place).await;
        let me = app.us.get("/profile/v1/me").bearer(&app.token(ANA).await).send().await;
        assert_eq!((me.status, me.json()), (200, json!({
            "active": true,
            "id": ANA,
            "userType": "Enterprise",
            "meta": {
                "created": "2026-11-21T09:30:00.000Z",
                "principalType": "user",
                "resourceType": "EnterpriseUser"
            },
            "displayName": "Ana Reyes",
            "name": {"formatted": "Reyes, Ana", "familyName": "Reyes", "givenName": "Ana"},
            "preferredLanguage": "en-US",
            "schemas": ["com:concur:User:1.0", "com:concur:Employee:1.0"],
            "emails": [{
                "value": "ana@northwind.example.com",
                "type": "Business",
                "notifications": false,
                "verified": false
            }],
            "com:concur:Employee:1.0": {"companyUUID": NORTHWIND, "employeeId": "1001"}
        })));
        let lars = app.emea.get("/profile/v1/me").bearer(&app.token(LARS).await).send().await;
        assert_eq!(lars.json()["preferredLanguage"], "sv-SE");
        assert_eq!(lars.json()["com:concur:Employee:1.0"], json!({"companyUUID": LINDGREN}));

        for (who, name, code, marketing) in [
            (NORTHWIND, "Northwind Trading", "CES", "CTE"),
            (HARBOUR, "Harbour Travel Club", "DIRECT-BREEZE+", "Standard Edition"),
        ] {
            let me = app.us.get("/profile/v1/me").bearer(&app.token(who).await).send().await;
            assert_eq!((me.status, me.json()), (200, json!({
                "id": who,
                "schemas": ["com:concur:Expense:0.1"],
                "name": name,
                "meta": {"principalType": "company"},
                "com:concur:Expense:0.1": {"offeringCode": code, "marketingName": marketing}
            })));
        }
        app.stop().await;
    }
}

db_test! {
    async fn the_scope_must_fit_the_principal(place: TestDb) {
        let app = TestApp::start(&place).await;
        for (who, scope, status) in [
            (ANA, "user.read", 200),
            (ANA, "company.read", 403),
            (NORTHWIND, "company.read", 200),
            (NORTHWIND, "user.read", 403),
        ] {
            let token = app.token_for(who, scope).await;
            let answer = app.us.get("/profile/v1/me").bearer(&token).send().await;
            assert_eq!(answer.status, status, "{who} {scope}");
            if status == 403 {
                assert_eq!(answer.json()["detail"], "the access token lacks the scope");
            }
        }
        app.stop().await;
    }
}

db_test! {
    /// "301-redirect that points to the right location".
    async fn a_token_of_another_data_center_is_sent_there(place: TestDb) {
        let app = TestApp::start(&place).await;
        let lars = app.token(LARS).await;
        let answer = app.us.get("/profile/v1/me").bearer(&lars).send().await;
        let there = format!("{}/profile/v1/me", app.emea.base);
        assert_eq!((answer.status, answer.header("location")), (301, there.as_str()));
        assert_eq!(app.emea.get(&there).bearer(&lars).send().await.json()["id"], LARS);
        let answer = app.us.get("/profile/v1/me?a=b%20c&d").bearer(&lars).send().await;
        assert_eq!(answer.header("location"), format!("{there}?a=b%20c&d"), "query and all");
        app.stop().await;
    }
}
