//! Making an account, and setting a new password: both begin with the address.

use axum::http::StatusCode;
use axum::response::Response;
use bursar_mail::is_address;
use bursar_pages::respond;
use bursar_secrets::is_long_enough;
use bursar_web::Form;
use secrecy::SecretString;

use super::proof::{Owner, Wanted};
use super::views::{ForgotPage, Refusal, SignUpFaults, SignUpPage};
use super::visit::{Posted, Visit};
use crate::model::user_ref;

/// The longest name.
const NAME_MAX: usize = 100;

/// `GET /{app}/signin/new`.
pub(super) async fn show(visit: Visit) -> Response {
    if let Some(answer) = visit.closed() {
        return answer;
    }
    let page = SignUpPage::new(visit.frame(), &visit.app);
    respond::page(StatusCode::OK, &page)
}

/// `POST /{app}/signin/new`: the account is made once its address is proved.
pub(super) async fn sign_up(visit: Visit, posted: Posted) -> Response {
    let form = match visit.strangers_form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let field = |name| form.get(name).unwrap_or_default();
    let faults = SignUpFaults {
        name: !is_name(field("name")),
        email: !is_address(field("email").trim()),
        short: !is_long_enough(&SecretString::from(field("password"))),
    };
    if !faults.is_empty() {
        let page = SignUpPage {
            name: field("name").to_owned(),
            email: field("email").to_owned(),
            faults,
            ..SignUpPage::new(visit.frame(), &visit.app)
        };
        return respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let owner = match owner(&visit, &form).await {
        Ok(owner) => owner,
        Err(answer) => return answer,
    };
    ask(&visit, field("email"), Some(owner)).await
}

/// `GET /{app}/signin/forgot`.
pub(super) async fn show_forgot(visit: Visit) -> Response {
    if let Some(answer) = visit.closed() {
        return answer;
    }
    let page = ForgotPage::new(visit.frame(), &visit.app);
    respond::page(StatusCode::OK, &page)
}

/// `POST /{app}/signin/forgot`: a password is set once the address is proved.
pub(super) async fn forgot(visit: Visit, posted: Posted) -> Response {
    let form = match visit.strangers_form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let email = form.get("email").unwrap_or_default();
    if !is_address(email.trim()) {
        let page = ForgotPage {
            email: email.to_owned(),
            faulty: true,
            ..ForgotPage::new(visit.frame(), &visit.app)
        };
        return respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    ask(&visit, email, None).await
}

async fn ask(visit: &Visit, address: &str, account: Option<Owner>) -> Response {
    let wanted = Wanted {
        address: user_ref(address),
        language: visit.frame().messages.language().to_owned(),
        account,
    };
    let asked = visit.ask_for_code(wanted).await;
    let asked = asked.map(|sent| sent.unwrap_or_else(|| visit.to_refused(Refusal::TooManyCodes)));
    asked.unwrap_or_else(|no| no)
}

/// Whether somebody can be called so.
pub(super) fn is_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.chars().count() <= NAME_MAX && !text.chars().any(char::is_control)
}

/// The name and the password of a form.
pub(super) async fn owner(visit: &Visit, form: &Form) -> Result<Owner, Response> {
    let password = SecretString::from(form.get("password").unwrap_or_default());
    let hash = visit.state.passwords.hash(&password).await;
    Ok(Owner {
        name: form.get("name").unwrap_or_default().trim().to_owned(),
        password_hash: hash.map_err(|error| visit.failed(&error))?,
    })
}

impl Visit {
    /// What is said where no accounts are made here: they are the provider's, or no code can be
    /// mailed.
    fn closed(&self) -> Option<Response> {
        if self.app.openid.is_some() {
            return Some(self.to("connect"));
        }
        (!self.state.mails).then(|| self.to_refused(Refusal::Closed))
    }

    /// The fields of a form of who makes an account or sets a password, where that can be done.
    pub(super) fn strangers_form(&self, posted: Posted) -> Result<Form, Response> {
        match self.closed() {
            Some(answer) => Err(answer),
            None => self.own_form(posted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_can_be_read() {
        assert!(is_name(" Ana Reyes ") && is_name(&"é".repeat(NAME_MAX)));
        for bad in ["", " ", "a\nb", "a\0", &"a".repeat(NAME_MAX + 1)] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
