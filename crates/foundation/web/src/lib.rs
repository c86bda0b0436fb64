//! The HTTP kit that every slice stands on. It knows no database and no slice.
//!
//! The binary builds one [`Router`](axum::Router), wraps it with [`edge()`], and hands it to
//! [`serve()`] behind a [`Door`] for each data center:
//!
//! - [`edge()`] gives every answer its correlation id, access log line and metrics, and turns
//!   panics into 500 and slow handlers into 503. Handlers find `Arc<DataCenter>` (from the door)
//!   and `CorrelationId` as request extensions.
//! - [`RawBody`], [`Form`], [`Multipart`], [`json::parse`] and [`bearer()`] read requests within
//!   limits.
//! - [`WireError`] lets a slice answer errors in its own documented shape.
//! - [`Strict`] tells which documented rules hold where a slice is lenient by default.
//! - [`DataCenter`] builds every absolute URL that leaves the platform.
//! - [`ops_router`], [`openapi_router`] and [`page_headers`] are the parts every listener shares.
//!
//! An answer to bytes that are no request (400) or whose header is too large (431) is written by
//! the HTTP library before a request exists: it alone carries no correlation id.

mod bearer;
mod body;
mod data_center;
mod edge;
mod error;
mod form;
pub mod json;
mod limits;
mod linger;
mod logging;
mod multipart;
mod openapi;
mod ops;
mod page;
mod serve;
mod strict;
mod telemetry;
mod times;

pub use bearer::{BearerError, bearer};
pub use body::{BodyError, ContentType, RawBody};
pub use data_center::{DataCenter, DataCenterError};
pub use edge::edge;
pub use error::{Kind, WireBody, WireError};
pub use form::{Form, FormError, encode_form};
pub use limits::Limits;
pub use logging::{LogFormat, LoggingError, check_log_filter, init_logging};
pub use multipart::{Multipart, Part};
pub use openapi::{RefusalBody, describe_refusals, openapi_router};
pub use ops::{Readiness, ops_router};
pub use page::page_headers;
pub use serve::{Door, serve};
pub use strict::{Strict, UnknownSwitch};
pub use telemetry::Metrics;
