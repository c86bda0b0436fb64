//! The first company of an installation that is no sandbox.

use bursar_testkit::db_test;
use http::StatusCode;

use crate::cli::{ONE_DATA_CENTER, platform};
use crate::partner::sign_in;
use crate::process::Process;

const PASSWORD: &str = "correct horse battery";

/// A configuration with this administrator, and further keys.
fn with_bootstrap(user_name: &str, more: &str) -> String {
    format!(
        "{ONE_DATA_CENTER}[bootstrap]\ncompany = \"Example Travel\"\nhome = \"us\"\n\
         user_name = \"{user_name}\"\nemail = \"admin@travel.example\"\n{more}"
    )
}

/// The address that a starting platform serves.
fn address(process: &mut Process) -> String {
    let log = process.logged("serving");
    let (_, address) = log.rsplit_once("address=").expect("an address");
    address.trim().to_owned()
}

fn stop(process: Process) -> String {
    process.terminate();
    let ended = process.ended();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    ended.stderr
}

db_test! {
    async fn an_administrator_is_made_once(db: TestDb) {
        let secret = db.folder().join("password");
        std::fs::write(&secret, format!("{PASSWORD}\n")).expect("a file");
        let first = with_bootstrap(
            "admin@travel.example",
            &format!("password_file = \"{}\"\n", secret.display()),
        );
        let mut process = Process::start(&mut platform(&db, &first));
        let us = address(&mut process);
        let sign_in_status = sign_in(&us, "admin@travel.example", PASSWORD).await;
        assert_eq!(sign_in_status, StatusCode::SEE_OTHER);
        let log = stop(process);
        assert!(log.contains("made the first company"), "{log}");
        assert!(!log.contains(PASSWORD), "{log}");

        // The password's file has done its work and may go.
        std::fs::remove_file(&secret).expect("the file");
        let mut process = Process::start(&mut platform(&db, &first));
        address(&mut process);
        assert!(!stop(process).contains("made the first company"));

        // Another administrator is not made, and the first keeps the password.
        let second = with_bootstrap("other@travel.example", "");
        let other = "another long password";
        let mut command = platform(&db, &second);
        let mut process = Process::start(command.env("BURSAR_BOOTSTRAP_PASSWORD", other));
        let us = address(&mut process);
        let refused = StatusCode::UNPROCESSABLE_ENTITY;
        assert_eq!(sign_in(&us, "other@travel.example", other).await, refused);
        assert_eq!(sign_in(&us, "admin@travel.example", other).await, refused);
        let sign_in_status = sign_in(&us, "admin@travel.example", PASSWORD).await;
        assert_eq!(sign_in_status, StatusCode::SEE_OTHER);
        assert!(!stop(process).contains("made the first company"));
    }
}

db_test! {
    async fn the_password_may_come_from_the_environment_and_must_be_long(db: TestDb) {
        let text = with_bootstrap("admin@travel.example", "");
        for (password, says) in [
            (None, "BURSAR_BOOTSTRAP_PASSWORD"),
            (Some("short"), "fewer than 12 characters"),
        ] {
            let mut command = platform(&db, &text);
            command.envs(password.map(|password| ("BURSAR_BOOTSTRAP_PASSWORD", password)));
            let ended = Process::start(&mut command).ended();
            assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
            assert!(ended.stderr.contains(says), "no {says:?} in {}", ended.stderr);
        }
        let mut command = platform(&db, &text);
        let mut process = Process::start(command.env("BURSAR_BOOTSTRAP_PASSWORD", PASSWORD));
        let us = address(&mut process);
        let sign_in_status = sign_in(&us, "admin@travel.example", PASSWORD).await;
        assert_eq!(sign_in_status, StatusCode::SEE_OTHER);
    }
}
