//! Every page with made-up content: what tests check and what previews show.

use bursar_directory::Roles;
use bursar_pages::{ErrorKind, ErrorPage, Frame};

use super::{
    ConsentPage, LinkPage, LinkSentPage, MailPage, MailboxPage, NotAskedPage, PasswordPage,
    PasswordProblem, PasswordReason, SignInPage, SignInProblem,
};
use crate::messages::CATALOGUES;

pub(super) const LONG_NAME: &str = "The Extraordinarily Hospitable Grand Hotel & Conference Centre of \
     Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch (North Wing, formerly Annex B)";

/// With a signed-in traveller.
pub(super) fn frame() -> Frame {
    frame_for(&Roles::default())
}

/// With somebody of these roles signed in.
pub(super) fn frame_for(roles: &Roles) -> Frame {
    let token = "c2FtcGxlLXRva2VuLW9mLXRoaXMtc2Vzc2lvbg";
    let frame = frame_signed_out();
    let signed_in = super::signed_in(&frame.messages, "Amara Okafor", token, roles);
    Frame {
        signed_in: Some(signed_in),
        ..frame
    }
}

/// With nobody signed in.
pub(super) fn frame_signed_out() -> Frame {
    let messages = CATALOGUES.for_accept_language(Some("en-US"));
    super::frame(messages, "Bursar".into(), None)
}

impl SignInPage {
    /// Before the first attempt.
    pub fn sample() -> Self {
        Self {
            frame: frame_signed_out(),
            app_name: None,
            user_name: String::new(),
            next: "/expenses".into(),
            problem: None,
            moved: false,
        }
    }

    /// On the way to an app's request.
    pub fn sample_for_app() -> Self {
        Self {
            app_name: Some("Innkeeper".into()),
            next: "/oauth2/v0/authorize?client_id=1&response_type=code".into(),
            ..Self::sample()
        }
    }

    /// After an attempt that failed.
    pub fn sample_failed(problem: SignInProblem) -> Self {
        Self {
            user_name: "amara@okafor.example".into(),
            problem: Some(problem),
            ..Self::sample()
        }
    }

    /// After a sign-in at another data center.
    pub fn sample_moved() -> Self {
        Self {
            moved: true,
            ..Self::sample()
        }
    }
}

impl PasswordPage {
    /// By own choice, or just done.
    pub fn sample(reason: PasswordReason) -> Self {
        Self {
            frame: frame(),
            user_name: "amara@okafor.example".into(),
            next: String::new(),
            reason,
            problem: None,
        }
    }

    /// Before the first sign-in.
    pub fn sample_must() -> Self {
        Self {
            frame: frame_signed_out(),
            next: "/expenses".into(),
            ..Self::sample(PasswordReason::Must)
        }
    }

    /// After an attempt that failed.
    pub fn sample_failed(problem: PasswordProblem) -> Self {
        Self {
            problem: Some(problem),
            ..Self::sample(PasswordReason::Chosen)
        }
    }
}

/// For a reader who is signed in, unless that is the trouble.
fn error(kind: ErrorKind) -> ErrorPage {
    let frame = match kind {
        ErrorKind::SignedOut => frame_signed_out(),
        _ => frame(),
    };
    ErrorPage {
        frame,
        kind,
        correlation_id: "0b7f3f4e-5a43-4d0e-9f0c-3f8a1d2b6c55".into(),
    }
}

/// Every sample page under the path that a preview shows it at, rendered.
pub fn all() -> Vec<(&'static str, askama::Result<String>)> {
    use askama::Template as _;
    let mut all = vec![
        ("signin-sent", LinkSentPage::sample().render()),
        ("signin-link", LinkPage::sample().render()),
        ("signin-link-gone", LinkPage::sample_gone().render()),
        ("consent", ConsentPage::sample().render()),
        ("consent-long", ConsentPage::sample_long().render()),
        ("not-asked", NotAskedPage::sample().render()),
        ("mailbox", MailboxPage::sample().render()),
        ("mailbox-empty", MailboxPage::sample_empty().render()),
        ("mailbox-mail", MailPage::sample().render()),
        ("error-not-found", error(ErrorKind::NotFound).render()),
        ("error-signed-out", error(ErrorKind::SignedOut).render()),
        ("error-forbidden", error(ErrorKind::Forbidden).render()),
        ("error-unreadable", error(ErrorKind::Unreadable).render()),
        ("error-too-large", error(ErrorKind::TooLarge).render()),
        ("error-busy", error(ErrorKind::Busy).render()),
        ("error-internal", error(ErrorKind::Internal).render()),
    ];
    all.extend(sign_in());
    all.extend(super::expense_samples::all());
    all.extend(super::app_samples::all());
    all.extend(super::partner_samples::all());
    all
}

/// Signing in, and changing the password that does so.
fn sign_in() -> Vec<(&'static str, askama::Result<String>)> {
    use askama::Template as _;
    let failed = |problem| PasswordPage::sample_failed(problem).render();
    let incorrect = PasswordProblem::SignIn(SignInProblem::Incorrect);
    vec![
        ("signin", SignInPage::sample().render()),
        (
            "signin-failed",
            SignInPage::sample_failed(SignInProblem::Incorrect).render(),
        ),
        (
            "signin-locked",
            SignInPage::sample_failed(SignInProblem::Locked).render(),
        ),
        (
            "signin-sso",
            SignInPage::sample_failed(SignInProblem::SsoOnly).render(),
        ),
        ("signin-moved", SignInPage::sample_moved().render()),
        ("signin-for-app", SignInPage::sample_for_app().render()),
        (
            "password",
            PasswordPage::sample(PasswordReason::Chosen).render(),
        ),
        (
            "password-changed",
            PasswordPage::sample(PasswordReason::Changed).render(),
        ),
        ("password-must", PasswordPage::sample_must().render()),
        ("password-failed", failed(incorrect)),
        ("password-short", failed(PasswordProblem::TooShort)),
        ("password-mismatch", failed(PasswordProblem::Mismatch)),
    ]
}
