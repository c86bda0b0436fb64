//! A mail server for tests: it speaks enough SMTP (RFC 5321) to be sent to, and keeps what came.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// A mail that came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivered {
    /// How the client introduced itself.
    pub hello: String,
    /// What it signed in with: the argument of `AUTH`.
    pub auth: Option<String>,
    /// `MAIL FROM`.
    pub from: String,
    /// `RCPT TO`.
    pub to: Vec<String>,
    /// Header and body as they were sent, dots unstuffed.
    pub data: String,
}

#[derive(Default)]
struct Inbox {
    delivered: Vec<Delivered>,
    /// Answers to the next `RCPT TO`s, in place of yes.
    refusals: Vec<&'static str>,
}

/// A server on loopback; it ends when it is dropped.
pub struct FakeSmtp {
    /// Where it listens.
    pub address: SocketAddr,
    inbox: Arc<Mutex<Inbox>>,
    arrived: Arc<Notify>,
    task: JoinHandle<()>,
}

impl FakeSmtp {
    /// Starts one on a free port. `refusals` answer the first recipients, such as
    /// `451 later` or `550 no such mailbox`.
    pub async fn start(refusals: &[&'static str]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let inbox = Arc::new(Mutex::new(Inbox {
            refusals: refusals.iter().rev().copied().collect(),
            ..Inbox::default()
        }));
        let arrived = Arc::new(Notify::new());
        let task = tokio::spawn(accept(listener, Arc::clone(&inbox), Arc::clone(&arrived)));
        Self {
            address,
            inbox,
            arrived,
            task,
        }
    }

    /// What has come so far.
    pub fn delivered(&self) -> Vec<Delivered> {
        lock(&self.inbox).delivered.clone()
    }

    /// Waits until `count` mails have come, and does something now and then meanwhile, such as
    /// moving a clock that stands still.
    pub async fn wait_for(&self, count: usize, mut meanwhile: impl FnMut()) -> Vec<Delivered> {
        loop {
            let arrived = self.arrived.notified();
            let delivered = self.delivered();
            if delivered.len() >= count {
                return delivered;
            }
            // In vain or not, it is looked again.
            let _ = tokio::time::timeout(PAUSE, arrived).await;
            meanwhile();
        }
    }
}

impl Drop for FakeSmtp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(inbox: &Mutex<Inbox>) -> std::sync::MutexGuard<'_, Inbox> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, inbox: Arc<Mutex<Inbox>>, arrived: Arc<Notify>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (inbox, arrived) = (Arc::clone(&inbox), Arc::clone(&arrived));
        // A client that breaks off is none of the test's business.
        tokio::spawn(async move { converse(stream, &inbox, &arrived).await.ok() });
    }
}

async fn converse(
    stream: TcpStream,
    inbox: &Mutex<Inbox>,
    arrived: &Notify,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut mail = empty();
    say(&mut stream, "220 fake").await?;
    while let Some(line) = hear(&mut stream).await? {
        let verb = line.split_ascii_whitespace().next().unwrap_or_default();
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                mail.hello = line[4..].trim().to_owned();
                "250-fake\r\n250-8BITMIME\r\n250 AUTH PLAIN"
            }
            "AUTH" => {
                mail.auth = Some(line[4..].trim().to_owned());
                "235 yes"
            }
            "MAIL" => {
                mail.from = argument(&line);
                "250 yes"
            }
            "RCPT" => {
                mail.to.push(argument(&line));
                lock(inbox).refusals.pop().unwrap_or("250 yes")
            }
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                mail.data = data(&mut stream).await?;
                lock(inbox)
                    .delivered
                    .push(std::mem::replace(&mut mail, empty()));
                arrived.notify_waiters();
                "250 kept"
            }
            "QUIT" => return say(&mut stream, "221 bye").await,
            "RSET" | "NOOP" => "250 yes",
            _ => "502 no",
        };
        say(&mut stream, answer).await?;
    }
    Ok(())
}

fn empty() -> Delivered {
    Delivered {
        hello: String::new(),
        auth: None,
        from: String::new(),
        to: Vec::new(),
        data: String::new(),
    }
}

/// What stands between the angle brackets.
fn argument(line: &str) -> String {
    let rest = line.split_once('<').map_or("", |(_, rest)| rest);
    rest.split('>').next().unwrap_or_default().to_owned()
}

async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut data = String::new();
    while let Some(line) = hear(stream).await? {
        if line == "." {
            break;
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push('\n');
    }
    Ok(data)
}

async fn hear(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await?;
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> std::io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await
}
