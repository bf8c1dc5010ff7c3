//! A headquarters behind a real socket that can be stopped, started again and put back to an older copy.

use std::path::PathBuf;
use std::sync::Arc;

use armoury::domain::StationId;
use armoury::hq::{self, Hq, StationStatus, Store};
use ed25519_dalek::VerifyingKey;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls::ServerConfig;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::book::key;

const HQ: u8 = 200;

pub struct House {
    pub folder: TempDir,
    pub address: String,
    tls: Option<Arc<ServerConfig>>,
    running: Option<(Hq, watch::Sender<bool>, JoinHandle<()>)>,
}

impl House {
    /// Answers in plain HTTP.
    pub async fn plain() -> Self {
        Self::open(None, tempfile::tempdir().unwrap()).await
    }

    /// Answers over TLS; `ca.pem` in its folder is the root to trust.
    pub async fn with_tls() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let own_key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let own = own.signed_by(&own_key, &authority).unwrap();
        let file = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        file("ca.pem", authority.pem());
        let (cert, key) = (file("cert.pem", own.pem()), file("key.pem", own_key.serialize_pem()));
        Self::open(Some(hq::listen::tls_from_files(&cert, &key).unwrap()), folder).await
    }

    async fn open(tls: Option<Arc<ServerConfig>>, folder: TempDir) -> Self {
        Store::create(&folder.path().join("hq.db"), &Self::key()).unwrap();
        let mut house = Self { folder, address: "127.0.0.1:0".to_owned(), tls, running: None };
        house.start().await;
        house
    }

    /// The key stations know it by.
    pub fn key() -> VerifyingKey {
        key(HQ).verifying_key()
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("hq.db")
    }

    /// Answers again, at the same address.
    pub async fn start(&mut self) {
        let hq = Hq::new(Store::open(&self.database()).unwrap(), key(HQ)).unwrap();
        let listener = TcpListener::bind(&self.address).await.unwrap();
        self.address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = watch::channel(false);
        let serve = hq::serve(hq.clone(), listener, self.tls.clone(), stopped);
        self.running = Some((hq, stop, tokio::spawn(async { serve.await.unwrap() })));
    }

    /// Takes the road down; returns when nothing answers any more and the database is closed.
    pub async fn stop(&mut self) {
        let (hq, stop, task) = self.running.take().unwrap();
        stop.send_replace(true);
        task.await.unwrap();
        hq.tidy().unwrap();
    }

    pub fn hq(&self) -> &Hq {
        &self.running.as_ref().expect("running").0
    }

    pub fn add(&self, station: &str, number: u8) {
        let key = key(number).verifying_key();
        self.hq().add_station(&StationId::new(station), &key, 0).unwrap();
    }

    pub fn status(&self, station: &str) -> StationStatus {
        self.hq().status().unwrap().into_iter().find(|status| status.id.as_str() == station).unwrap()
    }
}
