//! The scene: an exercise armoury of 60 weapons and 40 people, two readers, a camera, and headquarters.

use std::fs;
use std::path::{Path, PathBuf};

use armoury_hardware::bench::{BenchReader, BenchSettings, Nuisances};
use armoury_hardware::reader::Family;

use super::headquarters::Headquarters;
use crate::cli::{Failure, import, init};
use crate::config::{self, StationConfig};
use crate::domain::roster::{Enrolment, Personal};
use crate::domain::{MayDraw, PersonId, Practice, Role, Weapon};
use crate::ledger::Ledger;
use crate::station::clock::Clock;
use crate::station::keeper::{Caller, Keeper};
use crate::station::protocol::Ask;
use crate::sync::keys::public_key_from_hex;

/// The armoury's name.
const STATION: &str = "bravo";

/// Its register.
const WEAPONS: &[u8] = include_bytes!("../../../config/demo/weapons.csv");

/// Its people.
const PERSONS: &[u8] = include_bytes!("../../../config/demo/persons.csv");

/// Whose pass is suspended in this story.
const SUSPENDED: &str = "717";

/// Everything the demonstration stands on.
pub(super) struct Stage {
    /// What a station's file would say.
    pub configuration: StationConfig,
    /// The weapons.
    pub weapons: Vec<Weapon>,
    /// The people.
    pub persons: Vec<Enrolment>,
    /// Who is suspended.
    pub suspended: PersonId,
    /// The left and the right reader.
    pub readers: [BenchReader; 2],
    /// Where the camera looks.
    pub pictures: PathBuf,
    /// Headquarters.
    pub headquarters: Headquarters,
}

impl Stage {
    /// Makes the folder, the ledger, the register, the devices and headquarters.
    pub(super) fn set(folder: &Path, seed: u64) -> Result<Self, Failure> {
        let supervisor = Enrolment {
            id: PersonId::new("S1"),
            role: Role::Supervisor,
            valid_until: None,
            may_draw: MayDraw::Nothing,
            personal: Personal { name: Some("PRACTICE S.".into()), ..Personal::default() },
        };
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let public_key = init::make(&folder, Practice::Exercise, STATION, supervisor)?;
        let (weapons, persons) = register(&folder)?;
        let station_key =
            public_key_from_hex(&public_key).map_err(|error| Failure::absent(error.to_string()))?;
        let headquarters = Headquarters::make(&folder.join("headquarters"), STATION, &station_key)?;
        let pictures = folder.join("pictures");
        fs::create_dir(&pictures)
            .map_err(|error| Failure::absent(format!("make {}: {error}", pictures.display())))?;
        let readers = [
            reader(&folder, "left", Family::R2000, seed)?,
            reader(&folder, "right", Family::Mercury, seed.wrapping_add(1))?,
        ];
        let text = configuration(&headquarters);
        let path = folder.join(init::CONFIG_FILE);
        fs::write(&path, &text)
            .map_err(|error| Failure::absent(format!("write {}: {error}", path.display())))?;
        let configuration = config::load(&path)?;
        let suspended = PersonId::new(SUSPENDED);
        Ok(Self { configuration, weapons, persons, suspended, readers, pictures, headquarters })
    }
}

/// Registers everything the way a person would: from CSV files.
fn register(folder: &Path) -> Result<(Vec<Weapon>, Vec<Enrolment>), Failure> {
    let at = Clock::new().now();
    let problems = |found: import::Problems| Failure::refused(format!("set the scene: {found}"));
    let weapons = import::weapons(WEAPONS, &import::EmptyBook).map_err(problems)?;
    let persons = import::persons(PERSONS, &import::EmptyBook).map_err(problems)?;
    let mut keeper = Keeper::new(Ledger::open(folder, "demo")?);
    for ask in [
        Ask::ImportWeapons { weapons: weapons.clone() },
        Ask::ImportPersons { persons: persons.clone() },
        Ask::Suspend { person: PersonId::new(SUSPENDED), suspended: true },
    ] {
        keeper.change(None, Caller::owner(), ask, at).map_err(Failure::refused)?;
    }
    Ok((weapons, persons))
}

/// A simulated reader that misses every third reading and now and then garbles one.
fn reader(folder: &Path, name: &str, family: Family, seed: u64) -> Result<BenchReader, Failure> {
    let settings = BenchSettings {
        family,
        seed,
        nuisances: Nuisances { missed_reads: 0.3, wrong_checksums: 0.01, ..Nuisances::default() },
        link: Some(folder.join(format!("reader-{name}"))),
        ..BenchSettings::default()
    };
    BenchReader::start_with(settings)
        .map_err(|error| Failure::absent(format!("start the simulated {name} reader: {error}")))
}

/// The station's file, as somebody would write it for this scene.
fn configuration(headquarters: &Headquarters) -> String {
    format!(
        r#"# The demonstration's configuration: what a real one says, with simulated devices behind the ports.
[station]
id = "{STATION}"
data = "."

[[reader]]
name = "Left reader"
protocol = "r2000"
port = "reader-left"
baud = 115200
read_point = "left lane"
power_dbm = 24
antennas = [1]

[[reader]]
name = "Right reader"
protocol = "mercury"
port = "reader-right"
baud = 115200
read_point = "right lane"
power_dbm = 24
antennas = [1]

[[camera]]
name = "Camera"
source = "folder:pictures"
read_point = "left lane"

[desk]
mode = "auto"
window_ms = 8000
dead_time_ms = 1500

[presence]
sightings = 3
within_ms = 1000
leave_ms = 1000

[headquarters]
url = "{}"
public_key = "{}"
"#,
        headquarters.url(),
        headquarters.public_key()
    )
}
