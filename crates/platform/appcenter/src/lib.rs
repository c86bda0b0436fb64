//! The App Center: where people find apps and connect them, and where partners list theirs.
//!
//! Sources: the e-receipts integration guide ("Connect from the App Center"), the funds management
//! guide ("Activation / Connection"), api-reference/authentication/company-auth.markdown, and
//! manage-apps/ (registration, certification, the App Center's questions and answers). The pages
//! that show it are the console's; there is no API.
//!
//! A *listing* stands for a partner's product. Behind it stand two apps, each with credentials and
//! a landing page of its own: the *development* app, which the deep link connects as soon as it is
//! there, and the *production* app, which everybody connects once the listing is certified and
//! released in their region.
//!
//! - [`AppCenter`] is the state; its methods are the operations, one for each thing that somebody
//!   decides. Every decision leaves an entry in the audit log of the company it is about.
//! - [`api`] is what pages read.
//! - [`Texts`], [`Settings`] and [`Entry`] read what people type, and name each fault by its field.

mod addresses;
pub mod api;
mod connect;
mod error;
mod fields;
mod lead;
mod logo;
mod model;
mod partner;
mod review;
mod secrets;
mod seed;
mod state;
mod store;

pub use connect::ConnectError;
pub use error::{ActError, Part};
pub use fields::{Entry, EntryForm, Fault, Faults, Settings, SettingsForm, Texts, TextsForm, Urls};
pub use lead::PartnerPages;
pub use logo::{LOGO_MAX, LogoError};
pub use model::{
    Block, Card, CompanyApps, Kind, Listing, OwnApp, Person, Release, Reviewed, Stage, StageApp,
    State, View, today,
};
pub use partner::Created;
pub use secrets::SecretChange;
pub use seed::seed;
pub use state::AppCenter;

/// Every SQL statement of this slice, for the test that prepares them on both engines.
pub fn statements() -> &'static [&'static bursar_db::Sql] {
    store::STATEMENTS
}
