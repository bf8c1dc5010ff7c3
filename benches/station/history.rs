//! The book's own speed: questions to a long ledger, the fold and the snapshot, decisions without a disk.

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use armoury::domain::decide::{Bearer, Chip, Item, Request};
use armoury::domain::lead::LeadKind;
use armoury::domain::{Armoury, Event, Evidence, Mode, PersonId, Purpose, decide};
use armoury::identity::epc::hex;
use armoury::ledger::{FILE_NAME, Ledger, Reader};
use armoury::station::clock::Clock;
use armoury::trace::answer::{Answer, Wish, of_person, of_weapons};
use armoury::trace::query::Query;
use armoury::trace::when::{Period, day};

use super::book::{Book, weapon_epc, weapon_id};
use super::failure::{Outcome, Told, refuse};
use super::table::{Spread, Table, thousands};

/// The longest a question may take, ms.
const QUESTION_MS: f64 = 1_000.0;

/// Questions of each kind.
const QUESTIONS: u32 = 20;

/// Decisions in a row.
const DECISIONS: u64 = 200_000;

/// Questions to `book`, each on a ledger opened for it, and the program as a whole on a file nobody has read lately.
pub fn questions(book: &Book, table: &mut Table) -> Outcome<()> {
    let entries = Reader::open(book.folder())?.history()?.head()?;
    let name = format!("{} entries", thousands(entries));
    let names =
        |kind, text: String| Query { names: vec![(kind, text)], confusable: true, ..Query::default() };
    let number = |turn: u32| turn * 4_001 % book.weapons();
    let wish = || Wish { steps: 50, ..Wish::default() };
    let long_ago = || Clock::new().now().wall_ms - 300 * 24 * 3_600_000;
    type Question<'a> = (&'static str, Box<dyn Fn(&Reader, u32) -> Outcome<Answer> + 'a>);
    let asked: [Question<'_>; 6] = [
        (
            "serial, confusable ones too",
            Box::new(|reader, turn| {
                let query = names(LeadKind::Serial, format!("{:07}", 5_397_188 + number(turn)));
                Ok(of_weapons(&reader.history()?, &query, &wish())?)
            }),
        ),
        (
            "tag",
            Box::new(|reader, turn| {
                let query = names(LeadKind::Tag, hex(&weapon_epc(number(turn))?));
                Ok(of_weapons(&reader.history()?, &query, &wish())?)
            }),
        ),
        (
            "weapon at a moment",
            Box::new(|reader, turn| {
                let query = Query { weapon: Some(weapon_id(number(turn))), ..Query::default() };
                let wish = Wish { at_wall_ms: Some(long_ago()), ..wish() };
                Ok(of_weapons(&reader.history()?, &query, &wish)?)
            }),
        ),
        (
            "person, then and now",
            Box::new(|reader, turn| {
                let person = PersonId::new(format!("P{:05}", number(turn) / 20 + 1));
                let wish = Wish { at_wall_ms: Some(long_ago()), ..wish() };
                Ok(of_person(&reader.history()?, &person, &wish)?)
            }),
        ),
        (
            "person in a period at a place",
            Box::new(|reader, turn| {
                let person = format!("P{:05}", number(turn) / 20 + 1);
                let names = vec![(LeadKind::Person, person), (LeadKind::Place, "left lane".to_owned())];
                let days = Period { from: day("2000-01-01").ok(), to: day("2100-01-01").ok() };
                let query = Query { names, period: days, ..Query::default() };
                Ok(of_weapons(&reader.history()?, &query, &wish())?)
            }),
        ),
        (
            "maker, every weapon fits",
            Box::new(|reader, _| {
                Ok(of_weapons(&reader.history()?, &names(LeadKind::Maker, "BAE".into()), &wish())?)
            }),
        ),
    ];
    for (what, ask) in asked {
        let mut times = Spread::default();
        for turn in 0..QUESTIONS {
            let reader = Reader::open(book.folder())?;
            let began = Instant::now();
            let answer = ask(&reader, turn)?;
            times.add(began.elapsed());
            if answer.candidates == 0 && answer.person.is_none() {
                return refuse(format!("ask for {what}: no record"));
            }
            black_box(answer);
        }
        table.at_most(format!("trace by {what}, {name}, p99"), times.at_ms(0.99), "ms", QUESTION_MS);
    }
    super::process::forget_file(book)?;
    let began = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_armoury"))
        .args(["trace", "--serial", "5397188", "--look", "--data"])
        .arg(book.folder())
        .stdout(Stdio::null())
        .status()
        .told("start `armoury trace`")?;
    if !status.success() {
        return refuse(format!("ask with `armoury trace`: it ended with {status}"));
    }
    table.at_most(format!("`armoury trace`, not in memory, {name}"), ms(began.elapsed()), "ms", QUESTION_MS);
    Ok(())
}

/// The fold from the first entry, and what keeping it costs and spares.
pub fn fold(book: &Book, table: &mut Table) -> Outcome<()> {
    let reader = Reader::open(book.folder())?;
    let began = Instant::now();
    let armoury = reader.fold()?;
    let whole = began.elapsed();
    let rate = armoury.head as f64 / whole.as_secs_f64();
    let entries = thousands(armoury.head);
    table.say(format!("fold of {entries} entries"), format!("{:.2}", whole.as_secs_f64()), "s");
    table.say("  entries folded", thousands(rate as u64), "entries/s");
    let mut ledger = Ledger::open(book.folder(), "a bench")?.ledger;
    let began = Instant::now();
    ledger.save_snapshot(&armoury)?;
    table.say("snapshot kept", format!("{:.0}", ms(began.elapsed())), "ms");
    let bytes: u64 = rusqlite::Connection::open(book.folder().join(FILE_NAME))?.query_row(
        "SELECT length(state) FROM snapshot",
        [],
        |row| row.get(0),
    )?;
    table.say("  its size", format!("{:.1}", bytes as f64 / 1e6), "MB");
    drop(ledger);
    let began = Instant::now();
    black_box(Reader::open(book.folder())?.armoury()?);
    table.say("fold from the snapshot", format!("{:.0}", ms(began.elapsed())), "ms");
    Ok(())
}

/// Decisions and what they change, in memory alone.
pub fn decisions(book: &Book, table: &mut Table) -> Outcome<()> {
    let mut armoury: Armoury = Reader::open(book.folder())?.fold()?;
    let at = Clock::new().now();
    let began = Instant::now();
    for turn in 0..DECISIONS {
        // Out and in again, one weapon after the other.
        let number = ((turn / 2) % u64::from(book.weapons())) as u32;
        let request = Request {
            item: Item::Weapon { id: weapon_id(number), by_tag: true, by_mark: false, chip: Chip::Unopposed },
            bearer: Bearer::Known(PersonId::new(format!("P{:05}", number / 20 + 1))),
            witness: None,
            mode: Mode::Auto,
            read_point: None,
            evidence: vec![Evidence::default()],
            too_soon: false,
            purpose: Purpose::Duty,
            by: None,
        };
        let decision = decide(&armoury, &request, at);
        armoury.apply(armoury.head + 1, at, &Event::Desk(Box::new(decision.event)));
    }
    let rate = DECISIONS as f64 / began.elapsed().as_secs_f64();
    black_box(&armoury);
    let weapons = thousands(u64::from(book.weapons()));
    table.say(format!("decide + apply, {weapons} weapons"), thousands(rate as u64), "a second");
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
