//! How much work a page is, found out by going through it without drawing.
//!
//! The renderer draws whatever a page asks for: forms that call forms, patterns of a billion
//! tiles, a million sheets of paint. Here the same interpreter calls a device that only adds up.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use hayro::hayro_interpret::font::{Glyph, GlyphRun};
use hayro::hayro_interpret::pattern::{Pattern, TilingPattern};
use hayro::hayro_interpret::util::x_y_advances;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, Paint, SoftMask, TransformExt as _, interpret_page,
};
use hayro::hayro_syntax::page::Page;
use hayro::kurbo::{Affine, BezPath, Rect, Shape as _};

use super::{broken, images};
use crate::ImageFault;
use crate::limits::{PAGE_SECONDS_MAX, PAGE_WORK_MAX};

/// What a step costs beside its pixels.
const STEP: f64 = 256.0;
/// What a pixel of a shading costs, which is computed.
const SHADING: f64 = 16.0;
/// Side of the square in which a glyph is drawn, in its own units.
const GLYPH: f64 = 1000.0;

/// An error when the page takes too much work at this scale.
pub(super) fn check(page: &Page<'_>, (x, y): (f32, f32)) -> Result<(), ImageFault> {
    let (width, height) = page.render_dimensions();
    let scale = Affine::scale_non_uniform(x.into(), y.into());
    let target = scale.transform_rect_bbox(Rect::new(0.0, 0.0, width.into(), height.into()));
    let transform = scale * page.initial_transform(true).to_kurbo();
    let mut gauge = Gauge {
        target,
        work: 0.0,
        end: Instant::now() + Duration::from_secs(PAGE_SECONDS_MAX),
    };
    let mut context = Context::new(
        transform,
        target,
        &InterpreterCache::new(),
        page.xref(),
        InterpreterSettings::default(),
    );
    let walk = AssertUnwindSafe(|| interpret_page(page, &mut context, &mut gauge));
    catch_unwind(walk).map_err(|panic| match panic.downcast::<ImageFault>() {
        Ok(fault) => *fault,
        Err(_) => broken("a page cannot be read"),
    })
}

/// A device that draws nothing.
struct Gauge {
    target: Rect,
    work: f64,
    /// A page of few steps that each take long is stopped by the clock.
    end: Instant,
}

impl Gauge {
    /// Adds work, and ends it all when it is too much: the interpreter itself cannot be told to
    /// stop, so the way out is a panic, which nobody reports.
    fn spend(&mut self, pixels: f64) {
        self.work += STEP + pixels;
        // Also when it is no number.
        let is_bounded = self.work <= PAGE_WORK_MAX;
        if !is_bounded || Instant::now() >= self.end {
            stop(ImageFault::TooComplex);
        }
    }

    /// How many pixels of the page lie within these bounds.
    fn pixels(&self, bounds: Rect) -> f64 {
        bounds.intersect(self.target).area()
    }

    fn paint(&mut self, bounds: Rect, props: &DrawProps<'_>, is_stroke: bool) {
        let pixels = self.pixels(bounds);
        self.spend(pixels);
        self.mask(props.soft_mask.as_ref());
        match &props.paint {
            Paint::Color(_) => {}
            Paint::Pattern(pattern) => match &**pattern {
                Pattern::Shading(_) => self.spend(pixels * SHADING),
                Pattern::Tiling(tiling) => self.tile(tiling, bounds, is_stroke),
            },
        }
    }

    /// The pattern once, times its copies; and the texture that holds them.
    fn tile(&mut self, tiling: &TilingPattern<'_>, bounds: Rect, is_stroke: bool) {
        let area = bounds.intersect(self.target);
        let area = tiling.matrix.inverse().transform_rect_bbox(area);
        let (x, y) = x_y_advances(&tiling.matrix);
        let across = Axis::new(x.length(), tiling.bbox.width(), tiling.x_step, area.width());
        let down = Axis::new(
            y.length(),
            tiling.bbox.height(),
            tiling.y_step,
            area.height(),
        );
        self.spend(across.pixels * down.pixels);
        let before = self.work;
        tiling.interpret(self, tiling.matrix, is_stroke);
        let copies = across.copies * down.copies;
        self.spend((self.work - before) * (copies - 1.0).max(0.0));
    }

    fn mask(&mut self, mask: Option<&SoftMask<'_>>) {
        if let Some(mask) = mask {
            self.spend(self.target.area());
            mask.interpret(self);
        }
    }
}

impl<'a> Device<'a> for Gauge {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        let mut bounds = path.control_box();
        let mut steps = path.elements().len() as f64;
        let stroke = match mode {
            DrawMode::Stroke(stroke) | DrawMode::FillAndStroke(_, stroke) => Some(stroke),
            DrawMode::Fill(_) | DrawMode::Invisible => None,
        };
        if let Some(stroke) = stroke {
            let width = f64::from(stroke.line_width);
            bounds = bounds.inflate(width, width);
            let period: f64 = stroke.dash_array.iter().copied().map(f64::from).sum();
            if !stroke.dash_array.is_empty() {
                steps += path.perimeter(1.0) / period;
            }
        }
        self.spend(steps * STEP);
        let bounds = props.transform.transform_rect_bbox(bounds);
        self.paint(bounds, &props, stroke.is_some());
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        let steps = clip.path.elements().len() as f64;
        self.spend(steps * STEP + self.pixels(clip.path.control_box()));
    }

    fn push_transparency_group(&mut self, _: f32, mask: Option<SoftMask<'a>>, _: BlendMode) {
        self.spend(self.target.area());
        self.mask(mask.as_ref());
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        for glyph in run.glyphs() {
            match &**glyph {
                Glyph::Outline(_) => {
                    let square = Rect::new(0.0, 0.0, GLYPH, GLYPH);
                    let transform = props.transform * glyph.transform();
                    let is_stroke = !matches!(mode, DrawMode::Fill(_));
                    self.paint(transform.transform_rect_bbox(square), &props, is_stroke);
                }
                Glyph::Type3(drawn) => {
                    self.spend(0.0);
                    drawn.interpret(self, props.transform, glyph.transform(), &props.paint);
                }
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let stream = match &image {
            Image::Stencil(stencil) => stencil.stream(),
            Image::Raster(raster) => raster.stream(),
        };
        match images::pixels(stream) {
            Ok(pixels) => self.spend(pixels as f64),
            Err(fault) => stop(fault),
        }
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let bounds = props
            .transform
            .transform_rect_bbox(Rect::new(0.0, 0.0, width, height));
        self.spend(self.pixels(bounds));
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}

/// How a pattern is repeated along one side, as the renderer does it.
struct Axis {
    /// How often its cell is drawn into the texture.
    copies: f64,
    /// How long the texture is.
    pixels: f64,
}

impl Axis {
    fn new(scale: f64, cell: f64, step: f32, visible: f64) -> Self {
        let step = f64::from(step).abs();
        let drawn = if visible >= step {
            cell
        } else {
            visible + cell
        };
        Self {
            copies: (drawn / step).floor() + 1.0,
            pixels: (visible.min(step) * scale).min(f64::from(u16::MAX)) + 1.0,
        }
    }
}

/// Leaves the interpreter, for [`check`].
fn stop(fault: ImageFault) -> ! {
    resume_unwind(Box::new(fault))
}
