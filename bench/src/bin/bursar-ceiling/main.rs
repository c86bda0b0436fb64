//! The ceiling: the fastest simple code for the same bytes with the same durability.
//!
//! One bare route for each benchmark of Bursar that speaks HTTP, on the same libraries and with
//! the same settings: JSON parsed, rows written in groups, one fsync a group, tokens signed. No
//! authorisation, no schema check, no limits. It prints its base URL and serves until killed.

mod images;
mod pictures;
mod postgres;
mod rows;
mod sqlite;
mod tokens;

use std::path::PathBuf;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::{get, post};
use bursar_kernel::{Clock, Rng, hex32};
use clap::Parser;
use tokio::net::TcpListener;

use pictures::{Accepted, Pictures};
use rows::{Receipt, Write, Writer};
use tokens::Signer;

/// The same allocator as ours.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The ceiling of Bursar's benchmarks.
#[derive(Parser)]
struct Options {
    /// Keep rows in a new database file at this path.
    #[arg(
        long,
        conflicts_with = "postgres",
        required_unless_present = "postgres"
    )]
    sqlite: Option<PathBuf>,
    /// Keep rows in this empty server database (a URL).
    #[arg(long)]
    postgres: Option<String>,
    /// Render what is accepted and keep the pictures in this folder.
    #[arg(long)]
    pictures: Option<PathBuf>,
    /// Keep the images that come with receipts in this folder.
    #[arg(long)]
    images: Option<PathBuf>,
}

#[derive(Clone)]
struct App {
    writer: Writer,
    pictures: Option<Pictures>,
    images: Option<PathBuf>,
    signer: Signer,
    clock: Clock,
    rng: Rng,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    let writer = match (&options.sqlite, &options.postgres) {
        (Some(file), _) => sqlite::start(file)?,
        (None, Some(url)) => postgres::start(url).await?,
        (None, None) => return Err("no storage named".into()),
    };
    if let Some(folder) = &options.images {
        std::fs::create_dir_all(folder)?;
    }
    let pictures = options.pictures.as_deref();
    let pictures = pictures.map(|folder| Pictures::start(folder, &writer));
    let app = App {
        writer,
        pictures: pictures.transpose()?,
        images: options.images,
        signer: Signer::new()?,
        clock: Clock::system(),
        rng: Rng::system(),
    };
    let routes = Router::new()
        .route("/receipts", post(receipt))
        .route("/receipts/images", post(images::receipt))
        .route("/receipts/status/{key}", get(status))
        .route(
            "/token/client_credentials",
            post(tokens::client_credentials),
        )
        .route("/token/refresh", post(tokens::refresh))
        .with_state(app);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}

/// `receipt.post`: parse, write receipt, status and job, answer once they are durable.
async fn receipt(
    State(app): State<App>,
    body: Bytes,
) -> Result<(StatusCode, [(HeaderName, String); 1]), StatusCode> {
    let parsed = parsed(&body)?;
    let receipt = app.receipt(&body, None)?;
    let key = receipt.key.clone();
    let (id, now) = (receipt.id, receipt.now);
    app.writer.write(Write::Receipt(receipt)).await?;
    if let Some(pictures) = &app.pictures {
        pictures.make(Accepted {
            id,
            key: key.clone(),
            document: parsed,
            now,
        });
    }
    Ok(created(&key))
}

fn parsed(body: &[u8]) -> Result<serde_json::Value, StatusCode> {
    let parsed: serde_json::Value =
        serde_json::from_slice(body).map_err(|_| StatusCode::BAD_REQUEST)?;
    if parsed.is_object() {
        Ok(parsed)
    } else {
        Err(StatusCode::BAD_REQUEST)
    }
}

fn created(key: &str) -> (StatusCode, [(HeaderName, String); 1]) {
    let location = format!("/receipts/{key}");
    (StatusCode::CREATED, [(header::LOCATION, location)])
}

impl App {
    /// The rows of a receipt, and of its image if it came with one.
    fn receipt(&self, body: &[u8], image: Option<String>) -> Result<Receipt, StatusCode> {
        let document = std::str::from_utf8(body).map_err(|_| StatusCode::BAD_REQUEST)?;
        let now = self.clock.now();
        // Time-ordered, as ours, so that rows stay together.
        let id = self.rng.uuid_at(now);
        let key = hex32(&id);
        Ok(Receipt {
            payload: format!("{{\"receipt\":\"{key}\"}}"),
            key,
            correlation_id: self.rng.uuid().to_string(),
            document: document.to_owned(),
            now: now.0,
            id: id.into_bytes(),
            image,
        })
    }
}

/// `receipt.end_to_end`: whether a receipt's picture is there.
async fn status(
    State(app): State<App>,
    Path(key): Path<String>,
) -> Result<Json<serde_json::Value>, StatusCode> {
    let pictures = app.pictures.as_ref().ok_or(StatusCode::NOT_FOUND)?;
    let status = if pictures.is_processed(&key) {
        "PROCESSED"
    } else {
        "ACCEPTED"
    };
    Ok(Json(serde_json::json!({ "status": status })))
}
