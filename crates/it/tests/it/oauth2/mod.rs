//! `/oauth2/v0`.

mod authorize;
mod bad_input;
mod geo;
mod jwks;
pub(crate) mod otp;
mod otp_addresses;
mod token;
mod turned_off;
