//! `bursar demo` and the walk-through that `bursar sandbox` prints.

use std::process::Command;

use bursar_sandbox::cast;
use bursar_testkit::{TestDb, db_test};

use crate::process::{Sandbox, bursar, run, with_data};

db_test! {
    /// The second run finds the first one's companies, keys and receipts, and adds to them.
    async fn the_demo_ends_well_again_and_again(db: TestDb) {
        for round in ["first", "second"] {
            let mut demo = bursar(&["demo", "--exit", "--port", "0", "--log", "warn"]);
            let ended = run(with_data(&mut demo, &db));
            let printed = &ended.stdout;
            assert_eq!(ended.status.code(), Some(0), "{round}: {printed}{}", ended.stderr);
            for step in [
                "Get a token for the traveller",
                "Refresh it, as before every use",
                "Post the booking fee",
                "Post the tax-id receipt",
                "Follow its processing",
                "Fetch its picture",
                "See the available expenses",
                "Follow the geolocation",
                "Land at the merchant",
                "Type the code from the mail",
                "Come back with a code",
                "Open the link",
                "6 accepted, 0 rejected",
                "See the purchases, each once",
                "6 items, each delivered once",
                "See that the platform knows",
                "Every step did what is documented.",
            ] {
                assert!(printed.contains(step), "{round}: no {step:?} in {printed}");
            }
            assert_eq!(ended.stderr, "", "{round}");
        }
    }
}

db_test! {
    async fn the_printed_walk_through_works_as_it_stands(db: TestDb) {
        let sandbox = Sandbox::start(&db);
        let (_, walk) = sandbox.welcome.split_once("Try it\n").expect("a walk-through");
        assert_walk_works(walk);
    }
}

#[test]
fn the_walk_through_of_the_readme_works() {
    let readme = include_str!("../../../../README.md");
    let (_, section) = readme.split_once("## Try it by hand").expect("the section");
    let block = section.split("```").nth(1).expect("a block of commands");
    let (_, walk) = block
        .split_once("BASE=http://127.0.0.1:8080\n")
        .expect("the address");
    let db = TestDb::sqlite();
    let sandbox = Sandbox::start(&db);
    assert_walk_works(&format!("BASE={}\n{walk}", sandbox.us));
}

/// Runs commands that post a receipt and list it.
fn assert_walk_works(walk: &str) {
    let ended = run(Command::new("bash").args(["-euc", walk]));
    let printed = &ended.stdout;
    assert!(ended.status.success(), "{printed}{}", ended.stderr);
    assert!(printed.starts_with("HTTP/1.1 201 Created\r\n"), "{printed}");
    let (_, list) = printed
        .split_once("\r\n\r\n")
        .expect("an answer and a list");
    assert!(list.contains("Corner Bakery"), "{printed}");
    assert!(list.contains(cast::TRAVELLER_ID), "{printed}");
}
