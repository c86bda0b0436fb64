//! What a router serves is in the `OpenAPI` document, which `coverage.rs` goes by.

use std::collections::BTreeSet;

use serde_json::Value;

/// A slice's route source, and its document.
type Slice = (&'static str, fn() -> Value);

/// Slices whose routes are written out one by one. Those of `profile` are spellings of three.
const SLICES: [Slice; 3] = [
    (include_str!("../../../platform/expense/src/lib.rs"), || {
        serde_json::to_value(bursar_expense::openapi()).unwrap()
    }),
    (include_str!("../../../platform/oauth/src/lib.rs"), || {
        serde_json::to_value(bursar_oauth::openapi()).unwrap()
    }),
    (
        include_str!("../../../platform/receipts/src/lib.rs"),
        || serde_json::to_value(bursar_receipts::openapi()).unwrap(),
    ),
];

/// The same as `GET /receipts/`, which is documented.
const ALIAS: &str = "get /receipts/v4";

/// `method path` of each handler; a slash at the end is another spelling.
fn served(source: &str) -> BTreeSet<String> {
    let routes = source.split(".route(").skip(1);
    let operations = routes.flat_map(|route| {
        let route = route.split(".with_state(").next().unwrap();
        let path = route.split('"').nth(1).unwrap().trim_end_matches('/');
        let methods = ["get", "post", "put", "patch", "delete"].into_iter();
        let used = methods.filter(move |method| route.contains(&format!("{method}(")));
        used.map(move |method| format!("{method} {path}"))
    });
    operations.collect()
}

fn documented(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, operations)| {
        let methods = operations.as_object().unwrap().keys();
        let path = path.trim_end_matches('/');
        methods.map(move |method| format!("{method} {path}"))
    });
    operations.collect()
}

#[test]
fn every_route_is_documented() {
    for (source, document) in SLICES {
        let mut served = served(source);
        served.remove(ALIAS);
        assert!(served.len() > 3, "{served:?}");
        assert_eq!(served, documented(&document()));
    }
}
