//! The partner's connections with a platform: who of a merchant's users is whom there, the tokens
//! that act for them, and the log of every call.
//!
//! - [`Vault`] keeps refresh tokens sealed, hands out access tokens, and never loses one: a token
//!   that the platform gave is durable before anything uses it, however many tasks and processes
//!   refresh at once, and wherever one of them dies.
//! - [`calls`] is the log that certification asks for.
//! - [`Standing`] and [`Detail`] are what people who run the gateway see.
//! - [`Inactive`] ends the connections of users who are long inactive, and were warned.
//! - [`pages`] are where the merchant's users connect.
//!
//! An *app* is a merchant's app at the platform, for development or for production; every row
//! belongs to one, and nothing crosses from one to another.
//!
//! Sources: the e-receipts recipe and the e-receipts and quick expense guide, "Token Management";
//! api-guides/e-receipts-certification.markdown.

mod apps;
pub mod calls;
mod connect;
mod inactive;
mod keep_alive;
mod model;
mod openid;
pub mod pages;
mod refresh;
mod reseal;
mod retention;
mod revoke;
mod store;
mod vault;
mod watch;

pub use apps::{App, Apps, Brand, Environment};
pub use connect::ConnectError;
pub use inactive::{Inactive, InactiveLimits};
pub use keep_alive::KeepAlive;
pub use model::{Account, Connected, Connection, ConnectionState, Kind, NewAccount};
pub use openid::{OpenId, OpenIdApp, OpenIdError, TokenError, is_safe_address};
pub use reseal::Sealing;
pub use retention::forget_calls;
pub use revoke::Revoke;
pub use vault::{Access, AccessError, Vault};
pub use watch::{Detail, FAILING_AMONG, Of, Standing};

/// Every SQL statement of this crate, for the test that prepares them on both engines.
pub fn statements() -> Vec<&'static bursar_db::Sql> {
    let calls = calls::sql();
    [
        store::STATEMENTS,
        &calls,
        watch::STATEMENTS,
        inactive::store::STATEMENTS,
        &pages::statements(),
    ]
    .concat()
}
