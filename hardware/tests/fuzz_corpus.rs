//! What coverage-guided fuzzing kept (`fuzz/corpus`, a line of hex for each input), held again against what must be true
//! of any bytes. To search on: `./dev fuzz`.

#[path = "../../fuzz/bodies/readers.rs"]
mod readers;
#[path = "../../fuzz/bodies/scanners.rs"]
mod scanners;

use armoury_hardware::reader::Family;
use armoury_hardware::scanner::ScannerKind;

/// A target's inputs.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let path = format!("{}/../fuzz/corpus/{target}.hex", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the corpus is part of the repository");
    let inputs: Vec<Vec<u8>> = text.lines().map(bytes).collect();
    assert!(inputs.len() >= 20, "{path}: only {} inputs", inputs.len());
    inputs
}

fn bytes(line: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&line[at..at + 2], 16).expect("hex");
    (0..line.len()).step_by(2).map(digits).collect()
}

#[test]
fn what_fuzzing_kept_still_holds_for_every_reader_family() {
    for family in Family::ALL {
        replay(family.word(), readers::reader);
    }
}

#[test]
fn what_fuzzing_kept_still_holds_for_every_kind_of_scanner() {
    for kind in ScannerKind::ALL {
        replay(kind.name(), scanners::scanner);
    }
}

fn replay(target: &str, body: fn(&str, &[u8])) {
    let inputs = corpus(target);
    println!("{target}: {} inputs", inputs.len());
    for (line, input) in inputs.iter().enumerate() {
        println!("{target} line {}", line + 1);
        body(target, input);
    }
}
