//! A printed code becomes part of the book, all of a list or none, and never somebody else's.

use std::path::Path;

use armoury::domain::{PersonId, WeaponId};
use armoury::identity::MarkId;
use armoury::ledger::Ledger;
use armoury::station::clock::Clock;
use armoury::station::keeper::{Caller, Keeper};
use armoury::station::protocol::{Ask, NewBadge, NewMark};
use serde_json::Value;
use uuid::Uuid;

use super::code;
use super::command::House;

fn keeper(house: &House) -> Keeper {
    Keeper::new(Ledger::open(Path::new(&house.path("data")), "a test").expect("the ledger"))
}

fn marks(marks: &[(&str, &str)]) -> Ask {
    let mark =
        |(weapon, text): &(&str, &str)| NewMark { weapon: WeaponId::from(*weapon), text: (*text).to_owned() };
    Ask::EnrolMarks { marks: marks.iter().map(mark).collect() }
}

fn badges(badges: &[(&str, &str)]) -> Ask {
    let badge = |(person, text): &(&str, &str)| NewBadge {
        person: PersonId::from(*person),
        text: (*text).to_owned(),
    };
    Ask::EnrolBadges { badges: badges.iter().map(badge).collect() }
}

fn change(keeper: &mut Keeper, command: Option<Uuid>, what: Ask) -> Result<Value, String> {
    keeper.change(command, Caller::owner(), what, Clock::new().now())
}

#[test]
fn a_code_that_belongs_to_somebody_is_never_given_to_another() {
    let house = House::new();
    let mut keeper = keeper(&house);
    let (one, two) = (code(1), code(2));
    change(&mut keeper, None, badges(&[("701", &one)])).expect("a new badge");
    let before = keeper.armoury.head;
    let refused = [
        (marks(&[("A1", "A1:9GEYXN25B9T")]), "that of A2"),
        // Another spelling of the same code.
        (marks(&[("A1", "a1:9geyxn25b9t\r\n")]), "that of A2"),
        (marks(&[("A1", &one)]), "badge of 701"),
        (marks(&[("A1", &two), ("A3", &two)]), "twice"),
        (marks(&[("A1", &two), ("A1", &code(3))]), "twice"),
        (marks(&[("A1", &two), ("A9", &code(3))]), "no such weapon"),
        (marks(&[("A1", "")]), "empty"),
        (badges(&[("700", &two)]), "one badge"),
        (badges(&[("701", &two)]), "one badge"),
        (badges(&[("S1", "A1:9GEYXN25B9T")]), "that of A2"),
        (badges(&[("S1", &two), ("S1", &code(3))]), "twice"),
        (badges(&[("999", &two)]), "no such person"),
    ];
    for (ask, piece) in refused {
        let told = format!("{ask:?}");
        let why = change(&mut keeper, None, ask).expect_err(&told);
        assert!(why.contains(piece), "{told}: {why}");
    }
    assert_eq!(keeper.armoury.head, before, "something was entered all the same");
}

#[test]
fn what_was_enrolled_is_found_again_also_after_a_restart_and_asked_twice_is_done_once() {
    let house = House::new();
    let (mark, badge) = (code(1), code(2));
    let command = Some(Uuid::now_v7());
    {
        let mut keeper = keeper(&house);
        let done =
            change(&mut keeper, command, marks(&[("A1", &mark), ("A3", &code(3))])).expect("new marks");
        assert_eq!(done["entries"], 2);
        let again = change(&mut keeper, command, marks(&[("A1", &mark), ("A3", &code(3))]));
        assert_eq!(again.expect("the same answer"), done);
        change(&mut keeper, None, badges(&[("701", &badge)])).expect("a new badge");
        assert_eq!(keeper.roster.by_mark(&MarkId::from_text(&badge)), Some(&PersonId::from("701")));
    }
    let keeper = keeper(&house);
    assert_eq!(keeper.armoury.weapon_by_mark(&MarkId::from_text(&mark)), Some(&WeaponId::from("A1")));
    assert_eq!(keeper.roster.by_mark(&MarkId::from_text(&badge)), Some(&PersonId::from("701")));
    // Name and rank are what they were.
    assert_eq!(keeper.roster.call(&PersonId::from("701")), "Pte WONG K.");
    drop(keeper);
    house.done(&["ledger", "verify"]);
}
