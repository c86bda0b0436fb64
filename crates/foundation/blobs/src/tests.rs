use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::time::SystemTime;

use bursar_kernel::{Micros, Uuid};

use super::*;

const HOUR: Duration = Duration::from_hours(1);
const START: Micros = Micros(1_764_000_000_000_000);

fn at(dir: impl Into<PathBuf>) -> Result<Blobs, BlobError> {
    Blobs::open(dir, Clock::fake(START), Rng::system())
}

fn store() -> (tempfile::TempDir, Blobs) {
    let dir = tempfile::tempdir().unwrap();
    let blobs = at(dir.path().join("a/b/blobs")).unwrap();
    (dir, blobs)
}

fn path(blobs: &Blobs, id: BlobId) -> PathBuf {
    blobs.dir().join(id.folder()).join(id.to_string())
}

/// Sets a file's age to that of a file from 1970.
fn make_old(path: &Path) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
}

async fn sweep(blobs: &Blobs, named: &[BlobId]) -> u64 {
    let named: HashSet<BlobId> = named.iter().copied().collect();
    let answer = |_| std::future::ready(Ok::<_, BlobError>(named.clone()));
    blobs.sweep(HOUR, answer).await.unwrap()
}

#[tokio::test]
async fn what_is_put_is_read_back_after_a_restart() {
    let (_dir, blobs) = store();
    let id = blobs.put("receipt").await.unwrap();
    let empty = blobs.put(Bytes::new()).await.unwrap();
    let blobs = at(blobs.dir()).unwrap();
    assert_eq!(blobs.get(id).await.unwrap(), "receipt");
    assert_eq!(blobs.get(empty).await.unwrap(), "");
    assert!(path(&blobs, id).exists());
}

#[tokio::test]
async fn only_the_owner_can_read() {
    let (_dir, blobs) = store();
    let id = blobs.put("receipt").await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path(&blobs, id)), 0o600);
    assert_eq!(mode(&blobs.dir().join(id.folder())), 0o700);
    assert_eq!(mode(blobs.dir()), 0o700);
}

#[tokio::test]
async fn each_put_makes_a_file_of_its_own() {
    let (_dir, blobs) = store();
    let first = blobs.put("receipt").await.unwrap();
    let second = blobs.put("receipt").await.unwrap();
    assert_ne!(first, second);
    assert!(path(&blobs, first).exists() && path(&blobs, second).exists());
}

#[tokio::test]
async fn a_later_time_has_a_later_folder() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::fake(START);
    let blobs = Blobs::open(dir.path(), clock.clone(), Rng::system()).unwrap();
    let first = blobs.put("receipt").await.unwrap();
    clock.advance(5 * HOUR);
    let second = blobs.put("receipt").await.unwrap();
    assert!(first.folder() < second.folder());
    assert_eq!(blobs.get(first).await.unwrap(), "receipt");
    assert_eq!(blobs.get(second).await.unwrap(), "receipt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn puts_at_the_same_time_do_not_disturb_each_other() {
    let (_dir, blobs) = store();
    let puts: Vec<_> = (0..64)
        .map(|number| {
            let blobs = blobs.clone();
            tokio::spawn(async move { blobs.put(format!("receipt {number}")).await.unwrap() })
        })
        .collect();
    for (number, put) in puts.into_iter().enumerate() {
        let id = put.await.unwrap();
        assert_eq!(blobs.get(id).await.unwrap(), format!("receipt {number}"));
    }
}

#[tokio::test]
async fn missing_and_damaged_files_are_told_apart() {
    let (_dir, blobs) = store();
    let absent = BlobId::new(Uuid::from_u128(1), b"absent");
    let absent = blobs.get(absent).await.unwrap_err();
    assert!(matches!(absent, BlobError::Missing { .. }), "{absent}");

    let id = blobs.put("receipt").await.unwrap();
    fs::write(path(&blobs, id), "receip").unwrap();
    let damaged = blobs.get(id).await.unwrap_err();
    assert!(matches!(damaged, BlobError::Damaged { .. }), "{damaged}");
    assert!(damaged.to_string().contains(&id.to_string()));
}

#[tokio::test]
async fn a_sweep_takes_old_files_that_no_row_names() {
    let (_dir, blobs) = store();
    let named = blobs.put("named").await.unwrap();
    let orphan = blobs.put("orphan").await.unwrap();
    let half = blobs.put("half written").await.unwrap();
    let fresh = blobs.put("fresh").await.unwrap();
    fs::write(path(&blobs, half), "half").unwrap();
    for id in [named, orphan, half] {
        make_old(&path(&blobs, id));
    }

    assert_eq!(sweep(&blobs, &[named]).await, 2);
    for id in [named, fresh] {
        assert!(path(&blobs, id).exists(), "{id}");
    }
    assert!(!path(&blobs, orphan).exists() && !path(&blobs, half).exists());
}

#[tokio::test]
async fn a_sweep_asks_for_a_thousand_at_a_time() {
    let (_dir, blobs) = store();
    let first = blobs.put("0").await.unwrap();
    for number in 1..=1000_u128 {
        let id = BlobId::new(Uuid::from_u128(number << 80), b"");
        let id: String = first.folder() + &id.to_string()[6..];
        fs::write(blobs.dir().join(first.folder()).join(id), "").unwrap();
    }
    for file in fs::read_dir(blobs.dir().join(first.folder())).unwrap() {
        make_old(&file.unwrap().path());
    }
    let asked = AtomicUsize::new(0);
    let named = |ids: Vec<BlobId>| {
        assert!(ids.len() <= 1000);
        asked.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok::<_, BlobError>(HashSet::new()))
    };
    assert_eq!(blobs.sweep(HOUR, named).await.unwrap(), 1001);
    assert_eq!(asked.into_inner(), 2);
}

#[tokio::test]
async fn a_sweep_leaves_what_is_not_ours() {
    let (_dir, blobs) = store();
    let id = blobs.put("receipt").await.unwrap();
    let beside = path(&blobs, id).with_file_name("README");
    let elsewhere = blobs.dir().join("lost+found").join(id.to_string());
    fs::create_dir(elsewhere.parent().unwrap()).unwrap();
    for path in [&beside, &elsewhere] {
        fs::write(path, "not ours").unwrap();
        make_old(path);
    }
    assert_eq!(sweep(&blobs, &[id]).await, 0);
    assert!(beside.exists() && elsewhere.exists());
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
async fn a_failed_put_says_where_and_the_next_succeeds() {
    let (dir, blobs) = store();
    let away = dir.path().join("away");
    fs::rename(blobs.dir(), &away).unwrap();
    let failed = blobs.put("receipt").await.unwrap_err().to_string();
    assert!(failed.contains("a/b/blobs"), "{failed}");
    fs::rename(&away, blobs.dir()).unwrap();
    let id = blobs.put("receipt").await.unwrap();
    assert_eq!(blobs.get(id).await.unwrap(), "receipt");
}

#[test]
fn a_file_in_the_way_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let failed = at(path).unwrap_err().to_string();
        assert!(failed.contains("a file is in the way"), "{failed}");
    }
}

#[tokio::test]
async fn what_is_announced_is_waited_for_but_not_long() {
    let (_dir, blobs) = store();
    let never = blobs.announce();
    let soon = blobs.announce();
    let (alone, together) = tokio::join!(blobs.put("receipt"), soon.put("another"));
    assert!(alone.unwrap().is_of(b"receipt"));
    assert!(together.unwrap().is_of(b"another"));
    drop(never);
    assert_eq!(blobs.announced.load(Ordering::Relaxed), 0);
}

/// Every file below the store, whatever its name.
fn files(blobs: &Blobs) -> Vec<PathBuf> {
    let folders = fs::read_dir(blobs.dir()).unwrap();
    let files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

async fn uploaded(blobs: &Blobs, pieces: &[&'static [u8]]) -> Upload {
    let mut upload = blobs.upload();
    for piece in pieces {
        upload = upload.write(Bytes::from_static(piece)).await.unwrap();
    }
    upload
}

const LARGE: &[u8] = &[7; 300 << 10];

#[tokio::test]
async fn an_upload_is_what_its_pieces_make() {
    let (_dir, blobs) = store();
    let each: [&[&'static [u8]]; 4] = [
        &[],
        &[b"receipt"],
        &[b"re", b"", b"ceipt"],
        &[LARGE, b"x", LARGE],
    ];
    for pieces in each {
        let id = uploaded(&blobs, pieces).await.finish().await.unwrap();
        assert!(id.is_of(&pieces.concat()));
        let blobs = at(blobs.dir()).unwrap();
        assert_eq!(blobs.get(id).await.unwrap(), pieces.concat());
    }
    assert_eq!(files(&blobs).len(), 4);
}

#[tokio::test]
async fn an_upload_that_is_not_finished_leaves_nothing() {
    let (_dir, blobs) = store();
    drop(uploaded(&blobs, &[b"small"]).await);
    let large = uploaded(&blobs, &[LARGE, LARGE]).await;
    assert_eq!(files(&blobs).len(), 1);
    drop(large);
    assert_eq!(files(&blobs), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_sweep_takes_uploads_that_a_crash_cut_off() {
    let (_dir, blobs) = store();
    let id = blobs.put("receipt").await.unwrap();
    let under_way = uploaded(&blobs, &[LARGE]).await;
    let cut_off = path(&blobs, id).with_file_name(format!("{}.upload", "0".repeat(32)));
    fs::write(&cut_off, "half").unwrap();
    make_old(&cut_off);
    assert_eq!(sweep(&blobs, &[id]).await, 1);
    assert!(!cut_off.exists());
    let under_way = under_way.finish().await.unwrap();
    assert_eq!(blobs.get(under_way).await.unwrap(), LARGE);
}

#[tokio::test]
async fn an_upload_that_cannot_be_written_says_where() {
    let (dir, blobs) = store();
    let away = dir.path().join("away");
    fs::rename(blobs.dir(), &away).unwrap();
    let failed = blobs.upload().write(Bytes::from_static(LARGE)).await;
    let failed = failed.err().unwrap().to_string();
    assert!(failed.contains("a/b/blobs"), "{failed}");
    fs::rename(&away, blobs.dir()).unwrap();
    let begun = uploaded(&blobs, &[LARGE]).await;
    fs::rename(blobs.dir(), &away).unwrap();
    begun.finish().await.unwrap_err();
}
