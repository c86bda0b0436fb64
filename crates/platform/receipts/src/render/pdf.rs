//! Painting laid-out pages as PDF/A-2b.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::{Document, SerializeSettings};

use super::flow::{FOOT, Flow, LEFT, Op, PAGE_HEIGHT, PAGE_WIDTH, WIDTH};
use super::font::clean;
use super::text::{Color, HAIR, Line, Style, Text};
use super::words::Words;
use super::{ReceiptContext, RenderError};

/// Longest title and app name, in characters: they stand in metadata and footer for orientation.
const NAME_LIMIT: usize = 120;

/// Writes the pages. Equal pages and context give equal bytes: every id and date comes from them.
pub(super) fn write(
    flow: &Flow,
    words: &Words,
    title: &str,
    ctx: &ReceiptContext<'_>,
) -> Result<Vec<u8>, RenderError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_B)
        .finish()
        .map_err(|error| RenderError::Pdf(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    document.set_metadata(metadata(words, title, ctx));
    let size = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT)
        .ok_or_else(|| RenderError::Pdf("the page has no size".to_owned()))?;
    let source = source_lines(words, ctx);
    let count = flow.pages.len().to_string();
    for (index, ops) in flow.pages.iter().enumerate() {
        let mut page = document.start_page_with(size.clone());
        let mut surface = page.surface();
        paint(&mut surface, ops);
        let number = (index + 1).to_string();
        let number = words.say_with("page", [("number", &number), ("count", &count)]);
        let number = words.text(&number, Style::LABEL);
        paint(&mut surface, &footer(&source, &number));
        surface.finish();
        page.finish();
    }
    document
        .finish()
        .map_err(|error| RenderError::Pdf(error.to_string()))
}

fn metadata(words: &Words, title: &str, ctx: &ReceiptContext<'_>) -> Metadata {
    let title: String = clean(title).chars().take(NAME_LIMIT).collect();
    Metadata::new()
        .title(title)
        .language(words.language())
        .producer("Bursar".to_owned())
        .document_id(clean(ctx.receipt_id))
        .creation_date(creation_date(ctx))
}

fn creation_date(ctx: &ReceiptContext<'_>) -> DateTime {
    let instant = Timestamp::from_microsecond(ctx.received.0).unwrap_or(Timestamp::UNIX_EPOCH);
    let utc = instant.to_zoned(TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).unwrap_or(0);
    DateTime::new(u16::try_from(utc.year()).unwrap_or(0))
        .month(part(utc.month()))
        .day(part(utc.day()))
        .hour(part(utc.hour()))
        .minute(part(utc.minute()))
        .second(part(utc.second()))
        .utc_offset_hour(0)
}

/// Where the document comes from: two lines for the footer.
fn source_lines(words: &Words, ctx: &ReceiptContext<'_>) -> [Text; 2] {
    let app: String = clean(ctx.app_name).chars().take(NAME_LIMIT).collect();
    // Whole seconds: the milliseconds say nothing to a reader.
    let received = ctx.received.rfc3339();
    let received = match received.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => received,
    };
    let received = words.date_time_line(&received);
    let receipt = [("id", ctx.receipt_id), ("received", &received)];
    [
        words.say_with("source-data", [("app", &app)]),
        words.say_with("source-receipt", receipt),
    ]
    .map(|line| words.text(&line, Style::LABEL))
}

fn footer(source: &[Text; 2], number: &Text) -> Vec<Op> {
    let mut ops = vec![Op::Rule {
        x: LEFT,
        y: FOOT,
        width: WIDTH,
        height: 0.4,
        color: HAIR,
    }];
    let mut y = FOOT + 16.0;
    for text in source {
        for line in text.clone().fitted(WIDTH - 80.0, 5.0) {
            let leading = line.style.leading;
            ops.push(Op::Text { x: LEFT, y, line });
            y += leading;
        }
    }
    for line in number.lines(WIDTH) {
        ops.push(Op::Text {
            x: LEFT + WIDTH - line.width,
            y: FOOT + 16.0,
            line,
        });
    }
    ops
}

fn paint(surface: &mut Surface<'_>, ops: &[Op]) {
    let mut current = None;
    let mut fill = |surface: &mut Surface<'_>, color: Color| {
        if current != Some(color) {
            let paint = rgb::Color::new(color.0, color.1, color.2).into();
            surface.set_fill(Some(Fill {
                paint,
                ..Fill::default()
            }));
            current = Some(color);
        }
    };
    for op in ops {
        match op {
            Op::Text { x, y, line } => {
                fill(surface, line.style.color);
                draw_line(surface, line, *x, *y);
            }
            Op::Picture { x, y, logo } => logo.draw(surface, *x, *y),
            Op::Rule {
                x,
                y,
                width,
                height,
                color,
            } => {
                fill(surface, *color);
                let mut path = PathBuilder::new();
                if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                    path.push_rect(rect);
                }
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
        }
    }
}

fn draw_line(surface: &mut Surface<'_>, line: &Line, mut x: f32, y: f32) {
    let size = line.style.size;
    for (glyphs, font) in line.runs() {
        let start = Point::from_xy(x, y);
        surface.draw_glyphs(start, glyphs, font.font(), line.text(), size, false);
        let ems: f32 = glyphs.iter().map(|glyph| glyph.x_advance).sum();
        x += ems * size;
    }
}
