//! How each type looks in each language: pictures to look at, in `golden/`.
//!
//! A page is drawn, and every pixel replaced by the nearest of 16 colours, which keeps the
//! pictures small. A pixel that is one shade off is no difference: processors round differently.
//! After a change that is meant, `BURSAR_GOLDEN=write cargo test -p bursar-receipts golden` draws
//! all anew; look at them before you commit them.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use bursar_images::{Format, page_count, page_png};
use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Transformations};

use super::logo::tests::picture;
use super::tests::{CTX, READERS};
use super::text::{ACCENT, Color, HAIR, INK};
use super::*;

/// A4 at 96 pixels an inch.
const WIDTH: u32 = 794;
/// Pages beside each other.
const PAGES_BESIDE: usize = 3;
/// The colour of the logo.
const LOGO: Color = Color(0xc8, 0x50, 0x38);

/// A receipt of each type, with all fields.
pub(super) const TYPES: [(ReceiptType, &str); 7] = [
    (
        ReceiptType::Air,
        include_str!("../../../../../seeds/receipts/flight-every-field.json"),
    ),
    (
        ReceiptType::CarRental,
        include_str!("../../../../../seeds/receipts/car-rental-every-field.json"),
    ),
    (
        ReceiptType::General,
        include_str!("../../../../../seeds/receipts/purchase-every-field.json"),
    ),
    (
        ReceiptType::GroundTransport,
        include_str!("../../../../../seeds/receipts/ride-every-field.json"),
    ),
    (
        ReceiptType::Hotel,
        include_str!("../../../../../seeds/receipts/stay-every-field.json"),
    ),
    (
        ReceiptType::JptIcCard,
        include_str!("../../../../../seeds/receipts/ic-card-every-field.json"),
    ),
    (
        ReceiptType::Rail,
        include_str!("../../../../../seeds/receipts/rail-every-field.json"),
    ),
];

/// Shades of white to ink, then of the accent, of the logo, of thin rules.
fn palette() -> Vec<[u8; 3]> {
    let shade = |color: Color, part: u16, of: u16| {
        let mix = |sample: u8| {
            let sample = (u16::from(sample) * part + 255 * (of - part)) / of;
            u8::try_from(sample).unwrap()
        };
        [mix(color.0), mix(color.1), mix(color.2)]
    };
    let ink = (0..=8).map(|part| shade(INK, part, 8));
    let accent = (1..=3).map(|part| shade(ACCENT, part, 3));
    let logo = (1..=2).map(|part| shade(LOGO, part, 2));
    let hair = (1..=2).map(|part| shade(HAIR, part, 2));
    ink.chain(accent).chain(logo).chain(hair).collect()
}

/// How far apart two colours are in the channel in which they differ most.
fn distance(a: [u8; 3], b: [u8; 3]) -> u8 {
    let channels = a.into_iter().zip(b);
    channels.map(|(a, b)| a.abs_diff(b)).max().unwrap()
}

/// Pixels as places in the palette.
#[derive(PartialEq, Eq)]
struct Sheet {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Sheet {
    fn decode(file: &[u8], transformations: Transformations) -> (u32, u32, ColorType, Vec<u8>) {
        let mut decoder = Decoder::new(Cursor::new(file));
        decoder.set_transformations(transformations);
        let mut reader = decoder.read_info().unwrap();
        let mut samples = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut samples).unwrap();
        samples.truncate(frame.buffer_size());
        (frame.width, frame.height, frame.color_type, samples)
    }

    /// Any picture, in the nearest colours.
    fn nearest(file: &[u8]) -> Self {
        let (width, height, color, samples) =
            Self::decode(file, Transformations::normalize_to_color8());
        let palette = palette();
        let mut last = ([255; 3], 0);
        let pixels = samples.chunks_exact(color.samples()).map(|pixel| {
            let pixel = [pixel[0], pixel[1 % pixel.len()], pixel[2 % pixel.len()]];
            if pixel != last.0 {
                let by_distance = |at: &usize| distance(palette[*at], pixel);
                let nearest = (0..palette.len()).min_by_key(by_distance).unwrap();
                last = (pixel, u8::try_from(nearest).unwrap());
            }
            last.1
        });
        Self {
            width,
            height,
            pixels: pixels.collect(),
        }
    }

    /// Pages of one size, [`PAGES_BESIDE`] in a row, white where there is none.
    fn together(pages: &[Self]) -> Self {
        let (width, height) = (pages[0].width, pages[0].height);
        let across = pages.len().min(PAGES_BESIDE);
        let blank = vec![0; usize::try_from(width).unwrap()];
        let mut pixels = Vec::new();
        for row in pages.chunks(across) {
            for y in 0..usize::try_from(height).unwrap() {
                for x in 0..across {
                    let line = row
                        .get(x)
                        .and_then(|page| page.pixels.chunks(blank.len()).nth(y));
                    pixels.extend(line.unwrap_or(&blank));
                }
            }
        }
        let down = pages.len().div_ceil(across);
        Self {
            width: width * u32::try_from(across).unwrap(),
            height: height * u32::try_from(down).unwrap(),
            pixels,
        }
    }

    fn to_png(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::Four);
        encoder.set_compression(Compression::High);
        encoder.set_palette(palette().concat());
        let rows = self.pixels.chunks(usize::try_from(self.width).unwrap());
        let packed = rows.flat_map(|row| {
            let pairs = row.chunks(2);
            pairs.map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0))
        });
        let mut writer = encoder.write_header().unwrap();
        let packed: Vec<u8> = packed.collect();
        writer.write_image_data(&packed).unwrap();
        writer.finish().unwrap();
        file
    }

    /// What [`Sheet::to_png`] wrote.
    fn from_png(file: &[u8]) -> Self {
        let (width, height, _, samples) = Self::decode(file, Transformations::IDENTITY);
        let row = usize::try_from(width.div_ceil(2)).unwrap();
        let pixels = samples.chunks(row).flat_map(|row| {
            let both = row.iter().flat_map(|byte| [byte >> 4, byte & 15]);
            both.take(usize::try_from(width).unwrap())
                .collect::<Vec<_>>()
        });
        Self {
            width,
            height,
            pixels: pixels.collect(),
        }
    }

    fn looks_like(&self, other: &Self) -> bool {
        let palette = palette();
        let color = |pixel: &u8| palette[usize::from(*pixel)];
        let mut pixels = self.pixels.iter().zip(&other.pixels);
        (self.width, self.height) == (other.width, other.height)
            && pixels.all(|(a, b)| a == b || distance(color(a), color(b)) <= 64)
    }
}

/// A receipt with a logo.
pub(super) fn pdf(receipt_type: ReceiptType, receipt: &str, locale: &str) -> Vec<u8> {
    let logo = [LOGO.0, LOGO.1, LOGO.2];
    let logo = Logo::from_png(&picture((100, 100), ColorType::Rgb, &logo));
    let context = ReceiptContext {
        receipt_type: Some(receipt_type),
        locale,
        logo: logo.as_ref(),
        ..CTX
    };
    let receipt: Value = serde_json::from_str(receipt).unwrap();
    standard_receipt(&receipt, &context).unwrap()
}

fn draw(pdf: &[u8]) -> Sheet {
    let pages = page_count(Format::Pdf, pdf).unwrap();
    let page = |page| Sheet::nearest(&page_png(Format::Pdf, pdf, page, WIDTH).unwrap());
    Sheet::together(&(0..pages).map(page).collect::<Vec<_>>())
}

#[test]
fn each_type_looks_as_it_did_in_each_language() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let write = std::env::var("BURSAR_GOLDEN").is_ok_and(|value| value == "write");
    let other: PathBuf = std::env::temp_dir().join("bursar-golden");
    let mut different = Vec::new();
    for (receipt_type, receipt) in TYPES {
        for locale in READERS {
            let name = format!("{}.{}.png", receipt_type.short_name(), &locale[..2]);
            let sheet = draw(&pdf(receipt_type, receipt, locale));
            let golden = fs::read(folder.join(&name)).map(|file| Sheet::from_png(&file));
            if golden.is_ok_and(|golden| golden.looks_like(&sheet)) {
                continue;
            }
            let path = if write { &folder } else { &other }.join(&name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, sheet.to_png()).unwrap();
            different.push(path.display().to_string());
        }
    }
    assert!(
        write || different.is_empty(),
        "these look other than in golden/; is fonts-noto-cjk installed? {different:#?}"
    );
}
