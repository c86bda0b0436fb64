//! How much a caller may take.

use std::time::Duration;

/// Our own limits on connections and requests; a body's size is limited where it is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections per listener; more wait in the system's queue.
    pub connections: usize,
    /// Bytes of a request's line and header fields; more are answered 431.
    pub header_bytes: usize,
    /// Time for a request's header, from the start of the wait for it. So it bounds both a slow
    /// header and an idle connection; then the connection is closed.
    pub header_time: Duration,
    /// Time for a request's body once it is read; for an upload, time without any progress. Then
    /// [`BodyError::TooSlow`](crate::BodyError). Also how long we listen to a body that nobody
    /// reads.
    pub body_time: Duration,
    /// Time for a whole upload; then [`BodyError::TooSlow`](crate::BodyError). Choice: 25 MB come
    /// in ten minutes over 350 kbit/s.
    pub upload_time: Duration,
    /// Time for a handler, reading the body included; then 503. An upload's begins anew with each
    /// progress.
    pub request_time: Duration,
    /// Time without any progress while an answer is sent; then the connection is closed.
    pub write_time: Duration,
    /// Time that accepted requests get at shutdown; then their connections are closed.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            header_bytes: 32 * 1024,
            header_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            upload_time: Duration::from_mins(10),
            request_time: Duration::from_mins(1),
            write_time: Duration::from_secs(30),
            drain_time: Duration::from_secs(25),
        }
    }
}
