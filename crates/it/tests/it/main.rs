//! The platform as its callers see it: over TCP, raw bytes in and raw bytes out, on both engines.
//!
//! Folders mirror URLs. [`app`] starts a platform for each test, [`http`] speaks to it.

mod app;
mod coverage;
mod expenses;
mod http;
mod oauth2;
mod operations;
mod receipts;
mod signin;
mod statements;
