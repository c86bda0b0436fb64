//! `/app-mgmt`, and `/appmgmt` of the time before.

mod connections;
mod legacy;
mod secrets;
