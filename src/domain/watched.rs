//! Which slots an antenna stares at: `rack A`, `rack A slots 1-8`, `rack A slots 1-8, 12, top`.

use std::fmt;
use std::str::FromStr;

/// The slots in an antenna's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The rack.
    rack: String,
    /// Which of its slots; none named means all.
    slots: Vec<Slots>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Slots {
    One(String),
    Range(u32, u32),
}

impl Watched {
    /// The rack.
    pub fn rack(&self) -> &str {
        &self.rack
    }

    /// Whether a home is among them. A weapon whose record names a rack and no slot is, if all slots are.
    pub fn covers(&self, rack: Option<&str>, slot: Option<&str>) -> bool {
        rack == Some(self.rack.as_str())
            && (self.slots.is_empty()
                || slot.is_some_and(|slot| self.slots.iter().any(|slots| slots.hold(slot))))
    }
}

impl Slots {
    fn hold(&self, slot: &str) -> bool {
        match self {
            Self::One(one) => one == slot,
            Self::Range(first, last) => {
                slot.parse::<u32>().is_ok_and(|number| (*first..=*last).contains(&number))
            }
        }
    }
}

impl FromStr for Watched {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let why = || format!("{text:?} names no slots: write \"rack A\", or \"rack A slots 1-8, 12\"");
        // The space behind the last word is given back: "rack A slots" names none, and no rack of that name.
        let text = format!("{} ", text.trim());
        let rest = text.strip_prefix("rack ").ok_or_else(why)?;
        let (rack, slots) = match rest.split_once(" slots ").or_else(|| rest.split_once(" slot ")) {
            Some((rack, slots)) => (rack.trim(), Some(slots)),
            None => (rest.trim(), None),
        };
        if rack.is_empty() {
            return Err(why());
        }
        let one = |part: &str| -> Result<Slots, String> {
            let part = part.trim();
            match part.split_once('-').map(|(first, last)| (first.trim().parse(), last.trim().parse())) {
                Some((Ok(first), Ok(last))) if first <= last => Ok(Slots::Range(first, last)),
                Some((Ok(first), Ok(last))) => {
                    Err(format!("slots {first}-{last} count backwards: write {last}-{first}"))
                }
                _ if part.is_empty() => Err(why()),
                _ => Ok(Slots::One(part.to_owned())),
            }
        };
        let slots = slots.map_or(Ok(Vec::new()), |slots| slots.split(',').map(one).collect())?;
        Ok(Self { rack: rack.to_owned(), slots })
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rack {}", self.rack)?;
        for (place, slots) in self.slots.iter().enumerate() {
            f.write_str(if place == 0 { " slots " } else { ", " })?;
            match slots {
                Slots::One(one) => f.write_str(one)?,
                Slots::Range(first, last) => write!(f, "{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(text: &str) -> Watched {
        text.parse().expect("well written")
    }

    #[test]
    fn what_is_covered() {
        let some = watched("rack A slots 1-8, 12, top");
        for slot in ["1", "8", "12", "top"] {
            assert!(some.covers(Some("A"), Some(slot)), "{slot}");
        }
        assert!(!some.covers(Some("A"), Some("9")) && !some.covers(Some("B"), Some("1")));
        assert!(!some.covers(Some("A"), None) && !some.covers(None, Some("1")));
        let all = watched("rack long wall");
        assert!(all.covers(Some("long wall"), Some("9")) && all.covers(Some("long wall"), None));
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["rack A", "rack A slots 1-8", "rack A slots 1-8, 12, top"] {
            assert_eq!(watched(text).to_string(), text);
        }
        for text in ["", "A", "rack ", "rack A slots ", "rack A slots 8-1", "rack A slots 1,,2"] {
            assert!(text.parse::<Watched>().is_err(), "{text:?}");
        }
    }
}
