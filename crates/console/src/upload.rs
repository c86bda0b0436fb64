//! Files in forms.

use axum::http::header;
use axum::response::Response;
use bursar_pages::{ErrorKind, form};
use multer::{Constraints, Multipart, SizeLimit};

use crate::reader::{Gate, Posted, Reader};

/// The file of one field of a `multipart/form-data` form that one of our own pages sent in this
/// session; empty where no file was chosen. `MAX` counts the form around it too.
pub(crate) async fn file<G: Gate, const MAX: usize>(
    reader: &Reader<G>,
    posted: Posted<MAX>,
    field: &str,
) -> Result<Vec<u8>, Response> {
    let body = form::bytes(posted).map_err(|kind| reader.refuse(kind))?;
    let content_type = reader.asked.headers.get(header::CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let unreadable = |_| reader.refuse(ErrorKind::Unreadable);
    let boundary = multer::parse_boundary(content_type).map_err(unreadable)?;
    let limit = SizeLimit::new().whole_stream(u64::try_from(MAX).unwrap_or(u64::MAX));
    let limits = Constraints::new().size_limit(limit);
    let body = futures_util::stream::once(async { Ok::<_, std::io::Error>(body) });
    let mut form = Multipart::with_constraints(body, boundary, limits);
    let (mut token, mut file) = (String::new(), Vec::new());
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(unreadable)?;
        if name == "csrf_token" {
            token = String::from_utf8_lossy(&bytes).into_owned();
        } else if name == field {
            file = bytes.into();
        }
    }
    reader.check_csrf(&token)?;
    Ok(file)
}
