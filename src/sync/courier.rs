//! Carries one request to headquarters and one checked answer back, over HTTPS.

use std::path::PathBuf;
use std::sync::Once;
use std::time::Duration;

use ed25519_dalek::VerifyingKey;
use reqwest::{Client, Url};

use super::course::BadReceipt;
use super::tail::TailError;
use super::trust::client_config;
use super::wire::{ANSWER_MAX_BYTES, MEDIA_TYPE, Reply, WireError, request_digest};

/// Longest wait for a connection. A road that needs more than this for a handshake is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest wait for a whole request and its answer: a full batch at 20 kbit/s.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long an idle connection is kept: less than headquarters keeps it, so that none is used as it is being closed.
const IDLE: Duration = Duration::from_secs(20);

/// How much of a stranger's answer is shown.
const SHOWN_CHARS: usize = 120;

/// How to reach headquarters, and how to know it.
#[derive(Debug, Clone)]
pub struct Road {
    /// `https://host:port`, or `http://` to this machine.
    pub url: String,
    /// Certificates (PEM) that alone are trusted for it; without it, those of the system.
    pub ca_file: Option<PathBuf>,
    /// Headquarters' own key: answers count only under its signature.
    pub public_key: VerifyingKey,
}

/// Why a round trip did not work, or what it brought that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The address is none.
    #[error("use the headquarters address \"{url}\": {why}; write it as https://host:port")]
    Url {
        /// The address.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Plain HTTP to another machine.
    #[error("send to {0} without encryption: plain http is for this machine only; use https://")]
    PlainHttp(String),
    /// The certificates cannot be read.
    #[error(
        "read the certificates in ca_file {path}: it must be a PEM file with headquarters' certificate or its root"
    )]
    CaFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// TLS could not be set up.
    #[error("prepare the connection to headquarters: name its certificate in ca_file")]
    Client(#[source] reqwest::Error),
    /// No connection, or it broke.
    #[error("reach headquarters at {url}: is the road up, and is that the right address?")]
    Unreachable {
        /// The address.
        url: String,
        /// The cause.
        #[source]
        source: reqwest::Error,
    },
    /// No answer in time.
    #[error("reach headquarters at {url}: no answer within {} s; it will be tried again", timeout.as_secs())]
    Timeout {
        /// The address.
        url: String,
        /// How long it was waited for.
        timeout: Duration,
    },
    /// Somebody answered, but not headquarters.
    #[error("take an answer with status {status} (\"{text}\"): headquarters did not sign it")]
    Stranger {
        /// HTTP status.
        status: u16,
        /// The beginning of what it said.
        text: String,
        /// Why it does not count.
        #[source]
        source: WireError,
    },
    /// Headquarters has no time now.
    #[error("send to headquarters: it is busy for the next {for_ms} ms")]
    Busy {
        /// How long.
        for_ms: u64,
    },
    /// An answer that does not fit the question.
    #[error("take the answer of headquarters: {0}")]
    Unexpected(&'static str),
    /// A receipt that proves nothing.
    #[error(transparent)]
    Receipt(#[from] BadReceipt),
    /// Bytes that cannot be packed or read.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The ledger could not be read.
    #[error(transparent)]
    Tail(#[from] TailError),
    /// Headquarters does not take anything from this station.
    #[error("headquarters refuses: {text} ({code})")]
    Refused {
        /// A word for programs.
        code: String,
        /// What, why, what now.
        text: String,
    },
    /// Headquarters takes it, but sets it apart.
    #[error("headquarters sets what this station sends apart: {text}")]
    Quarantined {
        /// Why.
        text: String,
    },
    /// The system gave no random numbers.
    #[error("make a random number: the system has none to give")]
    Random(#[source] getrandom::Error),
}

impl SyncError {
    /// Whether trying again soon is of no use: somebody must change something first.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Url { .. }
            | Self::PlainHttp(_)
            | Self::CaFile { .. }
            | Self::Client(_)
            | Self::Wire(_)
            | Self::Refused { .. }
            | Self::Quarantined { .. }
            | Self::Tail(TailError::Damaged { .. }) => true,
            Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Stranger { .. }
            | Self::Busy { .. }
            | Self::Unexpected(_)
            | Self::Receipt(_)
            | Self::Tail(TailError::Read(_))
            | Self::Random(_) => false,
        }
    }
}

/// An open road.
#[derive(Debug, Clone)]
pub struct Courier {
    client: Client,
    base: Url,
    key: VerifyingKey,
}

impl Courier {
    /// Checks the address, reads the certificates; sends nothing yet.
    ///
    /// # Errors
    /// An unusable address or certificate file.
    pub async fn open(road: &Road) -> Result<Self, SyncError> {
        let base = base_url(&road.url)?;
        install_crypto();
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(IDLE);
        if let Some(path) = &road.ca_file {
            let failed = |source| SyncError::CaFile { path: path.clone(), source };
            let pem = tokio::fs::read(path).await.map_err(|why| failed(why.into()))?;
            builder =
                builder.tls_backend_preconfigured(client_config(&pem).map_err(|why| failed(why.into()))?);
        } else if base.scheme() == "http" {
            // No certificate will be looked at, so the system's need not exist.
            builder = builder.tls_certs_only([]);
        }
        Ok(Self { client: builder.build().map_err(SyncError::Client)?, base, key: road.public_key })
    }

    /// Says hello.
    ///
    /// # Errors
    /// No verified answer.
    pub async fn hello(&self, packed: Vec<u8>) -> Result<Reply, SyncError> {
        self.post("v1/hello", packed).await
    }

    /// Sends a batch.
    ///
    /// # Errors
    /// No verified answer; the batch may have arrived all the same.
    pub async fn push(&self, packed: Vec<u8>) -> Result<Reply, SyncError> {
        self.post("v1/batch", packed).await
    }

    async fn post(&self, path: &str, bytes: Vec<u8>) -> Result<Reply, SyncError> {
        let request = request_digest(&bytes);
        let url = self
            .base
            .join(path)
            .map_err(|why| SyncError::Url { url: self.base.to_string(), why: why.to_string() })?;
        let sending = self.client.post(url).header("content-type", MEDIA_TYPE).body(bytes).send();
        let mut response = sending.await.map_err(|why| self.lost(why))?;
        let status = response.status().as_u16();
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|why| self.lost(why))? {
            let room = ANSWER_MAX_BYTES + 1 - answer.len();
            answer.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if answer.len() > ANSWER_MAX_BYTES {
                break;
            }
        }
        Reply::open(&answer, &request, &self.key).map_err(|source| {
            let text = std::str::from_utf8(&answer).unwrap_or("bytes that are no text");
            let text = text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS).collect();
            SyncError::Stranger { status, text, source }
        })
    }

    fn lost(&self, why: reqwest::Error) -> SyncError {
        let url = self.base.to_string();
        if why.is_timeout() {
            let timeout = if why.is_connect() { CONNECT_TIMEOUT } else { REQUEST_TIMEOUT };
            return SyncError::Timeout { url, timeout };
        }
        SyncError::Unreachable { url, source: why.without_url() }
    }
}

/// The process has one set of TLS primitives: ring's.
fn install_crypto() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            tracing::debug!("TLS primitives were installed by another part of the program");
        }
    });
}

/// The address, with a path that ends in a slash so that paths can be added to it.
fn base_url(text: &str) -> Result<Url, SyncError> {
    let wrong = |why: &str| SyncError::Url { url: text.to_owned(), why: why.to_owned() };
    let mut url = Url::parse(text).map_err(|why| wrong(&why.to_string()))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(wrong("neither https nor http"));
    }
    if url.scheme() == "http" && !is_this_machine(&url) {
        return Err(SyncError::PlainHttp(text.to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it holds a name or a password, and none is used"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it holds a ? or a #"));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for url in ["http://127.0.0.1:80", "http://127.9.9.9", "http://[::1]:8080/hq", "http://localhost:1"] {
            assert!(base_url(url).is_ok(), "{url}");
        }
        for url in
            ["http://10.0.0.1", "http://hq", "http://localhost.example", "http://[fe80::1]", "http://0.0.0.0"]
        {
            assert!(matches!(base_url(url), Err(SyncError::PlainHttp(_))), "{url}");
        }
        for url in ["", "hq:8443", "ftp://127.0.0.1", "https://a:b@hq", "https://hq/?x=1", "https://"] {
            assert!(matches!(base_url(url), Err(SyncError::Url { .. })), "{url}");
        }
    }

    #[test]
    fn a_path_before_ours_is_kept() {
        let url = base_url("https://hq.example:8443/armoury").unwrap();
        assert_eq!(url.join("v1/batch").unwrap().as_str(), "https://hq.example:8443/armoury/v1/batch");
    }
}
