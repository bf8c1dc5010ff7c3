//! `armoury init`: makes a data folder.

use std::fs;
use std::io::{BufRead, IsTerminal, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failure, exit, say};
use crate::config::{sample_policy, sample_station};
use crate::domain::ids::is_id;
use crate::domain::roster::{Enrolment, Personal};
use crate::domain::{MayDraw, PersonId, Practice, Role, StationId};
use crate::ledger::{FILE_NAME, Ledger};
use crate::station::clock::Clock;
use crate::station::keeper::{Caller, Keeper};
use crate::station::life::{KEY_FILE, POLICY_FILE};
use crate::station::protocol::Ask;
use crate::sync::keys::{make_key_file, public_hex};

/// The configuration's name in the data folder.
pub const CONFIG_FILE: &str = "station.toml";

/// Make a data folder
#[derive(Debug, Args)]
pub struct Init {
    /// The folder to make
    #[arg(long, env = "ARMOURY_DATA", value_name = "DIR")]
    data: PathBuf,
    /// For real weapons and real people
    #[arg(long, conflicts_with = "exercise", required_unless_present = "exercise")]
    live: bool,
    /// For training: every screen says EXERCISE, headquarters files it apart
    #[arg(long)]
    exercise: bool,
    /// The first supervisor: key and name, "S1,DIAZ M."; asked for when absent
    #[arg(long, value_name = "ID,NAME")]
    supervisor: Option<String>,
    /// The station's name
    #[arg(long, value_name = "ID", default_value = "station")]
    station: String,
}

impl Init {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        if !is_id(&self.station) {
            return Err(Failure::usage(format!("name the station \"{}\": that is no name", self.station)));
        }
        let supervisor = match self.supervisor {
            Some(text) => parse_supervisor(&text)?,
            None => parse_supervisor(&ask_supervisor()?)?,
        };
        let practice = if self.live { Practice::Live } else { Practice::Exercise };
        let made = make(&self.data, practice, &self.station, supervisor)?;
        say(format!("made {} for {}", self.data.display(), if self.live { "live use" } else { "exercise" }));
        say(format!("station public key {made}"));
        say(format!("configuration      {}", self.data.join(CONFIG_FILE).display()));
        say(format!("next               armoury run --config {}", self.data.join(CONFIG_FILE).display()));
        Ok(exit::DONE)
    }
}

/// Makes everything and returns the station's public key.
pub(super) fn make(
    folder: &Path,
    practice: Practice,
    station: &str,
    supervisor: Enrolment,
) -> Result<String, Failure> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(folder)
        .map_err(|error| Failure::usage(format!("make {}: {error}", folder.display())))?;
    if folder.join(FILE_NAME).exists() {
        return Err(crate::ledger::LedgerError::Present(folder.display().to_string()).into());
    }
    let key_path = folder.join(KEY_FILE);
    // A key that an interrupted `init` left behind belongs to no ledger yet and is used.
    let key = match crate::sync::keys::read_key_file(&key_path) {
        Ok(key) => key,
        Err(_) => make_key_file(&key_path).map_err(|error| Failure::usage(error.to_string()))?,
    };
    let at = Clock::new().now();
    drop(Ledger::create(folder, practice, key.verifying_key().to_bytes(), at)?);
    let mut keeper = Keeper::new(Ledger::open(folder, "init")?);
    let named = crate::domain::Event::StationNamed(StationId::new(station));
    keeper.write(at, None, &[named.into()]).map_err(|error| Failure::absent(error.to_string()))?;
    keeper
        .change(None, Caller::owner(), Ask::ImportPersons { persons: vec![supervisor] }, at)
        .map_err(Failure::refused)?;
    write_new(&folder.join(CONFIG_FILE), &sample_station(station))?;
    write_new(&folder.join(POLICY_FILE), sample_policy())?;
    Ok(public_hex(&key.verifying_key()))
}

/// Writes a file that is not there yet; one that is there belongs to somebody.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o640).open(path);
    match file {
        Ok(mut file) => file
            .write_all(text.as_bytes())
            .map_err(|error| Failure::absent(format!("write {}: {error}", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Failure::absent(format!("write {}: {error}", path.display()))),
    }
}

fn ask_supervisor() -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage("name the first supervisor: give --supervisor \"ID,NAME\""));
    }
    eprint!("First supervisor (ID,NAME): ");
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::usage(format!("read the first supervisor: {error}")))?;
    Ok(line)
}

/// Reads "ID,NAME".
fn parse_supervisor(text: &str) -> Result<Enrolment, Failure> {
    let (id, name) = text.split_once(',').map(|(id, name)| (id.trim(), name.trim())).unwrap_or(("", ""));
    if !is_id(id) || name.is_empty() || name.chars().any(char::is_control) {
        let text = text.trim();
        return Err(Failure::usage(format!(
            "read the supervisor \"{text}\": write key and name, \"S1,DIAZ M.\""
        )));
    }
    Ok(Enrolment {
        id: PersonId::new(id),
        role: Role::Supervisor,
        valid_until: None,
        may_draw: MayDraw::Nothing,
        personal: Personal { name: Some(name.to_owned()), ..Personal::default() },
    })
}
