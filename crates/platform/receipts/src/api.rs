//! What the console and the program may call.

use std::collections::HashSet;

use bursar_blobs::{BlobId, Blobs};
use bursar_db::{Db, DbError, Isolation, Tx};
use bursar_kernel::Uuid;
use bursar_pictures::Picture;

use crate::{LogEntry, Receipt, store};

pub use crate::keys::key_expenses;

/// Pixels across a preview: sharp at twice the size at which pages show it.
const PREVIEW_WIDTH: u32 = 1000;

/// Why a picture could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The receipt has none yet.
    #[error("there is no picture yet")]
    None,
    /// The file store failed.
    #[error(transparent)]
    Blobs(#[from] bursar_blobs::BlobError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The picture cannot be drawn.
    #[error("the picture cannot be drawn: {0}")]
    Draw(String),
}

/// A company's receipt.
pub async fn receipt(tx: &mut Tx, company_id: Uuid, id: Uuid) -> Result<Option<Receipt>, DbError> {
    store::get(tx, company_id, id).await
}

/// What happened to a receipt, oldest first.
pub async fn log(
    tx: &mut Tx,
    company_id: Uuid,
    receipt: &Receipt,
) -> Result<Vec<LogEntry>, DbError> {
    let attempts = store::attempts(tx, company_id, receipt.id).await?;
    Ok(receipt.progress().log(attempts))
}

/// A user's receipts that are not processed yet, or never will be, newest first; bodies are
/// left out once they have 4 MiB together.
pub async fn pending(
    tx: &mut Tx,
    company_id: Uuid,
    user_id: Uuid,
    limit: i64,
) -> Result<Vec<Receipt>, DbError> {
    store::list_pending(tx, company_id, user_id, limit).await
}

/// The receipt's picture as it was stored, with its media type.
pub async fn picture(blobs: &Blobs, receipt: &Receipt) -> Result<(Vec<u8>, String), PictureError> {
    let (Some(blob), Some(media_type)) = (&receipt.image_blob, &receipt.image_type) else {
        return Err(PictureError::None);
    };
    Ok((
        blobs.get(blob_id(blob)?).await?.to_vec(),
        media_type.clone(),
    ))
}

/// The first page of the receipt's picture as PNG: made when somebody first looks, then kept.
pub async fn preview(
    db: &Db,
    blobs: &Blobs,
    company_id: Uuid,
    receipt: &Receipt,
) -> Result<Vec<u8>, PictureError> {
    if let Some(blob) = &receipt.preview_blob {
        return Ok(blobs.get(blob_id(blob)?).await?.to_vec());
    }
    let png = drawn(blobs, receipt).await?;
    let blob = blobs.put(png.clone()).await?.to_string();
    let args = (company_id, receipt.id, blob);
    db.write(Isolation::Append, args, |tx, (company_id, id, blob)| {
        Box::pin(store::set_preview(tx, *company_id, *id, blob))
    })
    .await?;
    Ok(png)
}

async fn drawn(blobs: &Blobs, receipt: &Receipt) -> Result<Vec<u8>, PictureError> {
    let (blob, media_type) = (&receipt.image_blob, &receipt.image_type);
    let (Some(blob), Some(media_type)) = (blob, media_type) else {
        return Err(PictureError::None);
    };
    let picture = Picture::of(blob, media_type);
    let picture = picture.ok_or_else(|| PictureError::Draw("a row is damaged".into()))?;
    Ok(bursar_pictures::page_png(blobs, picture, 0, PREVIEW_WIDTH).await?)
}

impl From<bursar_pictures::PictureError> for PictureError {
    fn from(error: bursar_pictures::PictureError) -> Self {
        match error {
            bursar_pictures::PictureError::Blobs(error) => Self::Blobs(error),
            bursar_pictures::PictureError::Image(fault) => Self::Draw(fault.to_string()),
        }
    }
}

/// Which of `blobs` are named by a receipt: what a sweep of the file store must keep.
pub async fn named_blobs(db: &Db, blobs: Vec<BlobId>) -> Result<HashSet<BlobId>, PictureError> {
    db.scan(blobs, |tx, blobs| {
        Box::pin(async move {
            let mut named = HashSet::new();
            for blob in blobs {
                if store::names_blob(tx, &blob.to_string()).await? {
                    named.insert(*blob);
                }
            }
            Ok(named)
        })
    })
    .await
}

fn blob_id(text: &str) -> Result<BlobId, PictureError> {
    text.parse()
        .map_err(|_| PictureError::Draw("a file id is damaged".into()))
}
