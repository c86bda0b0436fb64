//! The command line: what it prints, what it refuses, and with which status it ends.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use bursar_db::{Db, Location, MIGRATIONS, Migration};
use bursar_testkit::{TestDb, db_test};

use crate::process::{Ended, Process, Sandbox, bursar, run, with_data};

/// Wrong usage or configuration.
const USAGE: Option<i32> = Some(2);

/// A configuration file beside a test's data.
pub(crate) fn config(db: &TestDb, text: &str) -> PathBuf {
    let path = db.folder().join("bursar.toml");
    std::fs::write(&path, text).expect("a file");
    path
}

/// `bursar platform` with a configuration, on a test's data.
pub(crate) fn platform(db: &TestDb, text: &str) -> Command {
    let mut command = bursar(&["platform"]);
    with_data(&mut command, db).env("BURSAR_CONFIG", config(db, text));
    command
}

/// One data center on any free port.
pub(crate) const ONE_DATA_CENTER: &str = "[[datacenter]]\nid = \"us\"\nlisten = \"127.0.0.1:0\"\n";

/// Asserts that a command was refused as wrong usage, saying all of `says` and printing nothing.
fn assert_refused(command: &mut Command, says: &[&str]) -> Ended {
    let ended = run(command);
    assert_eq!(ended.status.code(), USAGE, "{command:?}: {}", ended.stderr);
    assert_eq!(ended.stdout, "", "{command:?}");
    for text in says {
        assert!(
            ended.stderr.contains(text),
            "no {text:?} in {}",
            ended.stderr
        );
    }
    ended
}

fn check(text: &str) -> (TestDb, Command) {
    let db = TestDb::sqlite();
    let mut command = bursar(&["config", "check", "--config"]);
    command.arg(config(&db, text)).current_dir(db.folder());
    (db, command)
}

#[test]
fn version_names_itself_and_its_engine() {
    let ended = run(&mut bursar(&["version"]));
    assert_eq!(ended.status.code(), Some(0));
    let expected = format!("bursar {} (SQLite 3.", env!("CARGO_PKG_VERSION"));
    assert!(ended.stdout.starts_with(&expected), "{}", ended.stdout);
}

#[test]
fn unknown_flags_and_commands_are_wrong_usage() {
    assert_refused(
        &mut bursar(&["platform", "--frobnicate"]),
        &["--frobnicate"],
    );
    assert_refused(&mut bursar(&["frobnicate"]), &["frobnicate"]);
    assert_refused(&mut bursar(&["sandbox", "--port", "80000"]), &["80000"]);
    assert_refused(&mut bursar(&[]), &["Usage"]);
}

#[test]
fn a_good_configuration_is_shown_without_its_secrets() {
    let text = format!(
        "database_url = \"postgres://bursar:hunter2@db.example/bursar\"\n{ONE_DATA_CENTER}"
    );
    let (_db, mut command) = check(&text);
    let ended = run(&mut command);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    for says in [
        "is usable",
        "postgres://bursar@db.example/bursar",
        "us 127.0.0.1:0",
    ] {
        assert!(
            ended.stdout.contains(says),
            "no {says:?} in {}",
            ended.stdout
        );
    }
    assert!(!ended.stdout.contains("hunter2"), "{}", ended.stdout);
}

#[test]
fn a_password_is_never_shown_wherever_the_url_has_it() {
    for url in [
        "postgres://bursar@db.example/bursar?password=hunter2",
        "postgres://bursar:hun?ter2@db.example/bursar",
        "postgres://db.example/bursar?user=bursar&password=hunter2&connect_timeout=5",
    ] {
        let (_db, mut command) = check(&format!("database_url = \"{url}\""));
        let ended = run(&mut command);
        assert_eq!(ended.status.code(), Some(0), "{url}: {}", ended.stderr);
        let says = "postgres://bursar@db.example/bursar\n";
        assert!(ended.stdout.contains(says), "{url}: {}", ended.stdout);
        assert!(!ended.stdout.contains("ter2"), "{url}: {}", ended.stdout);
    }
}

#[test]
fn a_password_on_the_command_line_is_refused() {
    let url = "postgres://bursar:hunter2@db.example/bursar";
    for arguments in [
        ["config", "check", "--database-url", url],
        ["--database-url", url, "config", "check"],
    ] {
        let ended = assert_refused(&mut bursar(&arguments), &["BURSAR_DATABASE_URL"]);
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
    let mut by_environment = bursar(&["config", "check"]);
    let ended = run(by_environment.env("BURSAR_DATABASE_URL", url));
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let data = |ended: &Ended| {
        let line = ended.stdout.lines().find(|line| line.starts_with("data "));
        line.expect("the folder")
            .split_whitespace()
            .last()
            .expect("a path")
            .to_owned()
    };
    let (_db, mut command) = check("data = \"/of-file\"\n[log]\nformat = \"json\"");
    assert_eq!(data(&run(&mut command)), "/of-file");
    command.env("BURSAR_DATA", "/of-environment");
    assert_eq!(data(&run(&mut command)), "/of-environment");
    command.args(["--data", "/of-flag"]);
    let ended = run(&mut command);
    assert_eq!(data(&ended), "/of-flag");
    // What neither says is as the file has it, and the rest as documented.
    for says in [
        "log.format                 json",
        "brand                      Bursar",
    ] {
        assert!(
            ended.stdout.contains(says),
            "no {says:?} in {}",
            ended.stdout
        );
    }
}

#[test]
fn what_a_start_refuses_a_check_refuses() {
    let place = |more: &str| format!("{ONE_DATA_CENTER}{more}\n");
    for (text, says) in [
        (
            place("base_uri = \"us.example\""),
            "write it as https://host",
        ),
        (
            place("www_uri = \"https://us.example/pages\""),
            "write it as https://host",
        ),
        (ONE_DATA_CENTER.replace("us", "US"), "lower-case letters"),
        ("log.filter = \"info,==\"".to_owned(), "is not understood"),
        (
            "database_url = \"mysql://h/x\"".to_owned(),
            "expected postgres://",
        ),
    ] {
        let (db, mut command) = check(&text);
        let checked = assert_refused(&mut command, &[says]);
        let started = assert_refused(&mut platform(&db, &text), &[says]);
        assert_eq!(checked.stderr, started.stderr);
    }
}

#[test]
fn a_bad_configuration_is_refused_where_it_is_bad() {
    for (text, says) in [
        (
            "data = \"x\"\n\nbrnd = \"x\"",
            ["line 3, column 1", "unknown field `brnd`"],
        ),
        (
            "data = \"x\"\nworkers = \"two\"",
            ["line 2, column 11", "expected usize"],
        ),
        (
            "[log]\nfilter = 1",
            ["line 2, column 10", "expected a string"],
        ),
        (
            "[log]\nformat = \"xml\"",
            ["line 2, column 10", "expected `human` or `json`"],
        ),
        ("workers = 0", ["workers must be", "1 or more"]),
    ] {
        let (_db, mut command) = check(text);
        assert_refused(&mut command, &says);
    }
    let (_db, mut missing) = check("");
    missing.arg("--log-format").arg("xml");
    assert_refused(&mut missing, &["xml", "human, json"]);
    assert_refused(
        &mut bursar(&["config", "check", "--config", "/none.toml"]),
        &["/none.toml"],
    );
}

#[test]
fn a_line_that_holds_a_password_is_not_shown() {
    for text in [
        "database_url = \"postgres://bursar:hunter2@db.example/bursar",
        "database_url = \"a\"\ndatabase_url = \"postgres://bursar:hunter2@db.example/bursar\"",
        "[log]\ndatabase_url = \"postgres://bursar:hunter2@db.example/bursar\"",
    ] {
        let (_db, mut command) = check(text);
        let ended = assert_refused(&mut command, &["line "]);
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
}

#[test]
fn a_platform_needs_a_data_center() {
    let db = TestDb::sqlite();
    let mut command = platform(&db, "");
    assert_refused(&mut command, &["no [[datacenter]]", "bursar sandbox"]);
}

#[test]
fn a_taken_port_is_named() {
    let db = TestDb::sqlite();
    let holder = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = holder.local_addr().expect("an address").to_string();
    let mut command = platform(
        &db,
        &format!("[[datacenter]]\nid = \"us\"\nlisten = \"{taken}\"\n"),
    );
    let says = [
        "cannot listen on",
        &taken,
        "data center us",
        "choose another address",
    ];
    assert_refused(&mut command, &says);
}

#[test]
fn a_data_folder_has_one_owner() {
    let db = TestDb::sqlite();
    let sandbox = Sandbox::start(&db);
    let mut second = bursar(&["migrate"]);
    assert_refused(
        with_data(&mut second, &db),
        &["in use by another bursar process", "--data"],
    );
    sandbox.process.terminate();
    let ended = sandbox.process.ended();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let mut alone = bursar(&["migrate"]);
    let ended = run(with_data(&mut alone, &db));
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_kept() {
    let db = TestDb::sqlite();
    let folder = db.folder().join("data");
    std::fs::create_dir(&folder).expect("a folder");
    let garbage = b"not a database ".repeat(600);
    std::fs::write(folder.join("bursar.db"), &garbage).expect("a file");
    let mut command = bursar(&["migrate"]);
    assert_refused(
        with_data(&mut command, &db),
        &["not a usable database", "backup"],
    );
    assert_eq!(
        std::fs::read(folder.join("bursar.db")).expect("the file"),
        garbage
    );
}

#[test]
fn a_wrong_database_url_is_refused_without_its_password() {
    for (url, says) in [
        (
            "postgres://bursar:hunter2@127.0.0.1:1/x",
            "cannot connect to PostgreSQL",
        ),
        (
            "mysql://bursar:hunter2@127.0.0.1/x",
            "postgres://user@host:5432/name",
        ),
        (
            "postgres://bursar:hunter2@127.0.0.1:port/x",
            "cannot be read",
        ),
    ] {
        let db = TestDb::sqlite();
        let mut command = bursar(&["migrate"]);
        with_data(&mut command, &db).env("BURSAR_DATABASE_URL", url);
        let ended = assert_refused(&mut command, &[says]);
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
}

db_test! {
    async fn migrating_again_changes_nothing(db: TestDb) {
        for (round, says) in [("first", "migrated"), ("second", "")] {
            let mut command = bursar(&["migrate"]);
            let ended = run(with_data(&mut command, &db));
            assert_eq!(ended.status.code(), Some(0), "{round}: {}", ended.stderr);
            assert!(ended.stderr.contains(says), "{round}: {}", ended.stderr);
            assert_eq!(says.is_empty(), ended.stderr.is_empty(), "{round}: {}", ended.stderr);
        }
    }
}

db_test! {
    async fn a_newer_schema_is_refused(db: TestDb) {
        let mut known = MIGRATIONS.to_vec();
        let newest = known.last().expect("a migration").number;
        known.push(Migration {
            number: newest + 1,
            name: "9999_of_a_later_version",
            sqlite: "CREATE TABLE later (x INTEGER) STRICT",
            postgres: "CREATE TABLE later (x BIGINT)",
        });
        let later = Db::open(db.options(), &known).await.expect("the later version starts");
        later.close().await;
        drop(later);
        // A process that another test starts just now may hold a copy of our lock; leave it that.
        if let Location::Folder(folder) = &db.location {
            std::fs::remove_file(folder.join("bursar.lock")).expect("the lock");
        }
        let mut command = bursar(&["migrate"]);
        let (found, known) = (format!("has migration {}", newest + 1), format!("up to {newest}"));
        assert_refused(with_data(&mut command, &db), &[&found, &known, "newer version"]);
    }
}

db_test! {
    async fn a_wrong_secret_key_is_refused(db: TestDb) {
        let mut first = Process::start(&mut platform(&db, ONE_DATA_CENTER));
        first.logged("serving");
        first.terminate();
        assert_eq!(first.ended().status.code(), Some(0));
        let key = db.folder().join("data/secret.key");
        let right = std::fs::read_to_string(&key).expect("the key");
        let mode = |path: &PathBuf| path.metadata().expect("the key").permissions().mode();
        assert_eq!(mode(&key) & 0o777, 0o600);

        let mut command = platform(&db, ONE_DATA_CENTER);
        for (text, says) in [
            ("ab".repeat(32), "not the one that the database was written with"),
            ("ab".repeat(31), "not 64 hexadecimal digits"),
        ] {
            std::fs::write(&key, &text).expect("another key");
            let ended = assert_refused(&mut command, &[says]);
            assert!(!ended.stderr.contains(&text), "{}", ended.stderr);
        }
        std::fs::write(&key, right).expect("the right key");
        std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).expect("a mode");
        assert_refused(&mut command, &["can be read by others", "chmod 600"]);
        std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).expect("a mode");
        let mut again = Process::start(&mut command);
        again.logged("serving");
    }
}
