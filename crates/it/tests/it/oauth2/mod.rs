//! `/oauth2/v0`.

mod authorize;
mod geo;
mod jwks;
mod otp;
mod token;
