//! Counts, for any book and whatever happens meanwhile: figures add up, nothing that moved is a loss, what is entered
//! can be read back, and the fold of it is the same again.

use std::cell::Cell;

use armoury::domain::armoury::Holding;
use armoury::domain::book::count::{self, Act, How, Kind};
use armoury::domain::book::{self, Booked, By, Context, Fact, Origin, discrepancy};
use armoury::domain::event::{Created, StandingSet};
use armoury::domain::{
    Armoury, Custody, DeskEvent, DeskKind, Event, Moment, Person, PersonId, Policy, Practice, ReadPoint,
    Role, Standing, StationId, Weapon, WeaponId,
};
use armoury::ledger::Record;
use proptest::prelude::*;

use super::holds;

const WEAPONS: usize = 12;
const NOW_WALL_MS: i64 = 1_778_749_200_000;

/// Something that happens while counts are open.
#[derive(Debug, Clone)]
enum Happening {
    Open(Kind, bool, bool),
    Seen(Vec<usize>, bool),
    Heard(Vec<usize>),
    Move(usize),
    Stand(usize, Standing),
    Slots(u32),
    Tally(u32),
    SeeAll,
    Close,
    HandUp,
    Confirm(usize),
    Recover(usize),
}

#[test]
fn counts_add_up() {
    let happening = prop_oneof![
        3 => (0..Kind::ALL.len(), any::<bool>(), any::<bool>())
            .prop_map(|(kind, rack, blind)| Happening::Open(Kind::ALL[kind], rack, blind)),
        6 => (proptest::collection::vec(0..WEAPONS, 1..8), any::<bool>())
            .prop_map(|(which, eye)| Happening::Seen(which, eye)),
        4 => proptest::collection::vec(0..WEAPONS, 0..12).prop_map(Happening::Heard),
        6 => (0..WEAPONS).prop_map(Happening::Move),
        1 => (0..WEAPONS, 0_usize..4).prop_map(|(which, standing)| Happening::Stand(
            which,
            [Standing::Quarantined, Standing::InService, Standing::NotHere, Standing::Destroyed][standing]
        )),
        1 => (0_u32..14).prop_map(Happening::Slots),
        1 => (0_u32..14).prop_map(Happening::Tally),
        4 => Just(Happening::SeeAll),
        5 => Just(Happening::Close),
        1 => Just(Happening::HandUp),
        1 => (0..WEAPONS).prop_map(Happening::Confirm),
        1 => (0..WEAPONS).prop_map(Happening::Recover),
    ];
    let stories = proptest::collection::vec(happening, 1..60);
    let closed = Cell::new((0_usize, 0_usize));
    holds("counts add up", stories, |happenings| {
        let mut world = World::new();
        for happening in happenings {
            world.take(&happening)?;
            world.check()?;
        }
        // What a snapshot keeps is what there was.
        let kept = serde_json::to_vec(&world.armoury).expect("it can be kept");
        let mut again: Armoury = serde_json::from_slice(&kept).expect("it can be read back");
        again.reindex();
        prop_assert_eq!(&again, &world.armoury);
        let ended =
            |how: &str| world.armoury.rooms.count.done.values().filter(|done| done.how == how).count();
        closed.set((closed.get().0 + ended("closed"), closed.get().1 + ended("handed_up")));
        Ok(())
    });
    let (closed, handed_up) = closed.get();
    println!("{closed} counts closed, {handed_up} handed up");
    // Where nothing is ever closed, nothing was shown.
    assert!(closed > 100 && handed_up > 100);
}

/// Rules that a ledger has kept since before there were counts ask for none: what was decided under them stays decided.
#[test]
fn old_rules_ask_for_no_count() {
    let mut bytes = Vec::new();
    let mut old = minicbor::Encoder::new(&mut bytes);
    let old = old.map(5).expect("a map").u8(0).expect("a key").bool(true).expect("a rule");
    let old =
        old.u8(1).expect("a key").bool(false).expect("a rule").u8(2).expect("a key").u32(12).expect("a rule");
    old.u8(3).expect("a key").bool(true).expect("a rule").u8(4).expect("a key").u32(3).expect("a rule");
    let policy: Policy = minicbor::decode(&bytes).expect("old rules can be read");
    assert!(policy.two_readings && policy.loan_hours == 12 && policy.weapons_per_person == 3);
    assert_eq!((policy.count_serials_days, policy.recount_minutes, policy.handover_count), (0, 0, false));
}

/// The book, and what was frozen at the start of each open count.
struct World {
    armoury: Armoury,
}

impl World {
    fn new() -> Self {
        let mut world = Self { armoury: Armoury::default() };
        world.enter(Event::LedgerCreated(Created { practice: Practice::Exercise, station_key: [0; 32] }));
        for number in 0..WEAPONS {
            let weapon = Weapon {
                model: Some(if number % 3 == 0 { "G17" } else { "L85A3" }.to_owned()),
                serial: Some((number / 2).to_string()),
                rack: Some(if number < 5 { "A" } else { "B" }.to_owned()),
                ..Weapon::new(id(number))
            };
            world.enter(Event::WeaponRegistered(Box::new(weapon)));
        }
        let people = [
            ("P1", Role::Armourer),
            ("P2", Role::Armourer),
            ("P3", Role::Supervisor),
            ("P4", Role::InventoryOfficer),
            ("P6", Role::Commander),
        ];
        for (key, role) in people {
            let person = Person {
                id: PersonId::from(key),
                role,
                valid_until: None,
                may_draw: armoury::domain::MayDraw::All,
                suspended: false,
                record_digest: [0; 32],
            };
            world.enter(Event::PersonRegistered(person));
        }
        world
    }

    fn now(&self) -> Moment {
        Moment::at(self.armoury.head, NOW_WALL_MS + self.armoury.head as i64)
    }

    /// Through the bytes of an entry, as a ledger would.
    fn enter(&mut self, event: Event) {
        let record = Record {
            station: StationId::from("bravo"),
            epoch: 1,
            seq: self.armoury.head + 1,
            incarnation: [0; 16],
            command: None,
            at: self.now(),
            event,
        };
        let read = Record::decode(&record.encode()).expect("what is written can be read");
        assert_eq!(read, record);
        self.armoury.apply(read.seq, read.at, &read.event);
    }

    fn book(&mut self, by: &By, facts: Vec<Fact>) {
        for fact in facts {
            self.enter(Event::Book(Box::new(Booked { by: by.clone(), fact, origin: Origin::Noted })));
        }
        let head = [self.armoury.head as u8; 32];
        let context = Context { armoury: &self.armoury, by, now: self.now(), head };
        let drawn = count::follow(context);
        if !drawn.is_empty() {
            self.book(&By::station(), drawn);
        }
    }

    /// Asks; a refusal changes nothing.
    fn ask(&mut self, who: &str, witness: &str, act: book::Act) {
        let by = By {
            person: Some(PersonId::from(who)),
            witness: Some(PersonId::from(witness)),
            role: self.armoury.person(&PersonId::from(who)).map(|person| person.role),
            authority: Some("order 1".into()),
            ..By::station()
        };
        if !by.role.is_some_and(|role| act.allowed().contains(&role)) {
            return;
        }
        let context = Context { armoury: &self.armoury, by: &by, now: self.now(), head: [0; 32] };
        if let Ok(facts) = book::plan(context, &act) {
            self.book(&by, facts);
        }
    }

    fn take(&mut self, happening: &Happening) -> Result<(), TestCaseError> {
        let newest = self.armoury.rooms.count.open.keys().next_back().copied();
        let counter = newest
            .and_then(|seq| self.armoury.rooms.count.open[&seq].counter.clone())
            .map_or("P1".to_owned(), |person| person.to_string());
        let witness = if counter == "P2" { "P1" } else { "P2" };
        match happening {
            Happening::Open(kind, rack, blind) => {
                let people = (*kind == Kind::Takeover).then(|| (PersonId::from("P1"), PersonId::from("P2")));
                let (outgoing, incoming) = people.unzip();
                let rack = rack.then(|| "B".to_owned());
                let act = Act::Open { kind: *kind, rack, blind: *blind, outgoing, incoming };
                for who in ["P1", "P3", "P4", "P6"] {
                    self.ask(who, "P2", book::Act::Count(act.clone()));
                }
            }
            Happening::Seen(which, eye) => {
                let what = which.iter().map(|number| id(*number).to_string()).collect();
                let how = if *eye { How::Eye } else { How::Typed };
                let act = Act::Seen { count: newest, how, what, place: None };
                self.ask(&counter, witness, book::Act::Count(act));
            }
            Happening::Heard(which) => {
                let Some(count) = newest else { return Ok(()) };
                let by = By { person: Some(PersonId::from(counter.as_str())), ..By::station() };
                let weapons = which.iter().map(|number| id(*number)).collect();
                let sweep = count::Sweep { count, weapons, ..count::Sweep::default() };
                let context = Context { armoury: &self.armoury, by: &by, now: self.now(), head: [0; 32] };
                if let Ok(facts) = count::heard(context, &sweep) {
                    self.book(&by, facts);
                }
            }
            Happening::Move(which) => self.moved(&id(*which)),
            Happening::Stand(which, standing) => {
                let set = StandingSet { weapon: id(*which), standing: *standing, authority: None };
                if matches!(self.holding(&id(*which)).custody, Custody::In) {
                    self.enter(Event::StandingSet(set));
                }
            }
            Happening::Slots(filled) => {
                self.ask(&counter, witness, book::Act::Count(Act::Slots { count: newest, filled: *filled }));
            }
            Happening::Tally(found) => {
                let act = Act::Tally { count: newest, model: "G17".into(), found: *found };
                self.ask(&counter, witness, book::Act::Count(act));
            }
            Happening::SeeAll => self.see_all(newest, &counter, witness),
            Happening::Close => self.close(newest, &counter, witness)?,
            Happening::HandUp => {
                let act = Act::HandUp { count: newest, reason: "differs".into() };
                self.ask(&counter, witness, book::Act::Count(act));
            }
            Happening::Confirm(which) => self.step(which, discrepancy::Step::Confirmed { recount: None }),
            Happening::Recover(which) => {
                let (place, condition) = ("ditch".to_owned(), "rusty".to_owned());
                self.step(which, discrepancy::Step::Recovered { place, finder: None, condition });
            }
        }
        Ok(())
    }

    /// Goes round the room and looks at everything.
    fn see_all(&mut self, count: Option<u64>, who: &str, witness: &str) {
        let Some(open) = count.and_then(|seq| self.armoury.rooms.count.open.get(&seq)) else { return };
        let rack = open.rack.clone();
        let there: Vec<&Holding> = count::room(&self.armoury, rack.as_deref()).collect();
        let what: Vec<String> = there.iter().map(|holding| holding.weapon.id.to_string()).collect();
        let filled = u32::try_from(there.len()).expect("few");
        let of = |model: &str| there.iter().filter(|holding| count::model_of(holding) == model).count();
        let models = ["G17", "L85A3"].map(|model| (model.to_owned(), u32::try_from(of(model)).expect("few")));
        let mut acts =
            vec![Act::Seen { count, how: How::Eye, what, place: None }, Act::Slots { count, filled }];
        acts.extend(models.map(|(model, found)| Act::Tally { count, model, found }));
        for act in acts {
            self.ask(who, witness, book::Act::Count(act));
        }
        for (signer, beside) in [("P1", "P2"), ("P2", "P1")] {
            self.ask(signer, beside, book::Act::Count(Act::Sign { count }));
        }
    }

    fn step(&mut self, which: &usize, step: discrepancy::Step) {
        let case = id(*which).to_string();
        let act = discrepancy::Act::Step { case, step, reason: "looked".into(), reference: Some("R".into()) };
        self.ask("P6", "P2", book::Act::Discrepancy(act));
    }

    /// What is closed came out: every weapon of its list was seen, or went its way with an entry.
    fn close(&mut self, count: Option<u64>, who: &str, witness: &str) -> Result<(), TestCaseError> {
        let before = count.and_then(|seq| self.armoury.rooms.count.open.get(&seq).cloned());
        self.ask(who, witness, book::Act::Count(Act::Close { count }));
        let (Some(seq), Some(before)) = (count, before) else { return Ok(()) };
        let Some(done) = self.armoury.rooms.count.done.get(&seq) else { return Ok(()) };
        prop_assert_eq!(done.how.as_str(), "closed");
        prop_assert_eq!(done.figures.missing, 0);
        let whole = matches!(before.kind, Kind::Handover | Kind::Serials | Kind::Audit);
        for (weapon, item) in before.items.iter().filter(|_| whole) {
            let holding = self.holding(weapon);
            let moved = holding.last_custody.is_some_and(|moved| moved > seq) || !count::in_room(holding);
            prop_assert!(item.seen().is_some() || moved, "{weapon} was closed over");
            let drawn = before.sample.as_ref().is_some_and(|sample| sample.contains(weapon));
            prop_assert!(!drawn || item.sight.is_some() || moved, "{weapon} of the sample was not touched");
        }
        Ok(())
    }

    /// A weapon goes over the desk.
    fn moved(&mut self, weapon: &WeaponId) {
        let holding = self.holding(weapon);
        let kind = match (&holding.custody, holding.standing) {
            (Custody::Out { .. }, _) => DeskKind::Returned,
            (Custody::In, Standing::InService) => DeskKind::Issued,
            (Custody::In, _) => return,
        };
        let desk = DeskEvent {
            weapon: Some(weapon.clone()),
            person: Some(PersonId::from("P1")),
            read_point: Some(ReadPoint::from("pad")),
            ..DeskEvent::new(kind)
        };
        self.enter(Event::Desk(Box::new(desk)));
    }

    fn holding(&self, weapon: &WeaponId) -> &Holding {
        self.armoury.weapon(weapon).expect("it is in the book")
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for (seq, count) in &self.armoury.rooms.count.open {
            let figures = count.compare(&self.armoury, *seq).figures;
            prop_assert_eq!(figures.expected, figures.seen + figures.left + figures.missing, "{:?}", count);
            prop_assert!(figures.by_tag_only <= figures.seen);
            prop_assert!(count.kind == Kind::Muster || figures.expected as usize <= count.items.len());
        }
        let counts = self.armoury.counts();
        let there = counts.in_stock + counts.out + counts.held_back;
        prop_assert_eq!((there + counts.elsewhere + counts.destroyed + counts.missing) as usize, WEAPONS);
        for (weapon, case) in &self.armoury.rooms.discrepancy.open {
            let case = &self.armoury.rooms.discrepancy.cases[case];
            prop_assert!(case.stage.is_open() && case.what.weapon() == Some(weapon));
        }
        Ok(())
    }
}

fn id(number: usize) -> WeaponId {
    WeaponId::new(format!("A{number}"))
}
