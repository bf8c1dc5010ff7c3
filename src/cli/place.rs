//! Where a command works: a running station through its socket, or a data folder whose lock it takes itself.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;
use uuid::Uuid;

use super::client::{Client, ClientError};
use super::init::CONFIG_FILE;
use super::{Failure, config_of};
use crate::config::{SOCKET_NAME, StationConfig};
use crate::domain::book::Act;
use crate::domain::{Event, Moment, Role};
use crate::ledger::lock::socket_named;
use crate::ledger::{Ledger, LedgerError, Opened, Reader};
use crate::station::clock::Clock;
use crate::station::keeper::{Caller, Keeper};
use crate::station::peer::role_of;
use crate::station::protocol::Ask;
use crate::station::store::NotSaved;

/// The flags that name the place.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Data folder of the station
    #[arg(long, env = "ARMOURY_DATA", value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Socket of a running station
    #[arg(long, env = "ARMOURY_SOCKET", value_name = "PATH", global = true)]
    socket: Option<PathBuf>,
    /// Configuration that names both
    #[arg(long = "station", env = "ARMOURY_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

/// Who carries a command out.
pub enum StationOrLedger {
    /// A running station.
    Station(Client),
    /// This command itself, with the folder's lock.
    Ledger(Box<Opened>),
}

impl Place {
    /// The data folder.
    ///
    /// # Errors
    /// None was named.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        if let Some(folder) = &self.data {
            return Ok(folder.clone());
        }
        match &self.config {
            Some(path) => Ok(config_of(path)?.station.data),
            None => Err(Failure::usage("find the station: name its data folder with --data DIR")),
        }
    }

    /// The socket of a station that may be running.
    ///
    /// # Errors
    /// Nothing was named from which it could be known.
    pub fn socket(&self) -> Result<PathBuf, Failure> {
        if let Some(socket) = &self.socket {
            return Ok(socket.clone());
        }
        if let Some(path) = &self.config {
            return Ok(config_of(path)?.station.socket);
        }
        match &self.data {
            Some(folder) => Ok(socket_of(folder)),
            None => {
                Err(Failure::usage("find the station: name its socket with --socket PATH, or --data DIR"))
            }
        }
    }

    /// A read-only view of the ledger, station running or not.
    ///
    /// # Errors
    /// There is none.
    pub fn reader(&self) -> Result<Reader, Failure> {
        Ok(Reader::open(&self.folder()?)?)
    }

    /// The ledger read-only, where a folder is known at all.
    pub fn reader_if_known(&self) -> Option<Reader> {
        self.reader().ok()
    }

    /// Carries out a change: through the socket where a station runs, else with the folder's lock.
    ///
    /// # Errors
    /// Refused, or nobody there.
    pub fn change(&self, what: Ask) -> Result<Value, Failure> {
        let command = Some(Uuid::now_v7());
        match self.station_or_ledger("a command")? {
            StationOrLedger::Station(mut client) => Ok(client.ask(command, what)?),
            StationOrLedger::Ledger(opened) => {
                let clock = Clock::new();
                clock.follow(&opened.armoury);
                let at = clock.now();
                let mut keeper = Keeper::new(*opened);
                keeper.clock = Some(clock);
                self.name_station(&mut keeper, &what, at)?;
                keeper.change(command, Caller::owner(), what, at).map_err(Failure::refused)
            }
        }
    }

    /// A transfer says from whom it comes: a station that has never run is named by its configuration first.
    fn name_station(&self, keeper: &mut Keeper, what: &Ask, at: Moment) -> Result<(), Failure> {
        let transfers = matches!(what, Ask::Act { act, .. } if matches!(**act, Act::Transfer(_)));
        if !transfers || keeper.armoury.station.is_some() {
            return Ok(());
        }
        let Ok(configuration) = self.configuration() else { return Ok(()) };
        let named = Event::StationNamed(configuration.station.id);
        let failed = |error: NotSaved| Failure::absent(format!("name the station: {}", error.0));
        keeper.write(at, None, &[named.into()]).map(drop).map_err(failed)
    }

    /// The configuration of the station.
    ///
    /// # Errors
    /// None was named, or it is wrong.
    pub fn configuration(&self) -> Result<StationConfig, Failure> {
        match &self.config {
            Some(path) => config_of(path),
            None => config_of(&self.folder()?.join(CONFIG_FILE)),
        }
    }

    /// What the user at the keyboard may do here, by the configuration where there is one. Whoever owns the data folder
    /// could change it without asking, and counts as supervisor unless the configuration says otherwise.
    pub fn role(&self) -> Option<Role> {
        let user = rustix::process::getuid().as_raw();
        let folder = self.folder().ok()?;
        let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(folder).ok()?);
        let access = self.configuration().map(|configuration| configuration.access).unwrap_or_default();
        role_of(&access, user, owner)
    }

    /// A running station that holds the place, or the ledger itself where none does.
    ///
    /// # Errors
    /// Neither.
    pub fn station_or_ledger(&self, what: &str) -> Result<StationOrLedger, Failure> {
        if let Some(socket) = &self.socket {
            return Ok(StationOrLedger::Station(Client::attach(socket)?));
        }
        match Ledger::open(&self.folder()?, what) {
            Ok(opened) => Ok(StationOrLedger::Ledger(Box::new(opened))),
            Err(LedgerError::Lock(held)) => {
                let socket = held.socket().ok_or_else(|| Failure::from(LedgerError::Lock(held)))?;
                Ok(StationOrLedger::Station(Client::attach(&socket)?))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Asks a running station.
    ///
    /// # Errors
    /// None answers, or it refuses.
    pub fn ask(&self, what: Ask) -> Result<Value, Failure> {
        Ok(Client::attach(&self.socket()?)?.ask(None, what)?)
    }
}

/// The socket of the station that holds the folder; where none is known, the one it would have.
fn socket_of(folder: &Path) -> PathBuf {
    socket_named(folder).unwrap_or_else(|| folder.join(SOCKET_NAME))
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = match error {
            ClientError::Refused(_) => super::exit::REFUSED,
            ClientError::Absent { .. } | ClientError::Broken { .. } => super::exit::ABSENT,
        };
        Self { text: error.to_string(), exit }
    }
}
