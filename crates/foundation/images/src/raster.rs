//! PNG, JPEG and GIF: decoded under limits, scaled, encoded.

use std::io::Cursor;

use fast_image_resize::Resizer;
use image::codecs::gif::{GifDecoder, GifEncoder};
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{PngDecoder, PngEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageError, Limits};

use crate::limits::{
    DECODED_BYTES_MAX, PAGE_PIXELS_MAX, PAGE_WIDTH_MAX, PIXELS_MAX, SIDE_MAX, SIDE_TAKEN_MAX,
};
use crate::{Format, ImageFault, Normalised, gif};

/// Quality of a JPEG that we write. Choice: what it loses cannot be seen in print.
const JPEG_QUALITY: u8 = 90;

/// How fast the colours of a GIF are chosen, from 1 to 30. Choice: the encoder's own middle; 1
/// looks the same and takes ten times as long.
const GIF_SPEED: i32 = 10;

/// A decoded picture, still as it lay in the file.
pub(crate) struct Picture {
    pub(crate) image: DynamicImage,
    /// How it is to be turned to be seen.
    orientation: Orientation,
    /// What its colours mean, if it says.
    colours: Option<Vec<u8>>,
}

/// Decodes a picture; one with a side over the limit is scaled, and turned for good.
pub(crate) fn normalise(format: Format, bytes: &[u8]) -> Result<Normalised, ImageFault> {
    if format == Format::Gif {
        gif::check_frames(bytes)?;
    }
    let picture = decode(format, bytes)?;
    let size = (picture.image.width(), picture.image.height());
    let smaller = fitted(size);
    if smaller == size {
        return Ok(Normalised::AsItCame);
    }
    let picture = picture.scaled(format, smaller)?.turned();
    let bytes = picture.encode(format)?;
    Ok(Normalised::Converted { format, bytes })
}

/// The picture as it is to be seen, at most `width` pixels wide, as PNG of 8 bits.
pub(crate) fn page_png(format: Format, bytes: &[u8], width: u32) -> Result<Vec<u8>, ImageFault> {
    decode(format, bytes)?.into_page_png(format, width)
}

/// The size of a picture of this size when no side may be longer than the limit.
pub(crate) fn fitted((width, height): (u32, u32)) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= SIDE_MAX {
        return (width, height);
    }
    let scaled = |side: u32| {
        let (side, longest) = (u64::from(side), u64::from(longest));
        let nearest = (side * u64::from(SIDE_MAX) + longest / 2) / longest;
        u32::try_from(nearest).unwrap_or(SIDE_MAX).max(1)
    };
    (scaled(width), scaled(height))
}

/// Refuses a picture by its size alone, before anything is allocated for it.
pub(crate) fn check_size(width: u32, height: u32) -> Result<(), ImageFault> {
    if width.max(height) > SIDE_TAKEN_MAX {
        return Err(ImageFault::Side);
    }
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(ImageFault::Pixels { width, height });
    }
    Ok(())
}

fn decode(format: Format, bytes: &[u8]) -> Result<Picture, ImageFault> {
    let input = Cursor::new(bytes);
    let failed = |error| fault(format, error);
    match format {
        Format::Png => {
            let decoder = PngDecoder::with_limits(input, limits()).map_err(failed)?;
            read(format, decoder)
        }
        Format::Jpeg => read(format, JpegDecoder::new(input).map_err(failed)?),
        _ => read(format, GifDecoder::new(input).map_err(failed)?),
    }
}

fn read(format: Format, mut decoder: impl ImageDecoder) -> Result<Picture, ImageFault> {
    let failed = |error| fault(format, error);
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    if decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(ImageFault::Memory);
    }
    decoder.set_limits(limits()).map_err(failed)?;
    // A picture whose metadata cannot be read can still be seen.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let colours = decoder.icc_profile().unwrap_or(None);
    let image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    Ok(Picture {
        image,
        orientation,
        colours,
    })
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    limits
}

pub(crate) fn fault(format: Format, error: ImageError) -> ImageFault {
    match error {
        ImageError::Limits(_) => ImageFault::Memory,
        ImageError::Unsupported(error) => ImageFault::unsupported(format, &error),
        error => ImageFault::broken(format, &error),
    }
}

impl Picture {
    /// A picture that lies as it is to be seen.
    pub(crate) fn plain(image: DynamicImage) -> Self {
        Self {
            image,
            orientation: Orientation::NoTransforms,
            colours: None,
        }
    }

    pub(crate) fn scaled(
        self,
        format: Format,
        (width, height): (u32, u32),
    ) -> Result<Self, ImageFault> {
        let mut image = DynamicImage::new(width, height, self.image.color());
        Resizer::new()
            .resize(&self.image, &mut image, None)
            .map_err(|error| ImageFault::broken(format, &error))?;
        Ok(Self { image, ..self })
    }

    /// Turned as it is to be seen, whoever looks.
    fn turned(mut self) -> Self {
        self.image.apply_orientation(self.orientation);
        self.orientation = Orientation::NoTransforms;
        self
    }

    pub(crate) fn into_page_png(self, format: Format, width: u32) -> Result<Vec<u8>, ImageFault> {
        let picture = self.turned();
        let size = (picture.image.width(), picture.image.height());
        let smaller = page_size(size, width);
        let mut picture = if smaller == size {
            picture
        } else {
            picture.scaled(format, smaller)?
        };
        picture.image = eight_bits(picture.image);
        picture.encode(Format::Png)
    }

    pub(crate) fn encode(self, format: Format) -> Result<Vec<u8>, ImageFault> {
        let failed = |error| fault(format, error);
        let mut bytes = Vec::new();
        match format {
            Format::Jpeg => {
                let mut encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
                if let Some(colours) = self.colours {
                    // Without them the picture is only a little off.
                    let _ = encoder.set_icc_profile(colours);
                }
                self.image.write_with_encoder(encoder).map_err(failed)?;
            }
            Format::Gif => {
                let image = self.image.into_rgba8();
                let (width, height) = image.dimensions();
                GifEncoder::new_with_speed(&mut bytes, GIF_SPEED)
                    .encode(&image, width, height, image::ExtendedColorType::Rgba8)
                    .map_err(failed)?;
            }
            _ => {
                let mut encoder = PngEncoder::new(&mut bytes);
                if let Some(colours) = self.colours {
                    let _ = encoder.set_icc_profile(colours);
                }
                self.image.write_with_encoder(encoder).map_err(failed)?;
            }
        }
        Ok(bytes)
    }
}

/// The size of a picture of this size that is to be at most `width` wide.
fn page_size((width, height): (u32, u32), width_max: u32) -> (u32, u32) {
    let (across, down) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let by_width = f64::from(width_max.clamp(1, PAGE_WIDTH_MAX)) / across;
    let by_pixels = (PAGE_PIXELS_MAX as f64 / (across * down)).sqrt();
    let scale = by_width.min(by_pixels).min(1.0);
    (pixels(across * scale), pixels(down * scale))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at least 1, at most the side of a picture"
)]
fn pixels(length: f64) -> u32 {
    length.round().max(1.0) as u32
}

/// Of 16 bits a screen shows 8.
fn eight_bits(image: DynamicImage) -> DynamicImage {
    match image {
        DynamicImage::ImageLuma16(_) => image.into_luma8().into(),
        DynamicImage::ImageLumaA16(_) => image.into_luma_alpha8().into(),
        DynamicImage::ImageRgb16(_) => image.into_rgb8().into(),
        DynamicImage::ImageRgba16(_) => image.into_rgba8().into(),
        image => image,
    }
}
