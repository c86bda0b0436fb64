//! Why a decision was not taken.

use bursar_blobs::BlobError;
use bursar_db::DbError;
use bursar_oauth::apps::SecretError;

use crate::fields::Faults;
use crate::logo::LogoError;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// There is no such listing, or it is somebody else's: the two look the same.
    #[error("there is no such listing")]
    NotFound,
    /// It is being reviewed, or was certified: it would not be what was reviewed.
    #[error("the listing is not a draft")]
    Locked,
    /// It is not in the state that this starts from; somebody else may have been faster.
    #[error("the listing is in another state")]
    OtherState,
    /// There is one already.
    #[error("there is one already")]
    Exists,
    /// Fields with faults.
    #[error("some fields have faults")]
    Faults(Faults),
    /// What a listing lacks before it can be reviewed.
    #[error("the listing is not complete")]
    Incomplete(Vec<Part>),
    /// The file is no logo.
    #[error(transparent)]
    Logo(#[from] LogoError),
    /// The file could not be stored.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// A secret stays as it is.
    #[error(transparent)]
    Secret(SecretError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<SecretError> for ActError {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::NoSecret => Self::NotFound,
            SecretError::Exists => Self::Exists,
            SecretError::Db(error) => Self::Db(error),
            other => Self::Secret(other),
        }
    }
}

/// A part that a listing has to have before it is reviewed.
///
/// Source: manage-apps/app-certification.markdown (what is reviewed), and the pages that a
/// traveller sees, which show each of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The line about it.
    Summary,
    /// The whole story.
    Description,
    /// The terms.
    Terms,
    /// Where people get help.
    Support,
    /// The logo.
    Logo,
    /// The production app.
    ProductionApp,
    /// The production app's landing page.
    ConnectUrl,
}
