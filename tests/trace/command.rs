//! `armoury trace`, `armoury report` and the imports as people type them.

use std::path::Path;
use std::process::{Command, Output};

use armoury::domain::Standing;
use armoury::identity::epc::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::house::{Desk, House};

fn armoury(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_armoury"));
    command.args(arguments).arg("--data").arg(folder).output().expect("the program runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn entries(folder: &Path) -> Vec<Value> {
    let out = armoury(folder, &["ledger", "export", "--json"]).stdout;
    String::from_utf8(out)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn house() -> House {
    let mut house = House::new();
    house.weapon("A1", |weapon| weapon.set_field("serial", "=7'x").expect("a serial"));
    house.weapon("A2", |weapon| weapon.set_field("serial", "S12").expect("a serial"));
    house.person("P7");
    house.desk(Desk::Issued, "A2", "P7");
    house
}

/// The answer is an entry: who asked, by what reference, what was searched, how it ended, a digest of what was told,
/// and no name.
#[test]
fn an_answer_is_an_entry_with_a_digest_of_what_was_told() {
    let mut house = house();
    house.close();
    let out = armoury(
        house.folder(),
        &["trace", "--serial", "s12", "--for", "INTERPOL", "--reference", "TR-9", "--json"],
    );
    assert_eq!(out.status.code(), Some(0));
    let told = json(&out);
    let entry = entries(house.folder()).pop().expect("an entry");
    assert_eq!((&entry["kind"], &entry["seq"]), (&"trace_told".into(), &told["entry"]));
    let record = &entry["record"];
    assert_eq!((&record["outcome"], &record["weapons"][0]), (&"found_here".into(), &"A2".into()));
    assert_eq!((&record["asked_by"], &record["reference"]), (&"INTERPOL".into(), &"TR-9".into()));
    assert_eq!(record["through"], Value::from(told["entry"].as_u64().expect("a number") - 1));
    assert!(!entry.to_string().contains("NAME OF"), "{entry}");
    // Whoever kept what was told can show that it was.
    let mut page = told.clone();
    for added in ["entry", "digest"] {
        page.as_object_mut().expect("an object").remove(added);
    }
    assert_eq!(
        hex(&Sha256::digest(page.to_string())).to_lowercase(),
        record["digest"].as_str().expect("a digest")
    );

    let none = armoury(house.folder(), &["trace", "--serial", "unheard", "--json"]);
    assert_eq!((none.status.code(), &json(&none)["outcome"]), (Some(1), &"no_record".into()));
    let refused =
        armoury(house.folder(), &["trace", "--serial", "S12", "--refuse", "national_security", "--json"]);
    assert_eq!((refused.status.code(), &json(&refused)["outcome"]), (Some(0), &"refused".into()));
    assert!(!String::from_utf8_lossy(&refused.stdout).contains("A2"), "nothing is told");
    let before = entries(house.folder()).len();
    let look = armoury(house.folder(), &["trace", "weapon", "A2", "--look"]);
    assert!(String::from_utf8_lossy(&look.stdout).contains("nothing was entered"));
    assert_eq!(entries(house.folder()).len(), before);
}

/// Who may not answer gets no answer, and a question nobody can mean is said to be one.
#[test]
fn who_may_not_answer_is_told_nothing() {
    let mut house = house();
    house.close();
    let before = entries(house.folder()).len();
    for (arguments, code, piece) in [
        (&["trace", "weapon", "A2", "--by", "P7"][..], 1, "it takes armourer or supervisor"),
        (&["trace", "weapon", "A2", "--by", "P99"], 1, "no such person"),
        (&["trace", "--from", "2020-01-01"], 2, "say what is known"),
        (&["trace", "--serial", "- ."], 2, "nothing is left"),
        (
            &["trace", "--serial", "1", "--from", "2021-01-02", "--to", "2021-01-01"],
            2,
            "ends before it begins",
        ),
        (&["trace", "--serial", "1", "--from", "14.05.2026"], 2, "is no day"),
        (&["trace", "weapon", "A2", "--at", "yesterday"], 2, "is no moment"),
        (&["trace", "weapon", "A2", "--archive", "/nowhere"], 2, "there is none"),
    ] {
        let out = armoury(house.folder(), arguments);
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.stdout.is_empty() && said.contains(piece), "{arguments:?}: {said}");
        assert_eq!(out.status.code(), Some(code), "{arguments:?}: {said}");
    }
    let long = "x".repeat(300);
    let out = armoury(house.folder(), &["trace", "weapon", "A2", "--reference", &long]);
    assert_eq!((out.status.code(), out.stdout.len()), (Some(1), 0));
    assert_eq!(entries(house.folder()).len(), before);
}

/// What another ledger knows is told as that ledger's.
#[test]
fn an_archive_is_searched_beside_the_ledger() {
    let (mut house, mut old) = (house(), House::new());
    old.weapon("B9", |weapon| weapon.set_field("serial", "OLD-1").expect("a serial"));
    old.standing("B9", Standing::LeftService, Some("sold to the museum, order 12"));
    house.close();
    old.close();
    let archive = old.folder().to_str().expect("UTF-8");
    let told = json(&armoury(house.folder(), &["trace", "--serial", "old1", "--archive", archive, "--json"]));
    assert_eq!((&told["outcome"], &told["candidates"][0]["archive"]), (&"ambiguous".into(), &archive.into()));
    assert_eq!(told["searched"]["archives"][0], Value::from(archive));
    assert_eq!(told["candidates"][0]["standing"], Value::from("left_service"));
}

/// P-1, P-3. Every list as a file: no cell begins a formula, names only where somebody answers for it, and the register
/// of weapons goes in again as it came out.
#[test]
fn every_list_goes_out_and_the_register_comes_in_again() {
    let mut house = house();
    house.close();
    let out = house.folder().join("out");
    let path = out.to_str().expect("UTF-8");
    let done = armoury(house.folder(), &["report", "export", "--what", "all", "--out", path]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    for list in ["weapons", "identifiers", "people", "holdings", "counts", "registry", "keys", "entries"] {
        let file = std::fs::read_to_string(out.join(format!("{list}.csv"))).expect("a list");
        let mut reader = csv::Reader::from_reader(file.as_bytes());
        for row in reader.records() {
            let row = row.expect("a row of the header's length");
            assert!(
                row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])),
                "{list}: {row:?}"
            );
        }
        assert!(!file.contains("NAME OF"), "{list}");
    }
    let registry = std::fs::read_to_string(out.join("registry.csv")).expect("a list");
    assert!(registry.starts_with("serial,type,maker,calibre,custodian,status,event\r\n"), "{registry}");
    assert!(registry.contains("S12,,,,P7,issued,issued "), "{registry}");
    let again = armoury(house.folder(), &["report", "export", "--what", "weapons", "--out", path]);
    assert_eq!(again.status.code(), Some(1), "a file is never written over");

    let fresh = tempfile::tempdir().expect("a folder");
    let data = fresh.path().join("data");
    let made = armoury(&data, &["init", "--exercise", "--station", "b", "--supervisor", "S1,DIAZ M."]);
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let weapons = out.join("weapons.csv");
    let taken = armoury(&data, &["weapon", "import", weapons.to_str().expect("UTF-8")]);
    assert_eq!(taken.status.code(), Some(0), "{}", String::from_utf8_lossy(&taken.stderr));
    let shown = json(&armoury(&data, &["weapon", "show", "A1", "--json"]));
    assert_eq!(shown["weapon"]["serial"], Value::from("=7'x"));

    let named = fresh.path().join("named");
    let named = named.to_str().expect("UTF-8");
    let wrong = armoury(
        house.folder(),
        &["report", "export", "--what", "people", "--names", "--by", "P7", "--out", named],
    );
    assert_eq!(wrong.status.code(), Some(1));
    assert_eq!(std::fs::read_dir(named).expect("the folder").count(), 0, "nothing lies about");
    let right = armoury(
        house.folder(),
        &["report", "export", "--what", "people", "--names", "--out", named, "--format", "json"],
    );
    assert_eq!(right.status.code(), Some(0), "{}", String::from_utf8_lossy(&right.stderr));
    let people = std::fs::read_to_string(Path::new(named).join("people.json")).expect("a list");
    let people: Value = serde_json::from_str(&people).expect("JSON");
    assert_eq!(people[0]["name"], Value::from("=NAME OF P7"), "JSON needs no guard");
    assert_eq!(entries(house.folder()).pop().expect("an entry")["kind"], Value::from("list_given_out"));
}

/// A preview tells every problem by line and enters nothing; a right book goes in whole.
#[test]
fn a_preview_enters_nothing() {
    let mut house = house();
    house.close();
    let book = house.folder().join("book.csv");
    std::fs::write(&book, "id;serial;category\nB1;S1Z;SA-4\nA1;x;SA-9\n").expect("a file");
    let book = book.to_str().expect("UTF-8");
    let before = entries(house.folder()).len();
    let out = armoury(house.folder(), &["weapon", "import", book, "--preview", "--json"]);
    let problems = json(&out);
    assert_eq!((out.status.code(), &problems["count"]), (Some(1), &3.into()), "{problems}");
    let lines: Vec<&Value> =
        problems["problems"].as_array().expect("a list").iter().map(|one| &one["line"]).collect();
    assert_eq!(
        lines,
        [&Value::from(2), &3.into(), &3.into()],
        "S12 is in the book and looks like S1Z: {problems}"
    );
    assert_eq!(entries(house.folder()).len(), before);
    std::fs::write(book, "id;serial;category\nB1;S1Z;SA-4\n").expect("a file");
    let out = armoury(house.folder(), &["weapon", "import", book, "--preview", "--alike-checked"]);
    assert!(out.status.success() && entries(house.folder()).len() == before);
    let out = armoury(house.folder(), &["weapon", "import", book, "--alike-checked"]);
    assert!(out.status.success() && entries(house.folder()).len() == before + 1);
}
