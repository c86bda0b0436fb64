//! What a sandbox prints when it has started.

use std::fmt::Write as _;

use bursar_sandbox::cast;

use super::{HTTPS_PORT, Sandbox};
use crate::Platform;
use crate::tls::{Authority, names};

/// Addresses, credentials, and a walk-through to copy.
pub(super) fn welcome(sandbox: &Sandbox, curl: &str) -> String {
    let platform = &sandbox.platform;
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

Gateway (a merchant's: its users connect at these pages, its systems post items to /v1/items)
{gateway}

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
        gateway = gateway(sandbox.gateway.address()),
        user_id = cast::TRAVELLER_ID,
    )
}

/// Where the merchant's gateway is, and what opens it.
fn gateway(address: &str) -> String {
    let apps = cast::GATEWAY_APPS.map(|app| {
        let (stage, id, key) = (app.stage, app.id, app.api_key);
        format!("  {stage:<13} {address}/{id}/ (API key {key})\n")
    });
    let (operator, password) = cast::GATEWAY_OPERATOR;
    let console = format!("  console       {address}/console/ ({operator} / {password})");
    [apps.concat(), console].concat()
}

/// curl as it reaches `us` without the hosts file.
pub(super) fn curl(platform: &Platform, authority: &Authority) -> String {
    let us = platform.sockets().find(|(id, _)| *id == "us");
    let connect = us.map(|(id, address)| {
        let name = &names(id)[0];
        format!(" --connect-to {name}:443:{address}")
    });
    let certificate = authority.certificate().display();
    format!("curl --cacert {certificate}{}", connect.unwrap_or_default())
}

/// What clients with built-in addresses need to be told.
pub(super) fn hosts(platform: &Platform, authority: &Authority) -> String {
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
