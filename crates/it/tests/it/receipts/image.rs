//! Receipts with an image.

use std::time::Duration;

use bursar_testkit::{TestDb, db_test};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::sample::{smallest, without};
use crate::app::*;
use crate::http::{Answer, Call};
use crate::pictures::{Part, files, form, form_type, gif, jpeg, pdf, png, tiff};

/// Source: endpoints.markdown, "Supported Image Formats".
const IMAGE_MAX: usize = 25 << 20;

fn call(app: &TestApp, token: &str) -> Call {
    // A millisecond later than the one before.
    app.clock.advance(Duration::from_millis(1));
    let call = app.us.post(&format!("/receipts/v4/users/{ANA}"));
    call.bearer(token).header("link", GENERAL)
}

async fn post(app: &TestApp, token: &str, parts: &[Part<'_>]) -> Answer {
    call(app, token).form_data(parts).send().await
}

db_test! {
    async fn an_image_takes_the_place_of_a_generated_one(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let receipt = smallest().to_string();
        let receipt = ("receipt", receipt.as_bytes());
        for (sent, media_type) in [
            (png(30, 20), "image/png"),
            (jpeg(30, 20), "image/jpeg"),
            (gif(30, 20), "image/gif"),
            (pdf(), "application/pdf"),
        ] {
            let image = ("image", sent.as_slice());
            for parts in [[receipt, image], [image, receipt]] {
                let posted = post(&app, &token, &parts).await;
                assert_eq!((posted.status, posted.text()), (201, String::new()));
                let url = posted.header("location").to_owned();
                let id = url.rsplit('/').next().unwrap();
                let base = &app.us.base;
                assert_eq!(url, format!("{base}/receipts/v4/{id}"));
                assert_eq!(posted.header("link"), format!("{GENERAL}, \
                    <{base}/receipts/v4/status/{id}>; rel=\"processing-status\""));

                let status = app.processed(&token, &url).await.json();
                let messages: Vec<_> = status["logs"].as_array().unwrap().iter()
                    .map(|entry| entry["message"].as_str().unwrap()).collect();
                assert_eq!(messages, ["Receipt accepted. Queued for processing.",
                    "Initiated receipt processing.", "Processing finished."]);
                let read = app.us.get(&url).bearer(&token).send().await.json();
                assert_eq!(read["receipt"], smallest());
                let image = read["image"].as_str().unwrap();
                let image = app.us.get(image).bearer(&token).send().await;
                assert_eq!((image.status, image.header("content-type")), (200, media_type));
                assert_eq!(image.body, sent, "{media_type}");
            }
        }
        // A form without an image is a plain receipt.
        let plain = post(&app, &token, &[receipt]).await;
        let url = plain.header("location").to_owned();
        app.processed(&token, &url).await;
        let image = app.us.get(&format!("{url}/image")).bearer(&token).send().await;
        assert!(image.body.starts_with(b"%PDF-"));
        app.stop().await;
    }
}

async fn processed_image(app: &TestApp, token: &str, image: &[u8]) -> Answer {
    let receipt = smallest().to_string();
    let parts = [("receipt", receipt.as_bytes()), ("image", image)];
    let url = post(app, token, &parts).await.header("location").to_owned();
    app.processed(token, &url).await;
    app.us
        .get(&format!("{url}/image"))
        .bearer(token)
        .send()
        .await
}

db_test! {
    async fn images_are_reduced_and_tiffs_become_pdfs(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        for (sent, expected) in [
            (png(2300, 460), (2200, 440)),
            (jpeg(230, 2300), (220, 2200)),
            (png(2200, 3), (2200, 3)),
        ] {
            let kept = processed_image(&app, &token, &sent).await;
            let kept = image::load_from_memory(&kept.body).unwrap();
            assert_eq!((kept.width(), kept.height()), expected);
        }
        let kept = processed_image(&app, &token, &tiff(3)).await;
        assert_eq!(kept.header("content-type"), "application/pdf");
        assert!(kept.body.starts_with(b"%PDF-"));
        app.stop().await;
    }
}

/// What a refused post looks like, and that it left nothing.
async fn assert_refused(app: &TestApp, place: &TestDb, answer: &Answer, expected: (u16, &str)) {
    assert_eq!((answer.status, answer.text().as_str()), expected);
    assert_eq!(app.stored().await, 0);
    let left = files(place.folder());
    assert!(left.is_empty(), "{left:?}");
}

const UNREADABLE: (u16, &str) = (400, "Request body could not be parsed");
const NO_IMAGE: (u16, &str) = (415, "Invalid image type");

db_test! {
    async fn a_bad_form_leaves_nothing(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let json = smallest().to_string();
        let (receipt, picture) = (("receipt", json.as_bytes()), png(8, 8));
        let image = ("image", picture.as_slice());
        let svg: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
        let html: &[u8] = b"<html><script>alert(1)</script>";
        let webp: &[u8] = b"RIFF\x24\0\0\0WEBPVP8 ";
        let parts: [(&[Part<'_>], _); 16] = [
            (&[], UNREADABLE),
            (&[image], UNREADABLE),
            (&[receipt, image, image], UNREADABLE),
            (&[receipt, receipt, image], UNREADABLE),
            (&[receipt, ("Image", image.1)], UNREADABLE),
            (&[receipt, ("fileContent", image.1)], UNREADABLE),
            (&[image, ("receipt", b"")], UNREADABLE),
            (&[image, ("receipt", b"{")], UNREADABLE),
            (&[image, ("receipt", picture.as_slice())], UNREADABLE),
            (&[receipt, ("image", b"")], NO_IMAGE),
            (&[receipt, ("image", b"GIF8")], NO_IMAGE),
            (&[receipt, ("image", svg)], NO_IMAGE),
            (&[receipt, ("image", html)], NO_IMAGE),
            (&[("image", webp), receipt], NO_IMAGE),
            (&[receipt, ("image", json.as_bytes())], NO_IMAGE),
            // A form in a form.
            (&[receipt, ("image", &form(&[image]))], NO_IMAGE),
        ];
        for (parts, expected) in parts {
            let answer = post(&app, &token, parts).await;
            assert_refused(&app, &place, &answer, expected).await;
            if expected == UNREADABLE {
                assert!(!answer.header("bursar-detail").is_empty());
            }
        }
        let faulty = without("/total");
        let answer = post(&app, &token, &[image, ("receipt", faulty.as_bytes())]).await;
        assert_eq!(answer.json()["validationErrors"][0]["path"], "/total");
        assert_eq!((answer.status, app.stored().await), (400, 0));

        let whole = form(&[receipt, image]);
        for (cut, expected) in [
            (0, UNREADABLE),
            (20, UNREADABLE),
            (150, UNREADABLE),
            (whole.len() - 40, UNREADABLE),
            (whole.len() - 10, UNREADABLE),
        ] {
            let cut = call(&app, &token).header("content-type", &form_type()).body(&whole[..cut]);
            assert_refused(&app, &place, &cut.send().await, expected).await;
        }
        let unsupported = (415, "Specified Content-Type is not supported");
        for (content_type, expected) in [
            ("multipart/form-data", UNREADABLE),
            ("multipart/form-data; boundary=other", UNREADABLE),
            ("multipart/mixed; boundary=----of-a-test", unsupported),
            ("image/png", unsupported),
        ] {
            let call = call(&app, &token).header("content-type", content_type);
            let answer = call.body(whole.as_slice()).send().await;
            assert_refused(&app, &place, &answer, expected).await;
        }
        let packed = call(&app, &token).header("content-encoding", "gzip");
        let answer = packed.form_data(&[receipt, image]).send().await;
        assert_refused(&app, &place, &answer, unsupported).await;
        app.stop().await;
    }
}

db_test! {
    async fn an_image_has_at_most_25_megabytes(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let json = smallest().to_string();
        let receipt = ("receipt", json.as_bytes());
        // Something after its end does not make it another picture.
        let mut image = png(8, 8);
        image.resize(IMAGE_MAX + 1, 0);
        for parts in [[receipt, ("image", &image)], [("image", &image), receipt]] {
            let answer = post(&app, &token, &parts).await;
            assert_refused(&app, &place, &answer, (413, "")).await;
        }
        let sent = [receipt, ("image", &image[..IMAGE_MAX])];
        assert_eq!(post(&app, &token, &sent).await.status, 201);
        app.stop().await;
    }
}

/// The start of an answer to what is sent by hand.
async fn exchanged(app: &TestApp, request: &str) -> String {
    let mut stream = TcpStream::connect(app.us.base.trim_start_matches("http://"))
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    String::from_utf8(start.to_vec()).unwrap()
}

fn head(user: &str, token: &str, length: usize) -> String {
    format!(
        "POST /receipts/v4/users/{user} HTTP/1.1\r\nhost: us\r\nauthorization: Bearer {token}\r\n\
         link: {GENERAL}\r\ncontent-type: {}\r\ncontent-length: {length}\r\n\
         expect: 100-continue\r\n\r\n",
        form_type()
    )
}

db_test! {
    async fn nothing_is_asked_for_that_will_be_refused(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let reader = app.token_for(ANA, "receipts.read").await;
        for (user, token, length, expected) in [
            (ANA, &token, 60 << 20, "HTTP/1.1 413"),
            (BEN, &token, 1000, "HTTP/1.1 401"),
            (ANA, &reader, 1000, "HTTP/1.1 403"),
            (ANA, &token, 1000, "HTTP/1.1 100"),
        ] {
            assert_eq!(exchanged(&app, &head(user, token, length)).await, expected);
        }
        app.stop().await;
    }
}

db_test! {
    async fn an_upload_that_breaks_off_leaves_nothing(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let mut image = png(8, 8);
        image.resize(2 << 20, 0);
        let json = smallest().to_string();
        let whole = form(&[("image", &image), ("receipt", json.as_bytes())]);
        let mut stream =
            TcpStream::connect(app.us.base.trim_start_matches("http://")).await.unwrap();
        let head = head(ANA, &token, whole.len()).replace("expect: 100-continue\r\n", "");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&whole[..whole.len() - 100]).await.unwrap();
        until("a file", async || files(place.folder()).len() == 1).await;
        drop(stream);
        until("its end", async || files(place.folder()).is_empty()).await;
        assert_eq!(app.stored().await, 0);
        app.stop().await;
    }
}

db_test! {
    async fn no_image_is_lost_in_a_restart(place: TestDb) {
        let app = TestApp::start(&place).await;
        let refresh = app.connect(ANA).await.field("refresh_token");
        let token = app.token(ANA).await;
        let json = smallest().to_string();
        let mut sent = Vec::new();
        for width in 1..=12 {
            let image = png(width, 9);
            let parts = [("receipt", json.as_bytes()), ("image", image.as_slice())];
            let posted = post(&app, &token, &parts).await;
            let id = posted.header("location").rsplit('/').next().unwrap().to_owned();
            sent.push((id, image));
        }
        // Most are not processed yet.
        let clock = app.clock.clone();
        app.stop().await;

        let app = TestApp::start_at(&place, clock).await;
        let form = [("client_id", CAFE.0), ("client_secret", CAFE.1),
            ("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let token = app.us.post("/oauth2/v0/token").form(&form).send().await.field("access_token");
        assert_eq!(app.stored().await, sent.len());
        for (id, image) in &sent {
            let url = format!("{}/receipts/v4/{id}", app.us.base);
            app.processed(&token, &url).await;
            let kept = app.us.get(&format!("{url}/image")).bearer(&token).send().await;
            assert_eq!(&kept.body, image);
        }
        assert_eq!(files(place.folder()).len(), sent.len());
        app.stop().await;
    }
}
