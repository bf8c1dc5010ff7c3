//! Connections: accepted within bounds, TLS first where there is TLS, ended in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::Hq;
use super::server::{Peer, router};

/// Connections held at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 512;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a request's head may take, and how long an idle connection is kept.
const HEAD: Duration = Duration::from_secs(30);

/// How long connections may take to end at a stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// Rest after a failed accept, which is a shortage of descriptors that passes.
const SHORTAGE: Duration = Duration::from_millis(100);

/// Most bytes of a request's head.
const HEAD_MAX_BYTES: usize = 16 * 1024;

/// Why headquarters cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Without TLS, to other machines.
    #[error("listen on {0} without TLS: plain http is for this machine only; name --tls-cert and --tls-key")]
    PlainHttp(SocketAddr),
    /// The socket failed.
    #[error("listen for stations")]
    Socket(#[from] std::io::Error),
    /// A PEM file cannot be read.
    #[error("read {path}: it must be a PEM file with {what}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Certificate and key do not work.
    #[error("use the certificate {cert} with the key {key}: do they belong together?")]
    Pair {
        /// The certificate.
        cert: PathBuf,
        /// The key.
        key: PathBuf,
        /// The cause.
        #[source]
        source: rustls::Error,
    },
}

/// TLS with a certificate chain and its key, from PEM files.
///
/// # Errors
/// When a file cannot be read or the two do not fit.
pub fn tls_from_files(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, ListenError> {
    let pem = |path: &Path, what, source: Box<dyn std::error::Error + Send + Sync>| ListenError::Pem {
        path: path.to_owned(),
        what,
        source,
    };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|why| pem(cert, "a certificate chain", why.into()))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|why| pem(key, "a private key", why.into()))?;
    let pair = |source| ListenError::Pair { cert: cert.to_owned(), key: key.to_owned(), source };
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Answers stations until told to stop; then ends what was begun, within seconds. The same `hq` may be served again.
///
/// # Errors
/// Without TLS on an address that other machines reach.
pub async fn serve(
    hq: Hq,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), ListenError> {
    let address = listener.local_addr()?;
    if tls.is_none() && !address.ip().to_canonical().is_loopback() {
        return Err(ListenError::PlainHttp(address));
    }
    let acceptor = tls.map(TlsAcceptor::from);
    let router = router(hq);
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let (farewell, _) = watch::channel(false);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = told(&mut stop) => break,
            Some(_) = connections.join_next() => {}
            Some((permit, accepted)) = accept(&room, &listener) => match accepted {
                Ok((stream, peer)) => {
                    let router = router.clone().layer(Extension(Peer(peer.ip())));
                    let (acceptor, leave) = (acceptor.clone(), farewell.subscribe());
                    connections.spawn(connection(stream, acceptor, router, leave, permit));
                }
                Err(why) => {
                    tracing::warn!("a connection could not be accepted: {why}");
                    tokio::time::sleep(SHORTAGE).await;
                }
            },
        }
    }
    drop(listener);
    farewell.send_replace(true);
    let all_gone = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, all_gone).await.is_err() {
        tracing::warn!("{} connections did not end in time and are cut", connections.len());
        connections.shutdown().await;
    }
    Ok(())
}

type Accepted = std::io::Result<(TcpStream, SocketAddr)>;

async fn accept(room: &Arc<Semaphore>, listener: &TcpListener) -> Option<(OwnedSemaphorePermit, Accepted)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    Some((permit, listener.accept().await))
}

async fn connection(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    router: axum::Router,
    mut leave: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
) {
    if let Err(why) = stream.set_nodelay(true) {
        tracing::debug!("small packets will wait: {why}");
    }
    let Some(acceptor) = acceptor else { return talk(stream, router, leave).await };
    let handshake = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream));
    let done = tokio::select! {
        done = handshake => done,
        () = told(&mut leave) => return,
    };
    match done {
        Ok(Ok(stream)) => talk(stream, router, leave).await,
        Ok(Err(why)) => tracing::info!("no TLS with a caller: {why}"),
        Err(_) => tracing::info!("no TLS with a caller within {} s", HANDSHAKE.as_secs()),
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    router: axum::Router,
    mut leave: watch::Receiver<bool>,
) {
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_MAX_BYTES);
    let talk = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut talk = std::pin::pin!(talk);
    let mut leaving = false;
    loop {
        tokio::select! {
            done = talk.as_mut() => {
                if let Err(why) = done {
                    tracing::debug!("a connection broke: {why}");
                }
                return;
            }
            () = told(&mut leave), if !leaving => {
                leaving = true;
                talk.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Waits until the flag is up, or its owner is gone and wants nothing more.
async fn told(flag: &mut watch::Receiver<bool>) {
    if flag.wait_for(|up| *up).await.is_err() {
        tracing::debug!("an owner went without a word");
    }
}
