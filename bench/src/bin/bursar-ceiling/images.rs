//! `receipt.post_image`: the image in a file of its own, flushed with its folder, and then the
//! rows.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use aws_lc_rs::digest;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_kernel::hex32;
use multer::Multipart;

use crate::rows::Write;
use crate::{App, created, parsed};

const BAD: StatusCode = StatusCode::BAD_REQUEST;
const FAILED: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;

/// Reads both parts, keeps the image, writes the rows, answers once all is durable.
pub(crate) async fn receipt(
    State(app): State<App>,
    request: Request,
) -> Result<(StatusCode, [(HeaderName, String); 1]), StatusCode> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(content_type.ok_or(BAD)?).map_err(|_| BAD)?;
    let mut form = Multipart::new(request.into_body().into_data_stream(), boundary);
    let (mut document, mut image) = (Bytes::new(), Bytes::new());
    while let Some(part) = form.next_field().await.map_err(|_| BAD)? {
        let is_image = part.name() == Some("image");
        let bytes = part.bytes().await.map_err(|_| BAD)?;
        if is_image {
            image = bytes;
        } else {
            document = bytes;
        }
    }
    parsed(&document)?;
    let folder = app.images.clone().ok_or(StatusCode::NOT_FOUND)?;
    let name = hex32(&app.rng.uuid());
    let keeping = tokio::task::spawn_blocking(move || keep(&folder, &name, &image));
    let blob = keeping.await.map_err(|_| FAILED)?.map_err(|_| FAILED)?;
    let receipt = app.receipt(&document, Some(blob))?;
    let key = receipt.key.clone();
    app.writer.write(Write::Receipt(receipt)).await?;
    Ok(created(&key))
}

/// On disk, with the name that leads to it.
fn keep(folder: &Path, name: &str, image: &[u8]) -> std::io::Result<String> {
    let hash = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, image));
    let blob = format!("{name}-{hash}");
    let mut file = File::create_new(folder.join(&blob))?;
    file.write_all(image)?;
    file.sync_data()?;
    File::open(folder)?.sync_all()?;
    Ok(blob)
}
