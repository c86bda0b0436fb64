//! Which documented rules are enforced where others are taken too.

use bursar_web::{Strict, UnknownSwitch};
use serde::Deserialize;

/// `strict` in the file: `"all"`, or a list of ids.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "strict is \"all\" or a list of ids of docs/behaviours.md"
)]
pub(super) enum StrictNames {
    One(String),
    Several(Vec<String>),
}

impl StrictNames {
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name],
            Self::Several(names) => names,
        }
    }
}

/// Every switch: the ids of the rows of `docs/behaviours.md` that have one.
pub fn switches() -> Vec<&'static str> {
    [
        &bursar_receipts::schema::SWITCHES[..],
        &bursar_expense::SWITCHES,
    ]
    .concat()
}

/// The switches of these names; none where nobody named any.
pub fn strict(names: Option<&[String]>) -> Result<Strict, UnknownSwitch> {
    Strict::of(&switches(), names.unwrap_or_default())
}
