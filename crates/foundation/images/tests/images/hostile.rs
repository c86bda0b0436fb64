//! Pictures made to do harm.

use std::thread;

use bursar_images::{Format, ImageFault, Normalised, normalise, page_count, page_png};

use super::kit::{
    COMPRESSION, HEIGHT, TiffPage, WIDTH, bits, fax_page, gif, gif_of_many, good, good_pdf, jpeg,
    object, one_page, pdf, pdf_of_many, pdf_with, png_bomb, stream, tiff, tiff_of, tiff_page,
    two_colours, zlib,
};

/// Runs in a thread with the stack that tokio gives its threads: what recurses without end would
/// end the process.
fn in_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new().stack_size(2 * 1024 * 1024);
    thread.spawn(work).unwrap().join().unwrap()
}

fn fault(format: Format, bytes: Vec<u8>) -> ImageFault {
    in_small_stack(move || normalise(format, &bytes).unwrap_err())
}

/// What drawing its first page comes to.
fn drawn(objects: &[Vec<u8>]) -> Result<usize, ImageFault> {
    let bytes = pdf(objects);
    in_small_stack(move || page_png(Format::Pdf, &bytes, 0, 400).map(|png| png.len()))
}

#[test]
fn too_many_pixels_are_refused_before_they_are_decoded() {
    for (width, height) in [(7072, 7072), (40_000, 40_000)] {
        let fault = fault(Format::Png, png_bomb(width, height));
        assert_eq!(fault, ImageFault::Pixels { width, height });
    }
    // In a JPEG they stand behind the marker of the frame.
    let mut bytes = jpeg(&two_colours(8, 8));
    let at = bytes
        .windows(2)
        .position(|pair| pair == b"\xff\xc0")
        .unwrap();
    bytes[at + 5..at + 9].fill(0xff);
    let side = 65_535;
    let (width, height) = (side, side);
    assert_eq!(
        fault(Format::Jpeg, bytes),
        ImageFault::Pixels { width, height }
    );

    let mut bytes = gif(&[two_colours(8, 8)]);
    bytes[6..10].fill(0xff);
    assert_eq!(
        fault(Format::Gif, bytes),
        ImageFault::Pixels { width, height }
    );

    let page = tiff_page(8, 8).tag(WIDTH, [side]).tag(HEIGHT, [side]);
    assert_eq!(
        fault(Format::Tiff, tiff(&[page])),
        ImageFault::Pixels { width, height }
    );
}

#[test]
fn a_side_without_end_is_refused() {
    for (width, height) in [(65_536, 1), (1, 50_000_000), (u32::MAX >> 9, 9)] {
        let fault = fault(Format::Png, png_bomb(width, height));
        assert_eq!(fault, ImageFault::Side);
    }
    let wide = fax_page(4).tag(WIDTH, [16_000_000]);
    assert_eq!(fault(Format::Tiff, tiff(&[wide])), ImageFault::Side);
}

#[test]
fn fifty_million_pixels_of_eight_bytes_are_too_many() {
    let mut bytes = png_bomb(7000, 7000);
    // 16 bits a sample; the checksum is that of the header.
    bytes[24] = 16;
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    assert_eq!(fault(Format::Png, bytes), ImageFault::Memory);
}

#[test]
fn too_many_frames_are_refused() {
    assert_eq!(
        normalise(Format::Gif, &gif_of_many(100)),
        Ok(Normalised::AsItCame)
    );
    for frames in [101, 10_000] {
        assert_eq!(fault(Format::Gif, gif_of_many(frames)), ImageFault::Frames);
    }
    // Frames larger than the screen, and together larger than any picture.
    let mut bytes = gif(&[two_colours(8, 8)]);
    let at = bytes.iter().position(|&byte| byte == b',').unwrap();
    bytes[at + 5..at + 9].fill(0xff);
    assert_eq!(fault(Format::Gif, bytes), ImageFault::FramePixels);
}

#[test]
fn chains_of_pages_end() {
    let format = Format::Tiff;
    let pages = vec![fax_page(4); 100];
    assert_eq!(page_count(format, &tiff(&pages)), Ok(100));
    for count in [101, 10_000] {
        let pages = vec![fax_page(4); count];
        assert_eq!(fault(format, tiff(&pages)), ImageFault::Pages { format });
    }
    for pages in [1, 2, 5] {
        let looped = tiff_of(&vec![fax_page(4); pages], true, true);
        let fault = fault(format, looped);
        assert!(matches!(fault, ImageFault::Broken { .. }), "{fault}");
    }
    // Each page within the limit, all of them not.
    let large = fax_page(4).tag(WIDTH, [7000]).tag(HEIGHT, [7000]);
    assert_eq!(
        fault(format, tiff(&vec![large; 11])),
        ImageFault::PagePixels
    );
}

#[test]
fn strips_and_tiles_that_lie_are_refused() {
    let inner = jpeg(&two_colours(64, 64));
    let page = tiff_page(8, 8).compressed(7, inner).tag(262, [6]);
    assert!(
        fault(Format::Tiff, tiff(&[page]))
            .to_string()
            .contains("another size")
    );
    // Tiles of 48 million pixels each, on a picture of a few.
    let tiled = tiff_page(40, 20)
        .tag(322, [7008])
        .tag(323, [7008])
        .tag(324, [8; 3])
        .tag(325, [8; 3]);
    let fault = fault(Format::Tiff, tiff(&[tiled]));
    assert!(matches!(fault, ImageFault::Broken { .. }), "{fault}");
    // A fax of one code for many rows.
    let tall = TiffPage {
        strip: bits("1"),
        ..fax_page(4)
    }
    .tag(WIDTH, [1])
    .tag(HEIGHT, [65_535]);
    let fault = self::fault(Format::Tiff, tiff(&[tall.tag(COMPRESSION, [4])]));
    assert!(matches!(fault, ImageFault::Broken { .. }), "{fault}");
}

#[test]
fn too_many_pages_of_a_pdf_are_refused() {
    let format = Format::Pdf;
    for pages in [501, 10_000] {
        assert_eq!(
            fault(format, pdf_of_many(pages)),
            ImageFault::Pages { format }
        );
    }
    // Ours may be longer.
    assert_eq!(page_count(format, &pdf_of_many(501)), Ok(501));
    let many = "<<>>".repeat(300_000);
    let objects = [
        object("<</Type/Catalog/Pages 2 0 R>>"),
        object(&format!("<</Type/Pages/Kids[{many}]>>")),
    ];
    assert_eq!(fault(format, pdf(&objects)), ImageFault::Objects);
}

#[test]
fn trees_and_chains_in_circles_end() {
    let mut circle = one_page("", b"", &[]);
    circle[1] = object("<</Type/Pages/Kids[2 0 R 3 0 R 2 0 R 1 0 R]/Parent 2 0 R/Count 9>>");
    assert_eq!(
        in_small_stack(move || page_count(Format::Pdf, &pdf(&circle))),
        Ok(2)
    );

    let mut bytes = good_pdf();
    let start = bytes.windows(4).position(|word| word == b"xref").unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    bytes = text
        .replace("/Root", &format!("/Prev {start}/XRefStm {start}/Root"))
        .into_bytes();
    assert_eq!(
        in_small_stack(move || page_count(Format::Pdf, &bytes)),
        Ok(1)
    );

    // Its length is itself; its parts are itself.
    let mut own = one_page("", b"", &[]);
    own[3] = object("<</Length 4 0 R/Filter 4 0 R>>\nstream\n\nendstream");
    let _ = drawn(&own);
    let mut own = one_page("", b"", &[object("[5 0 R 5 0 R]")]);
    own[2] = object("<</Type/Page/Parent 5 0 R/Contents 5 0 R/Resources 5 0 R/MediaBox 5 0 R>>");
    let _ = drawn(&own);
}

#[test]
fn deep_nesting_ends() {
    for (open, close) in [("[", "]"), ("<</A", ">>")] {
        for depth in [400, 100_000] {
            let mut objects = one_page("", b"", &[]);
            objects.push(object(&(open.repeat(depth) + &close.repeat(depth))));
            objects[2] = object("<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 5 0 R>>");
            let bytes = pdf(&objects);
            let _ = in_small_stack(move || normalise(Format::Pdf, &bytes));
            let _ = drawn(&objects);
        }
    }
    // Forms in forms, 200 deep.
    let form = |next: usize| {
        stream(
            &format!(
                "/Type/XObject/Subtype/Form/BBox[0 0 200 100]/Resources<</XObject<</F {next} 0 R>>>>"
            ),
            b"/F Do",
        )
    };
    let forms: Vec<Vec<u8>> = (6..206).map(form).collect();
    drawn(&one_page("/XObject<</F 5 0 R>>", b"/F Do", &forms)).unwrap();
    // Streams of operators: states saved without end.
    drawn(&one_page("", &b"q ".repeat(300_000), &[])).unwrap();
}

#[test]
fn what_unpacks_without_end_is_refused() {
    let zeros = zlib(&vec![0; 64 << 20]);
    let once = || stream("/Filter/FlateDecode", &zeros);
    let five: Vec<Vec<u8>> = (0..5).map(|_| once()).collect();
    for objects in [
        one_page("", b"", &five),
        one_page(
            "",
            b"",
            &[stream("/Filter[/FlateDecode/FlateDecode]", &zlib(&zeros))],
        ),
        one_page(
            "",
            b"",
            &[stream(
                "/Filter[/RunLengthDecode/RunLengthDecode]",
                &[129; 99],
            )],
        ),
        one_page(
            "",
            b"",
            &[stream("/Filter/RunLengthDecode", &[129, 0].repeat(3 << 20))],
        ),
        one_page("", b"", &[stream("/Filter/LZWDecode", &lzw_bomb())]),
    ] {
        assert_eq!(fault(Format::Pdf, pdf(&objects)), ImageFault::Unpacked);
    }
    // Found before the parser gets to it: the table of objects itself.
    let mut bytes = b"%PDF-1.7\n1 0 obj\n".to_vec();
    let dictionary = "/Type/XRef/W[1 2 1]/Size 9/Root 2 0 R/Filter/FlateDecode";
    let bomb = zlib(&vec![0; 300 << 20]);
    bytes.extend(stream(dictionary, &bomb));
    bytes.extend(b"\nendobj\nstartxref\n9\n%%EOF");
    assert_eq!(fault(Format::Pdf, bytes.clone()), ImageFault::Unpacked);
    let result = in_small_stack(move || page_count(Format::Pdf, &bytes));
    assert_eq!(result, Err(ImageFault::Unpacked));
    // A small one hidden everywhere does not make the search for them long.
    let repeated = [b"%PDF-1.7\n", &b"stream\n".repeat(1 << 20)[..]].concat();
    assert_eq!(fault(Format::Pdf, repeated), ImageFault::Unpacked);
}

fn lzw_bomb() -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(&vec![0; 300 << 20])
        .unwrap()
}

#[test]
fn pages_that_are_endless_work_are_refused() {
    let form = "/Type/XObject/Subtype/Form/BBox[0 0 200 100]";
    // Ten forms deep, each drawn ten times by the one before.
    let laughs: Vec<Vec<u8>> = (6..16)
        .map(|next| {
            stream(
                &format!("{form}/Resources<</XObject<</F {next} 0 R>>>>"),
                &b"/F Do ".repeat(10),
            )
        })
        .chain([stream(form, b"0 0 200 100 re f")])
        .collect();
    let tile = "/PatternType 1/PaintType 1/TilingType 1/Resources<<>>";
    let tiny = stream(
        &format!("{tile}/BBox[0 0 1000000 1000000]/XStep .1/YStep .1"),
        b"0 0 1 1 re f",
    );
    let skewed = stream(
        &format!(
            "{tile}/BBox[0 0 9 9]/XStep 1000000000/YStep 1000000000/Matrix[1 1 1 1.00001 0 0]"
        ),
        b"0 0 1 1 re f",
    );
    let patterned = b"/Pattern cs /P scn 0 0 200 100 re f";
    let sheets = b"0 0 200 100 re f ".repeat(60_000);
    let dashes = b"[.00001] 0 d 0 0 m 200 100 l S";
    let inline = b"BI /W 90000 /H 90000 /BPC 1 /CS /G /F /CCF ID x EI";
    for (name, objects) in [
        (
            "laughs",
            one_page("/XObject<</F 5 0 R>>", b"/F Do", &laughs),
        ),
        (
            "tiny tiles",
            one_page("/Pattern<</P 5 0 R>>", patterned, &[tiny]),
        ),
        (
            "skewed tiles",
            one_page("/Pattern<</P 5 0 R>>", patterned, &[skewed]),
        ),
        ("sheets", one_page("", &sheets, &[])),
        ("dashes", one_page("", dashes, &[])),
        ("inline image", one_page("", inline, &[])),
    ] {
        let fault = drawn(&objects).expect_err(name);
        let is_expected = matches!(fault, ImageFault::TooComplex | ImageFault::Side);
        assert!(is_expected, "{name}: {fault}");
    }
}

#[test]
fn images_that_claim_too_much_are_not_decoded() {
    let image = "/Type/XObject/Subtype/Image/BitsPerComponent 1/ColorSpace/DeviceGray";
    let wide = "/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 2000000000>>";
    // A code stream of JPEG 2000 that says 60,000 x 60,000, and one of JBIG2.
    let mut jpx = b"\xff\x4f\xff\x51\0\x29\0\0".to_vec();
    for number in [60_000_u32, 60_000, 0, 0, 60_000, 60_000, 0, 0] {
        jpx.extend(number.to_be_bytes());
    }
    jpx.extend(b"\0\x01\x07\x01\x01\xff\x52\0\x0c\0\0\0\x01\0\0\x04\x04\0\0\xff\x5c\0\x04\x40\x40\xff\x90\0\x0a\0\0\0\0\0\0\0\x01\xff\x93\xff\xd9");
    let mut jbig2 = b"\0\0\0\0\x30\0\x01\0\0\0\x13".to_vec();
    for number in [60_000_u32, 60_000, 0, 0] {
        jbig2.extend(number.to_be_bytes());
    }
    jbig2.extend(b"\0\0\0");
    for (name, object) in [
        (
            "sides",
            stream(&format!("{image}/Width 70000/Height 70000"), b""),
        ),
        (
            "fax",
            stream(&format!("{image}/Width 1/Height 70000{wide}"), b"x"),
        ),
        (
            "jpx",
            stream(&format!("{image}/Width 1/Height 1/Filter/JPXDecode"), &jpx),
        ),
        (
            "jbig2",
            stream(
                &format!("{image}/Width 1/Height 1/Filter/JBIG2Decode"),
                &jbig2,
            ),
        ),
    ] {
        let objects = one_page(
            "/XObject<</I 5 0 R>>",
            b"200 0 0 100 0 0 cm /I Do",
            &[object],
        );
        let fault = drawn(&objects).expect_err(name);
        assert!(
            matches!(fault, ImageFault::Pixels { .. } | ImageFault::Side),
            "{name}: {fault}"
        );
    }
}

#[test]
fn nothing_and_halves_are_broken() {
    for (format, bytes) in good() {
        assert_eq!(Format::sniff(&bytes), Some(format));
        for half in [
            &b""[..],
            &bytes[..bytes.len() / 2],
            &bytes[..16.min(bytes.len())],
        ] {
            let whole = normalise(format, half);
            // A PDF that lost its end may still have all its pages.
            assert!(
                whole.is_err() || format == Format::Pdf,
                "{format:?} of {}",
                half.len()
            );
        }
        assert!(normalise(format, b"").is_err());
        assert!(page_count(Format::Pdf, b"").is_err());
        assert!(page_png(format, b"", 0, 100).is_err());
    }
}

#[test]
fn a_picture_under_another_name_is_broken() {
    for (format, bytes) in good() {
        for (other, head) in good() {
            if other == format {
                continue;
            }
            assert!(normalise(other, &bytes).is_err(), "{format:?} as {other:?}");
            // The signature of one before the body of the other.
            let mixed = [&head[..8], &bytes[8..]].concat();
            let taken = Format::sniff(&mixed).map(|format| normalise(format, &mixed));
            assert!(!matches!(taken, Some(Ok(Normalised::AsItCame))) || other == Format::Pdf);
        }
    }
}

#[test]
fn an_empty_pdf_has_no_page() {
    let none = pdf(&[
        object("<</Type/Catalog/Pages 2 0 R>>"),
        object("<</Type/Pages/Kids[]>>"),
    ]);
    assert!(matches!(
        fault(Format::Pdf, none),
        ImageFault::Broken { .. }
    ));
    let nothing = pdf_with(&[object("<<>>")], "/Info 9 0 R");
    assert!(matches!(
        fault(Format::Pdf, nothing),
        ImageFault::Broken { .. }
    ));
}
