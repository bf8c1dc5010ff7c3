//! A book of ten thousand rows with forty faults planted by a seed: each is told by its line and reason, and nothing
//! else is.

use std::collections::BTreeMap;

use armoury::cli::import::{EmptyBook, Problems, weapons};

/// Numbers from a seed; the same seed gives the same book (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most as u64) as usize
    }
}

const ROWS: usize = 10_000;

const HEADER: &str = "id,maker,country,model,calibre,serial,category,year,condition,rack,slot,epc,mark";

/// A right row.
fn row(nth: usize) -> Vec<String> {
    let words = ["Zastava", "RS", "M70", "7.62x39"];
    let mut row = vec![format!("A{nth:05}")];
    row.extend(words.map(str::to_owned));
    row.push(format!("{:06}", 200_000 + nth));
    row.extend(["SA-4", "1984", "serviceable"].map(str::to_owned));
    row.extend([format!("R{}", nth / 20), format!("{}", nth % 20)]);
    row.push(format!("FF{:022X}", nth + 1));
    row.push(format!("mark {nth}"));
    row
}

/// Plants one fault: the column it is told by, and a piece of the sentence.
fn plant(rows: &mut [Vec<String>], nth: usize, kind: usize, donor: usize) -> (&'static str, &'static str) {
    let other = rows[donor].clone();
    let row = &mut rows[nth];
    let (place, value, column, piece) = match kind {
        0 => (0, other[0].clone(), "id", "this is a duplicate"),
        1 => (0, String::new(), "id", "is empty"),
        2 => (5, other[5].clone(), "serial", "this is a duplicate"),
        3 => (5, other[5].replacen('2', "Z", 1), "serial", "is easily confused"),
        4 => (6, "SA-9".into(), "category", "is no category"),
        5 => (7, "84".into(), "year", "four digits"),
        6 => (8, "nice".into(), "condition", "serviceable"),
        7 => (11, other[11].to_lowercase(), "epc", "this is a duplicate"),
        8 => (11, "3E+12".into(), "epc", "a spreadsheet made a number"),
        9 => (11, "ABC".into(), "epc", "one digit is missing"),
        10 => (11, "0000".into(), "epc", "blank tag"),
        11 => (12, other[12].clone(), "mark", "this is a duplicate"),
        12 => (3, "m".repeat(300), "model", "300 bytes long"),
        13 => (4, "=B2&C2".into(), "calibre", "is a formula"),
        14 => (1, "Zas\u{7}tava".into(), "maker", "control character"),
        _ => (0, "i".repeat(70), "id", "is no id"),
    };
    row[place] = value;
    (column, piece)
}

#[test]
fn forty_planted_faults_are_told_one_by_one() {
    let seed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_124);
    println!("ARMOURY_SEED={seed}");
    let mut dice = Dice(seed);
    let mut rows: Vec<Vec<String>> = (0..ROWS).map(row).collect();
    let right = rows.iter().fold(format!("{HEADER}\n"), |text, row| text + &row.join(",") + "\n");
    assert_eq!(weapons(right.as_bytes(), &EmptyBook).expect("no fault yet").len(), ROWS);

    let mut planted: BTreeMap<usize, (&str, &str)> = BTreeMap::new();
    let mut donors = Vec::new();
    for fault in 0..40 {
        // A donor stands before, is right, and gives only once: each fault is one fault.
        let (nth, donor) = loop {
            let (nth, donor) = (ROWS / 2 + dice.below(ROWS / 2), dice.below(ROWS / 2));
            if !planted.contains_key(&(nth + 2)) && !donors.contains(&donor) {
                break (nth, donor);
            }
        };
        donors.push(donor);
        let told = plant(&mut rows, nth, fault % 16, donor);
        planted.insert(nth + 2, told);
    }
    let text = rows.iter().fold(format!("{HEADER}\n"), |text, row| text + &row.join(",") + "\n");
    let problems: Problems = weapons(text.as_bytes(), &EmptyBook).expect_err("forty faults");
    println!("{problems}");
    assert_eq!(problems.count(), 40, "each fault once, and nothing else");
    for problem in problems.listed() {
        let (column, piece) = planted.get(&problem.line).expect("a line with a fault");
        assert!(
            problem.column == *column && problem.what.contains(piece),
            "told {column}: {piece}\ncame {problem}"
        );
    }
}
