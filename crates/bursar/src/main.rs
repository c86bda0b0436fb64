//! `bursar`: the command line.

use std::process::ExitCode;

use bursar::admin::Order;
use bursar::config::{Config, Flags};
use bursar::control::{self, ControlError};
use bursar::{Platform, sandbox};
use bursar_db::Location;
use bursar_kernel::Uuid;
use clap::{Parser, Subcommand};

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
    /// Print the version
    Version,
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

/// Wrong usage or configuration.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
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
            println!("{}", describe(&config));
            ExitCode::SUCCESS
        }
        Command::Admin(AdminCommand::MoveCompany {
            company,
            data_center,
        }) => administer(
            &config,
            &Order::MoveCompany {
                company,
                data_center,
            },
        ),
        Command::Keys(KeysCommand::Rotate { data_center }) => {
            administer(&config, &Order::RotateKeys { data_center })
        }
        command => run(&command, config),
    }
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
            Command::Migrate => Platform::migrate(&config).await.map(|()| ExitCode::SUCCESS),
            Command::Sandbox(flags) => sandbox::serve(config, *flags).await,
            Command::Demo { port, exit } => sandbox::demo(config, *port, *exit).await,
            Command::Admin(_) | Command::Keys(_) | Command::Config(_) | Command::Version => {
                Ok(ExitCode::SUCCESS)
            }
        }
    });
    result.unwrap_or_else(|error| complain(&error))
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

/// One line on standard error: what was wrong, where, and what to do.
fn complain(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("bursar: {error}");
    ExitCode::from(USAGE)
}

/// What would be used, without secrets.
fn describe(config: &Config) -> String {
    let database = match &config.location {
        Location::Folder(folder) => format!("SQLite in {}", folder.display()),
        Location::Url(url) => format!("PostgreSQL at {}", without_password(url)),
    };
    let mut lines = vec![
        "The configuration is usable.".to_owned(),
        format!("database     {database}"),
        format!("files        {}", config.data.display()),
        format!("secret key   {}", config.secret_key_file.display()),
        format!("brand        {}", config.brand),
        format!("workers      {}", config.workers),
        format!("mail         {}", mail(config)),
    ];
    for datacenter in &config.datacenters {
        let base_uri = datacenter
            .base_uri
            .as_deref()
            .unwrap_or("(the listener's address)");
        lines.push(format!(
            "data center  {} {} at {base_uri}",
            datacenter.id, datacenter.listen
        ));
    }
    if config.datacenters.is_empty() {
        lines.push("data center  none: `bursar platform` needs a [[datacenter]]".to_owned());
    }
    lines.join("\n")
}

fn mail(config: &Config) -> String {
    match &config.mail {
        Some(mail) => format!("by {} as {}", mail.host, mail.from),
        None => "none: nobody can sign in by mail".to_owned(),
    }
}

fn without_password(url: &str) -> String {
    match url
        .split_once("://")
        .and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)))
    {
        Some((scheme, (user, rest))) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{rest}")
        }
        None => url.to_owned(),
    }
}
