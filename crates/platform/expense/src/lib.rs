//! Expenses: what a traveller can put into a report, from whatever source it came.
//!
//! A sink: receipts (and later cards and quick expenses) write here through [`api`] inside their
//! own operations, and are never called back. No HTTP API of its own yet; the console shows it.

pub mod api;
mod model;
mod store;

pub use model::{AvailableExpense, ExpenseType, NewAvailableExpense, Source};

/// Every SQL statement of this slice, for the test that prepares them on both engines.
pub fn statements() -> &'static [&'static bursar_db::Sql] {
    store::STATEMENTS
}
