//! `bursar gateway import`: what it takes, what it refuses, and where the refused go.

use std::fs;
use std::io::Write as _;
use std::process::Command;

use bursar_testkit::{TestDb, db_test};
use serde_json::Value;

use crate::merchant::{KEY, Merchant, USER, stop};
use crate::process::{Ended, Process};

const HEADER: &str = "key,user,type,dateTime,total,currencyCode,seller.name,\
     seller.location.address.addressCountry,payments.0.amount";

fn row(key: &str, seller: &str) -> String {
    format!("{key},{USER},general,2026-11-16T08:05:00-08:00,4.75,USD,{seller},US,4.75")
}

fn csv(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

/// A merchant whose gateway runs.
struct Shop {
    merchant: Merchant,
    gateway: Process,
    address: String,
}

impl Shop {
    async fn open(db: &TestDb) -> Self {
        let merchant = Merchant::start(db).await;
        merchant.connect();
        let (gateway, address) = merchant.serve();
        Self {
            merchant,
            gateway,
            address,
        }
    }

    fn command(&self, name: &str, flags: &[&str]) -> Command {
        let file = self.merchant.file(name);
        let file = file.to_str().unwrap();
        let url = ["import", file, "--url", &self.address];
        let mut command = self.merchant.command(&[url.as_slice(), flags].concat());
        command.env("BURSAR_GATEWAY_KEY", KEY);
        command
    }

    fn import(&self, name: &str, content: impl AsRef<[u8]>, flags: &[&str]) -> Ended {
        fs::write(self.merchant.file(name), content).unwrap();
        Process::start(&mut self.command(name, flags)).ended()
    }

    /// The rows that were refused: line and reason.
    fn rejected(&self, name: &str) -> Vec<(u64, String)> {
        let path = self.merchant.file(&format!("{name}.rejected.jsonl"));
        let text = fs::read_to_string(path).unwrap_or_default();
        let rows = text.lines().map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            (row["line"].as_u64().unwrap(), row["refusal"].to_string())
        });
        rows.collect()
    }
}

fn assert_done(ended: &Ended, accepted: u64, rejected: u64) {
    let told = format!("{accepted} accepted, {rejected} rejected\n");
    assert_eq!(ended.stdout, told, "{}", ended.stderr);
    let code = i32::from(rejected > 0);
    assert_eq!(ended.status.code(), Some(code));
}

/// Nothing was imported, and the message has these words.
fn assert_refused(ended: &Ended, says: &[&str]) {
    assert_eq!(
        ended.status.code(),
        Some(2),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    for text in says {
        assert!(
            ended.stderr.contains(text),
            "no {text:?} in {}",
            ended.stderr
        );
    }
}

db_test! {
    async fn files_are_taken_in_each_form_and_again(db: TestDb) {
        let shop = Shop::open(&db).await;
        let rows = [row("a", "Bluebird Cafe"), row("b", "\"Cafe, the \"\"other\"\"\"")];
        let text = csv(&rows);
        assert_done(&shop.import("week.csv", &text, &[]), 2, 0);
        assert_done(&shop.import("week.csv", &text, &[]), 2, 0);
        for (name, delimiter) in [("semicolons.csv", ";"), ("tabs.csv", "\t")] {
            let other = csv(&[row(name, "Bluebird Cafe")]).replace(',', delimiter);
            assert_done(&shop.import(name, &other, &[]), 1, 0);
        }
        let bars = csv(&[row("bars", "Bluebird Cafe")]).replace(',', "|");
        assert_done(&shop.import("bars.csv", &bars, &["--delimiter", "|"]), 1, 0);
        // A byte-order mark, other ends of lines, and no end of the last one.
        let text = csv(&[row("marked", "B\u{e4}ckerei")]).replace('\n', "\r\n");
        let text = format!("\u{feff}{}", text.trim_end());
        assert_done(&shop.import("marked.csv", &text, &[]), 1, 0);
        let line = format!(
            "{{\"key\":\"line\",\"user\":\"{USER}\",\"type\":\"quick-expense\",\"body\":{{\
             \"expenseTypeId\":\"TAXIX\",\"transactionDate\":\"2026-11-20\",\
             \"transactionAmount\":{{\"currencyCode\":\"EUR\",\"value\":12.5}}}}}}\n\n"
        );
        assert_done(&shop.import("lines.jsonl", &line, &[]), 1, 0);
        assert_done(&shop.import("lines.txt", &line, &["--format", "jsonl"]), 1, 0);
        assert_eq!(shop.rejected("week.csv"), []);
        stop(shop.gateway);
    }
}

db_test! {
    async fn a_key_is_one_item(db: TestDb) {
        let shop = Shop::open(&db).await;
        let rows = [row("a", "Cafe"), row("a", "Cafe"), row("a", "Another"), row("b", "Cafe")];
        assert_done(&shop.import("twice.csv", csv(&rows), &[]), 3, 1);
        let rejected = shop.rejected("twice.csv");
        let [(4, reason)] = &rejected[..] else {
            panic!("{rejected:?}")
        };
        assert!(reason.contains("key_reused"), "{reason}");
        // Also in another run.
        assert_done(&shop.import("later.csv", csv(&[row("b", "Another")]), &[]), 0, 1);
        stop(shop.gateway);
    }
}

db_test! {
    async fn rows_that_are_wrong_are_told_and_the_others_taken(db: TestDb) {
        let shop = Shop::open(&db).await;
        let latin1 = row("latin", "B\u{e4}ckerei");
        let latin1: Vec<u8> = latin1.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let mut text = csv(&[
            row("good", "Cafe"),
            "short,row".to_owned(),
            row("nobody", "Cafe").replace(USER, "nobody"),
            row("type", "Cafe").replace("general", "invoice"),
            row("amount", "Cafe").replace("4.75", "much"),
        ])
        .into_bytes();
        text.extend(latin1);
        text.extend(format!("\n{}\n", row("after", "Cafe")).bytes());
        text.extend(row("open", "\"never closed").bytes());
        let ended = shop.import("mixed.csv", &text, &[]);
        assert_done(&ended, 2, 6);
        let mut rejected = shop.rejected("mixed.csv");
        rejected.sort();
        let lines: Vec<_> = rejected.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7, 9], "{rejected:?}");
        let says = ["2 fields", "unknown_user", "type", "total", "UTF-8", "not closed"];
        for ((_, reason), text) in rejected.iter().zip(says) {
            assert!(reason.contains(text), "no {text:?} in {reason}");
        }
        let lines = "no JSON\n[]\n{\"key\":\"x\"}\n";
        assert_done(&shop.import("lines.jsonl", lines, &[]), 0, 3);
        stop(shop.gateway);
    }
}

db_test! {
    async fn files_that_are_wrong_change_nothing(db: TestDb) {
        let shop = Shop::open(&db).await;
        let good = csv(&[row("a", "Cafe")]);
        let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            good.encode_utf16().flat_map(bytes).collect()
        };
        let little = [&[0xff, 0xfe], &wide(u16::to_le_bytes)[..]].concat();
        let big = [&[0xfe, 0xff], &wide(u16::to_be_bytes)[..]].concat();
        for text in [little, big] {
            assert_refused(&shop.import("wide.csv", &text, &[]), &["wide.csv", "UTF-8"]);
        }
        let unmarked = shop.import("wide.csv", wide(u16::to_le_bytes), &[]);
        assert_refused(&unmarked, &["wide.csv", "line 1", "UTF-8"]);
        let missing = good.replacen("user,", "person,", 1);
        assert_refused(&shop.import("no-user.csv", &missing, &[]), &["lacks user", "person"]);
        let semicolons = shop.import("good.csv", &good, &["--delimiter", ";"]);
        assert_refused(&semicolons, &["lacks key, user, type"]);
        let wide = shop.import("good.csv", &good, &["--delimiter", "\u{2192}"]);
        assert_refused(&wide, &["one ASCII character"]);
        assert_refused(&shop.import("empty.csv", "", &[]), &["empty.csv", "a header is needed"]);
        assert_refused(&shop.import("items.txt", &good, &[]), &["--format"]);
        let nowhere = Process::start(&mut shop.command("nowhere.csv", &[])).ended();
        assert_refused(&nowhere, &["nowhere.csv"]);

        let mut no_key = shop.command("good.csv", &[]);
        let no_key = Process::start(no_key.env_remove("BURSAR_GATEWAY_KEY")).ended();
        assert_refused(&no_key, &["--key-file", "BURSAR_GATEWAY_KEY"]);
        let mut other = shop.command("good.csv", &[]);
        let other = Process::start(other.env("BURSAR_GATEWAY_KEY", "guess")).ended();
        assert_refused(&other, &["401"]);
        stop(shop.gateway);
    }
}

#[tokio::test]
async fn a_line_without_end_takes_no_memory() {
    let shop = Shop::open(&TestDb::sqlite()).await;
    let pipe = shop.merchant.file("endless.jsonl");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let mut command = shop.command("endless.jsonl", &[]);
    let mut import = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let memory = |of: u32| -> u64 {
        let status = fs::read_to_string(format!("/proc/{of}/status")).unwrap();
        let peak = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap();
        peak.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    // 64 MiB of one line: no item has more than 2 MiB.
    let mebibyte = vec![b'x'; 1 << 20];
    line.write_all(&mebibyte).unwrap();
    let before = memory(import.id());
    for _ in 0..64 {
        line.write_all(&mebibyte).unwrap();
    }
    let after = memory(import.id());
    assert!(
        after < before + 16 * 1024,
        "{before} kB, and then {after} kB"
    );
    line.write_all(b"\n").unwrap();
    drop(line);
    let ended = import.wait().unwrap();
    assert_eq!(ended.code(), Some(1));
    let rejected = shop.rejected("endless.jsonl");
    assert!(
        rejected[0].1.contains("longer than 2097152 bytes"),
        "{rejected:?}"
    );
    stop(shop.gateway);
}
