//! The sandbox's mailbox.

use http::{Method, StatusCode};
use serde_json::Value;

use super::{Demo, DemoError, encode, expect, json};

/// What has been mailed to somebody, as far as it was looked at.
pub(super) struct Mailbox<'d> {
    demo: &'d Demo<'d>,
    path: String,
    /// The id of the newest mail.
    seen: Value,
}

const STEP: &str = "Read the mail";
const MESSAGES: &str = "/_bursar/mailbox/messages";

impl<'d> Mailbox<'d> {
    /// What is there now has been looked at.
    pub(super) async fn open(demo: &'d Demo<'d>, to: &str) -> Result<Self, DemoError> {
        let path = format!("{MESSAGES}?to={}", encode(to));
        let url = format!("{}{path}", demo.cast.us_pages);
        let (answer, _) = demo.send(STEP, demo.request(Method::GET, &url)).await?;
        expect(STEP, &answer, StatusCode::OK)?;
        let seen = json(STEP, &answer)?["messages"][0]["id"].clone();
        Ok(Self { demo, path, seen })
    }

    /// Waits for the next mail, and answers the first of its lines that `read` takes.
    pub(super) async fn next(
        &self,
        read: impl Fn(&str) -> Option<&str>,
    ) -> Result<String, DemoError> {
        let url = format!("{}{}", self.demo.cast.us_pages, self.path);
        let ask = || Ok(self.demo.request(Method::GET, &url));
        let found = |answer: &bursar_outbound::Response| {
            let mail = json(STEP, answer)?["messages"][0].clone();
            let is_new = mail["id"].is_string() && mail["id"] != self.seen;
            let text = mail["text"].as_str().filter(|_| is_new);
            let mut lines = text.unwrap_or_default().lines().map(str::trim);
            Ok(lines.find_map(&read).map(ToOwned::to_owned))
        };
        let what = format!("GET {MESSAGES}");
        self.demo.until(STEP, &what, ask, found).await
    }
}
