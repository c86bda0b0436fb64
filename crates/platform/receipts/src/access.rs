//! Who may call what. Source: receipts/response-codes.markdown (403) and
//! authentication/scopes.markdown, "List of v4 Actions".

use axum::extract::{FromRequestParts, Path};
use bursar_oauth::{Access, Kind, Refused};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::{ReceiptsError, Refusal};

/// The product that a company must have bought. `Inferred:` receipts feed its expenses.
const PRODUCT: Option<&str> = Some("expense");

/// May read receipts.
pub(crate) struct Read;

impl Access for Read {
    const SCOPES: &'static [&'static str] = &["receipts.read", "receipts.write"];
    const KINDS: &'static [Kind] = &[Kind::User, Kind::Company];
    const PRODUCT: Option<&'static str> = PRODUCT;
    type Refusal = ReceiptsError;

    fn refuse(reason: Refused, parts: &Parts) -> ReceiptsError {
        Refusal::new(reason, parts).into()
    }
}

/// May post receipts.
pub(crate) struct Write;

impl Access for Write {
    const SCOPES: &'static [&'static str] = &["receipts.write", "receipts.writeonly"];
    const KINDS: &'static [Kind] = &[Kind::User, Kind::Company];
    const PRODUCT: Option<&'static str> = PRODUCT;
    type Refusal = ReceiptsError;

    fn refuse(reason: Refused, parts: &Parts) -> ReceiptsError {
        Refusal::new(reason, parts).into()
    }
}

/// May do anything here: the index, the schemas, and the status of what it posted.
pub(crate) struct Any;

impl Access for Any {
    const SCOPES: &'static [&'static str] =
        &["receipts.read", "receipts.write", "receipts.writeonly"];
    const KINDS: &'static [Kind] = &[Kind::User, Kind::Company];
    const PRODUCT: Option<&'static str> = PRODUCT;
    type Refusal = ReceiptsError;

    fn refuse(reason: Refused, parts: &Parts) -> ReceiptsError {
        Refusal::new(reason, parts).into()
    }
}

/// The ids in a URL. Escapes that are no text name nothing: 404.
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = ReceiptsError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ReceiptsError> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(ids)| Self(ids))
            .map_err(|_| ReceiptsError::NotFound)
    }
}
