//! TIFF: read page by page, and made a PDF.
//!
//! What the decoder lacks is added here: palettes, and the fax compressions before Group 4.

mod colour;
mod fax;
mod to_pdf;

use std::borrow::Cow;
use std::io::Cursor;

use image::DynamicImage;
use image::metadata::Orientation;
use tiff::TiffError;
use tiff::decoder::ifd::Value;
use tiff::decoder::{ChunkType, Decoder, Limits};
use tiff::tags::Tag;

use crate::limits::{DECODED_BYTES_MAX, PIXELS_MAX, TIFF_PAGES_MAX, TIFF_PIXELS_MAX};
use crate::raster::{self, Picture, check_size};
use crate::{Format, ImageFault, jpeg};

pub(crate) use to_pdf::to_pdf;

/// Values of tags. Source: TIFF 6.0, sections 3 to 11 and 22.
mod value {
    pub(super) const COMPRESSION_FAX: [u16; 3] = [2, 3, 4];
    pub(super) const COMPRESSION_JPEG: u16 = 7;
    pub(super) const PHOTOMETRIC_PALETTE: u16 = 3;
    pub(super) const PLANAR: u16 = 2;
    pub(super) const RESOLUTION_PER_INCH: u16 = 2;
    pub(super) const RESOLUTION_PER_CM: u16 = 3;
    pub(super) const ALPHA_ASSOCIATED: u16 = 1;
}

/// Resolution of a page that does not say it, in dots per inch. Choice: as fax machines and
/// scanners have it when they save space.
const DPI: f32 = 150.0;
/// Resolutions that are believed.
const DPI_RANGE: std::ops::RangeInclusive<f32> = 20.0..=2400.0;

type Pages<'b> = Decoder<Cursor<Cow<'b, [u8]>>>;

/// A TIFF whose directory has been read and found within the limits.
pub(crate) struct File<'b> {
    decoder: Pages<'b>,
    /// For each page, whether it has a palette.
    palettes: Vec<bool>,
}

/// A page as it is to be seen.
struct Page {
    image: DynamicImage,
    /// Whether it is line art, which JPEG would spoil.
    is_drawn: bool,
    /// Its size in points, 72 to the inch.
    points: (f32, f32),
}

pub(crate) fn page_count(bytes: &[u8]) -> Result<u32, ImageFault> {
    Ok(File::open(bytes)?.pages())
}

pub(crate) fn page_png(bytes: &[u8], page: u32, width: u32) -> Result<Vec<u8>, ImageFault> {
    let mut file = File::open(bytes)?;
    let pages = file.pages();
    if page >= pages {
        return Err(ImageFault::NoSuchPage { page, pages });
    }
    Picture::plain(file.page(page)?.image).into_page_png(Format::Tiff, width)
}

impl<'b> File<'b> {
    /// Follows the chain of pages, which the decoder keeps from biting its tail, and adds up what
    /// they would take. Nothing is decoded.
    fn open(bytes: &'b [u8]) -> Result<Self, ImageFault> {
        let mut decoder = decoder(Cow::Borrowed(bytes))?;
        let mut palettes = Vec::new();
        let mut patched = Cow::Borrowed(bytes);
        let mut pixels = 0;
        loop {
            if palettes.len() >= TIFF_PAGES_MAX as usize {
                let format = Format::Tiff;
                return Err(ImageFault::Pages { format });
            }
            pixels += size_checked(&mut decoder)?;
            if pixels > TIFF_PIXELS_MAX {
                return Err(ImageFault::PagePixels);
            }
            let is_palette = number(&mut decoder, Tag::PhotometricInterpretation)?
                == Some(value::PHOTOMETRIC_PALETTE);
            if is_palette {
                let at = decoder.ifd_pointer().map_or(0, |pointer| pointer.0);
                colour::call_gray(patched.to_mut(), at);
            }
            palettes.push(is_palette);
            if !decoder.more_images() {
                break;
            }
            decoder.next_image().map_err(fault)?;
        }
        if palettes.contains(&true) {
            decoder = self::decoder(patched)?;
        }
        Ok(Self { decoder, palettes })
    }

    fn pages(&self) -> u32 {
        u32::try_from(self.palettes.len()).unwrap_or(TIFF_PAGES_MAX)
    }

    /// Decodes a page, counted from 0.
    fn page(&mut self, page: u32) -> Result<Page, ImageFault> {
        let index = page as usize;
        let decoder = &mut self.decoder;
        decoder.seek_to_image(index).map_err(fault)?;
        let has_palette = self.palettes.get(index).copied().unwrap_or_default();
        let compression = number(decoder, Tag::Compression)?.unwrap_or(1);
        let (mut image, is_drawn) = if value::COMPRESSION_FAX.contains(&compression) {
            (fax::read(decoder, compression)?.into(), true)
        } else {
            if compression == value::COMPRESSION_JPEG {
                check_jpegs(decoder)?;
            }
            colour::read(decoder, has_palette)?
        };
        let mut dots = resolution(decoder);
        let orientation = orientation(decoder);
        image.apply_orientation(orientation);
        if orientation.to_exif() >= Orientation::Rotate90FlipH.to_exif() {
            dots = (dots.1, dots.0);
        }
        let points = (
            points(image.width(), dots.0),
            points(image.height(), dots.1),
        );
        Ok(Page {
            image,
            is_drawn,
            points,
        })
    }
}

impl Page {
    /// The page with no side over the limit; its size in points stays.
    fn fitted(mut self) -> Result<Self, ImageFault> {
        let size = (self.image.width(), self.image.height());
        let smaller = raster::fitted(size);
        if smaller != size {
            let picture = Picture::plain(self.image).scaled(Format::Tiff, smaller)?;
            self.image = picture.image;
        }
        Ok(self)
    }
}

fn decoder(bytes: Cow<'_, [u8]>) -> Result<Pages<'_>, ImageFault> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::try_from(DECODED_BYTES_MAX).unwrap_or(usize::MAX);
    let decoder = Decoder::new(Cursor::new(bytes)).map_err(fault)?;
    Ok(decoder.with_limits(limits))
}

/// How many pixels the current page has; an error when they are too many, or when its tiles or
/// strips, which are decoded whole, are out of proportion.
fn size_checked(decoder: &mut Pages<'_>) -> Result<u64, ImageFault> {
    let (width, height) = decoder.dimensions().map_err(fault)?;
    check_size(width, height)?;
    let (across, down) = decoder.chunk_dimensions();
    let chunks = match decoder.get_chunk_type() {
        ChunkType::Strip => decoder.strip_count(),
        ChunkType::Tile => decoder.tile_count(),
    };
    let chunks = u64::from(chunks.map_err(fault)?);
    let area = chunks.saturating_mul(u64::from(across).saturating_mul(u64::from(down)));
    if area > 2 * PIXELS_MAX {
        return Err(broken("its tiles are much larger than the picture"));
    }
    Ok(u64::from(width) * u64::from(height))
}

/// An error when a strip holds a JPEG that is larger than the strip, which the decoder would
/// allocate.
fn check_jpegs(decoder: &mut Pages<'_>) -> Result<(), ImageFault> {
    let (width, height) = decoder.chunk_dimensions();
    for strip in strips(decoder)? {
        let size = jpeg::size(strip);
        if size.is_none_or(|(across, down)| across > width || down > height) {
            return Err(broken("a strip holds a JPEG of another size"));
        }
    }
    Ok(())
}

/// The compressed bytes of the current page's strips or tiles.
fn strips<'d>(decoder: &'d mut Pages<'_>) -> Result<Vec<&'d [u8]>, ImageFault> {
    let (offsets, counts) = match decoder.get_chunk_type() {
        ChunkType::Strip => (Tag::StripOffsets, Tag::StripByteCounts),
        ChunkType::Tile => (Tag::TileOffsets, Tag::TileByteCounts),
    };
    let offsets = numbers::<usize>(decoder, offsets)?;
    let counts = numbers::<usize>(decoder, counts)?;
    let bytes = decoder.inner().get_ref();
    let strip = |(offset, count): (usize, usize)| bytes.get(offset..offset.checked_add(count)?);
    let strips = offsets.into_iter().zip(counts).map(strip);
    strips
        .collect::<Option<_>>()
        .ok_or_else(|| broken("a strip lies beyond its end"))
}

fn number(decoder: &mut Pages<'_>, tag: Tag) -> Result<Option<u16>, ImageFault> {
    decoder.find_tag_unsigned(tag).map_err(fault)
}

fn numbers<T: TryFrom<u64>>(decoder: &mut Pages<'_>, tag: Tag) -> Result<Vec<T>, ImageFault> {
    let found = decoder.find_tag_unsigned_vec(tag).map_err(fault)?;
    Ok(found.unwrap_or_default())
}

/// How the page is to be turned to be seen.
fn orientation(decoder: &mut Pages<'_>) -> Orientation {
    let tag = number(decoder, Tag::Orientation).ok().flatten();
    tag.and_then(|value| Orientation::from_exif(u8::try_from(value).ok()?))
        .unwrap_or(Orientation::NoTransforms)
}

/// Dots per inch across and down.
fn resolution(decoder: &mut Pages<'_>) -> (f32, f32) {
    let unit = number(decoder, Tag::ResolutionUnit).ok().flatten();
    let factor = match unit.unwrap_or(value::RESOLUTION_PER_INCH) {
        value::RESOLUTION_PER_INCH => 1.0,
        value::RESOLUTION_PER_CM => 2.54,
        // Only a ratio.
        _ => return (DPI, DPI),
    };
    let mut dots = |tag| match decoder.find_tag(tag) {
        Ok(Some(Value::Rational(dots, of))) => Some(dots as f32 / of as f32 * factor),
        _ => None,
    };
    match (dots(Tag::XResolution), dots(Tag::YResolution)) {
        (Some(x), Some(y)) if DPI_RANGE.contains(&x) && DPI_RANGE.contains(&y) => (x, y),
        _ => (DPI, DPI),
    }
}

fn points(pixels: u32, dots: f32) -> f32 {
    pixels as f32 / dots * 72.0
}

fn fault(error: TiffError) -> ImageFault {
    match error {
        TiffError::LimitsExceeded => ImageFault::Memory,
        TiffError::UnsupportedError(error) => ImageFault::unsupported(Format::Tiff, &error),
        error => broken(&error),
    }
}

fn broken(detail: &(impl ToString + ?Sized)) -> ImageFault {
    ImageFault::broken(Format::Tiff, detail)
}
