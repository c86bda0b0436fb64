//! What a post brings: a receipt's JSON, a picture, or both.

use axum::extract::{FromRequest as _, Request};
use bursar_pictures::{Format, Received, receive};
use bursar_web::{BodyError, ContentType, Multipart, RawBody};
use bytes::Bytes;

use crate::error::ReceiptsError;
use crate::{BODY_MAX, ReceiptsState};

/// Source: receipts/endpoints.markdown, "Supported Image Formats". What a part declares is not
/// believed: its first bytes count.
const FORMATS: [Format; 5] = [
    Format::Png,
    Format::Jpeg,
    Format::Gif,
    Format::Tiff,
    Format::Pdf,
];
/// Source: the same: 25 MB. `Choice:` of 1,048,576 bytes, so that no reading of it is refused.
pub(crate) const IMAGE_MAX: usize = 25 << 20;
/// A form with both parts, and room for what divides them.
const FORM_MAX: usize = BODY_MAX + IMAGE_MAX + (64 << 10);

/// The parts that a post has.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) receipt: Option<Bytes>,
    pub(crate) image: Option<Received>,
}

impl ReceiptsState {
    /// Reads a receipt with or without an image. Source: receipts/endpoints.markdown, "Post a
    /// Receipt".
    pub(crate) async fn sent(
        &self,
        request: Request,
    ) -> Result<(Bytes, Option<Received>), ReceiptsError> {
        let said = ContentType::of(request.headers())?;
        if said.is_some_and(|said| said.essence() == "multipart/form-data") {
            let sent = self.form(request, &["receipt", "image"]).await?;
            let receipt = sent.receipt.ok_or(ReceiptsError::NoPart("receipt"))?;
            return Ok((receipt, sent.image));
        }
        let body = RawBody::<BODY_MAX>::from_request(request, &()).await?;
        if !body.is_json() {
            return Err(ReceiptsError::NotJson);
        }
        Ok((body.bytes, None))
    }

    /// Reads a form that has some of these parts, each once, in any order. `Choice:` others are
    /// refused, for one with a misspelt name would be lost.
    pub(crate) async fn form(
        &self,
        request: Request,
        names: &[&str],
    ) -> Result<Sent, ReceiptsError> {
        let mut form = Multipart::of(request, FORM_MAX).map_err(too_large)?;
        let mut sent = Sent::default();
        while let Some(part) = form.next().await.map_err(too_large)? {
            let name = part.name();
            if !names.contains(&name) {
                return Err(ReceiptsError::Part(name.to_owned()));
            }
            match name {
                "receipt" if sent.receipt.is_none() => {
                    sent.receipt = Some(part.whole(BODY_MAX).await?);
                }
                "image" if sent.image.is_none() => {
                    let image = receive(part, &self.blobs, &FORMATS, IMAGE_MAX);
                    sent.image = Some(image.await?);
                }
                again => return Err(ReceiptsError::Part(again.to_owned())),
            }
        }
        Ok(sent)
    }
}

/// A form that is too large is so for its image.
fn too_large(error: BodyError) -> ReceiptsError {
    match error {
        BodyError::TooLarge { .. } => ReceiptsError::ImageTooLarge,
        other => other.into(),
    }
}
