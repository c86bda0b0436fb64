//! `/oauth2/v0`.

mod authorize;
mod jwks;
mod otp;
mod token;
