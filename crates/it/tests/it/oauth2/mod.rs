//! `/oauth2/v0`.

mod jwks;
mod token;
