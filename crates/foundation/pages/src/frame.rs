//! What surrounds every page.

use std::borrow::Cow;

use crate::assets::Assets;
use crate::messages::Messages;

/// What surrounds a page.
#[derive(Clone)]
pub struct Frame {
    /// Texts, numbers and dates for the reader.
    pub messages: Messages,
    /// Style sheet and icon.
    pub assets: &'static Assets,
    /// The path that the pages are below, without a slash at its end; empty at the root. Signing
    /// in, signing out and the first page are there.
    pub base: String,
    /// The program's name, from the brand setting.
    pub brand: String,
    /// Who is signed in, if anybody.
    pub signed_in: Option<SignedIn>,
    /// Where the reader is: the address of an entry of the navigation.
    pub current: Option<&'static str>,
    /// What stands below every page.
    pub footer: String,
    /// Where the reader can go from below every page.
    pub footer_links: Vec<Link>,
}

/// The reader's session, as pages show it.
#[derive(Clone)]
pub struct SignedIn {
    /// The reader's name for reading.
    pub display_name: String,
    /// The session's token, sent back by every form.
    pub csrf_token: String,
    /// The navigation: what the reader can go to.
    pub nav: Vec<Link>,
    /// What the reader can do with the account, beside signing out.
    pub account: Vec<Link>,
}

/// Where something leads, and what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Where it leads: a path of ours, or an `https` address.
    pub href: Cow<'static, str>,
    /// What it says.
    pub text: String,
}

impl Link {
    /// Whether it leads to other people's pages.
    pub fn is_away(&self) -> bool {
        !self.href.starts_with('/')
    }
}

impl Frame {
    /// The same on a page that belongs to the navigation's entry of this address.
    #[must_use]
    pub fn at(self, href: &'static str) -> Self {
        let current = Some(href);
        Self { current, ..self }
    }

    /// The session's token for forms; empty when nobody is signed in.
    pub fn csrf_token(&self) -> &str {
        let signed_in = self.signed_in.as_ref();
        signed_in.map_or("", |signed_in| signed_in.csrf_token.as_str())
    }

    /// The name of a button that the page has several of: what it says, and of what.
    pub fn label(&self, button: &str, of: &str) -> String {
        let args = [("button", button.into()), ("of", of.into())];
        self.messages.text_with("button-of", args)
    }

    /// A page's title with the program's name.
    pub fn title(&self, page: &str) -> String {
        let args = [("page", page.into()), ("brand", self.brand.as_str().into())];
        self.messages.text_with("frame-title", args)
    }

    /// Whether the reader is where this entry of the navigation leads.
    pub fn is_at(&self, link: &Link) -> bool {
        self.current == Some(&*link.href)
    }
}

#[cfg(test)]
mod tests {
    use askama::Template as _;

    use crate::{ErrorKind, ErrorPage, Link, samples};

    fn html(page: &ErrorPage) -> String {
        page.render().unwrap()
    }

    #[test]
    fn the_navigation_says_where_the_reader_is() {
        let page = ErrorPage {
            frame: samples::frame().at("/second"),
            ..samples::error(ErrorKind::NotFound)
        };
        let html = html(&page);
        assert!(html.contains("<li><a href=\"/first\">First</a></li>"));
        assert!(html.contains("<li><a href=\"/second\" aria-current=\"page\">Second</a></li>"));
        assert!(html.contains("<a class=\"account-link\" href=\"/me\">My account</a>"));
    }

    #[test]
    fn strangers_see_no_navigation() {
        let html = html(&samples::error(ErrorKind::SignedOut));
        assert!(!html.contains("<nav") && !html.contains("/signout"));
        assert!(html.contains("href=\"/signin\""));
    }

    #[test]
    fn pages_below_a_path_stay_there() {
        let mut page = samples::error(ErrorKind::NotFound);
        page.frame.base = "/cafe".into();
        page.frame.footer_links = ["/cafe/help", "https://help.example/"]
            .map(|href| Link {
                href: href.into(),
                text: "Help".into(),
            })
            .into();
        let html = html(&page);
        for text in [
            "<a class=\"brand\" href=\"/cafe/\">",
            "action=\"/cafe/signout\"",
            "<a href=\"/cafe/help\">Help</a>",
            "<a href=\"https://help.example/\" rel=\"noopener noreferrer\">Help</a>",
        ] {
            assert!(html.contains(text), "{text} is not there: {html}");
        }
    }

    #[test]
    fn foreign_text_stays_text() {
        let mut page = samples::error(ErrorKind::NotFound);
        page.frame.brand = "A & B".into();
        page.frame.footer = "<script>".into();
        let html = html(&page);
        assert!(html.contains("<bdi>A &#38; B</bdi>"));
        assert!(html.contains("<p>&#60;script&#62;</p>"));
    }
}
