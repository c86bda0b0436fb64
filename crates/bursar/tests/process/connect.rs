//! The gateway's connect pages in a real browser, with the platform behind them; `connect.mjs` says
//! what is done and checked there. With `BURSAR_TEST_PICTURES=DIR`, pictures are left in that folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use bursar_sandbox::cast;
use bursar_testkit::TestDb;
use serde_json::json;

use crate::browser::node_modules;
use crate::process::{Sandbox, run};

#[test]
fn users_connect_by_keyboard_on_accessible_pages() {
    let node_modules = node_modules(&["playwright-core", "axe-core"]);
    let db = TestDb::sqlite();
    let sandbox = Sandbox::start(&db);
    let person = |name: &str, email: &str, (user_name, password): (&str, &str)| json!({ "name": name, "email": email, "userName": user_name, "password": password });
    let task = json!({
        "nodeModules": node_modules,
        "platform": sandbox.us,
        "production": sandbox.address("production"),
        "development": sandbox.address("development"),
        "listing": { "id": cast::LISTING_ID, "code": cast::PREVIEW_CODE },
        "people": {
            "appCenter": person("Ana Reyes", "ana@guests.example.com", cast::TRAVELLER),
            "web": person("Ben Okafor", "ben@guests.example.com", cast::APPROVER),
            "mail": person("Mei Tanaka", "mei@guests.example.com", cast::COMPANY_ADMIN),
        },
        "pictures": std::env::var_os("BURSAR_TEST_PICTURES").map(PathBuf::from),
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process/connect.mjs");
    let ended = run(Command::new("node").arg(script).arg(task.to_string()));
    let (printed, complaint) = (&ended.stdout, &ended.stderr);
    assert!(ended.status.success(), "{printed}{complaint}");
    print!("{printed}");
}
