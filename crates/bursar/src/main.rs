//! `bursar`: the command line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bursar::admin::Order;
use bursar::config::{Config, Flags, strict};
use bursar::control::{self, ControlError};
use bursar::gateway::doctor::examine;
use bursar::gateway::import::{ImportFlags, import};
use bursar::gateway::legacy::{LegacyFlags, migrate};
use bursar::gateway::operator::hash_password;
use bursar::gateway::rotate_key;
use bursar::lint::lint;
use bursar::{Gateway, Platform, sandbox};
use bursar_db::Location;
use bursar_kernel::Uuid;
use bursar_receipts::schema::ReceiptType;
use bursar_web::Strict;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// Small resident memory after bursts counts more here than peak speed.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The open platform and gateway for spend integrations.
#[derive(Parser)]
#[command(version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Subcommand)]
enum Command {
    /// Run the platform as configured
    Platform,
    /// Run the gateway as configured, or do something for it
    Gateway {
        #[command(subcommand)]
        command: Option<GatewayCommand>,
    },
    /// Run the platform with seeded companies, on loopback
    Sandbox(sandbox::SandboxFlags),
    /// Run the sandbox and play the main job on it
    Demo {
        /// Port of the data center `us`; the others follow. 0 takes any free ports
        #[arg(long, default_value_t = sandbox::PORT)]
        port: u16,
        /// End after the last step: status 0, or 1 when a step failed
        #[arg(long)]
        exit: bool,
    },
    /// Apply pending migrations and end
    Migrate,
    /// Tell a running platform or sandbox what to do
    #[command(subcommand)]
    Admin(AdminCommand),
    /// The keys that tokens are signed with
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check a receipt's JSON as a post of it would be checked
    Lint {
        /// The file
        receipt: PathBuf,
        /// The receipt's type
        #[arg(long = "type", value_name = "TYPE", value_parser = receipt_types())]
        receipt_type: ReceiptType,
    },
    /// Print the version
    Version,
}

#[derive(Subcommand)]
enum GatewayCommand {
    /// Send a file of receipts and quick expenses into a running gateway's outbox
    Import(ImportFlags),
    /// Say whether the gateway could do its work now
    Doctor,
    /// Print the hash of an operator's password, which is read from standard input
    HashPassword,
    /// Turn tokens of the time before OAuth 2 into connections; on SQLite, stop the gateway first
    MigrateLegacy(LegacyFlags),
    /// Put a new key first in the file of those that seal tokens; restart the gateway then
    RotateKey,
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Move a company to another data center, while it is served
    MoveCompany {
        /// The company's id, a UUID
        company: Uuid,
        /// The id of the data center where it will live
        data_center: String,
    },
    /// List the jobs that were given up, with their reasons
    Jobs {
        #[command(subcommand)]
        command: Option<JobsCommand>,
    },
}

#[derive(Subcommand)]
enum JobsCommand {
    /// Run them again
    Retry {
        /// A job's id, or `all`
        #[arg(value_parser = which_jobs)]
        job: WhichJobs,
    },
}

/// One dead job, or all.
#[derive(Clone, Copy)]
struct WhichJobs(Option<i64>);

fn which_jobs(text: &str) -> Result<WhichJobs, String> {
    match (text, text.parse()) {
        ("all", _) => Ok(WhichJobs(None)),
        (_, Ok(id @ 1..)) => Ok(WhichJobs(Some(id))),
        _ => Err("give the id that `bursar admin jobs` shows, or `all`".to_owned()),
    }
}

impl AdminCommand {
    fn order(self) -> Order {
        match self {
            Self::MoveCompany {
                company,
                data_center,
            } => Order::MoveCompany {
                company,
                data_center,
            },
            Self::Jobs { command: None } => Order::DeadJobs,
            Self::Jobs {
                command: Some(JobsCommand::Retry { job }),
            } => Order::RetryJobs { id: job.0 },
        }
    }
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Have a running platform or sandbox sign with new keys
    Rotate {
        /// The id of one data center; all of them without it
        data_center: Option<String>,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say what is wrong with it, or what would be used
    Check,
}

/// Types by their short names: `hotel`.
fn receipt_types() -> impl TypedValueParser<Value = ReceiptType> {
    let names = ReceiptType::ALL.map(ReceiptType::short_name);
    PossibleValuesParser::new(names).try_map(|name| {
        ReceiptType::from_name(&format!("{name}-receipt")).ok_or("there is no such type")
    })
}

/// Wrong usage or configuration.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if shows_password(&matches, &cli.flags) {
        eprintln!(
            "bursar: others on this machine can see a password in --database-url; give the URL by \
             BURSAR_DATABASE_URL or the configuration file"
        );
        return ExitCode::from(USAGE);
    }
    // A file needs no configuration.
    if let Command::Lint {
        receipt,
        receipt_type,
    } = &cli.command
    {
        return match strict(cli.flags.strict.as_deref()) {
            Ok(strict) => check(receipt, *receipt_type, strict),
            Err(error) => complain(&error),
        };
    }
    let config = match Config::load(&cli.flags) {
        Ok(config) => config,
        Err(error) => return complain(&error),
    };
    match cli.command {
        Command::Version => {
            println!(
                "bursar {} (SQLite {})",
                env!("CARGO_PKG_VERSION"),
                bursar_db::SQLITE_VERSION
            );
            ExitCode::SUCCESS
        }
        Command::Config(ConfigCommand::Check) => {
            println!("The configuration is usable.\n{}", config.describe());
            ExitCode::SUCCESS
        }
        Command::Admin(command) => administer(&config, &command.order()),
        Command::Keys(KeysCommand::Rotate { data_center }) => {
            administer(&config, &Order::RotateKeys { data_center })
        }
        command => run(&command, config),
    }
}

/// Whether the command line itself, which anybody here can read, holds a password.
fn shows_password(matches: &ArgMatches, flags: &Flags) -> bool {
    let url = flags.database_url.clone().map(Location::Url);
    matches.value_source("database_url") == Some(ValueSource::CommandLine)
        && url.is_some_and(|url| url.has_password())
}

fn run(command: &Command, config: Config) -> ExitCode {
    // The sandbox's own output is not to drown in its access log.
    let quiet = matches!(command, Command::Sandbox(_) | Command::Demo { .. });
    let filter = config
        .log_filter
        .as_deref()
        .unwrap_or(if quiet { "warn" } else { "info" });
    if let Err(error) = bursar_web::init_logging(config.log_format.into(), filter) {
        return complain(&error);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error),
    };
    let result = runtime.block_on(async {
        match command {
            Command::Platform => platform(config).await,
            Command::Gateway { command: None } => gateway(config).await,
            Command::Gateway {
                command: Some(command),
            } => gateway_command(command, &config).await,
            Command::Migrate => Platform::migrate(&config).await.map(|()| ExitCode::SUCCESS),
            Command::Sandbox(flags) => sandbox::serve(config, *flags).await,
            Command::Demo { port, exit } => sandbox::demo(config, *port, *exit).await,
            Command::Admin(_)
            | Command::Keys(_)
            | Command::Config(_)
            | Command::Lint { .. }
            | Command::Version => Ok(ExitCode::SUCCESS),
        }
    });
    result.unwrap_or_else(|error| complain(&error))
}

/// Says what is wrong with a receipt.
fn check(path: &Path, receipt_type: ReceiptType, strict: Strict) -> ExitCode {
    match lint(path, receipt_type, strict) {
        Ok(findings) if findings.is_valid() => {
            println!("{} is a valid {}", path.display(), receipt_type.name());
            ExitCode::SUCCESS
        }
        Ok(findings) => {
            print!("{}", findings.report());
            ExitCode::FAILURE
        }
        Err(error) => complain(&error),
    }
}

/// Has a running process do something, and prints what it did.
fn administer(config: &Config, order: &Order) -> ExitCode {
    match control::ask(&config.data, order) {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(error @ ControlError::Refused(_)) => {
            complain(&error);
            ExitCode::FAILURE
        }
        Err(error) => complain(&error),
    }
}

async fn platform(config: Config) -> Result<ExitCode, bursar::StartError> {
    let platform = Platform::start(config, None).await?;
    let stop = bursar::stop_signal()?;
    for (id, address) in platform.addresses() {
        tracing::info!(data_center = id, %address, "serving");
    }
    platform.serve(stop).await;
    Ok(ExitCode::SUCCESS)
}

async fn gateway(config: Config) -> Result<ExitCode, bursar::StartError> {
    let gateway = Gateway::start(&config).await?;
    let stop = bursar::stop_signal()?;
    tracing::info!(address = gateway.address(), "serving");
    gateway.serve(stop).await;
    Ok(ExitCode::SUCCESS)
}

async fn gateway_command(
    command: &GatewayCommand,
    config: &Config,
) -> Result<ExitCode, bursar::StartError> {
    let ok = match command {
        GatewayCommand::Import(flags) => match import(flags).await {
            Ok(done) => {
                println!("{} accepted, {} rejected", done.accepted, done.rejected);
                done.rejected == 0
            }
            Err(error) => return Ok(complain(&error)),
        },
        GatewayCommand::Doctor => {
            let findings = examine(config).await?;
            for finding in &findings {
                println!("{finding}");
            }
            findings.iter().all(|finding| finding.problem.is_none())
        }
        GatewayCommand::HashPassword => match hash_password().await {
            Ok(hash) => {
                println!("{hash}");
                true
            }
            Err(error) => return Ok(complain(&error)),
        },
        GatewayCommand::MigrateLegacy(flags) => {
            let done = migrate(config, flags).await?;
            println!(
                "{} connected, {} connected before, {} refused",
                done.connected, done.passed_over, done.refused
            );
            done.refused == 0
        }
        GatewayCommand::RotateKey => {
            let path = rotate_key(config)?;
            println!(
                "A new key is first in {}.\nRestart the gateway now, every process of it: each \
                 needs the new key, and the first to start seals all tokens by it.\nRemove the \
                 other lines after a day, when no pages that were open before are left, and when \
                 `bursar gateway doctor` finds every token sealed by the first key; keep them with \
                 the backups that they belong to.",
                path.display()
            );
            true
        }
    };
    Ok(if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// One line on standard error: what was wrong, where, and what to do.
fn complain(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("bursar: {error}");
    ExitCode::from(USAGE)
}
