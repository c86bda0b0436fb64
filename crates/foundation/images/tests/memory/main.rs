//! The most memory that a picture may take. A program of its own: it counts every allocation.

#![expect(
    clippy::unwrap_used,
    reason = "tests end where their answer is not what it should be"
)]
#![expect(
    clippy::cast_possible_truncation,
    reason = "pictures of tests are small"
)]
#![expect(dead_code, reason = "the kit has more than is used here")]

#[path = "../images/kit.rs"]
mod kit;

use bursar_images::limits::DECODED_BYTES_MAX;
use bursar_images::{Format, normalise, page_png};
use image::{DynamicImage, GrayImage};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What is said in `limits.rs`, and the file itself beside it.
const MOST: usize = 2 * DECODED_BYTES_MAX as usize + (64 << 20);

/// One test: another beside it would be counted, too.
#[test]
fn no_picture_takes_more_than_is_said() {
    for (name, format, bytes) in pictures() {
        for (step, work) in [("normalise", normal as fn(_, &_)), ("page", page)] {
            MEMORY.reset_peak_usage();
            let before = MEMORY.current_usage();
            work(format, &bytes);
            let taken = MEMORY.peak_usage().saturating_sub(before);
            println!("{name}, {step}: {} MiB", taken >> 20);
            assert!(taken <= MOST, "{name}, {step}: {} MiB", taken >> 20);
        }
    }
}

fn normal(format: Format, bytes: &[u8]) {
    let _ = normalise(format, bytes);
}

fn page(format: Format, bytes: &[u8]) {
    let _ = page_png(format, bytes, 0, 1000);
}

fn pictures() -> Vec<(&'static str, Format, Vec<u8>)> {
    let large = DynamicImage::from(GrayImage::new(7000, 7000));
    let rgb = DynamicImage::new_rgb8(7000, 7000);
    let sheets = vec![kit::TiffPage::new(7000, 7000, 1, vec![]); 9];
    let packed = kit::zlib(&vec![0; 49_000_000]);
    let sheets: Vec<_> = sheets
        .into_iter()
        .map(|page| page.compressed(8, packed.clone()))
        .collect();
    let unpacked = kit::zlib(&vec![b' '; 200 << 20]);
    let dictionaries = kit::zlib(&b"<<>>".repeat(240_000));
    vec![
        ("gray PNG", Format::Png, kit::png(&large)),
        (
            "clear PNG",
            Format::Png,
            kit::png(&DynamicImage::new_rgba8(7000, 7000)),
        ),
        (
            "deep PNG",
            Format::Png,
            kit::png(&DynamicImage::new_rgb16(6000, 6000)),
        ),
        ("JPEG", Format::Jpeg, kit::jpeg(&rgb)),
        (
            "GIF",
            Format::Gif,
            kit::gif(&[DynamicImage::new_rgba8(7000, 7000)]),
        ),
        ("TIFF", Format::Tiff, kit::tiff(&sheets)),
        (
            "PDF",
            Format::Pdf,
            kit::pdf(&kit::one_page(
                "",
                b"",
                &[kit::stream("/Filter/FlateDecode", &unpacked)],
            )),
        ),
        (
            "PDF of objects",
            Format::Pdf,
            kit::pdf(&kit::one_page(
                "",
                b"",
                &[kit::stream("/Filter/FlateDecode", &dictionaries)],
            )),
        ),
        ("PNG bomb", Format::Png, kit::png_bomb(40_000, 40_000)),
        ("GIF of many", Format::Gif, kit::gif_of_many(10_000)),
        ("PDF of many", Format::Pdf, kit::pdf_of_many(10_000)),
    ]
}
