//! Clients that nobody here wrote: an OAuth library, and a fuzzer that reads our OpenAPI document.

use std::process::Command;

use bursar_sandbox::cast;
use bursar_testkit::TestDb;

use crate::process::{Sandbox, run};

#[test]
fn an_independent_client_gets_on_and_a_fuzzer_finds_nothing() {
    let python = std::env::var("BURSAR_TEST_PYTHON").unwrap_or_else(|_| {
        panic!("BURSAR_TEST_PYTHON is not set: run `cargo xtask test`, which brings the packages")
    });
    let db = TestDb::sqlite();
    let sandbox = Sandbox::start(&db);
    let (user, password) = cast::TRAVELLER;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/process/blackbox.py");
    let ended = run(Command::new(python).args([
        script,
        &sandbox.us,
        cast::CLIENT_ID,
        cast::CLIENT_SECRET,
        user,
        password,
    ]));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
}
