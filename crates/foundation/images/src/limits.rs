//! What one picture may take. Each is a choice of ours but [`SIDE_MAX`].

/// Longest side of a picture that is kept, in pixels; longer ones are scaled down.
///
/// Source: receipts/endpoints.markdown, "Supported Image Formats".
pub const SIDE_MAX: u32 = 2200;

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

/// Widest picture of a page, in pixels: four times A4 at 72 dots per inch.
pub const PAGE_WIDTH_MAX: u32 = 2400;

/// Most pixels of the picture of a page: one that is very long becomes narrower instead.
pub const PAGE_PIXELS_MAX: u64 = 16_000_000;
