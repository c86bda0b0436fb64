//! A proxy that fails on demand: one request for each connection, each with a fate of its own.
//!
//! It has a door to each of two data centers, which may speak TLS.

use std::collections::{BTreeMap, VecDeque};
use std::io::Result;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bursar_kernel::{Clock, Rng};
use bursar_testkit::{Shown, TestAuthority};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::app::until;

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Fate {
    Pass,
    /// The connection ends before anything is read.
    Refuse,
    /// The platform acts; half of its answer comes.
    Reset,
    /// The platform acts; no answer comes.
    Lost,
    /// The platform acts; its answer comes in drops.
    Slow,
    /// The platform acts; its answer comes byte by byte, later than anybody waits.
    Drip,
    /// The platform acts; an answer comes whose head has no end.
    Endless,
    /// The platform acts; the answer waits for [`Proxy::release`], and does not come then.
    Hold,
    /// The platform acts; the answer waits for [`Proxy::release`], and comes then.
    Late,
    /// The request waits for [`Proxy::release`] before it reaches the platform.
    Stall,
    /// The platform never sees it: a refresh token that is taken no more.
    Dead,
    /// The platform never sees it: a status, with `Retry-After` if there are seconds.
    Answer(u16, Option<u64>),
    /// The platform never sees it, since there is no TLS.
    Shake(Handshake),
}

/// How a handshake goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Handshake {
    Good,
    /// The certificate is another authority's.
    Untrusted,
    /// The certificate is for another name.
    OtherName,
    Expired,
    /// An alert comes.
    Refused,
    /// The connection ends in the middle.
    Cut,
}

pub(super) const BAD_HANDSHAKES: [Handshake; 5] = [
    Handshake::Untrusted,
    Handshake::OtherName,
    Handshake::Expired,
    Handshake::Refused,
    Handshake::Cut,
];

const FAULTS: [Fate; 9] = [
    Fate::Refuse,
    Fate::Reset,
    Fate::Lost,
    Fate::Slow,
    Fate::Answer(500, None),
    Fate::Answer(503, None),
    Fate::Answer(503, Some(45)),
    Fate::Answer(429, None),
    Fate::Answer(429, Some(20)),
];
/// One in so many faults takes the client's whole time.
const LORIS_EVERY: u64 = 100;

const DEAD: &str = "HTTP/1.1 400 No\r\ncontent-type: application/json\r\nconnection: close\r\n\
    content-length: 36\r\n\r\n{\"code\":108,\"error\":\"invalid_grant\"}";

/// Asked before a request passes, and after: whether the caller dies.
pub(super) type Kill = Arc<dyn Fn() -> bool + Send + Sync>;

#[derive(Default)]
struct Plan {
    /// Where the doors lead.
    upstreams: Vec<SocketAddr>,
    /// Fates of the next requests with this method, before chance decides.
    next: VecDeque<(&'static str, Fate)>,
    /// Fates of the next handshakes.
    shakes: VecDeque<Handshake>,
    /// How many of a hundred requests fail.
    percent: u64,
    met: BTreeMap<Fate, usize>,
    /// Requests that are held.
    held: usize,
    release: Arc<Notify>,
    kill: Option<Kill>,
    /// How often the platform has seen a method and path that change something.
    passed: BTreeMap<String, usize>,
}

struct Shared {
    plan: Mutex<Plan>,
    busy: AtomicUsize,
    rng: Rng,
    clock: Clock,
    /// By how the handshake goes; none without TLS.
    tls: BTreeMap<Handshake, TlsAcceptor>,
}

/// The proxy; it ends when it is dropped.
pub(super) struct Proxy {
    /// Where its doors are.
    pub(super) bases: [String; 2],
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl Proxy {
    /// Moves the clock on by a millisecond with each request that it passes on: so the platform
    /// knows the order. With an authority it speaks TLS.
    pub(super) async fn start(seed: u64, clock: &Clock, authority: Option<&TestAuthority>) -> Self {
        let shared = Arc::new(Shared {
            plan: Mutex::default(),
            busy: AtomicUsize::new(0),
            rng: Rng::seeded(seed),
            clock: clock.clone(),
            tls: authority.map_or_else(BTreeMap::new, acceptors),
        });
        let (mut bases, mut tasks) = ([const { String::new() }; 2], Vec::new());
        for (door, base) in bases.iter_mut().enumerate() {
            let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = socket.local_addr().unwrap();
            *base = match authority {
                Some(_) => format!("https://localhost:{}", address.port()),
                None => format!("http://{address}"),
            };
            tasks.push(tokio::spawn(accept(socket, door, Arc::clone(&shared))));
        }
        Self {
            bases,
            shared,
            tasks,
        }
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.shared.plan.lock().unwrap()
    }

    pub(super) fn lead_to(&self, upstreams: [SocketAddr; 2]) {
        self.plan().upstreams = upstreams.into();
    }

    /// So many of a hundred requests fail, each in its own way.
    pub(super) fn fail(&self, percent: u64) {
        self.plan().percent = percent;
    }

    /// The next request with this method has this fate.
    pub(super) fn next(&self, method: &'static str, fate: Fate) {
        self.plan().next.push_back((method, fate));
    }

    /// The next handshake goes like this.
    pub(super) fn shake(&self, handshake: Handshake) {
        self.plan().shakes.push_back(handshake);
    }

    /// Who calls may die at each call.
    pub(super) fn kill(&self, kill: Option<Kill>) {
        self.plan().kill = kill;
    }

    /// Waits until a request is held.
    pub(super) async fn held(&self) {
        let held = async || self.plan().held > 0;
        until("a held request", held).await;
        self.plan().held -= 1;
    }

    /// Lets a held request go.
    pub(super) fn release(&self) {
        self.plan().release.notify_one();
    }

    /// Waits until no request is on its way.
    pub(super) async fn rest(&self) {
        let idle = async || self.shared.busy.load(Ordering::SeqCst) == 0;
        until("the proxy's rest", idle).await;
    }

    /// How many requests failed.
    pub(super) fn faults(&self) -> usize {
        let plan = self.plan();
        let faults = plan.met.iter().filter(|(fate, _)| **fate != Fate::Pass);
        faults.map(|(_, count)| count).sum()
    }

    /// How many requests that change something the platform has seen, with this in the first line.
    pub(super) fn passed(&self, part: &str) -> usize {
        let plan = self.plan();
        let passed = plan.passed.iter().filter(|(line, _)| line.contains(part));
        passed.map(|(_, count)| count).sum()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn acceptors(authority: &TestAuthority) -> BTreeMap<Handshake, TlsAcceptor> {
    let good = Shown::good("localhost");
    let expired = Shown {
        until: 2001,
        ..good
    };
    let servers = [
        (Handshake::Good, authority.server(good)),
        (Handshake::Untrusted, TestAuthority::new().server(good)),
        (
            Handshake::OtherName,
            authority.server(Shown::good("other.test")),
        ),
        (Handshake::Expired, authority.server(expired)),
    ];
    servers
        .map(|(handshake, server)| (handshake, server.into()))
        .into()
}

async fn accept(socket: TcpListener, door: usize, shared: Arc<Shared>) {
    loop {
        let (stream, _) = socket.accept().await.unwrap();
        shared.busy.fetch_add(1, Ordering::SeqCst);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            drop(shared.serve(stream, door).await);
            shared.busy.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

impl Plan {
    fn draw(&mut self, method: &str, rng: &Rng) -> Fate {
        let planned = self.next.iter().position(|(of, _)| method == *of);
        let planned = planned.and_then(|index| self.next.remove(index));
        let chance = rng.below(100) < self.percent;
        let drawn = match rng.below(LORIS_EVERY) {
            0 => Fate::Drip,
            _ => FAULTS[pick(rng, FAULTS.len())],
        };
        let fate = match planned {
            Some((_, fate)) => fate,
            None if chance => drawn,
            None => Fate::Pass,
        };
        *self.met.entry(fate).or_default() += 1;
        fate
    }

    /// Handshakes fail a tenth as often as requests.
    fn draw_handshake(&mut self, rng: &Rng) -> Handshake {
        let chance = rng.below(1_000) < self.percent;
        let drawn = BAD_HANDSHAKES[pick(rng, BAD_HANDSHAKES.len())];
        let handshake = match self.shakes.pop_front() {
            Some(planned) => planned,
            None if chance => drawn,
            None => return Handshake::Good,
        };
        *self.met.entry(Fate::Shake(handshake)).or_default() += 1;
        handshake
    }

    fn kills(&self) -> bool {
        self.kill.as_ref().is_some_and(|kill| kill())
    }
}

fn pick(rng: &Rng, of: usize) -> usize {
    usize::try_from(rng.below(of as u64)).unwrap()
}

impl Shared {
    async fn serve(&self, mut client: TcpStream, door: usize) -> Result<()> {
        if self.tls.is_empty() {
            return self.pass(client, door).await;
        }
        let handshake = self.plan.lock().unwrap().draw_handshake(&self.rng);
        let Some(tls) = self.tls.get(&handshake) else {
            // A handshake is answered once it has begun.
            client.read_u8().await?;
            return client.write_all(bytes(handshake)).await;
        };
        let client = tls.accept(client).await?;
        self.pass(client, door).await
    }

    async fn pass(&self, mut client: impl Client, door: usize) -> Result<()> {
        let mut request = Vec::new();
        // A connection that is opened and left is no request.
        let Some(blank) = head(&mut client, &mut request).await? else {
            return Ok(());
        };
        let text = String::from_utf8_lossy(&request[..blank]).into_owned();
        let method = text.split(' ').next().unwrap_or_default();
        let (fate, upstream) = {
            let mut plan = self.plan.lock().unwrap();
            (plan.draw(method, &self.rng), plan.upstreams[door])
        };
        if fate == Fate::Refuse {
            return Ok(());
        }
        read_body(&mut client, &mut request, blank, &text).await?;
        if let Some(answer) = own_answer(fate) {
            client.write_all(answer.as_bytes()).await?;
            return client.shutdown().await;
        }
        {
            let mut plan = self.plan.lock().unwrap();
            if plan.kills() {
                return Ok(());
            }
            if method != "GET" {
                let line = text.split(['?', '\r']).next().unwrap_or_default();
                *plan.passed.entry(line.to_owned()).or_default() += 1;
            }
        }
        if fate == Fate::Stall {
            self.released().await;
        }
        self.clock.advance(Duration::from_millis(1));
        let answer = forward(upstream, &request, blank).await?;
        if self.plan.lock().unwrap().kills() {
            return Ok(());
        }
        self.answer(client, fate, &answer).await
    }

    /// Waits until a request that is held may go on.
    async fn released(&self) {
        let release = {
            let mut plan = self.plan.lock().unwrap();
            plan.held += 1;
            Arc::clone(&plan.release)
        };
        release.notified().await;
    }

    async fn answer(&self, mut client: impl Client, fate: Fate, answer: &[u8]) -> Result<()> {
        match fate {
            Fate::Lost => Ok(()),
            Fate::Hold => {
                self.released().await;
                Ok(())
            }
            Fate::Late => {
                self.released().await;
                client.write_all(answer).await?;
                client.shutdown().await
            }
            Fate::Reset => {
                client.write_all(&answer[..answer.len() / 2]).await?;
                client.flush().await
            }
            Fate::Slow => {
                let drops = answer.chunks(answer.len().div_ceil(5).max(1));
                drip(&mut client, drops, Duration::from_millis(10)).await
            }
            Fate::Drip => drip(&mut client, answer.chunks(1), Duration::from_millis(50)).await,
            Fate::Endless => {
                client.write_all(b"HTTP/1.1 200 OK\r\n").await?;
                let lines = std::iter::repeat(b"x: y\r\n".as_slice());
                drip(&mut client, lines, Duration::from_millis(1)).await
            }
            _ => {
                client.write_all(answer).await?;
                client.shutdown().await
            }
        }
    }
}

/// A connection, with TLS or without.
trait Client: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Client for T {}

/// What stands for a handshake that does not come to its end.
fn bytes(handshake: Handshake) -> &'static [u8] {
    match handshake {
        // An alert: handshake_failure.
        Handshake::Refused => &[21, 3, 3, 0, 2, 2, 40],
        _ => &[22, 3, 3, 0, 122, 2, 0],
    }
}

/// The answer to what does not pass.
fn own_answer(fate: Fate) -> Option<String> {
    match fate {
        Fate::Dead => Some(DEAD.to_owned()),
        Fate::Answer(status, seconds) => {
            let wait = seconds.map_or(String::new(), |seconds| {
                format!("retry-after: {seconds}\r\n")
            });
            Some(format!(
                "HTTP/1.1 {status} No\r\n{wait}connection: close\r\ncontent-length: 0\r\n\r\n"
            ))
        }
        _ => None,
    }
}

/// Says it piece by piece, as long as somebody listens.
async fn drip<'a>(
    client: &mut impl Client,
    pieces: impl Iterator<Item = &'a [u8]>,
    pause: Duration,
) -> Result<()> {
    for piece in pieces {
        client.write_all(piece).await?;
        client.flush().await?;
        let mut none = [0];
        // Who has hung up is seen by reading.
        if tokio::time::timeout(pause, client.read(&mut none))
            .await
            .is_ok()
        {
            return Ok(());
        }
    }
    Ok(())
}

/// Reads to the end of the head, and perhaps more; answers where its blank line is.
async fn head(client: &mut impl Client, request: &mut Vec<u8>) -> Result<Option<usize>> {
    loop {
        if let Some(blank) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            return Ok(Some(blank));
        }
        if client.read_buf(request).await? == 0 {
            return Ok(None);
        }
    }
}

/// Reads the rest of a request whose head is this.
async fn read_body(
    client: &mut impl Client,
    request: &mut Vec<u8>,
    blank: usize,
    head: &str,
) -> Result<()> {
    let head = head.to_ascii_lowercase();
    assert!(!head.contains("\r\ntransfer-encoding:"), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    let mut rest = vec![0; (blank + 4 + length).saturating_sub(request.len())];
    client.read_exact(&mut rest).await?;
    request.extend_from_slice(&rest);
    Ok(())
}

/// Sends a request on a connection of its own, and reads the whole answer.
async fn forward(to: SocketAddr, request: &[u8], blank: usize) -> Result<Vec<u8>> {
    let mut platform = TcpStream::connect(to).await?;
    platform.write_all(&request[..blank]).await?;
    platform.write_all(b"\r\nconnection: close").await?;
    platform.write_all(&request[blank..]).await?;
    let mut answer = Vec::new();
    platform.read_to_end(&mut answer).await?;
    Ok(answer)
}
