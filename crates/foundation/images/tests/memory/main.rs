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
    let mut pictures = vec![
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
        (
            "long PNG",
            Format::Png,
            kit::png(&DynamicImage::new_rgba8(65_535, 760)),
        ),
        (
            "JPEG",
            Format::Jpeg,
            kit::jpeg(&DynamicImage::new_rgb8(7000, 7000)),
        ),
        ("GIF", Format::Gif, kit::gif(&[large])),
        ("PNG bomb", Format::Png, kit::png_bomb(40_000, 40_000)),
        ("GIF of many", Format::Gif, kit::gif_of_many(10_000)),
        ("PDF of many", Format::Pdf, kit::pdf_of_many(10_000)),
        ("PDF of empty pages", Format::Pdf, empty_pages(240_000)),
        ("PDF of empty pages, packed", Format::Pdf, packed_pages()),
    ];
    pictures.extend(tiffs().map(|(name, page)| {
        let pages = vec![page; 3];
        (name, Format::Tiff, kit::tiff(&pages))
    }));
    pictures
}

/// The largest page of each kind of colour, packed to nothing.
fn tiffs() -> [(&'static str, kit::TiffPage); 5] {
    let page = |side: u32, photometric, bits: u32, samples: u32| {
        let bytes = u64::from(side).pow(2) * u64::from(samples * bits) / 8;
        kit::TiffPage::new(side, side, photometric, Vec::new())
            .tag(kit::BITS, vec![bits; samples as usize])
            .tag(kit::SAMPLES, [samples])
            .compressed(8, kit::zlib(&vec![0; usize::try_from(bytes).unwrap()]))
    };
    [
        ("TIFF of bits", page(7000, 1, 1, 1)),
        (
            "TIFF with palette",
            page(7000, 3, 8, 1).tag(kit::COLOR_MAP, vec![0; 768]),
        ),
        ("TIFF in RGB", page(7000, 2, 8, 3)),
        ("clear TIFF", page(7000, 2, 8, 4)),
        ("deep TIFF of four inks", page(5700, 5, 16, 4)),
    ]
}

/// Pages of four bytes each, within the file's own tree.
fn empty_pages(count: usize) -> Vec<u8> {
    let kids = "<<>>".repeat(count);
    kit::pdf(&[
        kit::object("<</Type/Catalog/Pages 2 0 R>>"),
        kit::object(&format!("<</Type/Pages/Kids[{kids}]>>")),
    ])
}

/// A stream that is as large as it may be once unpacked.
fn packed_pages() -> Vec<u8> {
    let spaces = kit::zlib(&vec![b' '; 200 << 20]);
    let stream = kit::stream("/Filter/FlateDecode", &spaces);
    let mut objects = kit::one_page("", b"", &[]);
    objects[3] = stream;
    kit::pdf(&objects)
}
