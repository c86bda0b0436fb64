//! The gateway before a platform.

mod connect;
mod connect_forged;
mod connect_refused;
mod connect_site;
