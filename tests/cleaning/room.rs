//! A room with two trays, an antenna over each, and a rack behind: what reaches the antennas, and what is true. Knows
//! nothing of how readings are cleaned. The numbers are those of `rfid-stream-cleaning.md` section 8.

use armoury::domain::AntennaPlan;
use armoury::domain::ReadPoint;
use armoury::scan::TagReading;

use crate::dice::Dice;

/// An inventory cycle, ms.
pub const CYCLE_MS: u64 = 250;

/// The reader of both antennas.
pub const READER: &str = "hatch";

/// The trays, by antenna.
pub const TRAYS: [&str; 2] = ["left tray", "right tray"];

/// Median of a tag in place, dBm; single tags lie 3 dB around it, single readings 2 dB around that.
pub const IN_PLACE_DBM: f64 = -55.0;
const PLACING_DB: f64 = 3.0;
const READING_DB: f64 = 2.0;

/// How long a link is lost for, ms.
const LINK_LOSS_MS: u64 = 3_000;

/// Where a weapon is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On a tray.
    Tray(usize),
    /// In the rack behind, within earshot.
    Rack,
    /// Out of earshot.
    Away,
}

/// A weapon with its tag.
#[derive(Debug, Clone)]
pub struct Weapon {
    pub epc: Vec<u8>,
    tid: Option<Vec<u8>>,
    pub place: Place,
    /// How often it is read in a cycle, in thousandths: where it lies, and where only a stray answer is heard.
    rate: u64,
    stray_rate: u64,
    in_place_dbm: f64,
    stray_dbm: f64,
    /// Metal or a body silences it until then.
    silent_until_ms: u64,
}

/// What happens to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    Read(TagReading),
    Down,
    Up,
}

/// The room.
pub struct Room {
    pub dice: Dice,
    pub weapons: Vec<Weapon>,
    /// Not heard: no one knows of it.
    pub dead: [bool; 2],
    link_lost_until_ms: Option<u64>,
}

impl Room {
    pub fn new(seed: u64, weapons: u32) -> Self {
        let mut room =
            Self { dice: Dice::new(seed), weapons: Vec::new(), dead: [false; 2], link_lost_until_ms: None };
        room.weapons = (0..weapons).map(|number| weapon(&mut room.dice, number)).collect();
        room
    }

    /// The antennas as a configuration has them.
    pub fn plans(min_rssi_dbm: i16) -> Vec<AntennaPlan> {
        let plan = |(antenna, name): (u8, &str)| AntennaPlan {
            watches: None,
            reader: READER.into(),
            antenna,
            read_point: ReadPoint::from(name),
            control_tag: Some(control_tag(antenna)),
            min_rssi_dbm: Some(min_rssi_dbm),
        };
        (1..).zip(TRAYS).map(plan).collect()
    }

    /// A weapon is put somewhere, where it lies as it happens to lie.
    pub fn put(&mut self, weapon: usize, place: Place) {
        let (rate, stray_rate) = (between(&mut self.dice, 300, 950), between(&mut self.dice, 10, 50));
        let in_place_dbm = IN_PLACE_DBM + PLACING_DB * bell(&mut self.dice);
        let stray_dbm = IN_PLACE_DBM - between(&mut self.dice, 1_000, 2_000) as f64 / 100.0;
        let weapon = &mut self.weapons[weapon];
        *weapon = Weapon { place, rate, stray_rate, in_place_dbm, stray_dbm, ..weapon.clone() };
    }

    /// The cable is pulled for three seconds.
    pub fn lose_link(&mut self, now_ms: u64) {
        self.link_lost_until_ms = Some(now_ms + LINK_LOSS_MS);
    }

    /// What happens in the cycle that begins at `now_ms`, in order.
    pub fn cycle(&mut self, now_ms: u64) -> Vec<(u64, Happening)> {
        let mut happenings = Vec::new();
        if let Some(until_ms) = self.link_lost_until_ms {
            if until_ms == now_ms + LINK_LOSS_MS {
                return vec![(now_ms, Happening::Down)];
            }
            if now_ms < until_ms {
                return Vec::new();
            }
            self.link_lost_until_ms = None;
            happenings.push((now_ms, Happening::Up));
        }
        for antenna in (0..TRAYS.len()).filter(|antenna| !self.dead[*antenna]).collect::<Vec<_>>() {
            let heard = self.heard_by(antenna, now_ms);
            happenings.extend(heard.into_iter().map(|(at_ms, reading)| (at_ms, Happening::Read(reading))));
        }
        happenings.sort_by_key(|(at_ms, _)| *at_ms);
        happenings
    }

    fn heard_by(&mut self, antenna: usize, now_ms: u64) -> Vec<(u64, TagReading)> {
        let Self { dice, weapons, .. } = self;
        let number = antenna as u8 + 1;
        let mut heard = Vec::new();
        if chance(dice, 900) {
            heard.push((control_tag(number), None, IN_PLACE_DBM));
        }
        // A ghost in ten minutes.
        if dice.below(600_000 / CYCLE_MS) == 0 {
            heard.push(((0..12).map(|_| dice.next() as u8).collect(), None, IN_PLACE_DBM));
        }
        for weapon in weapons {
            let (rate, dbm) = match weapon.place {
                Place::Tray(tray) if tray == antenna => (weapon.rate, weapon.in_place_dbm),
                Place::Tray(_) | Place::Rack => (weapon.stray_rate, weapon.stray_dbm),
                Place::Away => continue,
            };
            // Silenced for 0.5 to 2 s about every twenty seconds.
            if antenna == 0 && dice.below(20_000 / CYCLE_MS) == 0 {
                weapon.silent_until_ms = now_ms + between(dice, 500, 2_000);
            }
            if now_ms >= weapon.silent_until_ms && chance(dice, rate) {
                let tid = weapon.tid.clone().filter(|_| chance(dice, 500));
                heard.push((weapon.epc.clone(), tid, dbm));
            }
        }
        let mut readings = Vec::new();
        for (epc, tid, dbm) in heard {
            let at_ms = now_ms + dice.below(CYCLE_MS);
            let dbm = dbm + READING_DB * bell(dice);
            let reading = TagReading {
                reader: READER.into(),
                read_point: ReadPoint::from(TRAYS[antenna]),
                epc,
                tid,
                antenna: number,
                rssi_dbm: Some(dbm.round() as i16),
                rssi_raw: None,
                pc: None,
            };
            // Some frames come twice.
            if chance(dice, 20) {
                readings.push((at_ms, reading.clone()));
            }
            readings.push((at_ms, reading));
        }
        readings
    }
}

/// The EPC of the tag that is fixed at an antenna.
pub fn control_tag(antenna: u8) -> Vec<u8> {
    vec![0xc0, 0, 0, 0, 0, 0, 0, antenna]
}

fn weapon(dice: &mut Dice, number: u32) -> Weapon {
    let epc = [[0x30; 8].as_slice(), &number.to_be_bytes()].concat();
    let tid = [[0xe2, 0x80, 0x11, 0x91, 0x20, 0, 0, 0].as_slice(), &number.to_be_bytes()].concat();
    Weapon {
        epc,
        tid: chance(dice, 500).then_some(tid),
        place: Place::Away,
        rate: 0,
        stray_rate: 0,
        in_place_dbm: 0.0,
        stray_dbm: 0.0,
        silent_until_ms: 0,
    }
}

/// From `low` to `high`, both included.
pub fn between(dice: &mut Dice, low: u64, high: u64) -> u64 {
    low + dice.below(high - low + 1)
}

/// Happens so many times in a thousand.
pub fn chance(dice: &mut Dice, of_thousand: u64) -> bool {
    dice.below(1_000) < of_thousand
}

/// Around zero with a deviation of one: the sum of twelve even chances, less six.
fn bell(dice: &mut Dice) -> f64 {
    (0..12).map(|_| dice.below(1_000_000) as f64 / 1e6).sum::<f64>() - 6.0
}
