//! The token service over its routers, raw JSON, on both engines.

mod caller;
mod refresh;
mod start;
mod support;
mod token;
