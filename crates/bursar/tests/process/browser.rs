//! The pages in a real browser; `browser.mjs` says what is done and checked there.
//!
//! With `BURSAR_TEST_PICTURES=DIR`, pictures of all pages are left in that folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use bursar_sandbox::cast;
use bursar_testkit::TestDb;
use serde_json::json;
use serde_json::value::RawValue;

use crate::partner::Partner;
use crate::process::{Sandbox, run};

/// A few days of travel, in five currencies.
const RECEIPTS: &str = include_str!("receipts.json");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_work_by_keyboard_and_are_accessible() {
    let node_modules = node_modules(&["playwright-core", "axe-core"]);
    let db = TestDb::sqlite();
    let sandbox = Sandbox::start(&db);
    let receipts: Vec<Box<RawValue>> = serde_json::from_str(RECEIPTS).expect("JSON");
    let partner = Partner::connect(&sandbox.us).await;
    for receipt in &receipts {
        let path = partner.post_accepted(receipt.get()).await;
        partner.processed(&path).await;
    }
    let person = |address: &str, (user_name, password): (&str, &str)| json!({ "address": address, "userName": user_name, "password": password });
    let task = json!({
        "nodeModules": node_modules,
        "traveller": person(&sandbox.us, cast::TRAVELLER),
        "newcomer": person(&sandbox.address("emea"), cast::EUROPEAN),
        "approver": person(&sandbox.us, cast::APPROVER),
        "partner": person(&sandbox.us, cast::PARTNER),
        "admin": person(&sandbox.us, cast::COMPANY_ADMIN),
        "operator": person(&sandbox.us, cast::OPERATOR),
        "listing": {
            "id": cast::LISTING_ID,
            "code": cast::PREVIEW_CODE,
            "clientId": cast::DEVELOPMENT_CLIENT.0,
            "clientSecret": cast::DEVELOPMENT_CLIENT.1,
        },
        "app": {
            "clientId": cast::CLIENT_ID,
            "clientSecret": cast::CLIENT_SECRET,
            "redirectUri": "http://127.0.0.1:8090/connected",
        },
        "receipts": receipts.iter().map(|receipt| receipt.get()).collect::<Vec<_>>(),
        "pictures": std::env::var_os("BURSAR_TEST_PICTURES").map(PathBuf::from),
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process/browser.mjs");
    let ended = run(Command::new("node").arg(script).arg(task.to_string()));
    let (printed, complaint) = (&ended.stdout, &ended.stderr);
    assert!(ended.status.success(), "{printed}{complaint}");
    print!("{printed}");
}

/// Where Node's packages are, among them these.
pub(crate) fn node_modules(packages: &[&str]) -> PathBuf {
    let folder = std::env::var_os("BURSAR_TEST_NODE_MODULES").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).join("../xtask/node_modules"),
        PathBuf::from,
    );
    for package in packages {
        assert!(
            folder.join(package).is_dir(),
            "{} has no {package}: run `cargo xtask setup`",
            folder.display()
        );
    }
    folder
}
