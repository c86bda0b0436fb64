//! The frames of a GIF.

use gif::{ColorOutput, DecodeOptions, DecodingError};

use crate::limits::{GIF_FRAMES_MAX, PIXELS_MAX};
use crate::raster::check_size;
use crate::{Format, ImageFault};

/// Decodes every frame, so that none is broken, none too large, and there are not too many.
pub(crate) fn check_frames(bytes: &[u8]) -> Result<(), ImageFault> {
    let broken = |error: DecodingError| ImageFault::broken(Format::Gif, &error);
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    let mut decoder = options.read_info(bytes).map_err(broken)?;
    check_size(decoder.width().into(), decoder.height().into())?;
    let mut frames = 0;
    let mut pixels = 0;
    let mut buffer = Vec::new();
    while let Some(frame) = decoder.next_frame_info().map_err(broken)? {
        frames += 1;
        pixels += u64::from(frame.width) * u64::from(frame.height);
        if frames > GIF_FRAMES_MAX {
            return Err(ImageFault::Frames);
        }
        if pixels > PIXELS_MAX {
            return Err(ImageFault::FramePixels);
        }
        buffer.resize(decoder.buffer_size(), 0);
        decoder.read_into_buffer(&mut buffer).map_err(broken)?;
    }
    if frames == 0 {
        return Err(ImageFault::broken(Format::Gif, "it has no frame"));
    }
    Ok(())
}
