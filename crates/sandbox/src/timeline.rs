//! The printed timeline: one line a call.

use std::fmt::Write as _;
use std::time::Duration;

use bursar_outbound::Response;

/// A call that was made, as the timeline shows it.
pub(crate) struct Call<'a> {
    pub(crate) step: &'a str,
    pub(crate) what: &'a str,
    pub(crate) answer: &'a Response,
    pub(crate) took: Duration,
}

/// The line above the calls.
pub(crate) fn heading() -> String {
    format!(
        "{:<40} {:<52} {:>6}  {:<36} {:>9}",
        "STEP", "CALL", "STATUS", "CORRELATION ID", "TIME"
    )
}

/// One call.
pub(crate) fn line(call: &Call<'_>) -> String {
    let id = call.answer.headers.get("concur-correlationid");
    let id = id.and_then(|value| value.to_str().ok()).unwrap_or("-");
    let mut line = format!(
        "{:<40} {:<52} ",
        shorten(call.step, 40),
        shorten(call.what, 52)
    );
    let millis = call.took.as_secs_f64() * 1000.0;
    write!(
        line,
        "{:>6}  {id:<36} {millis:>6.1} ms",
        call.answer.status.as_u16()
    )
    .expect("a String takes any text");
    line
}

/// Cuts the middle out of what is too long: ids are long, and their ends tell them apart.
fn shorten(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let tail = width / 2;
    let head: String = text.chars().take(width - tail - 1).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{head}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_calls_keep_both_ends() {
        assert_eq!(shorten("abcdefghij", 7), "abc…hij");
        assert_eq!(shorten("abc", 7), "abc");
    }
}
