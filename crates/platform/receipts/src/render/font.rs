//! The compiled-in font and the shaper.
//!
//! Choice: the crate `notosans`, not `dejavu`. Both fonts cover Latin, Greek and Cyrillic, with
//! tabular figures by default. The other adds Arabic, Hebrew and symbols but weighs 0.75 MB a face
//! against 0.2 MB, sets wider and looks coarse at receipt sizes. Noto's licence is one text (SIL
//! Open Font License 1.1, shipped in the crate); the other's is two foundry licences with naming
//! clauses. Scripts beyond these need a font directory in either case.

use std::sync::{LazyLock, Once};

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Script, ShapePlan, UnicodeBuffer, script};

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
struct Loaded {
    font: Font,
    shaper: rustybuzz::Face<'static>,
    plans: [(Script, ShapePlan); 3],
    em: f32,
}

static REGULAR: LazyLock<Loaded> = LazyLock::new(|| load(notosans::REGULAR_TTF));
static BOLD: LazyLock<Loaded> = LazyLock::new(|| load(notosans::BOLD_TTF));

fn load(bytes: &'static [u8]) -> Loaded {
    let font = Font::new(bytes.into(), 0).expect("the compiled-in font is valid");
    let shaper = rustybuzz::Face::from_slice(bytes, 0).expect("the compiled-in font is valid");
    let plans = [script::LATIN, script::GREEK, script::CYRILLIC].map(|script| {
        (
            script,
            ShapePlan::new(&shaper, Direction::LeftToRight, Some(script), None, &[]),
        )
    });
    let em = font.units_per_em();
    Loaded {
        font,
        shaper,
        plans,
        em,
    }
}

impl Face {
    fn loaded(self) -> &'static Loaded {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        }
    }

    /// The font as the PDF writer wants it.
    pub(super) fn font(self) -> Font {
        self.loaded().font.clone()
    }
}

/// Text turned into glyphs. Independent of size: advances are in ems.
#[derive(Debug)]
pub(super) struct Shaped {
    /// The cleaned text that the glyphs' ranges point into.
    pub(super) text: String,
    /// The glyphs, left to right.
    pub(super) glyphs: Vec<KrillaGlyph>,
}

impl Shaped {
    /// Width of everything at 1 pt.
    pub(super) fn width(&self) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.x_advance).sum()
    }
}

/// Shapes one paragraph, left to right. With `figures`, the hyphen before a number is drawn as a
/// true minus sign; the text behind it stays a hyphen.
pub(super) fn shape(text: &str, face: Face, figures: bool) -> Shaped {
    let loaded = face.loaded();
    let text = clean(text);
    let mut buffer = UnicodeBuffer::new();
    for (offset, c) in text.char_indices() {
        let minus = figures && c == '-' && is_sign(&text, offset);
        let drawn = if minus { '\u{2212}' } else { c };
        // Offsets beyond 4 GiB cannot come from one request.
        buffer.add(
            available(loaded, drawn),
            u32::try_from(offset).unwrap_or(u32::MAX),
        );
    }
    let plan = plan_for(loaded, &text);
    buffer.set_direction(Direction::LeftToRight);
    buffer.set_script(plan.0);
    let shaped = rustybuzz::shape_with_plan(&loaded.shaper, &plan.1, buffer);
    let glyphs = glyphs(&shaped, text.len(), loaded.em);
    Shaped { text, glyphs }
}

fn glyphs(shaped: &rustybuzz::GlyphBuffer, text_len: usize, em: f32) -> Vec<KrillaGlyph> {
    let infos = shaped.glyph_infos();
    let mut glyphs = Vec::with_capacity(infos.len());
    // Backwards, so that the end of each cluster is known: the start of the next one.
    let (mut end, mut next) = (text_len, text_len);
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
    glyphs.reverse();
    glyphs
}

#[expect(
    clippy::cast_precision_loss,
    reason = "font units of one glyph are far below 2^23"
)]
fn units(value: i32) -> f32 {
    value as f32
}

/// The plan of the first Greek or Cyrillic letter, else the Latin one.
fn plan_for<'a>(loaded: &'a Loaded, text: &str) -> &'a (Script, ShapePlan) {
    let index = text.chars().find_map(|c| match c {
        '\u{0370}'..='\u{03ff}' | '\u{1f00}'..='\u{1fff}' => Some(1),
        '\u{0400}'..='\u{052f}' => Some(2),
        _ => None,
    });
    &loaded.plans[index.unwrap_or(0)]
}

/// Whether the hyphen at `offset` is the sign of a number.
fn is_sign(text: &str, offset: usize) -> bool {
    let before = text[..offset].chars().next_back();
    let after = text[offset + 1..].chars().next();
    before.is_none_or(char::is_whitespace) && after.is_some_and(|c| c.is_ascii_digit() || c == '.')
}

fn available(loaded: &Loaded, c: char) -> char {
    static LOGGED: Once = Once::new();
    if c.is_ascii() || loaded.shaper.glyph_index(c).is_some() {
        return c;
    }
    LOGGED.call_once(|| {
        tracing::warn!(
            character = %c.escape_unicode(),
            "a receipt has characters that the font lacks; boxes are drawn in their place"
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
        let shaped = shape("a中b", Face::Regular, false);
        let ranges: Vec<_> = shaped
            .glyphs
            .iter()
            .map(|g| &shaped.text[g.text_range.clone()])
            .collect();
        assert_eq!(ranges, ["a", "中", "b"]);
        assert_ne!(shaped.glyphs[1].glyph_id, GlyphId::new(0));
    }

    #[test]
    fn figures_have_one_width_and_the_minus_is_a_minus() {
        for face in [Face::Regular, Face::Bold] {
            let widths: Vec<_> = ('0'..='9')
                .map(|digit| shape(&digit.to_string(), face, true).width())
                .collect();
            assert!(
                widths
                    .windows(2)
                    .all(|pair| (pair[0] - pair[1]).abs() < f32::EPSILON)
            );
            assert_ne!(
                shape("-5", face, true).glyphs[0].glyph_id,
                shape("-5", face, false).glyphs[0].glyph_id
            );
        }
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
