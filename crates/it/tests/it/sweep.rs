//! Files that no row names go; all others stay.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bursar_testkit::{TestDb, db_test};

use crate::app::*;
use crate::partner::complete_draft;
use crate::people::{PIA, Someone};
use crate::pictures::Part;
use crate::quick_expense::sample as quick;
use crate::receipts::sample::smallest;
use crate::signin::{ANA_SIGNS_IN, cookie};

const APP_CENTER: &str = include_str!("appcenter.toml");

/// Every file of the store, each made older than any that a sweep spares.
fn aged(blobs: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(blobs)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let folders = folders.filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut aged: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    for path in &aged {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
    aged.sort();
    aged
}

/// Where a listing's page shows its logo.
async fn logo_of(pia: &Someone<'_>, listing_id: &str) -> String {
    let page = pia.page(&format!("/partner/apps/{listing_id}")).await;
    let (_, file) = page.split_once("src=\"/logos/").unwrap();
    format!("/logos/{}", file.split('"').next().unwrap())
}

async fn start(place: &TestDb) -> TestApp {
    TestApp::start_with(place, &[], APP_CENTER).await
}

/// With a receipt, alone, and with a quick expense. None can be read, so that each stays as it was
/// sent.
async fn send_pictures(app: &TestApp, token: &str) {
    let picture: &[u8] = b"\x89PNG\r\n\x1a\nand nothing else";
    let (receipt, quick) = (smallest().to_string(), quick::smallest().to_string());
    let receipts = format!("/receipts/v4/users/{ANA}");
    let images = format!("{receipts}/image-only-receipts");
    let quicks = format!("{}/image", quick::path(ANA));
    let posts: [(&str, &[Part<'_>], u16); 3] = [
        (
            &receipts,
            &[("receipt", receipt.as_bytes()), ("image", picture)],
            201,
        ),
        (&images, &[("image", picture)], 202),
        (
            &quicks,
            &[
                ("quickExpenseRequest", quick.as_bytes()),
                ("fileContent", picture),
            ],
            201,
        ),
    ];
    for (path, parts, status) in posts {
        let call = app.us.post(path).bearer(token).header("link", GENERAL);
        let answer = call.form_data(parts).send().await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
}

db_test! {
    async fn a_start_sweeps_what_no_row_names_and_nothing_else(place: TestDb) {
        let app = start(&place).await;
        let token = app.token(ANA).await;
        let url = app.accepted(&token, ANA, smallest().to_string()).await;
        app.processed(&token, &url).await;
        let id = url.rsplit('/').next().unwrap();
        send_pictures(&app, &token).await;
        let preview = format!("/expenses/{id}/picture.png");
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        let shown = app.us.get(&preview).cookie(&ana).send().await;
        assert_eq!(shown.status, 200);
        let pia = Someone::at(&app.us, PIA).await;
        let listing_id = complete_draft(&pia).await;
        let logo = logo_of(&pia, &listing_id).await;
        app.stop().await;

        let blobs = place.folder().join("blobs");
        let named = aged(&blobs);
        assert_eq!(named.len(), 6, "a picture, its preview, a logo and three sent: {named:?}");
        // Beside a picture, with its time.
        let orphan = named[0].to_str().unwrap();
        let orphan = format!("{}{}", &orphan[..orphan.len() - 64], "f".repeat(64));
        let orphan = PathBuf::from(orphan);
        fs::write(&orphan, "nobody's").unwrap();
        assert_eq!(aged(&blobs).len(), 7);

        let app = start(&place).await;
        until("a sweep", async || !orphan.exists()).await;
        assert_eq!(aged(&blobs), named);
        let image = format!("/receipts/v4/{id}/image");
        let token = app.token(ANA).await;
        assert_eq!(app.us.get(&image).bearer(&token).send().await.status, 200);
        // The tests' ports are others at each start, and cookies are named by them.
        let ana = app.us.planted(ana.split_once('=').unwrap().1);
        let again = app.us.get(&preview).cookie(&ana).send().await;
        assert_eq!((again.status, again.body), (200, shown.body));
        let pia = Someone::at(&app.us, PIA).await;
        assert_eq!(pia.get(&logo).await.status, 200);
        app.stop().await;
    }
}
