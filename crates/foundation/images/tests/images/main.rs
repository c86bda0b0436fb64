//! Pictures in, pictures out: every kind that is taken, and every kind that is not.

#![expect(
    clippy::unwrap_used,
    reason = "tests end where their answer is not what it should be"
)]
#![expect(
    clippy::cast_possible_truncation,
    reason = "pictures of tests are small"
)]

mod hostile;
mod kit;
mod pdf;
mod property;
mod raster;
mod tiff;

use bursar_images::{Format, Normalised, normalise, page_png};
use image::RgbImage;

/// What became of a picture that had to be changed.
fn converted(format: Format, bytes: &[u8]) -> (Format, Vec<u8>) {
    match normalise(format, bytes).unwrap() {
        Normalised::Converted { format, bytes } => {
            assert_eq!(Format::sniff(&bytes), Some(format));
            (format, bytes)
        }
        Normalised::AsItCame => panic!("nothing was changed"),
    }
}

/// A page as it is seen.
fn seen(format: Format, bytes: &[u8], page: u32, width: u32) -> RgbImage {
    let png = page_png(format, bytes, page, width).unwrap();
    assert_eq!(Format::sniff(&png), Some(Format::Png));
    image::load_from_memory(&png).unwrap().to_rgb8()
}

/// Whether two colours look alike.
fn is_near(found: [u8; 3], wanted: [u8; 3]) -> bool {
    found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 24)
}

#[track_caller]
fn assert_near(found: [u8; 3], wanted: [u8; 3]) {
    assert!(is_near(found, wanted), "{found:?} is not {wanted:?}");
}
