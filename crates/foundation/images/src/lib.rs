//! Pictures of receipts: told apart, checked, scaled, drawn. Pure functions over bytes.
//!
//! [`Format::sniff`] tells a picture's format from its first bytes. [`normalise`] makes of what
//! came what is kept. [`page_count`] and [`page_png`] show what is kept, page by page.
//!
//! All but `sniff` are busy for up to seconds and take up to [`limits::DECODED_BYTES_MAX`] and as
//! much again: call them off the async threads, few at a time.

mod fault;
mod format;
mod gif;
mod jpeg;
pub mod limits;
mod pdf;
mod raster;
mod tiff;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use fault::ImageFault;
pub use format::Format;

/// What [`normalise`] made of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Normalised {
    /// Nothing: it is kept byte for byte.
    AsItCame,
    /// Another picture, which is kept in its place.
    Converted {
        /// Its format.
        format: Format,
        /// The whole file.
        bytes: Vec<u8>,
    },
}

/// Makes of a picture what is kept of it.
///
/// A side over [`limits::SIDE_MAX`] is scaled down, keeping ratio and format. A TIFF becomes a PDF
/// with a page for each of its own. A PDF stays as it is. What needs nothing is decoded all the
/// same, so that no broken picture passes for a good one.
pub fn normalise(format: Format, bytes: &[u8]) -> Result<Normalised, ImageFault> {
    guarded(format, || match format {
        Format::Png | Format::Jpeg | Format::Gif => raster::normalise(format, bytes),
        Format::Tiff => tiff::to_pdf(bytes).map(|bytes| Normalised::Converted {
            format: Format::Pdf,
            bytes,
        }),
        Format::Pdf => pdf::inspect(bytes).map(|()| Normalised::AsItCame),
    })
}

/// How many pages [`page_png`] can draw.
pub fn page_count(format: Format, bytes: &[u8]) -> Result<u32, ImageFault> {
    guarded(format, || match format {
        Format::Png | Format::Jpeg | Format::Gif => Ok(1),
        Format::Tiff => tiff::page_count(bytes),
        Format::Pdf => pdf::page_count(bytes),
    })
}

/// Draws a page, counted from 0, as PNG.
///
/// A page of a PDF is drawn on white, `width` pixels wide; another picture at most so: it is
/// scaled down but not up. `width` counts from 1 to [`limits::PAGE_WIDTH_MAX`]; the nearest is
/// taken. A page so long that it would have more than [`limits::PAGE_PIXELS_MAX`] becomes
/// narrower. Of a GIF, the first frame is drawn.
pub fn page_png(
    format: Format,
    bytes: &[u8],
    page: u32,
    width: u32,
) -> Result<Vec<u8>, ImageFault> {
    guarded(format, || match format {
        Format::Png | Format::Jpeg | Format::Gif if page > 0 => {
            Err(ImageFault::NoSuchPage { page, pages: 1 })
        }
        Format::Png | Format::Jpeg | Format::Gif => raster::page_png(format, bytes, width),
        Format::Tiff => tiff::page_png(bytes, page, width),
        Format::Pdf => pdf::page_png(bytes, page, width),
    })
}

/// Runs a decoder on a stranger's bytes: its panic is a fault of the bytes.
fn guarded<T>(
    format: Format,
    work: impl FnOnce() -> Result<T, ImageFault>,
) -> Result<T, ImageFault> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(ImageFault::broken(format, "it cannot be decoded")))
}
