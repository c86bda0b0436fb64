//! PDF: inspected, and drawn page by page.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

use crate::limits::{PAGE_PIXELS_MAX, PAGE_WIDTH_MAX, PDF_PAGES_MAX};
use crate::{Format, ImageFault};

/// How many pages it has: at least one, at most [`PDF_PAGES_MAX`].
pub(crate) fn page_count(bytes: &[u8]) -> Result<u32, ImageFault> {
    counted(&open(bytes)?)
}

/// Draws a page on white.
pub(crate) fn page_png(bytes: &[u8], page: u32, width: u32) -> Result<Vec<u8>, ImageFault> {
    let pdf = open(bytes)?;
    let pages = counted(&pdf)?;
    let found = usize::try_from(page)
        .ok()
        .and_then(|page| pdf.pages().get(page));
    draw(found.ok_or(ImageFault::NoSuchPage { page, pages })?, width)
}

fn open(bytes: &[u8]) -> Result<Pdf, ImageFault> {
    Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(_) => ImageFault::Encrypted,
        LoadPdfError::Invalid => ImageFault::broken(Format::Pdf, "it has no readable pages"),
    })
}

fn counted(pdf: &Pdf) -> Result<u32, ImageFault> {
    match u32::try_from(pdf.pages().len()) {
        Ok(0) => Err(ImageFault::broken(Format::Pdf, "it has no page")),
        Ok(pages @ 1..=PDF_PAGES_MAX) => Ok(pages),
        _ => Err(ImageFault::Pages {
            format: Format::Pdf,
        }),
    }
}

fn draw(page: &Page<'_>, width: u32) -> Result<Vec<u8>, ImageFault> {
    let scale = scale(page.render_dimensions(), width);
    let picture = render(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings {
            hinting: false,
            ..RenderSettings::default()
        },
        &PixmapSettings {
            x_scale: scale,
            y_scale: scale,
            bg_color: WHITE,
        },
    );
    picture
        .into_png()
        .map_err(|error| ImageFault::broken(Format::Pdf, error))
}

/// How much larger than in points a page is drawn.
fn scale((across, down): (f32, f32), width: u32) -> f32 {
    let (across, down) = (across.max(1.0), down.max(1.0));
    // Half a pixel more, because the renderer rounds the width down.
    let by_width = (width.clamp(1, PAGE_WIDTH_MAX) as f32 + 0.5) / across;
    let by_pixels = (PAGE_PIXELS_MAX as f32 / (across * down)).sqrt();
    by_width.min(by_pixels)
}
