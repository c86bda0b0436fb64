//! What operators and tools ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::get;
use bursar_web::{Metrics, Readiness, openapi_router, ops_router};
use serde_json::{Value, json};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ComponentsBuilder, OpenApi, OpenApiBuilder, PathsBuilder};

use crate::support::{Server, body, field, status};

fn json_of(answer: &str) -> Value {
    serde_json::from_str(body(answer)).unwrap()
}

#[tokio::test]
async fn ready_follows_its_checks_and_health_does_not() {
    let migrated = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&migrated);
    let readiness = Readiness::default()
        .check("database", || async { Ok(()) })
        .check("migrations", move || {
            let done = flag.load(Ordering::SeqCst);
            async move {
                if done {
                    Ok(())
                } else {
                    Err("2 are pending".to_owned())
                }
            }
        });
    let server = Server::start(ops_router(readiness, Metrics::install())).await;

    let answer = server.get("/ready", "").await;
    assert_eq!(status(&answer), 503);
    let checks = json!({"database": "ok", "migrations": "2 are pending"});
    assert_eq!(
        json_of(&answer),
        json!({"status": "unavailable", "checks": checks})
    );
    assert_eq!(
        json_of(&server.get("/health", "").await),
        json!({"status": "ok"})
    );

    migrated.store(true, Ordering::SeqCst);
    let answer = server.get("/ready", "").await;
    assert_eq!(status(&answer), 200);
    let checks = json!({"database": "ok", "migrations": "ok"});
    assert_eq!(json_of(&answer), json!({"status": "ok", "checks": checks}));
}

#[tokio::test]
async fn metrics_count_requests_by_route() {
    let routes = ops_router(Readiness::default(), Metrics::install())
        .route("/things/{id}", get(|| async { "thing" }));
    let server = Server::start(routes).await;
    server.get("/things/hidden", "").await;
    server.get("/nowhere/hidden", "").await;
    let answer = server.get("/metrics", "").await;
    assert_eq!(
        field(&answer, "content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let text = body(&answer);
    for line in [
        r#"http_request_duration_seconds_count{method="GET",route="/things/{id}",status="2xx"} 1"#,
        r#"http_request_duration_seconds_bucket{method="GET",route="/things/{id}",status="2xx",le="30"} 1"#,
        r#"status="4xx""#,
        "http_connections",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert!(!text.contains("hidden"), "{text}");
}

fn document(path: &str, schema: Type) -> OpenApi {
    let operation = OperationBuilder::new().summary(Some(path)).build();
    let paths = PathsBuilder::new()
        .path(path, PathItem::new(HttpMethod::Get, operation))
        .build();
    let schema = ObjectBuilder::new().schema_type(schema).build();
    let components = ComponentsBuilder::new().schema("Shared", schema).build();
    OpenApiBuilder::new()
        .paths(paths)
        .components(Some(components))
        .build()
}

#[tokio::test]
async fn the_slices_documents_are_served_as_one() {
    let documents = [
        document("/receipts", Type::Object),
        document("/expenses", Type::Object),
    ];
    let router: Router = openapi_router("1.2.3", documents);
    let server = Server::start(router).await;
    let answer = server.get("/openapi.json", "").await;
    assert_eq!(field(&answer, "content-type"), Some("application/json"));
    let document = json_of(&answer);
    assert_eq!(document["info"]["version"], "1.2.3");
    assert_eq!(document["servers"], json!([{"url": "https://us.test"}]));
    for path in ["/receipts", "/expenses"] {
        assert_eq!(document["paths"][path]["get"]["summary"], path);
    }
}

#[test]
#[should_panic(expected = "two slices describe different schemas named Shared")]
fn documents_that_disagree_are_refused() {
    let documents = [
        document("/receipts", Type::Object),
        document("/expenses", Type::String),
    ];
    let _: Router = openapi_router("1.2.3", documents);
}
