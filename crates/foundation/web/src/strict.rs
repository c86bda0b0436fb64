//! Which documented rules hold where Bursar is lenient unless somebody asks for them.

use std::collections::BTreeSet;

/// What stands for every switch.
const ALL: &str = "all";

/// The switches that are on: rows of `docs/behaviours.md`, by their ids.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Strict(BTreeSet<&'static str>);

/// There is no switch of this name.
#[derive(Debug, thiserror::Error)]
#[error("there is no switch {name:?}; there are: all, {known}")]
pub struct UnknownSwitch {
    name: String,
    known: String,
}

impl Strict {
    /// The switches of these names; `all` stands for every known one.
    pub fn of(
        known: &[&'static str],
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, UnknownSwitch> {
        let mut on = BTreeSet::new();
        for name in names {
            let name = name.as_ref();
            if name == ALL {
                on.extend(known);
            } else {
                let switch = known.iter().find(|id| **id == name);
                on.insert(*switch.ok_or_else(|| UnknownSwitch {
                    name: name.to_owned(),
                    known: known.join(", "),
                })?);
            }
        }
        Ok(Self(on))
    }

    /// Whether this one is on.
    pub fn has(&self, id: &str) -> bool {
        self.0.contains(id)
    }

    /// Those that are on, in alphabetical order.
    pub fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["c-offset", "a-tax", "b-id"];

    #[test]
    fn switches_are_found_by_their_ids() {
        let one = Strict::of(&KNOWN, ["b-id"]).unwrap();
        assert!(one.has("b-id") && !one.has("a-tax"));
        let all = Strict::of(&KNOWN, ["a-tax", "all"]).unwrap();
        assert!(all.ids().eq(["a-tax", "b-id", "c-offset"]));
        assert_eq!(Strict::of(&KNOWN, [""; 0]).unwrap(), Strict::default());
    }

    #[test]
    fn an_unknown_one_is_refused_with_those_that_there_are() {
        let error = Strict::of(&KNOWN, ["a-tax", "a-tux"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no switch \"a-tux\"; there are: all, c-offset, a-tax, b-id"
        );
    }
}
