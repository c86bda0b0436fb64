//! What a JPEG says of itself, read without a decoder.

/// Width and height as its frame header gives them.
///
/// Source: ITU-T T.81, B.1 and B.2.2.
pub(crate) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    const MARKER: u8 = 0xff;
    let mut rest = bytes.strip_prefix(&[MARKER, 0xd8])?;
    loop {
        let code = match *rest {
            // Fill bytes may stand before a marker.
            [MARKER, MARKER, ..] => {
                rest = &rest[1..];
                continue;
            }
            [MARKER, code, ..] => code,
            _ => return None,
        };
        let segment = rest.get(2..)?;
        match code {
            // Start of frame, of every process.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let &[_, _, _, high, low, left, right] = segment.first_chunk()?;
                let height = u16::from_be_bytes([high, low]);
                let width = u16::from_be_bytes([left, right]);
                return Some((width.into(), height.into()));
            }
            // Markers that stand alone.
            0x01 | 0xd0..=0xd7 => rest = segment,
            // The scan begins, or the picture ends, without a frame.
            0xd9 | 0xda => return None,
            _ => {
                let &[high, low] = segment.first_chunk()?;
                rest = segment.get(u16::from_be_bytes([high, low]).into()..)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_read_behind_other_segments() {
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc2\x00\x0b\x08\x01\x02\x03\x04\x01";
        assert_eq!(size(jpeg), Some((0x304, 0x102)));
        for end in 0..jpeg.len() - 1 {
            assert_eq!(size(&jpeg[..end]), None, "{end}");
        }
    }

    #[test]
    fn what_has_no_frame_has_no_size() {
        for bytes in [
            &b""[..],
            b"\xff\xd8",
            b"\xff\xd8\xff\xda\x00\x02\xff\xc0\x00\x0b\x08\x01\x02\x03\x04",
            b"\xff\xd8\xff\xe0\x00\x00\xff\xe0\x00\x00",
            b"\x89PNG",
        ] {
            assert_eq!(size(bytes), None, "{bytes:?}");
        }
    }
}
