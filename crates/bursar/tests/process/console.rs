//! The operators' console of a running gateway, in a real browser; `console.mjs` says what is done
//! and checked there. With `BURSAR_TEST_PICTURES=DIR`, pictures of its pages are left there.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bursar_testkit::TestDb;
use serde_json::json;

use crate::browser::node_modules;
use crate::merchant::{KEY, Merchant, USER};
use crate::process::run;

const PASSWORD: &str = "twelve letters and more";

/// What `bursar gateway hash-password` makes of a line: status, and what it prints.
fn hash(merchant: &Merchant, line: &str) -> (Option<i32>, String, String) {
    let mut command = merchant.command(&["hash-password"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(line.as_bytes()).unwrap();
    drop(input);
    let ended = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

/// Two receipts, of which the platform refuses one: it knows no such currency.
fn import(merchant: &Merchant, address: &str) {
    let rows = "key,user,type,dateTime,total,currencyCode,seller.name,\
        seller.location.address.addressCountry,payments.0.amount\n";
    let row = |key: &str, currency: &str| {
        format!("{key},{USER},general,2026-11-16T08:05:00-08:00,4.75,{currency},Cafe,US,4.75\n")
    };
    let rows = [rows, &row("good", "USD"), &row("bad", "QQQ")].concat();
    let file = merchant.file("week.csv");
    fs::write(&file, rows).unwrap();
    let mut command = merchant.command(&["import", file.to_str().unwrap(), "--url", address]);
    let ended = run(command.env("BURSAR_GATEWAY_KEY", KEY));
    assert_eq!(ended.stdout, "2 accepted, 0 rejected\n", "{}", ended.stderr);
}

/// What operators do is in the log, and their passwords are not.
fn is_written_down(log: &str) {
    let told = [
        "WARN",
        "a sign-in failed",
        "by=\"(nobody’s name)\"",
        "by=\"bo\"",
        "failures=1 locked=false",
        "an operator signed in",
        "an item is replayed",
        "a support case is exported",
        "an operator signed out",
    ];
    for text in told {
        assert!(log.contains(text), "{text} is not in {log}");
    }
    for secret in [PASSWORD, "not the password", "typed into the wrong field"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_work_by_keyboard_on_accessible_pages() {
    let node_modules = node_modules(&["playwright-core", "axe-core"]);
    let merchant = Merchant::start(&TestDb::sqlite()).await;
    let (code, printed, complaint) = hash(&merchant, "too short\n");
    assert_eq!((code, printed.as_str()), (Some(2), ""));
    assert!(complaint.contains("at least 12 characters"), "{complaint}");
    let (code, hash, complaint) = hash(&merchant, &format!("{PASSWORD}\r\n"));
    assert_eq!(code, Some(0), "{complaint}");
    let config = merchant.file("bursar.toml");
    let operator = format!(
        "[[gateway.operator]]\nname = \"bo\"\npassword_hash = \"{}\"\n",
        hash.trim_end()
    );
    let text = fs::read_to_string(&config).unwrap() + &operator;
    fs::write(&config, text).unwrap();

    merchant.connect();
    let (gateway, address) = merchant.serve();
    import(&merchant, &address);
    let task = json!({
        "nodeModules": node_modules,
        "address": address,
        "name": "bo",
        "password": PASSWORD,
        "pictures": std::env::var_os("BURSAR_TEST_PICTURES").map(PathBuf::from),
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process/console.mjs");
    let ended = run(Command::new("node").arg(script).arg(task.to_string()));
    let (printed, complaint) = (&ended.stdout, &ended.stderr);
    assert!(ended.status.success(), "{printed}{complaint}");
    print!("{printed}");
    gateway.terminate();
    let ended = gateway.ended();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    is_written_down(&ended.stderr);
}
