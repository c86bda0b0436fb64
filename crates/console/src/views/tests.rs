//! What the pages say, checked on the samples.

use super::*;
use askama::Template as _;
use bursar_pages::check;

#[test]
fn what_holds_for_every_page_holds_for_each() {
    for (page, html) in samples() {
        let faults = check::faults(&html.unwrap(), "Bursar");
        assert_eq!(faults, Vec::<String>::new(), "{page}");
    }
}

#[test]
fn foreign_text_stays_text() {
    let mut page = ExpensesPage::sample();
    page.rows.truncate(1);
    page.rows[0].merchant = "<script>alert(1)</script>".into();
    page.rows[0].id = "../\"><b>".into();
    page.frame.brand = "A & B".into();
    let html = page.render().unwrap();
    assert!(html.contains("&#60;script&#62;alert(1)"));
    assert!(html.contains("A &#38; B"));
    assert!(html.contains("href=\"/expenses/../%22%3E%3Cb%3E\""));
}

#[test]
fn the_list_says_what_it_must() {
    let html = ExpensesPage::sample().render().unwrap();
    for text in [
        "Hotel Lindenhof",
        "Nov 19, 2026",
        "<span class=\"currency\">EUR</span> <span class=\"num\">412.50</span>",
        "datetime=\"2026-11-19T21:14:00+01:00\"",
        "Innkeeper",
        "Undefined",
        "picture.png\" alt=\"Receipt picture\"",
        "<span class=\"pill\">Processing</span>",
        "<span class=\"pill pill-bad\">Not processed</span>",
        "href=\"/expenses?after=00000000000000000000000000000001\"",
        "<span class=\"pill pill-warn\">Possible duplicate</span>",
        "<span class=\"pill pill-warn\">Does not add up</span>",
        "Two nights for the fair, breakfast included",
        "<span class=\"visually-hidden\">Quick expense</span>",
        "aria-sort=\"none\"><span class=\"narrow\">Amount</span>",
    ] {
        assert!(html.contains(text), "{text} is not there");
    }
    assert!(
        !html.contains("pill-good"),
        "what is processed needs no mark"
    );
}

#[test]
fn the_detail_shows_json_as_sent() {
    let html = ExpensePage::sample().render().unwrap();
    assert!(html.contains("&#34;unitCost&#34;: &#34;180.0&#34;"));
    assert!(html.contains("/receipt?list=currency%3DEUR\"") && html.contains("/original\""));
    assert!(html.contains("Receipt image generated."));
    let accepted = ExpensePage::sample_accepted().render().unwrap();
    for absent in [
        "/receipt?",
        "/original",
        "picture.png",
        "/details",
        "/hidden",
    ] {
        assert!(!accepted.contains(absent), "{absent}");
    }
}

#[test]
fn what_does_not_add_up_is_shown_with_its_arithmetic() {
    let html = ExpensePage::sample_problems().render().unwrap();
    for text in [
        "<dt>Subtotal</dt><dd class=\"num\">400.00</dd>",
        "<dt>Discounts</dt><dd class=\"num\">-10.00</dd>",
        "<dt>Sum</dt><dd class=\"num\">416.99</dd>",
        "<dt>Total on the receipt</dt><dd class=\"num\">412.50</dd>",
        "<dt>2 line items</dt><dd class=\"num\">385.51</dd>",
        "<dt>2 payments</dt><dd class=\"num\">400.00</dd>",
        "<span class=\"num\">-12.50</span>",
        "href=\"/expenses/00000000000000000000000000000007\"",
    ] {
        assert!(html.contains(text), "{text} is not there: {html}");
    }
}

#[test]
fn a_filter_is_seen_and_can_be_taken_back() {
    let html = ExpensesPage::sample_filtered().render().unwrap();
    for text in [
        "<option value=\"USD\" selected>USD</option>",
        "<option value=\"app:Nordic Air\" selected>Nordic Air</option>",
        "name=\"from\" type=\"date\" value=\"2026-11-01\"",
        "name=\"q\" type=\"search\" value=\"nordic air\"",
        "Filter and sort <span class=\"pill\">6</span>",
        "<bdi>Currency: USD</bdi>",
        "<bdi>From: Nov 1, 2026</bdi>",
        "aria-sort=\"descending\"",
        "name=\"hidden\" value=\"no\">Undo",
    ] {
        assert!(html.contains(text), "{text} is not there: {html}");
    }
    let none = ExpensesPage::sample_nothing_found().render().unwrap();
    assert!(none.contains("Nothing found") && !none.contains("<table"));
}

#[test]
fn a_viewer_leads_to_pages_and_sizes() {
    let html = ViewerPage::sample().render().unwrap();
    let own = "/expenses/00000000000000000000000000000008";
    for text in [
        "Page 2 of 3".to_owned(),
        format!("rel=\"prev\" href=\"{own}/receipt?list=currency%3DEUR\""),
        format!("rel=\"next\" href=\"{own}/receipt?page=3&#38;list=currency%3DEUR\""),
        format!("{own}/receipt?page=2&#38;zoom=150&#38;list=currency%3DEUR"),
        format!("src=\"{own}/pages/2-1600.png\""),
        format!("href=\"{own}/original\" download"),
    ] {
        assert!(html.contains(&text), "{text} is not there: {html}");
    }
    let none = ViewerPage::sample_undrawable().render().unwrap();
    assert!(!none.contains("<img") && none.contains("/original"));
}

#[test]
fn a_letter_says_the_same_in_both_forms() {
    for (name, html, text) in sample_letters() {
        let (html, text) = (html.unwrap(), text.unwrap());
        assert!(
            !html.contains("src=") && !html.contains("url("),
            "{name} fetches nothing"
        );
        assert!(
            html.contains("Hello Amara,") && text.contains("Hello Amara,"),
            "{name}"
        );
        let secret = "7add46";
        assert_eq!(html.matches(secret).count(), 1, "{name}");
        assert_eq!(text.matches(secret).count(), 1, "{name}");
        assert!(text.lines().all(|line| line == line.trim_end()), "{name}");
    }
    let text = LetterText(LetterContent::sample()).render().unwrap();
    assert!(text.contains("Hotel Lindenhof (app: Innkeeper) asks to connect"));
    assert!(
        text.contains("https://innkeeper.example/connect?a=b&token=7add"),
        "not escaped"
    );
}

#[test]
fn consent_names_app_company_and_permissions() {
    let html = ConsentPage::sample().render().unwrap();
    for text in [
        "Connect Innkeeper?",
        "Innkeeper by Lindenhof Hospitality asks to act for you at Bursar.",
        "<li>add receipts, without seeing those you have</li>",
        "name=\"request\" value=\"client_id=1&#38;response_type=code&#38;state=a%26b\"",
        "name=\"decision\" value=\"allow\"",
        "name=\"decision\" value=\"deny\"",
    ] {
        assert!(html.contains(text), "{text} is not there");
    }
    let html = ConsentPage::sample_long().render().unwrap();
    assert!(html.contains("some.scope.that.nobody"));
}

#[test]
fn the_audit_log_speaks_in_words() {
    let html = AuditPage::sample(false).render().unwrap();
    for text in [
        "App turned off for the company: <bdi><strong>Bluebird Cafe</strong></bdi>",
        "<code>app.disable</code>",
        "<dt>From</dt><dd><bdi>us</bdi></dd>",
        "<bdi>the server’s command line</bdi>",
    ] {
        assert!(html.contains(text), "{text} is not there: {html}");
    }
    assert!(!html.contains("{&#34;"), "no JSON");
}
