//! The filters of a stream, applied only as far as to learn what it unpacks to.
//!
//! Source: ISO 32000-1, 7.4.

use std::borrow::Cow;
use std::io::{self, Write};

use hayro::hayro_syntax::Filter;
use hayro::hayro_syntax::object::Stream;
use weezl::BitOrder;
use weezl::decode::Decoder;

use super::survey::Survey;
use crate::ImageFault;

/// Counts what a stream unpacks to.
///
/// Choice: a stream that is packed twice is refused. Nobody needs it, and it can grow by a
/// million.
pub(super) fn unpack(stream: &Stream<'_>, survey: &mut Survey) -> Result<(), ImageFault> {
    let mut data: Cow<'_, [u8]> = stream.raw_data();
    let mut is_unpacked = false;
    for filter in stream.filters() {
        match filter {
            Filter::FlateDecode | Filter::LzwDecode | Filter::RunLengthDecode if is_unpacked => {
                return Err(ImageFault::Unpacked);
            }
            Filter::AsciiHexDecode if !is_unpacked => data = hex(&data).into(),
            Filter::Ascii85Decode if !is_unpacked => data = base_85(&data).into(),
            Filter::FlateDecode => survey.inflate(&data)?,
            Filter::LzwDecode => lzw(&data, survey)?,
            Filter::RunLengthDecode => survey.add(run_length(&data))?,
            // Images are looked at when they are drawn.
            _ => {}
        }
        is_unpacked |= matches!(
            filter,
            Filter::FlateDecode | Filter::LzwDecode | Filter::RunLengthDecode
        );
    }
    Ok(())
}

/// What an image's own filter gets, which is the last; it may stand behind one for text.
///
/// Choice: an image that is packed once more behind its own coding is not drawn.
pub(super) fn image_data<'a>(image: &Stream<'a>) -> Result<Cow<'a, [u8]>, ImageFault> {
    let filters = image.filters();
    let before = filters.split_last().map_or(&[][..], |(_, before)| before);
    let mut data = image.raw_data();
    for filter in before {
        data = match filter {
            Filter::AsciiHexDecode => hex(&data).into(),
            Filter::Ascii85Decode => base_85(&data).into(),
            Filter::Crypt => data,
            _ => return Err(super::broken("an image in it is packed twice")),
        };
    }
    Ok(data)
}

/// The bytes that hexadecimal digits stand for, as far as there are some.
pub(super) fn hex(data: &[u8]) -> Vec<u8> {
    let digits = data
        .iter()
        .filter(|&&byte| !is_white(byte))
        .map_while(|&byte| char::from(byte).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok());
    let digits: Vec<u8> = digits.collect();
    let pairs = digits.chunks(2);
    pairs
        .map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0))
        .collect()
}

/// The bytes that digits of base 85 stand for, as far as there are some.
pub(super) fn base_85(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut group = Vec::with_capacity(5);
    for &byte in data.iter().filter(|&&byte| !is_white(byte)) {
        match byte {
            b'z' if group.is_empty() => bytes.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            _ => break,
        }
        if group.len() == 5 {
            bytes.extend(group_85(&group));
            group.clear();
        }
    }
    if group.len() > 1 {
        let count = group.len() - 1;
        group.resize(5, 84);
        bytes.extend(&group_85(&group)[..count]);
    }
    bytes
}

fn group_85(digits: &[u8]) -> [u8; 4] {
    let number = digits.iter().fold(0_u32, |number, &digit| {
        number.wrapping_mul(85).wrapping_add(digit.into())
    });
    number.to_be_bytes()
}

/// How many bytes runs stand for.
fn run_length(mut data: &[u8]) -> usize {
    let mut count = 0;
    while let Some((&length, rest)) = data.split_first() {
        let (taken, made) = match usize::from(length) {
            128 => break,
            literal @ ..128 => (literal + 1, literal + 1),
            run => (1, 257 - run),
        };
        count += made;
        data = rest.get(taken..).unwrap_or_default();
    }
    count
}

/// Both ways in which codes may grow are counted: which one it is stands in the parameters.
fn lzw(data: &[u8], survey: &mut Survey) -> Result<(), ImageFault> {
    for mut decoder in [
        Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
        Decoder::new(BitOrder::Msb, 8),
    ] {
        let mut count = Count {
            survey,
            fault: None,
        };
        // Bytes that are not LZW unpack to as much as came before.
        let _ = decoder.into_stream(&mut count).decode_all(data);
        if let Some(fault) = count.fault {
            return Err(fault);
        }
    }
    Ok(())
}

/// A writer that keeps nothing, and fails at the limit.
struct Count<'s> {
    survey: &'s mut Survey,
    fault: Option<ImageFault>,
}

impl Write for Count<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.survey.add(bytes.len()).map_err(|fault| {
            self.fault = Some(fault);
            io::Error::other("too much")
        })?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_white(byte: u8) -> bool {
    matches!(byte, b'\0' | b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_the_bytes_they_stand_for() {
        assert_eq!(hex(b"48 65\n6C6c6F7>41"), b"Hellop");
        assert_eq!(hex(b">"), b"");
        assert_eq!(base_85(b"87cUR\nD]i,\"Ebo80~>"), b"Hello World!");
        assert_eq!(base_85(b"z87~>"), b"\0\0\0\0H");
        assert_eq!(base_85(b"~>"), b"");
    }

    #[test]
    fn runs_are_counted() {
        assert_eq!(
            run_length(&[2, 1, 2, 3, 255, 7, 129, 7, 128, 5]),
            3 + 2 + 128
        );
        assert_eq!(run_length(&[127]), 128);
        assert_eq!(run_length(&[]), 0);
    }
}
