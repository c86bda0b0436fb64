//! For whom a receipt's picture is, and from whom.

use bursar_testkit::db_test;

use super::sample::smallest;
use crate::app::*;
use crate::partner::LOGO;

/// Where the PDF has a picture in it.
const PICTURE: &str = "/Subtype/Image";

/// Dana reads Japanese.
fn dana() -> String {
    format!(
        r#"
[[companies]]
id = "{MERIDIAN}"
name = "Meridian"
edition = "standard"
products = ["expense"]
home = "us"

[[companies.users]]
id = "{DANA}"
user_name = "dana@meridian.example.com"
email = "dana@meridian.example.com"
given_name = "Dana"
family_name = "Mori"
locale = "ja-JP"
"#
    )
}

/// CAFE has a logo.
fn listing() -> String {
    format!(
        r#"
[[listings]]
id = "a3000000-0000-4000-8000-0000000000bb"
partner = "{NORTHWIND}"
kind = "user"
state = "draft"
name = "Bluebird Cafe"
logo = "{LOGO}"
preview_code = "0b7f3f4e5a434d0e9f0c3f8a1d2b6c55"

[listings.development]
client_id = "{}"
connect_url = "http://127.0.0.1:9/connect"
"#,
        CAFE.0
    )
}

/// Posts a receipt of a user's, and answers its picture, as text where it is text.
async fn picture(app: &TestApp, user: &str) -> String {
    let token = app.token(user).await;
    let url = app.accepted(&token, user, smallest().to_string()).await;
    app.processed(&token, &url).await;
    let image = app
        .us
        .get(&format!("{url}/image"))
        .bearer(&token)
        .send()
        .await;
    assert_eq!(
        (image.status, image.header("content-type")),
        (200, "application/pdf")
    );
    String::from_utf8_lossy(&image.body).into_owned()
}

db_test! {
    async fn a_picture_is_in_the_travellers_language(place: TestDb) {
        let app = TestApp::start_seeded(&place, &dana()).await;
        for (user, language) in [(ANA, "/Lang(en-US)"), (DANA, "/Lang(ja-JP)")] {
            let picture = picture(&app, user).await;
            assert!(picture.contains(language), "{user}");
            assert!(!picture.contains(PICTURE), "{user}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn a_picture_has_the_logo_of_its_app(place: TestDb) {
        let app = TestApp::start_seeded(&place, &listing()).await;
        for _ in 0..2 {
            assert!(picture(&app, ANA).await.contains(PICTURE));
        }
        app.stop().await;
    }
}
