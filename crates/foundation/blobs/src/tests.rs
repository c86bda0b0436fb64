use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::time::SystemTime;

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn store() -> (tempfile::TempDir, Blobs) {
    let dir = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(dir.path().join("a/b/blobs")).unwrap();
    (dir, blobs)
}

fn path(blobs: &Blobs, id: BlobId) -> PathBuf {
    let name = id.to_string();
    blobs.dir().join(&name[..2]).join(name)
}

fn temp_files(blobs: &Blobs) -> usize {
    fs::read_dir(blobs.dir().join("tmp")).unwrap().count()
}

/// Sets a file's age to that of a file from 1970.
fn make_old(path: &Path) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
}

async fn sweep(blobs: &Blobs, named: &[BlobId]) -> Swept {
    let named: HashSet<BlobId> = named.iter().copied().collect();
    let answer = |_| std::future::ready(Ok::<_, BlobError>(named.clone()));
    blobs.sweep(HOUR, answer).await.unwrap()
}

#[tokio::test]
async fn what_is_put_is_read_back_after_a_restart() {
    let (_dir, blobs) = store();
    let id = blobs.put("receipt").await.unwrap();
    let empty = blobs.put(Bytes::new()).await.unwrap();
    let blobs = Blobs::open(blobs.dir()).unwrap();
    assert_eq!(blobs.get(id).await.unwrap(), "receipt");
    assert_eq!(blobs.get(empty).await.unwrap(), "");
    assert!(path(&blobs, id).exists());
    assert_eq!(temp_files(&blobs), 0);
}

#[tokio::test]
async fn only_the_owner_can_read() {
    let (_dir, blobs) = store();
    let id = blobs.put("receipt").await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path(&blobs, id)), 0o600);
    assert_eq!(mode(blobs.dir()), 0o700);
}

#[tokio::test]
async fn equal_content_shares_a_file() {
    let (_dir, blobs) = store();
    let first = blobs.put("receipt").await.unwrap();
    assert_eq!(blobs.put("receipt").await.unwrap(), first);
    let shard = path(&blobs, first);
    let shard = shard.parent().unwrap();
    assert_eq!(fs::read_dir(shard).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn puts_at_the_same_time_do_not_disturb_each_other() {
    let (_dir, blobs) = store();
    let puts: Vec<_> = (0..64)
        .map(|number| {
            let blobs = blobs.clone();
            tokio::spawn(async move { blobs.put(format!("receipt {}", number % 4)).await.unwrap() })
        })
        .collect();
    let mut ids = HashSet::new();
    for put in puts {
        ids.insert(put.await.unwrap());
    }
    assert_eq!(ids.len(), 4);
    for id in ids {
        assert!(blobs.get(id).await.unwrap().starts_with(b"receipt "));
    }
    assert_eq!(temp_files(&blobs), 0);
}

#[tokio::test]
async fn missing_and_damaged_files_are_told_apart() {
    let (_dir, blobs) = store();
    let absent = blobs.get(BlobId::of(b"absent")).await.unwrap_err();
    assert!(matches!(absent, BlobError::Missing { .. }), "{absent}");

    let id = blobs.put("receipt").await.unwrap();
    fs::write(path(&blobs, id), "receip").unwrap();
    let damaged = blobs.get(id).await.unwrap_err();
    assert!(matches!(damaged, BlobError::Damaged { .. }), "{damaged}");
    assert!(damaged.to_string().contains(&id.to_string()));

    blobs.put("receipt").await.unwrap();
    assert_eq!(blobs.get(id).await.unwrap(), "receipt");
}

#[tokio::test]
async fn a_sweep_takes_old_files_that_no_row_names() {
    let (_dir, blobs) = store();
    let named = blobs.put("named").await.unwrap();
    let orphan = blobs.put("orphan").await.unwrap();
    let fresh = blobs.put("fresh").await.unwrap();
    let renewed = blobs.put("renewed").await.unwrap();
    for id in [named, orphan, renewed] {
        make_old(&path(&blobs, id));
    }
    blobs.put("renewed").await.unwrap();

    assert_eq!(
        sweep(&blobs, &[named]).await,
        Swept {
            orphans: 1,
            leftovers: 0
        }
    );
    assert!(!path(&blobs, orphan).exists());
    for id in [named, fresh, renewed] {
        assert!(path(&blobs, id).exists(), "{id}");
    }
}

#[tokio::test]
async fn a_blob_put_again_while_rows_are_asked_is_kept() {
    let (_dir, blobs) = store();
    let id = blobs.put("receipt").await.unwrap();
    make_old(&path(&blobs, id));
    let put_again = |_| async {
        blobs.put("receipt").await?;
        Ok::<_, BlobError>(HashSet::new())
    };
    assert_eq!(
        blobs.sweep(HOUR, put_again).await.unwrap(),
        Swept::default()
    );
    assert!(path(&blobs, id).exists());
}

#[tokio::test]
async fn a_sweep_keeps_what_another_process_puts_again() {
    let (_dir, blobs) = store();
    let other = Blobs::open(blobs.dir()).unwrap();
    let id = blobs.put("receipt").await.unwrap();
    make_old(&path(&blobs, id));
    let put_again = |_| async {
        other.put("receipt").await?;
        Ok::<_, BlobError>(HashSet::new())
    };
    assert_eq!(
        blobs.sweep(HOUR, put_again).await.unwrap(),
        Swept::default()
    );
    assert_eq!(other.get(id).await.unwrap(), "receipt");
}

#[tokio::test]
async fn a_sweep_takes_what_a_crash_left_and_nothing_that_is_not_ours() {
    let (_dir, blobs) = store();
    // A container gives every process the same id: the new one meets the old one's names.
    let leftover = blobs.dir().join(format!("tmp/{}-0", std::process::id()));
    let being_written = blobs.dir().join("tmp/1-1");
    let foreign = blobs.dir().join("00/README");
    for path in [&leftover, &being_written, &foreign] {
        fs::write(path, "half a rece").unwrap();
    }
    make_old(&leftover);
    make_old(&foreign);

    let id = blobs.put("receipt").await.unwrap();
    assert_eq!(fs::read(&leftover).unwrap(), b"half a rece");
    assert_eq!(
        sweep(&blobs, &[id]).await,
        Swept {
            orphans: 0,
            leftovers: 1
        }
    );
    assert!(being_written.exists() && foreign.exists());
    assert_eq!(blobs.get(id).await.unwrap(), "receipt");
}

#[tokio::test]
async fn a_failing_question_stops_the_sweep() {
    let (_dir, blobs) = store();
    let id = blobs.put("receipt").await.unwrap();
    make_old(&path(&blobs, id));
    let fails = |_| std::future::ready(Err(BlobError::Stopping));
    assert!(matches!(
        blobs.sweep(HOUR, fails).await,
        Err(BlobError::Stopping)
    ));
    assert!(path(&blobs, id).exists());
}

#[tokio::test]
async fn a_failed_put_leaves_nothing_and_says_where() {
    let (_dir, blobs) = store();
    let id = BlobId::of(b"receipt");
    fs::create_dir(path(&blobs, id)).unwrap();
    let failed = blobs.put("receipt").await.unwrap_err().to_string();
    assert!(failed.contains(&id.to_string()), "{failed}");
    assert_eq!(temp_files(&blobs), 0);
}

#[test]
fn a_file_in_the_way_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let failed = Blobs::open(path).unwrap_err().to_string();
        assert!(failed.contains("a file is in the way"), "{failed}");
    }
}

#[tokio::test]
async fn what_is_announced_is_waited_for_but_not_long() {
    let (_dir, blobs) = store();
    let never = blobs.announce();
    let soon = blobs.announce();
    let (alone, together) = tokio::join!(blobs.put("receipt"), soon.put("another"));
    assert_eq!(alone.unwrap(), BlobId::of(b"receipt"));
    assert_eq!(together.unwrap(), BlobId::of(b"another"));
    drop(never);
    assert_eq!(blobs.announced.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_put_harms_no_other_of_its_group() {
    let (_dir, blobs) = store();
    let bad = BlobId::of(b"receipt 1");
    fs::create_dir(path(&blobs, bad)).unwrap();
    let group: Vec<_> = (0..4)
        .map(|number| (format!("receipt {number}"), blobs.announce()))
        .collect();
    let puts = group
        .into_iter()
        .map(|(content, place)| tokio::spawn(place.put(content)));
    let puts: Vec<_> = puts.collect();
    for (number, put) in puts.into_iter().enumerate() {
        assert_eq!(put.await.unwrap().is_err(), number == 1, "{number}");
    }
    assert_eq!(temp_files(&blobs), 0);
}
