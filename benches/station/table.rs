//! The figures, as they are printed.

use std::fmt;
use std::time::Duration;

/// What was measured, in the order it was.
pub struct Table {
    disk: String,
    rows: Vec<Row>,
}

struct Row {
    figure: String,
    value: String,
    unit: &'static str,
    aim: Option<(String, bool)>,
}

impl Table {
    /// An empty table for measurements on `disk`.
    pub fn new(disk: String) -> Self {
        Self { disk, rows: Vec::new() }
    }

    /// A figure without an aim.
    pub fn say(&mut self, figure: impl Into<String>, value: impl Into<String>, unit: &'static str) {
        self.rows.push(Row { figure: figure.into(), value: value.into(), unit, aim: None });
    }

    /// A figure that should be at most `aim`.
    pub fn at_most(&mut self, figure: impl Into<String>, value: f64, unit: &'static str, aim: f64) {
        let aim = Some((format!("<= {aim}"), value <= aim));
        self.rows.push(Row { figure: figure.into(), value: format!("{value:.2}"), unit, aim });
    }

    /// A figure with an aim it should reach.
    pub fn at_least(&mut self, figure: impl Into<String>, value: f64, unit: &'static str, aim: f64) {
        let aim = Some((format!(">= {aim}"), value >= aim));
        self.rows.push(Row { figure: figure.into(), value: format!("{value:.1}"), unit, aim });
    }

    /// The middle and the tail of many times.
    pub fn spread(&mut self, figure: &str, spread: &Spread) {
        for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
            self.say(format!("{figure}, {name}"), format!("{:.3}", spread.at_ms(share)), "ms");
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self.rows.iter().map(|row| row.figure.chars().count()).max().unwrap_or(0).max(6);
        writeln!(f, "measured on {}", self.disk)?;
        writeln!(f, "{:widest$}  {:>11}  {:<10}  {:>9}", "figure", "value", "unit", "aim")?;
        for Row { figure, value, unit, aim } in &self.rows {
            write!(f, "{figure:widest$}  {value:>11}  ")?;
            match aim {
                None => writeln!(f, "{unit}")?,
                Some((aim, met)) => {
                    let met = if *met { "met" } else { "NOT MET" };
                    writeln!(f, "{unit:<10}  {aim:>9}  {met}")?;
                }
            }
        }
        Ok(())
    }
}

/// Many measured times of one thing.
#[derive(Debug, Default)]
pub struct Spread {
    times: Vec<Duration>,
}

impl Spread {
    /// Adds one.
    pub fn add(&mut self, time: Duration) {
        let place = self.times.partition_point(|other| *other <= time);
        self.times.insert(place, time);
    }

    /// The time that this share of all do not exceed, in milliseconds; 0 where nothing was measured.
    pub fn at_ms(&self, share: f64) -> f64 {
        let last = self.times.len().saturating_sub(1);
        let place = (self.times.len() as f64 * share) as usize;
        self.times.get(place.min(last)).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }
}

/// A number with its thousands apart.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
