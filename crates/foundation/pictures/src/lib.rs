//! Pictures that partners send: taken in while they come, made uniform later, drawn for pages.
//!
//! [`receive`] streams a part of a form to disk. It looks at the first bytes only: what they say
//! the picture is counts, and nothing that the sender declares. [`normalise`], [`page_count`] and
//! [`page_png`] decode, which takes seconds and much memory: one picture at a time in a process.

use bursar_blobs::{BlobError, BlobId, Blobs, Upload};
use bursar_images::Normalised;
use bursar_web::{BodyError, Part};
use bytes::Bytes;
use tokio::sync::Semaphore;

pub use bursar_images::{Format, ImageFault};

/// A kept picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Picture {
    /// Its file.
    pub blob: BlobId,
    /// What the file is.
    pub format: Format,
}

impl Picture {
    /// From the texts that rows keep.
    pub fn of(blob: &str, media_type: &str) -> Option<Self> {
        Some(Self {
            blob: blob.parse().ok()?,
            format: Format::from_media_type(media_type)?,
        })
    }
}

/// A picture that has come and is not kept yet. Dropped, it never was.
pub struct Received {
    upload: Upload,
    format: Format,
}

impl Received {
    /// Keeps it: what is answered survives a power failure.
    pub async fn keep(self) -> Result<Picture, BlobError> {
        Ok(Picture {
            blob: self.upload.finish().await?,
            format: self.format,
        })
    }
}

/// Why a picture was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// It is in none of the accepted formats.
    #[error("the picture is in none of the accepted formats")]
    Format,
    /// It is too large.
    #[error("the picture is larger than {max} bytes")]
    TooLarge {
        /// What is taken, in bytes.
        max: usize,
    },
    /// The form that it came in broke off.
    #[error(transparent)]
    Body(BodyError),
    /// It could not be written.
    #[error(transparent)]
    Blobs(#[from] BlobError),
}

/// Takes in a part that must be a picture of at most `max` bytes, in one of the `accepted` formats.
pub async fn receive(
    mut part: Part<'_>,
    blobs: &Blobs,
    accepted: &[Format],
    max: usize,
) -> Result<Received, ReceiveError> {
    let (mut upload, mut bytes) = (blobs.upload(), 0);
    let (mut head, mut format) = (Vec::new(), None);
    while let Some(piece) = piece(&mut part, max).await? {
        bytes += piece.len();
        if bytes > max {
            return Err(ReceiveError::TooLarge { max });
        }
        if format.is_none() {
            let more = piece.len().min(Format::SNIFF_BYTES - head.len());
            head.extend_from_slice(&piece[..more]);
            if head.len() == Format::SNIFF_BYTES {
                format = Some(sniff(&head, accepted)?);
            }
        }
        upload = upload.write(piece).await?;
    }
    let format = format.map_or_else(|| sniff(&head, accepted), Ok)?;
    Ok(Received { upload, format })
}

/// A form that is too large is so for its picture.
async fn piece(part: &mut Part<'_>, max: usize) -> Result<Option<Bytes>, ReceiveError> {
    part.piece().await.map_err(|error| match error {
        BodyError::TooLarge { .. } => ReceiveError::TooLarge { max },
        other => ReceiveError::Body(other),
    })
}

fn sniff(head: &[u8], accepted: &[Format]) -> Result<Format, ReceiveError> {
    let format = Format::sniff(head).filter(|format| accepted.contains(format));
    format.ok_or(ReceiveError::Format)
}

/// Why a kept picture could not be worked on.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Its file could not be read, or the new one not be written: that will pass.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// It is not what it seemed, or more than we take.
    #[error(transparent)]
    Image(#[from] ImageFault),
}

/// Makes of a picture what is kept of it, and keeps that; the file that came stays as it is.
pub async fn normalise(blobs: &Blobs, came: Picture) -> Result<Picture, PictureError> {
    let made = decoding(blobs, came, bursar_images::normalise).await?;
    match made {
        Normalised::AsItCame => Ok(came),
        Normalised::Converted { format, bytes } => Ok(Picture {
            blob: blobs.put(bytes).await?,
            format,
        }),
    }
}

/// Draws a page, counted from 0, as PNG of up to `width` pixels.
pub async fn page_png(
    blobs: &Blobs,
    picture: Picture,
    page: u32,
    width: u32,
) -> Result<Vec<u8>, PictureError> {
    let draw = move |format, bytes: &[u8]| bursar_images::page_png(format, bytes, page, width);
    decoding(blobs, picture, draw).await
}

/// How many pages [`page_png`] can draw.
pub async fn page_count(blobs: &Blobs, picture: Picture) -> Result<u32, PictureError> {
    decoding(blobs, picture, bursar_images::page_count).await
}

static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);

async fn decoding<T: Send + 'static>(
    blobs: &Blobs,
    picture: Picture,
    work: impl FnOnce(Format, &[u8]) -> Result<T, ImageFault> + Send + 'static,
) -> Result<T, PictureError> {
    let turn = ONE_AT_A_TIME.acquire().await;
    let bytes = blobs.get(picture.blob).await?;
    let decoding = tokio::task::spawn_blocking(move || {
        // Held to the end of the work, also when nobody waits for it any more.
        let _turn = turn;
        work(picture.format, &bytes)
    });
    match decoding.await {
        Ok(done) => Ok(done?),
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        Err(_) => Err(BlobError::Stopping.into()),
    }
}
