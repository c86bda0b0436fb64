//! What approvers decide on.

use askama::Template;
use bursar_pages::Frame;

/// `GET /approvals`: what waits for the reader's decision. Nothing that is submitted stands here
/// yet, so the page says that nothing waits.
#[derive(Template)]
#[template(path = "approvals.html")]
pub struct ApprovalsPage {
    /// What surrounds it.
    pub frame: Frame,
}
