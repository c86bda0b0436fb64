//! Operations on `SQLite` or `PostgreSQL`, with one SQL text for both.
//!
//! The only crate that names an engine. An *operation* is a closure over `&mut Tx` and its
//! arguments, written once and re-runnable: parsing, validation and hashing happen before it, and
//! its side effects are jobs enqueued inside it. [`Db::write`] runs it whole: either all of it is
//! durable when the answer comes, or none of it happened.
//!
//! ```
//! use bursar_db::{Db, DbError, Isolation, args, statements};
//! statements! {
//!     TAKE = "UPDATE fund SET held = held + $1 WHERE id = $2 AND total - held >= $1";
//! }
//! async fn take(db: &Db, fund: i64, amount: i64) -> Result<bool, DbError> {
//!     db.write(Isolation::Serializable, (fund, amount), |tx, &(fund, amount)| {
//!         Box::pin(async move { Ok(tx.execute(&TAKE, args![amount, fund]).await? == 1) })
//!     })
//!     .await
//! }
//! ```
//!
//! Quirks worth knowing: on `SQLite` an operation never suspends (it runs on the writer's thread
//! and is polled once), so it must await nothing but its `Tx`. On `PostgreSQL` it may run several
//! times. Decisions: `docs/decisions/0001` (one SQL text), `0003` (how a lost COMMIT is resolved).

mod database;
mod error;
mod folder;
mod location;
mod migrate;
mod operation;
mod postgres;
mod sql;
mod sqlite;
mod tx;
mod value;

pub use database::{Db, Isolation, Options};
pub use error::{DbError, OpenError};
pub use folder::create_folder;
pub use location::Location;
pub use migrate::{MIGRATIONS, Migration};
#[cfg(feature = "failpoints")]
pub use operation::{Failpoint, Failpoints};
pub use sql::Sql;
pub use tx::Tx;
pub use value::{Cell, FromCell, Row, Value};

/// The version of the linked SQLite.
pub const SQLITE_VERSION: &str = match rusqlite::ffi::SQLITE_VERSION.to_str() {
    Ok(version) => version,
    Err(_) => "unknown",
};

/// What an operation returns: a boxed future that borrows its transaction and arguments.
pub type BoxFuture<'t, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 't>>;
