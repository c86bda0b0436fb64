//! The sandbox: seeded companies, and the demo that plays the main job on them.
//!
//! Nothing here touches a store: the demo is a client like any other, over TCP.

pub mod cast;
pub mod demo;
mod timeline;

/// The companies, people and apps of the sandbox.
pub const SEED: &str = include_str!("../../../seeds/sandbox.toml");
/// The general e-receipt of the integration guide: a booking fee with a line item.
pub const BOOKING_FEE: &str = include_str!("../../../seeds/receipts/booking-fee.json");
/// The general e-receipt of the integration guide that has a tax id.
pub const TAX_ID: &str = include_str!("../../../seeds/receipts/tax-id.json");
