//! The durable queue on both engines.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod kit;
mod queue;
mod simulation;
mod workers;
