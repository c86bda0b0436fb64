//! What every server-rendered page is made of, whichever program serves it.
//!
//! - [`Frame`] is what surrounds a page. A page is a struct with a field `frame` and a template
//!   that extends this crate's `frame.html`; for that a crate names this crate's templates behind
//!   its own in `askama.toml`. Its navigation and its footer are its own.
//! - [`Catalogues`] are a crate's texts with this crate's, and [`Messages`] says them to one
//!   reader.
//! - [`Assets`] are style sheet and icon; a crate's own rules follow those of all pages.
//! - [`ErrorPage`] stands where a page cannot be, and [`Field`] is one field of a form.
//! - [`respond`] adds the headers that every page needs.
//! - [`session`] holds cookies and the checks against forged requests, [`form`] reads forms.
//! - [`json_text`] lays JSON out for reading.
//! - [`check`] knows what holds for every page, for tests.
//!
//! Pages need no JavaScript. Somebody signs in at `/signin` and out at `/signout`, below the
//! frame's base.

mod assets;
pub mod check;
mod error;
mod field;
pub mod form;
mod frame;
pub mod json_text;
mod messages;
pub mod respond;
pub mod session;

pub use assets::{Asset, Assets};
pub use bursar_locale::FluentValue;
pub use error::{ErrorKind, ErrorPage};
pub use field::Field;
pub use frame::{Frame, Link, SignedIn};
pub use messages::{Catalogues, Messages};

#[cfg(test)]
mod samples;
