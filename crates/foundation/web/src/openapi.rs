//! The `OpenAPI` document of everything that a data center serves.

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, Server};

use crate::DataCenter;

/// Serves `/openapi.json`: the slices' documents as one, with the data center's address.
///
/// # Panics
/// When two documents give one schema name or one operation different meanings: at start, before
/// anyone reads a wrong document.
pub fn openapi_router(
    data_center: &DataCenter,
    version: &str,
    documents: impl IntoIterator<Item = OpenApi>,
) -> Router {
    let info = InfoBuilder::new().title("Bursar").version(version).build();
    let server = Server::new(data_center.base_uri());
    let empty = OpenApiBuilder::new()
        .info(info)
        .servers(Some([server]))
        .build();
    let merged = documents.into_iter().fold(empty, merge);
    let json = Bytes::from(merged.to_json().expect("a document is plain JSON"));
    let serve = async move || ([(CONTENT_TYPE, "application/json")], json.clone());
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
