//! `bursar sandbox` and `bursar demo`: the seeded platform, and a merchant's gateway beside it, on
//! loopback.

mod gateway;
mod welcome;

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;

use bursar_kernel::{Clock, Rng};
use bursar_sandbox::demo::guests::{self, Merchant};
use bursar_sandbox::demo::{Cast, Demo, Login};
use bursar_sandbox::{SEED, WEEK, cast};
use tokio::sync::oneshot;

use crate::config::{Config, DataCenterConfig};
use crate::gateway::import::{ImportFlags, import};
use crate::tls::{Authority, names};
use crate::{Gateway, Platform, StartError, stop_signal};
use welcome::{curl, hosts, welcome};

/// The sandbox's data centers, in the order of their ports.
const DATA_CENTERS: [&str; 6] = ["us", "us2", "emea", "eu2", "cn", "glz"];

/// Port of the data center `us`, unless somebody says otherwise.
pub const PORT: u16 = 8080;
/// The gateway's port comes so much later: by default it is the one that a gateway has.
const GATEWAY_AFTER: u16 = 10;
/// The port of HTTPS, which clients with built-in addresses use.
const HTTPS_PORT: u16 = 443;

/// Where the sandbox listens.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct SandboxFlags {
    /// Port of the data center `us`; the others follow, and at the tenth after it the gateway.
    /// With --tls, the port of each data center, on addresses that follow 127.0.0.1; the gateway
    /// stays at 8090. 0 takes any free ports [default: 8080, with --tls 443]
    #[arg(long)]
    pub port: Option<u16>,
    /// Serve HTTPS under the documented host names, signed by a local authority
    #[arg(long)]
    pub tls: Option<Tls>,
}

/// How the sandbox speaks TLS.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tls {
    /// Under the documented host names.
    RealNames,
}

/// Runs the sandbox until it is told to stop.
pub async fn serve(config: Config, flags: SandboxFlags) -> Result<ExitCode, StartError> {
    let (sandbox, welcome) = match flags.tls {
        None => {
            let sandbox = Sandbox::start(config, flags.port.unwrap_or(PORT)).await?;
            let text = welcome(&sandbox, "curl");
            (sandbox, text)
        }
        Some(Tls::RealNames) => {
            let port = flags.port.unwrap_or(HTTPS_PORT);
            let (sandbox, authority) = Sandbox::start_with_names(config, port).await?;
            let text = welcome(&sandbox, &curl(&sandbox.platform, &authority));
            let hosts = hosts(&sandbox.platform, &authority);
            (sandbox, format!("{text}\n{hosts}"))
        }
    };
    let stop = stop_signal()?;
    println!("{welcome}");
    sandbox.serve(stop).await;
    Ok(ExitCode::SUCCESS)
}

/// Runs the sandbox, plays the main job on it over TCP, and keeps serving unless `exit`.
pub async fn demo(mut config: Config, port: u16, exit: bool) -> Result<ExitCode, StartError> {
    let data = config.data.clone();
    // What is mailed is read here.
    config.mail = None;
    let sandbox = Sandbox::start(config, port).await?;
    let (cast, merchant) = (sandbox.cast(), sandbox.merchant());
    let welcome = welcome(&sandbox, "curl");
    let signalled = stop_signal()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(sandbox.serve(async move {
        tokio::select! { Ok(()) = stopped => {}, () = signalled => {} }
    }));
    let played = perform(&cast, &merchant, &data).await;
    match &played {
        Ok(()) => println!("\nEvery step did what is documented."),
        Err(error) => eprintln!("\nbursar: the demo failed at: {error}"),
    }
    if exit {
        // Nobody listens any more when a signal came first.
        stop.send(()).ok();
    } else {
        println!("\n{welcome}");
    }
    drop(serving.await);
    Ok(if played.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The steps, those through the gateway last.
async fn perform(cast: &Cast, merchant: &Merchant, data: &Path) -> Result<(), Box<dyn Error>> {
    let rng = Rng::system();
    let demo = Demo::new(cast, &rng);
    demo.play().await?;
    let mut guests = guests::connect(&demo, merchant).await?;
    let file = data.join("gateway/bluebird-week.csv");
    std::fs::write(&file, WEEK)?;
    let key_file = data.join("gateway/api-key");
    std::fs::write(&key_file, &merchant.api_key)?;
    let flags = ImportFlags {
        file,
        url: merchant.address.clone(),
        key_file: Some(key_file),
        format: None,
        delimiter: None,
        rejected: None,
    };
    let done = import(&flags).await?;
    println!(
        "\n{:<40} bluebird-week.csv: {} accepted, {} rejected",
        "Import the week's sales", done.accepted, done.rejected
    );
    guests::arrive(&demo, merchant, &mut guests).await?;
    guests::disconnect(&demo, &mut guests).await?;
    Ok(())
}

/// A started sandbox.
struct Sandbox {
    platform: Platform,
    gateway: Gateway,
}

impl Sandbox {
    async fn start(mut config: Config, port: u16) -> Result<Self, StartError> {
        if config.datacenters.is_empty() {
            let place = |(n, id): (u16, &str)| listening(id, Ipv4Addr::LOCALHOST, after(port, n));
            config.datacenters = (0..).zip(DATA_CENTERS).map(place).collect();
        }
        let config = seeded(config);
        let platform = Platform::start(config.clone(), Some(SEED)).await?;
        let gateway = gateway::start(config, after(port, GATEWAY_AFTER), &platform, None).await?;
        Ok(Self { platform, gateway })
    }

    /// The same over HTTPS under the documented names, the gateway aside. One name means one port,
    /// so each data center has an address of its own.
    async fn start_with_names(
        mut config: Config,
        port: u16,
    ) -> Result<(Self, Authority), StartError> {
        if config.datacenters.is_empty() {
            let place = |(n, id)| listening(id, Ipv4Addr::new(127, 0, 0, n), port);
            config.datacenters = (1..).zip(DATA_CENTERS).map(place).collect();
        }
        for data_center in &mut config.datacenters {
            let own = names(&data_center.id);
            data_center
                .base_uri
                .get_or_insert(format!("https://{}", own[0]));
            data_center
                .www_uri
                .get_or_insert(format!("https://{}", own[1]));
        }
        let (clock, rng) = (Clock::system(), Rng::system());
        let authority = Authority::open(&config.data.join("tls"), &clock, &rng)?;
        let all = config.datacenters.iter().flat_map(|one| names(&one.id));
        let tls = authority.serve(all.collect(), &clock, &rng)?;
        let config = seeded(config);
        let platform = Platform::start(config.clone(), Some(SEED)).await?;
        let platform = platform.with_tls(tls);
        // The names are the platform's alone.
        let first = if port == 0 { 0 } else { PORT };
        let trusted = Some(authority.certificate().to_owned());
        let gateway =
            gateway::start(config, after(first, GATEWAY_AFTER), &platform, trusted).await?;
        Ok((Self { platform, gateway }, authority))
    }

    fn cast(&self) -> Cast {
        let login = |(user_name, password): (&str, &str)| Login {
            user_name: user_name.to_owned(),
            password: password.to_owned(),
        };
        let address = |id| self.platform.address(id).unwrap_or_default();
        Cast {
            us: address("us"),
            us_pages: address("us"),
            emea_pages: address("emea"),
            client_id: cast::CLIENT_ID.to_owned(),
            client_secret: cast::CLIENT_SECRET.to_owned(),
            traveller: login(cast::TRAVELLER),
            colleague: login(cast::APPROVER),
            european: login(cast::EUROPEAN),
        }
    }

    fn merchant(&self) -> Merchant {
        let [app, _] = cast::GATEWAY_APPS;
        Merchant {
            address: self.gateway.address().to_owned(),
            app: app.id.to_owned(),
            api_key: app.api_key.to_owned(),
        }
    }

    /// Answers until `stop` completes. The gateway ends first: it is the platform's client.
    async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) {
        let (end, ended) = oneshot::channel::<()>();
        let platform = tokio::spawn(self.platform.serve(async { drop(ended.await) }));
        self.gateway.serve(stop).await;
        // Nobody listens any more when the platform has ended by itself.
        end.send(()).ok();
        drop(platform.await);
    }
}

/// The n-th port after the first; any free one, where that is so of the first.
fn after(port: u16, n: u16) -> u16 {
    if port == 0 { 0 } else { port.saturating_add(n) }
}

/// What every sandbox allows.
fn seeded(mut config: Config) -> Config {
    // Whoever builds an integration beside it has its pages here too.
    config.loopback_partners = true;
    config.mailbox = true;
    config
}

fn listening(id: &str, address: Ipv4Addr, port: u16) -> DataCenterConfig {
    DataCenterConfig {
        id: id.to_owned(),
        base_uri: None,
        www_uri: None,
        listen: SocketAddr::new(IpAddr::V4(address), port),
    }
}
