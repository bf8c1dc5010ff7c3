//! Two armouries, random acts by anybody in any order: after each the books are straight, and what is entered reads back
//! as it was written.

use std::collections::{BTreeMap, BTreeSet};

use armoury::domain::book::transfer::{
    Arrival, Carrier, Consignment, Outcome, Paper, Purpose, Quantity, Stage,
};
use armoury::domain::book::{Act, Booked, By, Context, Fact, Origin, Proof, disposal, due, plan, transfer};
use armoury::domain::{
    Armoury, Custody, Event, Moment, Person, PersonId, Role, Standing, StationId, WeaponId,
};

/// The first world; the others follow.
const SEED: u64 = 50_510;

/// How many, and how much happens in each.
const WORLDS: u64 = 200;
const ACTS: u32 = 150;

/// What has to happen in some of them.
const WORDS: &[&str] = &[
    "transfer_packed",
    "transfer_unpacked",
    "transfer_sent",
    "transfer_follow_up_due",
    "transfer_unanswered",
    "transfer_delivered",
    "transfer_not_received",
    "transfer_restored",
    "transfer_taken_in",
    "transfer_short",
    "transfer_rejected",
    "surplus_declared",
    "surplus_withdrawn",
    "destruction_unlisted",
    "weapons_destroyed",
    "weapons_left_service",
];

const WEAPONS: usize = 8;
const DAY_MS: i64 = 86_400_000;

struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// An armoury with its book.
struct House {
    name: StationId,
    book: Armoury,
    destroyed: BTreeSet<WeaponId>,
    /// What was entered.
    words: BTreeSet<&'static str>,
}

impl House {
    fn new(name: &str, prefix: &str) -> Self {
        let name = StationId::from(name);
        let (book, destroyed, words) = (Armoury::default(), BTreeSet::new(), BTreeSet::new());
        let mut house = Self { name: name.clone(), book, destroyed, words };
        house.apply(Event::StationNamed(name), 0);
        for (id, role) in PEOPLE {
            house.apply(Event::PersonRegistered(person(id, role)), 0);
        }
        for number in 1..=WEAPONS {
            let weapon = super::weapon(&format!("{prefix}{number}"), &format!("{prefix}-{number}"));
            house.apply(Event::WeaponRegistered(Box::new(weapon)), 0);
        }
        house
    }

    fn apply(&mut self, event: Event, wall_ms: i64) {
        self.book.apply(self.book.head + 1, Moment::at(0, wall_ms), &event);
    }

    /// Asks for an act.
    fn ask(&mut self, act: Act, by: &By, wall_ms: i64) {
        let read: Act =
            serde_json::from_str(&serde_json::to_string(&act).expect("JSON")).expect("the same act");
        assert_eq!(read, act, "an act crosses the socket unchanged");
        if by.role.is_none_or(|role| !act.allowed().contains(&role)) {
            return;
        }
        let now = Moment::at(0, wall_ms);
        let context = Context { armoury: &self.book, by, now, head: [0; 32] };
        let facts = match plan(context, &act) {
            Ok(facts) => facts,
            Err(denied) => {
                assert!(denied.0.len() > 10, "a refusal is a sentence: {denied}");
                return;
            }
        };
        self.enter(facts, by, wall_ms);
    }

    fn enter(&mut self, facts: Vec<Fact>, by: &By, wall_ms: i64) {
        for fact in facts {
            let bytes = minicbor::to_vec(&fact).expect("CBOR");
            assert_eq!(minicbor::decode::<Fact>(&bytes).expect("a fact"), fact, "as it was written");
            assert!(bytes.len() < 60_000, "{} bytes of {}", bytes.len(), fact.word());
            assert!(!fact.line().is_empty());
            self.words.insert(fact.word());
            if let Fact::Disposal(disposal::Fact::Destroyed { weapons, .. }) = &fact {
                self.destroyed.extend(weapons.iter().cloned());
            }
            self.apply(
                Event::Book(Box::new(Booked { by: by.clone(), fact, origin: Origin::Noted })),
                wall_ms,
            );
        }
    }

    /// What falls due is said once.
    fn time(&mut self, wall_ms: i64) {
        let now = Moment::at(0, wall_ms);
        let moves = |fact: &Fact| matches!(fact, Fact::Transfer(_));
        let facts: Vec<Fact> = due(&self.book, now).into_iter().filter(moves).collect();
        self.enter(facts, &By::station(), wall_ms);
        assert!(!due(&self.book, now).iter().any(moves), "what is due was said");
    }

    fn check(&self) {
        let counts = self.book.counts();
        let all = counts.in_stock + counts.out + counts.elsewhere + counts.destroyed + counts.held_back;
        assert_eq!(
            (all + counts.missing) as usize,
            self.book.weapons().count(),
            "the counts cover every weapon"
        );
        for weapon in &self.destroyed {
            let standing = self.book.weapon(weapon).expect("the record stays").standing;
            assert_eq!(standing, Standing::Destroyed, "{weapon}");
        }
        let rooms = &self.book.rooms.transfer;
        let mut aboard: BTreeMap<WeaponId, String> = BTreeMap::new();
        for (number, sent) in &rooms.sent {
            if matches!(sent.stage, Stage::Packing | Stage::InTransit | Stage::Rejected) {
                for weapon in sent.weapons.iter().filter(|weapon| !sent.short.contains(*weapon)) {
                    let twice = aboard.insert(weapon.clone(), number.clone());
                    assert!(twice.is_none(), "{weapon} is in two crates");
                }
            }
        }
        assert_eq!(rooms.aboard, aboard, "what is aboard is on a list that is open");
        for holding in self.book.weapons().filter(|holding| holding.standing == Standing::InTransit) {
            assert_eq!(holding.custody, Custody::In);
            let id = &holding.weapon.id;
            let somewhere =
                aboard.contains_key(id) || rooms.sent.values().any(|sent| sent.short.contains(id));
            assert!(somewhere, "{id} is in transit and nowhere");
        }
        if !self.book.head.is_multiple_of(7) {
            return;
        }
        let mut kept: Armoury =
            serde_json::from_str(&serde_json::to_string(&self.book).expect("JSON")).expect("a fold");
        kept.reindex();
        assert_eq!(kept, self.book, "a kept fold is the book");
    }
}

const PEOPLE: [(&str, Role); 6] = [
    ("P1", Role::Armourer),
    ("P2", Role::Witness),
    ("P3", Role::Supervisor),
    ("P4", Role::Commander),
    ("P5", Role::Inspector),
    ("P7", Role::Bearer),
];

fn person(id: &str, role: Role) -> Person {
    let person = serde_json::json!({
        "id": id, "role": role, "valid_until": null, "may_draw": "all", "suspended": false,
        "record_digest": vec![0; 32],
    });
    serde_json::from_value(person).expect("a person")
}

#[test]
fn whatever_is_asked_the_books_stay_straight() {
    let mut words = BTreeSet::new();
    for seed in SEED..SEED + WORLDS {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let mut houses = [House::new("alpha", "A"), House::new("delta", "D")];
        let mut day = 20_000;
        for _ in 0..ACTS {
            let here = dice.below(2);
            let wall_ms = i64::from(day) * DAY_MS;
            let by = signature(&mut dice);
            let act = act(&mut dice, &houses, here, wall_ms);
            houses[here].ask(act, &by, wall_ms);
            day += i32::from(dice.below(6) == 0) * 3;
            houses.iter_mut().for_each(|house| house.time(i64::from(day) * DAY_MS));
            houses.iter().for_each(House::check);
            nobody_has_it_twice(&houses);
        }
        for house in houses {
            words.extend(house.words);
        }
    }
    for word in WORDS {
        assert!(words.contains(word), "{word} never happened in any world");
    }
}

/// A weapon is kept by one armoury at most.
fn nobody_has_it_twice(houses: &[House; 2]) {
    let kept = |holding: &&armoury::domain::Holding| {
        matches!(
            holding.standing,
            Standing::InService | Standing::Surplus | Standing::Quarantined | Standing::Exhibit
        )
    };
    let serials = |house: &House| -> BTreeSet<String> {
        house.book.weapons().filter(kept).filter_map(|holding| holding.weapon.serial.clone()).collect()
    };
    let both: Vec<String> = serials(&houses[0]).intersection(&serials(&houses[1])).cloned().collect();
    assert!(both.is_empty(), "in two armouries: {both:?}");
}

fn signature(dice: &mut Dice) -> By {
    let well = dice.below(4) > 0;
    let (person, role) = if well { PEOPLE[2 + dice.below(2)] } else { *dice.pick(&PEOPLE) };
    let (witness, _) = if well { PEOPLE[1] } else { *dice.pick(&PEOPLE) };
    By {
        role: Some(role),
        person: Some(PersonId::from(person)),
        proof: Proof::Said,
        witness: (well || dice.below(4) > 0).then(|| PersonId::from(witness)),
        witness_proof: Proof::Said,
        authority: (well || dice.below(4) > 0).then(|| "order 1".to_owned()),
        user: None,
    }
}

fn act(dice: &mut Dice, houses: &[House; 2], here: usize, wall_ms: i64) -> Act {
    let (house, other) = (&houses[here], &houses[1 - here]);
    let number = format!("T{}", dice.below(4));
    let act = match dice.below(12) {
        0 => transfer::Act::Open {
            transfer: number,
            to: if dice.below(5) > 0 { other.name.clone() } else { house.name.clone() },
            purpose: *dice.pick(&[Purpose::Internal, Purpose::Repair, Purpose::Agency, Purpose::Export]),
            border: None,
        },
        1 => transfer::Act::Pack { transfer: number, weapons: some(dice, house) },
        2 => {
            let weapons = first_of(house, &number);
            transfer::Act::Unpack { transfer: number, weapons }
        }
        3 | 4 => dispatch(dice, house, &number, wall_ms),
        // What the other side has taken in cannot be counted here: the world is honest about where things are.
        5 if !is_there(house, other, &number) => {
            let seen = first_of(house, &number);
            transfer::Act::Reverse { transfer: number, counted: 1, seen }
        }
        6 | 7 => match receive(dice, houses, here, &number) {
            Some(act) => act,
            None => transfer::Act::FollowUp { transfer: number, reference: "signal 1".into() },
        },
        8 => match receipt(houses, here, &number) {
            Some(act) => act,
            None => {
                transfer::Act::Check { from: other.name.clone(), transfer: number, seen: vec!["x".into()] }
            }
        },
        _ => return Act::Disposal(dispose(dice, house, wall_ms)),
    };
    Act::Transfer(act)
}

/// The first weapon on the list of a transfer.
fn first_of(house: &House, number: &str) -> Vec<WeaponId> {
    let list = house.book.rooms.transfer.sent.get(number).map(|sent| &sent.weapons);
    list.into_iter().flatten().take(1).cloned().collect()
}

/// Whether the other side has signed for that transfer.
fn is_there(house: &House, other: &House, number: &str) -> bool {
    let inbound = other.book.rooms.transfer.inbound(&house.name, number);
    let ended = inbound.and_then(|inbound| inbound.ended.as_ref());
    ended.is_some_and(|ended| ended.outcome == Outcome::Received)
}

fn some(dice: &mut Dice, house: &House) -> Vec<WeaponId> {
    let all: Vec<WeaponId> = house.book.weapons().map(|holding| holding.weapon.id.clone()).collect();
    let picked: BTreeSet<WeaponId> = (0..=dice.below(3)).map(|_| dice.pick(&all).clone()).collect();
    picked.into_iter().collect()
}

fn dispatch(dice: &mut Dice, house: &House, number: &str, wall_ms: i64) -> transfer::Act {
    let listed = house.book.rooms.transfer.sent.get(number).map_or(0, |sent| sent.weapons.len());
    let count = if dice.below(5) > 0 { listed } else { listed + 1 };
    let consignment = Consignment {
        route: "road".into(),
        vehicle: "truck".into(),
        carrier: Carrier::Person(PersonId::from("P7")),
        escort: Vec::new(),
        seals: vec!["1".into()],
        expected: Moment::at(0, wall_ms).day(),
        quantities: vec![Quantity { model: "M4".into(), count: count as u32 }],
    };
    transfer::Act::Dispatch { transfer: number.to_owned(), consignment }
}

/// The other side's crate, of which perhaps not all is there.
fn receive(dice: &mut Dice, houses: &[House; 2], here: usize, number: &str) -> Option<transfer::Act> {
    let (house, other) = (&houses[here], &houses[1 - here]);
    // What was taken back is with its sender again: its document travels no more.
    let sent = other.book.rooms.transfer.sent.get(number).filter(|sent| sent.stage == Stage::InTransit)?;
    let document = Paper::of(sent.dispatch(number, &other.name)?);
    let mut seen: Vec<String> =
        document.content.items.iter().filter_map(|item| item.weapon.serial.clone()).collect();
    seen.truncate(seen.len() - usize::from(seen.len() > 1 && dice.below(3) == 0));
    let counted = seen.len() as u32 + u32::from(dice.below(6) == 0);
    if dice.below(6) == 0 {
        return Some(transfer::Act::Reject { document: Box::new(document), why: "not ours".into() });
    }
    if dice.below(6) == 0 && house.book.rooms.transfer.inbound(&other.name, number).is_none() {
        return Some(transfer::Act::Arrive { document: Box::new(document) });
    }
    let arrival = Arrival { document: Some(document), counted, seen, ..Arrival::default() };
    Some(transfer::Act::Receive(Box::new(arrival)))
}

/// The receipt of the other side, if there is one.
fn receipt(houses: &[House; 2], here: usize, number: &str) -> Option<transfer::Act> {
    let (house, other) = (&houses[here], &houses[1 - here]);
    let inbound = other.book.rooms.transfer.inbound(&house.name, number)?;
    let receipt = Box::new(Paper::of(inbound.receipt(number, &house.name, &other.name)?));
    Some(transfer::Act::Confirm { receipt })
}

fn dispose(dice: &mut Dice, house: &House, wall_ms: i64) -> disposal::Act {
    let batch = format!("D{}", dice.below(3));
    let weapons = some(dice, house);
    match dice.below(6) {
        0 => disposal::Act::Surplus { weapons },
        1 => disposal::Act::Keep { weapons },
        2 => disposal::Act::List { batch, weapons },
        3 => {
            let list = house.book.rooms.disposal.batches.get(&batch).map(|batch| &batch.weapons);
            let weapons = list.into_iter().flatten().take(1).cloned().collect();
            disposal::Act::Unlist { batch, weapons }
        }
        4 => {
            let listed =
                house.book.rooms.disposal.batches.get(&batch).map_or(0, |it| it.weapons.len()) as u32;
            let witnesses = (0..dice.below(4)).map(|_| PersonId::from(dice.pick(&PEOPLE).0)).collect();
            let certificate = disposal::Certificate {
                number: format!("C{}", dice.below(4)),
                method: "cut".into(),
                place: "works".into(),
                on: Moment::at(0, wall_ms).day(),
                witnesses,
                photographs: vec!["ab".repeat(32)],
                before: listed,
                after: listed,
            };
            disposal::Act::Destroy { batch, certificate }
        }
        _ => disposal::Act::Leave {
            weapons,
            exit: disposal::Exit::Court,
            to: "court".into(),
            reference: "case 1".into(),
            border: None,
        },
    }
}
