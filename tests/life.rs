//! A weapon's record and life from the command line, without a station: what was, what is, who said so, and why.

#![cfg(feature = "station")]

use std::process::Command;

use serde_json::Value;

/// What the first tag of A2 says.
const TAG: &str = "3074257bf400000000001630";

/// W-6. A correction leaves the old value, the new one, who, when and why, all viewable together.
#[test]
fn a_correction_shows_the_old_value_beside_the_new() {
    let house = House::new();
    house.run(
        0,
        &[
            "weapon",
            "correct",
            "A1",
            "serial=512345",
            "--why",
            "digits turned",
            "--by",
            "P1",
            "--witness",
            "S1",
        ],
    );
    let shown = house.run(0, &["weapon", "show", "A1"]);
    assert!(shown.contains("512345") && !shown.contains("512435"), "{shown}");
    let told = house.run(0, &["weapon", "history", "A1"]);
    let line = told.lines().find(|line| line.contains("weapon_corrected")).expect("the correction");
    for part in ["512435", "512345", "digits turned", "by P1", "witness S1", "20"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let history = house.objects(&["weapon", "history", "A1", "--json"]);
    let kinds: Vec<&str> = history.iter().filter_map(|entry| entry["kind"].as_str()).collect();
    assert_eq!(kinds, ["weapon_registered", "weapon_corrected"]);
    let change = &history[1]["changes"][0];
    assert_eq!(change.to_string(), r#"{"field":"serial","new":"512345","old":"512435"}"#);
    assert!(house.run(1, &["weapon", "history", "A9"]).contains("no entry about it"));
    assert!(house.run(1, &["weapon", "show", "A9"]).contains("not in the book"));
}

/// W-3. Tags have a history of their own, by whatever road they came and went.
#[test]
fn a_tag_that_went_stays_on_record() {
    let house = House::new();
    let new = "3074257bf40000000000162a";
    let signed = ["--by", "P1", "--witness", "S1"];
    house.run(0, &[&["weapon", "bind", "A2", "--replace", "--epc", new][..], &signed[..]].concat());
    let life = &house.objects(&["weapon", "show", "A2", "--json"])[0]["life"];
    assert_eq!(life["retired"][0]["what"], format!("tag {TAG}"));
    let list = house.run(0, &["weapon", "strip-list"]);
    assert!(list.contains("A2") && list.contains(new) && !list.contains("A1"), "{list}");
    house.run(0, &[&["weapon", "bind", "A2", "--retire", "--why", "loop lost"][..], &signed[..]].concat());
    assert_eq!(house.run(0, &["weapon", "strip-list"]), "");
    let history = house.objects(&["weapon", "history", "A2", "--json"]);
    let last = history.last().expect("an entry");
    assert_eq!(last["changes"][0]["old"], format!("tag {new}"));
    assert_eq!(last["changes"][0]["new"], "");
}

/// I-4, D-4. Whoever sets a weapon apart, another lets it go: the plain command cannot go around that.
#[test]
fn what_was_set_apart_is_let_go_by_its_own_road() {
    let house = House::new();
    house.run(0, &["weapon", "quarantine", "A1", "--reason", "rust", "--slot", "Q1", "--by", "P1"]);
    let around = house.run(1, &["weapon", "standing", "A1", "in_service"]);
    assert!(around.contains("rust") && around.contains("weapon release"), "{around}");
    house.run(0, &["weapon", "release", "A1", "--why", "cleaned and oiled", "--by", "S1"]);
    assert_eq!(house.objects(&["weapon", "show", "A1", "--json"])[0]["standing"], "in_service");
    let taken = [
        "intake",
        "receive",
        "X1",
        "--as",
        "found",
        "--receipt",
        "R-1",
        "--place",
        "river",
        "--context",
        "none",
    ];
    let photo = house.write("photo.jpg", b"abc");
    let more = ["--photo", &photo, "--set", "category=unknown", "--by", "P1", "--witness", "S1"];
    house.run(0, &[&taken[..], &more[..]].concat());
    let around = house.run(1, &["weapon", "standing", "X1", "in_service"]);
    assert!(around.contains("intake dispose"), "{around}");
    let line = &house.objects(&["intake", "show", "X1", "--json"])[0];
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(line["case"]["intake"]["photos"][0], digest, "SHA-256 of the file");
    assert_eq!(
        (&line["record"]["origin"], &line["record"]["category"]),
        (&"found".into(), &"unknown".into())
    );
    assert!(house.run(1, &["intake", "show", "A1"]).contains("not in the register"));
    assert!(
        house
            .run(2, &["intake", "receive", "X2", "--as", "stolen", "--receipt", "R-2"])
            .contains("surrendered")
    );
}

/// W-5, I-4. Lists for whoever works with them: what belongs to weapons, what waits for work, whose they are.
#[test]
fn lists_say_what_belongs_what_waits_and_whose_it_is() {
    let house = House::new();
    house.run(0, &["weapon", "attach", "A1", "magazine=7", "optic#OP-1", "--by", "P1"]);
    house.run(0, &["weapon", "attach", "A2", "magazine=6", "--by", "P1"]);
    let totals = house.objects(&["weapon", "attachments", "--json"]);
    assert_eq!(totals[0].to_string(), r#"{"belongs":13,"item":"magazine","out":0}"#);
    house.run(0, &["weapon", "queue", "A2", "clean", "--why", "range day", "--by", "P1"]);
    let waiting = house.run(0, &["weapon", "queues"]);
    assert!(
        waiting.contains("clean") && waiting.contains("range day") && waiting.contains("by P1"),
        "{waiting}"
    );
    house.run(0, &["weapon", "assign", "A2", "P1", "--by", "S1"]);
    let whose = house.run(0, &["weapon", "assigned"]);
    assert!(whose.contains("P1") && whose.contains("in the rack"), "{whose}");
    assert!(house.run(2, &["weapon", "queue", "A2", "polish", "--by", "P1"]).contains("test_fire"));
    assert!(house.run(2, &["weapon", "attach", "A2", "magazine=many", "--by", "P1"]).contains("no count"));
}

/// A folder with two rifles, an armourer and a supervisor.
struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let house = Self { folder: tempfile::tempdir().expect("a folder") };
        house.run(0, &["init", "--exercise", "--supervisor", "S1,DIAZ M."]);
        let weapons =
            format!("id,maker,serial,rack,slot,epc\nA1,ZASTAVA,512435,B,1,\nA2,ZASTAVA,512346,B,2,{TAG}\n");
        let weapons = house.write("weapons.csv", weapons.as_bytes());
        let people = house.write("people.csv", b"id,role,name,badge,may_draw\nP1,armourer,HALL,qr:B1,*\n");
        house.run(0, &["weapon", "import", &weapons]);
        house.run(0, &["person", "import", &people]);
        house
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    }

    /// Runs the program; gives what it said, on whichever stream.
    fn run(&self, status: i32, words: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_armoury"));
        let said = command.args(words).arg("--data").arg(self.folder.path().join("data")).output();
        let said = said.expect("the program");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&said.stdout), text(&said.stderr));
        assert_eq!(said.status.code(), Some(status), "{words:?}: {out}{err}");
        assert!(!err.contains("panicked"), "{err}");
        out + &err
    }

    fn objects(&self, words: &[&str]) -> Vec<Value> {
        let lines = self.run(0, words);
        lines.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
    }
}
