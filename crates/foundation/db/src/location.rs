//! Where the data is.

use std::fmt;
use std::path::PathBuf;

use tokio_postgres::config::Host;

use crate::{OpenError, postgres};

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A folder that this process owns; the database is `bursar.db` in it.
    Folder(PathBuf),
    /// A `postgres://` URL.
    Url(String),
}

impl Location {
    /// Whether it can be read, before anything is opened.
    pub fn check(&self) -> Result<(), OpenError> {
        match self {
            Self::Folder(_) => Ok(()),
            Self::Url(url) => postgres::parse(url).map(drop),
        }
    }

    /// Whether it holds a password.
    pub fn has_password(&self) -> bool {
        match self {
            Self::Folder(_) => false,
            Self::Url(url) => {
                postgres::parse(url).is_ok_and(|config| config.get_password().is_some())
            }
        }
    }
}

impl fmt::Display for Location {
    /// Without a password, wherever the URL has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "SQLite in {}", folder.display()),
            Self::Url(url) => match postgres::parse(url) {
                Ok(config) => write!(f, "PostgreSQL at {}", shown(&config)),
                Err(_) => f.write_str("PostgreSQL at a URL that cannot be read"),
            },
        }
    }
}

/// Only parts that are no secret are put together again.
fn shown(config: &tokio_postgres::Config) -> String {
    let user = config.get_user().map(|user| format!("{user}@"));
    let ports = config.get_ports();
    let host = |(index, host): (usize, &Host)| {
        let name = match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(folder) => folder.display().to_string(),
        };
        match ports.get(index).or(ports.first()) {
            Some(port) if *port != 5432 => format!("{name}:{port}"),
            _ => name,
        }
    };
    let hosts: Vec<_> = config.get_hosts().iter().enumerate().map(host).collect();
    let database = config.get_dbname().map(|name| format!("/{name}"));
    format!(
        "postgres://{}{}{}",
        user.unwrap_or_default(),
        hosts.join(","),
        database.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Location {
        Location::Url(text.to_owned())
    }

    #[test]
    fn a_password_is_never_shown() {
        for (text, shown) in [
            (
                "postgres://a:hunter2@db.example/b",
                "postgres://a@db.example/b",
            ),
            (
                "postgres://a@db.example:5433/b?password=hunter2",
                "postgres://a@db.example:5433/b",
            ),
            (
                "postgres://a:x?hunter2@db.example/b",
                "postgres://a@db.example/b",
            ),
            (
                "postgresql://db.example?user=a&password=hunter2",
                "postgres://a@db.example",
            ),
            (
                "postgres://a:hunter2@%2Frun%2Fpg/b",
                "postgres://a@/run/pg/b",
            ),
        ] {
            let location = url(text);
            assert_eq!(location.to_string(), format!("PostgreSQL at {shown}"));
            assert!(location.has_password(), "{text}");
            assert!(location.check().is_ok(), "{text}");
        }
        for text in [
            "mysql://a:hunter2@db/b",
            "postgres://a:hunter2@db:port/b",
            "hunter2",
        ] {
            assert!(!url(text).to_string().contains("hunter2"), "{text}");
            let refused = url(text).check().unwrap_err().to_string();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
        assert!(!url("postgres://a@db/b").has_password());
    }
}
