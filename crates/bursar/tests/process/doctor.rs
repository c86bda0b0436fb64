//! `bursar gateway doctor`: what it looks at, and what it says to do.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use bursar_db::Location;
use bursar_testkit::{TestDb, db_test};

use crate::merchant::{Merchant, stop};
use crate::process::Ended;

/// The lines that tell of problems.
fn problems(ended: &Ended) -> Vec<&str> {
    let lines = ended.stdout.lines();
    lines.filter(|line| line.starts_with("PROBLEM")).collect()
}

fn assert_fine(ended: &Ended, says: &[&str]) {
    assert_eq!(problems(ended), [""; 0], "{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.status.code(), Some(0));
    for text in says {
        assert!(
            ended.stdout.contains(text),
            "no {text:?} in {}",
            ended.stdout
        );
    }
}

/// One problem, with each of these words.
fn assert_wrong(ended: &Ended, says: &[&str]) {
    assert_eq!(
        ended.status.code(),
        Some(1),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    let [problem] = problems(ended)[..] else {
        panic!("not one problem: {}", ended.stdout)
    };
    for text in says {
        assert!(problem.contains(text), "no {text:?} in {problem}");
    }
}

db_test! {
    async fn a_gateway_is_well_before_its_first_start_and_after(db: TestDb) {
        let merchant = Merchant::start(&db).await;
        let us = merchant.sandbox.us.clone();
        let before = merchant.run(&["doctor"]);
        assert_fine(&before, &[
            "the data folder",
            "gateway.key: none yet; the first start makes it",
            "cafe: the app's credentials",
            &format!("the data center {us}"),
        ]);
        assert!(!merchant.data("gateway.key").exists(), "it makes none");
        assert!(!merchant.data("bursar.db").exists());

        let (gateway, _) = merchant.serve();
        stop(gateway);
        assert_fine(&merchant.run(&["doctor"]), &["cafe: 0 stored tokens"]);
        merchant.connect();
        assert_fine(&merchant.run(&["doctor"]), &["cafe: 1 stored tokens"]);

        let (gateway, _) = merchant.serve();
        let beside = merchant.run(&["doctor"]);
        match &merchant.db.location {
            // The database has one owner.
            Location::Folder(_) => assert_wrong(&beside, &["the database", "in use", "stop it"]),
            Location::Url(_) => assert_fine(&beside, &["cafe: 1 stored tokens"]),
        }
        stop(gateway);
    }
}

db_test! {
    async fn each_trouble_is_told(db: TestDb) {
        let merchant = Merchant::start(&db).await;
        merchant.connect();
        let (key, aside) = (merchant.data("gateway.key"), merchant.file("aside"));
        fs::rename(&key, &aside).unwrap();
        let missing = merchant.run(&["doctor"]);
        assert_eq!(missing.status.code(), Some(1));
        let told = problems(&missing).join("\n");
        assert!(told.contains("tokens were sealed by it; restore it from its backup"), "{told}");
        assert!(told.contains("1 of 1 cannot be opened"), "{told}");
        assert!(!key.exists(), "nothing may be sealed by another key");

        fs::write(&key, "no key\n").unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
        assert_wrong(&merchant.run(&["doctor"]), &["the key file", "chmod 600"]);
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        assert_wrong(&merchant.run(&["doctor"]), &["the key file", "sealing key 1"]);
        fs::write(&key, format!("{}\n", "ab".repeat(32))).unwrap();
        assert_wrong(&merchant.run(&["doctor"]), &["1 of 1 cannot be opened"]);
        fs::rename(&aside, &key).unwrap();

        let secret = merchant.file("client-secret");
        let good = fs::read(&secret).unwrap();
        fs::write(&secret, "wrong").unwrap();
        assert_wrong(&merchant.run(&["doctor"]), &["cafe: the app's credentials", "400"]);
        fs::write(&secret, good).unwrap();

        // Nobody is there: neither for the credentials, nor otherwise.
        merchant.configure("http://127.0.0.1:1");
        let nobody = merchant.run(&["doctor"]);
        let told = problems(&nobody);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[1].contains("the data center http://127.0.0.1:1: cannot connect"), "{told:?}");
    }
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written_is_told() {
    let merchant = Merchant::start(&TestDb::sqlite()).await;
    fs::write(merchant.file("data"), "no folder").unwrap();
    let ended = merchant.run(&["doctor"]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    let told = problems(&ended).join("\n");
    assert!(told.contains("the data folder"), "{told}");
}

#[test]
fn without_a_gateway_there_is_nothing_to_look_at() {
    let db = TestDb::sqlite();
    let mut command = crate::process::bursar(&["gateway", "doctor"]);
    let ended = crate::process::run(crate::process::with_data(&mut command, &db));
    assert_eq!(ended.status.code(), Some(2), "{}", ended.stdout);
    assert!(ended.stderr.contains("[gateway]"), "{}", ended.stderr);
}
