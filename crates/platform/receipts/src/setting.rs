//! What processing a receipt takes from other slices: the traveller's locale, the app's logo, and
//! what the company's policy has it for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bursar_appcenter::api as appcenter;
use bursar_blobs::{BlobError, BlobId, Blobs};
use bursar_db::{DbError, Tx};
use bursar_directory::api as directory;
use bursar_expense::{ExpenseType, api as expenses};
use bursar_kernel::Uuid;

use crate::model::AnyReceipt;
use crate::render::Logo;

/// More decoded logos are not kept. Choice: 100 of them take 5 MB at most.
const LOGOS_MAX: usize = 100;

/// For whom a receipt is, and from whom.
pub(crate) struct Setting {
    /// The traveller's, as BCP 47; empty for somebody who is gone.
    pub(crate) locale: String,
    /// The file with the logo of the app that sent it.
    logo: Option<BlobId>,
    /// What the expense is for.
    pub(crate) expense_type: ExpenseType,
}

impl Setting {
    /// Reads it, in the operation that reads the receipt.
    pub(crate) async fn of(
        tx: &mut Tx,
        company_id: Uuid,
        receipt: &AnyReceipt,
    ) -> Result<Self, DbError> {
        let AnyReceipt::Data(receipt) = receipt else {
            // Nothing is drawn of an image, and it is no expense.
            return Ok(Self {
                locale: String::new(),
                logo: None,
                expense_type: ExpenseType::undefined(),
            });
        };
        let traveller = directory::user(tx, &receipt.user_id).await?;
        let logo = appcenter::logo_of(tx, &receipt.app_id).await?;
        let expense_type = expenses::type_of_receipt(tx, company_id, &receipt.receipt_type).await?;
        Ok(Self {
            locale: traveller.map_or_else(String::new, |member| member.user.locale),
            logo: logo.and_then(|id| id.parse().ok()),
            expense_type,
        })
    }
}

/// Decoded logos, by the files that they are in.
#[derive(Default)]
pub(crate) struct Logos(Mutex<HashMap<BlobId, Option<Logo>>>);

impl Logos {
    /// The logo of a setting. None where the app has none, or where its file is gone or damaged:
    /// a receipt does not wait for a picture that is not its own.
    pub(crate) async fn get(
        &self,
        blobs: &Blobs,
        setting: &Setting,
    ) -> Result<Option<Logo>, BlobError> {
        let Some(id) = setting.logo else {
            return Ok(None);
        };
        if let Some(known) = self.lock().get(&id) {
            return Ok(known.clone());
        }
        let logo = match blobs.get(id).await {
            Ok(file) => Logo::from_png(&file),
            Err(BlobError::Missing { .. } | BlobError::Damaged { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut known = self.lock();
        if known.len() >= LOGOS_MAX {
            known.clear();
        }
        known.insert(id, logo.clone());
        Ok(logo)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<BlobId, Option<Logo>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use bursar_kernel::{Clock, Micros, Rng};

    use super::*;
    use crate::render::sample_logo;

    #[tokio::test]
    async fn a_logo_is_decoded_once_and_a_missing_one_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let (clock, rng) = (Clock::fake(Micros(1)), Rng::seeded(1));
        let blobs = Blobs::open(folder.path(), clock, rng).unwrap();
        let logos = Logos::default();
        let get = async |logo| {
            let setting = Setting {
                locale: String::new(),
                logo,
                expense_type: ExpenseType::undefined(),
            };
            logos.get(&blobs, &setting).await.unwrap()
        };
        let good = blobs.put(sample_logo()).await.unwrap();
        let other = blobs.put("no picture").await.unwrap();
        assert!(get(None).await.is_none() && get(Some(other)).await.is_none());
        assert!(get(Some(good)).await.is_some());
        std::fs::remove_dir_all(folder.path()).unwrap();
        assert!(get(Some(good)).await.is_some());
        logos.lock().clear();
        assert!(get(Some(good)).await.is_none());
        assert!(logos.lock().is_empty(), "it may come back from a backup");
    }
}
