//! The layout engine: rows of cells flow down pages.
//!
//! One primitive serves everything. A row has cells side by side, a cell has lines. A row that
//! does not fit goes to the next page whole; one too tall for that is split between lines.

use super::logo::Logo;
use super::text::{Color, INK, Line, Text};

/// A4, in points.
pub(super) const PAGE_WIDTH: f32 = 595.28;
/// A4, in points.
pub(super) const PAGE_HEIGHT: f32 = 841.89;
/// Left margin.
pub(super) const LEFT: f32 = 58.0;
/// Width between the margins.
pub(super) const WIDTH: f32 = PAGE_WIDTH - 2.0 * LEFT;
const TOP: f32 = 60.0;
/// Where the footer begins.
pub(super) const FOOT: f32 = PAGE_HEIGHT - 62.0;
/// Where the body ends.
const BOTTOM: f32 = FOOT - 16.0;

/// Which edge lines stand on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Align {
    /// The left edge of the cell.
    Left,
    /// The right edge of the cell.
    Right,
}

/// Lines in a column of the page.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// Left edge, from the left margin.
    pub(super) x: f32,
    /// Width of the cell.
    pub(super) width: f32,
    /// Edge that the lines stand on.
    pub(super) align: Align,
    /// The lines, top down.
    pub(super) lines: Vec<Line>,
}

impl Cell {
    fn height(&self) -> f32 {
        self.lines.iter().map(|line| line.style.leading).sum()
    }
}

/// Something to draw. Coordinates from the page's top left corner.
#[derive(Debug)]
pub(super) enum Op {
    /// A line of text by its left end and baseline.
    Text {
        /// Left end.
        x: f32,
        /// Baseline.
        y: f32,
        /// What to draw.
        line: Line,
    },
    /// A filled rectangle.
    Rule {
        /// Left edge.
        x: f32,
        /// Top edge.
        y: f32,
        /// Width.
        width: f32,
        /// Height.
        height: f32,
        /// Fill.
        color: Color,
    },
    /// A picture.
    Picture {
        /// Left edge.
        x: f32,
        /// Top edge.
        y: f32,
        /// What to draw.
        logo: Logo,
    },
}

/// The pages so far and the place on the last one.
#[derive(Debug)]
pub(super) struct Flow {
    /// What is on each page.
    pub(super) pages: Vec<Vec<Op>>,
    y: f32,
    heading: Option<Vec<Cell>>,
}

impl Flow {
    /// One empty page.
    pub(super) fn new() -> Self {
        Self {
            pages: vec![Vec::new()],
            y: TOP,
            heading: None,
        }
    }

    /// Leaves vertical space; none at the top of a page.
    pub(super) fn space(&mut self, height: f32) {
        if self.y > TOP {
            self.y += height;
        }
    }

    /// Starts a page unless `height` points are left on this one.
    pub(super) fn ensure(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.next_page();
        }
    }

    /// A rule across the page.
    pub(super) fn rule(&mut self, height: f32, color: Color) {
        self.bar(0.0, WIDTH, height, color);
    }

    /// A rule from `x` for `width`.
    pub(super) fn bar(&mut self, x: f32, width: f32, height: f32, color: Color) {
        let op = Op::Rule {
            x: LEFT + x,
            y: self.y,
            width,
            height,
            color,
        };
        self.push(op);
        self.y += height;
    }

    /// A picture at the left margin, beside what follows. Answers where it ends.
    pub(super) fn picture(&mut self, logo: &Logo) -> f32 {
        let (x, y) = (LEFT, self.y);
        let logo = logo.clone();
        let end = y + logo.height();
        self.push(Op::Picture { x, y, logo });
        end
    }

    /// Goes on no higher than at `y` of this page.
    pub(super) fn below(&mut self, y: f32) {
        self.y = self.y.max(y);
    }

    /// One line of text at the left margin.
    pub(super) fn line(&mut self, text: &Text) {
        let lines = text.lines(WIDTH);
        self.row(vec![Cell {
            x: 0.0,
            width: WIDTH,
            align: Align::Left,
            lines,
        }]);
    }

    /// Starts a table: its heading stands here and again at the top of each page until
    /// [`Flow::end_table`].
    pub(super) fn start_table(&mut self, heading: Vec<Cell>) {
        self.draw_heading(heading.clone());
        self.heading = Some(heading);
    }

    /// Ends the table.
    pub(super) fn end_table(&mut self) {
        self.heading = None;
    }

    /// How tall a row is.
    pub(super) fn height(cells: &[Cell]) -> f32 {
        cells.iter().map(Cell::height).fold(0.0, f32::max)
    }

    /// Places a row.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        let height = Self::height(&cells);
        // Taller than half a page: splitting it wastes less than moving it.
        if height < (BOTTOM - TOP) / 2.0 {
            self.ensure(height);
        }
        let mut rest: Vec<_> = cells
            .into_iter()
            .map(|c| (c.x, c.width, c.align, c.lines.into_iter().peekable()))
            .collect();
        loop {
            let top = self.y;
            let mut lowest = top;
            let mut left_over = false;
            for (x, width, align, lines) in &mut rest {
                let mut y = top;
                while let Some(line) = lines.next_if(|line| y + line.style.leading <= BOTTOM) {
                    let height = line.style.leading;
                    self.draw(line, *x, *width, *align, y);
                    y += height;
                }
                lowest = lowest.max(y);
                left_over |= lines.peek().is_some();
            }
            self.y = lowest;
            if !left_over {
                return;
            }
            self.next_page();
        }
    }

    fn draw(&mut self, line: Line, x: f32, width: f32, align: Align, top: f32) {
        let indent = match align {
            Align::Left => 0.0,
            Align::Right => width - line.width,
        };
        // Capitals are about 0.71 em high: this centres them between the line's edges.
        let y = top + line.style.leading / 2.0 + line.style.size * 0.357;
        self.push(Op::Text {
            x: LEFT + x + indent,
            y,
            line,
        });
    }

    fn next_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
        if let Some(heading) = self.heading.take() {
            self.draw_heading(heading.clone());
            self.heading = Some(heading);
        }
    }

    fn draw_heading(&mut self, heading: Vec<Cell>) {
        self.row(heading);
        self.y += 4.0;
        self.rule(0.6, INK);
        self.y += 5.0;
    }

    fn push(&mut self, op: Op) {
        if let Some(page) = self.pages.last_mut() {
            page.push(op);
        }
    }
}
