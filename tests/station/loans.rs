//! Draws by hand with the real program: typed, on paper, extended, undone, decided on; refusals say who may.

use serde_json::Value;

use crate::house::House;

/// The armourer, the supervisor and a soldier of the register.
const ARMOURER: &str = "P90";
const SUPERVISOR: &str = "S1";

/// A data folder whose register also has an armourer.
fn house() -> House {
    let house = House::new("--exercise");
    let persons = "id,rank,name,unit,role,badge,valid_until,may_draw\n\
                   P90,Sgt,HALL P.,HQ,armourer,qr:HALL-90,,*\n\
                   P91,Pte,<b>OLD</b> O.,HQ,bearer,qr:OLD-91,2020-01-01,*\n";
    let persons = house.write("armourer.csv", persons);
    house.armoury(&["person", "import", &persons]).done();
    house
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

/// A-1, I-2, section 11: a weapon typed for a month is on a hand receipt with the number of its entry, in text and in
/// HTML that takes no name for markup.
#[test]
fn a_typed_draw_is_on_paper_with_the_number_of_its_entry() {
    let house = house();
    let typed =
        ["desk", "issue", "--id", "W01", "--person", "P90", "--for", "repair", "--by", "S1", "--json"];
    let issued: Value = serde_json::from_str(&house.armoury(&typed).done().out).expect("an object");
    assert_eq!((issued["kind"].as_str(), issued["paper"].as_str()), (Some("issued"), Some("hand_receipt")));
    let number = issued["first"].as_u64().expect("its entry").to_string();

    let entry = house.entries().into_iter().find(|entry| entry["seq"] == issued["first"]).expect("the entry");
    assert_eq!((entry["manual"].as_bool(), entry["purpose"].as_str()), (Some(true), Some("repair")));
    assert_eq!(entry["by"]["person"], SUPERVISOR);

    let text = house.armoury(&["loan", "receipt", &number]).done().out;
    for piece in ["Hand receipt (DA Form 2062)", &format!("No. {number}"), "Sgt HALL P.", "W01"] {
        assert!(text.contains(piece), "{piece} in {text}");
    }
    let out = lines(&house.armoury(&["loan", "show", "--json", "--person", "P90"]).done().out);
    assert_eq!(out.len(), 1);
    assert_eq!(out[0]["seq"], issued["first"]);

    // One glance at the rack: slot, card, person (I-2).
    let cards = lines(&house.armoury(&["loan", "show", "--by-slot", "--json"]).done().out);
    assert_eq!((cards[0]["slot"].as_str(), cards[0]["person"].as_str()), (Some("01"), Some(ARMOURER)));
    assert_eq!(cards[0]["seq"], issued["first"]);

    // Somebody whose name looks like markup draws the same way: on the page it is text.
    house.armoury(&["policy", "set", &house.write("policy.toml", "expired_stops = false\n")]).done();
    let asked = house.armoury(&["desk", "issue", "--id", "W02", "--person", "P91", "--by", ARMOURER]);
    assert_eq!(asked.status, Some(1), "{asked:?}");
    let asked = house.entries().last().expect("it is entered")["seq"].to_string();
    let denied = house.armoury(&["loan", "decide", &asked, "--grant", "--why", "drill", "--by", ARMOURER]);
    assert!(denied.status == Some(1) && denied.err.contains("it takes supervisor"), "{denied:?}");
    house.armoury(&["loan", "decide", &asked, "--grant", "--why", "drill", "--by", SUPERVISOR]).done();
    let granted = house.entries().last().expect("it is entered")["seq"].to_string();
    let page = house.write("page", "");
    let page = format!("{page}.html");
    house.armoury(&["loan", "receipt", &granted, "--out", &page]).done();
    let html = std::fs::read_to_string(&page).expect("the page");
    assert!(html.contains("&lt;b&gt;OLD&lt;/b&gt;") && !html.contains("<b>OLD"), "{html}");
    assert_eq!(house.armoury(&["loan", "receipt", &granted, "--out", &page]).status, Some(2));
    assert_eq!(house.armoury(&["loan", "receipt", "1"]).status, Some(1));

    let list = house.armoury(&["loan", "list"]).done().out;
    let listed = |number: &str| list.lines().any(|line| line.split_whitespace().next() == Some(number));
    assert!(listed(&number) && listed(&granted) && !listed(&asked), "{list}");
}

/// I-5, I-6: who extends is not who holds; what is undone is undone once; the book says so and still checks.
#[test]
fn a_draw_is_extended_and_undone_by_another_hand() {
    let house = house();
    house.armoury(&["desk", "issue", "--id", "W03", "--person", ARMOURER, "--by", SUPERVISOR]).done();
    let extend =
        |by: &str| house.armoury(&["loan", "extend", "W03", "--until", "48 h", "--why", "x", "--by", by]);
    let own = extend(ARMOURER);
    assert!(own.status == Some(1) && own.err.contains("another armourer or supervisor"), "{own:?}");
    extend(SUPERVISOR).done();
    let shown = lines(&house.armoury(&["loan", "show", "--json", "--weapon", "W03"]).done().out);
    assert_eq!(shown[0]["paper"], "hand_receipt", "longer than a day");

    let own = house.armoury(&["loan", "undo", "--by", ARMOURER]);
    assert!(own.status == Some(1) && own.err.contains("drew it"), "{own:?}");
    house.armoury(&["loan", "undo", "--by", SUPERVISOR]).done();
    assert_eq!(house.armoury(&["loan", "undo", "--by", SUPERVISOR]).status, Some(1));
    assert_eq!(house.armoury(&["loan", "show", "--weapon", "W03"]).status, Some(1));
    house.armoury(&["ledger", "verify"]).done();
}
