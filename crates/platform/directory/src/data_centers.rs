//! The data centers of an installation.

use std::sync::Arc;

use bursar_web::DataCenter;

/// The id of the global zone, where nobody lives but some tokens are obtained.
///
/// Source: platform/base-uris.markdown, api-reference/authentication/apidoc.markdown.
pub const GLOBAL_ZONE: &str = "glz";

/// All data centers of an installation. Clones share them.
#[derive(Clone, Debug)]
pub struct DataCenters(Arc<[Arc<DataCenter>]>);

/// Data centers that cannot be together, or a name that is none of theirs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DataCentersError {
    /// Two have the same id or the same address.
    #[error("the data centers {0} and {1} share their id or their address")]
    Twins(String, String),
    /// Nobody can live there.
    #[error("{0:?} is not a data center that a company or an app can live in; known: {1}")]
    NoHome(String, String),
    /// A second home has to be another one.
    #[error("a company cannot be hosted twice in {0:?}")]
    OneHome(String),
}

impl DataCenters {
    /// All data centers, each with its own id and address.
    pub fn new(all: impl IntoIterator<Item = DataCenter>) -> Result<Self, DataCentersError> {
        let all: Arc<[Arc<DataCenter>]> = all.into_iter().map(Arc::new).collect();
        for (index, one) in all.iter().enumerate() {
            let twin = |other: &&Arc<DataCenter>| {
                other.id() == one.id() || other.base_uri() == one.base_uri()
            };
            if let Some(other) = all[..index].iter().find(twin) {
                let (one, other) = (one.id().to_owned(), other.id().to_owned());
                return Err(DataCentersError::Twins(other, one));
            }
        }
        Ok(Self(all))
    }

    /// The data center with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<DataCenter>> {
        self.0.iter().find(|one| one.id() == id)
    }

    /// All, in the order they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<DataCenter>> {
        self.0.iter()
    }

    /// The default base URI's data center: the first that was given, apart from the global zone.
    ///
    /// Source: the e-receipts guide, "Being Geo Aware": whoever does not know where a user lives
    /// asks there.
    pub fn first(&self) -> Option<&Arc<DataCenter>> {
        self.iter().find(|one| one.id() != GLOBAL_ZONE)
    }

    /// The data center `id`, if a company that lives in `home` can be hosted there too.
    pub fn second_home(&self, home: &str, id: &str) -> Result<&Arc<DataCenter>, DataCentersError> {
        if home == id {
            return Err(DataCentersError::OneHome(id.to_owned()));
        }
        self.home(id)
    }

    /// The data center `id`, if companies and apps can live there: all but the global zone.
    pub fn home(&self, id: &str) -> Result<&Arc<DataCenter>, DataCentersError> {
        let home = self.get(id).filter(|home| home.id() != GLOBAL_ZONE);
        home.ok_or_else(|| {
            let known: Vec<_> = self.iter().map(|one| one.id()).collect();
            DataCentersError::NoHome(id.to_owned(), known.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn center(id: &str, host: &str) -> DataCenter {
        DataCenter::new(id, &format!("https://{host}"), "https://www.test").unwrap()
    }

    #[test]
    fn nobody_lives_in_the_global_zone() {
        let all = DataCenters::new([center("us", "us.test"), center("glz", "glz.test")]).unwrap();
        assert_eq!(all.home("us").unwrap().base_uri(), "https://us.test");
        assert!(all.get("glz").is_some());
        for id in ["glz", "mars", ""] {
            assert!(all.home(id).is_err(), "{id}");
            assert!(all.second_home("us", id).is_err(), "{id}");
        }
        let twice = all.second_home("us", "us");
        assert_eq!(twice, Err(DataCentersError::OneHome("us".into())));
        assert_eq!(all.second_home("emea", "us").unwrap().id(), "us");
    }

    #[test]
    fn the_first_that_people_live_in_is_the_default() {
        let all = DataCenters::new([center("glz", "glz.test"), center("us", "us.test")]).unwrap();
        assert_eq!(all.first().unwrap().id(), "us");
        let none = DataCenters::new([center("glz", "glz.test")]).unwrap();
        assert!(none.first().is_none());
    }

    #[test]
    fn refuses_twins() {
        for twin in [center("us", "b.test"), center("b", "us.test")] {
            let twins = DataCenters::new([center("us", "us.test"), twin]);
            assert!(matches!(twins, Err(DataCentersError::Twins(..))));
        }
    }
}
