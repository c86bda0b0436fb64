//! Stub.

pub mod render;
