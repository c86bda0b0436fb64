//! The kit over real sockets, with raw HTTP/1.1 bytes.

#![expect(clippy::unwrap_used, reason = "a helper that fails, fails its test")]

mod limits;
mod linger;
mod multipart;
mod ops;
mod requests;
mod shutdown;
mod support;
