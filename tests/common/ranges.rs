//! A hundred soldiers in three lines: "P101..P116" in a line of a story stands for one line each, the ranges of a line
//! run side by side, and `next` says how much later than the one before each is shown.

use toml::{Table, Value};

use crate::story::ms;

/// Writes every ranged line of a story out.
pub fn expand(story: &mut Table) {
    for list in ["weapon", "person", "show", "entry"] {
        if let Some(Value::Array(lines)) = story.get_mut(list) {
            *lines = lines.iter().flat_map(written_out).collect();
        }
    }
    if let Some(Value::Table(holds)) = story.get_mut("end").and_then(|end| end.get_mut("holds")) {
        let held = std::mem::take(holds);
        for (person, weapons) in held {
            let line =
                Table::from_iter([("person".to_owned(), person.into()), ("weapons".to_owned(), weapons)]);
            for line in written_out(&Value::Table(line)) {
                let person = line["person"].as_str().expect("a person's key").to_owned();
                let Value::Array(weapons) = line["weapons"].clone() else { panic!("{person} holds a list") };
                holds.insert(person, Value::Array(weapons));
            }
        }
    }
}

/// One line for each step of its ranges; a line without a range as it is.
fn written_out(line: &Value) -> Vec<Value> {
    let Some(steps) = steps(line) else { return vec![line.clone()] };
    (0..steps).map(|step| at_step(line, step)).collect()
}

fn steps(value: &Value) -> Option<usize> {
    let lengths: Vec<usize> = match value {
        Value::String(text) => range(text).map(|(_, from, to, _)| to - from + 1).into_iter().collect(),
        Value::Array(values) => values.iter().filter_map(steps).collect(),
        Value::Table(table) => table.values().filter_map(steps).collect(),
        _ => Vec::new(),
    };
    let first = *lengths.first()?;
    assert!(lengths.iter().all(|length| *length == first), "ranges of one line have one length: {value}");
    Some(first)
}

fn at_step(value: &Value, step: usize) -> Value {
    match value {
        Value::String(text) => match range(text) {
            Some((letters, from, _, digits)) => format!("{letters}{:0digits$}", from + step).into(),
            None => Value::String(text.clone()),
        },
        Value::Array(values) => Value::Array(values.iter().map(|value| at_step(value, step)).collect()),
        Value::Table(table) => {
            let next_ms = table.get("next").map_or(0, |next| ms(next.as_str().expect("next is a time")));
            let fields = table.iter().filter(|(name, _)| *name != "next").map(|(name, value)| {
                let value = match (name.as_str(), value) {
                    ("at", Value::String(at)) => format!("{} ms", ms(at) + next_ms * step as u64).into(),
                    (_, value) => at_step(value, step),
                };
                (name.clone(), value)
            });
            Value::Table(fields.collect())
        }
        other => other.clone(),
    }
}

/// "A1001..A1016": letters, first and last number, digits.
fn range(text: &str) -> Option<(&str, usize, usize, usize)> {
    let (from, to) = text.split_once("..")?;
    let letters = from.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let (first, last) = (&from[letters.len()..], to.strip_prefix(letters)?);
    let (from, to) = (first.parse().ok()?, last.parse().ok()?);
    assert!(from <= to, "{text} runs backwards");
    Some((letters, from, to, first.len()))
}
