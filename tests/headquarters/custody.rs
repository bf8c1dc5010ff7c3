//! Two stations issue the same weapon while no road is open, and meet at headquarters (armoury-practice section 13).

use armoury::domain::{DeskEvent, DeskKind, Event, Identifier, PersonId, Practice, Weapon, WeaponId};
use armoury::hq::{Hq, Store};

use super::book::{Book, key};
use super::{HQ, House, receipt};

/// The rifle with serial 4471, under the number that a station gave it.
fn rifle(id: &str) -> Event {
    Event::WeaponRegistered(Box::new(Weapon {
        maker: Some("Zastava".into()),
        country: Some("SRB".into()),
        model: Some("M70".into()),
        calibre: Some("7.62x39".into()),
        serial: Some("44-71".into()),
        identifiers: vec![Identifier::Mark { text: format!("mark of {id}") }],
        ..Weapon::new(WeaponId::from(id))
    }))
}

fn desk(kind: DeskKind, weapon: &str, person: &str) -> Event {
    let event = DeskEvent {
        weapon: Some(WeaponId::from(weapon)),
        person: Some(PersonId::from(person)),
        ..DeskEvent::new(kind)
    };
    Event::Desk(Box::new(event))
}

fn station(name: &str, number: u8, events: impl IntoIterator<Item = Event>) -> Book {
    let mut book = Book::new(name, &key(number), Practice::Live);
    events.into_iter().for_each(|event| book.append(event));
    book
}

#[test]
fn two_stations_that_issued_one_weapon_are_found_out_when_they_meet() {
    let mut house = House::with("north", 1);
    house.add("south", 2);
    let north = station("north", 1, [rifle("N7"), desk(DeskKind::Issued, "N7", "P1")]);
    let mut south = station("south", 2, [rifle("S3"), desk(DeskKind::Issued, "S3", "Q9")]);
    receipt(&house.push(&north, &key(1), 1, 3));
    assert!(house.hq.disputes().unwrap().is_empty(), "one station alone disputes nothing");
    // The second is taken and signed for like any other: the rifle did leave the room.
    receipt(&house.push(&south, &key(2), 1, 3));
    let held = house.hq.held().unwrap();
    let holders: Vec<(&str, &str, bool)> = held
        .iter()
        .map(|held| (held.station.as_str(), held.person.as_ref().map_or("", PersonId::as_str), held.disputed))
        .collect();
    assert_eq!(holders, [("north", "P1", true), ("south", "Q9", true)], "both holders are shown");
    let dispute = house.hq.disputes().unwrap().remove(0);
    assert_eq!((dispute.station.as_str(), dispute.other_station.as_str()), ("north", "south"));
    assert_eq!((dispute.seq, dispute.other_seq, dispute.open), (3, 3, true));
    // Sent again, nothing is disputed twice.
    receipt(&house.push(&south, &key(2), 1, 3));
    assert_eq!(house.hq.disputes().unwrap().len(), 1);
    // It comes back in the south: the dispute is settled and stays on record.
    south.append(desk(DeskKind::Returned, "S3", "Q9"));
    receipt(&house.push(&south, &key(2), 4, 4));
    assert_eq!(house.hq.held().unwrap().iter().filter(|held| held.disputed).count(), 0);
    assert!(house.hq.disputes().unwrap().iter().all(|dispute| !dispute.open));
}

#[test]
fn one_number_at_two_stations_is_two_weapons_unless_their_records_say_otherwise() {
    let mut house = House::with("north", 1);
    house.add("south", 2);
    let other = match rifle("A1") {
        Event::WeaponRegistered(weapon) => {
            Event::WeaponRegistered(Box::new(Weapon { serial: Some("44-72".into()), ..*weapon }))
        }
        event => event,
    };
    let north = station("north", 1, [rifle("A1"), desk(DeskKind::Issued, "A1", "P1")]);
    let south = station("south", 2, [other, desk(DeskKind::Issued, "A1", "P1")]);
    receipt(&house.push(&north, &key(1), 1, 3));
    receipt(&house.push(&south, &key(2), 1, 3));
    assert_eq!(house.hq.held().unwrap().len(), 2);
    assert!(house.hq.disputes().unwrap().is_empty());
}

#[test]
fn a_database_from_before_is_caught_up_with_when_it_is_opened() {
    let mut house = House::with("north", 1);
    let north = station("north", 1, [rifle("N7"), desk(DeskKind::Issued, "N7", "P1")]);
    receipt(&house.push(&north, &key(1), 1, 3));
    let file = house.folder.path().join("hq.db");
    let raw = rusqlite::Connection::open(&file).unwrap();
    raw.execute_batch(
        "DROP TABLE custody_upto; DROP TABLE weapon_known; DROP TABLE custody; DROP TABLE custody_dispute;
         DROP INDEX event_position; PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(raw);
    let hq = Hq::new(Store::open(&file).unwrap(), key(HQ)).unwrap();
    assert_eq!(hq.held().unwrap()[0].weapon.as_str(), "N7");
}
