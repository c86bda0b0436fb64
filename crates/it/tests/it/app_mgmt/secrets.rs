//! `/app-mgmt/v4/{appId}/secrets`.

use std::time::Duration;

use bursar_testkit::db_test;
use serde_json::{Value, json};

use crate::app::*;
use crate::http::{Answer, Call};

/// CAFE's calls with CAFE's token.
struct Secrets<'a> {
    app: &'a TestApp,
    token: String,
}

impl<'a> Secrets<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let token = app.app_token().await;
        Self { app, token }
    }

    fn call(&self, method: &str, secret: &str) -> Call {
        let path = format!("/app-mgmt/v4/{}/secrets{secret}", CAFE.0);
        let call = self.app.us.call(method, &path);
        call.bearer(&self.token).correlated("mine-5")
    }

    async fn list(&self) -> Value {
        let answer = self.call("GET", "").send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    async fn create(&self) -> (String, String) {
        let answer = self.call("POST", "").send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        (answer.field("id"), answer.field("secret"))
    }

    async fn switch(&self, id: &str, value: &str) -> Answer {
        let patch = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "/status", "value": value}],
        });
        let call = self.call("PATCH", &format!("/{id}"));
        call.json(patch.to_string()).send().await
    }

    async fn delete(&self, id: &str) -> Answer {
        self.call("DELETE", &format!("/{id}")).send().await
    }

    async fn works(&self, secret: &str) -> bool {
        let answer = self.app.own_token((CAFE.0, secret)).await;
        assert!(
            answer.status == 200 || answer.json()["code"] == 64,
            "{}",
            answer.text()
        );
        answer.status == 200
    }
}

fn refused(status: u16, error: &str, description: &str) -> (u16, String) {
    let body = format!(
        "{{\"error\":\"{error}\",\"concur-correlationid\":\"mine-5\",\
         \"error_description\":\"{description}\"}}"
    );
    (status, body)
}

fn said(answer: &Answer) -> (u16, String) {
    (answer.status, answer.text())
}

db_test! {
    async fn an_app_changes_its_secret_without_a_moment_without_one(place: TestDb) {
        let app = TestApp::start(&place).await;
        let secrets = Secrets::of(&app).await;
        let first = CAFE.0;
        let begun = NOW.rfc3339();
        let listed = json!([{"createdAt": begun, "id": first, "status": "Active", "updatedAt": begun}]);
        assert_eq!(secrets.list().await, listed);

        app.clock.advance(Duration::from_secs(1));
        let (id, secret) = secrets.create().await;
        assert_eq!((id.len(), secret.len()), (36, 36));
        let made = app.clock.now().rfc3339();
        assert_eq!(secrets.list().await[1],
            json!({"createdAt": made, "id": id, "status": "Inactive", "updatedAt": made}));
        assert!(!secrets.works(&secret).await, "not before it is active");

        app.clock.advance(Duration::from_secs(1));
        let now = app.clock.now().rfc3339();
        let active = secrets.switch(&id, "active").await;
        let expected = format!(
            "{{\"createdAt\":\"{made}\",\"id\":\"{id}\",\"status\":\"Active\",\"updatedAt\":\"{now}\"}}"
        );
        assert_eq!(said(&active), (200, expected.clone()));
        assert!(secrets.works(&secret).await && secrets.works(CAFE.1).await, "both");
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(said(&secrets.switch(&id, "Active").await), (200, expected), "nothing to do");

        assert_eq!(said(&secrets.delete(first).await), refused(400, "invalid_request",
            "an active secret is not deleted; deactivate it first"));
        assert_eq!(secrets.switch(first, "inactive").await.status, 200);
        assert!(!secrets.works(CAFE.1).await && secrets.works(&secret).await);
        assert_eq!(said(&secrets.switch(&id, "inactive").await), refused(400, "invalid_request",
            "the last active secret stays active; activate another first"));
        assert_eq!(said(&secrets.delete(first).await), (204, String::new()));
        assert_eq!(secrets.list().await.as_array().unwrap().len(), 1);
        app.stop().await;

        // A seed file does not bring a deleted secret back.
        let app = TestApp::start(&place).await;
        assert_eq!(app.own_token(CAFE).await.json()["code"], 64);
        assert_eq!(app.own_token((CAFE.0, &secret)).await.status, 200);
        app.stop().await;
    }
}

db_test! {
    async fn what_is_no_operation_is_refused(place: TestDb) {
        let app = TestApp::start(&place).await;
        let secrets = Secrets::of(&app).await;
        let patch = |schemas: Value, op: &str, path: &str, value: Value| {
            json!({"schemas": schemas, "Operations": [{"op": op, "path": path, "value": value}]})
        };
        let schemas = json!(["urn:ietf:params:scim:api:messages:2.0:PatchOp"]);
        let good = patch(schemas.clone(), "replace", "/status", json!("active"));
        let mut two = good.clone();
        two["Operations"].as_array_mut().unwrap().push(good["Operations"][0].clone());
        let cases = [
            (json!([]), "the body is not a SCIM patch"),
            (json!({"status": "active"}), "the body is not a SCIM patch"),
            (patch(schemas.clone(), "replace", "/status", json!(true)), "the body is not a SCIM patch"),
            (patch(json!([]), "replace", "/status", json!("active")), "schemas"),
            (patch(json!(["other"]), "replace", "/status", json!("active")), "schemas"),
            (two, "Operations has not one entry"),
            (patch(schemas.clone(), "remove", "/status", json!("active")), "op"),
            (patch(schemas.clone(), "replace", "/id", json!("active")), "path"),
            (patch(schemas, "replace", "/status", json!("asleep")), "value"),
        ];
        for (body, what) in cases {
            let call = secrets.call("PATCH", &format!("/{}", CAFE.0));
            let answer = call.json(body.to_string()).send().await;
            let expected = format!("the operation is not understood: {what}");
            assert_eq!(said(&answer), refused(400, "invalid_request", &expected), "{body}");
        }
        let large = secrets.call("PATCH", &format!("/{}", CAFE.0));
        assert_eq!(large.json(vec![b' '; (16 << 10) + 1]).send().await.status, 413);
        for id in [ANA, "x", "%ff", TALLY.0] {
            let none = refused(404, "invalid_request", "there is no such secret");
            assert_eq!(said(&secrets.switch(id, "active").await), none, "{id}");
            assert_eq!(said(&secrets.delete(id).await), none, "{id}");
        }
        for _ in 1..10 {
            secrets.create().await;
        }
        assert_eq!(said(&secrets.call("POST", "").send().await), refused(400, "invalid_request",
            "an app has at most 10 secrets; delete one first"));
        app.stop().await;
    }
}
