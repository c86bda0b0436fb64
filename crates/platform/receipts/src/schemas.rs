//! `GET /receipts/schemas` and `GET /receipts/schemas/{schemaId}`.
//! Source: receipts/endpoints.markdown, "Schemas".

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use bursar_oauth::Caller;
use bursar_web::DataCenter;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ReceiptsState;
use crate::access::{Any, Named};
use crate::error::ReceiptsError;
use crate::schema::{ReceiptType, SchemaDocument, document, receipt_schemas, supporting_schemas};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaIndex {
    receipt_schemas: Vec<SchemaLink>,
    supporting_schemas: Vec<SchemaLink>,
}

#[derive(Serialize, ToSchema)]
struct SchemaLink {
    rel: &'static str,
    method: &'static str,
    href: String,
}

/// The schemas of receipt types, and those that they share.
#[utoipa::path(get, path = "/receipts/schemas", tag = "Receipts v4",
    responses((status = 200, body = SchemaIndex), (status = 403)))]
pub(crate) async fn list_schemas(
    State(state): State<ReceiptsState>,
    _caller: Caller<Any>,
    Extension(data_center): Extension<Arc<DataCenter>>,
) -> Json<SchemaIndex> {
    let link = |schema: &SchemaDocument| SchemaLink {
        rel: schema.uri,
        method: "GET",
        href: data_center.api_url(&format!("/receipts/schemas/{}", schema.name)),
    };
    Json(SchemaIndex {
        receipt_schemas: receipt_schemas()
            .iter()
            .filter(|schema| state.serves(schema))
            .map(link)
            .collect(),
        supporting_schemas: supporting_schemas().iter().map(link).collect(),
    })
}

/// One schema, as JSON Schema: what is enforced here.
#[utoipa::path(get, path = "/receipts/schemas/{schemaId}", tag = "Receipts v4",
    params(("schemaId" = String, Path, description = "As general-receipt.schema.json")),
    responses((status = 200, body = Object), (status = 403), (status = 404)))]
pub(crate) async fn get_schema(
    State(state): State<ReceiptsState>,
    _caller: Caller<Any>,
    Named(schema_id): Named<String>,
) -> Result<impl IntoResponse, ReceiptsError> {
    let schema = document(&schema_id)
        .filter(|schema| state.serves(schema))
        .ok_or(ReceiptsError::NotFound)?;
    let text = state.validators.text(schema);
    Ok(([(CONTENT_TYPE, "application/json")], text))
}

impl ReceiptsState {
    /// All but the schemas of types that are not taken.
    fn serves(&self, schema: &SchemaDocument) -> bool {
        ReceiptType::from_uri(schema.uri).is_none_or(|of| self.validators.takes(of))
    }
}
