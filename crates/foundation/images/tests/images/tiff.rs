//! TIFF, and the PDF that it becomes.

use bursar_images::{Format, ImageFault, normalise, page_count, page_png};

use super::kit::{
    BITS, BLUE, COLOR_MAP, EXTRA_SAMPLES, FILL_ORDER, ORIENTATION, PHOTOMETRIC, PLANES, RED,
    RESOLUTION_UNIT, SAMPLES, T4_OPTIONS, TiffPage, bits, fax_page, jpeg, tiff, tiff_of, tiff_page,
    two_colours, written, zlib,
};
use super::{assert_near, converted, seen};

const WHITE: [u8; 3] = [255; 3];
const BLACK: [u8; 3] = [0; 3];

fn pdf_of(pages: &[TiffPage]) -> Vec<u8> {
    let (format, pdf) = converted(Format::Tiff, &tiff(pages));
    assert_eq!(format, Format::Pdf);
    pdf
}

/// Sees a page's left and right end, in the TIFF itself and in the PDF.
#[track_caller]
fn assert_sides(page: &TiffPage, left: [u8; 3], right: [u8; 3]) {
    let file = tiff(std::slice::from_ref(page));
    let pdf = pdf_of(std::slice::from_ref(page));
    for (format, bytes) in [(Format::Tiff, file), (Format::Pdf, pdf)] {
        let seen = seen(format, &bytes, 0, 400);
        let (width, height) = seen.dimensions();
        assert_near(seen[(width / 8, height / 2)].0, left);
        assert_near(seen[(width - 1 - width / 8, height / 2)].0, right);
    }
}

/// A page without compression, in two colours of these samples.
fn halves(photometric: u32, left: &[u8], right: &[u8]) -> TiffPage {
    let row = [left.repeat(20), right.repeat(20)].concat();
    TiffPage::new(40, 20, photometric, row.repeat(20))
}

#[test]
fn a_page_becomes_a_page() {
    let pages = [tiff_page(40, 20), tiff_page(20, 40), fax_page(4)];
    let file = tiff(&pages);
    assert_eq!(page_count(Format::Tiff, &file), Ok(3));
    let pdf = pdf_of(&pages);
    assert_eq!(page_count(Format::Pdf, &pdf), Ok(3));
    assert_eq!(pdf, pdf_of(&pages), "equal input, equal bytes");
    let fault = page_png(Format::Tiff, &file, 3, 9).unwrap_err();
    assert_eq!(fault, ImageFault::NoSuchPage { page: 3, pages: 3 });
}

#[test]
fn both_byte_orders_are_read() {
    for page in [tiff_page(40, 20), palette(), fax_page(4)] {
        let pages = std::slice::from_ref(&page);
        let (big, little) = (tiff_of(pages, false, false), tiff(pages));
        assert_eq!(
            page_png(Format::Tiff, &big, 0, 50),
            page_png(Format::Tiff, &little, 0, 50)
        );
    }
}

fn palette() -> TiffPage {
    // Number 1 is red, 2 is blue: all reds first, then all greens, then all blues.
    let mut map = vec![0; 768];
    for (number, colour) in [(1, RED), (2, BLUE)] {
        for (primary, part) in colour.into_iter().enumerate() {
            map[primary * 256 + number] = u32::from(part) * 257;
        }
    }
    halves(3, &[1], &[2]).tag(COLOR_MAP, map)
}

#[test]
fn every_kind_of_colour_is_seen() {
    assert_sides(&tiff_page(40, 20), RED, BLUE);
    assert_sides(&palette(), RED, BLUE);
    assert_sides(&halves(0, &[0], &[255]), WHITE, BLACK);
    assert_sides(&halves(1, &[0], &[255]), BLACK, WHITE);
    // Cyan and yellow at once are green; black alone is black.
    assert_sides(
        &halves(5, &[255, 0, 255, 0], &[0, 0, 0, 255]),
        [0, 255, 0],
        BLACK,
    );
    // Half of black over white; nothing over white.
    let faint = halves(2, &[0, 0, 0, 128], &[0, 0, 0, 0]);
    assert_sides(&faint.clone().tag(EXTRA_SAMPLES, [2]), [127; 3], WHITE);
    assert_sides(&faint.tag(EXTRA_SAMPLES, [1]), [127; 3], WHITE);
}

#[test]
fn samples_of_other_sizes_are_seen() {
    let row = |left: u8, right: u8| [[left; 10], [right; 10]].concat().repeat(20);
    let page = |bits, width, strip| {
        TiffPage::new(width, 20, 1, strip)
            .tag(BITS, [bits])
            .tag(SAMPLES, [1])
    };
    assert_sides(&page(1, 160, row(0, 255)), BLACK, WHITE);
    assert_sides(&page(2, 80, row(0, 0b1010_1010)), BLACK, [170; 3]);
    assert_sides(&page(4, 40, row(0, 0x88)), BLACK, [136; 3]);
    let wide = [0x80, 0, 0xff, 0xff].map(|byte| vec![byte; 1]);
    let deep = tiff_page(40, 20)
        .strip
        .iter()
        .flat_map(|&part| [part, part])
        .collect();
    let deep = TiffPage {
        strip: deep,
        ..tiff_page(40, 20)
    }
    .tag(BITS, [16, 16, 16]);
    assert_sides(&deep, RED, BLUE);
    drop(wide);
    // A palette of two.
    let map = [RED[0], BLUE[0], RED[1], BLUE[1], RED[2], BLUE[2]].map(|part| u32::from(part) * 257);
    let two = page(1, 160, row(0, 255))
        .tag(PHOTOMETRIC, [3])
        .tag(COLOR_MAP, map);
    assert_sides(&two, RED, BLUE);
}

#[test]
fn every_compression_is_read() {
    let plain = tiff_page(40, 20);
    let bytes = plain.strip.clone();
    let lzw = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(&bytes)
        .unwrap();
    // Runs of one byte each: literal.
    let packed = bytes
        .chunks(128)
        .flat_map(|run| [&[run.len() as u8 - 1], run].concat())
        .collect();
    for (compression, strip) in [
        (5, lzw),
        (8, zlib(&bytes)),
        (32_946, zlib(&bytes)),
        (32_773, packed),
    ] {
        assert_sides(&plain.clone().compressed(compression, strip), RED, BLUE);
    }
    // Inside, JPEG is its own kind of colour.
    let jpeg = jpeg(&two_colours(40, 20));
    assert_sides(&plain.tag(PHOTOMETRIC, [6]).compressed(7, jpeg), RED, BLUE);
}

#[test]
fn a_fax_is_read_in_every_group() {
    for compression in [2, 3, 4] {
        let page = fax_page(compression);
        let seen = seen(Format::Tiff, &tiff(std::slice::from_ref(&page)), 0, 8);
        let rows = [seen[(3, 0)].0, seen[(3, 1)].0];
        assert_eq!(rows, [WHITE, BLACK], "{compression}");

        let negative = page.clone().tag(PHOTOMETRIC, [1]);
        let seen = self::seen(Format::Tiff, &tiff(&[negative]), 0, 8);
        assert_eq!([seen[(3, 0)].0, seen[(3, 1)].0], [BLACK, WHITE]);

        let strip = page.strip.iter().map(|byte| byte.reverse_bits()).collect();
        let reversed = TiffPage { strip, ..page }.tag(FILL_ORDER, [2]);
        let seen = self::seen(Format::Tiff, &tiff(&[reversed]), 0, 8);
        assert_eq!([seen[(3, 0)].0, seen[(3, 1)].0], [WHITE, BLACK]);
    }
    // In two dimensions: the second row refers to the first.
    let end = "000000000001";
    let strip = bits(&format!("{end}1 10011 {end}0 001 00110101 000101"));
    let page = TiffPage {
        strip,
        ..fax_page(3)
    }
    .tag(T4_OPTIONS, [1]);
    let seen = seen(Format::Tiff, &tiff(&[page]), 0, 8);
    assert_eq!([seen[(3, 0)].0, seen[(3, 1)].0], [WHITE, BLACK]);
}

#[test]
fn a_fax_that_ends_early_is_broken() {
    for compression in [2, 3, 4] {
        let mut page = fax_page(compression);
        page.strip.truncate(1);
        let fault = normalise(Format::Tiff, &tiff(&[page])).unwrap_err();
        assert!(
            matches!(fault, ImageFault::Broken { .. }),
            "{compression}: {fault}"
        );
    }
}

/// The size of a PDF's page in points.
fn points(pdf: &[u8]) -> (i64, i64) {
    let text = String::from_utf8_lossy(pdf);
    let (_, rest) = text
        .split_once("/MediaBox [")
        .or_else(|| text.split_once("/MediaBox["))
        .unwrap();
    let numbers: Vec<f32> = rest
        .split(']')
        .next()
        .unwrap()
        .split_whitespace()
        .map(|n| n.parse().unwrap())
        .collect();
    (numbers[2].round() as i64, numbers[3].round() as i64)
}

#[test]
fn a_page_has_its_size_on_paper() {
    // 300 dots to the inch across, 150 down.
    assert_eq!(
        points(&pdf_of(&[tiff_page(600, 300).dots(300, 150)])),
        (144, 144)
    );
    // To the centimetre.
    let metric = tiff_page(600, 300).dots(100, 100).tag(RESOLUTION_UNIT, [3]);
    assert_eq!(points(&pdf_of(&[metric])), (170, 85));
    // Nothing said, or nothing that could be true: 150.
    let unknown = tiff_page(600, 300).dots(300, 300).tag(RESOLUTION_UNIT, [1]);
    for page in [tiff_page(600, 300), tiff_page(600, 300).dots(1, 1), unknown] {
        assert_eq!(points(&pdf_of(&[page])), (288, 144));
    }
    // Turned by a quarter, so are its dots.
    let turned = tiff_page(600, 300).dots(300, 150).tag(ORIENTATION, [6]);
    assert_eq!(points(&pdf_of(&[turned])), (144, 144));
}

#[test]
fn a_page_that_is_turned_is_seen_upright() {
    let file = tiff(&[tiff_page(40, 20).tag(ORIENTATION, [3])]);
    assert_near(seen(Format::Tiff, &file, 0, 40)[(2, 2)].0, BLUE);
}

#[test]
fn a_large_page_is_scaled_and_keeps_its_size_on_paper() {
    let page = tiff_page(4400, 440).dots(440, 440);
    let pdf = pdf_of(&[page]);
    assert_eq!(points(&pdf), (720, 72));
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("/Width 2200") && text.contains("/Height 220"));
}

#[test]
fn a_written_sheet_stays_small_and_exact() {
    let sheet = written(1728, 2200);
    let row = |row: &[u8]| {
        let bits: String = row
            .iter()
            .map(|&part| if part == 0 { '1' } else { '0' })
            .collect();
        bits_of(&bits)
    };
    let strip = sheet.as_raw().chunks(1728).flat_map(row).collect();
    let page = TiffPage::new(1728, 2200, 0, strip)
        .tag(BITS, [1])
        .tag(SAMPLES, [1])
        .dots(204, 196);
    let packed = page.strip.len();
    let pdf = pdf_of(std::slice::from_ref(&page));
    assert!(pdf.len() < packed / 2, "{} bytes of {packed}", pdf.len());
    let file = tiff(&[page]);
    let seen = image::DynamicImage::from(seen(Format::Tiff, &file, 0, 2400)).to_luma8();
    assert_eq!(seen, sheet);
    assert!(String::from_utf8_lossy(&pdf).contains("/FlateDecode"));
    assert!(!String::from_utf8_lossy(&pdf).contains("/DCTDecode"));
}

fn bits_of(text: &str) -> Vec<u8> {
    bits(text)
}

#[test]
fn what_we_cannot_read_is_named() {
    let page = tiff_page(40, 20);
    for (page, words) in [
        (page.clone().compressed(6, Vec::new()), "not supported"),
        (page.clone().compressed(50_000, Vec::new()), "not supported"),
        (page.clone().tag(PHOTOMETRIC, [8]), "not supported"),
        (page.clone().tag(PLANES, [2]), "separate planes"),
        (palette().tag(COLOR_MAP, vec![0; 6]), "palette"),
    ] {
        let fault = normalise(Format::Tiff, &tiff(&[page]))
            .unwrap_err()
            .to_string();
        assert!(fault.contains(words), "{fault}");
    }
}
