//! A picture of a receipt's first page.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

use super::RenderError;

/// Widest picture, in pixels. Choice: four times A4 at 72 dpi, plenty for any screen.
const MAX_WIDTH: u32 = 2400;

/// Draws page 1 of a PDF on white as PNG, `width_px` wide (1 to 2400; the nearest is taken).
///
/// Choice: the first page only. It carries merchant and total; the PDF itself has the rest.
/// Errors: [`RenderError::Preview`] when the bytes are no PDF with at least one page.
pub fn preview_png(pdf: &[u8], width_px: u32) -> Result<Vec<u8>, RenderError> {
    let pdf = Pdf::new(pdf.to_vec())
        .map_err(|error| RenderError::Preview(format!("not a readable PDF: {error:?}")))?;
    let page = pdf
        .pages()
        .first()
        .ok_or_else(|| RenderError::Preview("the PDF has no page".to_owned()))?;
    let scale = scale(width_px, page.render_dimensions().0);
    let settings = PixmapSettings {
        x_scale: scale,
        y_scale: scale,
        bg_color: WHITE,
    };
    let picture = render(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings {
            hinting: false,
            ..RenderSettings::default()
        },
        &settings,
    );
    picture
        .into_png()
        .map_err(|error| RenderError::Preview(error.to_string()))
}

#[expect(clippy::cast_precision_loss, reason = "at most MAX_WIDTH")]
fn scale(width_px: u32, page_width: f32) -> f32 {
    // Half a pixel more, because the renderer rounds the width down.
    (width_px.clamp(1, MAX_WIDTH) as f32 + 0.5) / page_width.max(1.0)
}
