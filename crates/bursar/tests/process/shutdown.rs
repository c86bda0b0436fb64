//! SIGTERM: what was accepted is finished, then the process ends with status 0.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use bursar_sandbox::cast;
use bursar_testkit::db_test;

use crate::partner::{Partner, receipt};
use crate::process::{PATIENCE, Sandbox};

db_test! {
    async fn a_request_under_way_is_finished(db: TestDb) {
        let sandbox = Sandbox::start(&db);
        let partner = Partner::connect(&sandbox.us).await;
        let host = sandbox.us.trim_start_matches("http://").to_owned();
        let body = receipt("Last Orders");
        let mut caller = TcpStream::connect(&host).expect("it listens");
        caller.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let head = format!(
            "POST /receipts/v4/users/{} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {}\r\n\
             Link: <http://schema.concursolutions.com/general-receipt.schema.json>; \
             rel=\"describedBy\"\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Expect: 100-continue\r\n\r\n",
            cast::TRAVELLER_ID,
            partner.bearer(),
            body.len()
        );
        caller.write_all(head.as_bytes()).expect("it reads");
        // It asks for the body, so it has taken the request.
        let mut asked = [0; 25];
        caller.read_exact(&mut asked).expect("an answer");
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");

        sandbox.process.terminate();
        let began = Instant::now();
        while TcpStream::connect(&host).is_ok() {
            assert!(began.elapsed() < PATIENCE, "it goes on listening");
            std::thread::yield_now();
        }
        caller.write_all(body.as_bytes()).expect("it still reads");
        let mut answer = String::new();
        caller.read_to_string(&mut answer).expect("it answers and closes");
        assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
        let ended = sandbox.process.ended();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);

        let sandbox = Sandbox::start(&db);
        let partner = Partner::connect(&sandbox.us).await;
        let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
        let location = location.expect("an address");
        partner.processed(&location[location.find("/receipts/").expect("a path")..]).await;
    }
}
