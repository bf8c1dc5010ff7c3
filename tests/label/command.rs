//! `armoury label` as people use it: the real program on a data folder.

use std::path::Path;
use std::process::Command;

use armoury_hardware::symbol::{Effort, GreyFrame, SymbolReader, Symbology};
use serde_json::Value;

use super::canvas::Canvas;
use super::{MATRIX, drawing, printer};

const WEAPONS: &str = "id,maker,country,model,calibre,serial,rack,slot,mark\n\
    A1,ZASTAVA,RS,M70AB2,7.62x39,512345,B,01,\n\
    A2,ZASTAVA,RS,M70AB2,7.62x39,512346,B,02,A1:9GEYXN25B9T\n\
    A3,ZASTAVA,RS,M70AB2,7.62x39,512347,B,03,\n";

const PERSONS: &str = "id,rank,name,unit,role,badge,valid_until,may_draw\n\
    700,Pte,LEE J.,1 Platoon,bearer,epc:2D16450F0800000FA0000000,2099-12-31,*\n\
    701,Pte,WONG K.,1 Platoon,bearer,,2099-12-31,*\n";

pub struct House(tempfile::TempDir);

struct Said {
    status: Option<i32>,
    out: String,
    err: String,
}

impl House {
    pub fn new() -> Self {
        let house = Self(tempfile::tempdir().expect("a folder"));
        let path = |name: &str| house.path(name);
        std::fs::write(path("weapons.csv"), WEAPONS).expect("a file");
        std::fs::write(path("persons.csv"), PERSONS).expect("a file");
        house.done(&["init", "--exercise", "--supervisor", "S1,DIAZ M.", "--station", "alpha"]);
        house.done(&["weapon", "import", &path("weapons.csv")]);
        house.done(&["person", "import", &path("persons.csv")]);
        house
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    fn armoury(&self, arguments: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_armoury"))
            .args(arguments)
            .env("ARMOURY_DATA", self.path("data"))
            .output()
            .expect("the program");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Said { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    pub fn done(&self, arguments: &[&str]) -> String {
        let said = self.armoury(arguments);
        assert_eq!(said.status, Some(0), "{arguments:?}: {}", said.err);
        said.out
    }

    pub fn entries(&self) -> usize {
        self.done(&["ledger", "export", "--json"]).lines().count()
    }

    fn mark_of(&self, id: &str) -> String {
        let shown: Value =
            serde_json::from_str(&self.done(&["weapon", "show", id, "--json"])).expect("one object");
        let identifiers = shown["weapon"]["identifiers"].as_array().expect("a list");
        identifiers[0]["mark"]["text"].as_str().expect("a mark").to_owned()
    }
}

fn read(picture: &GreyFrame) -> Vec<String> {
    let mut reader = SymbolReader::new().with_patience(std::time::Duration::from_secs(30));
    reader.read(picture, Effort::Full, &MATRIX).codes.into_iter().map(|code| code.text).collect()
}

fn codes(labels: &[Canvas]) -> Vec<String> {
    labels.iter().flat_map(|label| read(&label.picture())).collect()
}

#[test]
fn nothing_is_entered_unless_asked_and_what_is_printed_then_is_in_the_book() {
    let house = House::new();
    let before = house.entries();
    let said = house.armoury(&["label", "weapon", "--all", "--format", "zpl"]);
    assert_eq!((said.status, said.out.as_str()), (Some(1), ""));
    assert!(said.err.contains("A1, A3") && said.err.contains("--enrol"), "{}", said.err);
    // What cannot be printed is not entered.
    let said = house.armoury(&["label", "weapon", "A1", "--enrol", "--size", "8x8"]);
    assert_eq!(said.status, Some(1), "{}", said.err);
    assert_eq!(house.entries(), before);

    let printed = house.done(&["label", "weapon", "--all", "--enrol", "--format", "zpl"]);
    let read = codes(&printer::carried_out(&printed));
    assert_eq!(read, ["A1", "A2", "A3"].map(|id| house.mark_of(id)));
    assert_eq!(read[1], "A1:9GEYXN25B9T");
    assert_eq!(house.entries(), before + 2);
    // Once they are in the book the same is printed again, and nothing is entered.
    assert_eq!(house.done(&["label", "weapon", "--all", "--enrol", "--format", "zpl"]), printed);
    assert_eq!(house.done(&["label", "weapon", "--all", "--format", "zpl"]), printed);
    assert_eq!(house.entries(), before + 2);
    for code in &read {
        let inspected: Value =
            serde_json::from_str(&house.done(&["inspect", "mark", code, "--json"])).expect("one object");
        assert_eq!(inspected["kind"], "house");
    }
}

#[test]
fn a_weapons_label_tells_its_finder_nothing_and_a_badge_only_what_was_asked() {
    let house = House::new();
    let label = house.done(&["label", "weapon", "A2"]);
    assert_eq!(drawing::texts(&label).concat(), "A1:9GEYXN25B9T");
    let label = house.done(&["label", "weapon", "A2", "--show-id", "--symbol", "datamatrix"]);
    assert_eq!(drawing::texts(&label).concat(), "A2A1:9GEYXN25B9T");
    let page = house.done(&["label", "weapon", "--all", "--enrol", "--format", "html"]);
    for secret in ["ZASTAVA", "M70AB2", "51234", "7.62"] {
        assert!(!page.contains(secret), "{secret} stands on the page");
    }

    let said = house.armoury(&["label", "person", "700"]);
    assert!(said.status == Some(1) && said.err.contains("armoury tag write --person 700"), "{}", said.err);
    let badge = house.done(&["label", "person", "701", "--enrol"]);
    assert!(!badge.contains("WONG"), "a name nobody asked for");
    let named = house.done(&["label", "person", "701", "--name"]);
    let (plain, named) = (drawing::texts(&badge).concat(), drawing::texts(&named).concat());
    assert!(named.contains("WONG") && named.ends_with(&plain), "{named}");
    assert_eq!(codes(&[drawing::rasterised(&badge)]), [plain.as_str()]);
    // A badge is personal: the chain holds no trace of its code.
    assert!(!house.done(&["ledger", "export", "--json"]).contains(&plain));
}

#[test]
fn cards_and_slots_are_printed_as_the_desk_reads_them() {
    let house = House::new();
    let out = house.path("cards.html");
    let arguments = ["label", "card", "--all", "--format", "html", "--paper", "letter", "--dpi", "300"];
    let said = house.armoury(&[&arguments[..], &["--out", &out]].concat());
    assert_eq!((said.status, said.out.as_str()), (Some(0), ""), "{}", said.err);
    let page = std::fs::read_to_string(Path::new(&out)).expect("the page");
    let cards = drawing::labels_of(&page, (1003, 637));
    let words = [
        "ISSUE",
        "RETURN",
        "AUTO",
        "OK",
        "CANCEL",
        "REPEAT",
        "ACK",
        "CALL SUPERVISOR",
        "UNDO",
        "DUTY",
        "RANGE",
        "REPAIR",
        "COURT",
        "LOAN",
        "STAND TO",
        "CLEAN",
        "DIRTY",
        "UNFIT",
        "COUNT",
    ];
    assert_eq!(codes(&cards), words.map(|word| format!("CMD:{word}")));

    let slots = house.done(&["label", "slot", "--all", "--format", "zpl"]);
    assert_eq!(codes(&printer::carried_out(&slots)), ["SLOT:B/01", "SLOT:B/02", "SLOT:B/03"]);
    let slot = armoury::scan::slot::Slot::from_text("SLOT:B/01").expect("a slot");
    assert_eq!((slot.rack.as_str(), slot.slot.as_str()), ("B", "01"));
}

#[test]
fn the_file_is_a_picture_that_inspect_reads() {
    let house = House::new();
    let label = drawing::rasterised(&house.done(&["label", "weapon", "A2", "--dpi", "300"]));
    let file = house.path("label.png");
    label.picture().save_png(Path::new(&file)).expect("a picture");
    let inspected: Value =
        serde_json::from_str(&house.done(&["inspect", "image", &file, "--json"])).expect("one object");
    assert_eq!(inspected["codes"][0]["text"], "A1:9GEYXN25B9T");
    assert_eq!(inspected["codes"][0]["symbology"], Symbology::Qr.name());
}

#[test]
fn one_that_cannot_be_printed_is_named_and_its_text_is_cut_short() {
    let house = House::new();
    let more = format!("id,mark\nL1,{}\nL2,枪\n", "y".repeat(2000));
    std::fs::write(house.path("more.csv"), more).expect("a file");
    house.done(&["weapon", "import", &house.path("more.csv")]);
    let said = house.armoury(&["label", "weapon", "A2", "L1"]);
    assert_eq!(said.status, Some(2), "{}", said.err);
    for (arguments, pieces) in [
        (["L1", "--format", "html"], ["the label of L1", "--size"]),
        (["L2", "--format", "zpl"], ["the label of L2", "'枪'"]),
    ] {
        let said = house.armoury(&[&["label", "weapon", "A2"], &arguments[..]].concat());
        assert_eq!((said.status, said.out.as_str()), (Some(1), ""), "{}", said.err);
        assert!(pieces.iter().all(|piece| said.err.contains(piece)), "{}", said.err);
        assert!(said.err.len() < 500, "{}", said.err);
    }
}

#[test]
fn wrong_wishes_are_told_apart_by_their_status() {
    let house = House::new();
    for (arguments, status, piece) in [
        (&["label", "weapon", "A9"][..], 1, "A9: it is not in the book"),
        (&["label", "weapon"], 2, "required"),
        (&["label", "weapon", "A2", "--all"], 2, "cannot be used with"),
        (&["label", "card", "explode"], 2, "call-supervisor"),
        (&["label", "card", "--all"], 2, "--format html"),
        (&["label", "slot", "nowhere"], 2, "RACK/SLOT"),
        (&["label", "weapon", "A2", "--dpi", "204"], 2, "203, 300 or 600"),
        (&["label", "weapon", "A2", "--size", "9"], 2, "50x25"),
        (&["label", "weapon", "A2", "--module-mm", "0.1"], 1, "0.25"),
        (&["label", "weapon", "A2", "--out", "/no/such/folder/a.svg"], 3, "/no/such/folder/a.svg"),
    ] {
        let said = house.armoury(arguments);
        assert_eq!(said.status, Some(status), "{arguments:?}: {}", said.err);
        assert!(said.err.contains(piece), "{arguments:?}: {}", said.err);
    }
}
