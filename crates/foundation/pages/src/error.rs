//! What is shown instead of a page.

use askama::Template;
use axum::http::StatusCode;

use crate::Frame;

/// The answer where a page cannot be.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Why.
    pub kind: ErrorKind,
    /// The request's correlation id, for whoever helps.
    pub correlation_id: String,
}

/// Why there is no page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// No such page, or nothing of this user there: the two look the same.
    NotFound,
    /// The session is over, or the form is not one that this session was given.
    SignedOut,
    /// The page is for people with another role; that there is such a page is no secret.
    Forbidden,
    /// What was sent is no form, or is too long for one.
    Unreadable,
    /// What was sent is larger than any form of ours.
    TooLarge,
    /// There is too much to do; the same may work a moment later.
    Busy,
    /// The disk has no room for what was to be kept; somebody has to make some.
    Full,
    /// A fault of ours.
    Internal,
}

impl ErrorKind {
    /// The status to answer with.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignedOut | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy | Self::Full => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl ErrorPage {
    fn title(&self) -> String {
        let messages = &self.frame.messages;
        match self.kind {
            ErrorKind::NotFound => messages.text("error-not-found-title"),
            ErrorKind::SignedOut => messages.text("error-signed-out-title"),
            ErrorKind::Forbidden => messages.text("error-forbidden-title"),
            ErrorKind::Unreadable => messages.text("error-unreadable-title"),
            ErrorKind::TooLarge => messages.text("error-too-large-title"),
            ErrorKind::Busy => messages.text("error-busy-title"),
            ErrorKind::Full => messages.text("error-full-title"),
            ErrorKind::Internal => messages.text("error-internal-title"),
        }
    }

    fn advice(&self) -> String {
        let messages = &self.frame.messages;
        match self.kind {
            ErrorKind::NotFound => messages.text("error-not-found-advice"),
            ErrorKind::SignedOut => messages.text("error-signed-out-advice"),
            ErrorKind::Forbidden => messages.text("error-forbidden-advice"),
            ErrorKind::Unreadable => messages.text("error-unreadable-advice"),
            ErrorKind::TooLarge => messages.text("error-too-large-advice"),
            ErrorKind::Busy => messages.text("error-busy-advice"),
            ErrorKind::Full => messages.text("error-full-advice"),
            ErrorKind::Internal => messages.text("error-internal-advice"),
        }
    }

    fn needs_sign_in(&self) -> bool {
        self.kind == ErrorKind::SignedOut || self.frame.signed_in.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check, samples};

    #[test]
    fn errors_have_their_status_and_id() {
        for (kind, status) in [
            (ErrorKind::NotFound, 404),
            (ErrorKind::SignedOut, 403),
            (ErrorKind::Forbidden, 403),
            (ErrorKind::Unreadable, 400),
            (ErrorKind::TooLarge, 413),
            (ErrorKind::Busy, 503),
            (ErrorKind::Full, 503),
            (ErrorKind::Internal, 500),
        ] {
            assert_eq!(kind.status(), status);
            let html = samples::error(kind).render().unwrap();
            assert!(html.contains("<code>0b7f3f4e-5a43-4d0e-9f0c-3f8a1d2b6c55</code>"));
            assert_eq!(
                check::faults(&html, "Bursar"),
                Vec::<String>::new(),
                "{kind:?}"
            );
        }
    }
}
