//! A data folder with as many weapons and entries as wanted, and the configuration of a station that runs on it.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use armoury::config::{self, StationConfig};
use armoury::domain::event::{DeskEvent, DeskKind};
use armoury::domain::roster::{Badge, Enrolment, Personal};
use armoury::domain::{
    Event, Evidence, Identifier, MayDraw, Moment, PersonId, Practice, ReadPoint, Road, Role, Weapon, WeaponId,
};
use armoury::identity::epc::{encode, hex};
use armoury::ledger::{Draft, Ledger, people};
use armoury::station::clock::Clock;
use armoury::station::life::KEY_FILE;
use armoury::sync::keys::make_key_file;
use ed25519_dalek::VerifyingKey;

use super::failure::{Outcome, Told, refuse};

/// Weapons to a person in the register.
const WEAPONS_EACH: u32 = 20;

/// Entries written in one transaction while a ledger is built.
const AT_ONCE: u64 = 20_000;

/// How far apart the transactions of a built ledger lie in time, ms: a million entries fill about a year.
const APART_MS: i64 = 7 * 24 * 3_600_000;

/// A prime stride through the register.
const STRIDE: u64 = 7_919;

/// Where the station's reader looks.
const READ_POINT: &str = "left lane";

/// A data folder.
pub struct Book {
    folder: PathBuf,
    weapons: u32,
    key: VerifyingKey,
    /// How many weapons were laid down so far; each goes out once.
    laid_down: Cell<u32>,
}

impl Book {
    /// Makes a folder with a register of `weapons` and one person to every twenty of them.
    pub fn make(folder: &Path, weapons: u32) -> Outcome<Self> {
        std::fs::create_dir(folder)?;
        let key = make_key_file(&folder.join(KEY_FILE))?.verifying_key();
        let at = Clock::new().now();
        let mut ledger = Ledger::create(folder, Practice::Exercise, key.to_bytes(), at)?;
        let persons = (0..weapons.div_ceil(WEAPONS_EACH)).map(person);
        let mut drafts = persons.collect::<Outcome<Vec<Draft>>>()?;
        for number in 0..weapons {
            drafts.push(Event::WeaponRegistered(Box::new(weapon(number)?)).into());
            if drafts.len() as u64 >= AT_ONCE {
                ledger.append(at, None, &std::mem::take(&mut drafts))?;
            }
        }
        ledger.append(at, None, &drafts)?;
        Ok(Self { folder: folder.to_owned(), weapons, key, laid_down: Cell::new(0) })
    }

    /// Lets every weapon go out and come back, one after the other, until there are `entries`. Says how long writing
    /// took.
    pub fn fill(&self, entries: u64) -> Outcome<Duration> {
        let mut ledger = Ledger::open(&self.folder, "a bench")?.ledger;
        let now = Clock::new().now();
        let began = Instant::now();
        while ledger.head().0 < entries {
            let head = ledger.head().0;
            let missing = entries - head;
            let later = head + missing.min(AT_ONCE);
            let back_ms = i64::try_from(missing / AT_ONCE)? * APART_MS;
            let at = Moment { wall_ms: now.wall_ms - back_ms, ..now };
            let drafts: Vec<Draft> = (head + 1..=later).map(|seq| self.crossing(entries - seq)).collect();
            ledger.append(at, None, &drafts)?;
        }
        Ok(began.elapsed())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many weapons the register has.
    pub fn weapons(&self) -> u32 {
        self.weapons
    }

    /// The station's key.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The configuration with readers on these ports, written beside the ledger; the socket lies in `run`, because the
    /// path of one must be short.
    pub fn configuration(
        &self,
        run: &Path,
        ports: &[&Path],
        more: &str,
    ) -> Outcome<(PathBuf, StationConfig)> {
        let mut text = format!(
            "[station]\nid = \"bench\"\ndata = \".\"\nsocket = \"{}\"\n",
            run.join("socket").display()
        );
        for (number, port) in ports.iter().enumerate() {
            text += &format!(
                "\n[[reader]]\nname = \"reader {number}\"\nprotocol = \"r2000\"\nport = \"{}\"\nread_point = \"{}\"\n",
                port.display(),
                if number == 0 { READ_POINT } else { "right lane" },
            );
        }
        text += more;
        let path = self.folder.join("station.toml");
        std::fs::write(&path, text)?;
        let configuration = config::load(&path).told("load the bench's own configuration")?;
        Ok((path, configuration))
    }

    /// The next weapon that was not laid down yet; none of its neighbours in the book comes soon after it.
    pub fn next_weapon(&self) -> Outcome<u32> {
        let turn = self.laid_down.replace(self.laid_down.get() + 1);
        if turn >= self.weapons {
            return refuse(format!("lay down another weapon: all {turn} are out"));
        }
        Ok((u64::from(turn) * STRIDE % u64::from(self.weapons)) as u32)
    }

    /// A weapon goes out or comes back. `left`: how many crossings are still to come; after the last all are back.
    pub fn crossing(&self, left: u64) -> Draft {
        let number = ((left / 2) % u64::from(self.weapons)) as u32;
        let kind = if left.is_multiple_of(2) { DeskKind::Returned } else { DeskKind::Issued };
        let holder = number / WEAPONS_EACH;
        let read = |road, value| Evidence {
            road,
            value,
            antenna: Some(1),
            rssi_dbm: Some(-60),
            reads: Some(3),
            read_point: Some(ReadPoint::new(READ_POINT)),
            ..Evidence::default()
        };
        let event = DeskEvent {
            weapon: Some(weapon_id(number)),
            person: Some(person_id(holder)),
            read_point: Some(ReadPoint::new(READ_POINT)),
            predecessor: Some(left),
            evidence: vec![
                read(Road::Tag, format!("{number:024x}")),
                read(Road::BadgeTag, format!("{:04x}", holder & 0xFFFF)),
            ],
            ..DeskEvent::new(kind)
        };
        Event::Desk(Box::new(event)).into()
    }
}

/// The number of a weapon in the book.
pub fn weapon_id(number: u32) -> WeaponId {
    WeaponId::new(format!("A{:06}", number + 1))
}

/// The code in a weapon's tag: an asset number under a prefix that GS1 keeps for examples.
pub fn weapon_epc(number: u32) -> Outcome<Vec<u8>> {
    Ok(encode(&format!("urn:epc:tag:giai-96:0.9521141.{}", number + 1))?.bytes)
}

/// The code in a person's badge.
pub fn badge_epc(number: u32) -> Outcome<Vec<u8>> {
    Ok(encode(&format!("urn:epc:tag:gsrn-96:0.9521141.{:010}", number + 1))?.bytes)
}

fn person_id(number: u32) -> PersonId {
    PersonId::new(format!("P{:05}", number + 1))
}

fn person(number: u32) -> Outcome<Draft> {
    let enrolment = Enrolment {
        id: person_id(number),
        role: Role::Bearer,
        valid_until: None,
        may_draw: MayDraw::All,
        personal: Personal {
            rank: Some("Pte".into()),
            name: Some(format!("EXAMPLE {number}")),
            unit: Some(format!("{} Platoon", number % 30)),
            badge: Some(Badge::Epc(badge_epc(number)?)),
        },
    };
    let (person, row) = people::split(&enrolment, false)?;
    Ok(Draft { event: Event::PersonRegistered(person), person: Some(row) })
}

/// A weapon with every field a register has.
fn weapon(number: u32) -> Outcome<Weapon> {
    let epc = weapon_epc(number)?;
    let tid = [&[0xE2, 0x80, 0x68, 0x90, 0x20, 0, 0, 0], &number.to_be_bytes()[..]].concat();
    let text = |text: &str| Some(text.to_owned());
    Ok(Weapon {
        maker: text("BAE"),
        country: text("GB"),
        model: text("L85A3"),
        calibre: text("5.56x45"),
        serial: Some(format!("{:07}", 5_397_188 + number)),
        category: text("SA-4"),
        rack: Some(format!("R{}", number / 20)),
        slot: Some(format!("{:02}", number % 20)),
        identifiers: vec![
            Identifier::Mark { text: format!("D9521141{}", hex(&epc)) },
            Identifier::Tag { epc, tid: Some(tid) },
        ],
        ..Weapon::new(weapon_id(number))
    })
}
