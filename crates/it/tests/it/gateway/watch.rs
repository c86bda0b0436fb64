//! Files that are put into a watched folder.

use std::fs;

use bursar::gateway::watch::Watch;
use bursar_testkit::db_test;

use super::*;

const HEADER: &str = "key,user,type,dateTime,total,currencyCode,seller.name,\
     seller.location.address.addressCountry,payments.0.amount";

fn row(key: &str, user: &str) -> String {
    format!("{key},{user},general,2026-11-16T08:05:00-08:00,4.75,USD,Bluebird Cafe,US,4.75")
}

db_test! {
    async fn a_file_that_is_put_there_is_taken_once_it_rests(place: TestDb) {
        let gateway = Gateway::start(&place, 30, 1).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("week.csv");
        let mut watch = Watch::new(folder.path(), gateway.outbox.clone(), APP).unwrap();
        let rows = [HEADER.to_owned(), row("a", "d0"), row("b", "nobody")];
        fs::write(&file, rows.join("\n")).unwrap();
        fs::write(folder.path().join("notes.txt"), "no items").unwrap();
        fs::write(folder.path().join(".week.csv"), "half").unwrap();
        assert_eq!(watch.look().await.unwrap(), 0);
        // More of it comes.
        fs::write(&file, [&rows[..], &[row("c", "d0")]].concat().join("\n")).unwrap();
        assert_eq!(watch.look().await.unwrap(), 0);
        assert_eq!(watch.look().await.unwrap(), 1);

        let items = gateway.outbox.list(APP, None, i64::MAX, 10).await.unwrap();
        let keys: Vec<_> = items.iter().map(|item| item.key.as_str()).collect();
        assert_eq!(keys, ["c", "a"]);
        assert!(!file.exists() && folder.path().join("done/week.csv").exists());
        let refused = fs::read_to_string(folder.path().join("rejected/week.csv.rejected.jsonl"));
        let refused: Value = serde_json::from_str(refused.unwrap().trim()).unwrap();
        assert_eq!((&refused["line"], &refused["refusal"]["status"]), (&json!(3), &json!(404)));

        // The same file again adds nothing, and takes no other's place.
        fs::write(&file, rows.join("\n")).unwrap();
        assert_eq!((watch.look().await.unwrap(), watch.look().await.unwrap()), (0, 1));
        assert_eq!(gateway.outbox.open(APP).await.unwrap(), 2);
        assert!(folder.path().join("done/week.csv.2").exists());
        // What was refused the first time stands, and so does what was refused now.
        for name in ["week.csv.rejected.jsonl", "week.csv.2.rejected.jsonl"] {
            let told = fs::read_to_string(folder.path().join("rejected").join(name)).unwrap();
            assert!(told.contains("nobody"), "{name}: {told}");
        }
        gateway.stop().await;
    }
}

db_test! {
    async fn a_file_that_is_none_is_put_aside_with_the_reason(place: TestDb) {
        let gateway = Gateway::start(&place, 31, 1).await;
        let folder = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(folder.path(), gateway.outbox.clone(), APP).unwrap();
        fs::write(folder.path().join("wrong.csv"), "a;b;c\n1;2;3\n").unwrap();
        let right = [HEADER.to_owned(), row("a", "d0")];
        fs::write(folder.path().join("z.csv"), right.join("\n")).unwrap();
        // One whose refused rows cannot be written stays, and holds no other up.
        fs::create_dir(folder.path().join("rejected/.refused")).unwrap();
        let refused = [HEADER.to_owned(), row("b", "nobody")];
        fs::write(folder.path().join("a-refused.csv"), refused.join("\n")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("link.csv")).unwrap();
        assert_eq!((watch.look().await.unwrap(), watch.look().await.unwrap()), (0, 2));
        assert!(folder.path().join("a-refused.csv").exists());
        let told = fs::read_to_string(folder.path().join("rejected/wrong.csv.problem.txt"));
        assert!(told.unwrap().contains("the header lacks key, user, type"));
        assert!(folder.path().join("rejected/wrong.csv").exists());
        assert_eq!(gateway.outbox.open(APP).await.unwrap(), 1);
        gateway.stop().await;
    }
}
