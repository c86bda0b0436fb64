//! A proxy that fails on demand: one request for each connection, each with a fate of its own.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bursar_kernel::{Clock, Rng};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

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
    /// The platform acts; the answer waits for [`Proxy::release`], and does not come then.
    Hold,
    /// The platform never sees it: a refresh token that is taken no more.
    Dead,
    /// The platform never sees it: a status, with `Retry-After` if there are seconds.
    Answer(u16, Option<u64>),
}

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

const DEAD: &str = "HTTP/1.1 400 No\r\ncontent-type: application/json\r\nconnection: close\r\n\
    content-length: 36\r\n\r\n{\"code\":108,\"error\":\"invalid_grant\"}";

#[derive(Default)]
struct Plan {
    upstream: Option<SocketAddr>,
    /// Fates of the next requests with this method, before chance decides.
    next: VecDeque<(&'static str, Fate)>,
    /// How many of a hundred requests fail.
    percent: u64,
    met: BTreeMap<Fate, usize>,
    /// Requests that are held.
    held: usize,
    release: Arc<Notify>,
}

/// The proxy; it ends when it is dropped.
pub(super) struct Proxy {
    /// Where it listens.
    pub(super) base: String,
    plan: Arc<Mutex<Plan>>,
    busy: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Moves the clock on by a millisecond with each request that it passes on: so the platform
    /// knows the order.
    pub(super) async fn start(seed: u64, clock: &Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let plan = Arc::<Mutex<Plan>>::default();
        let busy = Arc::<AtomicUsize>::default();
        let (plans, counts, rng) = (Arc::clone(&plan), Arc::clone(&busy), Rng::seeded(seed));
        let clock = clock.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counts.fetch_add(1, Ordering::SeqCst);
                let (plan, busy, rng) = (Arc::clone(&plans), Arc::clone(&counts), rng.clone());
                let clock = clock.clone();
                tokio::spawn(async move {
                    drop(pass(stream, &plan, &rng, &clock).await);
                    busy.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self {
            base,
            plan,
            busy,
            task,
        }
    }

    pub(super) fn lead_to(&self, upstream: SocketAddr) {
        self.plan.lock().unwrap().upstream = Some(upstream);
    }

    /// So many of a hundred requests fail, each in its own way.
    pub(super) fn fail(&self, percent: u64) {
        self.plan.lock().unwrap().percent = percent;
    }

    /// The next request with this method has this fate.
    pub(super) fn next(&self, method: &'static str, fate: Fate) {
        self.plan.lock().unwrap().next.push_back((method, fate));
    }

    /// Waits until a request is held.
    pub(super) async fn held(&self) {
        let held = async || self.plan.lock().unwrap().held > 0;
        until("a held request", held).await;
    }

    /// Lets a held request go.
    pub(super) fn release(&self) {
        self.plan.lock().unwrap().release.notify_one();
    }

    /// Waits until no request is on its way.
    pub(super) async fn rest(&self) {
        let idle = async || self.busy.load(Ordering::SeqCst) == 0;
        until("the proxy's rest", idle).await;
    }

    /// How many requests failed.
    pub(super) fn faults(&self) -> usize {
        let plan = self.plan.lock().unwrap();
        let faults = plan.met.iter().filter(|(fate, _)| **fate != Fate::Pass);
        faults.map(|(_, count)| count).sum()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Plan {
    fn draw(&mut self, method: &str, rng: &Rng) -> Fate {
        let planned = self.next.iter().position(|(of, _)| method == *of);
        let planned = planned.and_then(|index| self.next.remove(index));
        let chance = rng.below(100) < self.percent;
        let drawn = FAULTS[usize::try_from(rng.below(FAULTS.len() as u64)).unwrap()];
        let fate = match planned {
            Some((_, fate)) => fate,
            None if chance => drawn,
            None => Fate::Pass,
        };
        *self.met.entry(fate).or_default() += 1;
        fate
    }
}

async fn pass(
    mut client: TcpStream,
    plan: &Mutex<Plan>,
    rng: &Rng,
    clock: &Clock,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    // A connection that is opened and left is no request.
    let Some(blank) = head(&mut client, &mut request).await? else {
        return Ok(());
    };
    let text = String::from_utf8_lossy(&request[..blank]).to_ascii_lowercase();
    let method = text
        .split(' ')
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    let (fate, upstream) = {
        let mut plan = plan.lock().unwrap();
        (plan.draw(&method, rng), plan.upstream.unwrap())
    };
    if fate == Fate::Refuse {
        return Ok(());
    }
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    assert!(!text.contains("\r\ntransfer-encoding:"), "{text}");
    let mut rest = vec![0; (blank + 4 + length).saturating_sub(request.len())];
    client.read_exact(&mut rest).await?;
    request.extend_from_slice(&rest);
    if let Fate::Answer(status, seconds) = fate {
        let wait = seconds.map_or(String::new(), |seconds| {
            format!("retry-after: {seconds}\r\n")
        });
        let answer =
            format!("HTTP/1.1 {status} No\r\n{wait}connection: close\r\ncontent-length: 0\r\n\r\n");
        return client.write_all(answer.as_bytes()).await;
    }
    if fate == Fate::Dead {
        return client.write_all(DEAD.as_bytes()).await;
    }
    clock.advance(Duration::from_millis(1));
    let answer = forward(upstream, &request, blank).await?;
    match fate {
        Fate::Lost => Ok(()),
        Fate::Hold => {
            let release = {
                let mut plan = plan.lock().unwrap();
                plan.held += 1;
                Arc::clone(&plan.release)
            };
            release.notified().await;
            Ok(())
        }
        Fate::Reset => client.write_all(&answer[..answer.len() / 2]).await,
        Fate::Slow => {
            for drop in answer.chunks(answer.len().div_ceil(5).max(1)) {
                client.write_all(drop).await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        }
        _ => client.write_all(&answer).await,
    }
}

/// Reads to the end of the head, and perhaps more; answers where its blank line is.
async fn head(client: &mut TcpStream, request: &mut Vec<u8>) -> std::io::Result<Option<usize>> {
    loop {
        if let Some(blank) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            return Ok(Some(blank));
        }
        if client.read_buf(request).await? == 0 {
            return Ok(None);
        }
    }
}

/// Sends a request on a connection of its own, and reads the whole answer.
async fn forward(to: SocketAddr, request: &[u8], blank: usize) -> std::io::Result<Vec<u8>> {
    let mut platform = TcpStream::connect(to).await?;
    platform.write_all(&request[..blank]).await?;
    platform.write_all(b"\r\nconnection: close").await?;
    platform.write_all(&request[blank..]).await?;
    let mut answer = Vec::new();
    platform.read_to_end(&mut answer).await?;
    Ok(answer)
}
