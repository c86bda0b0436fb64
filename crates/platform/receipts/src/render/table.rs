//! Tables: column widths from the content, headings repeated on every page.

use super::flow::{Align, Cell, Flow, WIDTH};
use super::text::{HAIR, Line, Style, Text};
use super::words::Words;

const GAP: f32 = 14.0;
/// A title and the spaces around the heading.
const START: f32 = 32.0;
/// A row taller than this may be split from its heading.
const START_MAX: f32 = 360.0;
/// Most of the width that amounts may take from the words.
const FIGURES_SHARE: f32 = 0.6;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Kind {
    /// Words, flush left, with a share of the width that amounts leave.
    Words(f32),
    /// Amounts, flush right, as wide as the widest.
    Figures,
}

/// A column: the key of its heading, and its kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column(pub(super) &'static str, pub(super) Kind);

/// A table. Columns in which every cell is empty are left out.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Vec<Text>>>,
}

/// Where a column stands.
struct Slot {
    x: f32,
    width: f32,
    align: Align,
}

impl Table {
    /// A table without rows.
    pub(super) fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row: for each column the paragraphs of its cell.
    pub(super) fn push(&mut self, cells: Vec<Vec<Text>>) {
        self.rows.push(cells);
    }

    /// Draws the table, below its title if it has one; nothing when it has no rows. Title, heading
    /// and first row stay on one page.
    pub(super) fn draw(self, flow: &mut Flow, words: &Words, title: Option<&Text>) {
        if self.rows.is_empty() {
            return;
        }
        let Self { columns, rows } = self.used();
        let headings: Vec<Text> = columns
            .iter()
            .map(|column| words.label(column.0, Style::LABEL))
            .collect();
        let slots = slots(&columns, &headings, &rows);
        let row = |cells: Vec<Vec<Text>>| -> Vec<Cell> {
            let cells = cells.into_iter().zip(&slots);
            cells.map(|(texts, slot)| cell(slot, &texts)).collect()
        };
        let heading = row(headings.into_iter().map(|text| vec![text]).collect());
        let mut rows = rows.into_iter().map(row).peekable();
        let first = rows.peek().map(|cells| Flow::height(cells));
        let start = Flow::height(&heading) + first.unwrap_or_default() + START;
        flow.ensure(start.min(START_MAX));
        if let Some(title) = title {
            flow.line(title);
            flow.space(5.0);
        }
        flow.start_table(heading);
        for (index, cells) in rows.enumerate() {
            if index > 0 {
                flow.rule(0.4, HAIR);
                flow.space(5.0);
            }
            flow.row(cells);
            flow.space(5.0);
        }
        flow.end_table();
    }

    /// The table without columns in which every cell is empty.
    fn used(self) -> Self {
        let filled =
            |row: &[Vec<Text>], at: usize| row.get(at).is_some_and(|cell| !cell.is_empty());
        let used: Vec<bool> = (0..self.columns.len())
            .map(|at| self.rows.iter().any(|row| filled(row, at)))
            .collect();
        let Self {
            mut columns,
            mut rows,
        } = self;
        keep(&mut columns, &used);
        for row in &mut rows {
            keep(row, &used);
        }
        Self { columns, rows }
    }
}

fn keep<T>(items: &mut Vec<T>, used: &[bool]) {
    let mut used = used.iter();
    items.retain(|_| used.next().copied().unwrap_or(false));
}

fn cell(slot: &Slot, texts: &[Text]) -> Cell {
    let lines: Vec<Line> = texts
        .iter()
        .flat_map(|text| text.lines(slot.width))
        .collect();
    Cell {
        x: slot.x,
        width: slot.width,
        align: slot.align,
        lines,
    }
}

fn slots(columns: &[Column], headings: &[Text], rows: &[Vec<Vec<Text>>]) -> Vec<Slot> {
    let natural = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index)).flatten();
        cells
            .map(Text::width)
            .fold(headings[index].width(), f32::max)
    };
    let mut widths: Vec<f32> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            if column.1 == Kind::Figures {
                natural(index)
            } else {
                0.0
            }
        })
        .collect();
    limit(&mut widths, WIDTH * FIGURES_SHARE);
    let gaps: f32 = columns.iter().skip(1).map(|_| GAP).sum();
    let free = (WIDTH - gaps - widths.iter().sum::<f32>()).max(0.0);
    let share = |column: &Column| {
        if let Kind::Words(share) = column.1 {
            share
        } else {
            0.0
        }
    };
    let shares: f32 = columns.iter().map(share).sum();
    let mut x = 0.0;
    columns
        .iter()
        .zip(widths)
        .map(|(column, figures)| {
            let (width, align) = match column.1 {
                Kind::Words(share) => (free * share / shares, Align::Left),
                Kind::Figures => (figures, Align::Right),
            };
            let slot = Slot { x, width, align };
            x += width + GAP;
            slot
        })
        .collect()
}

/// Takes from the widest until all fit into `budget`.
fn limit(widths: &mut [f32], budget: f32) {
    let mut sorted = widths.to_vec();
    sorted.sort_by(f32::total_cmp);
    let (mut left, mut columns) = (budget, sorted.iter().map(|_| 1.0).sum::<f32>());
    for width in sorted {
        let fair = left / columns;
        if width > fair {
            for width in widths {
                *width = width.min(fair);
            }
            return;
        }
        left -= width;
        columns -= 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::limit;

    #[test]
    fn only_the_widest_columns_give() {
        let mut widths = [10.0, 300.0, 0.0, 50.0, 200.0];
        for budget in [260.0, 500.0] {
            limit(&mut widths, budget);
            let rounded = widths.map(|width| format!("{width:.1}"));
            assert_eq!(rounded, ["10.0", "100.0", "0.0", "50.0", "100.0"]);
        }
    }
}
