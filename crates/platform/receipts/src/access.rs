//! Who may call what. Source: receipts/response-codes.markdown (403) and
//! authentication/scopes.markdown, "List of v4 Actions".

use bursar_oauth::{Access, Kind, Refused};
use http::request::Parts;

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
