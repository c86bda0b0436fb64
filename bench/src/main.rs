//! Bursar's benchmarks: ours against the ceiling, in one run, in alternating rounds.
//!
//! `cargo xtask bench NAME` builds everything and sets `BURSAR_BENCH_POSTGRES` (a cluster of its
//! own), `BURSAR_BENCH_PEERS` (the peers' Node packages) and `BURSAR_BENCH_SCRATCH` (a folder for
//! data). Each line on standard output is one JSON object; progress goes to standard error.

mod bodies;
mod ceiling;
mod deliver;
mod end_to_end;
mod http;
mod idle;
mod import;
mod latency;
mod list;
mod merchant;
mod ours;
mod peers;
mod process;
mod render;
mod rounds;
mod storage;
mod storm;
mod uploads;
mod wrk;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde_json::json;

use ceiling::Ceiling;
use ours::Ours;
use peers::OidcProvider;
use rounds::{Plan, alone, both, ceiling_alone, compared, print};
use storage::Engine;

/// Errors end the run; the text is for whoever started it.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The receipt that is posted, on one line.
const RECEIPT: &str = include_str!("../data/general-receipt.json");

/// Ours against the ceiling.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
struct Options {
    /// What to measure.
    bench: Bench,
    /// One storage engine only; both when left out.
    #[arg(long)]
    engine: Option<Engine>,
    /// How many times each side is measured.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// How long each round takes, beside two seconds of warm-up.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Measure ours against other servers too.
    #[arg(long)]
    peers: bool,
    /// Measure the ceiling only, to know the machine.
    #[arg(long, conflicts_with = "peers")]
    ceiling_only: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// A receipt is posted and durable.
    #[value(name = "receipt.post")]
    ReceiptPost,
    /// The same for a receipt of the largest type; budget: 0.4 of the ceiling.
    #[value(name = "receipt.post_air")]
    ReceiptPostAir,
    /// The same with a picture of 1 MB; budget: 0.5 of the ceiling.
    #[value(name = "receipt.post_image")]
    ReceiptPostImage,
    /// A user's receipts are listed, among few and among very many; budget: twice the time.
    #[value(name = "receipt.list")]
    ReceiptList,
    /// Memory while many large pictures come in; budget: 200 MB.
    #[value(name = "upload.memory")]
    UploadMemory,
    /// A receipt is posted, rendered and available.
    #[value(name = "receipt.end_to_end")]
    ReceiptEndToEnd,
    /// A receipt becomes a PDF, on one core.
    #[value(name = "receipt.render")]
    ReceiptRender,
    /// A refresh token gives new tokens.
    #[value(name = "token.refresh")]
    TokenRefresh,
    /// An app gets a token for itself.
    #[value(name = "token.client_credentials")]
    TokenClientCredentials,
    /// A receipt is posted while many sign in.
    #[value(name = "token.storm")]
    TokenStorm,
    /// A receipt goes through the gateway and the platform; budget: 0.6 of the platform alone.
    #[value(name = "gateway.deliver")]
    GatewayDeliver,
    /// A million items go into the gateway's outbox; budget: 0.4 of inserting their rows.
    #[value(name = "gateway.import")]
    GatewayImport,
    /// From the call that enqueues a job until the job starts.
    #[value(name = "jobs.latency")]
    JobsLatency,
    /// From the start to `/ready`, on data of an earlier run.
    #[value(name = "cold_start")]
    ColdStart,
    /// Memory of `bursar demo` after its last step.
    #[value(name = "idle_memory")]
    IdleMemory,
}

impl Bench {
    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    let scratch = std::env::var_os("BURSAR_BENCH_SCRATCH")
        .map(PathBuf::from)
        .ok_or("BURSAR_BENCH_SCRATCH is not set; use `cargo xtask bench`")?;
    // What an earlier run left when it was cut off.
    let scratch = scratch.join("run");
    let _ = std::fs::remove_dir_all(&scratch);
    std::fs::create_dir_all(&scratch)?;
    let plan = Plan {
        rounds: usize::from(options.rounds),
        span: Duration::from_secs(options.seconds),
        scratch: &scratch,
    };
    let engines = match options.engine {
        Some(engine) => vec![engine],
        None => vec![Engine::Sqlite, Engine::Postgres],
    };
    let measured = match options.bench {
        Bench::ReceiptRender => render::run(plan),
        Bench::ReceiptEndToEnd => engines
            .iter()
            .try_for_each(|engine| end_to_end::run(*engine, plan)),
        Bench::TokenStorm => engines
            .iter()
            .try_for_each(|engine| storm::run(*engine, plan)),
        Bench::JobsLatency => engines
            .iter()
            .try_for_each(|engine| latency::run(*engine, plan)),
        Bench::ColdStart => engines
            .iter()
            .try_for_each(|engine| idle::cold_start(*engine, plan)),
        Bench::IdleMemory => idle::memory(plan, options.peers),
        Bench::ReceiptList => engines
            .iter()
            .try_for_each(|engine| list::run(*engine, plan)),
        Bench::GatewayDeliver => engines
            .iter()
            .try_for_each(|engine| deliver::run(*engine, plan)),
        Bench::GatewayImport => engines
            .iter()
            .try_for_each(|engine| import::run(*engine, plan)),
        Bench::UploadMemory => engines
            .iter()
            .try_for_each(|engine| uploads::memory(*engine, plan)),
        _ => engines
            .iter()
            .try_for_each(|engine| against_ceiling(&options, *engine, plan)),
    };
    std::fs::remove_dir_all(&scratch)?;
    measured
}

/// The benches that speak HTTP under load.
fn against_ceiling(options: &Options, engine: Engine, plan: Plan<'_>) -> Result<()> {
    let bench = options.bench;
    let (name, unit) = (bench.name(), "req/s");
    if options.ceiling_only {
        let side = alone(&Ceiling(bench), engine, plan)?;
        print(&name, engine.name(), unit, ceiling_alone(&side));
        return Ok(());
    }
    let (our_side, ceiling) = both(&Ours(bench), &Ceiling(bench), engine, plan)?;
    print(
        &name,
        engine.name(),
        unit,
        compared(&our_side, "ceiling", &ceiling),
    );
    if options.peers && bench == Bench::TokenClientCredentials {
        let (our_side, peer) = both(&Ours(bench), &OidcProvider, engine, plan)?;
        let mut fields = compared(&our_side, "theirs", &peer);
        fields.insert("peer".to_owned(), json!(OidcProvider::NAME));
        print(&name, engine.name(), unit, fields);
    }
    Ok(())
}
