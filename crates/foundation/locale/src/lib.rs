//! Texts by language, and numbers, dates and countries by locale.
//!
//! [`Catalogue`] holds the messages of one language. [`formats`] writes for a glance, as pages do:
//! times to the minute, amounts filled up to the currency's digits. [`Exact`] writes for the
//! record, as receipts do: nothing is added, rounded or left out.

mod catalogue;
mod exact;
pub mod formats;

pub use catalogue::Catalogue;
pub use exact::Exact;
pub use fluent_bundle::{FluentArgs, FluentValue};
