//! Who decided what: the log that nobody can change.

use bursar_kernel::{Micros, Rng, Uuid};
use serde_json::Value;

/// Who decides, and when: drawn before the operation that the entry is about, so that a repeated
/// run writes the same entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    pub(crate) id: Uuid,
    pub(crate) at: Micros,
    pub(crate) actor: Uuid,
}

impl Stamp {
    /// For one entry by the user `actor`.
    pub fn draw(rng: &Rng, at: Micros, actor: Uuid) -> Self {
        let id = rng.uuid_at(at);
        Self { id, at, actor }
    }

    /// For one entry by whoever runs the server's commands: no user of the platform.
    pub fn draw_for_server(rng: &Rng, at: Micros) -> Self {
        Self::draw(rng, at, Uuid::nil())
    }

    /// When.
    pub fn at(&self) -> Micros {
        self.at
    }
}

/// What was decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision<'a> {
    /// Whose log it stands in: the company that it is about.
    pub company_id: &'a Uuid,
    /// What was done: `listing.certify`, `app.enable`, …
    pub action: &'static str,
    /// To what, by name.
    pub subject: &'a str,
    /// More, as JSON. Never a secret.
    pub details: Value,
}

/// An entry as readers see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audited {
    /// Its id; ids grow with time.
    pub id: Uuid,
    /// Whose log it stands in.
    pub company_id: Uuid,
    /// That company's name.
    pub company_name: String,
    /// When.
    pub at: Micros,
    /// Who did it, by user name; empty for the server's command line.
    pub actor_name: String,
    /// What was done.
    pub action: String,
    /// To what, by name.
    pub subject: String,
    /// JSON.
    pub details: String,
}
