//! How large an image in a PDF is, before it is decoded.

use hayro::hayro_syntax::Filter;
use hayro::hayro_syntax::object::{Array, Dict, Stream};

use super::{broken, filters};
use crate::ImageFault;
use crate::limits::PIXELS_MAX;
use crate::raster::check_size;

/// How many pixels decoding an image takes, its mask's included.
pub(super) fn pixels(image: &Stream<'_>) -> Result<u64, ImageFault> {
    let mask = [&b"SMask"[..], b"Mask"]
        .into_iter()
        .find_map(|key| image.dict().get::<Stream<'_>>(key));
    let mask = mask.map_or(Ok(0), |mask| own_pixels(&mask))?;
    Ok(own_pixels(image)? + mask)
}

fn own_pixels(image: &Stream<'_>) -> Result<u64, ImageFault> {
    let dict = image.dict();
    let side = |long: &[u8], short: &[u8]| {
        let side = dict.get::<u32>(long).or_else(|| dict.get::<u32>(short));
        side.unwrap_or_default()
    };
    let (width, height) = (side(b"Width", b"W"), side(b"Height", b"H"));
    check_size(width, height)?;
    let (coded_width, coded_height) = coded_size(image, height)?;
    let (width, height) = (width.max(coded_width), height.max(coded_height));
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS_MAX {
        return Err(ImageFault::Pixels { width, height });
    }
    Ok(pixels)
}

/// The size that the image's own coding names, where the decoder goes by it.
fn coded_size(image: &Stream<'_>, height: u32) -> Result<(u32, u32), ImageFault> {
    let size = match image.filters().last() {
        Some(Filter::CcittFaxDecode) => Some((columns(image.dict()), height)),
        Some(Filter::JpxDecode) => jpx_size(&filters::image_data(image)?),
        Some(Filter::Jbig2Decode) => jbig2_size(&filters::image_data(image)?),
        _ => Some((0, 0)),
    };
    size.ok_or_else(|| broken("an image in it cannot be read"))
}

/// The width of a fax: 1728 pixels unless it says otherwise.
fn columns(dict: &Dict<'_>) -> u32 {
    const DEFAULT: u32 = 1728;
    let keys = [&b"DecodeParms"[..], b"DP"];
    let parameters = keys.into_iter().find_map(|key| {
        let listed = || dict.get::<Array<'_>>(key)?.iter::<Dict<'_>>().last();
        dict.get::<Dict<'_>>(key).or_else(listed)
    });
    let columns = parameters.and_then(|parameters| parameters.get::<u32>(b"Columns"));
    columns.unwrap_or(DEFAULT)
}

fn jpx_size(data: &[u8]) -> Option<(u32, u32)> {
    let settings = hayro_jpeg2000::DecodeSettings {
        resolve_palette_indices: false,
        strict: false,
        target_resolution: None,
    };
    let image = hayro_jpeg2000::Image::new(data, &settings).ok()?;
    // The decoder keeps each sample as a number of 4 bytes.
    let channels = u32::from(image.color_space().num_channels()).div_ceil(4);
    Some((image.width(), image.height().saturating_mul(4 * channels)))
}

fn jbig2_size(data: &[u8]) -> Option<(u32, u32)> {
    let settings = hayro_jbig2::DecodeSettings { strict: false };
    let page = hayro_jbig2::Page::new_embedded(data, None, &settings).ok()?;
    Some((page.width(), page.height()))
}
