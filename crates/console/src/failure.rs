//! What went wrong, as far as the reader can do something about it.

use std::error::Error;

use bursar_appcenter::{ActError, ConnectError};
use bursar_db::DbError;
use bursar_directory::{ChangePasswordError, SignInError};
use bursar_pages::ErrorKind;
use bursar_receipts::api::PictureError;

/// Busy where the same may work a moment later; else a fault of ours.
pub(crate) fn kind(error: &(dyn Error + 'static)) -> ErrorKind {
    match database(error) {
        Some(
            DbError::Contended { .. }
            | DbError::Pool(_)
            | DbError::Full
            | DbError::Closed
            | DbError::Unknown,
        ) => ErrorKind::Busy,
        _ => ErrorKind::Internal,
    }
}

/// The database's error in one of the slices'. Theirs are transparent: as a source it is not
/// among theirs.
fn database<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e DbError> {
    let own = error.downcast_ref::<DbError>();
    own.or_else(|| match error.downcast_ref::<SignInError>()? {
        SignInError::Db(error) => Some(error),
        _ => None,
    })
    .or_else(|| match error.downcast_ref::<ChangePasswordError>()? {
        ChangePasswordError::SignIn(SignInError::Db(error)) => Some(error),
        _ => None,
    })
    .or_else(|| match error.downcast_ref::<ActError>()? {
        ActError::Db(error) => Some(error),
        _ => None,
    })
    .or_else(|| match error.downcast_ref::<ConnectError>()? {
        ConnectError::Db(error) => Some(error),
        _ => None,
    })
    .or_else(|| match error.downcast_ref::<PictureError>()? {
        PictureError::Db(error) => Some(error),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_database_is_told_from_a_fault() {
        let busy = || DbError::Contended { attempts: 9 };
        let errors: [Box<dyn Error>; 6] = [
            Box::new(busy()),
            Box::new(SignInError::Db(busy())),
            Box::new(ChangePasswordError::SignIn(SignInError::Db(busy()))),
            Box::new(ActError::Db(busy())),
            Box::new(ConnectError::Db(busy())),
            Box::new(PictureError::Db(busy())),
        ];
        for error in errors {
            assert_eq!(kind(error.as_ref()), ErrorKind::Busy, "{error:?}");
        }
        assert_eq!(kind(&DbError::Panicked), ErrorKind::Internal);
        assert_eq!(kind(&ConnectError::Address), ErrorKind::Internal);
    }
}
