//! The sandbox's gateway: a merchant's, configured in code. It runs the apps of the seed, and mails
//! into the sandbox's mailbox.

use std::path::{Path, PathBuf};

use bursar_appcenter::{PartnerPages, Stage};
use bursar_db::Location;
use bursar_gateway_delivery::ApiKeys;
use bursar_kernel::{Uuid, uuid_from_text};
use bursar_oauth::RedirectUri;
use bursar_sandbox::cast::{self, GatewayApp};

use crate::config::{Config, EnvironmentName, GatewayAppConfig, GatewayConfig, OperatorConfig};
use crate::{Gateway, Platform, StartError};

/// Starts it beside a platform that has the seed, and has the merchant's listing lead to it.
pub(super) async fn start(
    mut config: Config,
    port: u16,
    platform: &Platform,
    authorities_file: Option<PathBuf>,
) -> Result<Gateway, StartError> {
    config.data = config.data.join("gateway");
    if let Location::Folder(_) = config.location {
        config.location = Location::Folder(config.data.clone());
    }
    bursar_db::create_folder(&config.data).map_err(wrong)?;
    let base_uri = platform.address("us").unwrap_or_default();
    let app = |app: &GatewayApp| app_config(app, &base_uri, &config);
    let apps: Result<Vec<_>, StartError> = cast::GATEWAY_APPS.iter().map(app).collect();
    let (operator, _) = cast::GATEWAY_OPERATOR;
    config.gateway = Some(GatewayConfig {
        authorities_file,
        operator: vec![OperatorConfig {
            name: operator.to_owned(),
            password_hash: cast::GATEWAY_OPERATOR_HASH.to_owned(),
        }],
        ..GatewayConfig::on_loopback(port, apps?)
    });
    let gateway = Gateway::start_mailing(&config, platform.mailbox().cloned()).await?;
    lead_to(platform, gateway.address()).await?;
    Ok(gateway)
}

fn wrong(error: impl std::fmt::Display) -> StartError {
    StartError::Gateway(error.to_string())
}

fn app_config(
    app: &GatewayApp,
    base_uri: &str,
    config: &Config,
) -> Result<GatewayAppConfig, StartError> {
    let (client_id, secret) = app.client;
    let page = |name: &str| Some(format!("https://bluebird.example.com/{name}"));
    Ok(GatewayAppConfig {
        id: app.id.to_owned(),
        environment: match stage(app) {
            Stage::Production => EnvironmentName::Production,
            Stage::Development => EnvironmentName::Development,
        },
        client_id: client_id.to_owned(),
        client_secret_file: secret_file(&config.data, app.id, secret)?,
        base_uri: base_uri.to_owned(),
        trusted_domains: Vec::new(),
        api_key_hashes: vec![ApiKeys::hash(app.api_key)],
        watched_folder: None,
        retry_unknown: false,
        brand_name: Some(app.brand.to_owned()),
        platform_name: Some(config.brand.clone()),
        terms_url: page("terms"),
        privacy_url: page("privacy"),
        support_url: page("help"),
        required_scopes: Vec::new(),
        company_operators: Vec::new(),
        openid: None,
    })
}

fn secret_file(folder: &Path, app_id: &str, secret: &str) -> Result<PathBuf, StartError> {
    let path = folder.join(format!("{app_id}.secret"));
    std::fs::write(&path, secret).map_err(wrong)?;
    Ok(path)
}

fn stage(app: &GatewayApp) -> Stage {
    Stage::from_word(app.stage).unwrap_or(Stage::Development)
}

/// Data outlives ports: at each start the platform is told where the gateway is.
async fn lead_to(platform: &Platform, gateway: &str) -> Result<(), StartError> {
    let listing_id: Uuid = uuid_from_text(cast::LISTING_ID).map_err(wrong)?;
    for app in &cast::GATEWAY_APPS {
        let page = |name: &str| format!("{gateway}/{}/{name}", app.id);
        let pages = PartnerPages {
            landing: page("landing"),
            callback: RedirectUri::try_from(page("callback")).map_err(wrong)?,
        };
        let app_center = platform.app_center();
        let led = app_center.lead_to(listing_id, stage(app), pages).await;
        led.map_err(wrong)?;
    }
    Ok(())
}
