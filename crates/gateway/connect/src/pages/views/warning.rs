//! The mail that warns an inactive user.

use askama::Template;
use bursar_pages::Messages;

/// The content of a mail that warns an inactive user.
#[derive(Clone)]
pub struct WarningContent {
    /// Texts for the addressee.
    pub messages: Messages,
    /// The merchant's name.
    pub brand: String,
    /// What the merchant calls the platform.
    pub platform: String,
    /// When the connection ends, in RFC 3339.
    pub ends_at: String,
    /// The page where it is kept by signing in.
    pub url: String,
}

/// The HTML form.
#[derive(Template)]
#[template(path = "warning-mail.html")]
pub struct WarningHtml(pub WarningContent);

/// The text form.
#[derive(Template)]
#[template(path = "warning-mail.txt")]
pub struct WarningText(pub WarningContent);

impl WarningContent {
    /// The mail's subject.
    pub fn subject(&self) -> String {
        let names = self.names();
        self.messages.text_with("warning-mail-subject", names)
    }

    fn reason(&self) -> String {
        let names = self.names();
        self.messages.text_with("warning-mail-reason", names)
    }

    fn again(&self) -> String {
        self.messages.text("warning-mail-again")
    }

    fn end(&self) -> String {
        let date = self.messages.date(&self.ends_at);
        let [brand, platform] = self.names();
        let names = [brand, platform, ("date", date.into())];
        self.messages.text_with("warning-mail-end", names)
    }

    fn names(&self) -> [(&'static str, bursar_pages::FluentValue<'_>); 2] {
        let (brand, platform) = (self.brand.as_str(), self.platform.as_str());
        [("brand", brand.into()), ("platform", platform.into())]
    }
}
