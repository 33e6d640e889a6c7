//! Listening: plain or TLS, with limits on how long a caller may take, and a stop that lets requests end.

use super::app::App;
use super::routes;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Time in which a caller must have sent the head of a request, and finished the TLS handshake.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// Time that requests get to end when the server stops.
const STOP_TIME: Duration = Duration::from_secs(20);
/// Connections served at the same time.
const CONNECTIONS: usize = 4096;

/// A port that is open.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
}

/// Why the server does not listen.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The address is taken, or not of this machine.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

impl Listener {
    /// Opens a port; with TLS when there is a configuration for it.
    ///
    /// # Errors
    /// The address is taken, or not of this machine.
    pub async fn bind(address: SocketAddr, tls: Option<Arc<rustls::ServerConfig>>) -> Result<Listener, ServeError> {
        let socket = TcpListener::bind(address).await.map_err(|source| ServeError::Bind { address, source })?;
        Ok(Listener { socket, tls })
    }

    /// The address with the port that the system chose.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn local_address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// Serves until `stop` ends, then lets running requests end.
pub async fn serve(app: App, listeners: Vec<Listener>, stop: impl Future<Output = ()>) {
    let router = routes::router(app);
    let graceful = Arc::new(GracefulShutdown::new());
    let room = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS));
    let mut tasks = tokio::task::JoinSet::new();
    for listener in listeners {
        tasks.spawn(accept(listener, router.clone(), graceful.clone(), room.clone()));
    }
    stop.await;
    tasks.shutdown().await;
    let Some(graceful) = Arc::into_inner(graceful) else { return };
    if tokio::time::timeout(STOP_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time; they were cut off");
    }
}

async fn accept(
    listener: Listener,
    router: axum::Router,
    graceful: Arc<GracefulShutdown>,
    room: Arc<tokio::sync::Semaphore>,
) {
    let tls = listener.tls.map(TlsAcceptor::from);
    loop {
        // When there is no more room, callers wait in the queue of the system.
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let (stream, peer) = match listener.socket.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (router, watcher, tls) = (router.clone(), graceful.watcher(), tls.clone());
        tokio::spawn(async move {
            let _place = place;
            if stream.set_nodelay(true).is_err() {
                return;
            }
            match tls {
                None => connection(stream, peer, router, watcher).await,
                Some(tls) => match handshake(tls, stream).await {
                    Some(stream) => connection(stream, peer, router, watcher).await,
                    None => tracing::debug!(%peer, "no TLS handshake"),
                },
            }
        });
    }
}

async fn handshake(tls: TlsAcceptor, stream: TcpStream) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    tokio::time::timeout(HEAD_TIME, tls.accept(stream)).await.ok()?.ok()
}

async fn connection<S>(
    stream: S,
    peer: SocketAddr,
    router: axum::Router,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(64 * 1024);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD_TIME).max_header_list_size(64 * 1024);
    let service = router.layer(axum::Extension(Peer(peer)));
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned();
    if let Err(error) = watcher.watch(serving).await {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);
