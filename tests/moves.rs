//! Transfers between two armouries, by the real program in two data folders: what leaves one is counted into the other,
//! and nobody enters both halves (T-1 to T-5). Scenario 3: forty leave with thirty-nine on board.

#[path = "moves/worlds.rs"]
mod worlds;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use armoury::domain::Weapon;
use serde_json::Value;

/// An armoury: a data folder that no station runs on.
struct House {
    _folder: tempfile::TempDir,
    data: PathBuf,
}

/// What a command answered.
struct Said {
    status: Option<i32>,
    out: String,
    err: String,
}

impl House {
    /// One of that name, with `weapons` rifles whose numbers begin so.
    fn new(name: &str, prefix: &str, weapons: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let house = Self { _folder: folder, data };
        house.run("init", &["--exercise", "--supervisor", "S1,DIAZ M.", "--station", name]).done();
        house.run("person import", &[&house.put("persons.csv", PERSONS)]).done();
        if weapons > 0 {
            house.run("weapon import", &[&house.put("weapons.csv", &register(prefix, weapons))]).done();
        }
        house
    }

    fn put(&self, name: &str, text: &str) -> String {
        let path = self.data.join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    fn path(&self, name: &str) -> String {
        self.data.join(name).display().to_string()
    }

    fn run(&self, command: &str, arguments: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_armoury"))
            .args(command.split(' '))
            .args(arguments)
            .args(["--data".as_ref(), self.data.as_os_str()])
            .output();
        Said::of(&output.expect("the program runs"))
    }

    /// Opens a transfer, packs the rifles of that list, and lets it leave before two people.
    fn send(&self, transfer: &str, to: &str, numbers: &[String], out: &str) {
        let list = self.put("list.txt", &numbers.join("\n"));
        self.run("transfer open", &[transfer, "--to", to, "--by", "P1"]).done();
        self.run("transfer pack", &[transfer, "--list", &list, "--by", "P1"]).done();
        let quantity = format!("--quantity=M4={}", numbers.len());
        let words =
            [transfer, "--route", "road 4", "--vehicle", "truck 12", "--carrier", "P7", "--seal", "881"];
        let more = ["--expected", "2099-05-15", "--authority", "order 17", "--by", "P1", "--witness", "P2"];
        let all: Vec<&str> =
            words.iter().chain(&more).copied().chain([quantity.as_str(), "--out", out]).collect();
        self.run("transfer dispatch", &all).done();
    }

    /// Signs for a crate in which these serials were read.
    fn receive(&self, document: &str, serials: &[String], counted: usize, out: &str) -> Said {
        let list = self.put("seen.txt", &serials.join("\n"));
        let counted = counted.to_string();
        let words = ["--document", document, "--list", &list, "--counted", &counted, "--seal", "881"];
        let more = ["--by", "P1", "--witness", "P2", "--out", out];
        self.run("transfer receive", &[&words[..], &more[..]].concat())
    }

    fn standing(&self, weapon: &str) -> String {
        let said = self.run("weapon show", &[weapon, "--json"]).done();
        let holding: Value = serde_json::from_str(&said.out).expect("JSON");
        holding["standing"].as_str().expect("a standing").to_owned()
    }

    fn transfer(&self, transfer: &str) -> Value {
        let said = self.run("transfer show", &[transfer, "--json"]).done();
        serde_json::from_str(&said.out).expect("JSON")
    }
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    fn done(self) -> Self {
        assert_eq!(self.status, Some(0), "{}{}", self.out, self.err);
        self
    }

    /// Refused, with a sentence in which this stands.
    fn refused(self, part: &str) {
        assert_eq!(self.status, Some(1), "{}{}", self.out, self.err);
        assert!(self.err.contains(part), "{part:?} is not in {:?}", self.err);
    }
}

const PERSONS: &str = "id,rank,name,unit,role,badge,valid_until,may_draw\n\
    P1,Sgt,HALL P.,HQ,armourer,,,\n\
    P2,Cpl,NG T.,HQ,witness,,,\n\
    P3,Lt,ROSSI G.,HQ,supervisor,,,\n\
    P4,Maj,KOVAC A.,HQ,commander,,,\n\
    P7,Cpl,LEE J.,1 Platoon,bearer,,,*\n";

fn register(prefix: &str, weapons: usize) -> String {
    let mut text = String::from("id,maker,country,model,calibre,serial,category,rack,slot,epc,tid,mark\n");
    for (number, serial) in numbers(prefix, weapons).iter().zip(serials(prefix, weapons)) {
        text.push_str(&format!("{number},COLT,US,M4,5.56x45,{serial},SA-4,A,1,,,MARK/{number}\n"));
    }
    text
}

fn numbers(prefix: &str, weapons: usize) -> Vec<String> {
    (1..=weapons).map(|n| format!("{prefix}{n}")).collect()
}

fn serials(prefix: &str, weapons: usize) -> Vec<String> {
    (1..=weapons).map(|n| format!("{prefix}-W{:06}", 700_000 + n)).collect()
}

/// A rifle of that number and serial.
fn weapon(id: &str, serial: &str) -> Weapon {
    let weapon = serde_json::json!({
        "id": id, "maker": "COLT", "country": "US", "model": "M4", "calibre": "5.56x45", "serial": serial,
        "category": "SA-4", "rack": "A", "slot": "1", "identifiers": [],
    });
    serde_json::from_value(weapon).expect("a weapon")
}

fn lines(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(path)).expect("the file is there")
}

#[test]
fn forty_leave_with_thirty_nine_on_board() {
    // T-3. Section 13, scenario 3.
    let (alpha, delta) = (House::new("alpha", "A", 40), House::new("delta", "D", 2));
    let (document, receipt) = (alpha.path("t1.json"), delta.path("t1-receipt.json"));
    alpha.send("T1", "delta", &numbers("A", 40), &document);
    assert_eq!(alpha.standing("A40"), "in_transit");

    // Neither side can complete both (T-1).
    alpha.receive(&document, &serials("A", 40), 40, &receipt).refused("this station sent it");
    let mut there = serials("A", 40);
    there.remove(16);
    delta.receive(&document, &there, 40, &receipt).refused("40 counted and 39 checked by serial");
    delta.receive(&document, &there, 39, &receipt).done();
    delta.receive(&document, &there, 39, &delta.path("second.json")).refused("it is signed for");
    delta.receive(&document, &there, 39, &receipt).refused("it is not overwritten");
    assert_eq!(delta.standing("A40"), "in_service");
    delta.run("weapon show", &["A17"]).refused("not in the book");
    let record: Value =
        serde_json::from_str(&delta.run("weapon show", &["A3", "--json"]).done().out).expect("JSON");
    assert_eq!(record["weapon"]["serial"], "A-W700003", "the whole record came with it");
    assert_eq!(record["weapon"]["rack"], Value::Null, "but not its slot");

    // The receipt closes it at the sender, by somebody else than who sent it.
    alpha
        .run("transfer confirm", &["--document", &document, "--by", "P3"])
        .refused("it is no armoury-receipt-1");
    alpha
        .run("transfer confirm", &["--document", &receipt, "--by", "P1"])
        .refused("it takes supervisor or commander");
    alpha.run("transfer confirm", &["--document", &receipt, "--by", "P3"]).done();
    assert_eq!((alpha.standing("A16"), alpha.standing("A17")), ("not_here".into(), "in_transit".into()));
    let transfer = alpha.transfer("T1");
    assert_eq!(transfer["record"]["stage"], "short");
    assert_eq!(transfer["record"]["short"], serde_json::json!(["A17"]), "reported against the dispatch");
    assert_eq!(transfer["report_line"], Value::Null, "a move between own armouries is no export");
    alpha.run("ledger verify", &[]).done();
    delta.run("ledger verify", &[]).done();
}

#[test]
fn four_hundred_fit_into_entries() {
    // T-2. An entry holds 64 KiB; a list does not have to.
    let (alpha, delta) = (House::new("alpha", "A", 400), House::new("delta", "D", 0));
    let (document, receipt) = (alpha.path("t1.json"), delta.path("t1-receipt.json"));
    alpha.send("T1", "delta", &numbers("A", 400), &document);
    delta.receive(&document, &serials("A", 400), 400, &receipt).done();
    alpha.run("transfer confirm", &["--document", &receipt, "--by", "P3"]).done();
    assert_eq!(alpha.transfer("T1")["record"]["stage"], "delivered");
    assert_eq!(delta.standing("A400"), "in_service");

    // The papers can be written once more, word for word, and never over another file.
    alpha.run("transfer export", &["T1", "--out", &document]).refused("it is not overwritten");
    let again = alpha.path("again.json");
    alpha.run("transfer export", &["T1", "--out", &again]).done();
    assert_eq!(lines(&again), lines(&document));
    let voucher = alpha.run("transfer voucher", &["T1"]).done();
    assert!(voucher.out.contains("A-W700400") && voucher.out.contains("400 weapons"), "{}", voucher.out);
}

#[test]
fn a_number_that_is_taken_and_a_weapon_that_comes_home() {
    // T-3. Both armouries have an A1; the crate's A1 gets a number of its own. Sent back, it is the same weapon again.
    let (alpha, delta) = (House::new("alpha", "A", 2), House::new("delta", "A", 1));
    let (document, receipt) = (alpha.path("t1.json"), delta.path("t1-receipt.json"));
    alpha.send("T1", "delta", &numbers("A", 2), &document);
    delta.receive(&document, &serials("A", 2), 2, &receipt).refused("A1 is another weapon's number here");
    let list = delta.put("seen.txt", &serials("A", 2).join("\n"));
    let words =
        ["--document", &document, "--list", &list, "--counted", "2", "--seal", "881", "--as", "A1=D1"];
    let more = ["--by", "P1", "--witness", "P2", "--out", &receipt];
    delta.run("transfer receive", &[&words[..], &more[..]].concat()).done();
    alpha.run("transfer confirm", &["--document", &receipt, "--by", "P3"]).done();
    assert_eq!((delta.standing("D1"), delta.standing("A2")), ("in_service".into(), "in_service".into()));

    let (back, answer) = (delta.path("t9.json"), alpha.path("t9-receipt.json"));
    delta.send("T9", "alpha", &["A2".to_owned()], &back);
    alpha.receive(&back, &[serials("A", 2)[1].clone()], 1, &answer).done();
    assert_eq!(alpha.standing("A2"), "in_service", "it came home under its own number");
}

#[test]
fn a_document_that_was_changed_is_refused() {
    // T-3. A list from which a line was taken on the way is not the sender's list.
    let (alpha, delta) = (House::new("alpha", "A", 3), House::new("delta", "D", 0));
    let (document, receipt) = (alpha.path("t1.json"), delta.path("t1-receipt.json"));
    alpha.send("T1", "delta", &numbers("A", 3), &document);
    let mut paper: Value = serde_json::from_slice(&lines(&document)).expect("JSON");
    paper["content"]["items"].as_array_mut().expect("a list").pop();
    let altered = delta.put("altered.json", &paper.to_string());
    delta.receive(&altered, &serials("A", 2), 2, &receipt).refused("not as it was written");
    let nonsense = delta.put("nonsense.json", "{}");
    delta.receive(&nonsense, &serials("A", 2), 2, &receipt).refused("it is no armoury-dispatch-1");
}

#[test]
fn a_destruction_certificate_and_what_it_rests_on() {
    // Photographs enter by their SHA-256 only; the certificate carries the number of its entry.
    let alpha = House::new("alpha", "A", 2);
    let photo = alpha.put("photo.jpg", "not really a picture");
    alpha.run("dispose surplus", &["A1", "A2", "--by", "P4", "--authority", "order 3"]).done();
    alpha.run("dispose batch", &["D1", "A1", "A2", "--by", "P1"]).done();
    let words =
        ["D1", "--certificate", "C<1>", "--method", "cut", "--place", "steel works", "--on", "2024-05-14"];
    let more = ["--before", "2", "--after", "2", "--by", "P4", "--authority", "order 5", "--photo", &photo];
    let all = [&words[..], &more[..], &["--witnesses", "P2", "P3"]].concat();
    alpha.run("dispose destroy", &all).done();
    let paper = alpha.run("dispose certificate", &["D1"]).done().out;
    for part in ["Destruction certificate C<1>", "Entry ", "A-W700002", "P2, P3", "order 5", "Counted before"]
    {
        assert!(paper.contains(part), "{part:?} is not in {paper}");
    }
    let page = alpha.run("dispose certificate", &["D1", "--html"]).done().out;
    assert!(page.contains("C&lt;1&gt;") && !page.contains("C<1>"), "what is entered is never markup: {page}");
    let shown = alpha.run("dispose show", &["D1", "--json"]).done().out;
    let batch: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(batch["report_line"], "destruction");
    let hash = batch["record"]["done"]["certificate"]["photographs"][0].as_str().expect("a hash");
    assert_eq!(hash.len(), 64);
    assert!(!shown.contains("photo.jpg"), "the path is not kept: {shown}");
    assert_eq!(alpha.standing("A1"), "destroyed");
}

#[test]
fn the_rack_without_a_station_is_what_the_book_says() {
    let alpha = House::new("alpha", "A", 3);
    let slots = alpha.run("rack show", &["--rack", "A", "--by-slot", "--json"]).done().out;
    let states: Vec<Value> = slots.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(states.len(), 3);
    assert!(states.iter().all(|slot| slot["state"] == "in" && slot["card"].is_null()), "{slots}");
    alpha.run("rack show", &["--rack", "Z"]).refused("no weapon has its home there");
}
