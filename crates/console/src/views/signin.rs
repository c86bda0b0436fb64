//! The sign-in page.

use askama::Template;

use super::Frame;

/// `GET /signin`, and the answer to a `POST /signin` that failed.
///
/// The form posts `user_name`, `password` and `next`.
#[derive(Template)]
#[template(path = "signin.html")]
pub struct SignInPage {
    /// What surrounds it; nobody is signed in.
    pub frame: Frame,
    /// The user name to start with: empty, or what was tried.
    pub user_name: String,
    /// The path to go on with, checked by [`crate::session::next_path`].
    pub next: String,
    /// Whether user name and password just did not match.
    pub failed: bool,
}
