//! Who may call what, and what every answer needs to know of its request.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use bursar_kernel::{Clock, CorrelationId};
use bursar_oauth::{Access, Kind, Refused};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::{ExpenseError, Fault};

/// The product that a company must have bought. Source: v4.quick-expense.md, "Dependencies".
const PRODUCT: Option<&str> = Some("expense");

/// May post quick expenses, and look at those that it has posted.
/// Source: v4.quick-expense.md, "Scope Usage" and "Access Token Usage" (company and user level).
pub(crate) struct Quick;

impl Access for Quick {
    const SCOPES: &'static [&'static str] = &["quickexpense.writeonly"];
    const KINDS: &'static [Kind] = &[Kind::User, Kind::Company];
    const PRODUCT: Option<&'static str> = PRODUCT;
    type Refusal = ExpenseError;

    fn refuse(reason: Refused, parts: &Parts) -> ExpenseError {
        Call::of(parts).refused(Fault::Refused(reason))
    }
}

/// May look up what types of expenses there are.
/// Source: v4.quick-expense.md, "Scope Usage", the optional scope.
pub(crate) struct Configuration;

impl Access for Configuration {
    const SCOPES: &'static [&'static str] = &["CONFIG"];
    // Source: the page speaks of the user in the token. `Inferred:` companies too, since theirs
    // is the configuration, and since quick expenses take their tokens.
    const KINDS: &'static [Kind] = &[Kind::User, Kind::Company];
    const PRODUCT: Option<&'static str> = PRODUCT;
    type Refusal = ExpenseError;

    fn refuse(reason: Refused, parts: &Parts) -> ExpenseError {
        Call::of(parts).refused(Fault::Refused(reason))
    }
}

/// What a refusal repeats of its request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    pub(crate) correlation_id: String,
    pub(crate) path: String,
    pub(crate) at: String,
}

impl Call {
    pub(crate) fn of(parts: &Parts) -> Self {
        let id = parts.extensions.get::<CorrelationId>();
        let clock = parts.extensions.get::<Clock>();
        Self {
            correlation_id: id.map_or_else(String::new, ToString::to_string),
            path: parts.uri.path().to_owned(),
            at: clock.map_or_else(String::new, |clock| clock.now().rfc3339()),
        }
    }

    /// The answer to this request, if this was wrong with it.
    pub(crate) fn refused(self, fault: impl Into<Fault>) -> ExpenseError {
        ExpenseError {
            call: self,
            fault: fault.into(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// The ids in a URL. Escapes that are no text name nothing: 404.
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = ExpenseError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ExpenseError> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(ids)| Self(ids))
            .map_err(|_| Call::of(parts).refused(Fault::NotFound))
    }
}
