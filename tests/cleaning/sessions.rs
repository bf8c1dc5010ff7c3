//! Desk sessions in the room: twenty weapons each, some laid down, some taken away again, some only near by; and at the
//! close of each session what is held to be true of every one of them beside what is.

use armoury::identity::TagId;
use armoury::scan::presence::{Absence, Presence, PresenceSettings, Whereabouts};

use crate::dice::Dice;
use crate::room::{CYCLE_MS, Happening, Place, READER, Room, TRAYS, between, chance};

/// Sessions in one room, one after the other.
pub const SESSIONS: u64 = 25;

/// Weapons in a session, and in the room.
pub const ITEMS: usize = 20;
const WEAPONS: u32 = 48;

/// A session from its opening to its close, ms, and the time between two.
const SESSION_MS: u64 = 40_000;
const PAUSE_MS: u64 = 15_000;

/// Nothing is laid down in the last part of a session, nor taken away in a shorter one, ms: whoever closes it has
/// looked at the screen first.
const LAID_BEFORE_CLOSE_MS: u64 = 10_000;
const TAKEN_BEFORE_CLOSE_MS: u64 = 6_000;
const LINK_LOST_BEFORE_CLOSE_MS: u64 = 6_000;

/// How a station is set in this room, unless a test sets it wrong: the page's k, margin and times.
pub const SETTINGS: PresenceSettings =
    PresenceSettings { sightings: 3, within_ms: 2_000, min_rssi_dbm: -75, leave_ms: 2_000, margin_db: 6 };

/// The antennas' threshold after a site survey: ten decibels below a test tag in place.
pub const SURVEYED_DBM: i16 = -63;

/// What came of sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub sessions: u64,
    pub items: u64,
    /// Items that lay on a tray at the close, and of them those held to be absent.
    pub there: u64,
    pub false_absent: u64,
    /// Items that did not, and of them those held to lie on a tray; and items held to lie on the wrong one.
    pub not_there: u64,
    pub false_present: u64,
    pub ambiguous: u64,
    /// Sessions in which an antenna was dead, and in which the link was lost.
    pub dead: u64,
    pub lost: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.sessions += other.sessions;
        self.items += other.items;
        self.there += other.there;
        self.false_absent += other.false_absent;
        self.not_there += other.not_there;
        self.false_present += other.false_present;
        self.ambiguous += other.ambiguous;
        self.dead += other.dead;
        self.lost += other.lost;
    }
}

/// When a weapon is put where.
struct Move {
    at_ms: u64,
    weapon: usize,
    place: Place,
}

/// Plays the sessions of one room.
pub fn play(seed: u64, settings: PresenceSettings, min_rssi_dbm: i16) -> Tally {
    let mut room = Room::new(seed, WEAPONS);
    let mut presence = Presence::new(settings, Room::plans(min_rssi_dbm));
    let mut tally = Tally::default();
    presence.reader_up(READER, 0);
    let mut now_ms = 0;
    for _ in 0..SESSIONS {
        clear(&mut room);
        now_ms = live(&mut room, &mut presence, now_ms, now_ms + PAUSE_MS, &[], None);
        let items = pick(&mut room.dice);
        let moves = plan(&mut room.dice, &items, now_ms);
        let accident = accident(&mut room.dice, now_ms);
        tally.lost += u64::from(matches!(accident, Some((_, Accident::LinkLost))));
        tally.dead += u64::from(matches!(accident, Some((_, Accident::Dies(_)))));
        now_ms = live(&mut room, &mut presence, now_ms, now_ms + SESSION_MS, &moves, accident);
        tally.sessions += 1;
        items.iter().for_each(|item| close(&room, &presence, *item, now_ms, &mut tally));
    }
    tally
}

/// What befalls a session.
#[derive(Debug, Clone, Copy)]
enum Accident {
    LinkLost,
    /// An antenna dies, and is mended after the session.
    Dies(usize),
}

/// The link is lost in one of fifty sessions, an antenna dies in one of four hundred. Nobody closes a session while the
/// screen says that the reader does not answer, or has just said so.
fn accident(dice: &mut Dice, from_ms: u64) -> Option<(u64, Accident)> {
    let at_ms = |within_ms: u64| (from_ms + within_ms) / CYCLE_MS * CYCLE_MS;
    match dice.below(400) {
        0..8 => {
            let before_ms = SESSION_MS - LINK_LOST_BEFORE_CLOSE_MS;
            Some((at_ms(dice.below(before_ms)), Accident::LinkLost))
        }
        8 => Some((at_ms(dice.below(SESSION_MS)), Accident::Dies(dice.below(2) as usize))),
        _ => None,
    }
}

/// Between sessions the trays are empty; what hangs in the rack mostly stays there.
fn clear(room: &mut Room) {
    room.dead = [false; 2];
    for weapon in 0..room.weapons.len() {
        let place = room.weapons[weapon].place;
        if matches!(place, Place::Tray(_)) || chance(&mut room.dice, 100) {
            let place = if chance(&mut room.dice, 600) { Place::Rack } else { Place::Away };
            room.put(weapon, place);
        }
    }
}

fn pick(dice: &mut Dice) -> Vec<usize> {
    let mut all: Vec<usize> = (0..WEAPONS as usize).collect();
    (0..ITEMS).map(|_| all.swap_remove(dice.below(all.len() as u64) as usize)).collect()
}

/// Three of ten are never laid down; of the others some come late and some go again.
fn plan(dice: &mut Dice, items: &[usize], from_ms: u64) -> Vec<Move> {
    let mut moves = Vec::new();
    for weapon in items.iter().copied() {
        let tray = Place::Tray(dice.below(2) as usize);
        let fate = dice.below(20);
        let laid_ms = match fate {
            0..6 => continue,
            6..8 => between(dice, 8_000, SESSION_MS - LAID_BEFORE_CLOSE_MS),
            _ => dice.below(8_000),
        };
        moves.push(Move { at_ms: from_ms + laid_ms, weapon, place: tray });
        if fate >= 16 {
            let taken_ms = between(dice, 12_000, SESSION_MS - TAKEN_BEFORE_CLOSE_MS);
            let place = if chance(dice, 500) { Place::Rack } else { Place::Away };
            moves.push(Move { at_ms: from_ms + taken_ms, weapon, place });
        }
    }
    moves.sort_by_key(|one| one.at_ms);
    moves
}

/// Lets time pass; answers with the time it is then.
fn live(
    room: &mut Room,
    presence: &mut Presence,
    from_ms: u64,
    until_ms: u64,
    moves: &[Move],
    accident: Option<(u64, Accident)>,
) -> u64 {
    let mut moves = moves.iter().peekable();
    for cycle_ms in (from_ms..until_ms).step_by(CYCLE_MS as usize) {
        while let Some(next) = moves.next_if(|next| next.at_ms < cycle_ms + CYCLE_MS) {
            room.put(next.weapon, next.place);
        }
        match accident {
            Some((at_ms, Accident::LinkLost)) if at_ms == cycle_ms => room.lose_link(cycle_ms),
            Some((at_ms, Accident::Dies(antenna))) if at_ms == cycle_ms => room.dead[antenna] = true,
            _ => {}
        }
        for (at_ms, happening) in room.cycle(cycle_ms) {
            match happening {
                Happening::Read(reading) => drop(presence.read(&reading, at_ms)),
                Happening::Down => presence.reader_down(READER, at_ms),
                Happening::Up => presence.reader_up(READER, at_ms),
            }
        }
        drop(presence.tick(cycle_ms + CYCLE_MS - 1));
    }
    until_ms
}

/// What is held to be true of an item beside what is.
fn close(room: &Room, presence: &Presence, item: usize, now_ms: u64, tally: &mut Tally) {
    let weapon = &room.weapons[item];
    let verdict = presence.whereabouts(&TagId::from_epc(&weapon.epc), now_ms);
    tally.items += 1;
    let tray = match weapon.place {
        Place::Tray(tray) => Some(TRAYS[tray]),
        Place::Rack | Place::Away => None,
    };
    tally.there += u64::from(tray.is_some());
    tally.not_there += u64::from(tray.is_none());
    match (verdict, tray) {
        (Whereabouts::At(place), tray) => {
            tally.false_present += u64::from(tray != Some(place.as_str()));
        }
        (Whereabouts::Unclear | Whereabouts::Unheard(Absence::Doubted(_)), _) => tally.ambiguous += 1,
        (Whereabouts::Unheard(Absence::Believed), tray) => {
            tally.false_absent += u64::from(tray.is_some());
        }
    }
}
