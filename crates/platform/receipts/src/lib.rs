//! Stub.

pub mod json;
pub mod link;
pub mod schema;
