//! `/receipts`.

mod access;
mod body;
mod index;
mod link;
mod read;
mod restart;
pub(crate) mod sample;
mod schema;
