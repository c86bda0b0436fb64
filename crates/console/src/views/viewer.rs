//! A receipt's picture, page by page, as large as the reader wants it.

use askama::Template;
use bursar_pages::Frame;

use crate::list_query::with_query;

/// `GET /expenses/{id}/receipt`.
#[derive(Template)]
#[template(path = "viewer.html")]
pub struct ViewerPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The expense's id in its path.
    pub id: String,
    /// The merchant's name for reading.
    pub merchant: String,
    /// The query of the list that the reader came from.
    pub list: String,
    /// How many pages there are; none where the document cannot be drawn.
    pub pages: u32,
    /// The page that is shown, from 1.
    pub page: u32,
    /// How large.
    pub zoom: Zoom,
    /// Whether it is a document with sheets, which are drawn; else a picture with pixels.
    pub is_document: bool,
}

/// How large a page is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Zoom {
    /// As wide as there is room.
    Fit,
    /// Percent of its actual size: one of [`Zoom::STEPS`].
    Percent(u16),
}

impl Zoom {
    /// What can be chosen.
    pub const STEPS: [u16; 6] = [50, 75, 100, 150, 200, 300];
    /// `Choice:` the actual size of a sheet: A4 and letter are about as wide at 96 pixels an inch.
    const SHEET: u32 = 800;

    /// The zoom of an address; what is none of ours fits the width.
    pub fn parse(text: &str) -> Self {
        let percent = text.parse().ok().filter(|step| Self::STEPS.contains(step));
        percent.map_or(Self::Fit, Self::Percent)
    }

    fn text(self) -> String {
        match self {
            Self::Fit => "fit".to_owned(),
            Self::Percent(percent) => percent.to_string(),
        }
    }

    /// Pixels across of a sheet.
    fn sheet_width(self) -> Option<u32> {
        match self {
            Self::Fit => None,
            Self::Percent(percent) => Some(Self::SHEET * u32::from(percent) / 100),
        }
    }

    /// The next larger or smaller one. What fits is about as wide as a sheet's actual size.
    fn step(self, larger: bool) -> Option<Self> {
        let now = match self {
            Self::Fit => 100,
            Self::Percent(percent) => percent,
        };
        let mut steps = Self::STEPS.into_iter();
        let next = if larger {
            steps.find(|step| *step > now)
        } else {
            steps.rfind(|step| *step < now)
        };
        next.map(Self::Percent)
    }
}

impl ViewerPage {
    /// Pixels across of the pictures that are drawn: few different ones, so that they are kept.
    pub const WIDTHS: [u32; 3] = [800, 1600, 2400];

    fn title(&self) -> String {
        let args = [("merchant", self.merchant.as_str().into())];
        self.frame.messages.text_with("expense-picture-alt", args)
    }

    fn page_text(&self) -> String {
        let args = [("page", self.page.into()), ("pages", self.pages.into())];
        self.frame.messages.text_with("viewer-page", args)
    }

    fn expense_href(&self) -> String {
        self.href_of("", &[])
    }

    fn own_href(&self, page: u32, zoom: Zoom) -> String {
        let (page, zoom) = (page.to_string(), zoom.text());
        let page = if page == "1" { "" } else { &page };
        let zoom = if zoom == "fit" { "" } else { &zoom };
        self.href_of("/receipt", &[("page", page), ("zoom", zoom)])
    }

    fn href_of(&self, part: &str, parameters: &[(&str, &str)]) -> String {
        let list = [("list", self.list.as_str())];
        let all = parameters.iter().chain(&list).copied();
        let query = bursar_web::encode_form(all.filter(|(_, value)| !value.is_empty()));
        with_query(&format!("/expenses/{}{part}", self.id), &query)
    }

    fn previous(&self) -> Option<String> {
        (self.page > 1).then(|| self.own_href(self.page - 1, self.zoom))
    }

    fn next(&self) -> Option<String> {
        (self.page < self.pages).then(|| self.own_href(self.page + 1, self.zoom))
    }

    fn zoomed(&self, larger: bool) -> Option<String> {
        let zoom = self.zoom.step(larger);
        zoom.map(|zoom| self.own_href(self.page, zoom))
    }

    fn smaller(&self) -> Option<String> {
        self.zoomed(false)
    }

    fn larger(&self) -> Option<String> {
        self.zoomed(true)
    }

    fn fit_href(&self) -> String {
        self.own_href(self.page, Zoom::Fit)
    }

    fn actual_href(&self) -> String {
        self.own_href(self.page, Zoom::Percent(100))
    }

    fn is_fit(&self) -> bool {
        self.zoom == Zoom::Fit
    }

    fn is_actual(&self) -> bool {
        self.zoom == Zoom::Percent(100)
    }

    fn zoom_text(&self) -> String {
        match self.zoom {
            Zoom::Fit => self.frame.messages.text("viewer-fit"),
            Zoom::Percent(percent) => {
                let args = [("percent", percent.into())];
                self.frame.messages.text_with("viewer-percent", args)
            }
        }
    }

    /// The picture: sharp on fine screens where a sheet is drawn; all its pixels otherwise.
    fn picture_href(&self) -> String {
        let wanted = match self.zoom.sheet_width() {
            _ if !self.is_document => Self::WIDTHS[2],
            None => Self::WIDTHS[1],
            Some(width) => 2 * width,
        };
        let widths = Self::WIDTHS.into_iter();
        let width = widths.clone().find(|width| *width >= wanted);
        let width = width.unwrap_or(Self::WIDTHS[2]);
        format!("/expenses/{}/pages/{}-{width}.png", self.id, self.page)
    }

    /// Pixels across on the page; a picture's own where it says nothing.
    fn shown_width(&self) -> Option<u32> {
        self.zoom.sheet_width().filter(|_| self.is_document)
    }

    fn css_class(&self) -> String {
        match self.zoom {
            Zoom::Fit => "viewer-fit".to_owned(),
            Zoom::Percent(_) if self.is_document => "viewer-sized".to_owned(),
            Zoom::Percent(percent) => format!("viewer-sized viewer-{percent}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_from_one_to_the_next_and_end() {
        assert_eq!(Zoom::parse("150"), Zoom::Percent(150));
        for text in ["", "fit", "151", "-1", "1e2"] {
            assert_eq!(Zoom::parse(text), Zoom::Fit, "{text}");
        }
        assert_eq!(Zoom::Fit.step(true), Some(Zoom::Percent(150)));
        assert_eq!(Zoom::Fit.step(false), Some(Zoom::Percent(75)));
        assert_eq!(Zoom::Percent(50).step(false), None);
        assert_eq!(Zoom::Percent(300).step(true), None);
    }
}
