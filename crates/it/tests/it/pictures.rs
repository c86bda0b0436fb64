//! Pictures to send, and the forms around them.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, RgbImage};
use tiff::encoder::TiffEncoder;
use tiff::encoder::colortype::Gray8;

use crate::http::Call;

/// What divides the parts.
const BOUNDARY: &str = "----of-a-test";

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        let shade = u8::try_from((x + y) % 250).unwrap();
        image::Rgb([shade, 120, 60])
    });
    DynamicImage::from(pixels)
        .write_to(&mut file, format)
        .unwrap();
    file.into_inner()
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Png)
}

pub(crate) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Jpeg)
}

pub(crate) fn gif(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Gif)
}

/// A TIFF of several small pages.
pub(crate) fn tiff(pages: u8) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file).unwrap();
    for page in 0..pages {
        let pixels = vec![page; 40 * 30];
        encoder.write_image::<Gray8>(40, 30, &pixels).unwrap();
    }
    file.into_inner()
}

/// A PDF with one empty page.
pub(crate) fn pdf() -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for object in [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>",
    ] {
        places.push(file.len());
        let number = places.len();
        file.extend(format!("{number} 0 obj{object}endobj\n").bytes());
    }
    let table = file.len();
    file.extend(b"xref\n0 4\n0000000000 65535 f \n");
    for place in places {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    file.extend(b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n");
    file.extend(format!("{table}\n%%EOF").bytes());
    file
}

/// A part of a form: name and content.
pub(crate) type Part<'a> = (&'a str, &'a [u8]);

/// A form with these parts, as programs send files: each with a name that leads astray, and a type
/// that is a lie.
pub(crate) fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, content) in parts {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; \
             filename=\"../../{name}.exe\"\r\nContent-Type: text/html\r\n\r\n"
        );
        form.extend_from_slice(head.as_bytes());
        form.extend_from_slice(content);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    form
}

/// The content type of [`form`].
pub(crate) fn form_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

impl Call {
    /// A form with these parts.
    pub(crate) fn form_data(self, parts: &[Part<'_>]) -> Self {
        let call = self.header("content-type", &form_type());
        call.body(form(parts))
    }
}

/// Every file of a platform's store, whole or not.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(folder.join("blobs")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    let folders = folders.filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}
