//! What happened in a period, and who typed serials by hand.

use armoury::domain::event::Started;
use armoury::domain::{ClockQuality, Event, Road};
use armoury::trace::report::{Class, of_period, typed};
use armoury::trace::when::{self, Period};

use crate::house::{Desk, House};

fn days(from: &str, to: &str) -> Period {
    Period { from: Some(when::day(from).expect("a day")), to: Some(when::day(to).expect("a day")) }
}

/// Who typed serials by hand last month, and how often: the share by the person who stood behind the desk.
#[test]
fn the_share_of_typed_serials_is_told_by_person() {
    let mut house = House::new();
    house.weapon("A1", |_| {});
    house.person("P7");
    let cross = |house: &mut House, clock: &str, road: Road, keeper: Option<&str>| {
        house.clock(clock);
        house.road = road;
        house.desk_before(Desk::Issued, "A1", "P7", keeper);
        house.desk_before(Desk::Returned, "A1", "P7", keeper);
    };
    cross(&mut house, "2026-04-30T10:00:00Z", Road::Typed, Some("K1"));
    cross(&mut house, "2026-05-02T10:00:00Z", Road::Typed, Some("K1"));
    cross(&mut house, "2026-05-03T10:00:00Z", Road::Tag, Some("K1"));
    cross(&mut house, "2026-05-04T10:00:00Z", Road::Mark, Some("K2"));
    cross(&mut house, "2026-05-31T10:00:00Z", Road::Typed, None);
    let reader = house.reader();
    let (found, _) =
        typed(&reader.history().expect("a ledger"), days("2026-05-01", "2026-05-31")).expect("a report");
    let short: Vec<(Option<&str>, u64, u64, u64)> =
        found.iter().map(|one| (one.person.as_deref(), one.typed, one.weapons, one.share_percent)).collect();
    assert_eq!(short, [(None, 2, 2, 100), (Some("K1"), 2, 4, 50), (Some("K2"), 0, 2, 0)]);
}

/// A-3, section 10. For any period: every refusal, correction, clock change, restart and power loss, and nothing of
/// another day.
#[test]
fn a_period_shows_everything_that_has_to_be_shown() {
    let mut house = House::new();
    house.weapon("A1", |_| {});
    house.person("P7");
    house.clock("2026-05-13T23:00:00Z");
    house.desk(Desk::Refused, "A1", "P7");
    house.clock("2026-05-14T09:00:00Z");
    let refused = house.desk(Desk::Refused, "A1", "P7");
    let corrected = house.tag("A1", "3034AAAA");
    house.passes_ms(1_000);
    house.at.wall_ms += 3_600_000;
    let jumped = house.desk(Desk::Issued, "A1", "P7");
    house.passes_ms(1_000);
    house.at.quality = ClockQuality::ByHand;
    let by_hand = house.desk(Desk::Returned, "A1", "P7");
    house.passes_ms(1_000);
    let started = house.enter(Event::Started(Started { version: "1".into(), after_unclean_end: true }));
    let reader = house.reader();
    let history = reader.history().expect("a ledger");
    let report = of_period(&history, days("2026-05-14", "2026-05-14"), &Class::ALL).expect("a report");
    let rows = |class: Class| {
        report.rows.get(&class).map_or(Vec::new(), |rows| rows.iter().map(|row| row.act.seq).collect())
    };
    assert_eq!(report.entries, 5);
    assert_eq!(rows(Class::Refusals), [refused]);
    assert_eq!(rows(Class::Corrections), [corrected], "a record entered a second time");
    // The day's first entry lies ten hours of wall time and one second of the counter behind the one before.
    assert_eq!(rows(Class::Clock), [refused, jumped, by_hand]);
    assert_eq!((rows(Class::Restarts), rows(Class::PowerLoss)), (vec![started], vec![started]));
    assert_eq!(rows(Class::Movements), [jumped, by_hand]);
    let note = report.rows[&Class::Clock][1].note.clone().expect("a note");
    assert!(note.contains("forward by 3600 s"), "{note}");
}
