//! The operators' console of a gateway, and operators at it.

use std::sync::Arc;

use bursar_gateway_console::{ConsoleState, Operators, routes};
use bursar_secrets::Passwords;
use bursar_web::{DataCenter, Door, Limits as WebLimits, edge, serve};
use tokio::net::TcpListener;

use super::connect_site::Browser;
use super::*;

/// The operator and her password.
pub(super) const ANA: (&str, &str) = ("ana", "twelve letters and more");

/// A gateway with drivers, and its console.
pub(super) struct Console {
    pub(super) gateway: Gateway,
    pub(super) site: Site,
    serving: JoinHandle<()>,
}

/// Serves a console of a gateway for these operators.
pub(super) async fn serve_console(
    gateway: &Gateway,
    operators: Operators,
) -> (Site, JoinHandle<()>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", socket.local_addr().unwrap());
    let router = routes(ConsoleState {
        outbox: gateway.outbox.clone(),
        operators,
        passwords: Passwords::new(Rng::system()),
        base_uri: base.clone(),
    });
    let limits = WebLimits::default();
    let door = Door {
        socket,
        data_center: Arc::new(DataCenter::new("gateway", &base, &base).unwrap()),
        router: edge(router, Rng::system(), gateway.clock.clone(), &limits),
        tls: None,
    };
    let serving = tokio::spawn(serve(vec![door], limits, std::future::pending()));
    (Site { base }, serving)
}

/// These operators, by their passwords.
pub(super) async fn operators(known: &[(&str, &str)]) -> Operators {
    let passwords = Passwords::new(Rng::system());
    let mut operators = Vec::new();
    for (name, password) in known {
        let hash = passwords.hash(&(*password).into()).await.unwrap();
        operators.push(((*name).to_owned(), hash));
    }
    Operators::new(operators)
}

impl Console {
    pub(super) async fn start(place: &TestDb, seed: u64, drivers: usize) -> Self {
        let gateway = Gateway::start(place, seed, drivers).await;
        let (site, serving) = serve_console(&gateway, operators(&[ANA]).await).await;
        Self {
            gateway,
            site,
            serving,
        }
    }

    /// A browser in which nobody is signed in.
    pub(super) fn browser(&self) -> Browser<'_> {
        Browser::at(&self.site, "console")
    }

    /// A browser in which the operator is signed in.
    pub(super) async fn operator(&self) -> Browser<'_> {
        let browser = self.browser();
        let form = [("name", ANA.0), ("password", ANA.1)];
        assert_eq!(browser.posts("signin", &form).await, "");
        browser
    }

    pub(super) async fn stop(self) {
        self.serving.abort();
        self.gateway.stop().await;
    }
}

/// That a page says all of these.
pub(super) fn says(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text} is not in {page}");
    }
}

/// That a page says none of these.
pub(super) fn says_nothing_of(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(!page.contains(text), "{text} is in {page}");
    }
}
