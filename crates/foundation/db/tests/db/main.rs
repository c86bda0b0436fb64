//! The storage core on both engines.

mod commit_lost;
mod contention;
mod migrations;
mod operations;
mod start;
