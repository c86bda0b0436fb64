//! Sockets, connections and their end.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::middleware::AddExtension;
use axum::{Extension, Router};
use futures_util::future::join_all;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tower::Layer as _;

use crate::{DataCenter, Limits, telemetry};

/// A socket to listen on, and what answers there.
pub struct Door {
    /// The bound socket.
    pub socket: TcpListener,
    /// Where a request is that comes in here: handlers find it as an extension.
    pub data_center: Arc<DataCenter>,
    /// What answers; all doors may share it.
    pub router: Router,
    /// Certificates, if it speaks TLS.
    pub tls: Option<Arc<ServerConfig>>,
}

/// The router, telling its requests where they are.
type Service = TowerToHyperService<AddExtension<Router, Arc<DataCenter>>>;

/// Serves HTTP/1.1 on every listener with its router until `shutdown` completes. Then it stops
/// accepting, closes idle connections, finishes the requests that it accepted (within
/// [`Limits::drain_time`]) and returns.
pub async fn serve(doors: Vec<Door>, limits: Limits, shutdown: impl Future<Output = ()>) {
    let (stop, _) = watch::channel(());
    let accept_all = doors.into_iter().map(|door| {
        let tls = door.tls.map(TlsAcceptor::from);
        let service = Extension(door.data_center).layer(door.router);
        let service = TowerToHyperService::new(service);
        let listener = Listener::new(service, tls, limits, stop.clone());
        async move { listener.accept(door.socket).await }
    });
    tokio::select! {
        _ = join_all(accept_all) => {}
        () = telemetry::upkeep() => {}
        () = shutdown => {}
    }
    // The sockets are closed by now: no connection can miss the signal.
    stop.send_replace(());
    stop.closed().await;
}

struct Listener {
    http: http1::Builder,
    service: Service,
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    limits: Limits,
    stop: watch::Sender<()>,
}

impl Listener {
    fn new(
        service: Service,
        tls: Option<TlsAcceptor>,
        limits: Limits,
        stop: watch::Sender<()>,
    ) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.header_time)
            .max_header_size(limits.header_bytes);
        let places = Arc::new(Semaphore::new(
            limits.connections.min(Semaphore::MAX_PERMITS),
        ));
        Self {
            http,
            service,
            tls,
            places,
            limits,
            stop,
        }
    }

    async fn accept(&self, socket: TcpListener) {
        let open = metrics::gauge!("http_connections");
        loop {
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
                return;
            };
            let stream = match socket.accept().await {
                Ok((stream, _)) => stream,
                Err(failed) if is_callers(&failed) => continue,
                Err(failed) => {
                    // Out of file descriptors, as a rule: give connections time to end.
                    tracing::error!("cannot accept a connection: {failed}");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let connection = self.connection(stream);
            let open = open.clone();
            tokio::spawn(async move {
                open.increment(1.0);
                connection.await;
                open.decrement(1.0);
                drop(place);
            });
        }
    }

    fn connection(&self, stream: TcpStream) -> impl Future<Output = ()> + use<> {
        // Answers are small and written at once; waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let stream = Watched {
            stream,
            limit: self.limits.write_time,
            stalled: None,
        };
        let mut talk = Talk {
            http: self.http.clone(),
            service: self.service.clone(),
            stopping: self.stop.subscribe(),
            drain_time: self.limits.drain_time,
        };
        let (tls, header_time) = (self.tls.clone(), self.limits.header_time);
        async move {
            let Some(tls) = tls else {
                return talk.over(stream).await;
            };
            let handshake = tokio::select! {
                biased;
                handshake = timeout(header_time, tls.accept(stream)) => handshake,
                _ = talk.stopping.changed() => return,
            };
            // A failed or slow one is the caller's: it speaks no TLS, or does not trust us.
            match handshake {
                Ok(Ok(stream)) => talk.over(stream).await,
                Ok(Err(failed)) => tracing::debug!("no TLS connection: {failed}"),
                Err(_) => tracing::debug!("no TLS connection within {header_time:?}"),
            }
        }
    }
}

/// What a connection's requests and answers need.
struct Talk {
    http: http1::Builder,
    service: Service,
    stopping: watch::Receiver<()>,
    drain_time: Duration,
}

impl Talk {
    async fn over(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let Self {
            http,
            service,
            mut stopping,
            drain_time,
        } = self;
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        // An error is the caller's: it left, sent no HTTP, or was too slow.
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
        }
        if timeout(drain_time, connection).await.is_err() {
            tracing::warn!("a request was cut off at shutdown: it took over {drain_time:?}");
        }
    }
}

/// Whether accepting failed because the caller left again.
fn is_callers(failed: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        failed.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}

/// A stream whose writes must make progress: a caller that does not read its answer must not
/// hold a connection for ever.
struct Watched {
    stream: TcpStream,
    limit: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Watched {
    fn write<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(written) = write(Pin::new(&mut self.stream), context) {
            self.stalled = None;
            return Poll::Ready(written);
        }
        let limit = self.limit;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| {
            stream.poll_write_vectored(context, slices)
        })
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(context, TcpStream::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write(context, TcpStream::poll_shutdown)
    }
}
