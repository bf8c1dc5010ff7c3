//! Questions to the ledger: where a weapon is or was, who held it, and what was searched.

#[path = "trace/command.rs"]
mod command;
#[path = "trace/fold.rs"]
mod fold;
#[path = "trace/house.rs"]
mod house;
#[path = "trace/reports.rs"]
mod reports;
#[path = "trace/tables.rs"]
mod tables;

use armoury::domain::book::trace::Outcome;
use armoury::domain::lead::LeadKind;
use armoury::domain::{PersonId, Standing, WeaponId};
use armoury::trace::answer::{Wish, of_person, of_weapons};
use armoury::trace::query::Query;
use armoury::trace::when::{self, Period};
use house::{Desk, House, wall};
use serde_json::json;

fn asked(kind: LeadKind, text: &str) -> Query {
    Query { names: vec![(kind, text.to_owned())], confusable: true, ..Query::default() }
}

fn wish() -> Wish {
    Wish { steps: 50, ..Wish::default() }
}

/// A serial is found however it is written, one that is easily confused with it is only suggested, and a weapon is
/// found by the tag it bore once.
#[test]
fn a_weapon_is_found_by_every_name_it_ever_bore() {
    let mut house = House::new();
    house.weapon("A1", |weapon| {
        weapon.set_field("maker", "Zastava").expect("a maker");
        weapon.set_field("serial", "51-O345").expect("a serial");
        weapon.set_field("rack", "B").expect("a rack");
    });
    house.weapon("A2", |weapon| weapon.set_field("serial", "510345").expect("a serial"));
    house.tag("A1", "3034AAAA");
    house.tag("A1", "3034BBBB");
    let reader = house.reader();
    let history = reader.history().expect("a ledger");
    let of = |kind, text: &str| of_weapons(&history, &asked(kind, text), &wish()).expect("an answer");

    let exact = of(LeadKind::Serial, "51 o345");
    assert_eq!((exact.outcome, &exact.weapons[..]), (Outcome::FoundHere, &[WeaponId::from("A1")][..]));
    assert_eq!(exact.told["also"][0]["weapon"], json!("A2"), "the other is suggested: {}", exact.told);
    assert_eq!(exact.told["also"][0]["confusable"], json!(true));
    let like = of(LeadKind::Serial, "5IO345");
    assert_eq!((like.outcome, like.candidates), (Outcome::Ambiguous, 2), "none of them silently");
    let only = Query { confusable: false, ..asked(LeadKind::Serial, "5IO345") };
    let none = of_weapons(&history, &only, &wish()).expect("an answer");
    assert_eq!((none.outcome, none.confusable), (Outcome::NoRecord, false));
    assert_eq!(none.told["searched"]["confusable"], json!(false), "it says what was not searched");

    for tag in ["3034AAAA", "3034bbbb"] {
        assert_eq!(of(LeadKind::Tag, tag).weapons, [WeaponId::from("A1")], "{tag}, borne once or now");
    }
    for (kind, text) in [(LeadKind::Maker, "ZASTAVA"), (LeadKind::Place, "b")] {
        assert_eq!(of(kind, text).weapons, [WeaponId::from("A1")]);
    }
    let both = Query {
        names: vec![(LeadKind::Maker, "Zastava".into()), (LeadKind::Serial, "510345".into())],
        ..Query::default()
    };
    let none = of_weapons(&history, &both, &wish()).expect("an answer");
    assert_eq!(none.outcome, Outcome::NoRecord, "everything that is said must fit");
}

/// For any moment: who held it, before whom, where it should have been and how the station knew.
#[test]
fn it_is_said_who_held_a_weapon_at_any_moment() {
    let mut house = House::new();
    house.weapon("A1", |weapon| weapon.set_field("rack", "B").expect("a rack"));
    let enrolled = house.person("P7");
    house.clock("2026-05-14T09:00:00Z");
    let issued = house.desk(Desk::Issued, "A1", "P7");
    house.clock("2026-05-14T17:00:00Z");
    let returned = house.desk(Desk::Returned, "A1", "P7");
    house.clock("2026-05-15T09:00:00Z");
    house.standing("A1", Standing::Destroyed, Some("certificate D-12/2026"));
    let reader = house.reader();
    let history = reader.history().expect("a ledger");
    let query = Query { weapon: Some(WeaponId::from("A1")), ..Query::default() };
    let at = |moment: &str| {
        let wish = Wish { at_wall_ms: Some(wall(moment)), ..wish() };
        of_weapons(&history, &query, &wish).expect("an answer").told
    };
    let out = &at("2026-05-14T12:00:00Z")["at"]["states"][0].clone();
    assert_eq!(
        (&out["holder"], &out["after"], &out["custody"]["seq"]),
        (&json!("P7"), &json!(issued), &json!(issued))
    );
    assert_eq!((&out["home"]["rack"], &out["custody"]["witness"]), (&json!("B"), &json!("W1")));
    assert_eq!(out["custody"]["evidence"][0]["road"], json!("tag"));
    assert_eq!(
        (&out["authorised_by"]["seq"], &out["authorised_by"]["may_draw"]),
        (&json!(enrolled), &json!("all"))
    );
    let home = &at("2026-05-14T18:00:00Z")["at"]["states"][0].clone();
    assert_eq!((&home["holder"], &home["custody"]["seq"]), (&json!(null), &json!(returned)));
    assert_eq!(at("2019-12-31T23:59:59Z")["at"]["states"][0]["known"], json!(false));

    let told = at("2026-05-14T12:00:00Z");
    assert_eq!(
        (&told["outcome"], &told["certificate"]),
        (&json!("destroyed"), &json!("certificate D-12/2026"))
    );
    let wish = Wish { at_wall_ms: Some(wall("2026-05-14T12:00:00Z")), ..wish() };
    let person = of_person(&history, &PersonId::from("P7"), &wish).expect("an answer").told;
    assert_eq!((&person["holds"], &person["held"][0]["weapon"]), (&json!([]), &json!("A1")));
    assert_eq!(person["at"]["states"][0]["holds"][0]["weapon"], json!("A1"), "then, and not now");
}

/// Where the clock jumped back, a moment fits two places, and both are told with what lies between.
#[test]
fn a_moment_of_a_clock_that_jumped_is_told_as_a_bracket() {
    let mut house = House::new();
    house.weapon("A1", |_| {});
    house.person("P7");
    house.clock("2026-05-14T09:00:00Z");
    let issued = house.desk(Desk::Issued, "A1", "P7");
    house.clock("2026-05-14T12:00:00Z");
    house.desk(Desk::Returned, "A1", "P7");
    house.clock("2023-05-14T12:00:00Z");
    house.person("P8");
    house.clock("2026-05-14T10:00:00Z");
    let again = house.desk(Desk::Issued, "A1", "P7");
    let reader = house.reader();
    let history = reader.history().expect("a ledger");
    let query = Query { weapon: Some(WeaponId::from("A1")), ..Query::default() };
    let wish = Wish { at_wall_ms: Some(wall("2026-05-14T10:30:00Z")), ..wish() };
    let told = of_weapons(&history, &query, &wish).expect("an answer").told;
    assert_eq!(told["at"]["after"], json!([issued, again]));
    let doubt = told["at"]["doubt"].as_str().expect("a doubt");
    assert!(doubt.contains(&format!("between {issued} and {again}")), "{doubt}");
    assert_eq!(told["searched"]["clock_went_back"], json!(1));
}

/// The period and the place narrow it; a weapon that only sat in its rack all the while was there too.
#[test]
fn a_period_and_a_place_narrow_the_question() {
    let mut house = House::new();
    house.clock("2020-01-01T00:00:00Z");
    house.weapon("A1", |weapon| weapon.set_field("model", "M70").expect("a model"));
    house.person("P7");
    house.clock("2021-06-01T00:00:00Z");
    house.desk(Desk::Issued, "A1", "P7");
    house.clock("2021-06-02T00:00:00Z");
    house.desk(Desk::Returned, "A1", "P7");
    house.clock("2024-01-01T00:00:00Z");
    house.weapon("A2", |weapon| weapon.set_field("model", "M70").expect("a model"));
    let reader = house.reader();
    let history = reader.history().expect("a ledger");
    let fits = |names: &[(LeadKind, &str)], from: &str, to: &str| {
        let day = |text| Some(when::day(text).expect("a day"));
        let names = names.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect();
        let query = Query { names, period: Period { from: day(from), to: day(to) }, ..Query::default() };
        let found = query.candidates(&history).expect("candidates").0;
        found.iter().map(|one| one.weapon.to_string()).collect::<Vec<_>>()
    };
    let model = (LeadKind::Model, "m70");
    assert_eq!(fits(&[model], "2021-01-01", "2021-12-31"), ["A1"], "A2 was not in the book yet");
    assert_eq!(fits(&[model], "2024-01-01", "2024-01-02"), ["A1", "A2"]);
    assert_eq!(fits(&[model, (LeadKind::Person, "P7")], "2021-06-01", "2021-06-01"), ["A1"]);
    assert_eq!(fits(&[model, (LeadKind::Person, "P7")], "2022-01-01", "2022-12-31"), [""; 0]);
    assert_eq!(fits(&[(LeadKind::Place, "pad")], "2021-06-01", "2021-06-30"), ["A1"]);
    assert_eq!(fits(&[(LeadKind::Place, "pad")], "2022-01-01", "2022-01-30"), [""; 0]);
}
