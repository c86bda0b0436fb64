//! What travellers change of their expenses: type, comment, and what they see.

use bursar_testkit::db_test;

use crate::app::*;
use crate::http::Answer;
use crate::people::{Login, Someone};
use crate::signin::assert_page;

pub(crate) const ANA_LOGIN: Login = ("ana@northwind.example.com", "ana & friends");
const BEN_LOGIN: Login = ("ben@northwind.example.com", "ben");
const LARS_LOGIN: Login = ("lars@lindgren.example.com", "lars");

/// A processed receipt of Ana's: the path of its page.
async fn expense(app: &TestApp, receipt: impl Into<Vec<u8>>) -> String {
    let token = app.token(ANA).await;
    let url = app.accepted(&token, ANA, receipt).await;
    app.processed(&token, &url).await;
    format!("/expenses/{}", url.rsplit('/').next().unwrap())
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location")
}

/// The value of a hidden field.
fn hidden_field(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    rest.split('"').next().unwrap().to_owned()
}

db_test! {
    async fn type_and_comment_are_stored_with_their_history(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let own = expense(&app, bursar_sandbox::TAX_ID).await;
        let ana = Someone::at(&app.us, ANA_LOGIN).await;
        let page = ana.page(&own).await;
        for text in ["<option value=\"UNDEF\" selected>Undefined</option>",
            "<option value=\"LODNG\">Hotel</option>", "name=\"version\" value=\"0\""]
        {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(!page.contains("Your changes"));

        let details = format!("{own}/details");
        let fields = [("version", "0"), ("expense_type", "LODNG"), ("comment", " Two nights\r\n<b>fair</b> "),
            ("list", "q=abc&evil=1")];
        let saved = ana.post(&details, &fields).await;
        let target = format!("{own}?list=q%3Dabc&saved=1");
        assert_eq!(location(&saved), target);
        // The same form twice, as an impatient reader sends it.
        assert_eq!(location(&ana.post(&details, &fields).await), target);
        let page = ana.page(&target).await;
        for text in ["role=\"status\"", "<option value=\"LODNG\" selected>Hotel</option>",
            "Two nights\n&#60;b&#62;fair&#60;/b&#62;</textarea>", "name=\"version\" value=\"1\"",
            "href=\"/expenses?q=abc\"", "Your changes", "Ana", "Undefined"]
        {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert_eq!(page.matches("Expense type changed").count(), 1);
        assert_eq!(page.matches("Comment changed").count(), 1);
        let list = ana.page("/expenses").await;
        assert!(list.contains("Hotel") && list.contains("Two nights"), "{list}");

        let fields = [("version", "1"), ("expense_type", "LODNG"), ("comment", "")];
        assert_eq!(location(&ana.post(&details, &fields).await), format!("{own}?saved=1"));
        let page = ana.page(&own).await;
        assert!(page.contains("Comment removed") && page.contains("name=\"version\" value=\"2\""));
        app.stop().await;
    }
}

db_test! {
    async fn what_another_window_changed_is_not_lost(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let own = expense(&app, bursar_sandbox::TAX_ID).await;
        let ana = Someone::at(&app.us, ANA_LOGIN).await;
        let details = format!("{own}/details");
        let first = [("version", "0"), ("expense_type", "TAXIX"), ("comment", "from the first")];
        ana.done(&details, &first).await;
        let second = [("version", "0"), ("expense_type", "LODNG"), ("comment", "from the second")];
        let refused = ana.post(&details, &second).await;
        assert_page(&refused, 409);
        let page = refused.text();
        for text in ["role=\"alert\"", "from the first", "Taxi", "from the second</textarea>",
            "<option value=\"LODNG\" selected>"]
        {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(ana.page(&own).await.contains("from the first</textarea>"), "nothing was changed");
        // What was typed can be sent again, knowingly.
        let version = hidden_field(&page, "version");
        let again = [("version", version.as_str()), second[1], second[2]];
        ana.done(&details, &again).await;
        let page = ana.page(&own).await;
        assert!(page.contains("from the second</textarea>") && page.contains("from the first"));
        app.stop().await;
    }
}

db_test! {
    async fn bad_input_is_named_and_changes_nothing(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let own = expense(&app, bursar_sandbox::TAX_ID).await;
        let ana = Someone::at(&app.us, ANA_LOGIN).await;
        let before = ana.page(&own).await;
        let details = format!("{own}/details");
        let long = "ü".repeat(2001);
        for (fields, says) in [
            ([("version", "0"), ("expense_type", "NOPE"), ("comment", "")], "own-expense-type-error"),
            ([("version", "0"), ("expense_type", ""), ("comment", "")], "own-expense-type-error"),
            ([("version", "0"), ("expense_type", "LODNG"), ("comment", &long)], "At most 2000, please."),
            ([("version", "0"), ("expense_type", "LODNG"), ("comment", "a\u{7}b")], "own-comment-error"),
        ] {
            let answer = ana.post(&details, &fields).await;
            assert_page(&answer, 422);
            assert!(answer.text().contains(says), "{says}: {}", answer.text());
        }
        let unreadable = [("version", "x"), ("expense_type", "LODNG"), ("comment", "")];
        assert_page(&ana.post(&details, &unreadable).await, 400);
        let hidden = format!("{own}/hidden");
        for value in ["", "1", "maybe"] {
            assert_page(&ana.post(&hidden, &[("hidden", value)]).await, 400);
        }
        assert_eq!(ana.page(&own).await, before);
        assert_eq!(location(&ana.post(&details, &[("version", "0"), ("expense_type", "LODNG"),
            ("comment", &long[2..])]).await), format!("{own}?saved=1"));
        app.stop().await;
    }
}

db_test! {
    async fn what_is_hidden_can_be_undone_and_leaves_its_trace(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let own = expense(&app, bursar_sandbox::TAX_ID).await;
        expense(&app, bursar_sandbox::BOOKING_FEE).await;
        let ana = Someone::at(&app.us, ANA_LOGIN).await;
        let (hidden, id) = (format!("{own}/hidden"), own.rsplit('/').next().unwrap().to_owned());
        let hide = [("hidden", "yes"), ("list", "currency=USD")];
        for _ in 0..2 {
            let done = ana.post(&hidden, &hide).await;
            assert_eq!(location(&done), format!("/expenses?currency=USD&just={id}"));
        }
        let list = ana.page(&format!("/expenses?currency=USD&just={id}")).await;
        for text in ["Hidden:", "ABC Corporation", "Undo", "1 expense", "333.00"] {
            assert!(list.contains(text), "{text}: {list}");
        }
        assert!(!list.contains("513.00"), "totals are of what is shown: {list}");
        let list = ana.page("/expenses").await;
        assert!(!list.contains("ABC Corporation") && list.contains("/expenses?hidden=1"), "{list}");
        let among = ana.page("/expenses?hidden=1").await;
        assert!(among.contains("ABC Corporation") && !among.contains("Frosch"), "{among}");
        assert!(ana.page(&own).await.contains("Show it again"));

        let undone = ana.post(&hidden, &[("hidden", "no")]).await;
        assert_eq!(location(&undone), format!("/expenses?just={id}"));
        let list = ana.page("/expenses").await;
        assert!(list.contains("ABC Corporation") && list.contains("513.00"), "{list}");
        let page = ana.page(&own).await;
        assert!(page.contains("Shown again") && page.contains("<p>Hidden</p>"), "{page}");
        app.stop().await;
    }
}

db_test! {
    async fn nobody_else_changes_anything(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let own = expense(&app, bursar_sandbox::TAX_ID).await;
        let ana = Someone::at(&app.us, ANA_LOGIN).await;
        let before = ana.page(&own).await;
        let details = [("version", "0"), ("expense_type", "LODNG"), ("comment", "not mine")];
        // A colleague, and somebody of another company.
        for (site, login) in [(&app.us, BEN_LOGIN), (&app.emea, LARS_LOGIN)] {
            let other = Someone::at(site, login).await;
            for path in [&own, &own.to_uppercase().replace("/EXPENSES", "/expenses"), "/expenses/x"] {
                assert_page(&other.post(&format!("{path}/details"), &details).await, 404);
                assert_page(&other.post(&format!("{path}/hidden"), &[("hidden", "yes")]).await, 404);
            }
            let id = own.rsplit('/').next().unwrap();
            let list = other.page(&format!("/expenses?just={id}&after={id}")).await;
            assert!(!list.contains("ABC Corporation"), "{list}");
        }
        let stranger = app.us.post(&format!("{own}/details")).form(&details).send().await;
        assert_page(&stranger, 403);
        assert_eq!(ana.page(&own).await, before);
        app.stop().await;
    }
}

db_test! {
    async fn the_viewer_shows_pages_in_sizes_and_nothing_else(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let own = expense(&app, bursar_sandbox::TAX_ID).await;
        let ana = Someone::at(&app.us, ANA_LOGIN).await;
        let viewer = ana.page(&format!("{own}/receipt?zoom=150&page=9&list=q%3Da")).await;
        for text in ["Page 1 of 1", "150 %", "width=\"1200\"", "/pages/1-2400.png",
            &format!("href=\"{own}?list=q%3Da\"")]
        {
            assert!(viewer.contains(text), "{text}: {viewer}");
        }
        let page = ana.get(&format!("{own}/pages/1-800.png")).await;
        assert_eq!((page.status, page.header("content-type")), (200, "image/png"));
        assert!(page.body.starts_with(b"\x89PNG\r\n\x1a\n"));
        // Width, as PNG has it.
        assert_eq!(&page.body[16..20], &800_u32.to_be_bytes());
        assert_eq!(page.header("content-security-policy"), "default-src 'none'; sandbox");
        for file in ["2-800.png", "0-800.png", "1-801.png", "1-800", "%2e%2e", "1-800.png%00"] {
            assert_page(&ana.get(&format!("{own}/pages/{file}")).await, 404);
        }
        app.stop().await;
    }
}
