//! What is sent: receipts on one line, and pictures in forms.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::{RECEIPT, Result};

/// Two tickets with eight coupons together.
const AIR: &str = include_str!("../../seeds/receipts/flight-every-field.json");

/// The size of a picture as phones take them, after their apps have made it smaller.
pub(crate) const PICTURE_LEN: usize = 1 << 20;
const PICTURE_WIDTH: u16 = 1200;
const PICTURE_QUALITY: u8 = 80;
/// About so many bytes of noise does a row of this width take at this quality.
const ROW_LEN_MIN: usize = 500;

const BOUNDARY: &str = "----bursar-bench-7d1f0c52";

/// The usual receipt.
pub(crate) fn general() -> Vec<u8> {
    RECEIPT.trim().as_bytes().to_vec()
}

/// The receipt of the largest type.
pub(crate) fn air() -> Result<Vec<u8>> {
    let receipt: serde_json::Value = serde_json::from_str(AIR)?;
    Ok(serde_json::to_vec(&receipt)?)
}

/// The content type of [`form`].
pub(crate) fn form_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

/// The usual receipt and its picture.
pub(crate) fn form(picture: &[u8]) -> Vec<u8> {
    let mut form = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"receipt\"\r\n\
         Content-Type: application/json\r\n\r\n{}\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"r.jpg\"\r\n\
         Content-Type: image/jpeg\r\n\r\n",
        RECEIPT.trim()
    )
    .into_bytes();
    form.extend(picture);
    form.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    form
}

/// A JPEG of exactly this many bytes: noise, and then filling that no reader looks at.
pub(crate) fn jpeg(len: usize) -> Result<Vec<u8>> {
    let picture_len = len.min(PICTURE_LEN);
    let mut height = u16::try_from(picture_len / ROW_LEN_MIN)?;
    loop {
        let mut jpeg = Vec::new();
        let noise = noise(usize::from(PICTURE_WIDTH) * usize::from(height));
        let (width, rows) = (u32::from(PICTURE_WIDTH), u32::from(height));
        JpegEncoder::new_with_quality(&mut jpeg, PICTURE_QUALITY).encode(
            &noise,
            width,
            rows,
            ExtendedColorType::L8,
        )?;
        if jpeg.len() <= len {
            jpeg.resize(len, 0);
            return Ok(jpeg);
        }
        height -= height / 10;
    }
}

/// Bytes without a pattern, always the same: xorshift.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_size_and_is_mostly_picture() {
        let jpeg = jpeg(PICTURE_LEN).unwrap();
        assert_eq!(jpeg.len(), PICTURE_LEN);
        assert!(jpeg.starts_with(b"\xff\xd8\xff"));
        let filling = jpeg.iter().rev().take_while(|byte| **byte == 0).count();
        assert!(filling < PICTURE_LEN / 4, "{filling}");
    }

    #[test]
    fn the_air_receipt_has_two_tickets_and_eight_coupons() {
        let receipt: serde_json::Value = serde_json::from_slice(&air().unwrap()).unwrap();
        let tickets = receipt["tickets"].as_array().unwrap();
        let coupons = tickets
            .iter()
            .map(|ticket| ticket["coupons"].as_array().unwrap().len());
        assert_eq!((tickets.len(), coupons.sum::<usize>()), (2, 8));
    }
}
