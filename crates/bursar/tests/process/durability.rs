//! What was answered 201 survives `kill -9`.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bursar_testkit::db_test;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::partner::{Partner, accepted, header, receipt};
use crate::process::{PATIENCE, Sandbox};

/// Connections that post at the same time.
const CONNECTIONS: usize = 8;
/// Answers before the process is killed.
const ENOUGH: usize = 200;

/// A receipt that the server acknowledged.
struct Acknowledged {
    merchant: String,
    path: String,
}

db_test! {
    /// Half a minute of it waits for the leases of the jobs that died with the process.
    async fn what_was_acknowledged_survives_a_kill_under_load(db: TestDb) {
        let sandbox = Sandbox::start(&db);
        let acknowledged = kill_under_load(sandbox).await;
        assert!(acknowledged.len() >= ENOUGH);

        let sandbox = Sandbox::start(&db);
        let partner = Partner::connect(&sandbox.us).await;
        for known in &acknowledged {
            partner.processed(&known.path).await;
            let stored = partner.get(&known.path).await;
            assert!(String::from_utf8_lossy(&stored.body).contains(&known.merchant));
            let image = partner.get(&format!("{}/image", known.path)).await;
            assert_eq!(header(&image, &http::header::CONTENT_TYPE), "application/pdf");
            assert!(image.body.starts_with(b"%PDF-"), "{}", known.path);
            let text = text_of_pdf(&image.body);
            assert!(text.contains(&known.merchant), "{}: {text}", known.path);
        }
    }
}

/// Posts on several connections, and kills the server among its answers.
async fn kill_under_load(sandbox: Sandbox) -> Vec<Acknowledged> {
    let partner = Partner::connect(&sandbox.us).await;
    let answers = Arc::new(AtomicUsize::new(0));
    let enough = Arc::new(Notify::new());
    let mut connections = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let partner = partner.on_another_connection();
        let (answers, enough) = (Arc::clone(&answers), Arc::clone(&enough));
        connections.spawn(async move {
            let mut acknowledged = Vec::new();
            for number in 0.. {
                let merchant = format!("Stall {connection}x{number}");
                // The first call without an answer is the kill.
                let Ok(answer) = partner.post(&receipt(&merchant)).await else {
                    break;
                };
                let path = accepted(&answer).unwrap_or_else(|| panic!("{}", answer.status));
                acknowledged.push(Acknowledged { merchant, path });
                if answers.fetch_add(1, Ordering::Relaxed) + 1 == ENOUGH {
                    enough.notify_one();
                }
            }
            acknowledged
        });
    }
    let loaded = tokio::time::timeout(PATIENCE, enough.notified()).await;
    loaded.expect("enough answers in time");
    sandbox.process.kill();
    connections.join_all().await.into_iter().flatten().collect()
}

/// The text that an independent reader finds in a PDF.
fn text_of_pdf(pdf: &[u8]) -> String {
    let mut reader = Command::new("pdftotext")
        .args(["-q", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("pdftotext: {error}; run `cargo xtask setup`"));
    let mut input = reader.stdin.take().expect("it is piped");
    input.write_all(pdf).expect("it reads all of it");
    drop(input);
    let output = reader.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the PDF does not open");
    String::from_utf8(output.stdout).expect("UTF-8")
}
