//! `/oauth2/v0`.

mod geo;
mod jwks;
mod token;
