//! PDF: inspected, and drawn page by page.
//!
//! The renderer bounds how deep objects and pages nest, and keeps chains and trees from running in
//! circles. It bounds neither what a stream unpacks to nor how much a page draws. `survey` does
//! the one and `gauge` the other, both before the renderer sees the page.
//!
//! What is left: object streams are unpacked when the file is opened, by whatever filters they
//! name. `survey` has counted all that zlib unpacks, but cannot look into object streams that are
//! encrypted (for an empty password), or packed otherwise first.

mod filters;
mod gauge;
mod images;
mod survey;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::object::Object;
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

use crate::limits::{PAGE_PIXELS_MAX, PAGE_WIDTH_MAX, PDF_PAGES_MAX};
use crate::{Format, ImageFault};
use survey::Survey;

/// Checks a PDF that came in: that it can be read, has pages, not too many, and can be unpacked.
///
/// Choice: scripts, forms and attachments stay in it, as they would in any mail. We run nothing:
/// the renderer has no interpreter of JavaScript, and follows no link.
pub(crate) fn inspect(bytes: &[u8]) -> Result<(), ImageFault> {
    let mut survey = Survey::of(bytes)?;
    let pdf = open(bytes)?;
    if pages(&pdf)? > PDF_PAGES_MAX {
        return Err(ImageFault::Pages {
            format: Format::Pdf,
        });
    }
    for object in pdf.objects() {
        if let Object::Stream(stream) = object {
            filters::unpack(&stream, &mut survey)?;
        }
    }
    Ok(())
}

/// How many pages it has: at least one.
///
/// Not limited here: a standard receipt, which is ours, may be long.
pub(crate) fn page_count(bytes: &[u8]) -> Result<u32, ImageFault> {
    Survey::of(bytes)?;
    pages(&open(bytes)?)
}

/// Draws a page on white.
pub(crate) fn page_png(bytes: &[u8], page: u32, width: u32) -> Result<Vec<u8>, ImageFault> {
    Survey::of(bytes)?;
    let pdf = open(bytes)?;
    let pages = pages(&pdf)?;
    let found = pdf.pages().get(page as usize);
    let page = found.ok_or(ImageFault::NoSuchPage { page, pages })?;
    let scale = scale(page.render_dimensions(), width);
    gauge::check(page, scale)?;
    draw(page, scale)
}

fn open(bytes: &[u8]) -> Result<Pdf, ImageFault> {
    Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(_) => ImageFault::Encrypted,
        LoadPdfError::Invalid => broken("it has no readable pages"),
    })
}

fn pages(pdf: &Pdf) -> Result<u32, ImageFault> {
    match pdf.pages().len() {
        0 => Err(broken("it has no page")),
        pages => Ok(u32::try_from(pages).unwrap_or(u32::MAX)),
    }
}

/// How much larger than in points a page is drawn, across and down.
fn scale((across, down): (f32, f32), width: u32) -> (f32, f32) {
    let (across, down) = (across.max(1.0), down.max(1.0));
    let by_width = width.clamp(1, PAGE_WIDTH_MAX) as f32 / across;
    let by_pixels = (PAGE_PIXELS_MAX as f32 / across / down).sqrt();
    // The renderer counts a side in 16 bits.
    let by_height = f32::from(u16::MAX - 1) / down;
    let scale = by_width.min(by_pixels).min(by_height);
    // At least a pixel; and half a pixel more, because the renderer rounds down.
    let side = |points: f32| ((points * scale).max(1.0) + 0.5) / points;
    (side(across), side(down))
}

fn draw(page: &Page<'_>, (x_scale, y_scale): (f32, f32)) -> Result<Vec<u8>, ImageFault> {
    let picture = render(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings {
            hinting: false,
            ..RenderSettings::default()
        },
        &PixmapSettings {
            x_scale,
            y_scale,
            bg_color: WHITE,
        },
    );
    picture.into_png().map_err(|error| broken(&error))
}

fn broken(detail: &(impl ToString + ?Sized)) -> ImageFault {
    ImageFault::broken(Format::Pdf, detail)
}
