//! The platform as its callers see it: over TCP, raw bytes in and raw bytes out, on both engines.
//!
//! Folders mirror URLs. [`app`] starts a platform for each test, [`http`] speaks to it.

#![expect(
    clippy::unwrap_used,
    reason = "tests end where their answer is not what it should be"
)]

mod admin;
mod app;
mod app_mgmt;
mod apps;
mod coverage;
mod expenses;
mod expenses_before;
mod expenses_own;
mod expenses_search;
mod forged;
mod gateway;
mod http;
mod moving;
mod oauth2;
mod operations;
mod operator;
mod partner;
mod partner_apps;
mod partner_secrets;
mod password;
mod people;
mod pictures;
mod profile;
mod quick_expense;
mod receipts;
mod routes;
mod signin;
mod signin_link;
mod statements;
mod sweep;
mod vault;
