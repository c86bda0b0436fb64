//! Clients and servers that nobody here wrote: two OAuth libraries, an identity provider, and a
//! fuzzer that reads our OpenAPI document.

use std::path::Path;
use std::process::Command;

use bursar_sandbox::cast;
use bursar_testkit::TestDb;
use serde_json::json;

use crate::browser::node_modules;
use crate::merchant::{KEY, Merchant, USER, stop};
use crate::process::{Sandbox, run, undisturbed, with_data};

/// Where the app's people are sent back to.
const REDIRECT_URI: &str = "http://127.0.0.1:8090/connected";

#[test]
fn an_independent_client_gets_on_and_a_fuzzer_finds_nothing() {
    let db = TestDb::sqlite();
    let sandbox = Sandbox::start(&db);
    let (user, password) = cast::TRAVELLER;
    assert_clean(
        "blackbox.py",
        &[
            &sandbox.us,
            cast::CLIENT_ID,
            cast::CLIENT_SECRET,
            user,
            password,
            REDIRECT_URI,
        ],
    );
}

#[tokio::test]
async fn a_fuzzer_finds_nothing_at_a_gateway() {
    let merchant = Merchant::start(&TestDb::sqlite()).await;
    merchant.connect();
    let (gateway, address) = merchant.serve();
    assert_clean("blackbox_gateway.py", &[&address, KEY, USER]);
    stop(gateway);
}

/// Runs a script that runs the fuzzer twice, and finds nothing.
fn assert_clean(script: &str, arguments: &[&str]) {
    let python = std::env::var("BURSAR_TEST_PYTHON").unwrap_or_else(|_| {
        panic!("BURSAR_TEST_PYTHON is not set: run `cargo xtask test`, which brings the packages")
    });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process");
    let ended = run(Command::new(python)
        .arg(folder.join(script))
        .args(arguments));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    let runs = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("schemathesis: "));
    let cases: Vec<u32> = runs
        .filter_map(|line| line.split(' ').nth(1)?.parse().ok())
        .collect();
    println!("{}", ended.stdout);
    assert!(
        cases.len() == 2 && cases.iter().all(|cases| *cases > 200),
        "{cases:?}"
    );
}

#[test]
fn another_independent_client_connects() {
    let node_modules = node_modules(&["openid-client"]);
    let db = TestDb::sqlite();
    let sandbox = Sandbox::start(&db);
    let (user_name, password) = cast::TRAVELLER;
    let task = json!({
        "nodeModules": node_modules,
        "base": sandbox.us,
        "clientId": cast::CLIENT_ID,
        "clientSecret": cast::CLIENT_SECRET,
        "redirectUri": REDIRECT_URI,
        "userName": user_name,
        "password": password,
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process/openid_client.mjs");
    let ended = run(Command::new("node").arg(script).arg(task.to_string()));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn an_independent_identity_provider_signs_people_in() {
    let node_modules = node_modules(&["oidc-provider"]);
    let db = TestDb::sqlite();
    let task = json!({
        "nodeModules": node_modules,
        "program": env!("CARGO_BIN_EXE_bursar"),
        "folder": db.folder(),
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process/oidc_provider.mjs");
    let mut command = Command::new("node");
    undisturbed(&mut command);
    let ended = run(with_data(command.arg(script).arg(task.to_string()), &db));
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
}
