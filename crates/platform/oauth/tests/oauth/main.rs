//! The token service over its routers, raw JSON, on both engines.

#![expect(clippy::unwrap_used, reason = "a helper that fails, fails its test")]

mod caller;
mod connection;
mod keys;
mod refresh;
mod start;
mod support;
mod token;
