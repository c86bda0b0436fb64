//! The `OpenAPI` document of everything that a data center serves.

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use http::header::CONTENT_TYPE;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, Server};

use crate::DataCenter;

/// Stands in the text where each data center puts its address.
const ADDRESS: &str = "{address}";

/// Serves `/openapi.json`: the slices' documents as one, with the data center's address.
///
/// # Panics
/// When two documents give one schema name or one operation different meanings: at start, before
/// anyone reads a wrong document.
pub fn openapi_router(version: &str, documents: impl IntoIterator<Item = OpenApi>) -> Router {
    let info = InfoBuilder::new().title("Bursar").version(version).build();
    let empty = OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new(ADDRESS)]))
        .build();
    let merged = documents.into_iter().fold(empty, merge);
    let json = merged.to_json().expect("a document is plain JSON");
    let json: Arc<str> = json.into();
    let serve = async move |Extension(here): Extension<Arc<DataCenter>>| {
        // The first is that of the servers, which stand before all paths and schemas.
        let json = json.replacen(ADDRESS, here.base_uri(), 1);
        ([(CONTENT_TYPE, "application/json")], json)
    };
    Router::new().route("/openapi.json", get(serve))
}

/// utoipa's own merge drops the second of two schemas with one name.
fn merge(mut all: OpenApi, one: OpenApi) -> OpenApi {
    if let (Some(all), Some(one)) = (&all.components, &one.components) {
        for (name, schema) in &one.schemas {
            let same = all.schemas.get(name).is_none_or(|known| known == schema);
            assert!(same, "two slices describe different schemas named {name}");
        }
    }
    all.merge(one);
    all
}
