//! A random armoury with random people, and what reaches its antennas and lenses. Everything follows from one number.

use std::collections::BTreeSet;

use armoury::domain::roster::{Enrolment, Personal};
use armoury::domain::{MayDraw, Mode, PersonId, Policy, Role, Standing};
use armoury::scan::desk::DeskSettings;
use armoury::scan::lanes::LanePlan;
use armoury::scan::presence::PresenceSettings;
use armoury::station::input::{Asked, Input};
use armoury::station::protocol::Ask;

use crate::common::{self, Book, TICK_MS};
use crate::dice::Dice;

/// What can be read of something.
#[derive(Debug, Clone)]
enum Thing {
    Tag(Vec<u8>),
    Code(String),
}

/// Something that lies there for a while.
#[derive(Debug, Clone)]
struct Lying {
    thing: Thing,
    from_ms: u64,
    until_ms: u64,
    rssi_dbm: i16,
    /// How many of a hundred chances it is read.
    chance: u64,
    place: &'static str,
}

/// What happens next besides readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accident {
    /// The power fails and comes back.
    PowerFails,
    /// The station is stopped in order and started again.
    Restart,
    /// The record store takes nothing from now on.
    StoreFails,
    /// It takes entries again.
    StoreWorks,
    /// The wall clock jumps so far, ms.
    ClockJumps(i64),
}

/// The world.
pub struct World {
    pub book: Book,
    pub desk: DeskSettings,
    pub presence: PresenceSettings,
    /// Badges and cards, as their readers give them: nothing is owed for them.
    pub quiet: BTreeSet<String>,
    weapons: Vec<String>,
    people: Vec<String>,
    dice: Dice,
    lying: Vec<Lying>,
    next_scene_ms: u64,
    store_works: bool,
    /// At which lane things are laid down now.
    place: &'static str,
}

const CARDS: [&str; 13] = [
    "ISSUE",
    "RETURN",
    "AUTO",
    "AUTO",
    "OK",
    "CANCEL",
    "REPEAT",
    "CALL SUPERVISOR",
    "UNDO",
    "RANGE",
    "COURT",
    "DIRTY",
    "NO SUCH CARD",
];

impl World {
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let weapons: Vec<String> = (1..=dice.between(3, 14)).map(|n| format!("A{n}")).collect();
        let people: Vec<String> = (1..=dice.between(2, 9)).map(|n| format!("P{n}")).collect();
        let policy = Policy {
            two_readings: dice.percent(35),
            witness_for_issue: dice.percent(25),
            loan_hours: dice.between(0, 30) as u32,
            expired_stops: dice.percent(60),
            weapons_per_person: dice.between(0, 3) as u32,
            ..Policy::default()
        };
        let two = dice.percent(30);
        let lane = |place: &str, name: &str| (place.into(), name.to_owned());
        let lanes = [lane("left lane", "left"), lane("right lane", "right")];
        let lanes = if two { LanePlan::from(lanes) } else { LanePlan::new() };
        let book = Book {
            policy,
            weapons: weapons.iter().map(|id| weapon(&mut dice, id)).collect(),
            people: people.iter().map(|id| (person(&mut dice, id), dice.percent(10))).collect(),
            lanes,
            ..Book::default()
        };
        let mut quiet: BTreeSet<String> = CARDS.iter().map(|word| format!("CMD:{word}")).collect();
        for id in &people {
            quiet.insert(armoury::identity::epc::hex(&common::badge_epc(id)));
            quiet.insert(common::badge_text(id));
        }
        // A badge of the other kind than enrolled is one nobody knows.
        for (enrolment, _) in &book.people {
            let id = enrolment.id.as_str();
            let printed = enrolment.personal.badge == Some(common::badge(id, true));
            let other = if printed {
                armoury::identity::epc::hex(&common::badge_epc(id))
            } else {
                common::badge_text(id)
            };
            quiet.remove(&other);
        }
        let desk = DeskSettings {
            mode: *dice.pick(&[Mode::Auto, Mode::Auto, Mode::Issue, Mode::Return]),
            window_ms: dice.between(1, 20) * 1_000,
            dead_time_ms: dice.between(0, 6) * 1_000,
        };
        let presence = PresenceSettings {
            sightings: dice.between(1, 4) as u32,
            within_ms: 2_000,
            min_rssi_dbm: -75,
            leave_ms: dice.between(8, 30) * 100,
            margin_db: 6,
        };
        Self {
            book,
            desk,
            presence,
            quiet,
            weapons,
            people,
            dice,
            lying: Vec::new(),
            next_scene_ms: 0,
            store_works: true,
            place: "left lane",
        }
    }

    /// What reaches the station in the tick that begins at `now_ms`, in order, with the time of each.
    pub fn tick(&mut self, now_ms: u64) -> (Vec<(u64, Input)>, Option<Accident>) {
        let mut inputs = Vec::new();
        let mut accident = None;
        if now_ms >= self.next_scene_ms {
            self.next_scene_ms = now_ms + self.dice.between(300, 6_000);
            accident = self.scene(now_ms, &mut inputs);
        }
        self.lying.retain(|lying| lying.until_ms > now_ms);
        for lying in self.lying.iter().filter(|lying| lying.from_ms <= now_ms) {
            for _ in 0..2 {
                if self.dice.percent(lying.chance) {
                    let dbm = lying.rssi_dbm + self.dice.between(0, 8) as i16 - 4;
                    let at_ms = now_ms + self.dice.between(0, TICK_MS - 1);
                    inputs.push((at_ms, read(&lying.thing, lying.place, dbm)));
                }
            }
        }
        inputs.sort_by_key(|(at_ms, _)| *at_ms);
        (inputs, accident)
    }

    fn scene(&mut self, now_ms: u64, inputs: &mut Vec<(u64, Input)>) -> Option<Accident> {
        match self.dice.between(0, 99) {
            0..=54 => self.visit(now_ms),
            55..=62 => self.stranger(now_ms),
            63..=68 => self.stray(now_ms),
            69..=74 => self.swapped(now_ms),
            75..=82 => {
                let card = Thing::Code(format!("CMD:{}", self.dice.pick(&CARDS)));
                self.lay(card, now_ms, 500, 90);
            }
            83..=86 => {
                let mode = *self.dice.pick(&[Mode::Auto, Mode::Auto, Mode::Issue, Mode::Return]);
                let what = Ask::SetMode { mode };
                let asked =
                    Asked { role: Some(Role::Armourer), user: None, command: None, what, reply: None };
                inputs.push((now_ms, Input::Ask(Box::new(asked))));
            }
            87..=88 => self.box_of_tags(now_ms),
            89..=91 => {
                let years = self.dice.between(0, 6) as i64 - 3;
                return Some(Accident::ClockJumps(years * 365 * 86_400_000));
            }
            92..=93 => return Some(Accident::PowerFails),
            94..=95 if self.store_works => return Some(Accident::Restart),
            _ => {
                self.store_works = !self.store_works;
                return Some(if self.store_works { Accident::StoreWorks } else { Accident::StoreFails });
            }
        }
        None
    }

    /// Somebody comes with a badge or without, before the weapons or after.
    fn visit(&mut self, now_ms: u64) {
        if !self.book.lanes.is_empty() {
            self.place = *self.dice.pick(&["left lane", "right lane"]);
        }
        let person = self.dice.pick(&self.people).clone();
        let badge_ms = now_ms + self.dice.between(0, 4_000);
        if self.dice.percent(85) {
            self.lay_badge(&person, badge_ms);
        }
        if self.dice.percent(25) {
            let second = self.dice.pick(&self.people).clone();
            let second_ms = badge_ms + self.dice.between(0, 3_000);
            self.lay_badge(&second, second_ms);
        }
        for _ in 0..*self.dice.pick(&[1, 1, 1, 2, 3]) {
            let id = self.dice.pick(&self.weapons).clone();
            let from_ms = now_ms + self.dice.between(0, 4_000);
            let for_ms = self.dice.between(200, 9_000);
            let roads = self.dice.between(0, 9);
            let chance = self.dice.between(8, 90);
            if roads != 9 {
                self.lay(Thing::Tag(common::weapon_epc(&id)), from_ms, for_ms, chance);
            }
            if roads >= 6 {
                self.lay(Thing::Code(common::weapon_mark(&id)), from_ms + 300, for_ms, chance);
            }
        }
    }

    fn lay_badge(&mut self, person: &str, from_ms: u64) {
        let printed = self.quiet.contains(&common::badge_text(person)) != self.dice.percent(5);
        let thing = if printed {
            Thing::Code(common::badge_text(person))
        } else {
            Thing::Tag(common::badge_epc(person))
        };
        let for_ms = *self.dice.pick(&[300, 700, 1_500, 3_000, 15_000]);
        self.lay(thing, from_ms, for_ms, 70);
    }

    /// Something nobody knows: a ghost of one reading, a foreign tag, a code, a card of another armoury.
    fn stranger(&mut self, now_ms: u64) {
        let number = self.dice.between(0, 5);
        let (thing, for_ms) = match self.dice.between(0, 3) {
            0 => (Thing::Tag(self.dice.next().to_be_bytes().to_vec()), 100),
            1 => (Thing::Tag(common::weapon_epc(&format!("Z{number}"))), 1_500),
            2 => (Thing::Tag(common::badge_epc(&format!("Z{number}"))), 1_500),
            _ => (Thing::Code(format!("https://example.com/{number}")), 800),
        };
        self.lay(thing, now_ms, for_ms, 60);
    }

    /// A weapon in the rack, heard too weakly, or nearly too weakly.
    fn stray(&mut self, now_ms: u64) {
        let id = self.dice.pick(&self.weapons).clone();
        let rssi_dbm = -(self.dice.between(74, 90) as i16);
        let place = *self.dice.pick(&["left lane", "right lane"]);
        let thing = Thing::Tag(common::weapon_epc(&id));
        let until_ms = now_ms + self.dice.between(500, 30_000);
        self.lying.push(Lying { thing, from_ms: now_ms, until_ms, rssi_dbm, chance: 20, place });
    }

    /// The tag of one weapon on another.
    fn swapped(&mut self, now_ms: u64) {
        let (tagged, marked) = (self.dice.pick(&self.weapons).clone(), self.dice.pick(&self.weapons).clone());
        let person = self.dice.pick(&self.people).clone();
        self.lay_badge(&person, now_ms);
        self.lay(Thing::Tag(common::weapon_epc(&tagged)), now_ms + 500, 5_000, 80);
        self.lay(Thing::Code(common::weapon_mark(&marked)), now_ms + 900, 5_000, 80);
    }

    /// More unknown tags at once than are answered in a minute.
    fn box_of_tags(&mut self, now_ms: u64) {
        for number in 0..80 {
            self.lay(Thing::Tag(common::weapon_epc(&format!("BOX{number}"))), now_ms, 1_000, 50);
        }
    }

    fn lay(&mut self, thing: Thing, from_ms: u64, for_ms: u64, chance: u64) {
        let rssi_dbm = -(self.dice.between(50, 66) as i16);
        let until_ms = from_ms + for_ms;
        self.lying.push(Lying { thing, from_ms, until_ms, rssi_dbm, chance, place: self.place });
    }
}

fn read(thing: &Thing, place: &str, dbm: i16) -> Input {
    match thing {
        Thing::Tag(epc) => common::tag(epc.clone(), place, Some(dbm), None),
        Thing::Code(text) => common::code(text, place),
    }
}

fn weapon(dice: &mut Dice, id: &str) -> (armoury::domain::Weapon, Standing) {
    let model = dice.pick(&["L85A3", "P226"]).to_string();
    let rare = [Standing::HotListed, Standing::Destroyed, Standing::NotHere];
    let standing = if dice.percent(12) { *dice.pick(&rare) } else { Standing::InService };
    (common::weapon(id, Some(model), None), standing)
}

fn person(dice: &mut Dice, id: &str) -> Enrolment {
    let role = *dice.pick(&[Role::Bearer, Role::Bearer, Role::Bearer, Role::Armourer, Role::Supervisor]);
    let valid_until = dice.percent(20).then(|| jiff::civil::date(2026, 1 + dice.between(0, 11) as i8, 14));
    Enrolment {
        id: PersonId::from(id),
        role,
        valid_until,
        may_draw: MayDraw::from_text(dice.pick::<&str>(&["*", "*", "*", "L85A3", "A1;A2;P226", ""])),
        personal: Personal { badge: Some(common::badge(id, dice.percent(35))), ..Personal::default() },
    }
}
