//! The apps that this gateway runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use bursar_gateway_client::Client;

use crate::OpenId;

/// A merchant's app at the platform.
#[derive(Clone, Debug)]
pub struct App {
    /// Its name in rows, addresses and the configuration.
    pub id: String,
    /// What it is for.
    pub environment: Environment,
    /// Calls the platform for it.
    pub client: Client,
    /// How its pages call themselves, and where they lead.
    pub brand: Brand,
    /// Permissions without which nobody is connected.
    pub required_scopes: Vec<String>,
    /// Whose accounts may connect a whole company: their `user_ref`s.
    pub company_operators: Vec<String>,
    /// Where its users sign in; none where they have accounts here.
    pub openid: Option<OpenId>,
}

/// How the connect pages of an app call themselves, and where they lead. An address that is empty
/// is not shown.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Brand {
    /// The merchant's name.
    pub name: String,
    /// The platform's name.
    pub platform: String,
    /// The merchant's terms: an `https` address, as the next two.
    pub terms_url: String,
    /// What the merchant does with personal data.
    pub privacy_url: String,
    /// Where people find help.
    pub support_url: String,
}

/// What an app is for. Each has landing pages, accounts and connections of its own: certification
/// wants the two apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Environment {
    /// Building and testing.
    Development,
    /// The real thing.
    Production,
}

/// All of them, by id. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Apps(Arc<BTreeMap<String, App>>);

impl Apps {
    /// These apps; of two with one id the later counts.
    pub fn new(apps: impl IntoIterator<Item = App>) -> Self {
        let named = apps.into_iter().map(|app| (app.id.clone(), app));
        Self(Arc::new(named.collect()))
    }

    /// The app of this id.
    pub fn get(&self, id: &str) -> Option<&App> {
        self.0.get(id)
    }

    /// Each, by id.
    pub fn iter(&self) -> impl Iterator<Item = &App> {
        self.0.values()
    }
}
