//! What the pages say, checked on the samples.

use super::*;
use askama::Template as _;
use bursar_pages::check;

#[test]
fn what_holds_for_every_page_holds_for_each() {
    for (page, html) in samples() {
        let html = html.unwrap();
        let faults = check::faults(&html, "Bursar gateway");
        assert_eq!(faults, Vec::<String>::new(), "{page}");
        assert!(!html.contains("{$") && !html.contains("{ $"), "{page}");
    }
}

#[test]
fn foreign_text_stays_text() {
    let mut page = ItemPage::sample();
    page.key = "<b>A & B</b>".into();
    page.body = Text::of(b"{\"a\":\"<script>\"}");
    let html = page.render().unwrap();
    assert!(html.contains("&#60;script&#62;") && !html.contains("<b>A"));
}

#[test]
fn texts_are_laid_out_and_cut() {
    let json = Text::of(b"{\"a\":1.0}");
    assert_eq!(
        (json.shown.as_str(), json.cut),
        ("{\n  \"a\": 1.0\n}", false)
    );
    let plain = Text::of(b"a=1&b=\xff");
    assert_eq!(plain.shown, "a=1&b=\u{fffd}");
    let long = Text::of("é".repeat(30_000).as_bytes());
    assert!(long.cut && long.shown.chars().count() == 20_000 && long.bytes == 60_000);
}

#[test]
fn of_a_long_body_the_beginning_is_laid_out() {
    let json = format!("{{\"a\":[{}1]}}", "1,".repeat(20 << 20));
    let text = Text::of(json.as_bytes());
    assert!(
        text.shown.starts_with("{\n  \"a\": [\n    1,\n"),
        "{}",
        &text.shown[..40]
    );
    assert_eq!((text.cut, text.bytes), (true, json.len()));
    // All that is shown may be from the beginning, and there is more all the same.
    let blanks = format!("{{{}\"a\":1}}", " ".repeat(256 << 10));
    let text = Text::of(blanks.as_bytes());
    assert!(text.cut && text.shown.len() < 10);
}

#[test]
fn counts_and_ages_are_for_reading() {
    let messages = crate::messages::CATALOGUES.for_accept_language(Some("en-US"));
    assert_eq!(counted(&messages, 1_204), "1,204");
    assert_eq!(counted(&messages, 10_001), "10,000+");
    let age = |minutes: u64| age(&messages, std::time::Duration::from_mins(minutes));
    assert_eq!(
        [age(1), age(59), age(125), age(3_000)],
        ["1 minute", "59 minutes", "2 hours", "2 days"]
    );
}
