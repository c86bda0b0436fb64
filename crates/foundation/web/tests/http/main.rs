//! The kit over real sockets, with raw HTTP/1.1 bytes.

mod limits;
mod ops;
mod requests;
mod shutdown;
mod support;
