//! The function that decides, for any book and any request.

use armoury::domain::event::{Created, StandingSet};
use armoury::domain::{
    Armoury, Bearer, Chip, Custody, DeskEvent, DeskKind, Event, Evidence, Item, MayDraw, Mode, Moment,
    Person, PersonId, Policy, Practice, Purpose, ReadPoint, Reason, Request, Role, Standing, Verdict, Weapon,
    WeaponId, decide,
};
use proptest::prelude::*;

use super::holds;

const WEAPONS: [&str; 4] = ["A1", "A2", "A3", "A4"];
const PEOPLE: [&str; 4] = ["P1", "P2", "P3", "P4"];

/// 2026-05-14T09:00:00Z.
const NOW_WALL_MS: i64 = 1_778_749_200_000;

#[test]
fn a_return_is_always_taken() {
    holds("a return is always taken", scene(), |(armoury, request, now)| {
        let shown = shown(&request);
        let out = shown.iter().any(|id| is_out(&armoury, id));
        let decision = decide(&armoury, &request, now);
        if out && request.mode != Mode::Issue {
            prop_assert_eq!(decision.event.kind, DeskKind::Returned);
            let weapon = decision.event.weapon.clone().expect("which weapon came back");
            prop_assert!(shown.contains(&weapon) && is_out(&armoury, &weapon));
            prop_assert_eq!(decision.event.person.clone(), holder(&armoury, &weapon));
            prop_assert_ne!(decision.event.brought_by.as_ref(), decision.event.person.as_ref());
        } else {
            prop_assert_ne!(decision.event.kind, DeskKind::Returned);
        }
        Ok(())
    });
}

#[test]
fn what_leaves_may_leave() {
    holds("what leaves may leave", scene(), |(armoury, request, now)| {
        let decision = decide(&armoury, &request, now);
        if decision.event.kind != DeskKind::Issued {
            return Ok(());
        }
        let Item::Weapon { id, by_tag, by_mark, chip } = &request.item else {
            return Err(TestCaseError::fail("only a weapon that was plainly read leaves"));
        };
        let Bearer::Known(bearer) = &request.bearer else {
            return Err(TestCaseError::fail("only with somebody known"));
        };
        let (holding, person) = (armoury.weapon(id).expect("known"), armoury.person(bearer).expect("known"));
        let policy = &armoury.policy;
        prop_assert!(holding.custody == Custody::In && holding.standing == Standing::InService);
        prop_assert!(*chip == Chip::Unopposed && !request.too_soon && request.mode != Mode::Return);
        prop_assert!(!policy.two_readings || (*by_tag && *by_mark));
        prop_assert!(!person.suspended && person.may_draw.covers(id, None));
        prop_assert!(person.valid_until.is_none_or(|last| now.day().is_none_or(|today| today <= last)));
        let limit = policy.weapons_per_person;
        prop_assert!(limit == 0 || armoury.held_by(bearer) < limit);
        if policy.witness_for_issue {
            let witness =
                request.witness.as_ref().and_then(|id| armoury.person(id)).expect("a second person");
            prop_assert!(witness.role.may_witness() && !witness.suspended && witness.id != *bearer);
        }
        prop_assert_eq!(&decision.event.person, &Some(bearer.clone()));
        prop_assert_eq!(decision.event.due_wall_ms.is_some(), policy.loan_hours > 0);
        Ok(())
    });
}

/// The other way round: where nothing stands against it, it is not refused.
#[test]
fn what_may_leave_leaves() {
    holds("what may leave leaves", scene(), |(armoury, request, now)| {
        let (Item::Weapon { id, by_tag, by_mark, chip: Chip::Unopposed }, Bearer::Known(bearer)) =
            (&request.item, &request.bearer)
        else {
            return Ok(());
        };
        let (Some(holding), Some(person)) = (armoury.weapon(id), armoury.person(bearer)) else {
            return Ok(());
        };
        let policy = &armoury.policy;
        let limit = policy.weapons_per_person;
        let plain = holding.custody == Custody::In
            && holding.standing == Standing::InService
            && request.mode != Mode::Return
            && !request.too_soon
            && (!policy.two_readings || (*by_tag && *by_mark))
            && !policy.witness_for_issue
            && !person.suspended
            && person.valid_until.is_none()
            && person.may_draw == MayDraw::All
            && (limit == 0 || armoury.held_by(bearer) < limit);
        if plain {
            let decision = decide(&armoury, &request, now);
            prop_assert_eq!((decision.event.kind, decision.event.reason), (DeskKind::Issued, None));
        }
        Ok(())
    });
}

#[test]
fn the_same_question_has_the_same_answer() {
    holds("the same question has the same answer", scene(), |(armoury, request, now)| {
        let (before, asked) = (armoury.clone(), request.clone());
        let decision = decide(&armoury, &request, now);
        prop_assert_eq!(&decision, &decide(&armoury.clone(), &request.clone(), now));
        prop_assert_eq!((armoury, request), (before, asked));
        Ok(())
    });
}

#[test]
fn every_no_has_a_reason_and_the_loud_ones_an_alarm() {
    holds("every no has a reason", scene(), |(armoury, request, now)| {
        let decision = decide(&armoury, &request, now);
        let DeskEvent { kind, reason, .. } = &decision.event;
        prop_assert!(reason.is_some() || kind.moves_custody());
        prop_assert!(*kind != DeskKind::Issued || reason.is_none());
        let loud = [
            Reason::Destroyed,
            Reason::HotListed,
            Reason::CloneSuspected,
            Reason::TagRewritten,
            Reason::MarkMismatch,
        ];
        prop_assert_eq!(decision.alarm, reason.filter(|reason| loud.contains(reason)));
        prop_assert_eq!(
            *reason == Some(Reason::AlreadyOut),
            *reason == Some(Reason::AlreadyOut) && request.mode == Mode::Issue
        );
        let word = match kind {
            DeskKind::Issued => Verdict::Out,
            DeskKind::Returned => Verdict::In,
            DeskKind::Refused => Verdict::Stop,
            DeskKind::Asked => Verdict::Ask,
            DeskKind::Unclear => Verdict::Again,
        };
        prop_assert_eq!(decision.verdict(), word);
        // What was read stays with the answer.
        prop_assert_eq!(&decision.event.evidence, &request.evidence);
        Ok(())
    });
}

/// The wall clock changes dates and nothing else, as long as nobody's authorisation hangs on it.
#[test]
fn a_jumping_clock_changes_only_dates() {
    let jumps = (scene(), -200_000_000_000_000_i64..200_000_000_000_000);
    holds("a jumping clock changes only dates", jumps, |((mut armoury, request, now), wall_ms)| {
        for id in PEOPLE {
            let Some(person) = armoury.person(&PersonId::from(id)).cloned() else { continue };
            let event = Event::PersonRegistered(Person { valid_until: None, ..person });
            armoury.apply(armoury.head + 1, now, &event);
        }
        let mut one = decide(&armoury, &request, now);
        let mut other = decide(&armoury, &request, Moment { wall_ms, ..now });
        one.event.due_wall_ms = None;
        other.event.due_wall_ms = None;
        prop_assert_eq!(one, other);
        Ok(())
    });
}

/// Applying what was decided moves custody exactly as the kind says, and the fold keeps its figures.
#[test]
fn the_book_follows_the_decision() {
    holds("the book follows the decision", scene(), |(armoury, request, now)| {
        let decision = decide(&armoury, &request, now);
        let mut after = armoury.clone();
        after.apply(armoury.head + 1, now, &Event::Desk(Box::new(decision.event.clone())));
        for id in WEAPONS.map(WeaponId::from) {
            let concerned = decision.event.weapon.as_ref() == Some(&id);
            let expected = match decision.event.kind {
                DeskKind::Issued if concerned => decision.event.person.clone(),
                DeskKind::Returned if concerned => None,
                _ => holder(&armoury, &id),
            };
            prop_assert_eq!(holder(&after, &id), expected);
        }
        let mut rebuilt = after.clone();
        rebuilt.reindex();
        prop_assert_eq!(rebuilt, after);
        Ok(())
    });
}

/// A book in which some weapons are out, a request and a moment.
fn scene() -> impl Strategy<Value = (Armoury, Request, Moment)> {
    (book(), request(), 0_i64..4 * 86_400_000).prop_map(|(armoury, request, later_ms)| {
        (armoury, request, Moment::at(5_000, NOW_WALL_MS + later_ms))
    })
}

fn book() -> impl Strategy<Value = Armoury> {
    let policy = (any::<bool>(), any::<bool>(), 0_u32..3, any::<bool>(), 0_u32..3).prop_map(
        |(two_readings, witness_for_issue, loan_hours, expired_stops, weapons_per_person)| Policy {
            two_readings,
            witness_for_issue,
            loan_hours,
            expired_stops,
            weapons_per_person,
            ..Policy::default()
        },
    );
    let weapons =
        proptest::collection::vec((standing(), proptest::option::of(0..PEOPLE.len())), WEAPONS.len());
    // The last of them is unknown to the book.
    let people = proptest::collection::vec(person(), PEOPLE.len() - 1);
    (policy, weapons, people).prop_map(|(policy, weapons, people)| {
        let created = Created { practice: Practice::Exercise, station_key: [0; 32] };
        let mut events = vec![Event::LedgerCreated(created), Event::PolicySet(policy)];
        events.extend(
            people
                .into_iter()
                .zip(PEOPLE)
                .map(|(person, id)| Event::PersonRegistered(Person { id: PersonId::from(id), ..person })),
        );
        for ((standing, holder), id) in weapons.into_iter().zip(WEAPONS) {
            events.push(Event::WeaponRegistered(Box::new(weapon(id))));
            events.extend(holder.map(|place| issued(id, PEOPLE[place])));
            let set = StandingSet { weapon: WeaponId::from(id), standing, authority: None };
            events.push(Event::StandingSet(set));
        }
        let mut armoury = Armoury::default();
        for (seq, event) in (1..).zip(&events) {
            armoury.apply(seq, Moment::at(0, NOW_WALL_MS), event);
        }
        armoury
    })
}

fn request() -> impl Strategy<Value = Request> {
    let id = proptest::sample::select(vec!["A1", "A2", "A3", "A4", "Z9"]).prop_map(WeaponId::from);
    let key = proptest::sample::select(PEOPLE.to_vec()).prop_map(PersonId::from);
    let item = prop_oneof![
        6 => (id.clone(), any::<bool>(), any::<bool>(), chip())
            .prop_map(|(id, by_tag, by_mark, chip)| Item::Weapon { id, by_tag, by_mark, chip }),
        2 => (id.clone(), proptest::option::of(id.clone()))
            .prop_map(|(by_tag, by_mark)| Item::Disagree { by_tag, by_mark }),
        1 => id.clone().prop_map(|id| Item::Unsure { id }),
        1 => id.prop_map(|id| Item::ForeignChip { id }),
        1 => proptest::sample::select(vec![Item::UnknownTag, Item::UnknownMark, Item::UnknownBadge]),
    ];
    let bearer = prop_oneof![
        5 => key.clone().prop_map(Bearer::Known),
        1 => Just(Bearer::None),
        1 => Just(Bearer::Several),
    ];
    let mode = proptest::sample::select(vec![Mode::Auto, Mode::Issue, Mode::Return]);
    (item, bearer, proptest::option::of(key), mode, proptest::bool::weighted(0.1)).prop_map(
        |(item, bearer, witness, mode, too_soon)| Request {
            item,
            bearer,
            witness,
            mode,
            read_point: Some(ReadPoint::from("pad")),
            evidence: vec![Evidence::default()],
            too_soon,
            purpose: Purpose::Duty,
            by: None,
        },
    )
}

fn chip() -> impl Strategy<Value = Chip> {
    prop_oneof![8 => Just(Chip::Unopposed), 1 => Just(Chip::Rewritten), 1 => Just(Chip::Foreign)]
}

fn person() -> impl Strategy<Value = Person> {
    let may_draw = prop_oneof![
        3 => Just(MayDraw::All),
        1 => Just(MayDraw::Nothing),
        1 => Just(MayDraw::from_text("A1;A3")),
    ];
    let valid_until = proptest::option::of((12_i8..18).prop_map(|day| jiff::civil::date(2026, 5, day)));
    let role = proptest::sample::select(Role::ALL.to_vec());
    (role, valid_until, may_draw, proptest::bool::weighted(0.15)).prop_map(
        |(role, valid_until, may_draw, suspended)| Person {
            id: PersonId::from(""),
            role,
            valid_until,
            may_draw,
            suspended,
            record_digest: [0; 32],
        },
    )
}

fn standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        6 => Just(Standing::InService),
        1 => Just(Standing::HotListed),
        1 => Just(Standing::Destroyed),
        1 => Just(Standing::NotHere),
    ]
}

fn weapon(id: &str) -> Weapon {
    Weapon::new(WeaponId::from(id))
}

fn issued(weapon: &str, person: &str) -> Event {
    Event::Desk(Box::new(DeskEvent {
        weapon: Some(WeaponId::from(weapon)),
        person: Some(PersonId::from(person)),
        ..DeskEvent::new(DeskKind::Issued)
    }))
}

/// The weapons a request may be about.
fn shown(request: &Request) -> Vec<WeaponId> {
    match &request.item {
        Item::Weapon { id, .. } | Item::Unsure { id } => vec![id.clone()],
        Item::Disagree { by_tag, by_mark } => {
            [Some(by_tag.clone()), by_mark.clone()].into_iter().flatten().collect()
        }
        // It has had its answer; that its chip turns out to be foreign brings nothing back.
        Item::ForeignChip { .. } => Vec::new(),
        // It is on no weapon any more.
        Item::Retired { .. } => Vec::new(),
        Item::UnknownTag | Item::UnknownMark | Item::UnknownBadge => Vec::new(),
    }
}

fn holder(armoury: &Armoury, weapon: &WeaponId) -> Option<PersonId> {
    match &armoury.weapon(weapon)?.custody {
        Custody::Out { to, .. } => Some(to.clone()),
        Custody::In => None,
    }
}

fn is_out(armoury: &Armoury, weapon: &WeaponId) -> bool {
    holder(armoury, weapon).is_some()
}
