//! The fields of a weapon's record as the book of a State keeps them (armoury-practice W-1, W-4; `un-categories.md`
//! section 1): words with a fixed meaning, and each field as text, for corrections and for tables.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::weapon::Weapon;
use crate::identity::serial::search_form;

/// Longest text of one field, in bytes.
pub const FIELD_MAX_BYTES: usize = 256;

/// Most marks, and most import marks, on one record.
pub const MARKS_MAX: usize = 16;

/// The year before which no weapon in an armoury was made, and the one after which none is yet.
const YEARS: std::ops::RangeInclusive<u16> = 1700..=2200;

/// The thirteen lines of the Register of Conventional Arms for small arms and light weapons, and a value of its own
/// for what is not known yet: never a guess (`un-categories.md` section 1).
pub const CATEGORIES: [&str; 14] = [
    "SA-1", "SA-2", "SA-3", "SA-4", "SA-5", "SA-6", "LW-1", "LW-2", "LW-3", "LW-4", "LW-5", "LW-6", "LW-7",
    "unknown",
];

/// A list of words with fixed numbers in the ledger.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $number:literal $item:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode)]
        #[serde(rename_all = "snake_case")]
        #[cbor(index_only)]
        pub enum $name { $($(#[$item_doc])* #[n($number)] $item,)* }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$item,)*];

            /// The word in files and on the command line.
            pub fn word(self) -> &'static str {
                match self { $(Self::$item => $word,)* }
            }

            /// The one of that word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|item| item.word() == word)
            }
        }
    };
}

pub(in crate::domain) use words;

words! {
    /// How the weapon came to this State or unit; decides on which line of a report it stands.
    Origin {
        /// Made here.
        0 MadeHere = "made_here",
        /// Bought from a dealer in the country.
        1 Bought = "bought",
        /// Received from abroad.
        2 Imported = "imported",
        /// Received from another armoury of the same owner; never an import.
        3 Received = "received",
        /// Taken by force of law.
        4 Seized = "seized",
        /// Found without a holder.
        5 Found = "found",
        /// Handed in.
        6 Surrendered = "surrendered",
    }
}

words! {
    /// The state it is in.
    Condition {
        /// Never used.
        0 New = "new",
        /// Works and is complete.
        1 Serviceable = "serviceable",
        /// Works after a repair.
        2 Repairable = "repairable",
        /// Does not work and is not worth a repair.
        3 Unserviceable = "unserviceable",
        /// Parts are missing.
        4 Incomplete = "incomplete",
        /// Made unable to fire for ever.
        5 Deactivated = "deactivated",
    }
}

words! {
    /// What can be read of a mark (W-4).
    MarkQuality {
        /// Plain to read.
        0 Marked = "marked",
        /// There, but not to be read.
        1 Illegible = "illegible",
        /// Not there.
        2 Missing = "missing",
        /// Ground, overstamped or otherwise tampered with.
        3 Altered = "altered",
    }
}

/// A mark as a person sees it on the weapon: text, position, quality (W-1, W-4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Marking {
    /// As marked; none where nothing can be read.
    #[n(0)]
    pub text: Option<String>,
    /// Where on the weapon ("receiver, left").
    #[n(1)]
    pub position: Option<String>,
    /// What can be read of it.
    #[n(2)]
    pub quality: MarkQuality,
}

impl Marking {
    /// Reads `TEXT | POSITION | QUALITY`; the last two may be left out, and a mark that cannot be read has no text.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('|').map(str::trim).collect();
        let part = |nth: usize| parts.get(nth).filter(|part| !part.is_empty()).map(|part| (*part).to_owned());
        let quality = match (parts.len(), part(2)) {
            (4.., _) => return Err(format!("read the mark {text:?}: write TEXT | POSITION | QUALITY")),
            (_, None) => MarkQuality::Marked,
            (_, Some(word)) => MarkQuality::from_word(&word).ok_or_else(|| {
                format!(
                    "read the mark {text:?}: {}",
                    one_of("quality", MarkQuality::ALL.iter().map(|item| item.word()))
                )
            })?,
        };
        let text_of = part(0);
        if text_of.is_none() && quality == MarkQuality::Marked {
            return Err(format!("read the mark {text:?}: it has no text; say illegible, missing or altered"));
        }
        if text_of.is_some() && quality == MarkQuality::Missing {
            return Err(format!("read the mark {text:?}: a missing mark has no text"));
        }
        Ok(Self { text: text_of, position: part(1), quality })
    }

    /// As [`Marking::from_text`] reads it.
    pub fn to_text(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{} | {} | {}", part(&self.text), part(&self.position), self.quality.word()).trim().to_owned()
    }
}

/// What names a weapon: maker, model, calibre, country and serial together, in the form to search by (W-2). A serial
/// alone names none.
pub type Identity = [String; 5];

/// The fields of a record that can be corrected, by their names in tables.
pub const FIELDS: [&str; 15] = [
    "maker",
    "country",
    "model",
    "calibre",
    "serial",
    "category",
    "year",
    "owner",
    "origin",
    "import_marks",
    "marks",
    "condition",
    "room",
    "rack",
    "slot",
];

impl Weapon {
    /// What names it, where it has a serial.
    pub fn identity(&self) -> Option<Identity> {
        let form = |field: &Option<String>| search_form(field.as_deref().unwrap_or_default());
        let serial = form(&self.serial);
        (!serial.is_empty())
            .then(|| [form(&self.maker), form(&self.model), form(&self.calibre), form(&self.country), serial])
    }

    /// Whether a mark on it can be read as its serial; where there is none it needs a formal mark (W-4).
    pub fn is_readable(&self) -> bool {
        match self.marks.is_empty() {
            true => self.serial.is_some(),
            false => self.marks.iter().any(|mark| mark.quality == MarkQuality::Marked && mark.text.is_some()),
        }
    }

    /// A field as text; empty where nothing is known. `None`: there is no such field.
    pub fn field(&self, name: &str) -> Option<String> {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        Some(match name {
            "maker" => text(&self.maker),
            "country" => text(&self.country),
            "model" => text(&self.model),
            "calibre" => text(&self.calibre),
            "serial" => text(&self.serial),
            "category" => text(&self.category),
            "year" => self.year.map(|year| year.to_string()).unwrap_or_default(),
            "owner" => text(&self.owner),
            "origin" => self.origin.map(Origin::word).unwrap_or_default().to_owned(),
            "import_marks" => self.import_marks.join("; "),
            "marks" => self.marks.iter().map(Marking::to_text).collect::<Vec<_>>().join("; "),
            "condition" => self.condition.map(Condition::word).unwrap_or_default().to_owned(),
            "room" => text(&self.room),
            "rack" => text(&self.rack),
            "slot" => text(&self.slot),
            _ => return None,
        })
    }

    /// Sets a field from text, as [`Weapon::field`] gives it; an empty text clears it.
    ///
    /// # Errors
    /// There is no such field, or it does not take that; nothing was changed.
    pub fn set_field(&mut self, name: &str, value: &str) -> Result<(), String> {
        let value = value.trim();
        let text = || one_line(name, value);
        match name {
            "maker" => self.maker = text()?,
            "country" => self.country = text()?,
            "model" => self.model = text()?,
            "calibre" => self.calibre = text()?,
            "serial" => self.serial = text()?,
            "category" => self.category = category(value)?,
            "year" => self.year = year(value)?,
            "owner" => self.owner = text()?,
            "origin" => self.origin = word(name, value, Origin::ALL, Origin::word)?,
            "import_marks" => self.import_marks = list(name, value)?,
            "marks" => {
                let marks = list(name, value)?;
                self.marks = marks.iter().map(|mark| Marking::from_text(mark)).collect::<Result<_, _>>()?;
            }
            "condition" => self.condition = word(name, value, Condition::ALL, Condition::word)?,
            "room" => self.room = text()?,
            "rack" => self.rack = text()?,
            "slot" => self.slot = text()?,
            _ => return Err(format!("set {name}: {}", one_of("field", FIELDS.into_iter()))),
        }
        Ok(())
    }
}

fn one_line(name: &str, value: &str) -> Result<Option<String>, String> {
    if value.len() > FIELD_MAX_BYTES {
        return Err(format!(
            "set {name}: it has {} bytes and at most {FIELD_MAX_BYTES} are taken",
            value.len()
        ));
    }
    if value.chars().any(char::is_control) {
        return Err(format!("set {name}: it holds a control character"));
    }
    Ok((!value.is_empty()).then(|| value.to_owned()))
}

fn category(value: &str) -> Result<Option<String>, String> {
    match value {
        "" => Ok(None),
        value if CATEGORIES.contains(&value) => Ok(Some(value.to_owned())),
        _ => Err(format!("set category: {value:?} is none: write SA-1 to SA-6, LW-1 to LW-7 or unknown")),
    }
}

fn year(value: &str) -> Result<Option<u16>, String> {
    if value.is_empty() {
        return Ok(None);
    }
    let found = value.parse().ok().filter(|year| YEARS.contains(year));
    found.map(Some).ok_or_else(|| format!("set year: {value:?} is no year of manufacture: write four digits"))
}

fn word<T: Copy>(
    name: &str,
    value: &str,
    all: &[T],
    word: fn(T) -> &'static str,
) -> Result<Option<T>, String> {
    if value.is_empty() {
        return Ok(None);
    }
    let found = all.iter().copied().find(|item| word(*item) == value);
    found.map(Some).ok_or_else(|| format!("set {name}: {}", one_of(name, all.iter().map(|item| word(*item)))))
}

fn list(name: &str, value: &str) -> Result<Vec<String>, String> {
    let items = value.split(';').map(str::trim).filter(|item| !item.is_empty());
    let items: Vec<String> =
        items.map(|item| one_line(name, item).map(Option::unwrap_or_default)).collect::<Result<_, _>>()?;
    if items.len() > MARKS_MAX {
        return Err(format!("set {name}: {} stand there and at most {MARKS_MAX} are taken", items.len()));
    }
    Ok(items)
}

fn one_of<'a>(name: &str, words: impl Iterator<Item = &'a str>) -> String {
    format!("a {name} is one of {}", words.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::WeaponId;

    /// W-1. Every field of a record goes to text and back, and nothing else is a field.
    #[test]
    fn fields_go_to_text_and_back() {
        let values = [
            ("maker", "ZASTAVA"),
            ("year", "1974"),
            ("origin", "seized"),
            ("condition", "repairable"),
            ("category", "unknown"),
            ("import_marks", "MAL 2009; KE 2012"),
            ("marks", "512345 | receiver, left | marked; | barrel | illegible"),
            ("room", "arms room"),
        ];
        let mut weapon = Weapon::new(WeaponId::from("A1"));
        for (name, value) in values {
            weapon.set_field(name, value).expect("a field");
            assert_eq!(weapon.field(name).as_deref(), Some(value));
        }
        let mut read = Weapon::new(WeaponId::from("A1"));
        for name in FIELDS {
            read.set_field(name, &weapon.field(name).expect("a field")).expect("its own text");
        }
        assert_eq!(read, weapon);
        assert_eq!(weapon.field("colour"), None);
    }

    /// W-1. What no record can hold is refused with what it can.
    #[test]
    fn wrong_values_are_refused() {
        let long = "x".repeat(FIELD_MAX_BYTES + 1);
        let wrong = [
            ("category", "SA-7", "LW-7 or unknown"),
            ("year", "74", "four digits"),
            ("origin", "stolen", "surrendered"),
            ("condition", "nice", "serviceable"),
            ("marks", "| barrel", "no text"),
            ("marks", "7 | barrel | gone", "illegible"),
            ("marks", "7 | barrel | missing", "has no text"),
            ("serial", "a\u{7}b", "control character"),
            ("serial", &long, "at most 256"),
            ("colour", "green", "a field is one of"),
        ];
        let mut weapon = Weapon::new(WeaponId::from("A1"));
        for (name, value, why) in wrong {
            let refused = weapon.set_field(name, value).expect_err("refused");
            assert!(refused.contains(why), "{name}={value}: {refused}");
        }
        assert_eq!(weapon, Weapon::new(WeaponId::from("A1")));
    }

    /// W-3. Records written before a field was known still read.
    #[test]
    fn an_old_record_reads() {
        let mut bytes = Vec::new();
        let mut encoder = minicbor::Encoder::new(&mut bytes);
        encoder.map(2).and_then(|e| e.u8(0)?.str("A1")?.u8(9)?.array(0)).expect("written to memory");
        let old: Weapon = minicbor::decode(&bytes).expect("an old entry");
        assert_eq!(old, Weapon::new(WeaponId::from("A1")));
        let old: Weapon = serde_json::from_str(r#"{"id":"A1","identifiers":[]}"#).expect("an old table");
        assert_eq!(old, Weapon::new(WeaponId::from("A1")));
    }

    /// W-2. A serial is no key: identity is maker, model, calibre, country and serial together.
    #[test]
    fn a_serial_names_no_weapon_alone() {
        let made = |maker: &str, serial: &str| {
            let mut weapon = Weapon::new(WeaponId::from("A1"));
            weapon.set_field("maker", maker).expect("a maker");
            weapon.set_field("serial", serial).expect("a serial");
            weapon.identity()
        };
        assert_eq!(made("Zastava", "51-23"), made("ZASTAVA", "5123"));
        assert_ne!(made("Zastava", "5123"), made("Izhmash", "5123"));
        assert_eq!(made("Zastava", ""), None);
    }
}
