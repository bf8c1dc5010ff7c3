//! People, rules, PINs, the door and the clock with the real program, on its own and beside a station.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::bench::{badge, weapon};
use crate::desk::{answered, draws, show};
use crate::house::{ARMOURY, House, Said, Station};
use crate::watcher::Watcher;

const PIN: &str = "271828";
const REASON: &str = "inquiry 4711 into ammunition";

fn object(house: &House, arguments: &[&str]) -> Value {
    house.armoury(&[arguments, &["--json"]].concat()).done().objects().remove(0)
}

fn kinds(house: &House) -> Vec<String> {
    house.entries().iter().map(|entry| entry["kind"].as_str().expect("a word").to_owned()).collect()
}

/// R-1. A PIN signs acts at a running station and is in no recording, no log, no entry and no export; the reason of a
/// suspension is shown to supervisors and stands in none of them either.
#[test]
fn a_pin_signs_and_is_written_down_nowhere() {
    let house = House::new("--live");
    let pin = house.write("pin", format!("{PIN}\n"));
    let wrong = house.write("wrong", "314159\n");
    let reason = house.write("reason", format!("{REASON}\n"));
    let recording = house.data().parent().expect("a folder").join("inbox.jsonl");
    let station = Station::start(&mut house.run(&["--record", recording.to_str().expect("UTF-8")]));
    house.armoury(&["person", "pin", "S1", "--pin-from", &pin]).done();
    let register = ["key", "register", "7", "--lock", "upper", "--by", "S1"];
    let said = house.armoury(&register).with(1);
    assert!(said.err.contains("go on without the PIN of S1"), "{}", said.err);
    let said = house.armoury(&[&register[..], &["--pin-from", &wrong]].concat()).with(1);
    assert!(said.err.contains("that is not their PIN"), "{}", said.err);
    house.armoury(&[&register[..], &["--pin-from", &pin]].concat()).done();
    let suspend = ["person", "suspend", "P1", "--by", "S1", "--pin-from", &pin, "--reason-from", &reason];
    house.armoury(&suspend).done();
    let shown = object(&house, &["person", "show", "P1"]);
    assert_eq!((&shown["suspended"], &shown["suspension_reason"]), (&json!(true), &json!(REASON)));
    // Who is no supervisor by the configuration reads no reason.
    let user = rustix::process::getuid().as_raw();
    let name = fs::read_to_string("/etc/passwd").expect("the system's users");
    let line = name.lines().find(|line| line.split(':').nth(2) == Some(&user.to_string()));
    if let Some(name) = line.and_then(|line| line.split(':').next()) {
        house.configure(&format!("[access]\ninspector = [\"user:{name}\"]\n"));
        assert_eq!(object(&house, &["person", "show", "P1"])["suspension_reason"], Value::Null);
    }
    let ended = station.stop();
    assert_eq!(ended.status, Some(0));

    let by: Vec<Value> =
        house.entries().into_iter().filter(|entry| entry["kind"] == "key_registered").collect();
    assert_eq!(by[0]["by"]["proof"], "pin");
    let export = house.armoury(&["ledger", "export", "--json"]).done().out;
    let recorded = fs::read_to_string(&recording).expect("the recording");
    assert!(recorded.contains("set_pin") && recorded.contains("right"), "the acts are in the recording");
    for (what, text) in
        [("export", &export), ("recording", &recorded), ("log", &ended.err), ("lines", &ended.out)]
    {
        for secret in [PIN, "314159", REASON, "argon", "memory_kib"] {
            assert!(!text.contains(secret), "{secret} stands in the {what}");
        }
    }
    // The same without a station, and the replay of the recording knows that it was signed.
    house.armoury(&[&["key", "take", "7", "--by", "S1"][..], &["--pin-from", &pin]].concat()).done();
    let from_input = Command::new(ARMOURY)
        .args([
            "key",
            "return",
            "7",
            "--by",
            "S1",
            "--pin-from",
            "-",
            "--data",
            house.data().to_str().expect("UTF-8"),
        ])
        .stdin(fs::File::open(&pin).map(Stdio::from).expect("the file"))
        .output()
        .expect("the program");
    assert!(from_input.status.success(), "{}", String::from_utf8_lossy(&from_input.stderr));
    let practice = House::new("--exercise");
    let config = house.data().join("station.toml");
    practice
        .armoury(&["replay", recording.to_str().expect("UTF-8"), "--config", config.to_str().expect("UTF-8")])
        .done();
    assert!(kinds(&practice).contains(&"key_registered".to_owned()));
    house.armoury(&["ledger", "verify"]).done();
}

/// The rules contradict each other: refused with both keys by file, by command, by start and by socket.
#[test]
fn rules_that_contradict_each_other_are_refused_with_the_two_keys() {
    let house = House::new("--exercise");
    let file = house.write("rules.toml", "loan_hours = 12\npass_days = 30\nappointment_days = 7\n");
    let said = house.armoury(&["policy", "set", &file]).with(2);
    for part in ["line 2", "pass_days", "appointment_days", "cannot last longer"] {
        assert!(said.err.contains(part), "{part} is not in: {}", said.err);
    }
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    let mut policy = object(&house, &["policy", "show"]);
    policy["pass_days"] = json!(30);
    policy["appointment_days"] = json!(7);
    let ask = json!({ "id": 1, "do": { "set_policy": { "policy": policy } } });
    let answer = watcher.ask(&ask, |_| {}).expect("an answer");
    let why = answer["refused"]["why"].as_str().expect("why");
    assert!(why.contains("pass_days") && why.contains("appointment_days"), "{why}");
    assert_eq!(station.stop().status, Some(0));
    fs::copy(&file, house.data().join("policy.toml")).expect("the rules of the folder");
    let said = Said::of(&mut house.run(&[])).with(2);
    assert!(said.err.contains("pass_days") && said.err.contains("appointment_days"), "{}", said.err);
}

/// Every old decision comes out the same; with other rules it is said which would not.
#[test]
fn old_decisions_are_made_again() {
    let house = House::new("--exercise");
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    draws(&reader, &mut watcher, 1, 1);
    show(&reader, &mut watcher, &[badge(3), weapon(3)], &answered("STOP", 3));
    house.armoury(&["key", "register", "7", "--lock", "upper"]).done();
    house.armoury(&["person", "authorise", "P3", "model:L85A3", "--until", "2999-01-01"]).done();
    draws(&reader, &mut watcher, 3, 3);
    let rules = house.write("rules.toml", "loan_hours = 12\n");
    house.armoury(&["policy", "set", &rules]).done();
    draws(&reader, &mut watcher, 2, 2);
    assert_eq!(station.stop().status, Some(0));
    let found = object(&house, &["policy", "replay"]);
    assert_eq!((&found["different"], &found["unknown"]), (&json!(0), &json!(0)), "{found:#}");
    assert!(found["decisions"].as_u64() >= Some(6), "{found:#}");
    let signed = house.write("signed.toml", "pin_for = [\"supervisor\"]\n");
    let found = object(&house, &["policy", "replay", "--with", &signed]);
    let refused = |one: &&Value| one["now"].as_str().is_some_and(|now| now.contains("needs a PIN"));
    assert_eq!(
        found["differences"].as_array().expect("a list").iter().filter(refused).count(),
        2,
        "{found:#}"
    );
    let strict = house.write("strict.toml", "witness_for_issue = true\nloan_hours = 12\n");
    let found = object(&house, &["policy", "replay", "--with", &strict]);
    let differences = found["differences"].as_array().expect("a list");
    assert_eq!(differences.len(), 3, "{found:#}");
    assert!(
        differences.iter().all(|one| one["now"].as_str().expect("words").contains("no_witness")),
        "{found:#}"
    );
}

/// A-2. The clock of an exercise is set by hand: the entry says before and after, later entries that it was by hand,
/// and the machine's own clock stays.
#[test]
fn the_clock_is_set_by_hand_and_nothing_is_reordered() {
    let house = House::new("--exercise");
    let before = std::time::SystemTime::now();
    let station = house.station();
    let set = object(&house, &["clock", "set", "2031-02-03T04:05:06Z", "--by", "S1"]);
    assert!(set["note"].as_str().expect("a note").contains("stays as it is"), "{set}");
    house.armoury(&["key", "register", "7", "--lock", "upper", "--by", "S1"]).done();
    assert_eq!(station.stop().status, Some(0));
    house.armoury(&["key", "take", "7", "--by", "S1"]).done();
    let entries = house.entries();
    let of = |kind: &str| entries.iter().find(|entry| entry["kind"] == kind).expect(kind);
    assert!(of("clock_set")["at"].as_str() < Some("2031"), "{}", of("clock_set"));
    for kind in ["key_registered", "stopped", "key_taken"] {
        let entry = of(kind);
        assert!(entry["at"].as_str().expect("a time").starts_with("2031-02-03T04:0"), "{entry}");
        assert_eq!(entry["clock"]["quality"], "by_hand", "{entry}");
    }
    let shown = object(&house, &["clock", "show"]);
    assert_eq!(
        (&shown["quality"], &shown["set_by_hand"]["seq"]),
        (&json!("by_hand"), &of("clock_set")["seq"])
    );
    let machine = std::time::SystemTime::now().duration_since(before).expect("it runs on");
    assert!(machine.as_secs() < 3_600, "the machine's clock was moved");
    house.armoury(&["clock", "set", "yesterday", "--by", "S1"]).with(2);
    house.armoury(&["ledger", "verify"]).done();
}

/// R-3. Whoever is refused at the door is told so by the exit status, and it is an entry all the same.
#[test]
fn a_refusal_at_the_door_is_an_entry() {
    let house = House::new("--exercise");
    let said = house.armoury(&["access", "in", "P1"]).with(1);
    assert!(said.err.contains("only in the company"), "{}", said.err);
    house.armoury(&["access", "in", "S1", "--door", "main"]).done();
    house.armoury(&["access", "in", "P1"]).done();
    house.armoury(&["access", "refused", "P2"]).done();
    house.armoury(&["access", "out", "P1"]).done();
    let days = house.armoury(&["access", "show", "--json"]).done().objects();
    let (day, inside) = (&days[0]["record"], &days[1]["inside"]);
    assert_eq!((&day["first_in"][0], &day["last_out"]), (&json!("S1"), &Value::Null), "{days:?}");
    assert_eq!((&day["went_in"], &day["turned_away"]), (&json!(2), &json!(2)), "{days:?}");
    assert!(inside["S1"].is_u64() && inside["P1"].is_null(), "{days:?}");
    house.armoury(&["access", "out", "S1"]).done();
    let today = days[0]["day"].as_str().expect("a day").to_owned();
    let of_today = house.armoury(&["access", "show", "--day", &today, "--json"]).done().objects();
    let words: Vec<&str> = of_today.iter().map(|one| one["kind"].as_str().expect("a word")).collect();
    let told = ["access_refused", "access_in", "access_in", "access_refused", "access_out", "access_out"];
    assert_eq!(words, told);
    house.armoury(&["access", "show", "--day", "1999-01-01"]).with(1);
}

/// The table beside the ledger as older programs wrote it: the personal part alone.
#[test]
fn a_record_of_an_older_program_is_read_and_kept() {
    let house = House::new("--exercise");
    let store = rusqlite::Connection::open(house.data().join("ledger.db")).expect("the store");
    let old = r#"{"rank":"Pte","name":"SOLDIER 1","unit":null,"badge":{"qr":"OLD/1"}}"#;
    store.execute("UPDATE person SET record = ?1 WHERE id = 'P1'", [old]).expect("the row");
    drop(store);
    assert_eq!(object(&house, &["person", "show", "P1"])["name"], "Pte SOLDIER 1");
    house.armoury(&["person", "badge", "give", "P1", "--code", "NEW/1"]).done();
    let said = house.armoury(&["person", "badge", "lost", "P1"]).with(1);
    assert!(said.err.contains("they have 0 and 1; say which with --number"), "{}", said.err);
    house.armoury(&["person", "badge", "lost", "P1", "--number", "0"]).done();
    let said = house.armoury(&["person", "badge", "give", "P2", "--code", "OLD/1"]).with(1);
    assert!(said.err.contains("in the book already"), "{}", said.err);
    assert_eq!(object(&house, &["person", "show", "P1"])["name"], "Pte SOLDIER 1");
}

/// R-1, R-4: what is written of a person, and what they hold, as supervisors read it.
#[test]
fn a_person_is_shown_with_roles_papers_and_what_they_hold() {
    let house = House::new("--exercise");
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    draws(&reader, &mut watcher, 1, 1);
    assert_eq!(station.stop().status, Some(0));
    let order = ["--authority", "Order 12"];
    house
        .armoury(&[&["person", "appoint", "P1", "witness", "--until", "2999-01-01"][..], &order].concat())
        .done();
    let said = house.armoury(&["person", "appoint", "P1", "witness"]).with(1);
    assert!(said.err.contains("--authority"), "{}", said.err);
    house.armoury(&["person", "badge", "lost", "P2"]).done();
    house.armoury(&["person", "badge", "give", "P2", "--code", "NEW/2"]).done();
    let said = house.armoury(&["person", "leave", "P1"]).with(1);
    assert!(said.err.contains("they hold 1 weapons"), "{}", said.err);
    let said = house.armoury(&["person", "leave", "S1"]).with(1);
    assert!(said.err.contains("the last supervisor"), "{}", said.err);
    let shown = object(&house, &["person", "show", "P1"]);
    assert_eq!(shown["roles"], json!(["bearer", "witness"]));
    assert_eq!(shown["holds"][0]["weapon"], "W01");
    assert_eq!(shown["appointments"][0]["authority"], "Order 12");
    let badges = object(&house, &["person", "show", "P2"])["badges"].clone();
    assert!(badges[0]["lost"].is_u64() && badges[1]["kind"] == "qr", "{badges}");
    let text = house.armoury(&["person", "show", "P1"]).done().out;
    assert!(text.contains("Order 12") && text.contains("holds         W01"), "{text}");
    // A lost badge is seen again, by radio.
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    show(&reader, &mut watcher, &[badge(2)], &|line| line["note"] == "badge not in the book");
    let view = watcher.until("an alarm", |view| !view["alarms"].as_array().expect("a list").is_empty());
    let alarm = view["alarms"][0]["what"].as_str().expect("words");
    assert!(alarm.contains("reported lost") && !alarm.contains("P2"), "{alarm}");
    assert_eq!(station.stop().status, Some(0));
    assert_eq!(object(&house, &["person", "show", "P2"])["badges"][0]["shown_again"], 1);
}
