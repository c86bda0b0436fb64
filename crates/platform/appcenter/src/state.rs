//! What the App Center holds while it runs.

use bursar_blobs::Blobs;
use bursar_db::Db;
use bursar_directory::{DataCenters, Stamp};
use bursar_kernel::{Clock, Rng};
use bursar_oauth::Oauth;

use crate::fields::Urls;
use crate::model::{Person, today};

/// The App Center. Its methods are the operations; see the files `connect`, `partner`, `review`.
#[derive(Clone)]
pub struct AppCenter {
    pub(crate) db: Db,
    pub(crate) blobs: Blobs,
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
    pub(crate) oauth: Oauth,
    pub(crate) data_centers: DataCenters,
    urls: Urls,
}

impl AppCenter {
    /// From what the platform shares. `urls` says which addresses partners may give.
    pub fn new(
        db: Db,
        blobs: Blobs,
        clock: Clock,
        rng: Rng,
        oauth: Oauth,
        data_centers: DataCenters,
        urls: Urls,
    ) -> Self {
        Self {
            db,
            blobs,
            clock,
            rng,
            oauth,
            data_centers,
            urls,
        }
    }

    /// Which addresses partners may give.
    pub fn urls(&self) -> Urls {
        self.urls
    }

    /// Where apps and companies can live.
    pub fn data_centers(&self) -> &DataCenters {
        &self.data_centers
    }

    /// The day, by the platform's clock.
    pub fn today(&self) -> String {
        today(self.clock.now())
    }

    pub(crate) fn stamp(&self, person: &Person) -> Stamp {
        Stamp::draw(&self.rng, self.clock.now(), person.user_id)
    }
}
