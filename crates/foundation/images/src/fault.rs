//! Why a picture cannot be used.

use crate::Format;
use crate::limits::{
    DECODED_BYTES_MAX, GIF_FRAMES_MAX, PDF_DICTIONARIES_MAX, PDF_PAGES_MAX, PDF_UNPACKED_MAX,
    PIXELS_MAX, SIDE_TAKEN_MAX, TIFF_PAGES_MAX, TIFF_PIXELS_MAX,
};

/// Why a picture cannot be used, as a sentence for its sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageFault {
    /// The bytes are not what the format asks for.
    #[error("the {} is broken: {detail}", .format.name())]
    Broken {
        /// The format it was read as.
        format: Format,
        /// What is wrong, in the decoder's words.
        detail: String,
    },
    /// The bytes may be right, but use something of the format that we cannot read.
    #[error("this kind of {} is not supported: {detail}", .format.name())]
    Unsupported {
        /// The format it was read as.
        format: Format,
        /// What it is that we cannot read.
        detail: String,
    },
    /// More than [`PIXELS_MAX`] pixels in a picture.
    #[error(
        "the picture has {width} x {height} pixels; at most {} million are allowed",
        PIXELS_MAX / 1_000_000
    )]
    Pixels {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A side of over [`SIDE_TAKEN_MAX`] pixels.
    #[error("a side of the picture has more than {SIDE_TAKEN_MAX} pixels")]
    Side,
    /// The frames of a GIF have more than [`PIXELS_MAX`] pixels together.
    #[error(
        "the frames of the GIF have more than {} million pixels together",
        PIXELS_MAX / 1_000_000
    )]
    FramePixels,
    /// The pages of a TIFF have more than [`TIFF_PIXELS_MAX`] pixels together.
    #[error(
        "the pages of the TIFF have more than {} million pixels together",
        TIFF_PIXELS_MAX / 1_000_000
    )]
    PagePixels,
    /// More than [`DECODED_BYTES_MAX`] bytes once decoded.
    #[error("the picture takes over {} MiB once decoded", DECODED_BYTES_MAX / (1024 * 1024))]
    Memory,
    /// More than [`GIF_FRAMES_MAX`] frames.
    #[error("the GIF has more than {GIF_FRAMES_MAX} frames")]
    Frames,
    /// More than [`TIFF_PAGES_MAX`] or [`PDF_PAGES_MAX`] pages.
    #[error(
        "the {} has more than {} pages",
        .format.name(),
        if *.format == Format::Pdf { PDF_PAGES_MAX } else { TIFF_PAGES_MAX }
    )]
    Pages {
        /// TIFF or PDF.
        format: Format,
    },
    /// A PDF that cannot be read without a password.
    #[error("the PDF is encrypted: it needs a password")]
    Encrypted,
    /// A PDF that unpacks to more than [`PDF_UNPACKED_MAX`], or whose streams are packed twice.
    #[error("the PDF unpacks to over {} MiB", PDF_UNPACKED_MAX / (1024 * 1024))]
    Unpacked,
    /// A PDF of more than [`PDF_DICTIONARIES_MAX`] objects.
    #[error("the PDF has more than {PDF_DICTIONARIES_MAX} objects")]
    Objects,
    /// A page that takes too much work to draw.
    #[error("the page is too complex to be drawn")]
    TooComplex,
    /// There is no such page.
    #[error("there is no page {}: the last is page {}", .page + 1, .pages)]
    NoSuchPage {
        /// The page asked for, from 0.
        page: u32,
        /// How many there are.
        pages: u32,
    },
}

impl ImageFault {
    pub(crate) fn broken(format: Format, detail: &(impl ToString + ?Sized)) -> Self {
        Self::Broken {
            format,
            detail: detail.to_string(),
        }
    }

    pub(crate) fn unsupported(format: Format, detail: &(impl ToString + ?Sized)) -> Self {
        Self::Unsupported {
            format,
            detail: detail.to_string(),
        }
    }
}
