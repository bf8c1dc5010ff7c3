//! Properties, from a seed: what history says of one weapon, one person and one moment is what the fold of the whole
//! ledger says, whatever the clock did.

use std::collections::BTreeMap;

use armoury::domain::{Armoury, Custody, PersonId, Seq, Standing, WeaponId};
use armoury::ledger::Record;
use armoury::trace::life::Life;
use armoury::trace::person::Hands;

use crate::house::{Desk, House};

/// Numbers from a seed (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn from_environment() -> Self {
        let seed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or(20_261_124);
        println!("ARMOURY_SEED={seed}");
        Self(seed)
    }

    pub fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}

const WEAPONS: u64 = 6;
const PERSONS: u64 = 4;

/// A ledger of chance: weapons cross the desk, standings change, the clock runs and sometimes jumps.
fn house(dice: &mut Dice) -> House {
    let mut house = House::new();
    for nth in 0..WEAPONS {
        house.weapon(&format!("A{nth}"), |_| {});
    }
    for nth in 0..PERSONS {
        house.person(&format!("P{nth}"));
    }
    let mut holders: BTreeMap<u64, u64> = BTreeMap::new();
    for _ in 0..400 {
        match dice.below(40) {
            0 => house.at.wall_ms -= i64::try_from(dice.below(9 * 86_400_000)).expect("small"),
            1 => house.at.wall_ms += i64::try_from(dice.below(9 * 86_400_000)).expect("small"),
            _ => house.passes_ms(u32::try_from(dice.below(7_200_000)).expect("small")),
        }
        let (weapon, person) = (dice.below(WEAPONS), dice.below(PERSONS));
        let id = format!("A{weapon}");
        match (dice.below(10), holders.remove(&weapon)) {
            (0, holder) => {
                let standing =
                    [Standing::InService, Standing::Quarantined, Standing::Missing][dice.below(3) as usize];
                house.standing(&id, standing, None);
                holders.extend(holder.map(|holder| (weapon, holder)));
            }
            (1, holder) => {
                house.desk(Desk::Refused, &id, &format!("P{person}"));
                holders.extend(holder.map(|holder| (weapon, holder)));
            }
            (_, Some(holder)) => {
                house.desk(Desk::Returned, &id, &format!("P{holder}"));
            }
            (_, None) => {
                house.desk(Desk::Issued, &id, &format!("P{person}"));
                holders.insert(weapon, person);
            }
        }
    }
    house
}

fn records(house: &House) -> Vec<Record> {
    let mut records = Vec::new();
    let reader = house.reader();
    reader
        .each(0, |entry| {
            records.push(entry.record);
            Ok(())
        })
        .expect("a ledger");
    records
}

/// A-2, section 10. At every entry, each weapon's life and each person's hands are the fold's.
#[test]
fn history_is_the_fold_at_every_entry() {
    let mut dice = Dice::from_environment();
    let house = house(&mut dice);
    let reader = house.reader();
    let history = reader.history().expect("a ledger");
    let mut armoury = Armoury::default();
    for record in records(&house) {
        armoury.apply(record.seq, record.at, &record.event);
        if dice.below(8) > 0 {
            continue;
        }
        for nth in 0..WEAPONS {
            let id = WeaponId::new(format!("A{nth}"));
            let life = Life::read(&history, &id, record.seq).expect("a life").state;
            let Some(held) = armoury.weapon(&id) else {
                assert_eq!(life.weapon, None);
                continue;
            };
            let holder = match &held.custody {
                Custody::Out { to, .. } => Some(to.clone()),
                Custody::In => None,
            };
            assert_eq!((life.holder, life.standing), (holder, held.standing), "{id} after {}", record.seq);
            assert_eq!(life.custody_by.map(|act| act.seq), held.last_custody, "{id} after {}", record.seq);
        }
        for nth in 0..PERSONS {
            let id = PersonId::new(format!("P{nth}"));
            let hands = Hands::read(&history, &id, record.seq).expect("hands");
            let held = armoury
                .weapons()
                .filter(|held| matches!(&held.custody, Custody::Out { to, .. } if *to == id));
            let held: Vec<&WeaponId> = held.map(|held| &held.weapon.id).collect();
            let holds: Vec<&WeaponId> = hands.holds.iter().map(|span| &span.weapon).collect();
            assert_eq!(holds, held, "{id} after {}", record.seq);
        }
    }
}

/// A moment is found where every entry read one by one would put it.
#[test]
fn moments_are_found_as_by_reading_every_entry() {
    let mut dice = Dice::from_environment();
    let house = house(&mut dice);
    let walls: Vec<i64> = records(&house).iter().map(|record| record.at.wall_ms).collect();
    let reader = house.reader();
    let history = reader.history().expect("a ledger");
    let (least, most) = (walls.iter().min().expect("entries"), walls.iter().max().expect("entries"));
    for _ in 0..500 {
        let spread = u64::try_from(most - least).expect("later") + 200_000_000;
        let wall_ms = least - 100_000_000 + i64::try_from(dice.below(spread)).expect("small");
        let mut places: Vec<Seq> = Vec::new();
        for seq in 0..=walls.len() {
            let before = seq == 0 || walls[seq - 1] <= wall_ms;
            let after = walls.get(seq).is_none_or(|later| *later > wall_ms);
            if before && after {
                places.push(seq as Seq);
            }
        }
        let found = history.moments(wall_ms).expect("moments");
        let kept = places.len().saturating_sub(armoury::ledger::history::PLACES_MAX);
        assert_eq!((found.after, found.more), (places.split_off(kept), kept > 0), "at {wall_ms}");
    }
}
