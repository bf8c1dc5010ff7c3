//! Slot labels: printed codes that name a weapon's home, rack and slot. They name a place and no thing: at the desk
//! they ask for nothing.

/// How their codes begin.
pub const PREFIX: &str = "SLOT:";

/// Between rack and slot; neither holds one.
const BETWEEN: char = '/';

/// A home on the wall.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The rack.
    pub rack: String,
    /// The slot in it.
    pub slot: String,
}

impl Slot {
    /// Reads `B/12`; none where a part is missing, or it could be read in two ways.
    pub fn from_name(name: &str) -> Option<Self> {
        let (rack, slot) = name.split_once(BETWEEN)?;
        let sound = |part: &str| {
            !part.is_empty()
                && part.trim() == part
                && !part.contains(BETWEEN)
                && !part.contains(char::is_control)
        };
        (sound(rack) && sound(slot)).then(|| Self { rack: rack.to_owned(), slot: slot.to_owned() })
    }

    /// Reads a code; none if it is no slot label.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::from_name(text.trim().strip_prefix(PREFIX)?)
    }

    /// Rack and slot as people write them.
    pub fn name(&self) -> String {
        format!("{}{BETWEEN}{}", self.rack, self.slot)
    }

    /// The code on the label.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", self.name())
    }
}
