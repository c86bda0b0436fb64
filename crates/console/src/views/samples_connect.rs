//! Pages and letters about connecting, with made-up content.

use bursar_kernel::{Micros, Uuid};
use bursar_mail::Mail;

use super::samples::{LONG_NAME, frame, frame_signed_out};
use super::{
    Asker, ConsentPage, LetterContent, LetterHtml, LetterText, LinkPage, LinkSentPage, MailPage,
    MailboxPage, NotAskedPage,
};
use crate::messages::CATALOGUES;

impl LinkSentPage {
    /// In the sandbox.
    pub fn sample() -> Self {
        Self {
            frame: frame_signed_out(),
            email: "amara@okafor.example".into(),
            next: "/expenses".into(),
            shows_mail: true,
        }
    }
}

impl LinkPage {
    /// A link that works.
    pub fn sample() -> Self {
        Self {
            frame: frame_signed_out(),
            display_name: "Amara Okafor".into(),
            token: Some("7add4621f00b47e1aa2d8a61739c97e6".into()),
            app_name: Some("Innkeeper".into()),
        }
    }

    /// One that was used.
    pub fn sample_gone() -> Self {
        Self {
            token: None,
            ..Self::sample()
        }
    }
}

impl ConsentPage {
    /// An app of a known company.
    pub fn sample() -> Self {
        Self {
            frame: frame(),
            app_name: "Innkeeper".into(),
            publisher: "Lindenhof Hospitality".into(),
            scopes: ["openid", "receipts.writeonly", "quickexpense.writeonly"]
                .map(ToOwned::to_owned)
                .into(),
            request: "client_id=1&response_type=code&state=a%26b".into(),
        }
    }

    /// Long names, and a scope that we have no words for.
    pub fn sample_long() -> Self {
        let mut page = Self::sample();
        page.app_name = LONG_NAME.into();
        page.publisher = String::new();
        page.scopes
            .push("some.scope.that.nobody.here.has.a.description.of".into());
        page
    }
}

impl NotAskedPage {
    /// An address that is not registered.
    pub fn sample() -> Self {
        Self {
            frame: frame_signed_out(),
            code: 104,
            description: "redirect_uri does not match the previous grant",
            correlation_id: "0b7f3f4e-5a43-4d0e-9f0c-3f8a1d2b6c55".into(),
        }
    }
}

impl LetterContent {
    /// For an app, with a button.
    pub fn sample() -> Self {
        let secret = "7add4621f00b47e1aa2d8a61739c97e6";
        Self {
            messages: CATALOGUES.for_accept_language(Some("en-US")),
            brand: "Bursar".into(),
            name: "Amara".into(),
            asker: Some(Asker {
                app_name: "Innkeeper".into(),
                company: Some("Hotel Lindenhof".into()),
            }),
            button: Some(format!(
                "https://innkeeper.example/connect?a=b&token={secret}"
            )),
            secret: secret.into(),
        }
    }

    /// For an app that gave no address.
    pub fn sample_without_button() -> Self {
        Self {
            button: None,
            ..Self::sample()
        }
    }

    /// For our own pages.
    pub fn sample_sign_in() -> Self {
        Self {
            asker: None,
            button: Some("https://www-us.bursar.example/signin/link?token=7add46".into()),
            ..Self::sample()
        }
    }
}

/// Every letter in both forms, under the name that a preview shows it at.
pub fn letters() -> Vec<(&'static str, askama::Result<String>, askama::Result<String>)> {
    use askama::Template as _;
    let rendered = |name, content: LetterContent| {
        let text = LetterText(content.clone()).render();
        (name, LetterHtml(content).render(), text)
    };
    vec![
        rendered("letter-app", LetterContent::sample()),
        rendered("letter-app-bare", LetterContent::sample_without_button()),
        rendered("letter-signin", LetterContent::sample_sign_in()),
    ]
}

/// A mail as the sandbox keeps it.
fn mail() -> Mail {
    use askama::Template as _;
    let content = LetterContent::sample();
    Mail {
        id: Uuid::from_u128(7),
        at: Micros(1_795_253_400_000_000),
        to: "amara@okafor.example".into(),
        subject: content.subject(),
        text: LetterText(content).render().unwrap_or_default(),
        html: String::new(),
    }
}

impl MailboxPage {
    /// With a mail.
    pub fn sample() -> Self {
        Self {
            frame: frame_signed_out(),
            mails: vec![mail()],
        }
    }

    /// Before the first mail.
    pub fn sample_empty() -> Self {
        Self {
            mails: Vec::new(),
            ..Self::sample()
        }
    }
}

impl MailPage {
    /// A mail.
    pub fn sample() -> Self {
        Self {
            frame: frame_signed_out(),
            mail: mail(),
        }
    }
}
