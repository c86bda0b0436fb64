//! Values that every part of Bursar shares: the clock, chance, ids, correlation ids, exact
//! decimals.
//!
//! Nothing here does IO. Time and chance are parameters everywhere else; lints in
//! `clippy.toml` forbid the other ways to get them.

mod clock;
mod correlation;
mod decimal;
mod id;
mod rng;

pub use clock::{Clock, Micros};
pub use correlation::CorrelationId;
pub use decimal::Decimal;
pub use id::{IdError, hex32, uuid_from_text};
pub use rng::Rng;
pub use uuid::Uuid;
