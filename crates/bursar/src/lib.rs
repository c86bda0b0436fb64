//! The program's parts put together: configuration, wiring, serving.
//!
//! The binary is a thin front; tests start the same [`Platform`] that it does.

pub mod config;
mod platform;
mod secret;

pub use platform::{Platform, StartError};
