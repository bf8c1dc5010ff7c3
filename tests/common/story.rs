//! A story: a book, what is shown at the desk and when, and what must come of it. Written in TOML for storekeepers,
//! so times are "1.5 s", people and weapons have their short numbers, and a key that does not exist is refused.

use std::collections::BTreeMap;

use armoury::domain::roster::{Enrolment, Personal};
use armoury::domain::{
    AntennaPlan, MayDraw, Mode, Paper, PersonId, Policy, Purpose, ReadPoint, Reason, Role, Standing, Verdict,
    Weapon,
};
use armoury::scan::desk::DeskSettings;
use armoury::scan::presence::PresenceSettings;
use serde::Deserialize;

use crate::common::{self, Book};
use crate::crates::{CrateLine, ReceiptLine};

/// A whole story.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// What happens, in a sentence or two.
    pub story: String,
    #[serde(default)]
    pub settings: Settings,
    /// Rules that are different from their defaults, as in the file of the rules.
    #[serde(default)]
    pub policy: Policy,
    #[serde(default)]
    pub weapon: Vec<WeaponLine>,
    #[serde(default)]
    pub person: Vec<PersonLine>,
    /// Antennas that stare at racks.
    #[serde(default)]
    pub antenna: Vec<AntennaLine>,
    /// Crates of another armoury.
    #[serde(default, rename = "crate")]
    pub crates: Vec<CrateLine>,
    /// Receipts for what this one sent.
    #[serde(default)]
    pub receipt: Vec<ReceiptLine>,
    /// What happens at the desk. Order in the file does not matter, times do.
    #[serde(default)]
    pub show: Vec<Show>,
    /// Read points that make a lane of their own: place = "lane".
    #[serde(default)]
    pub lanes: BTreeMap<String, String>,
    /// A recording to be played instead, beside the stories.
    #[serde(default)]
    pub replay: Option<String>,
    /// The entries that must follow, all of them, in order.
    #[serde(default)]
    pub entry: Vec<EntryLine>,
    /// How things stand in the end.
    pub end: End,
}

/// What is different from the defaults of the configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub mode: Mode,
    pub window: String,
    pub dead_time: String,
    pub two_readings: bool,
    pub witness_for_issue: bool,
    pub loan_hours: u32,
    pub expired_stops: bool,
    pub weapons_per_person: u32,
    pub sightings: u32,
    pub leave: String,
    pub min_rssi_dbm: i16,
    /// The wall clock at the beginning.
    pub clock: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Auto,
            window: "20 s".into(),
            dead_time: "3 s".into(),
            two_readings: false,
            witness_for_issue: false,
            loan_hours: 24,
            expired_stops: true,
            weapons_per_person: 0,
            sightings: 3,
            leave: "2 s".into(),
            min_rssi_dbm: -75,
            clock: "2026-05-14T09:00:00Z".into(),
        }
    }
}

/// A weapon. Its tag and its mark are made from its number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeaponLine {
    pub id: String,
    pub model: Option<String>,
    #[serde(default)]
    pub standing: Standing,
    /// Chip number enrolled with its tag, hex.
    pub tid: Option<String>,
    /// The rack of its home.
    pub rack: Option<String>,
    /// The slot in it.
    pub slot: Option<String>,
    /// Its serial as marked.
    pub serial: Option<String>,
}

/// An antenna that stares at a rack; the reader's first one is at the desk.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AntennaLine {
    /// Its read point, by which lines above name it.
    pub place: String,
    /// The slots, as in the configuration.
    pub watches: String,
    /// EPC of its control tag, hex.
    pub control_tag: Option<String>,
}

/// A person. Their badge is made from their key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonLine {
    pub id: String,
    pub rank: Option<String>,
    pub name: Option<String>,
    #[serde(default = "bearer")]
    pub role: Role,
    /// `radio` or `printed`.
    #[serde(default)]
    pub badge: BadgeKind,
    pub valid_until: Option<String>,
    /// As in the import: `*`, ids or models separated by `;`.
    #[serde(default = "everything")]
    pub may_draw: String,
    #[serde(default)]
    pub suspended: bool,
}

/// What a badge is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadgeKind {
    /// A card with a UHF tag.
    #[default]
    Radio,
    /// A QR code.
    Printed,
}

/// Something that happens. One of `badge`, `tag`, `mark`, `card`, `code`, `epc`, `clock`, `key`, `power`, `ledger`,
/// `reader`, `command`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    pub at: String,
    /// How long it is there; a second where nothing is said.
    #[serde(rename = "for")]
    pub lasting: Option<String>,
    /// Somebody's badge; a key that is in no line above is a badge nobody knows.
    pub badge: Option<String>,
    /// The tag of the weapon with this number.
    pub tag: Option<String>,
    /// The mark of the weapon with this number.
    pub mark: Option<String>,
    /// A command card.
    pub card: Option<String>,
    /// Any other code.
    pub code: Option<String>,
    /// Any other tag, hex.
    pub epc: Option<String>,
    /// The chip number that answers, hex.
    pub tid: Option<String>,
    /// How strong; -55 where nothing is said.
    pub rssi_dbm: Option<i16>,
    /// Where; `pad` for tags and `lens` for codes where nothing is said.
    pub place: Option<String>,
    /// How often it is read; every 200 ms where nothing is said.
    pub every: Option<String>,
    /// The wall clock is set to this.
    pub clock: Option<String>,
    /// The armourer presses the key of a mode.
    pub key: Option<Mode>,
    /// `fails`: the power goes and comes back.
    pub power: Option<Power>,
    /// `fails` or `works`: whether the record store takes entries.
    pub ledger: Option<Store>,
    /// `up` or `down`: what the reader says of itself.
    pub reader: Option<Reader>,
    /// A command, without the program's name: "key take 7 --by P1".
    pub command: Option<String>,
    /// What is given to it with `--pin-from`.
    pub pin: Option<String>,
    /// What is given to it with `--witness-pin-from`.
    pub witness_pin: Option<String>,
    /// What is given to it with `--by-pin-from`.
    pub by_pin: Option<String>,
    /// That command is refused, with a sentence in which this stands.
    pub refused: Option<String>,
    /// What a question is answered with; a part of it.
    pub told: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    Fails,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    Up,
    Down,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Store {
    Fails,
    Works,
}

/// An entry that must follow. What is left out of a line must be absent from the entry, save `due`, `clock`, `purpose`, `paper`, `to_sign`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryLine {
    /// `issued`, `returned`, `refused`, `asked`, `unclear`, `mode_set`, `started`, `stopped`.
    pub kind: String,
    pub reason: Option<Reason>,
    pub weapon: Option<String>,
    pub person: Option<String>,
    pub brought_by: Option<String>,
    pub witness: Option<String>,
    /// The word on the screen as soon as it is written.
    pub screen: Option<Verdict>,
    /// Somebody has to come.
    #[serde(default)]
    pub alarm: bool,
    /// When it is due back.
    pub due: Option<String>,
    /// What it left for.
    pub purpose: Option<Purpose>,
    /// On which paper it left.
    pub paper: Option<Paper>,
    /// It is still to be signed for.
    pub to_sign: Option<bool>,
    /// What the wall clock said.
    pub clock: Option<String>,
    /// To what the mode was set.
    pub mode: Option<Mode>,
    /// What an entry of the book says, as the log prints it; a part of it.
    pub says: Option<String>,
    /// On whose word an entry of the book was made.
    pub by: Option<String>,
}

/// How things stand in the end. Whoever is not named holds nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    #[serde(default)]
    pub holds: BTreeMap<String, Vec<String>>,
    pub in_stock: Option<u32>,
    pub out: Option<u32>,
    /// The word on the screen.
    pub screen: Option<Verdict>,
    /// What the screen says about why; a part of it.
    pub why: Option<String>,
    /// Which verdicts lamp and buzzer gave, in order.
    pub signals: Option<Vec<String>>,
    /// How long the story goes on after the last thing that is shown; 30 s where nothing is said.
    pub after: Option<String>,
}

impl Story {
    /// The book it begins with.
    pub fn book(&self) -> Book {
        let settings = &self.settings;
        let policy = Policy {
            two_readings: settings.two_readings,
            witness_for_issue: settings.witness_for_issue,
            loan_hours: settings.loan_hours,
            expired_stops: settings.expired_stops,
            weapons_per_person: settings.weapons_per_person,
            ..self.policy.clone()
        };
        let weapon = |line: &WeaponLine| {
            let weapon = common::weapon(&line.id, line.model.clone(), line.tid.as_deref().map(hex));
            let (rack, slot, serial) = (line.rack.clone(), line.slot.clone(), line.serial.clone());
            (Weapon { rack, slot, serial, ..weapon }, line.standing)
        };
        let people = self.person.iter().map(|line| (line.enrolment(), line.suspended)).collect();
        let antennas = self.antenna.iter().zip(2..).map(|(line, number)| line.plan(number)).collect();
        let lanes = &self.lanes;
        let lanes = lanes.iter().map(|(place, lane)| (place.as_str().into(), lane.clone())).collect();
        Book { policy, weapons: self.weapon.iter().map(weapon).collect(), people, antennas, lanes }
    }

    /// The number of the antenna at that place; the first is at the desk.
    pub fn antenna_at(&self, place: &str) -> u8 {
        let lines = self.antenna.iter().zip(2..);
        lines.filter(|(line, _)| line.place == place).map(|(_, number)| number).next().unwrap_or(1)
    }

    /// How the desk is set.
    pub fn desk(&self) -> DeskSettings {
        DeskSettings {
            mode: self.settings.mode,
            window_ms: ms(&self.settings.window),
            dead_time_ms: ms(&self.settings.dead_time),
        }
    }

    /// How presence is set.
    pub fn presence(&self) -> PresenceSettings {
        PresenceSettings {
            sightings: self.settings.sightings,
            within_ms: 2_000,
            min_rssi_dbm: self.settings.min_rssi_dbm,
            leave_ms: ms(&self.settings.leave),
            margin_db: 6,
        }
    }

    /// Whether this person's badge is a printed one.
    pub fn is_printed(&self, person: &str) -> bool {
        self.person.iter().any(|line| line.id == person && line.badge == BadgeKind::Printed)
    }
}

impl AntennaLine {
    fn plan(&self, antenna: u8) -> AntennaPlan {
        AntennaPlan {
            reader: common::READER.into(),
            antenna,
            read_point: ReadPoint::from(self.place.as_str()),
            control_tag: self.control_tag.as_deref().map(hex),
            min_rssi_dbm: None,
            watches: Some(self.watches.parse().expect("slots as in the configuration")),
        }
    }
}

/// A command line with the files its PINs are read from.
pub struct WithPins {
    line: String,
    _files: tempfile::TempDir,
}

impl WithPins {
    pub fn line(&self) -> &str {
        &self.line
    }
}

impl Show {
    /// The command with its PINs in files, as people give them.
    pub fn with_pins(&self, line: &str) -> WithPins {
        let files = tempfile::tempdir().expect("a folder");
        let mut line = line.to_owned();
        let pins = [("pin", &self.pin), ("witness-pin", &self.witness_pin), ("by-pin", &self.by_pin)];
        for (name, pin) in pins.into_iter().filter_map(|(name, pin)| Some((name, pin.as_ref()?))) {
            let file = files.path().join(name);
            std::fs::write(&file, format!("{pin}\n")).expect("a file");
            line.push_str(&format!(" --{name}-from {}", file.display()));
        }
        WithPins { line, _files: files }
    }
}

impl PersonLine {
    fn enrolment(&self) -> Enrolment {
        Enrolment {
            id: PersonId::from(self.id.as_str()),
            role: self.role,
            valid_until: self.valid_until.as_ref().map(|day| day.parse().expect("valid_until is a date")),
            may_draw: MayDraw::from_text(&self.may_draw),
            personal: Personal {
                rank: self.rank.clone(),
                name: self.name.clone(),
                unit: None,
                badge: Some(common::badge(&self.id, self.badge == BadgeKind::Printed)),
            },
        }
    }
}

/// "1.5 s", "300 ms", "2 min" in milliseconds.
pub fn ms(text: &str) -> u64 {
    let (number, unit) =
        text.split_once(' ').unwrap_or_else(|| panic!("{text:?} is no time: write \"1.5 s\""));
    let number: f64 = number.parse().unwrap_or_else(|_| panic!("{text:?} is no time: write \"1.5 s\""));
    let factor = match unit {
        "ms" => 1.0,
        "s" => 1_000.0,
        "min" => 60_000.0,
        _ => panic!("{text:?}: times are in ms, s or min"),
    };
    (number * factor).round() as u64
}

/// "2026-05-14T09:00:00Z" in milliseconds.
pub fn wall_ms(text: &str) -> i64 {
    let stamp: jiff::Timestamp = text.parse().unwrap_or_else(|_| panic!("{text:?} is no time in UTC"));
    stamp.as_millisecond()
}

/// Bytes written in hex.
pub fn hex(text: &str) -> Vec<u8> {
    armoury::identity::epc::parse_hex(text).unwrap_or_else(|_| panic!("{text:?} is not hex"))
}

fn bearer() -> Role {
    Role::Bearer
}

fn everything() -> String {
    "*".into()
}
