//! What one picture may take. Each is a choice of ours but [`SIDE_MAX`].

/// Longest side of a picture that is kept, in pixels; longer ones are scaled down.
///
/// Source: receipts/endpoints.markdown, "Supported Image Formats".
pub const SIDE_MAX: u32 = 2200;

/// Longest side of a picture that is taken, in pixels: as long as a JPEG's may be. Scaling a
/// longer one would take more memory for its weights than for its pixels.
pub const SIDE_TAKEN_MAX: u32 = 65_535;

/// Most pixels of a picture, of a page of a TIFF, and of all frames of a GIF together.
pub const PIXELS_MAX: u64 = 50_000_000;

/// Most bytes of a decoded picture: 50 million pixels of 5 bytes. A decoder may need as much
/// again beside it, and the scaled picture 40 MB.
pub const DECODED_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Most frames of a GIF.
pub const GIF_FRAMES_MAX: u32 = 100;

/// Most pages of a TIFF.
pub const TIFF_PAGES_MAX: u32 = 100;

/// Most pixels of all pages of a TIFF together: 57 sheets of A4 at 300 dots per inch.
pub const TIFF_PIXELS_MAX: u64 = 500_000_000;

/// Most pages of a PDF.
pub const PDF_PAGES_MAX: u32 = 500;

/// Most bytes that the streams of a PDF unpack to, together.
pub const PDF_UNPACKED_MAX: u64 = 256 * 1024 * 1024;

/// Most dictionaries of a PDF, wherever they stand: its pages and objects are such.
pub const PDF_DICTIONARIES_MAX: u64 = 250_000;

/// Widest picture of a page, in pixels: four times A4 at 72 dots per inch.
pub const PAGE_WIDTH_MAX: u32 = 2400;

/// Most pixels of the picture of a page: one that is very long becomes narrower instead.
pub const PAGE_PIXELS_MAX: u64 = 16_000_000;

/// Most work that drawing a page of a PDF may be, in pixels painted: the largest picture of a
/// page, painted 125 times over.
pub const PAGE_WORK_MAX: f64 = 2e9;

/// Longest time in which the work of a page is added up. The one place where a clock is looked
/// at: nothing else stops the interpreter on a page that says little at great length.
pub const PAGE_SECONDS_MAX: u64 = 10;
