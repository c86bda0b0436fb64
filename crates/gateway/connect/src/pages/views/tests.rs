//! What the pages say, checked on the samples.

use super::*;
use askama::Template as _;
use bursar_pages::check;

#[test]
fn what_holds_for_every_page_holds_for_each() {
    for (page, html) in samples() {
        let faults = check::faults(&html.unwrap(), "Bluebird Cafe");
        assert_eq!(faults, Vec::<String>::new(), "{page}");
    }
}

#[test]
fn every_page_leads_to_terms_privacy_and_support() {
    for (page, html) in samples() {
        let html = html.unwrap();
        for url in ["terms", "privacy", "help"] {
            let link = format!("<a href=\"https://cafe.example/{url}\" rel=");
            assert!(html.contains(&link), "{page} has no {url}");
        }
        assert!(!html.contains("{$") && !html.contains("{ $"), "{page}");
    }
}

#[test]
fn mails_say_the_same_in_both_forms_and_fetch_nothing() {
    for (name, html, text) in letters() {
        let (html, text) = (html.unwrap(), text.unwrap());
        assert!(
            !text.contains('<') && !text.contains("&#"),
            "{name}: {text}"
        );
        let lines = text.lines().filter(|line| !line.is_empty());
        for line in lines {
            assert!(html.contains(line), "{name} lacks {line}");
        }
        for fetching in ["src=", "url(", "<link", "<script"] {
            assert!(!html.contains(fetching), "{name}: {fetching}");
        }
    }
}

#[test]
fn foreign_text_stays_text() {
    let mut page = ConfirmPage::sample();
    page.brand.name = "<b>A & B</b>".into();
    page.account = "<script>".into();
    let html = page.render().unwrap();
    assert!(html.contains("&#60;script&#62;") && !html.contains("<b>A"));
}

#[test]
fn a_refusal_is_the_same_in_an_address() {
    for why in Refusal::all() {
        assert_eq!(Refusal::parse(why.as_str()), why);
    }
    assert_eq!(Refusal::parse("<script>"), Refusal::Fault);
}
