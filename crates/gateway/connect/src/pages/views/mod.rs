//! One struct a page: plain data, rendered by the template of its name.

mod account;
mod code;
mod connect;
mod refused;
mod samples;
mod signin;
mod warning;

pub use account::{AccountPage, AskPage, Question, Standing};
pub use code::{CodeContent, CodeHtml, CodePage, CodeProblem, CodeText, ForgotPage, PasswordPage};
pub use connect::{ChoosePage, ConfirmPage, ConnectedPage, SentPage};
pub use refused::{Refusal, RefusedPage};
pub use samples::{all as samples, letters};
pub use signin::{Accounts, SignInProblem, SignUpFaults, SignUpPage, StartPage};
pub use warning::{WarningContent, WarningHtml, WarningText};

use bursar_pages::{Frame, Link, Messages, SignedIn};

use crate::Brand;

/// What surrounds a page of an app.
pub fn frame(
    messages: Messages,
    app_id: &str,
    brand: &Brand,
    signed_in: Option<SignedIn>,
) -> Frame {
    let links = [
        (&brand.terms_url, messages.text("connect-terms")),
        (&brand.privacy_url, messages.text("connect-privacy")),
        (&brand.support_url, messages.text("connect-support")),
    ];
    let links = links.into_iter().filter(|(url, _)| !url.is_empty());
    Frame {
        footer: messages.text_with("connect-footer", names(brand)),
        footer_links: links
            .map(|(url, text)| Link {
                href: url.clone().into(),
                text,
            })
            .collect(),
        messages,
        assets: &super::ASSETS,
        base: format!("/{app_id}"),
        brand: brand.name.clone(),
        signed_in,
        current: None,
    }
}

/// The session of an account, as pages show it.
pub fn signed_in(messages: &Messages, app_id: &str, name: &str, csrf_token: &str) -> SignedIn {
    SignedIn {
        display_name: name.to_owned(),
        csrf_token: csrf_token.to_owned(),
        nav: vec![Link {
            href: format!("/{app_id}/account").into(),
            text: messages.text("connect-nav-account"),
        }],
        account: Vec::new(),
    }
}

/// The two who are connected, for texts.
fn names(brand: &Brand) -> [(&'static str, bursar_pages::FluentValue<'_>); 2] {
    [
        ("brand", brand.name.as_str().into()),
        ("platform", brand.platform.as_str().into()),
    ]
}

/// Where the reader is on the way.
fn step(messages: &Messages, number: usize) -> String {
    messages.text_with("connect-step", [("step", number.into())])
}

#[cfg(test)]
mod tests;
