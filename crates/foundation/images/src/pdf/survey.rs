//! How much a PDF unpacks to, found out before its parser unpacks it.
//!
//! The parser unpacks streams of its own accord, to find its way, and without a limit. So the file
//! is gone through as bytes: wherever a stream may begin, zlib is tried on what follows, in
//! pieces, and stopped at the limit. No structure of the file is believed.

use flate2::{Decompress, FlushDecompress, Status};

use crate::ImageFault;
use crate::limits::{PDF_DICTIONARIES_MAX, PDF_UNPACKED_MAX};

/// Bytes unpacked at a time.
const PIECE: usize = 32 * 1024;

/// What has been counted so far.
pub(super) struct Survey {
    unpacked: u64,
    dictionaries: u64,
    inflater: Decompress,
    piece: Vec<u8>,
}

impl Survey {
    /// Goes through a whole file.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, ImageFault> {
        let mut survey = Self {
            unpacked: 0,
            dictionaries: 0,
            inflater: Decompress::new(true),
            piece: vec![0; PIECE],
        };
        survey.add_dictionaries(dictionaries(bytes))?;
        for start in memchr::memmem::find_iter(bytes, b"stream") {
            survey.stream(&bytes[start + b"stream".len()..])?;
        }
        Ok(survey)
    }

    /// Unpacks what begins with a stream's data.
    fn stream(&mut self, rest: &[u8]) -> Result<(), ImageFault> {
        let data = rest.strip_prefix(b"\r").unwrap_or(rest);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        self.inflate(data)?;
        for decode in [super::filters::hex, super::filters::base_85] {
            let text = decode(data);
            self.add(text.len())?;
            self.inflate(&text)?;
        }
        Ok(())
    }

    /// Unpacks zlib, or bare deflate, as far as it goes.
    pub(super) fn inflate(&mut self, data: &[u8]) -> Result<(), ImageFault> {
        self.inflater.reset(has_zlib_header(data));
        loop {
            let (read, written) = (self.inflater.total_in(), self.inflater.total_out());
            let rest = usize::try_from(read).ok().and_then(|at| data.get(at..));
            let status = self.inflater.decompress(
                rest.unwrap_or_default(),
                &mut self.piece,
                FlushDecompress::None,
            );
            let made = usize::try_from(self.inflater.total_out() - written).unwrap_or(PIECE);
            self.add(made)?;
            self.add_dictionaries(dictionaries(&self.piece[..made]))?;
            let stands_still = made == 0 && self.inflater.total_in() == read;
            if stands_still || !matches!(status, Ok(Status::Ok | Status::BufError)) {
                return Ok(());
            }
        }
    }

    /// Counts bytes that something unpacked to.
    pub(super) fn add(&mut self, bytes: usize) -> Result<(), ImageFault> {
        self.unpacked += bytes as u64;
        if self.unpacked > PDF_UNPACKED_MAX {
            return Err(ImageFault::Unpacked);
        }
        Ok(())
    }

    /// Each may become a page or an object in the parser's memory.
    fn add_dictionaries(&mut self, count: usize) -> Result<(), ImageFault> {
        self.dictionaries += count as u64;
        if self.dictionaries > PDF_DICTIONARIES_MAX {
            return Err(ImageFault::Objects);
        }
        Ok(())
    }
}

fn dictionaries(bytes: &[u8]) -> usize {
    memchr::memmem::find_iter(bytes, b"<<").count()
}

/// Source: RFC 1950, 2.2; a preset dictionary is no use in a PDF.
fn has_zlib_header(data: &[u8]) -> bool {
    let &[method, flags, ..] = data else {
        return false;
    };
    let check = u16::from_be_bytes([method, flags]);
    method & 0x0f == 8 && flags & 0x20 == 0 && check.is_multiple_of(31)
}
