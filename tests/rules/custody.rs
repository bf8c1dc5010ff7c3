//! W-3, D-4 and the custody constraint: whatever the road, a weapon has at most one open custody.

use armoury::domain::book::loan::{self, DrawnBefore, ReturnNote, Until};
use armoury::domain::book::{self, Act, Booked, By, Context, Fact, Origin, Proof, standto};
use armoury::domain::event::StandingSet;
use armoury::domain::{
    Armoury, Bearer, Chip, Custody, Event, Item, Length, MayDraw, Mode, Moment, Person, PersonId, Policy,
    Purpose, ReadPoint, Request, Role, Seq, Standing, Weapon, WeaponId, decide,
};
use proptest::prelude::*;

use super::holds;

const WEAPONS: [&str; 3] = ["A1", "A2", "A3"];
const PEOPLE: [(&str, Role); 5] = [
    ("P1", Role::Armourer),
    ("P3", Role::Supervisor),
    ("P5", Role::Commander),
    ("P7", Role::Bearer),
    ("P8", Role::Bearer),
];

/// 2026-05-14T09:00:00Z.
const START_WALL_MS: i64 = 1_778_749_200_000;

/// What somebody does next.
#[derive(Debug, Clone)]
enum Step {
    /// Shown at the desk.
    Show { weapon: usize, person: Option<usize>, mode: Mode, purpose: Purpose },
    /// Asked of the book.
    Ask { act: Act, by: usize, witness: Option<usize> },
    /// An entry of another road, whatever the rules here say: a feed, an older program.
    Foreign(Box<Event>),
    /// Time passes.
    Wait { ms: u64 },
}

#[test]
fn a_weapon_has_at_most_one_open_custody() {
    holds("at most one open custody", proptest::collection::vec(step(), 1..60), |steps| {
        let mut world = World::new();
        for step in steps {
            world.take(step)?;
            world.check()?;
        }
        Ok(())
    });
}

struct World {
    armoury: Armoury,
    now: Moment,
}

impl World {
    fn new() -> Self {
        let mut world = Self { armoury: Armoury::default(), now: Moment::at(1_000, START_WALL_MS) };
        world.enter(Event::PolicySet(Policy { expired_stops: false, ..Policy::default() }));
        for (id, role) in PEOPLE {
            // One whose time has ended, so that there is something to ask a supervisor.
            let valid_until = (id == "P8").then(|| jiff::civil::date(2026, 5, 1));
            let (id, may_draw) = (PersonId::from(id), MayDraw::All);
            let (suspended, record_digest) = (false, [0; 32]);
            world.enter(Event::PersonRegistered(Person {
                id,
                role,
                valid_until,
                may_draw,
                suspended,
                record_digest,
            }));
        }
        WEAPONS.iter().for_each(|id| world.enter(Event::WeaponRegistered(Box::new(weapon(id)))));
        world
    }

    fn enter(&mut self, event: Event) {
        self.armoury.apply(self.armoury.head + 1, self.now, &event);
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Show { weapon, person, mode, purpose } => {
                let request = request(weapon, person, mode, purpose);
                let id = WeaponId::from(WEAPONS[weapon]);
                let was_out = self.is_out(&id);
                let event = decide(&self.armoury, &request, self.now).event;
                let issued = event.kind.word() == "issued";
                prop_assert!(!(issued && was_out), "issued while out: {event:?}");
                self.enter(Event::Desk(Box::new(event)));
            }
            Step::Ask { act, by, witness } => {
                let by = by_of(by, witness);
                let context = Context { armoury: &self.armoury, by: &by, now: self.now, head: [0; 32] };
                let Ok(facts) = book::plan(context, &act) else { return Ok(()) };
                for fact in facts {
                    self.opens_only_what_is_in(&fact)?;
                    self.enter(Event::Book(Box::new(Booked { by: by.clone(), fact, origin: Origin::Noted })));
                }
            }
            Step::Foreign(event) => self.enter(*event),
            Step::Wait { ms } => {
                self.now.mono_ms += ms;
                self.now.wall_ms = self.now.wall_ms.saturating_add_unsigned(ms);
                for fact in book::due(&self.armoury, self.now) {
                    self.enter(Event::Book(Box::new(Booked {
                        by: By::station(),
                        fact,
                        origin: Origin::Noted,
                    })));
                }
                prop_assert!(book::due(&self.armoury, self.now).is_empty(), "said twice");
            }
        }
        Ok(())
    }

    fn opens_only_what_is_in(&self, fact: &Fact) -> Result<(), TestCaseError> {
        let opened = match fact {
            Fact::Loan(loan::Fact::Granted { weapon, .. } | loan::Fact::DrawnBefore { weapon, .. }) => weapon,
            Fact::Loan(loan::Fact::Undone { weapon, in_stock: false, .. }) => weapon,
            _ => return Ok(()),
        };
        prop_assert!(!self.is_out(opened), "{fact:?} opens a second custody");
        Ok(())
    }

    fn is_out(&self, id: &WeaponId) -> bool {
        self.armoury.weapon(id).is_some_and(|holding| holding.custody != Custody::In)
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let armoury = &self.armoury;
        let out: Vec<&WeaponId> = armoury
            .weapons()
            .filter(|holding| holding.custody != Custody::In)
            .map(|holding| &holding.weapon.id)
            .collect();
        let open: Vec<&WeaponId> = armoury.rooms.loan.open.keys().collect();
        prop_assert_eq!(&open, &out, "an open draw for each weapon that is out");
        prop_assert_eq!(armoury.counts().out as usize, out.len());
        let held: u32 = PEOPLE.iter().map(|(id, _)| armoury.held_by(&PersonId::from(*id))).sum();
        prop_assert_eq!(held as usize, out.len(), "who holds what adds up");
        let mut rebuilt = armoury.clone();
        rebuilt.reindex();
        prop_assert_eq!(&rebuilt, armoury, "the fold and a snapshot of it are equal");
        let text = serde_json::to_vec(armoury).expect("a snapshot can be written");
        let mut read: Armoury = serde_json::from_slice(&text).expect("and read");
        read.reindex();
        prop_assert_eq!(&read, armoury, "a snapshot says the same");
        Ok(())
    }
}

fn request(weapon: usize, person: Option<usize>, mode: Mode, purpose: Purpose) -> Request {
    let id = WeaponId::from(WEAPONS[weapon]);
    Request {
        item: Item::Weapon { id, by_tag: true, by_mark: true, chip: Chip::Unopposed },
        bearer: person.map_or(Bearer::None, |place| Bearer::Known(PersonId::from(PEOPLE[place].0))),
        witness: None,
        mode,
        read_point: Some(ReadPoint::from("pad")),
        evidence: Vec::new(),
        too_soon: false,
        purpose,
        by: None,
    }
}

fn by_of(by: usize, witness: Option<usize>) -> By {
    let person = |place: usize| PersonId::from(PEOPLE[place].0);
    By {
        role: Some(PEOPLE[by].1),
        person: Some(person(by)),
        proof: Proof::Badge,
        witness: witness.filter(|other| *other != by).map(person),
        witness_proof: Proof::Badge,
        authority: None,
        user: None,
    }
}

fn step() -> impl Strategy<Value = Step> {
    let person = 0..PEOPLE.len();
    let mode = proptest::sample::select(vec![Mode::Auto, Mode::Auto, Mode::Issue, Mode::Return]);
    let purpose = proptest::sample::select(Purpose::CHOICES.to_vec());
    let show = (0..WEAPONS.len(), proptest::option::of(person.clone()), mode, purpose)
        .prop_map(|(weapon, person, mode, purpose)| Step::Show { weapon, person, mode, purpose });
    let ask = (act(), person.clone(), proptest::option::of(person))
        .prop_map(|(act, by, witness)| Step::Ask { act, by, witness });
    let wait = prop_oneof![0_u64..90_000, 0_u64..200_000_000].prop_map(|ms| Step::Wait { ms });
    prop_oneof![6 => show, 6 => ask, 1 => foreign(), 2 => wait]
}

fn act() -> impl Strategy<Value = Act> {
    let weapon = proptest::sample::select(WEAPONS.to_vec()).prop_map(WeaponId::from);
    let seq = 8_u64..40;
    let why = || "a reason".to_owned();
    let drawn = (weapon.clone(), 0..PEOPLE.len()).prop_map(|(weapon, person)| {
        let (person, purpose) = (PersonId::from(PEOPLE[person].0), Purpose::Loan);
        loan::Act::DrawnBefore(DrawnBefore {
            weapon,
            person,
            since_wall_ms: None,
            due_wall_ms: Some(START_WALL_MS),
            purpose,
        })
    });
    let unfit = |unfit: bool| ReturnNote {
        clean: Some(true),
        unfit: unfit.then(|| "cracked".to_owned()),
        ..ReturnNote::default()
    };
    let loans = prop_oneof![
        3 => proptest::option::of(seq.clone()).prop_map(|entry| loan::Act::Undo { entry }),
        2 => weapon.clone().prop_map(move |weapon| loan::Act::Extend {
            weapon, until: Until::For(Length::Hours(30)), why: why()
        }),
        2 => weapon.clone().prop_map(|weapon| loan::Act::Sign { weapon }),
        3 => (seq, any::<bool>()).prop_map(move |(entry, grant)| loan::Act::Decide { entry, grant, why: why() }),
        1 => (weapon, proptest::bool::weighted(0.1))
            .prop_map(move |(weapon, bad)| loan::Act::Note { weapon, note: unfit(bad) }),
        1 => drawn,
    ];
    let stands_to = prop_oneof![
        Just(standto::Act::Start {}),
        any::<bool>().prop_map(|hand_up| standto::Act::End { hand_up }),
    ];
    prop_oneof![9 => loans.prop_map(Act::Loan), 1 => stands_to.prop_map(Act::StandTo)]
}

/// What the rules here would not have entered: an issue of a weapon that is out, a fact about one that is in.
fn foreign() -> impl Strategy<Value = Step> {
    let weapon = proptest::sample::select(WEAPONS.to_vec()).prop_map(WeaponId::from);
    (weapon, 0..PEOPLE.len(), 0..5_u8, 1_u64..40).prop_map(|(weapon, person, kind, seq)| {
        let person = PersonId::from(PEOPLE[person].0);
        let fact = |fact| {
            Event::Book(Box::new(Booked { by: By::station(), fact: Fact::Loan(fact), origin: Origin::Noted }))
        };
        let desk = |kind| {
            let (weapon, person) = (Some(weapon.clone()), Some(person.clone()));
            let blank = armoury::domain::DeskEvent::new(kind);
            Event::Desk(Box::new(armoury::domain::DeskEvent { weapon, person, ..blank }))
        };
        Step::Foreign(Box::new(match kind {
            0 => desk(armoury::domain::DeskKind::Issued),
            1 => desk(armoury::domain::DeskKind::Returned),
            2 => fact(foreign_undo(&weapon, &person, seq)),
            3 => fact(loan::Fact::Signed { weapon, from: person.clone(), person, loan: seq }),
            _ => Event::StandingSet(StandingSet { weapon, standing: Standing::InService, authority: None }),
        }))
    })
}

fn foreign_undo(weapon: &WeaponId, person: &PersonId, undoes: Seq) -> loan::Fact {
    loan::Fact::Undone { weapon: weapon.clone(), person: person.clone(), undoes, in_stock: false }
}

fn weapon(id: &str) -> Weapon {
    Weapon::new(WeaponId::from(id))
}
