//! Pictures of documents: previews, the viewer's pages, and the file as it is kept.
//!
//! Decoding is one at a time in the whole process, and off the threads that answer: a hostile file
//! keeps other pictures waiting for as long as the limits of `bursar_images` let it, and no page.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bursar_db::DbError;
use bursar_kernel::hex32;
use bursar_pages::respond;
use bursar_pictures::{Format, Picture, PictureError as DrawError};
use bursar_receipts::Facts;
use bursar_receipts::api::{self as receipts, PictureError};
use bursar_web::Form;
use serde_json::Value;

use crate::expense::{Document, Named};
use crate::list_query::ListQuery;
use crate::views::{ViewerPage, Zoom};

/// Pixels across a preview, as for receipts: sharp at twice the size at which pages show it.
const PREVIEW_WIDTH: u32 = 1000;
/// What a list shows in the place of a picture that is not ready yet, or cannot be read.
const NO_PICTURE: &[u8] = include_bytes!("../assets/no-picture.svg");

/// What every file from a document carries. It is its reader's alone, and never changes. Whatever
/// it is, a browser takes it for what we say, runs nothing in it and lets it load nothing.
const FILE_HEADERS: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "private, max-age=86400, immutable"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; sandbox",
    ),
];

/// Why there is no picture.
enum Trouble {
    /// The document has none, or no such page.
    None,
    /// It cannot be drawn: that is the document's fault.
    Undrawable(String),
    /// The file store or the database failed.
    Failed(PictureError),
}

impl From<PictureError> for Trouble {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::None => Self::None,
            PictureError::Draw(reason) => Self::Undrawable(reason),
            error => Self::Failed(error),
        }
    }
}

impl From<DrawError> for Trouble {
    fn from(error: DrawError) -> Self {
        PictureError::from(error).into()
    }
}

impl Named {
    fn trouble(&self, trouble: Trouble) -> Response {
        match trouble {
            Trouble::None => self.not_found(),
            Trouble::Undrawable(reason) => {
                tracing::info!(reason, "a picture cannot be drawn");
                self.not_found()
            }
            Trouble::Failed(error) => self.asked.failed(&error),
        }
    }

    /// The picture that is kept.
    async fn picture(&self) -> Result<Picture, Trouble> {
        let args = (self.session.user.company_id, Arc::clone(&self.document));
        let reading = self
            .asked
            .state
            .db
            .read(args, |tx, (company_id, document)| {
                Box::pin(document.picture(tx, *company_id))
            });
        let found: Result<_, DbError> = reading.await;
        let found = found.map_err(|error| Trouble::Failed(error.into()))?;
        found.ok_or(Trouble::None)
    }

    async fn preview(&self) -> Result<Vec<u8>, Trouble> {
        let (state, company_id) = (&self.asked.state, self.session.user.company_id);
        match &*self.document {
            Document::Receipt(receipt) => {
                Ok(receipts::preview(&state.db, &state.blobs, company_id, receipt).await?)
            }
            Document::Quick(_) => self.page_png(0, PREVIEW_WIDTH).await,
        }
    }

    async fn page_png(&self, page: u32, width: u32) -> Result<Vec<u8>, Trouble> {
        let (blobs, picture) = (&self.asked.state.blobs, self.picture().await?);
        Ok(bursar_pictures::page_png(blobs, picture, page, width).await?)
    }

    async fn page_count(&self) -> Result<(u32, Format), Trouble> {
        let (blobs, picture) = (&self.asked.state.blobs, self.picture().await?);
        let pages = bursar_pictures::page_count(blobs, picture).await?;
        Ok((pages, picture.format))
    }

    /// The file as it is kept, and what it is.
    async fn original(&self) -> Result<(Vec<u8>, Format), Trouble> {
        let picture = self.picture().await?;
        let bytes = self.asked.state.blobs.get(picture.blob).await;
        let bytes = bytes.map_err(|error| Trouble::Failed(error.into()))?;
        Ok((bytes.to_vec(), picture.format))
    }

    /// Whether a picture came, be it that it is not ready or cannot be read.
    fn came_with_picture(&self) -> bool {
        match &*self.document {
            Document::Receipt(_) => false,
            Document::Quick(quick) => quick.has_picture,
        }
    }
}

/// `GET /expenses/{id}/picture.png`: the first page, as lists show it.
pub(crate) async fn preview(named: Named) -> Response {
    match named.preview().await {
        Ok(png) => file(png, "image/png"),
        Err(Trouble::None | Trouble::Undrawable(_)) if named.came_with_picture() => {
            let mut answer = file(NO_PICTURE.to_vec(), "image/svg+xml");
            let later = HeaderValue::from_static("no-store");
            answer.headers_mut().insert(header::CACHE_CONTROL, later);
            answer
        }
        Err(trouble) => named.trouble(trouble),
    }
}

/// `GET /expenses/{id}/pages/{page}-{width}.png`: a page, as the viewer shows it.
pub(crate) async fn page(named: Named, Path(path): Path<HashMap<String, String>>) -> Response {
    let Some((page, width)) = path.get("file").and_then(|file| page_and_width(file)) else {
        return named.not_found();
    };
    match named.page_png(page - 1, width).await {
        Ok(png) => file(png, "image/png"),
        Err(trouble) => named.trouble(trouble),
    }
}

/// A page from 1 on, and one of the widths that the viewer asks for.
fn page_and_width(file: &str) -> Option<(u32, u32)> {
    let (page, width) = file.strip_suffix(".png")?.split_once('-')?;
    let (page, width): (u32, u32) = (page.parse().ok()?, width.parse().ok()?);
    let known = page > 0 && ViewerPage::WIDTHS.contains(&width);
    known.then_some((page, width))
}

/// `GET /expenses/{id}/original`: the file as it is kept, to be saved and not to be opened here.
pub(crate) async fn original(named: Named) -> Response {
    let (bytes, format) = match named.original().await {
        Ok(original) => original,
        Err(trouble) => return named.trouble(trouble),
    };
    let (merchant, day) = merchant_and_day(&named.document);
    let (ascii, name) = names(&day, &merchant, &hex32(&named.document.id()), format);
    let disposition = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{name}");
    let mut answer = file(bytes, format.media_type());
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    answer
}

/// `GET /expenses/{id}/receipt`: the viewer.
pub(crate) async fn viewer(named: Named, RawQuery(query): RawQuery) -> Response {
    let form = Form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let (pages, format) = match named.page_count().await {
        Ok((pages, format)) => (pages, Some(format)),
        // The page says so, and still offers the file.
        Err(Trouble::Undrawable(_)) => (0, None),
        Err(trouble) => return named.trouble(trouble),
    };
    let page = form.get("page").and_then(|page| page.parse().ok());
    let page = page.unwrap_or(1).clamp(1, pages.max(1));
    let asked = &named.asked;
    let frame = asked.state.frame(&asked.headers, Some(&named.session));
    let (mut merchant, _) = merchant_and_day(&named.document);
    if merchant.trim().is_empty() {
        merchant = frame.messages.text("expense-no-merchant");
    }
    let list = ListQuery::parse(form.get("list").unwrap_or_default());
    let viewer = ViewerPage {
        frame,
        id: hex32(&named.document.id()),
        merchant,
        list: list.query(),
        pages,
        page,
        zoom: Zoom::parse(form.get("zoom").unwrap_or_default()),
        is_document: format == Some(Format::Pdf),
    };
    respond::page(StatusCode::OK, &viewer)
}

/// Merchant and day, for titles and names of files.
fn merchant_and_day(document: &Document) -> (String, String) {
    match document {
        Document::Receipt(receipt) => {
            let document: Value = serde_json::from_str(&receipt.body).unwrap_or_default();
            let facts = Facts::of(&document);
            let day = facts.date_time.get(..10).unwrap_or_default();
            (facts.merchant, day.to_owned())
        }
        Document::Quick(quick) => {
            let vendor = quick.facts.vendor.clone().unwrap_or_default();
            (vendor, quick.facts.transaction_date.clone())
        }
    }
}

fn file(bytes: Vec<u8>, media_type: &str) -> Response {
    let content_type = [(header::CONTENT_TYPE, media_type)];
    (content_type, FILE_HEADERS, bytes).into_response()
}

/// Characters of a merchant's name in a file's.
const NAME_MAX: usize = 60;

/// A file's name in ASCII, and in full as RFC 8187 writes it: day and merchant, nothing but
/// letters, digits and dashes. No path, no quotes, nothing that turns text round.
fn names(day: &str, merchant: &str, id: &str, format: Format) -> (String, String) {
    let extension = match format {
        Format::Pdf => "pdf",
        Format::Png => "png",
        Format::Jpeg => "jpg",
        Format::Gif => "gif",
        Format::Tiff => "tiff",
    };
    let words = format!("{day} {merchant}");
    let words = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("-");
    let name: String = name.chars().take(NAME_MAX).collect();
    let name = name.trim_end_matches('-');
    let name = if name.is_empty() { "receipt" } else { name };
    let encoded = bursar_web::encode_form([("", name)]);
    let encoded = encoded.trim_start_matches('=');
    (
        format!("receipt-{id}.{extension}"),
        format!("{encoded}.{extension}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_by_its_number_and_a_known_width() {
        assert_eq!(page_and_width("2-1600.png"), Some((2, 1600)));
        for file in [
            "0-1600.png",
            "1-1601.png",
            "1-1600",
            "-1600.png",
            "1.png",
            "1-1600.png.png",
        ] {
            assert_eq!(page_and_width(file), None, "{file}");
        }
    }

    #[test]
    fn file_names_are_names_and_nothing_else() {
        let of = |merchant| names("2026-11-19", merchant, "7f", Format::Pdf);
        let (ascii, full) = of("Hotel \"Lindenhof\"; x=/../\u{202e}fdp\r\nSet-Cookie: a");
        assert_eq!(ascii, "receipt-7f.pdf");
        assert_eq!(full, "2026-11-19-Hotel-Lindenhof-x-fdp-Set-Cookie-a.pdf");
        assert_eq!(of("旅館").1, "2026-11-19-%E6%97%85%E9%A4%A8.pdf");
        assert_eq!(names("", "…", "7f", Format::Png).1, "receipt.png");
        assert!(of(&"long ".repeat(80)).1.len() <= NAME_MAX + 4);
    }
}
