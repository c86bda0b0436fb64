//! `bursar gateway migrate-legacy`: old tokens become connections, as often as it is started.

use bursar_testkit::db_test;

use crate::merchant::{CONSUMER_KEY, Merchant, OLD_TOKEN, USER};
use crate::process::Ended;

fn assert_ends(ended: &Ended, code: i32, stdout: &str, stderr: &[&str]) {
    assert_eq!(
        ended.status.code(),
        Some(code),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    assert_eq!(ended.stdout, stdout, "{}", ended.stderr);
    for text in stderr {
        assert!(
            ended.stderr.contains(text),
            "no {text:?} in {}",
            ended.stderr
        );
    }
}

db_test! {
    async fn old_tokens_become_connections_once(db: TestDb) {
        let merchant = Merchant::start(&db).await;
        let faulty = format!(
            "{USER},{OLD_TOKEN}\n\nben,1_a-token-that-nobody-has\nno comma\n,{OLD_TOKEN}\nmei,\n"
        );
        let first = merchant.migrate(&faulty);
        let told = ["line 3: ", "line 4: write it as", "line 5: write it as", "line 6: write it as"];
        assert_ends(&first, 1, "1 connected, 0 connected before, 4 refused\n", &told);
        for token in [OLD_TOKEN, "1_a-token"] {
            assert!(!first.stderr.contains(token), "{}", first.stderr);
        }
        // A run that was cut off is started again.
        let again = merchant.migrate(format!("{USER},{OLD_TOKEN}"));
        assert_ends(&again, 0, "0 connected, 1 connected before, 0 refused\n", &[]);
        // The platform's user is one account's.
        let other = merchant.migrate(format!("somebody,{OLD_TOKEN}"));
        let told = ["line 1: that user is connected with another account"];
        assert_ends(&other, 1, "0 connected, 0 connected before, 1 refused\n", &told);
        assert_ends(&merchant.migrate(""), 0, "0 connected, 0 connected before, 0 refused\n", &[]);
    }
}

db_test! {
    async fn what_is_wrong_altogether_changes_nothing(db: TestDb) {
        let merchant = Merchant::start(&db).await;
        let file = merchant.file("tokens.csv");
        std::fs::write(&file, format!("{USER},{OLD_TOKEN}\n")).unwrap();
        let file = file.to_str().unwrap();
        let run = |file: &str, app: &str, key: &str| {
            merchant.run(&["migrate-legacy", file, "--app", app, "--consumer-key", key])
        };
        assert_ends(&run(file, "nobody", CONSUMER_KEY), 2, "", &["there is no app nobody"]);
        assert_ends(&run("/nowhere", "cafe", CONSUMER_KEY), 2, "", &["/nowhere"]);
        let refused = "0 connected, 0 connected before, 1 refused\n";
        assert_ends(&run(file, "cafe", "OtherKey"), 1, refused, &["line 1: "]);
        let utf16: Vec<u8> = "a,b".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16 = merchant.migrate([&[0xff, 0xfe], &utf16[..]].concat());
        assert_ends(&utf16, 2, "", &["tokens.csv", "UTF-8"]);
        std::fs::write(merchant.file("client-secret"), "wrong").unwrap();
        assert_ends(&merchant.migrate(format!("{USER},{OLD_TOKEN}\n")), 2, "", &["cafe: 400"]);
    }
}
