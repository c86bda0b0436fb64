//! `bursar lint`: a receipt on disk, checked like a post.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::process::{Ended, bursar, run};

const STAY: &str = include_str!("../../../../seeds/receipts/stay-every-field.json");

/// A file of these bytes, checked as `receipt_type`.
fn lint(bytes: impl AsRef<[u8]>, receipt_type: &str) -> (Ended, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("receipt.json");
    std::fs::write(&path, bytes).expect("a file");
    let mut command = bursar(&["lint", "--type", receipt_type]);
    // What a configuration says is of no interest.
    command.env("BURSAR_CONFIG", "/none.toml").arg(&path);
    (run(&mut command), path)
}

#[test]
fn a_valid_receipt_is_status_0() {
    let (ended, path) = lint(STAY, "hotel");
    let says = format!("{} is a valid hotel-receipt\n", path.display());
    assert_eq!((ended.status.code(), ended.stdout), (Some(0), says));
    assert_eq!(ended.stderr, "");
}

#[test]
fn each_fault_is_printed_whole() {
    let mut stay: Value = serde_json::from_str(STAY).expect("JSON");
    stay["nightsStayed"] = json!(0);
    stay["guests"][0]["firstName"] = json!(" ");
    stay.as_object_mut().expect("an object").remove("room");
    let (ended, _) = lint(stay.to_string(), "hotel");
    assert_eq!((ended.status.code(), &*ended.stderr), (Some(1), ""));
    for block in [
        "/nightsStayed\n  \
         message:  expected a whole number of at least 1, got the number 0\n  \
         expected: a whole number of at least 1\n  \
         got:      the number 0\n",
        "/guests/0/firstName\n  \
         message:  expected text that is not blank, got the text \" \"\n  \
         expected: text that is not blank\n  \
         got:      the text \" \"\n",
        "/room\n  message:  room is missing\n  expected: a room object\n  got:      nothing\n",
    ] {
        assert!(ended.stdout.contains(block), "{}", ended.stdout);
    }
    assert_eq!(ended.stdout.lines().count(), 12, "{}", ended.stdout);
}

#[test]
fn what_is_no_json_is_a_fault_too() {
    for (bytes, says) in [
        (&b""[..], "line 1, column 1: the body is empty"),
        (b"{\"a\":1,\"a\":2}", "given twice"),
        (b"\xff", "not UTF-8"),
    ] {
        let (ended, _) = lint(bytes, "general");
        assert_eq!(ended.status.code(), Some(1));
        let first = "Request body could not be parsed\n";
        assert!(ended.stdout.starts_with(first), "{}", ended.stdout);
        assert!(ended.stdout.contains(says), "{}", ended.stdout);
    }
    let (ended, _) = lint("[".repeat(100), "rail");
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.stdout.contains("nested more than 64 levels deep"),
        "{}",
        ended.stdout
    );
    let (ended, _) = lint("[]", "rail");
    assert!(
        ended.stdout.starts_with("the receipt\n"),
        "{}",
        ended.stdout
    );
    let (ended, _) = lint(vec![b' '; (16 << 20) + 1], "air");
    assert_eq!(
        (ended.status.code(), &*ended.stdout),
        (Some(1), "the body is larger than 16777216 bytes\n")
    );
}

/// docs/behaviours.md: rows whose last column says `strict`.
#[test]
fn stricter_rules_hold_where_they_are_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("receipt.json");
    let printed = include_str!("../../../../seeds/receipts/booking-fee.json");
    std::fs::write(&path, printed).expect("a file");
    let lint = |strict: &str| {
        let mut command = bursar(&["lint", "--type", "general"]);
        if strict.starts_with("--") {
            command.arg(strict);
        } else {
            command.env("BURSAR_STRICT", strict);
        }
        run(command.arg(&path))
    };
    for (strict, places) in [
        ("--strict=receipts-counts", &[][..]),
        ("--strict=receipts-offset,quick-key-case", &["/dateTime"]),
        (
            "receipts-taxes-lenient",
            &["/taxes/0/authority", "/taxes/0/rate"],
        ),
        ("--strict", &["/dateTime", "/lineItems/0/taxes/0/rate"]),
    ] {
        let ended = lint(strict);
        let expected = if places.is_empty() { Some(0) } else { Some(1) };
        assert_eq!(ended.status.code(), expected, "{strict} {}", ended.stderr);
        for place in places {
            assert!(ended.stdout.contains(place), "{}", ended.stdout);
        }
    }
    let ended = lint("--strict=receipts-ofset");
    assert_eq!((ended.status.code(), &*ended.stdout), (Some(2), ""));
    assert!(ended.stderr.contains("receipts-offset"), "{}", ended.stderr);
}

#[test]
fn every_type_has_its_short_name() {
    for name in [
        "air",
        "car-rental",
        "general",
        "ground-transport",
        "hotel",
        "jpt-ic-card",
        "rail",
    ] {
        let (ended, _) = lint("{}", name);
        assert_eq!(ended.status.code(), Some(1), "{name}: {}", ended.stderr);
        assert!(
            ended.stdout.contains("/dateTime\n"),
            "{name}: {}",
            ended.stdout
        );
    }
}

#[test]
fn wrong_usage_is_status_2() {
    let (ended, _) = lint(STAY, "hostel");
    assert_eq!(ended.status.code(), Some(2));
    assert!(
        ended
            .stderr
            .contains("ground-transport, hotel, jpt-ic-card"),
        "{}",
        ended.stderr
    );
    for (arguments, says) in [
        (
            &["lint", "/none.json", "--type", "hotel"][..],
            "cannot read /none.json: ",
        ),
        (&["lint", "/none.json"], "--type"),
        (&["lint", "--type", "hotel"], "<RECEIPT>"),
    ] {
        let ended = run(&mut bursar(arguments));
        assert_eq!((ended.status.code(), &*ended.stdout), (Some(2), ""));
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
    }
}
