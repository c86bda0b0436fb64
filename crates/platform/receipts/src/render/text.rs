//! Styles, and text broken into lines.

use std::ops::Range;
use std::rc::Rc;

use krilla::text::KrillaGlyph;

use super::cjk::Han;
use super::font::{Face, Loaded, Shaped, shape};

/// A colour of the page, in sRGB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Color(pub(super) u8, pub(super) u8, pub(super) u8);

/// Text and totals.
pub(super) const INK: Color = Color(0x1b, 0x24, 0x30);
/// Labels and second-rank facts; 5.9:1 on white.
pub(super) const MUTED: Color = Color(0x5a, 0x66, 0x75);
/// The one accent.
pub(super) const ACCENT: Color = Color(0x0b, 0x6b, 0x6b);
/// Thin rules.
pub(super) const HAIR: Color = Color(0xd5, 0xdb, 0xe2);

/// How a piece of text is set. Sizes in points.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Style {
    /// Weight.
    pub(super) face: Face,
    /// Font size.
    pub(super) size: f32,
    /// Distance from one line to the next.
    pub(super) leading: f32,
    /// Fill colour.
    pub(super) color: Color,
    /// An amount: the hyphen is drawn as a minus sign.
    pub(super) figures: bool,
}

const fn style(face: Face, size: f32, leading: f32, color: Color) -> Style {
    Style {
        face,
        size,
        leading,
        color,
        figures: false,
    }
}

impl Style {
    /// "Receipt" or "Tax invoice".
    pub(super) const TITLE: Self = style(Face::Bold, 9.5, 14.0, ACCENT);
    /// The merchant.
    pub(super) const NAME: Self = style(Face::Bold, 22.0, 28.0, INK);
    /// The total in the head; its baseline is the name's.
    pub(super) const HERO: Self = style(Face::Bold, 25.0, 26.0, INK).amount();
    /// Running text.
    pub(super) const BODY: Self = style(Face::Regular, 9.0, 13.0, INK);
    /// Running text that matters.
    pub(super) const STRONG: Self = style(Face::Bold, 9.0, 13.0, INK);
    /// The line under the last sum.
    pub(super) const SUM: Self = style(Face::Bold, 11.5, 16.0, INK);
    /// Labels, column headings, footers.
    pub(super) const LABEL: Self = style(Face::Regular, 7.5, 11.0, MUTED);
    /// Second-rank facts under a description.
    pub(super) const DETAIL: Self = style(Face::Regular, 8.0, 11.5, MUTED);
    /// The heading of a section.
    pub(super) const SECTION: Self = style(Face::Bold, 9.5, 14.0, ACCENT);

    /// The same style for amounts.
    pub(super) const fn amount(self) -> Self {
        Self {
            figures: true,
            ..self
        }
    }

    /// The same style with another distance between lines.
    pub(super) const fn leaded(self, leading: f32) -> Self {
        Self { leading, ..self }
    }

    /// The same style, smaller or larger.
    pub(super) fn sized(self, size: f32) -> Self {
        Self {
            size,
            leading: self.leading * size / self.size,
            ..self
        }
    }
}

/// Shaped text with its style, not yet broken.
#[derive(Clone, Debug)]
pub(super) struct Text {
    shaped: Rc<Shaped>,
    pub(super) style: Style,
}

/// One line: a slice of shaped text.
#[derive(Clone, Debug)]
pub(super) struct Line {
    shaped: Rc<Shaped>,
    glyphs: Range<usize>,
    /// Width in points.
    pub(super) width: f32,
    /// How it is set.
    pub(super) style: Style,
}

impl Line {
    /// The glyphs to draw, font by font; their ranges point into [`Line::text`].
    pub(super) fn runs(&self) -> impl Iterator<Item = (&[KrillaGlyph], &'static Loaded)> {
        let runs = self.shaped.runs(self.glyphs.clone());
        runs.map(|(run, font)| (&self.shaped.glyphs[run], font))
    }

    /// The text of the whole paragraph.
    pub(super) fn text(&self) -> &str {
        &self.shaped.text
    }
}

/// How good a place is for breaking a line before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Break {
    No,
    /// Inside a long word: after punctuation.
    Soft,
    /// Between words.
    Good,
}

impl Text {
    /// Shapes `text`; nothing for text without anything to draw.
    pub(super) fn new(text: &str, style: Style, han: Han) -> Self {
        Self {
            shaped: Rc::new(shape(text.trim(), style.face, style.figures, han)),
            style,
        }
    }

    /// Width in points when on one line.
    pub(super) fn width(&self) -> f32 {
        self.shaped.width() * self.style.size
    }

    /// Breaks into lines of at most `width` points. A word wider than that is broken after
    /// punctuation, else anywhere; nothing is ever cut off.
    pub(super) fn lines(&self, width: f32) -> Vec<Line> {
        let glyphs = &self.shaped.glyphs;
        let limit = width / self.style.size + 0.001;
        let mut lines = Vec::new();
        let (mut start, mut used) = (0, 0.0);
        let (mut good, mut soft) = (0, 0);
        let mut index = 0;
        while index < glyphs.len() {
            match self.break_before(index) {
                Break::Good => good = index,
                Break::Soft => soft = index,
                Break::No => {}
            }
            let advance = glyphs[index].x_advance;
            if used + advance > limit && index > start && !self.is_space(index) {
                let at = [good, soft]
                    .into_iter()
                    .find(|at| *at > start)
                    .unwrap_or(index);
                let at = self.cluster_start(at, start);
                lines.push(self.line(start..at));
                (start, index, used) = (at, at, 0.0);
                continue;
            }
            used += advance;
            index += 1;
        }
        if start < glyphs.len() {
            lines.push(self.line(start..glyphs.len()));
        }
        lines
    }

    /// One line, or lines at the smallest size: shrinks from the style's size down to `smallest`
    /// before it breaks.
    pub(super) fn fitted(mut self, width: f32, smallest: f32) -> Vec<Line> {
        let natural = self.width();
        if natural > width {
            let size = (self.style.size * width / natural).max(smallest);
            self.style = self.style.sized(size.min(self.style.size));
        }
        self.lines(width)
    }

    /// The first glyph of the cluster at `index`, unless that is where the line starts.
    fn cluster_start(&self, index: usize, line_start: usize) -> usize {
        let glyphs = &self.shaped.glyphs;
        let cluster = glyphs[index].text_range.start;
        let mut first = index;
        while first > line_start + 1 && glyphs[first - 1].text_range.start == cluster {
            first -= 1;
        }
        first
    }

    fn line(&self, range: Range<usize>) -> Line {
        let mut end = range.end;
        while end > range.start && self.is_space(end - 1) {
            end -= 1;
        }
        let glyphs = range.start..end;
        let ems: f32 = self.shaped.glyphs[glyphs.clone()]
            .iter()
            .map(|g| g.x_advance)
            .sum();
        let (shaped, style) = (Rc::clone(&self.shaped), self.style);
        Line {
            shaped,
            glyphs,
            width: ems * style.size,
            style,
        }
    }

    fn char_at(&self, index: usize) -> Option<char> {
        let glyph = self.shaped.glyphs.get(index)?;
        self.shaped.text[glyph.text_range.start..].chars().next()
    }

    fn is_space(&self, index: usize) -> bool {
        self.char_at(index) == Some(' ')
    }

    fn break_before(&self, index: usize) -> Break {
        let (Some(before), Some(here)) = (
            index.checked_sub(1).and_then(|i| self.char_at(i)),
            self.char_at(index),
        ) else {
            return Break::No;
        };
        if here == '\u{a0}' {
            Break::No
        } else if before == ' ' {
            Break::Good
        } else if is_ideograph(before) || is_ideograph(here) {
            if OPENING.contains(before) || CLOSING.contains(here) {
                Break::No
            } else {
                Break::Good
            }
        } else if "-/,;_&?=@+\u{a0}".contains(before) && here != ' ' {
            Break::Soft
        } else {
            Break::No
        }
    }
}

/// No line ends with one of these.
const OPENING: &str = "（「『【〈《〔［｛([{“‘";
/// No line starts with one of these.
const CLOSING: &str =
    "、。，．・：；？！）」』】〉》〕］｝ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々),.:;?!]}%”’";

/// Scripts written without spaces break between any two characters.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}'
        | '\u{20000}'..='\u{3fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, width: f32) -> Vec<String> {
        let lines = Text::new(text, Style::BODY, Han::Japanese).lines(width);
        for line in &lines {
            assert!(
                line.width <= width || line.glyphs.len() == 1,
                "{text}: {}",
                line.width
            );
        }
        lines
            .iter()
            .map(|line| {
                line.runs()
                    .flat_map(|(glyphs, _)| glyphs)
                    .map(|g| &line.text()[g.text_range.clone()])
                    .collect()
            })
            .collect()
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(
            broken("the quick brown fox", 60.0),
            ["the quick", "brown fox"]
        );
    }

    #[test]
    fn a_long_word_breaks_after_punctuation_then_anywhere() {
        assert_eq!(
            broken("1,234,567,890,123,456", 50.0),
            ["1,234,567,", "890,123,", "456"]
        );
        assert_eq!(broken(&"x".repeat(40), 60.0).concat(), "x".repeat(40));
        assert_eq!(broken("word", 0.0).concat(), "word");
    }

    #[test]
    fn japanese_breaks_anywhere_but_before_small_signs() {
        assert_eq!(
            broken("東京都千代田区（丸の内）、カフェー", 45.0),
            ["東京都千代", "田区（丸の", "内）、カ", "フェー"]
        );
        assert_eq!(broken("JR東日本", 25.0), ["JR東", "日本"]);
        assert_eq!(broken("品目\u{a0}A1", 27.0), ["品", "目\u{a0}A1"]);
    }

    #[test]
    fn a_line_too_wide_shrinks_before_it_breaks() {
        let lines = Text::new("1,234,567,890", Style::HERO, Han::default()).fitted(120.0, 10.0);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].width <= 120.01 && lines[0].style.size < Style::HERO.size);
        assert!(
            Text::new(&"9".repeat(200), Style::HERO, Han::default())
                .fitted(120.0, 10.0)
                .len()
                > 1
        );
    }
}
