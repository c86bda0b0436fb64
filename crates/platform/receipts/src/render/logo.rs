//! The app's logo, as the PDF writer takes it.

use std::hash::{Hash, Hasher};
use std::io::Cursor;
use std::sync::Arc;

use krilla::geom::{Size, Transform};
use krilla::image::{BitsPerComponent, CustomImage, Image, ImageColorspace};
use krilla::surface::Surface;
use png::{ColorType, Decoder, Limits, Transformations};

/// The side of the square that a logo fills, in points: 100 px of 1/96 inch.
///
/// Source: the e-receipts integration guide, "Posting eReceipts": 100x100.
const SIDE: f32 = 75.0;
/// The largest side of a file, in pixels. Choice: the App Center takes 100.
const PIXELS_MAX: u32 = 1000;
/// What decoding may take, in bytes.
const MEMORY_MAX: usize = 8 << 20;

/// A decoded logo. Cheap to clone, and compressed once for all receipts that show it.
#[derive(Clone, Debug)]
pub struct Logo {
    image: Image,
    width: f32,
    height: f32,
}

impl Logo {
    /// Decodes a PNG; nothing when it is none, or is too large. What is transparent becomes white,
    /// as the page is.
    pub fn from_png(file: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new_with_limits(Cursor::new(file), Limits { bytes: MEMORY_MAX });
        decoder.set_transformations(Transformations::normalize_to_color8());
        let header = decoder.read_header_info().ok()?;
        if header.width.max(header.height) > PIXELS_MAX {
            return None;
        }
        let mut reader = decoder.read_info().ok()?;
        let mut samples = vec![0; reader.output_buffer_size()?];
        let frame = reader.next_frame(&mut samples).ok()?;
        samples.truncate(frame.buffer_size());
        let pixels = Pixels {
            rgb: on_white(&samples, frame.color_type)?.into(),
            size: (frame.width, frame.height),
        };
        let [wide, high] = [frame.width, frame.height].map(|side| side as f32);
        let scale = SIDE / wide.max(high);
        Some(Self {
            image: Image::from_custom(pixels, false).ok()?,
            width: wide * scale,
            height: high * scale,
        })
    }

    /// Its width on the page, in points.
    pub(super) fn width(&self) -> f32 {
        self.width
    }

    /// Its height on the page, in points.
    pub(super) fn height(&self) -> f32 {
        self.height
    }

    /// Draws it by its top left corner.
    pub(super) fn draw(&self, surface: &mut Surface<'_>, x: f32, y: f32) {
        if let Some(size) = Size::from_wh(self.width, self.height) {
            surface.push_transform(&Transform::from_translate(x, y));
            surface.draw_image(self.image.clone(), size);
            surface.pop();
        }
    }
}

/// Three samples a pixel, with what is behind a transparent one.
fn on_white(samples: &[u8], color: ColorType) -> Option<Vec<u8>> {
    let over = |sample: u8, alpha: u8| {
        let (sample, alpha) = (u16::from(sample), u16::from(alpha));
        let mixed = (sample * alpha + 255 * (255 - alpha) + 127) / 255;
        u8::try_from(mixed).unwrap_or(255)
    };
    let pixels = samples.chunks_exact(color.samples());
    Some(match color {
        ColorType::Rgb => samples.to_vec(),
        ColorType::Rgba => pixels
            .flat_map(|p| [over(p[0], p[3]), over(p[1], p[3]), over(p[2], p[3])])
            .collect(),
        ColorType::Grayscale => pixels.flat_map(|p| [p[0]; 3]).collect(),
        ColorType::GrayscaleAlpha => pixels.flat_map(|p| [over(p[0], p[1]); 3]).collect(),
        // The decoder has expanded them.
        ColorType::Indexed => return None,
    })
}

/// What the PDF writer asks of a picture.
#[derive(Clone)]
struct Pixels {
    rgb: Arc<[u8]>,
    size: (u32, u32),
}

impl Hash for Pixels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rgb.hash(state);
        self.size.hash(state);
    }
}

impl CustomImage for Pixels {
    fn color_channel(&self) -> &[u8] {
        &self.rgb
    }

    fn alpha_channel(&self) -> Option<&[u8]> {
        None
    }

    fn bits_per_component(&self) -> BitsPerComponent {
        BitsPerComponent::Eight
    }

    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn icc_profile(&self) -> Option<&[u8]> {
        None
    }

    fn color_space(&self) -> ImageColorspace {
        ImageColorspace::Rgb
    }
}

#[cfg(test)]
pub(super) mod tests {
    use png::{BitDepth, Encoder};

    use super::*;

    /// A PNG of one colour.
    pub(in crate::render) fn picture(
        (width, height): (u32, u32),
        color: ColorType,
        pixel: &[u8],
    ) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, width, height);
        encoder.set_color(color);
        encoder.set_depth(BitDepth::Eight);
        let count = usize::try_from(width * height).unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&pixel.repeat(count)).unwrap();
        writer.finish().unwrap();
        file
    }

    #[test]
    fn a_logo_fits_its_square_and_keeps_its_ratio() {
        for (size, printed) in [
            ((100, 100), (75.0, 75.0)),
            ((400, 100), (75.0, 18.75)),
            ((10, 20), (37.5, 75.0)),
        ] {
            let logo = Logo::from_png(&picture(size, ColorType::Rgb, &[1, 2, 3])).unwrap();
            assert_eq!((logo.width(), logo.height()), printed);
        }
    }

    #[test]
    fn what_is_transparent_becomes_white() {
        let flat = |color, pixel: &[u8]| on_white(pixel, color).unwrap();
        assert_eq!(flat(ColorType::Rgba, &[10, 20, 30, 0]), [255, 255, 255]);
        assert_eq!(flat(ColorType::Rgba, &[10, 20, 30, 255]), [10, 20, 30]);
        assert_eq!(flat(ColorType::GrayscaleAlpha, &[0, 128]), [127, 127, 127]);
        assert_eq!(flat(ColorType::Grayscale, &[9]), [9, 9, 9]);
    }

    #[test]
    fn other_files_are_no_logos() {
        let good = picture((100, 100), ColorType::Rgb, &[1, 2, 3]);
        assert!(Logo::from_png(&good[..good.len() / 2]).is_none());
        assert!(Logo::from_png(b"GIF89a").is_none());
        assert!(Logo::from_png(&picture((1001, 1), ColorType::Rgb, &[1, 2, 3])).is_none());
    }
}
