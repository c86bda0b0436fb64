//! Pictures made in code: good ones of every kind, and bad ones.

use std::io::Write as _;

use bursar_images::Format;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, Frame, GrayImage, Luma, Rgb, RgbImage};

pub(crate) const RED: [u8; 3] = [220, 20, 20];
pub(crate) const BLUE: [u8; 3] = [20, 20, 220];

/// Red on the left, blue on the right: one sees what was turned.
pub(crate) fn two_colours(width: u32, height: u32) -> DynamicImage {
    let colour = |x, _| Rgb(if x * 2 < width { RED } else { BLUE });
    RgbImage::from_fn(width, height, colour).into()
}

pub(crate) fn png(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    image
        .write_with_encoder(PngEncoder::new(&mut bytes))
        .unwrap();
    bytes
}

pub(crate) fn jpeg(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    image.write_with_encoder(encoder).unwrap();
    bytes
}

/// A JPEG that asks to be turned before it is seen.
pub(crate) fn jpeg_turned(image: &DynamicImage, orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let plain = jpeg(image);
    [&plain[..2], b"\xff\xe1", &length, &exif, &plain[2..]].concat()
}

/// A gray JPEG of four inks, 8 x 8, as print shops send them.
pub(crate) fn jpeg_cmyk() -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0".to_vec();
    bytes.extend(b"\xff\xdb\0\x43\0");
    bytes.extend([1; 64]);
    bytes.extend(b"\xff\xc0\0\x14\x08\0\x08\0\x08\x04\x01\x11\0\x02\x11\0\x03\x11\0\x04\x11\0");
    // One code of one bit in each table: a difference of zero, and the end of a block.
    for table in [b"\x00", b"\x10"] {
        bytes.extend(b"\xff\xc4\0\x14");
        bytes.extend(table);
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    bytes.extend(b"\xff\xda\0\x0e\x04\x01\0\x02\0\x03\0\x04\0\0\x3f\0\0\xff\xd9");
    bytes
}

pub(crate) fn gif(frames: &[DynamicImage]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 30);
    let frames = frames.iter().map(|frame| Frame::new(frame.to_rgba8()));
    encoder.encode_frames(frames).unwrap();
    drop(encoder);
    bytes
}

/// A GIF of frames of one pixel, written by hand: it takes 20 bytes for each.
pub(crate) fn gif_of_many(frames: usize) -> Vec<u8> {
    let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    for _ in 0..frames {
        bytes.extend(b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    bytes.push(b';');
    bytes
}

/// A PNG that says it is this large, and holds nothing.
pub(crate) fn png_bomb(width: u32, height: u32) -> Vec<u8> {
    let mut header = width.to_be_bytes().to_vec();
    header.extend(height.to_be_bytes());
    header.extend([8, 6, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", &header[..]), (b"IDAT", b"x\x9c"), (b"IEND", b"")] {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        let chunk = [name, data].concat();
        bytes.extend(&chunk);
        bytes.extend(crc(&chunk).to_be_bytes());
    }
    bytes
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Bits written as text, filled up with zeros.
pub(crate) fn bits(text: &str) -> Vec<u8> {
    let bits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    let byte = |bits: &[u8]| {
        let value = bits.iter().fold(0, |value, bit| value << 1 | (bit - b'0'));
        value << (8 - bits.len())
    };
    bits.chunks(8).map(byte).collect()
}

/// A page of a TIFF: tags with their values, and one strip.
#[derive(Clone, Default)]
pub(crate) struct TiffPage {
    pub(crate) tags: Vec<(u16, Vec<u32>)>,
    pub(crate) strip: Vec<u8>,
}

pub(crate) const WIDTH: u16 = 256;
pub(crate) const HEIGHT: u16 = 257;
pub(crate) const BITS: u16 = 258;
pub(crate) const COMPRESSION: u16 = 259;
pub(crate) const PHOTOMETRIC: u16 = 262;
pub(crate) const FILL_ORDER: u16 = 266;
const STRIP_OFFSETS: u16 = 273;
pub(crate) const ORIENTATION: u16 = 274;
pub(crate) const SAMPLES: u16 = 277;
const ROWS_PER_STRIP: u16 = 278;
const STRIP_COUNTS: u16 = 279;
const X_RESOLUTION: u16 = 282;
const Y_RESOLUTION: u16 = 283;
/// 2 for one that has a strip for each of its three colours.
pub(crate) const PLANES: u16 = 284;
pub(crate) const T4_OPTIONS: u16 = 292;
pub(crate) const RESOLUTION_UNIT: u16 = 296;
pub(crate) const COLOR_MAP: u16 = 320;
pub(crate) const EXTRA_SAMPLES: u16 = 338;

impl TiffPage {
    /// A page of `samples` of 8 bits.
    pub(crate) fn new(width: u32, height: u32, photometric: u32, strip: Vec<u8>) -> Self {
        let samples = strip.len() as u32 / (width * height).max(1);
        Self {
            tags: Vec::new(),
            strip,
        }
        .tag(WIDTH, [width])
        .tag(HEIGHT, [height])
        .tag(PHOTOMETRIC, [photometric])
        .tag(BITS, vec![8; samples.max(1) as usize])
        .tag(SAMPLES, [samples.max(1)])
    }

    /// With a tag, in the place of one that it has.
    pub(crate) fn tag(mut self, tag: u16, values: impl Into<Vec<u32>>) -> Self {
        self.tags.retain(|(other, _)| *other != tag);
        self.tags.push((tag, values.into()));
        self
    }

    /// With so many dots per inch.
    pub(crate) fn dots(self, across: u32, down: u32) -> Self {
        self.tag(X_RESOLUTION, [across, 1])
            .tag(Y_RESOLUTION, [down, 1])
    }

    pub(crate) fn compressed(self, compression: u32, strip: Vec<u8>) -> Self {
        Self {
            strip,
            ..self.tag(COMPRESSION, [compression])
        }
    }
}

/// A whole TIFF in either byte order. The last page's successor is the first when it `loops`.
pub(crate) fn tiff_of(pages: &[TiffPage], is_little: bool, loops: bool) -> Vec<u8> {
    let two = |value| two_bytes(is_little, value);
    let four = |value| four_bytes(is_little, value);
    let mut bytes = if is_little { b"II" } else { b"MM" }.to_vec();
    bytes.extend(two(42));
    bytes.extend(four(8));
    for (index, page) in pages.iter().enumerate() {
        let is_last = index + 1 == pages.len();
        let length = u32::try_from(page.strip.len()).unwrap();
        let height = page.tags.iter().find(|(tag, _)| *tag == HEIGHT).unwrap().1[0];
        let is_planar = page.tags.contains(&(PLANES, vec![2]));
        let planes = if is_planar { 3 } else { 1 };
        let mut tags = page
            .clone()
            .tag(STRIP_COUNTS, vec![length / planes; planes as usize])
            .tag(ROWS_PER_STRIP, [height])
            .tags;
        tags.push((STRIP_OFFSETS, vec![0]));
        tags.sort_by_key(|(tag, _)| *tag);
        let start = bytes.len();
        let after = start + 2 + tags.len() * 12 + 4;
        let mut behind = page.strip.clone();
        bytes.extend(two(u16::try_from(tags.len()).unwrap()));
        for (tag, values) in tags {
            let is_rational = [X_RESOLUTION, Y_RESOLUTION].contains(&tag);
            let is_short = tag == COLOR_MAP || tag == BITS || tag == EXTRA_SAMPLES;
            let values = if tag == STRIP_OFFSETS {
                let offset = |plane| after as u32 + plane * (length / planes);
                (0..planes).map(offset).collect()
            } else {
                values
            };
            let (kind, count) = match (is_rational, is_short) {
                (true, _) => (5, 1),
                (_, true) => (3, values.len()),
                _ => (4, values.len()),
            };
            let mut data: Vec<u8> = if is_short {
                values
                    .iter()
                    .flat_map(|value| two(u16::try_from(*value).unwrap()))
                    .collect()
            } else {
                values.iter().flat_map(|value| four(*value)).collect()
            };
            if data.len() > 4 {
                let at = u32::try_from(after + behind.len()).unwrap();
                behind.append(&mut data);
                data = four(at).to_vec();
            }
            data.resize(4, 0);
            bytes.extend([two(tag).to_vec(), two(kind).to_vec()].concat());
            bytes.extend(four(u32::try_from(count).unwrap()));
            bytes.extend(data);
        }
        let next = u32::try_from(after + behind.len()).unwrap();
        bytes.extend(four(match (is_last, loops) {
            (false, _) => next,
            (true, true) => 8,
            (true, false) => 0,
        }));
        bytes.extend(behind);
    }
    bytes
}

fn two_bytes(is_little: bool, value: u16) -> [u8; 2] {
    if is_little {
        value.to_le_bytes()
    } else {
        value.to_be_bytes()
    }
}

fn four_bytes(is_little: bool, value: u32) -> [u8; 4] {
    if is_little {
        value.to_le_bytes()
    } else {
        value.to_be_bytes()
    }
}

pub(crate) fn tiff(pages: &[TiffPage]) -> Vec<u8> {
    tiff_of(pages, true, false)
}

/// A page in two colours: RGB, without compression.
pub(crate) fn tiff_page(width: u32, height: u32) -> TiffPage {
    TiffPage::new(width, height, 2, two_colours(width, height).into_bytes())
}

/// A PDF of these objects, numbered from 1, of which the first is the catalogue.
pub(crate) fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    pdf_with(objects, "")
}

/// The same, with more in its trailer.
pub(crate) fn pdf_with(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        table.extend([format!("{:010} 00000 n \n", bytes.len())]);
        bytes.extend(format!("{} 0 obj\n", index + 1).bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let start = bytes.len();
    let size = objects.len() + 1;
    let end = format!("{table}trailer\n<</Size {size}/Root 1 0 R{trailer}>>\n");
    bytes.extend(format!("{end}startxref\n{start}\n%%EOF\n").bytes());
    bytes
}

pub(crate) fn object(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

pub(crate) fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<<{dictionary}/Length {}>>\nstream\n", data.len());
    [head.as_bytes(), data, b"\nendstream"].concat()
}

/// The objects of a PDF of one page of 200 x 100 points, with this content and more objects
/// from 5 on.
pub(crate) fn one_page(resources: &str, content: &[u8], more: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let page = format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<<{resources}>>>>"
    );
    let mut objects = vec![
        object("<</Type/Catalog/Pages 2 0 R>>"),
        object("<</Type/Pages/Kids[3 0 R]/Count 1>>"),
        object(&page),
        stream("", content),
    ];
    objects.extend_from_slice(more);
    objects
}

/// A page whose left half is red and right half is blue.
pub(crate) fn good_pdf() -> Vec<u8> {
    let content = b".86 .08 .08 rg 0 0 100 100 re f .08 .08 .86 rg 100 0 100 100 re f";
    pdf(&one_page("", content, &[]))
}

/// A PDF of many pages, all alike and empty.
pub(crate) fn pdf_of_many(pages: usize) -> Vec<u8> {
    let kids: Vec<_> = (0..pages).map(|page| format!("{} 0 R", page + 3)).collect();
    let kids = kids.join(" ");
    let mut objects = vec![
        object("<</Type/Catalog/Pages 2 0 R>>"),
        object(&format!(
            "<</Type/Pages/MediaBox[0 0 9 9]/Kids[{kids}]/Count {pages}>>"
        )),
    ];
    objects.extend((0..pages).map(|_| object("<</Type/Page/Parent 2 0 R>>")));
    pdf(&objects)
}

/// One good picture of each format.
pub(crate) fn good() -> Vec<(Format, Vec<u8>)> {
    let image = two_colours(40, 20);
    vec![
        (Format::Png, png(&image)),
        (Format::Jpeg, jpeg(&image)),
        (Format::Gif, gif(&[image.clone(), image])),
        (Format::Tiff, tiff(&[tiff_page(40, 20), fax_page(4)])),
        (Format::Pdf, good_pdf()),
    ]
}

/// A fax of 8 x 2, its upper row white and its lower row black, in one of the compressions.
pub(crate) fn fax_page(compression: u32) -> TiffPage {
    const END_OF_LINE: &str = "000000000001";
    let strip = match compression {
        // Rows begin at whole bytes.
        2 => [bits("10011"), bits("00110101 000101")].concat(),
        3 => bits(&format!(
            "{END_OF_LINE} 10011 {END_OF_LINE} 00110101 000101"
        )),
        _ => bits("1 001 00110101 000101"),
    };
    TiffPage {
        tags: Vec::new(),
        strip,
    }
    .tag(WIDTH, [8])
    .tag(HEIGHT, [2])
    .tag(BITS, [1])
    .tag(SAMPLES, [1])
    .tag(PHOTOMETRIC, [0])
    .tag(COMPRESSION, [compression])
}

/// A sheet of paper with lines of something like writing on it.
pub(crate) fn written(width: u32, height: u32) -> GrayImage {
    let ink = |x: u32, y: u32| {
        y % 40 < 14 && (x.wrapping_mul(2_654_435_761).rotate_left(9 + y % 3)).is_multiple_of(3)
    };
    GrayImage::from_fn(width, height, |x, y| {
        Luma([if ink(x / 3, y) { 0 } else { 255 }])
    })
}
