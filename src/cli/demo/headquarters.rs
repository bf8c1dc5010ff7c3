//! Headquarters inside the demonstration: the real server on this machine's own address, taken down and brought up
//! again to play a road that is not always open.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use ed25519_dalek::VerifyingKey;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cli::Failure;
use crate::domain::StationId;
use crate::hq::{self, Hq, Store};
use crate::station::clock::Clock;
use crate::sync::keys::{make_key_file, public_hex};

/// Headquarters and its road.
pub(super) struct Headquarters {
    hq: Hq,
    address: SocketAddr,
    open: Option<(watch::Sender<bool>, JoinHandle<()>)>,
}

impl Headquarters {
    /// Makes its store and key, and registers the station.
    pub(super) fn make(folder: &Path, station: &str, station_key: &VerifyingKey) -> Result<Self, Failure> {
        let fail = |what: String| Failure::absent(format!("make the demonstration's headquarters: {what}"));
        std::fs::create_dir_all(folder).map_err(|error| fail(error.to_string()))?;
        let key = make_key_file(&folder.join("hq.key")).map_err(|error| fail(error.to_string()))?;
        let store = Store::create(&folder.join("hq.db"), &key.verifying_key())
            .map_err(|error| fail(error.to_string()))?;
        let hq = Hq::new(store, key).map_err(|error| fail(error.to_string()))?;
        hq.add_station(&StationId::new(station), station_key, Clock::new().now().wall_ms)
            .map_err(|error| fail(error.to_string()))?;
        // The port is found once, so that the road leads to the same place each time it opens.
        let found = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(|error| fail(error.to_string()))?;
        Ok(Self { hq, address: found, open: None })
    }

    /// Its address.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key that signs its receipts.
    pub(super) fn public_key(&self) -> String {
        public_hex(&self.hq.public_key())
    }

    /// Whether the road is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Opens the road.
    pub(super) async fn open(&mut self) {
        let listener = match TcpListener::bind(self.address).await {
            Ok(listener) => listener,
            Err(error) => {
                tracing::warn!("open the demonstration's road: {error}");
                return;
            }
        };
        let (stop, stopped) = watch::channel(false);
        let hq = self.hq.clone();
        let task = tokio::spawn(async move {
            if let Err(error) = hq::serve(hq, listener, None, stopped).await {
                tracing::warn!("the demonstration's headquarters: {error}");
            }
        });
        self.open = Some((stop, task));
    }

    /// Closes it.
    pub(super) async fn close(&mut self) {
        if let Some((stop, task)) = self.open.take() {
            stop.send_replace(true);
            if let Err(error) = task.await {
                tracing::warn!("the demonstration's headquarters: {error}");
            }
        }
    }
}
