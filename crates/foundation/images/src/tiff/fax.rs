//! Pages as fax machines send them: Modified Huffman, Group 3 and Group 4.
//!
//! Source: TIFF 6.0, sections 10 and 11.

use hayro_ccitt::{DecodeSettings, Decoder, DecoderContext, EncodingMode};
use image::GrayImage;
use tiff::decoder::ChunkType;
use tiff::tags::Tag;

use super::{Pages, broken, fault, number, strips};
use crate::{Format, ImageFault};

const T4_OPTIONS: Tag = Tag::Unknown(292);
const T4_TWO_DIMENSIONS: u16 = 1;
const COMPRESSION_HUFFMAN: u16 = 2;
const COMPRESSION_GROUP_3: u16 = 3;
const PHOTOMETRIC_BLACK_IS_ZERO: u16 = 1;
const FILL_ORDER_REVERSED: u16 = 2;

/// Decodes the current page.
pub(super) fn read(decoder: &mut Pages<'_>, compression: u16) -> Result<GrayImage, ImageFault> {
    if decoder.get_chunk_type() == ChunkType::Tile {
        return Err(ImageFault::unsupported(Format::Tiff, "a fax in tiles"));
    }
    let (width, height) = decoder.dimensions().map_err(fault)?;
    let rows_in_strip = decoder.chunk_dimensions().1;
    let is_two_dimensional =
        number(decoder, T4_OPTIONS)?.is_some_and(|options| options & T4_TWO_DIMENSIONS != 0);
    let encoding = match compression {
        COMPRESSION_GROUP_3 if is_two_dimensional => EncodingMode::Group3_2D,
        COMPRESSION_HUFFMAN | COMPRESSION_GROUP_3 => EncodingMode::Group3_1D,
        _ => EncodingMode::Group4,
    };
    let is_reversed = number(decoder, Tag::FillOrder)? == Some(FILL_ORDER_REVERSED);
    let is_negative =
        number(decoder, Tag::PhotometricInterpretation)? == Some(PHOTOMETRIC_BLACK_IS_ZERO);
    let mut sheet = Sheet {
        image: GrayImage::from_pixel(width, height, [255].into()),
        rows: 0,
    };
    for strip in strips(decoder)? {
        let end = sheet.rows.saturating_add(rows_in_strip).min(height);
        let mut context = DecoderContext::new(DecodeSettings {
            columns: width,
            rows: end - sheet.rows,
            end_of_block: true,
            end_of_line: false,
            rows_are_byte_aligned: compression == COMPRESSION_HUFFMAN,
            encoding,
            // Lines that the telephone spoilt are no reason to lose the page.
            strict: false,
        });
        let outcome = if is_reversed {
            let turned: Vec<u8> = strip.iter().map(|byte| byte.reverse_bits()).collect();
            hayro_ccitt::decode(&turned, &mut sheet, &mut context)
        } else {
            hayro_ccitt::decode(strip, &mut sheet, &mut context)
        };
        if outcome.is_err() || sheet.rows != end {
            return Err(broken("a line of the fax cannot be read"));
        }
    }
    if sheet.rows != height {
        return Err(broken("it ends early"));
    }
    if is_negative {
        image::imageops::invert(&mut sheet.image);
    }
    Ok(sheet.image)
}

/// A sheet of paper, white at first, and how many of its rows are done.
struct Sheet {
    image: GrayImage,
    rows: u32,
}

impl Decoder for Sheet {
    fn push_row(&mut self, changes: &[u32]) {
        let width = self.image.width();
        let start = self.rows as usize * width as usize;
        let row = self.image.get_mut(start..start + width as usize);
        self.rows += 1;
        let Some(row) = row else { return };
        for ink in changes.chunks(2) {
            let end = ink.get(1).copied().unwrap_or(width);
            row[ink[0] as usize..end as usize].fill(0);
        }
    }
}
