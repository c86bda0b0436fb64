//! The durable queue on both engines.

mod kit;
mod queue;
mod simulation;
mod workers;
