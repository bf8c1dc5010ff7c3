//! A weapon's life beside the desk, for any acts of anybody in any order: what is refused changes nothing, and what is
//! entered keeps the book's rules.

use std::cell::RefCell;
use std::collections::BTreeSet;

use armoury::domain::book::weapon::{Act as Life, Attachment, Having, Which, Work};
use armoury::domain::book::{Act, Booked, By, Context, Fact, hold, intake, plan};
use armoury::domain::record::Origin;
use armoury::domain::{
    Armoury, Custody, DeskEvent, DeskKind, Event, Identifier, MayDraw, Moment, Person, PersonId, Role,
    Standing, Weapon, WeaponId,
};
use proptest::prelude::*;

use super::holds;

const WEAPONS: [&str; 5] = ["A1", "A2", "A3", "S1", "S2"];

/// Those that may come in.
const COMING: [&str; 3] = ["S1", "S2", "A1"];
const PEOPLE: [(&str, Role); 4] =
    [("P1", Role::Armourer), ("P2", Role::Supervisor), ("P3", Role::Technician), ("P4", Role::Bearer)];

/// What has to come about in so many tries, or they prove nothing.
const KINDS: [&str; 21] = [
    "issued",
    "returned",
    "weapon_corrected",
    "identifier_bound",
    "identifier_retired",
    "weapon_marked",
    "attachments_set",
    "attachments_out",
    "attachments_back",
    "weapon_quarantined",
    "weapon_released",
    "work_queued",
    "work_done",
    "weapon_assigned",
    "weapon_unassigned",
    "home_set",
    "intake_received",
    "exhibit_handed_over",
    "exhibit_taken_back",
    "court_ordered",
    "exhibit_disposed",
];

/// Somebody asks something, or a weapon crosses the desk.
#[derive(Debug, Clone)]
enum Step {
    Ask { act: Box<Act>, person: usize, witness: Option<usize> },
    Desk { weapon: usize, out: bool },
}

/// W-2, W-3, W-6, S-2, I-4, D-4, R-1: checked after each step.
#[test]
fn whatever_is_asked_the_book_keeps_its_rules() {
    let entered = RefCell::new(BTreeSet::new());
    holds("whatever is asked", proptest::collection::vec(step(), 0..150), |steps| {
        let mut armoury = book();
        for (nth, step) in steps.into_iter().enumerate() {
            let at = Moment::at(nth as u64, 1_778_749_200_000);
            for event in events(&armoury, &step, at)? {
                let before = armoury.clone();
                armoury.apply(armoury.head + 1, at, &event);
                followed(&before, &armoury, &event)?;
                entered.borrow_mut().insert(event.kind().to_owned());
            }
            sound(&armoury)?;
        }
        let kept = serde_json::to_value(&armoury).expect("a snapshot");
        let mut kept: Armoury = serde_json::from_value(kept).expect("its own snapshot");
        kept.reindex();
        prop_assert_eq!(&kept, &armoury, "a snapshot is the state");
        Ok(())
    });
    let entered = entered.into_inner();
    for kind in KINDS {
        assert!(entered.contains(kind), "{kind} never came about: {entered:?}");
    }
}

/// What a step comes to; a refusal is a sentence and nothing else.
fn events(armoury: &Armoury, step: &Step, at: Moment) -> Result<Vec<Event>, TestCaseError> {
    let (act, person, witness) = match step {
        Step::Desk { weapon, out } => {
            return Ok(crossed(armoury, WEAPONS[*weapon], *out).into_iter().collect());
        }
        Step::Ask { act, person, witness } => (act, PEOPLE[*person].0, witness.map(|nth| PEOPLE[nth].0)),
    };
    let Ok(role) = hold(armoury, &PersonId::from(person), act.allowed(), at) else { return Ok(Vec::new()) };
    let by = By {
        role: Some(role),
        person: Some(PersonId::from(person)),
        witness: witness.map(PersonId::from),
        ..By::station()
    };
    match plan(Context { armoury, by: &by, now: at, head: [0; 32] }, act) {
        Ok(facts) => {
            prop_assert!(!facts.is_empty(), "an act that is taken is an entry: {act:?}");
            let booked = |fact| {
                Event::Book(Box::new(Booked {
                    by: by.clone(),
                    fact,
                    origin: armoury::domain::book::Origin::Noted,
                }))
            };
            Ok(facts.into_iter().map(booked).collect())
        }
        Err(denied) => {
            prop_assert!(denied.0.len() > 20 && !denied.0.ends_with('.'), "a sentence says why: {denied}");
            Ok(Vec::new())
        }
    }
}

/// What one entry may change.
fn followed(before: &Armoury, after: &Armoury, event: &Event) -> Result<(), TestCaseError> {
    for id in WEAPONS.map(WeaponId::from) {
        let (Some(old), Some(new)) = (before.weapon(&id), after.weapon(&id)) else { continue };
        prop_assert!(
            old == new || event.weapons().contains(&&id),
            "what changes a weapon stands in its history: {event:?}"
        );
        let gone = old.weapon.tag_ids().filter(|tag| new.weapon.tag_ids().all(|found| found != *tag));
        for tag in gone {
            let retired = after.rooms.weapon.retired_tag(&tag).map(|retired| &retired.weapon);
            prop_assert_eq!(retired, Some(&id), "a tag that went is remembered");
        }
        let freed = old.standing != Standing::InService && new.standing == Standing::InService;
        if freed && let Event::Book(booked) = event {
            prop_assert_ne!(
                booked.by.role,
                Some(Role::Armourer),
                "an armourer lets nothing go: {:?}",
                booked
            );
        }
    }
    let Event::Book(booked) = event else { return Ok(()) };
    let two = matches!(
        booked.fact.word(),
        "identifier_bound"
            | "identifier_retired"
            | "intake_received"
            | "exhibit_handed_over"
            | "exhibit_disposed"
    );
    prop_assert!(!two || booked.by.witness.is_some(), "it takes two: {:?}", booked);
    prop_assert_ne!(booked.by.person.as_ref(), booked.by.witness.as_ref().filter(|_| two));
    let mut bytes = Vec::new();
    minicbor::encode(&booked.fact, &mut bytes).expect("written to memory");
    prop_assert_eq!(&minicbor::decode::<Fact>(&bytes).expect("its own bytes"), &booked.fact);
    prop_assert!(!booked.fact.line().is_empty() && bytes.len() < 60_000);
    Ok(())
}

/// What holds at any time.
fn sound(armoury: &Armoury) -> Result<(), TestCaseError> {
    let mut codes = BTreeSet::new();
    let mut homes = BTreeSet::new();
    for holding in armoury.weapons() {
        let weapon = &holding.weapon;
        for tag in weapon.tag_ids() {
            prop_assert!(codes.insert(tag.to_string()), "one tag, one weapon");
            prop_assert_eq!(armoury.weapon_by_tag(&tag), Some(&weapon.id));
            prop_assert!(
                armoury.rooms.weapon.retired_tag(&tag).is_none(),
                "what is on a weapon is not retired"
            );
        }
        if let (Some(rack), Some(slot)) = (&weapon.rack, &weapon.slot)
            && !matches!(holding.standing, Standing::LeftService | Standing::Destroyed)
        {
            prop_assert!(homes.insert((&weapon.room, rack, slot)), "one slot, one weapon");
        }
        let case = armoury.rooms.intake.intakes.get(&weapon.id);
        if case.is_some_and(|case| case.disposal.is_none()) && intake::is_exhibit(weapon.origin) {
            prop_assert!(
                matches!(holding.standing, Standing::Exhibit | Standing::NotHere),
                "an exhibit is never in service: {:?}",
                holding.standing
            );
        }
        let held = armoury.rooms.weapon.quarantine.contains_key(&weapon.id);
        prop_assert!(!held || holding.standing == Standing::Quarantined);
    }
    Ok(())
}

/// A weapon goes out of service stock, or comes back.
fn crossed(armoury: &Armoury, weapon: &str, out: bool) -> Option<Event> {
    let holding = armoury.weapon(&WeaponId::from(weapon))?;
    let is_in = holding.custody == Custody::In;
    if out != is_in || (out && holding.standing != Standing::InService) {
        return None;
    }
    let kind = if out { DeskKind::Issued } else { DeskKind::Returned };
    Some(Event::Desk(Box::new(DeskEvent {
        weapon: Some(WeaponId::from(weapon)),
        person: Some(PersonId::from("P4")),
        ..DeskEvent::new(kind)
    })))
}

fn book() -> Armoury {
    let mut armoury = Armoury::default();
    let people = PEOPLE.map(|(id, role)| {
        Event::PersonRegistered(Person {
            id: PersonId::from(id),
            role,
            valid_until: None,
            may_draw: MayDraw::All,
            suspended: false,
            record_digest: [0; 32],
        })
    });
    let weapons = ["A1", "A2", "A3"].map(|id| {
        let identifiers = vec![tag(id.as_bytes()[1] - b'0')];
        Event::WeaponRegistered(Box::new(Weapon { identifiers, ..Weapon::new(WeaponId::from(id)) }))
    });
    for event in people.into_iter().chain(weapons) {
        armoury.apply(armoury.head + 1, Moment::at(0, 0), &event);
    }
    armoury
}

fn tag(number: u8) -> Identifier {
    Identifier::Tag {
        epc: vec![0x30, number],
        tid: (number % 2 == 1).then(|| vec![0xE2, 0, 0, 0, 0, number]),
    }
}

fn step() -> impl Strategy<Value = Step> {
    let person = prop_oneof![3 => 0..2usize, 1 => 0..PEOPLE.len()];
    let ask = (act(), person, proptest::option::weighted(0.8, 0..PEOPLE.len()));
    prop_oneof![
        6 => ask.prop_map(|(act, person, witness)| Step::Ask { act: Box::new(act), person, witness }),
        1 => (0..WEAPONS.len(), any::<bool>()).prop_map(|(weapon, out)| Step::Desk { weapon, out }),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => record_act().prop_map(Act::Weapon),
        1 => work_act().prop_map(Act::Weapon),
        2 => intake_act().prop_map(Act::Intake),
    ]
}

/// What changes the record.
fn record_act() -> impl Strategy<Value = Life> {
    let fields =
        prop_oneof![Just("serial"), Just("maker"), Just("slot"), Just("slot"), Just("rack"), Just("origin")];
    let change = (fields, small()).prop_map(|(field, value)| (field.to_owned(), value));
    let having = prop_oneof![Just(Having::None), Just(Having::Replace), Just(Having::Keep)];
    let which = prop_oneof![Just(Which::Tags), Just(Which::Marks), (0u8..8).prop_map(|n| Which::One(tag(n)))];
    let home = (weapon(), proptest::option::of(small()), proptest::option::of(small()));
    prop_oneof![
        3 => (weapon(), proptest::collection::vec(change, 0..3), small(), any::<bool>())
            .prop_map(|(weapon, changes, why, twin)| Life::Correct { weapon, changes, why, twin }),
        3 => (weapon(), 0u8..8, having)
            .prop_map(|(weapon, n, having)| Life::Bind { weapon, identifier: tag(n), having, shown: None }),
        1 => (weapon(), which, small()).prop_map(|(weapon, what, why)| Life::Retire { weapon, what, why }),
        1 => (proptest::collection::vec(weapon(), 0..3), small())
            .prop_map(|(weapons, why)| Life::Strip { weapons, why }),
        1 => (weapon(), small(), small())
            .prop_map(|(weapon, serial, position)| Life::Mark { weapon, serial, position, why: None }),
        2 => home.prop_map(|(weapon, rack, slot)| Life::House { weapon, room: None, rack, slot }),
    ]
}

/// What is done with it.
fn work_act() -> impl Strategy<Value = Life> {
    let work = proptest::sample::select(&Work::ALL[..]);
    let assigned = (weapon(), 0..PEOPLE.len());
    prop_oneof![
        1 => (weapon(), items()).prop_map(|(weapon, items)| Life::SetAttachments { weapon, items }),
        1 => (weapon(), items()).prop_map(|(weapon, items)| Life::HandOut { weapon, items }),
        1 => (weapon(), proptest::option::of(items()))
            .prop_map(|(weapon, items)| Life::TakeBack { weapon, items }),
        2 => (weapon(), small())
            .prop_map(|(weapon, reason)| Life::Quarantine { weapon, reason, place: None }),
        2 => (weapon(), small()).prop_map(|(weapon, why)| Life::Release { weapon, why }),
        2 => (weapon(), work.clone()).prop_map(|(weapon, work)| Life::Queue { weapon, work, why: None }),
        2 => (weapon(), work, any::<bool>())
            .prop_map(|(weapon, work, fit)| Life::Done { weapon, work, fit, note: None }),
        1 => assigned.prop_map(|(weapon, nth)| Life::Assign { weapon, person: PersonId::from(PEOPLE[nth].0) }),
        1 => weapon().prop_map(|weapon| Life::Unassign { weapon }),
    ]
}

fn intake_act() -> impl Strategy<Value = intake::Act> {
    let origin = proptest::sample::select(Origin::ALL);
    let how = proptest::sample::select(intake::Disposal::ALL);
    prop_oneof![
        2 => (coming(), origin, small(), 0u8..8).prop_map(|(weapon, origin, receipt, n)| {
            let identifiers = if n < 4 { Vec::new() } else { vec![tag(n)] };
            let weapon = Weapon { origin: Some(origin), identifiers, ..Weapon::new(weapon) };
            let intake = intake::Intake {
                receipt,
                place: Some("gate".into()),
                context: Some(intake::LegalContext::None),
                ..intake::Intake::default()
            };
            intake::Act::Receive { weapon: Box::new(weapon), intake: Box::new(intake), twin: true }
        }),
        1 => (coming(), small()).prop_map(|(weapon, to)| {
            intake::Act::HandOver { weapon, to, carrier: None, reference: "r".into() }
        }),
        1 => (coming(), small()).prop_map(|(weapon, reference)| intake::Act::TakeBack { weapon, reference }),
        1 => (coming(), small()).prop_map(|(weapon, reference)| intake::Act::Order { weapon, reference }),
        1 => (coming(), how).prop_map(|(weapon, how)| intake::Act::Dispose { weapon, how, reference: "d".into() }),
    ]
}

fn coming() -> impl Strategy<Value = WeaponId> {
    proptest::sample::select(&COMING[..]).prop_map(WeaponId::from)
}

fn items() -> impl Strategy<Value = Vec<Attachment>> {
    let item = (small(), 0u32..4).prop_map(|(item, count)| Attachment { item, count, serial: None });
    proptest::collection::vec(item, 0..3)
}

fn weapon() -> impl Strategy<Value = WeaponId> {
    proptest::sample::select(&WEAPONS[..]).prop_map(WeaponId::from)
}

/// Few texts, so that things meet; also none, and one that no text may be.
fn small() -> impl Strategy<Value = String> {
    let words = ["1", "1", "1", "1", "2", "b", "", "\u{7}"];
    proptest::sample::select(words.to_vec()).prop_map(str::to_owned)
}
