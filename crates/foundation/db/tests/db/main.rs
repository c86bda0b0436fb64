//! The storage core on both engines.

#![expect(
    clippy::unwrap_used,
    reason = "tests end where their answer is not what it should be"
)]

mod commit_lost;
mod contention;
mod migrations;
mod operations;
mod start;
