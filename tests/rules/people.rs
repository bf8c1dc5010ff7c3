//! People: what a period, a word on what may be drawn and a PIN hold, for any of them.

use armoury::domain::book::person::{
    self, Draw, Fact as PersonFact, Period, Pin, Scope, When, may_draw, roles,
};
use armoury::domain::book::{Booked, By, Fact, Origin};
use armoury::domain::{Armoury, Event, MayDraw, Moment, Person, PersonId, Policy, Role, Weapon, WeaponId};
use armoury::station::pins;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::holds;

/// 2026-05-14, the day on which everything here happens.
const TODAY: Date = date(2026, 5, 14);

/// Its noon, wall milliseconds.
const NOON_MS: i64 = 1_778_760_000_000;

fn now() -> Moment {
    Moment::at(1_000_000, NOON_MS)
}

fn day(offset: i32) -> Date {
    TODAY.saturating_add(jiff::Span::new().days(offset))
}

fn some_day() -> impl Strategy<Value = Option<i32>> {
    proptest::option::of(-3..=3_i32)
}

/// R-1: both ends count, an end left out is open, and a clock outside the calendar ends nothing.
#[test]
fn a_period_runs_from_its_first_day_to_its_last() {
    holds("a period runs from its first day to its last", (some_day(), some_day()), |(from, until)| {
        let period = Period { from: from.map(day), until: until.map(day) };
        let told = match (from, until) {
            (_, Some(until)) if until < 0 => When::Over,
            (Some(from), _) if from > 0 => When::Ahead,
            _ => When::Now,
        };
        prop_assert_eq!(period.at(now()), told);
        prop_assert_eq!(period.runs(now()), told == When::Now);
        prop_assert_eq!(period.at(Moment::at(0, i64::MAX)), When::Now);
        let is_possible = !matches!((from, until), (Some(from), Some(until)) if until < from);
        prop_assert_eq!(period.is_possible(), is_possible);
        if let (Some(from), Some(until)) = (from, until) {
            prop_assert_eq!(period.days(Some(TODAY)), Some(until - from + 1));
        }
        Ok(())
    });
}

/// What is written of one person, in the order in which it was entered.
#[derive(Debug, Clone)]
enum Line {
    Give(Scope, Option<i32>, Option<i32>),
    Take(Scope),
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        Just(Scope::All),
        Just(Scope::Weapon("A1".into())),
        Just(Scope::Weapon("A2".into())),
        Just(Scope::Model("L85".into())),
        Just(Scope::Category("SA-4".into())),
    ]
}

fn line() -> impl Strategy<Value = Line> {
    prop_oneof![
        (scope(), some_day(), some_day()).prop_map(|(what, from, until)| Line::Give(what, from, until)),
        scope().prop_map(Line::Take),
    ]
}

fn weapon() -> Weapon {
    Weapon {
        id: WeaponId::from("A1"),
        model: Some("L85".into()),
        category: Some("SA-4".into()),
        ..armoury_of_one().1
    }
}

/// R-4: the latest word in force about a weapon decides; without one the register does, until its last day.
#[test]
fn the_latest_word_about_a_weapon_decides() {
    let lines = proptest::collection::vec(line(), 0..6);
    let scene = (lines, some_day(), any::<bool>());
    holds("the latest word about a weapon decides", scene, |(lines, valid_until, by_register)| {
        let (mut armoury, _) = armoury_of_one();
        let person = Person {
            valid_until: valid_until.map(day),
            may_draw: if by_register { MayDraw::All } else { MayDraw::Nothing },
            ..armoury.person(&PersonId::from("P7")).expect("in the book").clone()
        };
        armoury.apply(2, now(), &Event::PersonRegistered(person.clone()));
        for (place, line) in lines.iter().enumerate() {
            let fact = match line.clone() {
                Line::Give(what, from, until) => {
                    let period = Period { from: from.map(day), until: until.map(day) };
                    PersonFact::Authorised { person: person.id.clone(), what, period }
                }
                Line::Take(what) => PersonFact::Revoked { person: person.id.clone(), what },
            };
            enter(&mut armoury, 3 + place as u64, fact);
        }
        let mut told = None;
        let mut over = false;
        for line in lines.iter().rev() {
            match line {
                Line::Give(what, from, until) if what.covers(&weapon()) => {
                    let last = until.or(valid_until);
                    if last.is_some_and(|last| last < 0) {
                        over = true;
                    } else if from.is_none_or(|from| from <= 0) {
                        told.get_or_insert(Draw::Yes);
                    }
                }
                Line::Take(what) if what.covers(&weapon()) => {
                    told.get_or_insert(if over { Draw::Expired } else { Draw::No });
                }
                _ => {}
            }
        }
        let register = match valid_until {
            Some(last) if last < 0 => Draw::Expired,
            _ if by_register => Draw::Yes,
            _ if over => Draw::Expired,
            _ => Draw::No,
        };
        prop_assert_eq!(may_draw(&armoury, &person, &weapon(), now()), told.unwrap_or(register));
        Ok(())
    });
}

/// R-1: the register's role is an appointment without a beginning; a dismissal ends it and no other role.
#[test]
fn a_dismissal_ends_the_register_s_role_and_leaves_the_others() {
    let (mut armoury, _) = armoury_of_one();
    let id = PersonId::from("P7");
    let of = |armoury: &Armoury| roles(armoury, armoury.person(&id).expect("in the book"), now());
    assert_eq!(of(&armoury), [Role::Bearer]);
    let period = Period { from: None, until: Some(TODAY) };
    for (seq, role) in [(10, Role::Armourer), (11, Role::Witness)] {
        enter(&mut armoury, seq, PersonFact::Appointed { person: id.clone(), role, period });
    }
    assert_eq!(of(&armoury), [Role::Bearer, Role::Armourer, Role::Witness]);
    for (seq, role) in [(12, Role::Bearer), (13, Role::Armourer)] {
        enter(&mut armoury, seq, PersonFact::Dismissed { person: id.clone(), role, last_day: None });
    }
    assert_eq!(of(&armoury), [Role::Witness]);
    let tomorrow = Moment { wall_ms: NOON_MS + 86_400_000, ..now() };
    assert!(roles(&armoury, armoury.person(&id).expect("in the book"), tomorrow).is_empty());
}

/// Six digits and more are a PIN, unless they are what everybody tries first; nothing else is.
#[test]
fn only_digits_that_are_not_tried_first_are_a_pin() {
    for wrong in
        ["", "12345", "000000", "123456", "987654321", "27182a", "27 1828", "२७१८२८", &"7".repeat(33)]
    {
        assert!(pins::hash(&Pin::new(wrong)).is_err(), "{wrong:?} was taken");
    }
    let kept = pins::hash(&Pin::new(" 271828\n")).expect("a PIN");
    assert!(pins::is_right(&Pin::new("271828"), &kept).expect("it can be looked at"));
    for wrong in ["271829", "27182", "2718281", "", &"2".repeat(4_000)] {
        assert!(!pins::is_right(&Pin::new(wrong), &kept).expect("it can be looked at"), "{wrong:?}");
    }
    // Each has its own salt, and none shows itself.
    let again = pins::hash(&Pin::new("271828")).expect("a PIN");
    assert_ne!(kept, again);
    let shown = format!("{kept:?} {:?} {:?}", Pin::new("271828"), person::Private::Pin(Pin::new("271828")));
    assert!(!shown.contains("271828"), "{shown}");
}

/// Two keys of the rules that contradict each other are both named; the defaults do not.
#[test]
fn a_policy_that_contradicts_itself_names_the_two_keys() {
    assert_eq!(Policy::default().contradictions(), []);
    let policy = Policy { appointment_days: 7, pass_days: 14, ..Policy::default() };
    let found = policy.contradictions();
    assert_eq!(found.iter().map(|found| found.keys).collect::<Vec<_>>(), [("pass_days", "appointment_days")]);
    let why = policy.check().expect_err("refused");
    assert!(why.contains("pass_days") && why.contains("appointment_days"), "{why}");
    let policy = Policy { pin_misses_slow: 3, pin_misses_alarm: 2, pin_wait_seconds: 0, ..Policy::default() };
    assert_eq!(policy.contradictions().len(), 2);
}

/// Rules of a program that knew more are read as far as they are known, and what is no policy is refused.
#[test]
fn a_policy_of_a_newer_program_is_read() {
    let policy = Policy { witness_for_issue: true, pin_for: vec![Role::Supervisor], ..Policy::default() };
    let mut bytes = minicbor::to_vec(&policy).expect("memory");
    // One more pair in the map: a key nobody knows yet.
    let mut newer = minicbor::Encoder::new(Vec::new());
    let pairs = minicbor::Decoder::new(&bytes).map().expect("a map").expect("of a known length");
    newer.map(pairs + 1).expect("memory");
    let head = if pairs < 24 { 1 } else { 2 };
    let mut whole = newer.into_writer();
    whole.extend(bytes.split_off(head));
    let mut unknown = minicbor::Encoder::new(&mut whole);
    unknown.u16(60_000).and_then(|e| e.str("unknown")).expect("memory");
    assert_eq!(minicbor::decode::<Policy>(&whole).expect("a policy"), policy);
    for rubbish in [&b""[..], &[0xA1], &[0x01], &[0xA1, 0x02, 0x60]] {
        assert!(minicbor::decode::<Policy>(rubbish).is_err(), "{rubbish:02x?}");
    }
}

/// One person and one weapon.
fn armoury_of_one() -> (Armoury, Weapon) {
    let mut armoury = Armoury::default();
    let person = Person {
        id: PersonId::from("P7"),
        role: Role::Bearer,
        valid_until: None,
        may_draw: MayDraw::Nothing,
        suspended: false,
        record_digest: [0; 32],
    };
    armoury.apply(1, now(), &Event::PersonRegistered(person));
    let weapon = serde_json::from_str(
        r#"{"id":"A1","maker":null,"country":null,"model":null,"calibre":null,"serial":null,"category":null,
            "rack":null,"slot":null,"identifiers":[]}"#,
    );
    (armoury, weapon.expect("a weapon"))
}

fn enter(armoury: &mut Armoury, seq: u64, fact: PersonFact) {
    let booked = Booked { by: By::station(), fact: Fact::Person(fact), origin: Origin::Noted };
    armoury.apply(seq, now(), &Event::Book(Box::new(booked)));
}
