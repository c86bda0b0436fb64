//! PNG, JPEG and GIF.

use bursar_images::{Format, ImageFault, Normalised, normalise, page_count, page_png};
use image::{DynamicImage, ImageDecoder as _, Rgba, RgbaImage};

use super::kit::{BLUE, RED, gif, jpeg, jpeg_cmyk, jpeg_turned, png, two_colours};
use super::{assert_near, converted, seen};

fn size(bytes: &[u8]) -> (u32, u32) {
    let image = image::load_from_memory(bytes).unwrap();
    (image.width(), image.height())
}

#[test]
fn a_picture_within_the_limit_stays_as_it_came() {
    for (width, height) in [(1, 1), (40, 20), (2200, 3), (3, 2200)] {
        let image = two_colours(width, height);
        for (format, bytes) in [
            (Format::Png, png(&image)),
            (Format::Jpeg, jpeg(&image)),
            (Format::Gif, gif(&[image])),
        ] {
            assert_eq!(normalise(format, &bytes), Ok(Normalised::AsItCame));
            assert_eq!(page_count(format, &bytes), Ok(1));
        }
    }
}

#[test]
fn a_side_over_the_limit_is_scaled_keeping_ratio_and_format() {
    for (from, to) in [
        ((2201, 1), (2200, 1)),
        ((2201, 1100), (2200, 1100)),
        ((30, 4400), (15, 2200)),
        ((6600, 330), (2200, 110)),
    ] {
        let image = two_colours(from.0, from.1);
        for (format, bytes) in [
            (Format::Png, png(&image)),
            (Format::Jpeg, jpeg(&image)),
            (Format::Gif, gif(&[image])),
        ] {
            let (became, scaled) = converted(format, &bytes);
            assert_eq!((became, size(&scaled)), (format, to), "{from:?}");
            let seen = seen(format, &scaled, 0, 2200);
            assert_near(seen[(0, 0)].0, RED);
            assert_near(seen[(to.0 - 1, 0)].0, BLUE);
        }
    }
}

#[test]
fn scaling_twice_changes_nothing_more() {
    let (format, scaled) = converted(Format::Png, &png(&two_colours(2500, 40)));
    assert_eq!(normalise(format, &scaled), Ok(Normalised::AsItCame));
}

#[test]
fn the_kind_of_colours_stays() {
    let image = two_colours(2300, 4);
    for image in [
        DynamicImage::from(image.to_luma8()),
        image.to_luma_alpha8().into(),
        image.to_rgba8().into(),
        image.to_luma16().into(),
        image.to_rgb16().into(),
        image.to_rgba16().into(),
    ] {
        let (_, scaled) = converted(Format::Png, &png(&image));
        let scaled = image::load_from_memory(&scaled).unwrap();
        assert_eq!(scaled.color(), image.color());
    }
    let (_, gray) = converted(Format::Jpeg, &jpeg(&image.to_luma8().into()));
    assert_eq!(
        image::load_from_memory(&gray).unwrap().color(),
        image::ColorType::L8
    );
}

#[test]
fn what_is_transparent_stays_so() {
    let clear = |x, _| {
        if x < 1200 {
            Rgba([0, 0, 0, 0])
        } else {
            Rgba([255, 0, 0, 255])
        }
    };
    let image = RgbaImage::from_fn(2400, 6, clear).into();
    let (_, scaled) = converted(Format::Png, &png(&image));
    let scaled = image::load_from_memory(&scaled).unwrap().to_rgba8();
    assert_eq!(scaled[(10, 1)][3], 0);
    // No black comes in from what could not be seen.
    assert_eq!(scaled[(2190, 1)], Rgba([255, 0, 0, 255]));
}

#[test]
fn a_jpeg_that_asks_to_be_turned_is_turned_once() {
    for (orientation, left_colour) in [(1, RED), (2, BLUE), (3, BLUE), (4, RED)] {
        let bytes = jpeg_turned(&two_colours(2300, 16), orientation);
        let (_, scaled) = converted(Format::Jpeg, &bytes);
        let stored = image::load_from_memory(&scaled).unwrap().to_rgb8();
        assert_near(stored[(4, 4)].0, left_colour);
        assert_eq!(seen(Format::Jpeg, &scaled, 0, 2200), stored);
    }
    for (orientation, top_colour) in [(5, RED), (6, RED), (7, BLUE), (8, BLUE)] {
        let bytes = jpeg_turned(&two_colours(2300, 16), orientation);
        let (_, scaled) = converted(Format::Jpeg, &bytes);
        let stored = image::load_from_memory(&scaled).unwrap().to_rgb8();
        assert_eq!(stored.dimensions(), (15, 2200), "{orientation}");
        assert_near(stored[(4, 4)].0, top_colour);
    }
    // One that is kept as it came is turned by whoever shows it, as we do.
    let small = jpeg_turned(&two_colours(40, 16), 6);
    assert_eq!(normalise(Format::Jpeg, &small), Ok(Normalised::AsItCame));
    let seen = seen(Format::Jpeg, &small, 0, 100);
    assert_eq!(seen.dimensions(), (16, 40));
    assert_near(seen[(4, 4)].0, RED);
}

#[test]
fn what_the_colours_mean_stays() {
    use image::ImageEncoder as _;
    use image::codecs::jpeg::{JpegDecoder, JpegEncoder};

    let profile = b"a profile, whatever it says".to_vec();
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new(&mut bytes);
    encoder.set_icc_profile(profile.clone()).unwrap();
    two_colours(2201, 8).write_with_encoder(encoder).unwrap();
    let (_, scaled) = converted(Format::Jpeg, &bytes);
    let mut decoder = JpegDecoder::new(std::io::Cursor::new(scaled)).unwrap();
    assert_eq!(decoder.icc_profile().unwrap(), Some(profile));
}

#[test]
fn a_jpeg_of_four_inks_is_seen() {
    let bytes = jpeg_cmyk();
    assert_eq!(normalise(Format::Jpeg, &bytes), Ok(Normalised::AsItCame));
    let seen = seen(Format::Jpeg, &bytes, 0, 100);
    assert_eq!(seen.dimensions(), (8, 8));
    let [red, green, blue] = seen[(3, 3)].0;
    assert!(red == green && green == blue, "{:?}", seen[(3, 3)]);
}

#[test]
fn of_a_gif_the_first_frame_is_scaled_and_shown() {
    let frames = [two_colours(2400, 40), two_colours(2400, 40).fliph()];
    let bytes = gif(&frames);
    assert_near(seen(Format::Gif, &bytes, 0, 1000)[(0, 0)].0, RED);
    let (_, scaled) = converted(Format::Gif, &bytes);
    assert_near(seen(Format::Gif, &scaled, 0, 1000)[(0, 0)].0, RED);
    // A small one keeps all of them.
    let small = gif(&[two_colours(24, 4), two_colours(24, 4).fliph()]);
    assert_eq!(normalise(Format::Gif, &small), Ok(Normalised::AsItCame));
}

#[test]
fn a_page_is_at_most_as_wide_as_asked() {
    let image = two_colours(2000, 100);
    for bytes in [png(&image), png(&image.to_rgb16().into())] {
        for (asked, size) in [(500, (500, 25)), (0, (1, 1)), (9000, (2000, 100))] {
            assert_eq!(seen(Format::Png, &bytes, 0, asked).dimensions(), size);
        }
    }
    // 16 bits become 8.
    let page = page_png(Format::Png, &png(&image.to_rgb16().into()), 0, 500).unwrap();
    let page = image::load_from_memory(&page).unwrap();
    assert_eq!(page.color(), image::ColorType::Rgb8);
    let fault = page_png(Format::Png, &png(&image), 1, 500).unwrap_err();
    assert_eq!(fault, ImageFault::NoSuchPage { page: 1, pages: 1 });
    assert_eq!(fault.to_string(), "there is no page 2: the last is page 1");
}
