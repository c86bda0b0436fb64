//! `GET /profile/identity/v4/Users` and one of them.

use bursar_testkit::db_test;
use serde_json::{Value, json};

use crate::app::*;
use crate::http::{Answer, Site};

const USERS: &str = "/profile/identity/v4/Users";
/// Further people of Northwind.
const SSO: &str = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c14";
const LATE: &str = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c15";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A text in a query.
fn encoded(text: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    bytes.concat()
}

async fn ask(site: &Site, token: &str, target: &str) -> Answer {
    site.get(target)
        .bearer(token)
        .correlated("mine-6")
        .send()
        .await
}

/// The ids that a query finds.
async fn found(app: &TestApp, token: &str, query: &str) -> Vec<String> {
    let answer = ask(&app.us, token, &format!("{USERS}?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    let list = answer.json();
    let users = list["Resources"].as_array().unwrap();
    assert_eq!(list["itemsPerPage"], users.len());
    users
        .iter()
        .map(|user| user["id"].as_str().unwrap().to_owned())
        .collect()
}

fn ana(here: &Site) -> Value {
    json!({
        "meta": {
            "resourceType": "User",
            "created": "2026-11-21T09:30:00.000Z",
            "location": format!("{}{USERS}/{ANA}", here.base)
        },
        "displayName": "Ana Reyes",
        "name": {"familyName": "Reyes", "givenName": "Ana", "formatted": "Reyes, Ana"},
        "preferredLanguage": "en-US",
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "active": true,
        "id": ANA,
        "emails": [{
            "verified": false,
            "type": "work",
            "value": "ana@northwind.example.com",
            "notifications": false
        }],
        "userName": "ana@northwind.example.com",
        ENTERPRISE: {
            "companyId": NORTHWIND,
            "organization": "Northwind Trading",
            "employeeNumber": "1001"
        }
    })
}

db_test! {
    async fn a_user_is_shown_as_far_as_the_directory_knows(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(NORTHWIND).await;
        for path in [USERS, "/profile/identity/v4/users"] {
            for id in [ANA.to_owned(), ANA.to_uppercase()] {
                let answer = ask(&app.us, &token, &format!("{path}/{id}")).await;
                assert_eq!((answer.status, answer.json()), (200, ana(&app.us)));
                assert_eq!(answer.header("concur-correlationid"), "mine-6");
            }
        }
        let off = ask(&app.us, &token, &format!("{USERS}/{OFF}")).await.json();
        assert_eq!((&off["active"], &off[ENTERPRISE]["employeeNumber"]), (&json!(false), &Value::Null));
        app.stop().await;
    }
}

db_test! {
    async fn other_companies_users_do_not_exist(place: TestDb) {
        let app = TestApp::start(&place).await;
        let (northwind, southbank) = (app.token(NORTHWIND).await, app.token(SOUTHBANK).await);
        let nobody = "00000000-0000-4000-8000-000000000000";
        for id in [CARA, LARS, NORTHWIND, SOUTHBANK, nobody, "me", "%00", "%ff"] {
            let answer = ask(&app.us, &northwind, &format!("{USERS}/{id}")).await;
            assert_eq!((answer.status, answer.json()), (404, json!({
                "schemas": [
                    "urn:ietf:params:scim:api:messages:2.0:Error",
                    "urn:ietf:params:scim:api:messages:concur:2.0:Error"
                ],
                "detail": "the resource was not found",
                "status": "404"
            })), "{id}");
        }
        assert_eq!(found(&app, &northwind, "").await, [ANA, BEN, OFF, SSO, LATE]);
        assert_eq!(found(&app, &southbank, "").await, [CARA]);
        for query in [
            format!("filter=id%20eq%20%22{CARA}%22"),
            "filter=userName%20eq%20%22cara@southbank.example.com%22".to_owned(),
            "userName=cara@southbank.example.com".to_owned(),
            "filter=emails.value%20eq%20%22cara@southbank.example.com%22".to_owned(),
            format!("companyId={SOUTHBANK}&employeeNumber=1001"),
            format!("filter=companyId+eq+%22{SOUTHBANK}%22"),
        ] {
            assert_eq!(found(&app, &northwind, &query).await, [""; 0], "{query}");
            assert_eq!(found(&app, &southbank, &query).await, [CARA], "{query}");
        }
        // The same number is another person's there.
        assert_eq!(found(&app, &northwind, "filter=employeeNumber+eq+%221001%22").await, [ANA]);
        app.stop().await;
    }
}

db_test! {
    async fn filters_and_parameters_find_users(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(NORTHWIND).await;
        let number = format!("{ENTERPRISE}:employeeNumber eq \"1001\"");
        let by_company = format!("companyId={NORTHWIND}&employeeNumber=1001");
        for (query, ids) in [
            (format!("filter={}", encoded("userName eq \"ANA@northwind.example.com\"")), &[ANA][..]),
            (format!("filter={}", encoded("USERNAME EQ \"ben@northwind.example.com\"")), &[BEN]),
            (format!("filter={}", encoded(&number)), &[ANA]),
            (format!("filter={}", encoded(&format!("id eq \"{BEN}\""))), &[BEN]),
            (format!("filter={}", encoded("emails eq \"off@northwind.example.com\"")), &[OFF]),
            (format!("filter={}", encoded("emails.value eq \"Off@NORTHWIND.example.com\"")), &[OFF]),
            (format!("filter={}", encoded("userName eq \"ben@northwind.example.com\" and emails eq \"BEN@northwind.example.com\"")), &[BEN]),
            (format!("filter={}", encoded("userName eq \"ana@northwind.example.com\" and employeeNumber eq \"1001\"")), &[ANA]),
            (format!("filter={}", encoded("userName eq \"ben@northwind.example.com\" and employeeNumber eq \"1001\"")), &[]),
            (format!("filter={}", encoded("externalId eq \"1\"")), &[]),
            (format!("filter={}", encoded("userName eq \"a\\u0000\"")), &[]),
            ("userName=ben%40northwind.example.com".to_owned(), &[BEN]),
            ("externalId=1".to_owned(), &[]),
            (by_company, &[ANA]),
            (format!("companyId={NORTHWIND}&employeeNumber=7"), &[]),
            ("companyId=x&employeeNumber=1001".to_owned(), &[]),
        ] {
            assert_eq!(found(&app, &token, &query).await, ids, "{query}");
        }
        for (query, scim_type) in [
            (format!("filter={}", encoded("userName co \"ana\"")), "invalidFilter"),
            (format!("filter={}", encoded("title eq \"x\"")), "invalidFilter"),
            ("filter=userName".to_owned(), "invalidFilter"),
            ("employeeNumber=1001".to_owned(), "invalidValue"),
            (format!("companyId={NORTHWIND}"), "invalidValue"),
            ("count=many".to_owned(), "invalidValue"),
            ("startIndex=1.5".to_owned(), "invalidValue"),
            ("count=1&count=2".to_owned(), "invalidValue"),
            ("filter=%zz".to_owned(), "invalidValue"),
        ] {
            let answer = ask(&app.us, &token, &format!("{USERS}?{query}")).await;
            let detail = answer.field("detail");
            assert_eq!((answer.status, answer.json()), (400, json!({
                "schemas": [
                    "urn:ietf:params:scim:api:messages:2.0:Error",
                    "urn:ietf:params:scim:api:messages:concur:2.0:Error"
                ],
                "scimType": scim_type,
                "detail": detail,
                "status": "400",
                "urn:ietf:params:scim:api:messages:concur:2.0:Error": {
                    "messages": [{"code": "INVALID_INPUT", "message": detail, "type": "error"}]
                }
            })), "{query}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn lists_come_in_pages(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(NORTHWIND).await;
        for (query, start, ids) in [
            ("", 1, &[ANA, BEN, OFF, SSO, LATE][..]),
            ("count=2", 1, &[ANA, BEN]),
            ("startIndex=3&count=2", 3, &[OFF, SSO]),
            ("startIndex=5&count=2", 5, &[LATE]),
            ("startIndex=6", 6, &[]),
            ("startIndex=0&count=1", 1, &[ANA]),
            ("startIndex=-5&count=1000000", 1, &[ANA, BEN, OFF, SSO, LATE]),
            ("count=0", 1, &[]),
            ("count=-1", 1, &[]),
            ("startIndex=9223372036854775807", i64::MAX, &[]),
        ] {
            let target = format!("{USERS}/?attributes=id&{query}");
            let answer = ask(&app.us, &token, &target).await;
            let schemas = json!(["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]);
            let users: Vec<_> =
                ids.iter().map(|id| json!({"schemas": schemas, "id": id})).collect();
            assert_eq!((answer.status, answer.json()), (200, json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                "totalResults": 5,
                "startIndex": start,
                "itemsPerPage": ids.len(),
                "Resources": users
            })), "{query}");
        }
        let second = ask(&app.us, &token, &format!("{USERS}?userName=ana@northwind.example.com&startIndex=2")).await;
        assert_eq!(second.json()["totalResults"], 1);
        assert_eq!(second.json()["Resources"], json!([]));
        app.stop().await;
    }
}

/// The attributes of Ana that an answer shows, without `schemas`.
async fn shown(app: &TestApp, scope: &str, query: &str) -> Vec<String> {
    let token = app.token_for(NORTHWIND, scope).await;
    let answer = ask(&app.us, &token, &format!("{USERS}/{ANA}?{query}")).await;
    assert_eq!(answer.status, 200, "{scope}: {}", answer.text());
    let user = answer.json();
    let whole = ana(&app.us);
    let mut names = Vec::new();
    for (name, value) in user.as_object().unwrap() {
        if name != ENTERPRISE {
            assert_eq!(*value, whole[name], "{name}");
        }
        if name != "schemas" {
            names.push(name.clone());
        }
    }
    names
}

db_test! {
    async fn scopes_decide_attribute_by_attribute(place: TestDb) {
        let app = TestApp::start(&place).await;
        let core = ["active", "displayName", "id", "meta", "name", "preferredLanguage"];
        for (scope, names) in [
            ("identity.user.ids.read", &["id", "userName"][..]),
            ("identity.user.core.read", &core),
            ("identity.user.coresensitive.read", &["emails"]),
            ("identity.user.enterprise.read", &[ENTERPRISE]),
            ("identity.user.ids.read identity.user.coresensitive.read",
                &["emails", "id", "userName"]),
        ] {
            assert_eq!(shown(&app, scope, "").await, names, "{scope}");
        }
        let core = "identity.user.core.read";
        assert_eq!(shown(&app, core, "attributes=active,userName").await, ["active", "id"]);
        assert_eq!(shown(&app, core, "attributes=name.familyName").await, ["id", "name"]);
        let fewer = shown(&app, core, "excludedAttributes=meta,Name,preferredLanguage,id").await;
        assert_eq!(fewer, ["active", "displayName", "id"]);

        let token = app.token_for(NORTHWIND, "identity.user.enterprise.read").await;
        let target = format!("{USERS}/{ANA}?attributes={ENTERPRISE}:employeeNumber");
        let user = ask(&app.us, &token, &target).await.json();
        assert_eq!(user[ENTERPRISE], json!({"employeeNumber": "1001"}));
        app.stop().await;
    }
}

db_test! {
    async fn users_themselves_may_not_ask(place: TestDb) {
        let app = TestApp::start(&place).await;
        let ana = app.token(ANA).await;
        for target in [USERS.to_owned(), format!("{USERS}/{ANA}")] {
            let answer = ask(&app.us, &ana, &target).await;
            let detail = "the access token is of a kind that may not call this";
            assert_eq!((answer.status, answer.field("detail").as_str()), (403, detail));
            let none = app.us.get(&target).send().await;
            assert_eq!((none.status, none.header("www-authenticate")), (401, "Bearer"));
        }
        app.stop().await;
    }
}
