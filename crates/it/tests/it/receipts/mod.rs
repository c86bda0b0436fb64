//! `/receipts`.

mod access;
mod body;
mod image;
mod image_only;
mod index;
mod link;
mod picture;
mod read;
mod restart;
pub(crate) mod sample;
mod schema;
mod strict;
