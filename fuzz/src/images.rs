//! Pictures.

use bursar_images::{Format, Normalised, normalise, page_count, page_png};

use crate::kit;

/// Everything that is asked of a picture. What is made of one must be one again.
pub(crate) fn read(format: Format, bytes: &[u8]) {
    let _ = Format::sniff(bytes);
    if let Ok(Normalised::Converted { format, bytes }) = normalise(format, bytes) {
        assert_eq!(Format::sniff(&bytes), Some(format));
        assert!(
            page_count(format, &bytes).is_ok(),
            "it made a broken {format:?}"
        );
    }
    let pages = page_count(format, bytes).unwrap_or_default();
    for page in [0, pages] {
        if let Ok(png) = page_png(format, bytes, page, 60) {
            assert_eq!(Format::sniff(&png), Some(Format::Png));
            assert!(page < pages, "it drew a page that is not there");
        }
    }
}

/// Small good ones of a format.
pub(crate) fn seeds(format: Format) -> Vec<Vec<u8>> {
    let image = kit::two_colours(12, 6);
    let mut seeds: Vec<Vec<u8>> = kit::good()
        .into_iter()
        .filter(|(one, _)| *one == format)
        .map(|(_, bytes)| bytes)
        .collect();
    match format {
        Format::Png => {
            seeds.push(kit::png(&image.to_luma16().into()));
            seeds.push(kit::png(&image.to_luma_alpha8().into()));
        }
        Format::Jpeg => {
            seeds.push(kit::jpeg_cmyk());
            seeds.push(kit::jpeg_turned(&image, 6));
            seeds.push(kit::jpeg(&image.to_luma8().into()));
        }
        Format::Gif => seeds.push(kit::gif_of_many(3)),
        Format::Tiff => {
            let page = kit::tiff_page(12, 6);
            let packed = kit::zlib(&page.strip);
            seeds.extend([2, 3, 4].map(|group| kit::tiff(&[kit::fax_page(group)])));
            seeds.push(kit::tiff_of(std::slice::from_ref(&page), false, false));
            seeds.push(kit::tiff(&[page.clone().compressed(8, packed)]));
            seeds.push(kit::tiff(&[page.compressed(7, kit::jpeg(&image))]));
        }
        Format::Pdf => {
            let content = kit::zlib(b"q 1 0 0 1 9 9 cm 0 0 9 9 re f Q BT (a) Tj ET");
            let form = kit::stream("/Subtype/Form/BBox[0 0 9 9]/Filter/FlateDecode", &content);
            seeds.push(kit::pdf(&kit::one_page(
                "/XObject<</F 5 0 R>>",
                b"/F Do",
                &[form],
            )));
            seeds.push(kit::pdf_of_many(3));
        }
    }
    seeds
}
