//! A book longer than one line of the socket goes into a running station whole, or not at all.

use std::fmt::Write;

use crate::house::House;

/// Rows of the book; with their fields they are longer than the longest line a client may send.
const ROWS: usize = 10_500;

/// A book whose first weapon has the number `first`.
fn book(first: &str) -> String {
    let mut csv = "id;maker;owner;model;serial;epc;mark\n".to_owned();
    for nth in 0..ROWS {
        let id = if nth == 0 { first.to_owned() } else { format!("L{nth:05}") };
        let (long, short) = ("Ö".repeat(120), "ü".repeat(100));
        writeln!(csv, "{id};{long};{long};{short} {nth};{nth:06};FF{nth:022X};{}{nth}", "mark ".repeat(120))
            .expect("memory");
    }
    csv
}

#[test]
fn a_book_longer_than_one_line_goes_in_whole_or_not_at_all() {
    let house = House::new("--exercise");
    let station = house.station();
    let before = house.entries().len();
    // A number of the register the station has: found by the clerk too, which has the last word.
    let wrong = house.write("wrong.csv", book("W01"));
    let refused = house.armoury(&["weapon", "import", &wrong]).with(1);
    assert!(refused.err.contains("duplicate"), "{}", refused.err);
    let socket = house.socket();
    let by_socket = ["weapon", "import", &wrong, "--socket", socket.to_str().expect("UTF-8")];
    let refused = crate::house::armoury(&by_socket).with(1);
    assert!(refused.err.contains("W01: it is in the book already"), "{}", refused.err);
    assert_eq!(house.entries().len(), before, "nothing of it was entered");

    let right = house.write("right.csv", book("L00000"));
    let taken = house.armoury(&["weapon", "import", &right]).done();
    assert!(taken.out.contains(&format!("entered {ROWS} records")), "{}", taken.out);
    assert_eq!(house.entries().len(), before + ROWS);
    // While the station runs the answer is entered through it, and the search reads beside it.
    let told = house.armoury(&["trace", "--serial", "000007", "--json"]).done().objects().remove(0);
    assert_eq!((&told["weapon_id"], &told["entry"]), (&"L00007".into(), &(before + ROWS + 1).into()));
    station.stop();
    house.armoury(&["ledger", "verify"]).done();
}
