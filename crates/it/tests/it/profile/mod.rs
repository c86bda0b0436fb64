//! `/profile`.

mod identity;
mod me;
