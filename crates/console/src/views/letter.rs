//! Mails, in both forms: the same words.

use askama::Template;
use bursar_pages::Messages;

/// A mail's content.
#[derive(Clone)]
pub struct LetterContent {
    /// Texts for the addressee.
    pub messages: Messages,
    /// The platform's name.
    pub brand: String,
    /// How the addressee is called.
    pub name: String,
    /// Whether it signs in at our own pages, or lets an app in.
    pub asker: Option<Asker>,
    /// Where the button leads; without it, the secret is there to be copied.
    pub button: Option<String>,
    /// The secret.
    pub secret: String,
}

/// Who asked for a one-time password.
#[derive(Clone)]
pub struct Asker {
    /// The app, as the platform knows it.
    pub app_name: String,
    /// As it calls itself.
    pub company: Option<String>,
}

/// The HTML form.
#[derive(Template)]
#[template(path = "letter.html")]
pub struct LetterHtml(pub LetterContent);

/// The text form.
#[derive(Template)]
#[template(path = "letter.txt")]
pub struct LetterText(pub LetterContent);

impl LetterContent {
    /// The mail's subject.
    pub fn subject(&self) -> String {
        let brand = ("brand", self.brand.as_str().into());
        match &self.asker {
            None => self.messages.text_with("letter-subject-signin", [brand]),
            Some(asker) => {
                let app = ("app", asker.app_name.as_str().into());
                self.messages.text_with("letter-subject-app", [app, brand])
            }
        }
    }

    fn greeting(&self) -> String {
        let name = ("name", self.name.as_str().into());
        self.messages.text_with("letter-greeting", [name])
    }

    /// Names the app as the platform knows it, whatever it calls itself.
    fn reason(&self) -> String {
        let brand = ("brand", self.brand.as_str().into());
        let Some(Asker { app_name, company }) = &self.asker else {
            return self.messages.text_with("letter-reason-signin", [brand]);
        };
        let app = ("app", app_name.as_str().into());
        match company.as_ref().filter(|company| *company != app_name) {
            None => self.messages.text_with("letter-reason-app", [app, brand]),
            Some(company) => {
                let company = ("company", company.as_str().into());
                self.messages
                    .text_with("letter-reason-company", [company, app, brand])
            }
        }
    }

    fn button_text(&self) -> String {
        let brand = ("brand", self.brand.as_str().into());
        self.messages.text_with("letter-button", [brand])
    }

    fn text(&self, key: &str) -> String {
        self.messages.text(key)
    }
}
