//! A room of 5,000 weapons, counted by tag through the real clerk.

use std::time::Instant;

use armoury::domain::{Event, Standing};
use armoury::station::input::{Asked, Input, Stamped};
use armoury::station::protocol::Outcome;

use crate::common::{self, Book, Station};
use crate::story::Story;

const WEAPONS: usize = 5_000;

/// C-6, in full size: every tag is heard three times in two seconds, and what was heard takes three entries, not five
/// thousand.
#[test]
fn five_thousand_weapons_are_counted_by_tag() {
    let story: Story = toml::from_str(
        "story = \"C-6\"\n[[person]]\nid = \"P1\"\nrole = \"armourer\"\n[end]\nin_stock = 5000\n",
    )
    .expect("a story");
    let ids: Vec<String> = (1..=WEAPONS).map(|number| format!("A{number:04}")).collect();
    let weapons = ids.iter().map(|id| (common::weapon(id, None, None), Standing::InService)).collect();
    let book = Book { weapons, ..story.book() };
    let mut station = Station::start(&book, story.desk(), story.presence(), 1_778_749_200_000);
    let began = Instant::now();
    let first = station.armoury().head;
    drop(ask(&mut station, "count open handover --by P1"));
    let mut answer = ask(&mut station, "count sweep --for 10s --by P1");
    for round in 0..3 {
        for (place, id) in ids.iter().enumerate() {
            if place % 100 == 0 {
                station.mono_ms += 10;
                feed(&mut station, Input::Tick);
            }
            feed(&mut station, common::tag(common::weapon_epc(id), "pad", Some(-60 - round), None));
        }
    }
    let heard = Instant::now();
    for _ in 0..10 {
        station.mono_ms += 1_000;
        feed(&mut station, Input::Tick);
    }
    let outcome = answer.try_recv().expect("whoever asked is answered");
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    println!(
        "5,000 weapons counted by tag: 15,000 readings in {:?}, compared and entered in {:?}",
        heard - began,
        heard.elapsed()
    );
    let entries = station.entries(first);
    let seen: usize = entries.iter().map(|record| record.event.weapons().len()).sum();
    assert_eq!(seen, WEAPONS, "every weapon has its sighting");
    let kinds: Vec<&str> = entries.iter().map(|record| record.event.kind()).collect();
    let told =
        ["count_opened", "sample_drawn", "weapons_seen", "weapons_seen", "weapons_seen", "reader_swept"];
    assert_eq!(kinds, told);
    assert!(entries.iter().all(|record| record.encode().len() < 32 * 1024), "no entry is large");
    let (seq, count) = station.armoury().rooms.count.open.iter().next().expect("it is open");
    let outcome = count.compare(station.armoury(), *seq);
    assert_eq!((outcome.figures.by_tag_only, outcome.figures.missing), (5_000, 0));
    assert_eq!(outcome.unsampled.len(), 500, "a tenth is to be touched");
    assert!(entries.iter().all(|record| !matches!(record.event, Event::Desk(_))), "the desk is quiet");
    station.check_whole();
}

fn ask(station: &mut Station, line: &str) -> tokio::sync::oneshot::Receiver<Outcome> {
    let what = armoury::cli::act::ask_of(line).expect("a command");
    let (reply, answer) = tokio::sync::oneshot::channel();
    let asked = Asked { role: None, user: None, command: None, what, reply: Some(reply) };
    feed(station, Input::Ask(Box::new(asked)));
    answer
}

/// Past the checks after each input, which compare the whole book each time.
fn feed(station: &mut Station, input: Input) {
    let at = station.now();
    station.clerk().take(Stamped { at, input });
}
