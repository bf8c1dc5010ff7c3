//! Headquarters: holds every entry of every station exactly once, in order, and says so under its signature.
//!
//! - [`store`]: the database, its settings and its one writer.
//! - [`registry`]: which stations there are, their keys, and what is held of each.
//! - [`intake`]: what becomes of a batch, inside one transaction. [`chain`] finds places in the stored histories, [`log`]
//!   keeps the record of what was taken.
//! - [`custody`]: who holds which weapon over all stations, and where two say so at once.
//! - [`reception`]: the order of checks from raw bytes to a signed answer; knows no HTTP.
//! - [`server`] and [`listen`]: HTTP around it, and connections around that.
//! - [`cli`]: the program `armoury-hq`.
//!
//! A station is its registered name and its key. What a payload says about the station's name is content, not identity:
//! stations are renamed.

pub mod chain;
pub mod cli;
pub mod custody;
mod failure;
pub mod intake;
pub mod listen;
pub mod log;
pub mod reception;
pub mod registry;
mod schema;
pub mod server;
pub mod store;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ed25519_dalek::{SigningKey, VerifyingKey};
use rusqlite::Transaction;

use failure::Failure;
pub use listen::serve;
pub use registry::StationStatus;
pub use store::{Store, StoreError};

use crate::domain::StationId;

/// Headquarters, ready to answer. Clones are the same headquarters.
#[derive(Clone)]
pub struct Hq {
    inner: Arc<Inner>,
}

struct Inner {
    store: Mutex<Store>,
    /// Another connection, so that looking something up never waits for a batch to reach the medium.
    reader: Mutex<Store>,
    key: SigningKey,
    /// Stations whose batch is being stored; at most one each.
    at_work: Mutex<HashSet<StationId>>,
}

impl Hq {
    /// Brings a store and the key it was made with together.
    ///
    /// # Errors
    /// When the store was made with another key: stations would refuse every receipt.
    pub fn new(mut store: Store, key: SigningKey) -> Result<Self, StoreError> {
        let made_with = store.public_key()?;
        if made_with != key.verifying_key() {
            return Err(StoreError::OtherKey { path: store.path().to_owned() });
        }
        let inner = Inner {
            reader: Mutex::new(store.another()),
            store: Mutex::new(store),
            key,
            at_work: Mutex::new(HashSet::new()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The key stations know it by.
    pub fn public_key(&self) -> VerifyingKey {
        self.inner.key.verifying_key()
    }

    /// Registers a station. Blocks on the database.
    ///
    /// # Errors
    /// See [`registry::add`].
    pub fn add_station(&self, id: &StationId, key: &VerifyingKey, now_ms: i64) -> Result<bool, StoreError> {
        self.write(|tx| registry::add(tx, id, key, now_ms))
    }

    /// What is held of each station. Blocks on the database.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn status(&self) -> Result<Vec<StationStatus>, StoreError> {
        self.read(registry::status)
    }

    /// Everything held by somebody. Blocks on the database.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn held(&self) -> Result<Vec<custody::Held>, StoreError> {
        self.read(custody::held)
    }

    /// Weapons that two stations issued. Blocks on the database.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn disputes(&self) -> Result<Vec<custody::Dispute>, StoreError> {
        self.read(custody::disputes)
    }

    /// Size of the log: how many batches were taken. Blocks on the database.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn log_size(&self) -> Result<u64, StoreError> {
        self.read(|tx| Ok(log::end(tx)?.0))
    }

    /// Writes everything back into the database file, for an orderly end. Blocks on the database.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn tidy(&self) -> Result<(), StoreError> {
        lock(&self.inner.store).tidy()
    }

    fn write<R>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        lock(&self.inner.store).write(work)
    }

    fn read<R>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<R, StoreError>) -> Result<R, StoreError> {
        lock(&self.inner.reader).read(work)
    }
}

/// A panic while the lock was held rolled its transaction back: what it guards is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
