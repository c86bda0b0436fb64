//! Logos: checked, and drawn anew, before anybody sees them.

use std::io::Cursor;

use png::{BitDepth, Decoder, Encoder, Limits, Transformations};

/// A logo's width and height, in pixels.
///
/// Source: the e-receipts integration guide, "Posting eReceipts": 100x100, png.
const SIDE: u32 = 100;
/// The largest file, in bytes. Choice: ten times what such a picture takes without compression.
pub const LOGO_MAX: usize = 512 << 10;
/// What decoding may take: a picture of this size at 16 bits a channel, and tables.
const MEMORY_MAX: usize = 1 << 20;

/// Why a file is no logo.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LogoError {
    /// No file was chosen.
    #[error("there is no file")]
    Missing,
    /// It is too large.
    #[error("the file has more than {LOGO_MAX} bytes")]
    TooLarge,
    /// It is not a PNG, or a broken one.
    #[error("the file is no PNG picture")]
    NotPng,
    /// It is of another size.
    #[error("the picture is {width} x {height} pixels")]
    Size {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
}

/// Checks a file and encodes its picture anew: metadata, and whatever hid behind it, stay out.
pub(crate) fn clean(file: &[u8]) -> Result<Vec<u8>, LogoError> {
    if file.is_empty() {
        return Err(LogoError::Missing);
    }
    if file.len() > LOGO_MAX {
        return Err(LogoError::TooLarge);
    }
    let not_png = |_| LogoError::NotPng;
    let mut decoder = Decoder::new_with_limits(Cursor::new(file), Limits { bytes: MEMORY_MAX });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    // The size is looked at before a pixel is unpacked.
    let header = decoder.read_header_info().map_err(not_png)?;
    let (width, height) = (header.width, header.height);
    if (width, height) != (SIDE, SIDE) {
        return Err(LogoError::Size { width, height });
    }
    let mut reader = decoder.read_info().map_err(not_png)?;
    let size = reader.output_buffer_size().ok_or(LogoError::NotPng)?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(not_png)?;
    let mut clean = Vec::new();
    let mut encoder = Encoder::new(&mut clean, SIDE, SIDE);
    encoder.set_color(frame.color_type);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|_| LogoError::NotPng)?;
    let written = writer.write_image_data(&pixels[..frame.buffer_size()]);
    written
        .and_then(|()| writer.finish())
        .map_err(|_| LogoError::NotPng)?;
    Ok(clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use png::ColorType;

    fn picture(width: u32, height: u32, color: ColorType, text: Option<&str>) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, width, height);
        encoder.set_color(color);
        encoder.set_depth(BitDepth::Eight);
        if let Some(text) = text {
            encoder
                .add_text_chunk("Comment".into(), text.into())
                .unwrap();
        }
        let samples = color.samples() * usize::try_from(width * height).unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&vec![7; samples]).unwrap();
        writer.finish().unwrap();
        file
    }

    #[test]
    fn a_logo_is_drawn_anew_without_what_hid_in_it() {
        for color in [ColorType::Rgb, ColorType::Rgba, ColorType::Grayscale] {
            let mut file = picture(100, 100, color, Some("<script>"));
            file.extend_from_slice(b"PK and more");
            let clean = clean(&file).unwrap();
            let holds = |text: &[u8]| clean.windows(text.len()).any(|part| part == text);
            assert!(!holds(b"<script>") && !holds(b"PK and"), "{color:?}");
            assert_eq!(super::clean(&clean), Ok(clean.clone()), "stable");
        }
    }

    #[test]
    fn other_files_are_refused() {
        let good = picture(100, 100, ColorType::Rgb, None);
        assert_eq!(clean(b""), Err(LogoError::Missing));
        assert_eq!(clean(&vec![0; LOGO_MAX + 1]), Err(LogoError::TooLarge));
        assert_eq!(clean(b"GIF89a"), Err(LogoError::NotPng));
        assert_eq!(
            clean(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            Err(LogoError::NotPng)
        );
        for end in [10, 40, good.len() / 2, good.len() - 13] {
            assert_eq!(clean(&good[..end]), Err(LogoError::NotPng), "cut at {end}");
        }
        for (width, height) in [(99, 100), (100, 101), (1, 1)] {
            let file = picture(width, height, ColorType::Rgb, None);
            assert_eq!(clean(&file), Err(LogoError::Size { width, height }));
        }
    }

    /// A few bytes that promise a picture of 16 gigapixels.
    #[test]
    fn a_bomb_is_refused_by_its_header() {
        let mut file = picture(100, 100, ColorType::Rgb, None);
        let side = 131_072_u32;
        file[16..20].copy_from_slice(&side.to_be_bytes());
        file[20..24].copy_from_slice(&side.to_be_bytes());
        assert!(clean(&file).is_err());
    }

    /// A hundred by a hundred pixels that unpack to a hundred megabytes.
    #[test]
    fn what_unpacks_to_more_than_its_picture_is_not_kept() {
        let mut file = picture(100, 100, ColorType::Rgb, None);
        let whole = clean(&file).unwrap();
        let zeros = picture(6000, 6000, ColorType::Rgb, None);
        let start = zeros.windows(4).position(|part| part == b"IDAT").unwrap() - 4;
        let here = file.windows(4).position(|part| part == b"IDAT").unwrap() - 4;
        file.splice(here.., zeros[start..].iter().copied());
        if let Ok(clean) = clean(&file) {
            assert!(clean.len() <= whole.len() * 2);
        }
    }
}
