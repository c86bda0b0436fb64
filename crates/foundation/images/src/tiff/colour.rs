//! The samples of a page, as colours.

use image::{DynamicImage, GrayImage, RgbImage};
use tiff::ColorType;
use tiff::decoder::DecodingResult;
use tiff::tags::Tag;

use super::{Pages, broken, fault, number, numbers, value};
use crate::{Format, ImageFault};

/// Makes a page with a palette one of gray, where 0 is black, in the file itself, so that the
/// decoder, which knows no palettes, reads its numbers. `directory` is where the page's tags begin.
pub(super) fn call_gray(bytes: &mut [u8], directory: u64) {
    const PHOTOMETRIC: u16 = 262;
    const TYPE_SHORT: u16 = 3;
    let is_little = bytes.starts_with(b"II");
    let read = |pair: &[u8]| match *pair {
        [low, high] if is_little => u16::from_le_bytes([low, high]),
        [high, low] => u16::from_be_bytes([high, low]),
        _ => 0,
    };
    let Some(directory) = usize::try_from(directory)
        .ok()
        .and_then(|at| bytes.get_mut(at..))
    else {
        return;
    };
    let Some((count, entries)) = directory.split_at_mut_checked(2) else {
        return;
    };
    // An entry is a tag, a type, a count, and the value: 2, 2, 4 and 4 bytes.
    let entries = entries.chunks_exact_mut(12).take(read(count).into());
    for entry in entries.filter(|entry| read(&entry[..2]) == PHOTOMETRIC) {
        let value = match (is_little, read(&entry[2..4])) {
            (true, _) => [1, 0, 0, 0],
            (false, TYPE_SHORT) => [0, 1, 0, 0],
            (false, _) => [0, 0, 0, 1],
        };
        entry[8..].copy_from_slice(&value);
    }
}

/// Decodes the current page; also says whether it is drawn in few colours.
pub(super) fn read(
    decoder: &mut Pages<'_>,
    has_palette: bool,
) -> Result<(DynamicImage, bool), ImageFault> {
    let color = decoder.colortype().map_err(fault)?;
    let (width, height) = decoder.dimensions().map_err(fault)?;
    if color.num_samples() > 1 && number(decoder, Tag::PlanarConfiguration)? == Some(value::PLANAR)
    {
        return Err(unsupported("its colours lie in separate planes"));
    }
    let pixels = match (color, has_palette) {
        (ColorType::Gray(1 | 2 | 4 | 8), true) => {
            let palette = Palette::read(decoder, color.bit_depth())?;
            Pixels::Rgb(palette.colours(&unpacked(decoder, color, width)?))
        }
        (ColorType::Gray(bits @ (1 | 2 | 4)), false) => {
            let scale = 255 / ((1_u8 << bits) - 1);
            let mut samples = unpacked(decoder, color, width)?;
            for sample in &mut samples {
                *sample *= scale;
            }
            Pixels::Gray(samples)
        }
        (ColorType::Gray(8 | 16), false) => Pixels::Gray(bytes(decoder)?),
        (ColorType::RGB(8 | 16), _) => Pixels::Rgb(bytes(decoder)?),
        (ColorType::RGBA(8 | 16), _) => {
            let kinds = numbers::<u16>(decoder, Tag::ExtraSamples)?;
            let is_associated = kinds.first() == Some(&value::ALPHA_ASSOCIATED);
            Pixels::Rgb(on_white(&bytes(decoder)?, is_associated))
        }
        (ColorType::CMYK(8 | 16), _) => Pixels::Rgb(from_cmyk(&bytes(decoder)?)),
        // Only JPEG brings it here whole.
        (ColorType::YCbCr(8), _) => Pixels::Rgb(from_ycbcr(bytes(decoder)?)),
        (color, _) => return Err(unsupported(&format!("{color:?}"))),
    };
    let image = pixels.into_image(width, height);
    let is_drawn = has_palette || color == ColorType::Gray(1);
    Ok((image.ok_or_else(|| broken("it ends early"))?, is_drawn))
}

enum Pixels {
    Gray(Vec<u8>),
    Rgb(Vec<u8>),
}

impl Pixels {
    fn into_image(self, width: u32, height: u32) -> Option<DynamicImage> {
        Some(match self {
            Self::Gray(samples) => GrayImage::from_raw(width, height, samples)?.into(),
            Self::Rgb(samples) => RgbImage::from_raw(width, height, samples)?.into(),
        })
    }
}

/// The samples with 8 bits each; of 16 a screen shows 8.
fn bytes(decoder: &mut Pages<'_>) -> Result<Vec<u8>, ImageFault> {
    match decoder.read_image().map_err(fault)? {
        DecodingResult::U8(samples) => Ok(samples),
        DecodingResult::U16(samples) => Ok(samples
            .iter()
            .map(|sample| sample.to_be_bytes()[0])
            .collect()),
        _ => Err(unsupported("its samples are no whole numbers")),
    }
}

/// The samples of a page that has several in a byte, one in each.
fn unpacked(decoder: &mut Pages<'_>, color: ColorType, width: u32) -> Result<Vec<u8>, ImageFault> {
    let bits = usize::from(color.bit_depth());
    let packed = bytes(decoder)?;
    if bits == 8 {
        return Ok(packed);
    }
    let width = width as usize;
    let in_byte = 8 / bits;
    let mask = (1_u8 << bits) - 1;
    let row_bytes = width.div_ceil(in_byte);
    let mut samples = Vec::with_capacity(packed.len() * in_byte);
    for row in packed.chunks_exact(row_bytes) {
        let sample = |at: usize| (row[at / in_byte] >> (8 - bits - at % in_byte * bits)) & mask;
        samples.extend((0..width).map(sample));
    }
    Ok(samples)
}

/// Red, green and blue by number.
struct Palette(Vec<[u8; 3]>);

impl Palette {
    /// All reds, then all greens, then all blues, of 16 bits each.
    fn read(decoder: &mut Pages<'_>, bits: u8) -> Result<Self, ImageFault> {
        let map = numbers::<u16>(decoder, Tag::ColorMap)?;
        let colours = 1 << bits;
        if map.len() != 3 * colours {
            return Err(broken("its palette has another size"));
        }
        let part = |at: usize| map[at].to_be_bytes()[0];
        let colour = |number| [0, 1, 2].map(|primary| part(primary * colours + number));
        Ok(Self((0..colours).map(colour).collect()))
    }

    fn colours(&self, numbers: &[u8]) -> Vec<u8> {
        mapped(numbers, |&[number]| self.0[usize::from(number)])
    }
}

/// Lays a picture with transparency on white: a page of paper.
fn on_white(samples: &[u8], is_associated: bool) -> Vec<u8> {
    mapped(samples, |&[red, green, blue, alpha]| {
        [red, green, blue].map(|sample| {
            let ink = if is_associated {
                sample
            } else {
                times(sample, alpha)
            };
            ink.saturating_add(255 - alpha)
        })
    })
}

/// Choice: the plain formula. Print shops' profiles are not looked at.
fn from_cmyk(samples: &[u8]) -> Vec<u8> {
    mapped(samples, |&[cyan, magenta, yellow, black]| {
        [cyan, magenta, yellow].map(|ink| times(255 - ink, 255 - black))
    })
}

/// Red, green and blue of each pixel; no byte more is allocated than they take.
fn mapped<const N: usize>(samples: &[u8], colour: impl Fn(&[u8; N]) -> [u8; 3]) -> Vec<u8> {
    let pixels = samples.as_chunks::<N>().0;
    let mut colours = Vec::with_capacity(pixels.len() * 3);
    for pixel in pixels {
        colours.extend_from_slice(&colour(pixel));
    }
    colours
}

/// The full range of JFIF.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float is cut to the bounds of a byte"
)]
fn from_ycbcr(mut samples: Vec<u8>) -> Vec<u8> {
    for pixel in samples.as_chunks_mut::<3>().0 {
        let [y, cb, cr] = pixel.map(f32::from);
        let (cb, cr) = (cb - 128.0, cr - 128.0);
        *pixel = [
            y + 1.402 * cr,
            y - 0.344_136 * cb - 0.714_136 * cr,
            y + 1.772 * cb,
        ]
        .map(|sample| sample.round() as u8);
    }
    samples
}

/// The product of two parts of 255.
fn times(a: u8, b: u8) -> u8 {
    let product = u16::from(a) * u16::from(b);
    u8::try_from((product + 127) / 255).unwrap_or(u8::MAX)
}

fn unsupported(detail: &(impl ToString + ?Sized)) -> ImageFault {
    ImageFault::unsupported(Format::Tiff, detail)
}
