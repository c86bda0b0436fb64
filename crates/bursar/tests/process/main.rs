//! The program as its users meet it: a process with flags, files, sockets and signals.
//!
//! Every server listens on free loopback ports, keeps its data in a folder or database of its
//! own, and is killed when its test ends. Where a test waits, it waits for something to be seen,
//! for [`process::PATIENCE`] at most.

#![expect(
    clippy::unwrap_used,
    reason = "tests end where their answer is not what it should be"
)]

mod admin;
mod beside;
mod blackbox;
mod bootstrap;
mod browser;
mod cli;
mod connect;
mod console;
mod demo;
mod doctor;
mod durability;
mod import;
mod legacy;
mod lint;
mod merchant;
mod names;
mod partner;
mod process;
mod shutdown;
mod trace;
