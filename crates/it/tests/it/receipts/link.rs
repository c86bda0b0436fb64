//! The `Link` header of a post.

use bursar_testkit::db_test;

use super::sample::smallest;
use crate::app::*;
use crate::http::Answer;

const URI: &str = "http://schema.concursolutions.com/general-receipt.schema.json";
const RIDE: &str = "http://schema.concursolutions.com/ground-transport-receipt.schema.json";

async fn post(app: &TestApp, token: &str, links: &[&str]) -> Answer {
    let mut call = app
        .us
        .post(&format!("/receipts/v4/users/{ANA}"))
        .bearer(token);
    for link in links {
        call = call.header("Link", link);
    }
    call.json(smallest().to_string()).send().await
}

db_test! {
    async fn one_known_schema_is_wanted(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        for links in [
            &[][..],
            &[""],
            &[URI],
            &[&format!("<{URI}>")],
            &[&format!("<{URI}>; rel=self")],
            &["<http://schema.concursolutions.com/boat-receipt.schema.json>;rel=describedBy"],
            &["<http://schema.concursolutions.com/address.schema.json>;rel=describedBy"],
            &["<http://schema.example.com/general-receipt.schema.json>;rel=describedBy"],
            &["<general-receipt.schema.json>;rel=describedBy"],
            &[&format!("<{URI}>;rel=describedBy, <{RIDE}>;rel=describedBy")],
            &[&format!("<{URI}>;rel=describedBy"), &format!("<{RIDE}>;rel=describedBy")],
            &[&format!("<{URI}>;rel=describedBy"), &format!("<{URI}>;rel=describedBy")],
            &[&format!("<{URI}>;rel=\"describedBy")[..20]],
        ] {
            let answer = post(&app, &token, links).await;
            let text = "Link header must be provided and include a URL to a known receipt schema";
            assert_eq!((answer.status, answer.text().as_str()), (400, text), "{links:?}");
            assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        }
        assert_eq!(app.stored().await, 0);
        app.stop().await;
    }
}

db_test! {
    async fn links_are_read_as_they_are_written(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let spellings: [&[&str]; 6] = [
            &[&format!("<{URI}>;rel=describedBy")],
            &[&format!("<{URI}>; rel=\"describedBy\"")],
            &[&format!("<{URI}>; title=\"a, b\"; rel=\"self describedby\"")],
            &[&format!("</x>; rel=self, <{URI}>; REL=describedBy")],
            &["</x>; rel=self", &format!("<{URI}>;rel=describedBy")],
            &[&format!("<{}>;rel=describedBy", URI.replace("http:", "https:"))],
        ];
        for links in spellings {
            let answer = post(&app, &token, links).await;
            assert_eq!(answer.status, 201, "{links:?}: {}", answer.text());
            // Whatever was sent, the answer is in the documented spelling.
            let id = answer.header("location").rsplit('/').next().unwrap();
            let expected = format!(
                "<{URI}>; rel=\"describedBy\", \
                 <{}/receipts/v4/status/{id}>; rel=\"processing-status\"",
                app.us.base
            );
            assert_eq!(answer.header("link"), expected);
        }
        assert_eq!(app.stored().await, spellings.len());
        app.stop().await;
    }
}
