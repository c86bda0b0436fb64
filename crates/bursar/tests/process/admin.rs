//! `bursar admin`: orders to a running process over its control socket.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::process::Command;

use bursar_db::{DbError, Isolation, Location};
use bursar_jobs::NewJob;
use bursar_kernel::Micros;
use bursar_testkit::{TestDb, db_test};
use serde_json::Value;

use crate::partner::{Partner, accepted, receipt};
use crate::process::{Process, Sandbox, bursar, run, with_data};

/// Of the seed: the traveller's company.
const NORTHWIND: &str = "0c2f6d5e-3f0a-4a86-9d2b-6a1c5b7e9f01";

fn admin(db: &TestDb, arguments: &[&str]) -> Command {
    order(db, &[&["admin"], arguments].concat())
}

fn order(db: &TestDb, arguments: &[&str]) -> Command {
    let mut command = bursar(arguments);
    with_data(&mut command, db);
    command
}

/// One line to the socket, and the line that comes back.
fn say(db: &TestDb, line: &[u8]) -> String {
    let mut stream = UnixStream::connect(db.folder().join("data/control.sock")).expect("a socket");
    stream.write_all(line).expect("it reads");
    let mut answer = String::new();
    BufReader::new(stream)
        .read_line(&mut answer)
        .expect("it answers");
    answer
}

db_test! {
    async fn a_company_moves_by_order(db: TestDb) {
        let sandbox = Sandbox::start(&db);
        let partner = Partner::connect(&sandbox.us).await;
        let answer = partner.post(&receipt("Before the Move")).await.expect("an answer");
        assert!(accepted(&answer).is_some());

        let socket = db.folder().join("data/control.sock");
        let mode = socket.metadata().expect("the socket").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!db.folder().join("data/.control").exists());

        let ended = run(&mut admin(&db, &["move-company", NORTHWIND, "emea"]));
        assert_eq!((ended.status.code(), ended.stdout.as_str()),
            (Some(0), "moved Northwind Trading from us to emea\n"), "{}", ended.stderr);
        let ended = run(&mut admin(&db, &["move-company", NORTHWIND, "glz"]));
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stdout);
        assert!(ended.stderr.contains("\"glz\" is not a data center"), "{}", ended.stderr);
        let ended = run(&mut admin(&db, &["move-company", "Northwind", "emea"]));
        assert_eq!(ended.status.code(), Some(2), "{}", ended.stdout);

        for (line, says) in [
            (&b"\n"[..], "{\"refused\":\"no order"),
            (b"halt\n", "{\"refused\":\"no order"),
            (b"{\"order\":\"halt\"}\n", "{\"refused\":\"no order"),
            (b"\xff\n", ""),
        ] {
            let answer = say(&db, line);
            assert!(answer.starts_with(says), "{answer}");
        }
        // A line without an end is an answer's end too, and harms nobody.
        let long = vec![b'x'; 5000];
        assert!(say(&db, &long).starts_with("{\"refused\""));

        // The seed leaves the company where it is now.
        sandbox.process.terminate();
        assert_eq!(sandbox.process.ended().status.code(), Some(0));
        assert!(!socket.exists());
        let sandbox = Sandbox::start(&db);
        let emea = sandbox.address("emea");
        let partner = Partner::connect(&emea).await;
        let answer = partner.post(&receipt("After the Move")).await.expect("an answer");
        assert!(accepted(&answer).is_some());
    }
}

db_test! {
    async fn keys_are_rotated_by_order(db: TestDb) {
        let sandbox = Sandbox::start(&db);
        let partner = Partner::connect(&sandbox.us).await;
        let kids = async |site: &str| {
            let keys = Partner::connect(site).await.get("/oauth2/v0/jwks").await;
            let keys: Value = serde_json::from_slice(&keys.body).expect("JSON");
            let keys = keys["keys"].as_array().expect("a list").iter();
            keys.map(|key| key["kid"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
        };
        let before = kids(&sandbox.us).await;
        assert_eq!(before.len(), 1);
        let ended = run(&mut order(&db, &["keys", "rotate", "us"]));
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        let after = kids(&sandbox.us).await;
        assert_eq!(after.len(), 2);
        let new = after.iter().find(|kid| !before.contains(kid)).expect("a new key");
        assert_eq!(ended.stdout, format!("us signs with the new key {new}\n"));
        // What the old key signed works on.
        assert!(accepted(&partner.post(&receipt("Old Key")).await.expect("an answer")).is_some());

        let ended = run(&mut order(&db, &["keys", "rotate"]));
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        let places: Vec<_> = ended.stdout.lines().map(|line| line.split(' ').next()).collect();
        assert_eq!(places, ["us", "us2", "emea", "eu2", "cn"].map(Some));
        let ended = run(&mut order(&db, &["keys", "rotate", "glz"]));
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stdout);
    }
}

/// Leaves a job that no attempt can do, as a platform finds it at its start.
async fn leave_a_hopeless_job(place: &TestDb) {
    let db = place.open().await;
    let adding = db.write(Isolation::Append, (), |tx, ()| {
        Box::pin(async move {
            let job = NewJob {
                kind: "receipts.process",
                key: Some("nobody's"),
                payload: "nonsense",
                correlation_id: "call-1",
                run_at: Micros(0),
                now: Micros(0),
            };
            bursar_jobs::enqueue(tx, &job).await
        })
    });
    assert!(adding.await.map_err(|error: DbError| error).expect("a job"));
    db.close().await;
    drop(db);
    // A process that another test starts just now may hold a copy of our lock; leave it that.
    if let Location::Folder(folder) = &place.location {
        std::fs::remove_file(folder.join("bursar.lock")).expect("the lock");
    }
}

db_test! {
    async fn dead_jobs_are_listed_and_run_again(db: TestDb) {
        leave_a_hopeless_job(&db).await;
        let mut sandbox = Sandbox::start(&db);
        sandbox.process.logged("the job is dead");
        let ended = run(&mut admin(&db, &["jobs"]));
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        let (id, rest) = ended.stdout.split_once(' ').expect("a line");
        assert_eq!(rest, "receipts.process nobody's attempts=1 enqueued=1970-01-01T00:00:00.000Z \
            correlation-id=call-1: the job names no receipt\n");

        let ended = run(&mut admin(&db, &["jobs", "retry", id]));
        assert_eq!((ended.status.code(), &*ended.stdout), (Some(0), "1 job runs again\n"));
        sandbox.process.logged("the job is dead");
        let ended = run(&mut admin(&db, &["jobs", "retry", "all"]));
        assert_eq!((ended.status.code(), &*ended.stdout), (Some(0), "1 job runs again\n"));
        sandbox.process.logged("the job is dead");

        let ended = run(&mut admin(&db, &["jobs", "retry", "999999"]));
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stdout);
        assert!(ended.stderr.contains("job 999999 is not dead"), "{}", ended.stderr);
        for wrong in ["0", "-1", "some"] {
            let ended = run(&mut admin(&db, &["jobs", "retry", "--", wrong]));
            assert_eq!(ended.status.code(), Some(2), "{wrong}: {}", ended.stdout);
        }
    }
}

#[test]
fn without_a_process_nothing_is_done() {
    let db = TestDb::sqlite();
    let ended = run(&mut admin(&db, &["move-company", NORTHWIND, "emea"]));
    assert_eq!(ended.status.code(), Some(2), "{}", ended.stdout);
    for says in ["no process answers at", "control.sock", "--data"] {
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
    }
}

#[test]
fn a_dead_process_leaves_its_socket_to_the_next() {
    let db = TestDb::sqlite();
    let sandbox = Sandbox::start(&db);
    let socket = db.folder().join("data/control.sock");
    sandbox.process.kill();
    assert!(socket.exists(), "nobody took it away");
    let ended = run(&mut admin(&db, &["move-company", NORTHWIND, "emea"]));
    assert!(
        ended.stderr.contains("no process answers at"),
        "{}",
        ended.stderr
    );
    let _sandbox = Sandbox::start(&db);
    let ended = run(&mut admin(&db, &["move-company", NORTHWIND, "us2"]));
    assert_eq!(
        ended.stdout, "moved Northwind Trading from us to us2\n",
        "{}",
        ended.stderr
    );
}

#[test]
fn a_data_folder_with_too_long_a_path_is_named() {
    let db = TestDb::sqlite();
    let long = db.folder().join("x".repeat(120));
    let mut command = bursar(&["sandbox", "--port", "0", "--data"]);
    let ended = Process::start(command.arg(&long)).ended();
    assert_eq!(ended.status.code(), Some(2));
    assert!(
        ended.stderr.contains("cannot make the control socket"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("too long"), "{}", ended.stderr);
}
