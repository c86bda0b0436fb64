//! PDFs that are kept, and what is seen of them.

use bursar_images::{Format, ImageFault, Normalised, normalise, page_count, page_png};

use super::kit::{BLUE, RED, good_pdf, object, one_page, pdf, pdf_of_many, pdf_with, stream, zlib};
use super::{assert_near, seen};

#[test]
fn a_pdf_stays_as_it_came() {
    for bytes in [
        good_pdf(),
        [b"\xef\xbb\xbf\r\n", &good_pdf()[..]].concat(),
        pdf_of_many(500),
    ] {
        assert_eq!(normalise(Format::Pdf, &bytes), Ok(Normalised::AsItCame));
    }
}

#[test]
fn a_page_is_drawn_as_wide_as_asked() {
    let bytes = good_pdf();
    assert_eq!(page_count(Format::Pdf, &bytes), Ok(1));
    for (asked, width) in [(600, 600), (0, 1), (1_000_000, 2400)] {
        let seen = seen(Format::Pdf, &bytes, 0, asked);
        assert_eq!(seen.width(), width);
    }
    let seen = seen(Format::Pdf, &bytes, 0, 400);
    assert_eq!(seen.dimensions(), (400, 200));
    assert_near(seen[(10, 100)].0, RED);
    assert_near(seen[(390, 100)].0, BLUE);
    let fault = page_png(Format::Pdf, &bytes, 1, 400).unwrap_err();
    assert_eq!(fault, ImageFault::NoSuchPage { page: 1, pages: 1 });
}

#[test]
fn a_page_of_odd_shape_has_few_pixels() {
    for (width, height) in [
        ("1", "14400"),
        ("14400", "1"),
        ("0", "0"),
        ("3", "1000000000"),
        ("-9", "9"),
    ] {
        let mut objects = one_page("", b"", &[]);
        objects[2] = object(&format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents 4 0 R>>"
        ));
        let Ok(png) = page_png(Format::Pdf, &pdf(&objects), 0, 2400) else {
            continue;
        };
        let page = image::load_from_memory(&png).unwrap();
        let pixels = u64::from(page.width()) * u64::from(page.height());
        assert!(pixels <= 16_000_000, "{width} x {height}: {pixels}");
    }
}

#[test]
fn scripts_stay_and_are_not_run() {
    let mut objects = one_page("", b"", &[]);
    objects[0] = object(
        "<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>\
         /AA<</WC<</S/Launch/F(x)>>>>>>",
    );
    let bytes = pdf(&objects);
    assert_eq!(normalise(Format::Pdf, &bytes), Ok(Normalised::AsItCame));
    assert_eq!(seen(Format::Pdf, &bytes, 0, 100).dimensions(), (100, 50));
}

#[test]
fn a_pdf_that_needs_a_password_is_refused() {
    let objects = one_page(
        "",
        b"",
        &[object(&format!(
            "<</Filter/Standard/V 1/R 2/P -4/O<{0}>/U<{0}>>>",
            "5a".repeat(32)
        ))],
    );
    let bytes = pdf_with(&objects, "/Encrypt 5 0 R/ID[<00><00>]");
    for fault in [
        normalise(Format::Pdf, &bytes).unwrap_err(),
        page_count(Format::Pdf, &bytes).unwrap_err(),
        page_png(Format::Pdf, &bytes, 0, 9).unwrap_err(),
    ] {
        assert_eq!(fault, ImageFault::Encrypted);
        assert_eq!(
            fault.to_string(),
            "the PDF is encrypted: it needs a password"
        );
    }
}

#[test]
fn pictures_in_a_page_are_drawn() {
    let dictionary =
        "/Type/XObject/Subtype/Image/Width 2/Height 1/BitsPerComponent 8/ColorSpace/DeviceRGB";
    let samples = [RED, BLUE].concat();
    let hex: Vec<_> = zlib(&samples)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let hex = hex.concat();
    for image in [
        stream(dictionary, &samples),
        stream(&format!("{dictionary}/Filter/FlateDecode"), &zlib(&samples)),
        stream(
            &format!("{dictionary}/Filter[/ASCIIHexDecode/FlateDecode]"),
            format!("{hex}>").as_bytes(),
        ),
    ] {
        let objects = one_page(
            "/XObject<</I 5 0 R>>",
            b"200 0 0 100 0 0 cm /I Do",
            &[image],
        );
        let bytes = pdf(&objects);
        assert_eq!(normalise(Format::Pdf, &bytes), Ok(Normalised::AsItCame));
        let seen = seen(Format::Pdf, &bytes, 0, 400);
        assert_near(seen[(10, 100)].0, RED);
        assert_near(seen[(390, 100)].0, BLUE);
    }
}
