//! The fonts and the shaper: the compiled-in one, and those of `cjk` for what it lacks.
//!
//! Choice: the crate `notosans`, not `dejavu`. Both fonts cover Latin, Greek and Cyrillic, with
//! tabular figures by default. The other adds Arabic, Hebrew and symbols but weighs 0.75 MB a face
//! against 0.2 MB, sets wider and looks coarse at receipt sizes. Noto's licence is one text (SIL
//! Open Font License 1.1, shipped in the crate); the other's is two foundry licences with naming
//! clauses.
//!
//! Choice: text runs from left to right, in the order of its characters, whatever its script, and
//! the characters that would turn it are dropped: nothing can be read other than it was sent.
//! Right-to-left scripts have no font here, so they are boxes in any case.

use std::ops::Range;
use std::sync::{LazyLock, Once};

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Script, ShapePlan, UnicodeBuffer, script};

use super::cjk::{self, Han};

/// Drawn in place of a character that the font does not have. The PDF keeps the character itself
/// as the text behind the box, so that search and copy still find it.
const MISSING: char = '\u{25a1}';

/// Stream-Safe Text Format (UAX #15) allows 30 combining marks in a row; more are dropped.
const MAX_MARKS: usize = 30;

/// The two weights that a receipt is set in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Face {
    /// Running text.
    Regular,
    /// Names, headings, totals.
    Bold,
}

/// A font, parsed once for the life of the process.
pub(super) struct Loaded {
    font: Font,
    shaper: rustybuzz::Face<'static>,
    /// The first is for all scripts that have none of their own.
    plans: Vec<(Script, ShapePlan)>,
    em: f32,
}

static REGULAR: LazyLock<Loaded> = LazyLock::new(|| compiled_in(notosans::REGULAR_TTF));
static BOLD: LazyLock<Loaded> = LazyLock::new(|| compiled_in(notosans::BOLD_TTF));

fn compiled_in(bytes: &'static [u8]) -> Loaded {
    let scripts = [script::LATIN, script::GREEK, script::CYRILLIC];
    parse(bytes, 0, &scripts).expect("the compiled-in font is valid")
}

/// A font of the system's; nothing when it cannot be parsed.
pub(super) fn load(bytes: &'static [u8], index: u32) -> Option<Loaded> {
    parse(bytes, index, &[script::HAN])
}

fn parse(bytes: &'static [u8], index: u32, scripts: &[Script]) -> Option<Loaded> {
    let font = Font::new(bytes.into(), index)?;
    let shaper = rustybuzz::Face::from_slice(bytes, index)?;
    let plan = |&script: &Script| {
        let plan = ShapePlan::new(&shaper, Direction::LeftToRight, Some(script), None, &[]);
        (script, plan)
    };
    let plans = scripts.iter().map(plan).collect();
    let em = font.units_per_em();
    Some(Loaded {
        font,
        shaper,
        plans,
        em,
    })
}

impl Loaded {
    /// The font as the PDF writer wants it.
    pub(super) fn font(&self) -> Font {
        self.font.clone()
    }

    fn has(&self, c: char) -> bool {
        self.shaper.glyph_index(c).is_some()
    }
}

impl Face {
    fn loaded(self) -> &'static Loaded {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        }
    }
}

/// Text turned into glyphs. Independent of size: advances are in ems.
pub(super) struct Shaped {
    /// The cleaned text that the glyphs' ranges point into.
    pub(super) text: String,
    /// The glyphs, left to right.
    pub(super) glyphs: Vec<KrillaGlyph>,
    /// Where the glyphs of a font end, and which it is.
    runs: Vec<(usize, &'static Loaded)>,
}

impl Shaped {
    /// Width of everything at 1 pt.
    pub(super) fn width(&self) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.x_advance).sum()
    }

    /// Those of `glyphs` that are of one font, and the font.
    pub(super) fn runs(
        &self,
        glyphs: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, &'static Loaded)> {
        let mut start = glyphs.start;
        self.runs.iter().filter_map(move |&(end, font)| {
            let run = start..end.min(glyphs.end);
            start = start.max(run.end);
            (!run.is_empty()).then_some((run, font))
        })
    }
}

impl std::fmt::Debug for Shaped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Shaped").field(&self.text).finish()
    }
}

/// Shapes one paragraph, left to right. With `figures`, the hyphen before a number is drawn as a
/// true minus sign; the text behind it stays a hyphen. Han characters get the forms of `han`.
pub(super) fn shape(text: &str, face: Face, figures: bool, han: Han) -> Shaped {
    let text = clean(text);
    let han = if text.is_ascii() {
        han
    } else {
        han.in_text(&text)
    };
    let mut shaped = Shaped {
        glyphs: Vec::with_capacity(text.len()),
        runs: Vec::new(),
        text: String::new(),
    };
    let mut start = 0;
    while start < text.len() {
        let (end, font) = run(&text, start, face, han);
        let buffer = buffer(font, &text, start..end, figures);
        let plan = plan_for(font, &text[start..end]);
        shape_run(&mut shaped.glyphs, font, plan, buffer, end);
        shaped.runs.push((shaped.glyphs.len(), font));
        start = end;
    }
    shaped.text = text;
    shaped
}

/// Where the run that starts at `start` ends, and its font.
fn run(text: &str, start: usize, face: Face, han: Han) -> (usize, &'static Loaded) {
    let latin = face.loaded();
    let mut font: Option<&'static Loaded> = None;
    for (offset, c) in text[start..].char_indices() {
        // Marks stay with what they stand on.
        if font.is_some() && is_mark(c) {
            continue;
        }
        let other = if c.is_ascii() || latin.has(c) {
            latin
        } else {
            let east = cjk::font(face, han).filter(|font| font.has(c));
            east.unwrap_or(latin)
        };
        match font {
            Some(font) if !std::ptr::eq(font, other) => return (start + offset, font),
            _ => font = Some(other),
        }
    }
    (text.len(), font.unwrap_or(latin))
}

fn buffer(font: &Loaded, text: &str, range: Range<usize>, figures: bool) -> UnicodeBuffer {
    let mut buffer = UnicodeBuffer::new();
    for (offset, c) in text[range.clone()].char_indices() {
        let offset = range.start + offset;
        let minus = figures && c == '-' && is_sign(text, offset);
        let drawn = if minus { '\u{2212}' } else { c };
        // Offsets beyond 4 GiB cannot come from one request.
        let cluster = u32::try_from(offset).unwrap_or(u32::MAX);
        buffer.add(available(font, drawn), cluster);
    }
    buffer
}

fn shape_run(
    glyphs: &mut Vec<KrillaGlyph>,
    font: &Loaded,
    plan: &(Script, ShapePlan),
    mut buffer: UnicodeBuffer,
    end: usize,
) {
    buffer.set_direction(Direction::LeftToRight);
    buffer.set_script(plan.0);
    let shaped = rustybuzz::shape_with_plan(&font.shaper, &plan.1, buffer);
    let first = glyphs.len();
    push_glyphs(glyphs, &shaped, end, font.em);
    glyphs[first..].reverse();
}

/// Adds the glyphs backwards, so that the end of each cluster is known: the start of the next one.
fn push_glyphs(
    glyphs: &mut Vec<KrillaGlyph>,
    shaped: &rustybuzz::GlyphBuffer,
    text_end: usize,
    em: f32,
) {
    let infos = shaped.glyph_infos();
    let (mut end, mut next) = (text_end, text_end);
    for (info, position) in infos.iter().zip(shaped.glyph_positions()).rev() {
        let start = info.cluster as usize;
        if start != next {
            end = next;
            next = start;
        }
        glyphs.push(KrillaGlyph::new(
            GlyphId::new(info.glyph_id),
            units(position.x_advance) / em,
            units(position.x_offset) / em,
            units(position.y_offset) / em,
            units(position.y_advance) / em,
            start..end,
            None,
        ));
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "font units of one glyph are far below 2^23"
)]
fn units(value: i32) -> f32 {
    value as f32
}

/// The plan of the first Greek or Cyrillic letter, else the first one.
fn plan_for<'a>(loaded: &'a Loaded, text: &str) -> &'a (Script, ShapePlan) {
    let index = text.chars().find_map(|c| match c {
        '\u{0370}'..='\u{03ff}' | '\u{1f00}'..='\u{1fff}' => Some(1),
        '\u{0400}'..='\u{052f}' => Some(2),
        _ => None,
    });
    let plan = index.and_then(|index| loaded.plans.get(index));
    plan.unwrap_or(&loaded.plans[0])
}

/// Whether the hyphen at `offset` is the sign of a number.
fn is_sign(text: &str, offset: usize) -> bool {
    let before = text[..offset].chars().next_back();
    let after = text[offset + 1..].chars().next();
    before.is_none_or(char::is_whitespace) && after.is_some_and(|c| c.is_ascii_digit() || c == '.')
}

fn available(loaded: &Loaded, c: char) -> char {
    static LOGGED: Once = Once::new();
    if c.is_ascii() || loaded.has(c) {
        return c;
    }
    LOGGED.call_once(|| {
        tracing::warn!(
            character = %c.escape_unicode(),
            "a receipt has characters that no font here has; boxes are drawn in their place. \
             Chinese, Japanese and Korean need a font such as Debian's fonts-noto-cjk"
        );
    });
    MISSING
}

/// The text without what cannot be drawn: control and invisible formatting characters (which
/// could also make a line read other than it is), and marks piled beyond [`MAX_MARKS`].
pub(super) fn clean(text: &str) -> String {
    let mut marks = 0;
    text.chars()
        .filter_map(|c| match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
            c if is_mark(c) => {
                marks += 1;
                (marks <= MAX_MARKS).then_some(c)
            }
            c => {
                marks = 0;
                (!is_invisible(c)).then_some(c)
            }
        })
        .collect()
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{0483}'..='\u{0489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_character_is_a_box_that_still_means_the_character() {
        let shaped = shape("a\u{5d0}b", Face::Regular, false, Han::default());
        let ranges: Vec<_> = shaped
            .glyphs
            .iter()
            .map(|g| &shaped.text[g.text_range.clone()])
            .collect();
        assert_eq!(ranges, ["a", "\u{5d0}", "b"]);
        assert_ne!(shaped.glyphs[1].glyph_id, GlyphId::new(0));
    }

    #[test]
    fn figures_have_one_width_and_the_minus_is_a_minus() {
        for face in [Face::Regular, Face::Bold] {
            let widths: Vec<_> = ('0'..='9')
                .map(|digit| shape(&digit.to_string(), face, true, Han::default()).width())
                .collect();
            assert!(
                widths
                    .windows(2)
                    .all(|pair| (pair[0] - pair[1]).abs() < f32::EPSILON)
            );
            assert_ne!(
                shape("-5", face, true, Han::default()).glyphs[0].glyph_id,
                shape("-5", face, false, Han::default()).glyphs[0].glyph_id
            );
        }
    }

    /// Debian's fonts-noto-cjk; `cargo xtask setup` installs it.
    #[test]
    fn each_region_has_its_forms_and_every_run_its_font() {
        let glyph = |han| shape("直", Face::Regular, false, han).glyphs[0].glyph_id;
        assert_ne!(glyph(Han::Japanese), glyph(Han::Simplified));
        let text = "Café 東京カフェ, e\u{301}";
        let shaped = shape(text, Face::Bold, false, Han::Simplified);
        let runs: Vec<String> = shaped
            .runs(0..shaped.glyphs.len())
            .map(|(run, _)| {
                let glyphs = &shaped.glyphs[run];
                let end = glyphs.iter().map(|g| g.text_range.end).max().unwrap();
                shaped.text[glyphs[0].text_range.start..end].to_owned()
            })
            .collect();
        assert_eq!(runs, ["Café ", "東京カフェ", ", e\u{301}"]);
        let middle: Vec<_> = shaped.runs(3..8).map(|(run, _)| run).collect();
        assert_eq!(middle, [3..5, 5..8]);
    }

    #[test]
    fn scripts_from_right_to_left_keep_their_order_and_their_text() {
        let text = "\u{202e}\u{645}\u{637}\u{639}\u{645} 12 \u{2067}\u{5d0}\u{5d1}";
        let shaped = shape(text, Face::Regular, false, Han::default());
        let behind: String = shaped
            .glyphs
            .iter()
            .map(|g| &shaped.text[g.text_range.clone()])
            .collect();
        assert_eq!(behind, "\u{645}\u{637}\u{639}\u{645} 12 \u{5d0}\u{5d1}");
        assert!(shaped.glyphs.iter().all(|g| g.x_advance > 0.0));
    }

    #[test]
    fn what_cannot_be_seen_is_dropped() {
        assert_eq!(clean("a\u{202e}b\u{0}c\u{feff}\nd"), "abc d");
        assert_eq!(
            clean(&format!("e{}", "\u{301}".repeat(1000)))
                .chars()
                .count(),
            31
        );
    }
}
