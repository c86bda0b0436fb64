//! `bursar sandbox` and `bursar demo`: the seeded platform on loopback.

use std::error::Error;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;

use bursar_db::Location;
use bursar_gateway_delivery::ApiKeys;
use bursar_kernel::{Clock, Rng};
use bursar_mail::Mailbox;
use bursar_sandbox::demo::gateway::{self, Merchant};
use bursar_sandbox::demo::{Cast, Login, play};
use bursar_sandbox::{SEED, WEEK, cast};
use tokio::sync::watch;

use crate::config::{Config, DataCenterConfig, EnvironmentName, GatewayAppConfig, GatewayConfig};
use crate::gateway::import::{ImportFlags, import};
use crate::tls::{Authority, names};
use crate::{Gateway, Platform, StartError, stop_signal};

/// The sandbox's data centers, in the order of their ports.
const DATA_CENTERS: [&str; 6] = ["us", "us2", "emea", "eu2", "cn", "glz"];

/// Port of the data center `us`, unless somebody says otherwise.
pub const PORT: u16 = 8080;
/// The port of HTTPS, which clients with built-in addresses use.
const HTTPS_PORT: u16 = 443;

/// Where the sandbox listens.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct SandboxFlags {
    /// Port of the data center `us`; the others follow. With --tls, the port of each, on addresses
    /// that follow 127.0.0.1. 0 takes any free ports [default: 8080, with --tls 443]
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
    let (platform, welcome) = match flags.tls {
        None => {
            let platform = start(config, flags.port.unwrap_or(PORT)).await?;
            let text = welcome(&platform, "curl");
            (platform, text)
        }
        Some(Tls::RealNames) => {
            let (platform, authority) =
                start_with_names(config, flags.port.unwrap_or(HTTPS_PORT)).await?;
            let text = welcome(&platform, &curl(&platform, &authority));
            let hosts = hosts(&platform, &authority);
            (platform, format!("{text}\n{hosts}"))
        }
    };
    let stop = stop_signal()?;
    println!("{welcome}");
    platform.serve(stop).await;
    Ok(ExitCode::SUCCESS)
}

/// Runs the sandbox, plays the main job on it over TCP, and keeps serving unless `exit`.
pub async fn demo(mut config: Config, port: u16, exit: bool) -> Result<ExitCode, StartError> {
    let data = config.data.clone();
    // What is mailed is read here.
    config.mail = None;
    let platform = start(config.clone(), port).await?;
    let cast = cast_of(&platform);
    let mailbox = platform.mailbox().cloned();
    let (gateway, merchant) = start_gateway(config, &cast, mailbox).await?;
    let welcome = welcome(&platform, "curl");
    let signalled = stop_signal()?;
    let (stop, stopped) = watch::channel(());
    let mut told = stopped.clone();
    let serving = tokio::spawn(platform.serve(async move {
        tokio::select! { _ = told.changed() => {}, () = signalled => {} }
    }));
    let mut told = stopped;
    let gateway = tokio::spawn(gateway.serve(async move { drop(told.changed().await) }));
    let played = perform(&cast, &merchant, &data).await;
    match &played {
        Ok(()) => println!("\nEvery step did what is documented."),
        Err(error) => eprintln!("\nbursar: the demo failed at: {error}"),
    }
    if exit {
        // Nobody listens any more when a signal came first.
        stop.send(()).ok();
    } else {
        println!(
            "\n{welcome}\nGateway\n  {}/{}/",
            merchant.address, merchant.app
        );
    }
    drop(serving.await);
    stop.send(()).ok();
    drop(gateway.await);
    Ok(if played.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The steps, those through the gateway last.
async fn perform(cast: &Cast, merchant: &Merchant, data: &Path) -> Result<(), Box<dyn Error>> {
    let rng = Rng::system();
    play(cast, &rng).await?;
    gateway::connect(cast, merchant, &rng).await?;
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
        "{:<40} bluebird-week.csv: {} accepted, {} rejected",
        "Import the week's sales", done.accepted, done.rejected
    );
    gateway::arrive(cast, merchant, &rng).await?;
    gateway::disconnect(cast, merchant, &rng).await?;
    Ok(())
}

/// The merchant's gateway, on any free port. It mails into the sandbox's mailbox.
async fn start_gateway(
    mut config: Config,
    cast: &Cast,
    mailbox: Option<Mailbox>,
) -> Result<(Gateway, Merchant), StartError> {
    let rng = Rng::system();
    config.data = config.data.join("gateway");
    if let Location::Folder(_) = config.location {
        config.location = Location::Folder(config.data.clone());
    }
    let wrong = |error: std::io::Error| StartError::Gateway(error.to_string());
    bursar_db::create_folder(&config.data).map_err(wrong)?;
    let client_secret_file = config.data.join("client-secret");
    std::fs::write(&client_secret_file, &cast.client_secret).map_err(wrong)?;
    let api_key = rng.uuid().to_string();
    let app = GatewayAppConfig {
        id: "bluebird".to_owned(),
        environment: EnvironmentName::Production,
        client_id: cast.client_id.clone(),
        client_secret_file,
        base_uri: cast.us.clone(),
        trusted_domains: Vec::new(),
        api_key_hashes: vec![ApiKeys::hash(&api_key)],
        watched_folder: None,
        retry_unknown: false,
        brand_name: Some("Bluebird Cafe".to_owned()),
        platform_name: Some(config.brand.clone()),
        terms_url: Some("https://bluebird.example.com/terms".to_owned()),
        privacy_url: Some("https://bluebird.example.com/privacy".to_owned()),
        support_url: Some("https://bluebird.example.com/help".to_owned()),
        required_scopes: Vec::new(),
        company_operators: Vec::new(),
        openid: None,
    };
    config.gateway = Some(GatewayConfig::on_loopback(app));
    let gateway = Gateway::start_mailing(&config, mailbox).await?;
    let merchant = Merchant {
        address: gateway.address().to_owned(),
        app: "bluebird".to_owned(),
        api_key,
    };
    Ok((gateway, merchant))
}

async fn start(mut config: Config, port: u16) -> Result<Platform, StartError> {
    if config.datacenters.is_empty() {
        let place = |(n, id): (u16, &str)| {
            let port = if port == 0 { 0 } else { port.saturating_add(n) };
            listening(id, Ipv4Addr::LOCALHOST, port)
        };
        config.datacenters = (0..).zip(DATA_CENTERS).map(place).collect();
    }
    Platform::start(seeded(config), Some(SEED)).await
}

/// What every sandbox allows.
fn seeded(mut config: Config) -> Config {
    // Whoever builds an integration beside it has its pages here too.
    config.loopback_partners = true;
    config.mailbox = true;
    config
}

/// The same over HTTPS under the documented names. One name means one port, so each data center
/// has an address of its own.
async fn start_with_names(
    mut config: Config,
    port: u16,
) -> Result<(Platform, Authority), StartError> {
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
    let platform = Platform::start(seeded(config), Some(SEED)).await?;
    let platform = platform.with_tls(tls);
    Ok((platform, authority))
}

fn listening(id: &str, address: Ipv4Addr, port: u16) -> DataCenterConfig {
    DataCenterConfig {
        id: id.to_owned(),
        base_uri: None,
        www_uri: None,
        listen: SocketAddr::new(IpAddr::V4(address), port),
    }
}

/// curl as it reaches `us` without the hosts file.
fn curl(platform: &Platform, authority: &Authority) -> String {
    let us = platform.sockets().find(|(id, _)| *id == "us");
    let connect = us.map(|(id, address)| {
        let name = &names(id)[0];
        format!(" --connect-to {name}:443:{address}")
    });
    let certificate = authority.certificate().display();
    format!("curl --cacert {certificate}{}", connect.unwrap_or_default())
}

/// What clients with built-in addresses need to be told.
fn hosts(platform: &Platform, authority: &Authority) -> String {
    let certificate = authority.certificate().display();
    let mut text = String::from("Lines for the hosts file\n");
    for (id, address) in platform.sockets() {
        let names = names(id).join(" ");
        let (ip, port) = (address.ip(), address.port());
        // A name says no port: with another one, clients have to be told.
        let note = if port == HTTPS_PORT {
            String::new()
        } else {
            format!(" # port {port}")
        };
        writeln!(text, "  {ip} {names}{note}").expect("a String takes any text");
    }
    format!(
        "{text}\nCertificate authority, for the client alone that runs against this\n  \
         {certificate}\n"
    )
}

fn cast_of(platform: &Platform) -> Cast {
    let login = |(user_name, password): (&str, &str)| Login {
        user_name: user_name.to_owned(),
        password: password.to_owned(),
    };
    let us = platform.address("us").unwrap_or_default();
    Cast {
        us_pages: us.clone(),
        us,
        client_id: cast::CLIENT_ID.to_owned(),
        client_secret: cast::CLIENT_SECRET.to_owned(),
        traveller: login(cast::TRAVELLER),
        european: login(cast::EUROPEAN),
    }
}

/// Addresses, credentials, and a walk-through to copy.
fn welcome(platform: &Platform, curl: &str) -> String {
    let addresses: Vec<String> = platform
        .addresses()
        .map(|(id, address)| format!("  {id:<5} {address}"))
        .collect();
    let us = platform.address("us").unwrap_or_default();
    let people: Vec<String> = cast::PEOPLE
        .iter()
        .map(|(what, (user, password))| format!("  {what:<13} {user} / {password}"))
        .collect();
    let (user, password) = cast::TRAVELLER;
    let (european, european_password) = cast::EUROPEAN;
    let (client_id, client_secret) = (cast::CLIENT_ID, cast::CLIENT_SECRET);
    format!(
        r#"The sandbox is serving; Ctrl-C ends it.

Data centers
{addresses}

People (sign in at {us}; the last one at the address of emea)
{people}
  traveller     {european} / {european_password}

Mail (nothing leaves the sandbox)
  {us}/_bursar/mailbox

App
  client_id     {client_id}
  client_secret {client_secret}

Try it
  BASE={us}
  TOKEN=$({curl} -s $BASE/oauth2/v0/token -d grant_type=password \
    -d client_id={client_id} -d client_secret={client_secret} \
    -d username={user} -d password={password} \
    | sed -E 's/.*"access_token":"([^"]+)".*/\1/')
  USER_ID={user_id}
  {curl} -si $BASE/receipts/v4/users/$USER_ID -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' \
    -H 'Link: <http://schema.concursolutions.com/general-receipt.schema.json>; rel="describedBy"' \
    -d '{{"dateTime":"2026-11-21T09:30:00+01:00","total":"12.50","currencyCode":"EUR",
         "seller":{{"name":"Corner Bakery","location":{{"address":{{"addressCountry":"DE"}}}}}},
         "payments":[{{"amount":"12.50"}}]}}'
  {curl} -s $BASE/receipts/v4/users/$USER_ID -H "Authorization: Bearer $TOKEN"
"#,
        addresses = addresses.join("\n"),
        people = people.join("\n"),
        user_id = cast::TRAVELLER_ID,
    )
}
