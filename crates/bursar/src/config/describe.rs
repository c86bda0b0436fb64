//! What would be used, without secrets.

use std::path::PathBuf;

use super::{
    BootstrapConfig, Config, DataCenterConfig, Format, GatewayConfig, MailConfig, MailTls,
};

impl Config {
    /// One line for each key, by its documented name.
    pub fn describe(&self) -> String {
        let mut lines = vec![
            line("data", self.data.display()),
            line("database_url", &self.location),
            line("database_connections_max", self.database_connections_max),
            line("secret_key_file", self.secret_key_file.display()),
            line("brand", &self.brand),
            line("workers", self.workers),
            line("tls_terminated_by_proxy", self.tls_terminated_by_proxy),
            line("loopback_partners", self.loopback_partners),
            line(
                "log.filter",
                self.log_filter
                    .as_deref()
                    .unwrap_or("info; sandbox and demo: warn"),
            ),
            line("log.format", format_name(self.log_format)),
        ];
        lines.extend(self.datacenters.iter().map(data_center));
        if self.datacenters.is_empty() {
            lines.push(line(
                "datacenter",
                "none: `bursar platform` needs a [[datacenter]]",
            ));
        }
        match &self.bootstrap {
            Some(bootstrap) => lines.extend(first_company(bootstrap)),
            None => lines.push(line("bootstrap", "none")),
        }
        match &self.mail {
            Some(server) => lines.extend(mail(server)),
            None => lines.push(line("mail", "none: nobody can sign in by mail")),
        }
        lines.push(line("otp_parameter", self.otp_parameter.name()));
        match &self.gateway {
            Some(one) => lines.extend(gateway(one)),
            None => lines.push(line("gateway", "none: `bursar gateway` needs it")),
        }
        let strict: Vec<_> = self.strict.ids().collect();
        let none = strict.is_empty().then_some("none");
        lines.push(line("strict", none.unwrap_or(&strict.join(", "))));
        lines.join("\n")
    }
}

fn line(key: &str, value: impl std::fmt::Display) -> String {
    format!("{key:<26} {value}")
}

fn format_name(format: Format) -> &'static str {
    match format {
        Format::Human => "human",
        Format::Json => "json",
    }
}

fn data_center(one: &DataCenterConfig) -> String {
    let base_uri = one.base_uri.as_deref();
    let base_uri = base_uri.unwrap_or("(the listener's address)");
    let www_uri = one.www_uri.as_deref().unwrap_or("(from base_uri)");
    let text = format!(
        "{} {}, base_uri {base_uri}, www_uri {www_uri}",
        one.id, one.listen
    );
    line("datacenter", text)
}

fn first_company(bootstrap: &BootstrapConfig) -> [String; 5] {
    [
        line("bootstrap.company", &bootstrap.company),
        line("bootstrap.home", &bootstrap.home),
        line("bootstrap.user_name", &bootstrap.user_name),
        line("bootstrap.email", &bootstrap.email),
        password_file("bootstrap.password_file", bootstrap.password_file.as_ref()),
    ]
}

fn mail(server: &MailConfig) -> [String; 6] {
    let tls = match server.tls {
        MailTls::StartTls => "starttls",
        MailTls::Implicit => "implicit",
        MailTls::None => "none",
    };
    [
        line("mail.host", &server.host),
        line("mail.port", server.port()),
        line("mail.tls", tls),
        line(
            "mail.user_name",
            server.user_name.as_deref().unwrap_or("none"),
        ),
        password_file("mail.password_file", server.password_file.as_ref()),
        line("mail.from", &server.from),
    ]
}

fn gateway(one: &GatewayConfig) -> Vec<String> {
    let base_uri = one.base_uri.as_deref();
    let file = |path: Option<&PathBuf>, none: &str| {
        path.map_or_else(|| none.to_owned(), |path| path.display().to_string())
    };
    let mut lines = vec![
        line("gateway.listen", one.listen),
        line(
            "gateway.base_uri",
            base_uri.unwrap_or("(the listener's address)"),
        ),
        line(
            "gateway.key_file",
            file(one.key_file.as_ref(), "gateway.key in data"),
        ),
        line(
            "gateway.authorities_file",
            file(one.authorities_file.as_ref(), "none: the system's"),
        ),
        line("gateway.refresh_ahead_days", one.refresh_ahead_days),
        line("gateway.call_log_days", one.call_log_days),
        line("gateway.inactive_days", one.inactive_days),
        line("gateway.inactive_warn_days", one.inactive_warn_days),
    ];
    lines.extend(one.app.iter().map(|app| {
        let text = format!("{}, {} at {}", app.id, app.client_id, app.base_uri);
        line("gateway.app", text)
    }));
    let operators = one.operator.iter();
    lines.extend(operators.map(|operator| line("gateway.operator", &operator.name)));
    lines
}

fn password_file(key: &str, path: Option<&PathBuf>) -> String {
    match path {
        Some(path) => line(key, path.display()),
        None => line(key, "none: the environment is asked"),
    }
}
