//! How long `POST /oauth2/v0/token` takes to refuse a password, by who the name belongs to.
//!
//! What guesses names measures this. Ends with status 1 when two medians differ by more than 5 %:
//! `cargo run --release -p bursar-oauth --example probe_names`, some minutes on a quiet machine.

#![expect(clippy::unwrap_used, reason = "a program that fails, fails")]
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::{Extension, Router};
use bursar_directory::{DataCenters, LOCKED_FOR, Passwords, Seed};
use bursar_kernel::{Clock, Micros, Rng};
use bursar_oauth::Oauth;
use bursar_secrets::ServerKey;
use bursar_testkit::TestDb;
use bursar_web::{DataCenter, Limits, edge};
use http::Request;
use tower::ServiceExt as _;

const ROUNDS: usize = 500;
/// How far apart medians may be, as a part of the smallest.
const DIFFERENCE_MAX: f64 = 0.05;
/// A name, and whose it is.
const NAMES: [(&str, &str); 4] = [
    ("nobody@northwind.example.com", "nobody's"),
    ("ana@northwind.example.com", "a user's"),
    ("off@northwind.example.com", "a disabled user's"),
    ("sso@northwind.example.com", "a user's without password"),
];
const SEED: &str = r#"
[[companies]]
id = "0c2f6d5e-3f0a-4a86-9d2b-6a1c5b7e9f01"
name = "Northwind"
edition = "standard"
products = []
home = "us"
users = [
    { id = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c11", user_name = "ana@northwind.example.com",
      password = "ana", email = "", given_name = "", family_name = "" },
    { id = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c12", user_name = "off@northwind.example.com",
      password = "off", email = "", given_name = "", family_name = "", state = "disabled" },
    { id = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c13", user_name = "sso@northwind.example.com",
      email = "", given_name = "", family_name = "", sign_in = "sso" },
]

[[apps]]
client_id = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51"
client_secret = "secret"
name = "Probe"
scopes = ["openid"]
grants = ["password"]
home = "us"
"#;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let place = TestDb::sqlite();
    let clock = Clock::fake(Micros(1_795_253_400_000_000));
    let service = service(&place, &clock).await;
    let mut times = NAMES.map(|_| Vec::new());
    for round in 0..ROUNDS {
        // Alternately, so that what else the machine does falls on all alike.
        for at in 0..NAMES.len() {
            let which = (at + round) % NAMES.len();
            times[which].push(refused(service.clone(), NAMES[which].0).await);
        }
        clock.advance(LOCKED_FOR);
    }
    println!(
        "{:<28}{:>9}{:>9}{:>9}",
        "the name is", "p10 ms", "p50 ms", "p90 ms"
    );
    let mut medians = Vec::new();
    for (mut times, (_, whose)) in times.into_iter().zip(NAMES) {
        times.sort();
        let at = |tenth: usize| times[times.len() * tenth / 10].as_secs_f64() * 1e3;
        println!("{whose:<28}{:>9.2}{:>9.2}{:>9.2}", at(1), at(5), at(9));
        medians.push(at(5));
    }
    verdict(&medians)
}

fn verdict(medians: &[f64]) -> ExitCode {
    let least = medians.iter().copied().fold(f64::INFINITY, f64::min);
    let most = medians.iter().copied().fold(0.0, f64::max);
    let difference = (most - least) / least;
    println!(
        "{ROUNDS} rounds: medians differ by {:.2} %, at most {:.0} % are allowed",
        difference * 100.0,
        DIFFERENCE_MAX * 100.0
    );
    if difference <= DIFFERENCE_MAX {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn service(place: &TestDb, clock: &Clock) -> Router {
    let (db, rng) = (place.open().await, Rng::system());
    let us = DataCenter::new("us", "https://us.test", "https://www.test").unwrap();
    let data_centers = DataCenters::new([us]).unwrap();
    let passwords = Passwords::new(rng.clone());
    let key = ServerKey::from_hex(&"a1".repeat(32)).unwrap();
    let homes = data_centers.clone();
    let mut seed = Seed::parse(SEED).unwrap();
    bursar_directory::seed(&db, clock, &passwords, &homes, &mut seed)
        .await
        .unwrap();
    let oauth = Oauth::open(db, clock.clone(), rng.clone(), homes, passwords, key);
    let oauth = oauth.await.unwrap();
    bursar_oauth::seed(&oauth, &mut seed).await.unwrap();
    let here = Arc::clone(data_centers.get("us").unwrap());
    let routes = bursar_oauth::routes(oauth);
    edge(routes, rng, clock.clone(), &Limits::default()).layer(Extension(here))
}

async fn refused(service: Router, name: &str) -> Duration {
    let form = format!(
        "client_id=5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51&client_secret=secret\
         &grant_type=password&username={name}&password=guess"
    );
    let request = Request::post("/oauth2/v0/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form));
    let started = Instant::now();
    let response = service.oneshot(request.unwrap()).await.unwrap();
    let took = started.elapsed();
    assert_eq!(response.status(), 400);
    took
}
