//! Who is on the platform and where: data centers, companies with their edition and products,
//! users with their passwords.
//!
//! Other slices read through [`api`]; pages and grants that take a password call [`sign_in()`].
//! Companies and users come from a seed file ([`seed()`]) or, in a new installation, from the
//! configuration ([`bootstrap()`]).
//!
//! Quirks: user names are unique over the whole platform and their case does not matter. A
//! company lives in one data center, and a few are hosted in a second one too; nobody lives in the
//! global zone. A company moves by [`api::move_company`], which changes one row.

pub mod api;
mod audit;
mod bootstrap;
mod change_password;
mod data_centers;
mod email;
mod model;
mod seed;
mod sign_in;
mod store;

pub use audit::{Audited, Decision, Stamp};
pub use bootstrap::{Bootstrap, BootstrapError, Created, any_company, bootstrap};
pub use bursar_secrets::{PASSWORD_MIN, PasswordError, Passwords};
pub use change_password::{ChangePasswordError, PasswordChange, change_password};
pub use data_centers::{DataCenters, DataCentersError, GLOBAL_ZONE};
pub use email::EmailKey;
pub use model::{
    Company, Edition, Finder, Listed, Member, Move, Products, Role, Roles, User, UserState,
};
pub use seed::{Seed, SeedError, seed};
pub use sign_in::{ATTEMPTS_MAX, LOCKED_FOR, SignInError, sign_in};

/// Every SQL statement of this slice, for the test that prepares them on both engines.
pub fn statements() -> Vec<&'static bursar_db::Sql> {
    [store::STATEMENTS, store::email::STATEMENTS].concat()
}
