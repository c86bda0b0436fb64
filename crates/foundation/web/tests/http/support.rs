//! A server on a loopback port and a client that speaks bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bursar_kernel::{Clock, Micros, Rng};
use bursar_web::{DataCenter, Door, Limits, edge, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// When every test happens: Sat, 21 Nov 2026 09:30:00 GMT.
pub(crate) const NOW: Micros = Micros(1_795_253_400_000_000);
/// Short enough to wait for in a test that must run into a limit.
pub(crate) const SHORT: Duration = Duration::from_millis(50);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(routes: Router) -> Self {
        Self::with_limits(routes, Limits::default()).await
    }

    pub(crate) async fn with_limits(routes: Router, limits: Limits) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let door = Door {
            socket,
            data_center: Arc::new(data_center()),
            router: edge(routes, Rng::seeded(1), Clock::fake(NOW), &limits),
            tls: None,
        };
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(serve(vec![door], limits, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            stop,
            done,
        }
    }

    /// Tells the server to stop; the handle ends when it has.
    pub(crate) fn stop(self) -> JoinHandle<()> {
        self.stop.send(()).unwrap();
        self.done
    }

    pub(crate) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// One request on its own connection, and everything that comes back.
    pub(crate) async fn exchange(&self, request: &str) -> String {
        let mut client = self.connect().await;
        client.send(request).await;
        client.rest().await
    }

    /// `GET path` with further header lines, each ending in `\r\n`.
    pub(crate) async fn get(&self, path: &str, headers: &str) -> String {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
        self.exchange(&request).await
    }
}

pub(crate) fn data_center() -> DataCenter {
    DataCenter::new("us", "https://us.test", "https://www-us.test").unwrap()
}

pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) async fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes()).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Everything until the server closes the connection, in order or not.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let _ = self.0.read_to_end(&mut bytes).await;
        String::from_utf8(bytes).unwrap()
    }

    /// Until the received text ends with `end`.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut bytes = Vec::new();
        while !bytes.ends_with(end.as_bytes()) {
            bytes.push(self.0.read_u8().await.unwrap());
        }
        String::from_utf8(bytes).unwrap()
    }
}

/// The status of an answer.
pub(crate) fn status(answer: &str) -> u16 {
    answer
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .unwrap()
        .parse()
        .unwrap()
}

/// A header field of an answer.
pub(crate) fn field<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    let mut fields = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "));
    fields
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// The body of an answer.
pub(crate) fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}
