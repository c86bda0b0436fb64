//! The `OpenAPI` document of everything that a data center serves.

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response, Schema, Server,
};

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

/// A body that a refusal may have: its media type, and the name of its schema if it is JSON.
pub type RefusalBody = (&'static str, Option<&'static str>);

/// Completes what a document says of refusals, which the handlers of an API share: each operation
/// may answer those `everywhere`, and those with a request body the ones of `reading`, too.
/// `bodies` tells what stands in each.
pub fn describe_refusals(
    document: &mut OpenApi,
    everywhere: &[StatusCode],
    reading: &[StatusCode],
    bodies: impl Fn(StatusCode) -> &'static [RefusalBody],
) {
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let reads = operation.request_body.is_some();
        let reading = reading.iter().filter(|_| reads);
        let responses = &mut operation.responses.responses;
        for status in everywhere.iter().chain(reading) {
            let reason = status.canonical_reason().unwrap_or_default();
            responses
                .entry(status.as_str().to_owned())
                .or_insert_with(|| Response::new(reason).into());
        }
        for (status, response) in responses {
            let status = status.parse::<StatusCode>().ok();
            let status = status.filter(|status| !status.is_success());
            if let (Some(status), RefOr::T(response)) = (status, response)
                && response.content.is_empty()
            {
                for (media_type, schema) in bodies(status) {
                    let schema =
                        schema.map_or_else(text, |name| Ref::from_schema_name(name).into());
                    let content = ContentBuilder::new().schema(Some(schema)).build();
                    response
                        .content
                        .insert((*media_type).to_owned(), content.into());
                }
            }
        }
    }
}

fn text() -> RefOr<Schema> {
    Schema::Object(Object::with_type(Type::String)).into()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let all = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
    ];
    all.into_iter().flatten()
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
