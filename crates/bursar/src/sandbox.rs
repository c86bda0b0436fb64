//! `bursar sandbox` and `bursar demo`: the seeded platform on loopback.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use bursar_kernel::Rng;
use bursar_sandbox::demo::{Cast, Login, play};
use bursar_sandbox::{SEED, cast};

use crate::config::{Config, DataCenterConfig};
use crate::{Platform, StartError, stop_signal};

/// The sandbox's data centers, in the order of their ports.
const DATA_CENTERS: [&str; 6] = ["us", "us2", "emea", "eu2", "cn", "glz"];

/// Where the sandbox listens.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct SandboxFlags {
    /// Port of the data center `us`; the others follow. 0 takes any free ports
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
}

/// Runs the sandbox until it is told to stop.
pub async fn serve(config: Config, flags: SandboxFlags) -> Result<ExitCode, StartError> {
    let platform = start(config, flags).await?;
    let stop = stop_signal()?;
    println!("{}", welcome(&platform));
    platform.serve(stop).await;
    Ok(ExitCode::SUCCESS)
}

/// Runs the sandbox, plays the main job on it over TCP, and keeps serving unless `exit`.
pub async fn demo(config: Config, flags: SandboxFlags, exit: bool) -> Result<ExitCode, StartError> {
    let platform = start(config, flags).await?;
    let cast = cast_of(&platform);
    let welcome = welcome(&platform);
    let signalled = stop_signal()?;
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let serving = tokio::spawn(platform.serve(async move {
        tokio::select! { _ = stopped => {}, () = signalled => {} }
    }));
    let played = play(&cast, &Rng::system()).await;
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

async fn start(mut config: Config, flags: SandboxFlags) -> Result<Platform, StartError> {
    if config.datacenters.is_empty() {
        config.datacenters = (0_u16..)
            .zip(DATA_CENTERS)
            .map(|(n, id)| loopback(id, flags, n))
            .collect();
    }
    // Whoever builds an integration beside it has its pages here too.
    config.loopback_partners = true;
    config.mailbox = true;
    Platform::start(config, Some(SEED)).await
}

fn loopback(id: &str, flags: SandboxFlags, offset: u16) -> DataCenterConfig {
    let port = if flags.port == 0 {
        0
    } else {
        flags.port.saturating_add(offset)
    };
    DataCenterConfig {
        id: id.to_owned(),
        base_uri: None,
        www_uri: None,
        listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
    }
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
fn welcome(platform: &Platform) -> String {
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
  TOKEN=$(curl -s $BASE/oauth2/v0/token -d grant_type=password \
    -d client_id={client_id} -d client_secret={client_secret} \
    -d username={user} -d password={password} \
    | sed -E 's/.*"access_token":"([^"]+)".*/\1/')
  USER_ID={user_id}
  curl -si $BASE/receipts/v4/users/$USER_ID -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' \
    -H 'Link: <http://schema.concursolutions.com/general-receipt.schema.json>; rel="describedBy"' \
    -d '{{"dateTime":"2026-11-21T09:30:00+01:00","total":"12.50","currencyCode":"EUR",
         "seller":{{"name":"Corner Bakery","location":{{"address":{{"addressCountry":"DE"}}}}}},
         "payments":[{{"amount":"12.50"}}]}}'
  curl -s $BASE/receipts/v4/users/$USER_ID -H "Authorization: Bearer $TOKEN"
"#,
        addresses = addresses.join("\n"),
        people = people.join("\n"),
        user_id = cast::TRAVELLER_ID,
    )
}
