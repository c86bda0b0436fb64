//! `/receipts`.

mod access;
mod body;
mod index;
mod link;
mod read;
mod sample;
mod schema;
