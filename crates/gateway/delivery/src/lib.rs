//! The outbox of the gateway: a merchant's receipts and quick expenses are accepted durably, and
//! delivered to the platform once, in order for each user.
//!
//! - [`Outbox::accept`] keeps items. A lane is a connection's queue.
//! - [`Deliverer`] sends what is due. It marks an item as being sent before a request leaves; an
//!   item whose request has no known outcome is looked for at the platform before it is sent again.
//! - What the platform refuses, or what has no known outcome and cannot be looked for, is parked
//!   with a reason, and can be replayed.
//! - [`Standing`] and [`Find`] are what people who run it see.
//! - [`routes`] is the HTTP API for the merchant's own systems.
//!
//! Sources: receipts/endpoints.markdown, receipts/response-codes.markdown; the e-receipts and quick
//! expense guide, "Error Handling" and "Error Logging".

mod api;
mod canonical;
mod deliver;
mod keys;
mod lane;
mod lookup;
mod model;
mod outbox;
mod policy;
mod replay;
mod send;
mod store;
mod validate;
mod watch;

pub use api::{Api, openapi, routes};
pub use deliver::Deliverer;
pub use keys::{ApiKeyError, ApiKeys};
pub use model::{Accepted, Fault, Item, ItemType, NewItem, OutboxError, Refused, State};
pub use outbox::{Answer, Outbox};
pub use replay::Replayed;
pub use watch::{Find, Measured, REASON_MAX, Standing, measure};

/// Every SQL statement of this crate, for the test that prepares them on both engines.
pub fn statements() -> Vec<&'static bursar_db::Sql> {
    [
        store::STATEMENTS,
        lane::STATEMENTS,
        replay::STATEMENTS,
        watch::STATEMENTS,
    ]
    .concat()
}
