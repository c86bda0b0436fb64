//! A TIFF as a PDF, a page for a page.

use krilla::geom::Size;
use krilla::image::Image;
use krilla::page::PageSettings;
use krilla::{Document, SerializeSettings};

use super::{File, Page, broken};
use crate::raster::Picture;
use crate::{Format, ImageFault};

/// The longest side that readers of a PDF must take, in points.
/// Source: ISO 32000-1, Annex C.
const POINTS_MAX: f32 = 14_400.0;
/// The shortest.
const POINTS_MIN: f32 = 3.0;

/// Makes the PDF. Pages keep their size on paper; a page over the limit of pixels is scaled.
///
/// Choice: line art and palettes stay exact, other pages become JPEG. Equal input gives equal
/// bytes.
pub(crate) fn to_pdf(bytes: &[u8]) -> Result<Vec<u8>, ImageFault> {
    let mut file = File::open(bytes)?;
    let mut document = Document::new_with(SerializeSettings::default());
    for page in 0..file.pages() {
        add(&mut document, file.page(page)?.fitted()?)?;
    }
    document.finish().map_err(|error| broken(&error))
}

fn add(document: &mut Document, page: Page) -> Result<(), ImageFault> {
    let clamped = |points: f32| points.clamp(POINTS_MIN, POINTS_MAX);
    let (width, height) = (clamped(page.points.0), clamped(page.points.1));
    let sizes = PageSettings::from_wh(width, height).zip(Size::from_wh(width, height));
    let (settings, size) = sizes.ok_or_else(|| broken("a page has no size"))?;
    let is_drawn = page.is_drawn;
    let format = if is_drawn { Format::Png } else { Format::Jpeg };
    let encoded = Picture::plain(page.image).encode(format)?;
    let image = if is_drawn {
        Image::from_png(encoded.into(), false)
    } else {
        Image::from_jpeg(encoded.into(), false)
    };
    let image = image.map_err(|error| broken(&error))?;
    let mut sheet = document.start_page_with(settings);
    let mut surface = sheet.surface();
    surface.draw_image(image, size);
    surface.finish();
    sheet.finish();
    Ok(())
}
