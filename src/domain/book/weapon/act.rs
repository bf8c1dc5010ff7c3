//! What can be asked about a weapon's record and life, and who may.

use serde::{Deserialize, Serialize};

use super::super::super::ids::{PersonId, Seq, WeaponId};
use super::super::super::person::Role;
use super::super::super::weapon::Identifier;
use super::{Attachment, Work};

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Correct fields of the record; the old values stay beside the new ones (W-6).
    Correct {
        /// Which.
        weapon: WeaponId,
        /// Field and new value, as text; an empty value clears the field.
        changes: Vec<(String, String)>,
        /// Why.
        why: String,
        /// It is another weapon although everything that names one is equal (W-2).
        twin: bool,
    },
    /// Bind a tag or a mark to it.
    Bind {
        /// Which.
        weapon: WeaponId,
        /// What.
        identifier: Identifier,
        /// What becomes of those of the same kind that it has.
        having: Having,
        /// The entry by which it was shown at the desk; none where it was typed.
        shown: Option<Seq>,
    },
    /// Take tags or marks off.
    Retire {
        /// Which.
        weapon: WeaponId,
        /// What: all of the kind, or the one.
        what: Which,
        /// Why.
        why: String,
    },
    /// Take the tags off weapons that deploy (S-5).
    Strip {
        /// Which.
        weapons: Vec<WeaponId>,
        /// Why.
        why: String,
    },
    /// Enter a formal mark with a serial that the registry issued (W-4).
    Mark {
        /// Which.
        weapon: WeaponId,
        /// The serial.
        serial: String,
        /// Where it stands.
        position: String,
        /// Why, where a mark can be read ("untranslatable").
        why: Option<String>,
    },
    /// Say what belongs to it (W-5).
    SetAttachments {
        /// Which.
        weapon: WeaponId,
        /// Everything that does.
        items: Vec<Attachment>,
    },
    /// Enter what went out with it; an empty list is everything that belongs to it.
    HandOut {
        /// Which.
        weapon: WeaponId,
        /// What.
        items: Vec<Attachment>,
    },
    /// Enter what came back with it; what is not named is missing.
    TakeBack {
        /// Which.
        weapon: WeaponId,
        /// What; none is everything that went out.
        items: Option<Vec<Attachment>>,
    },
    /// Keep it from issue (I-4).
    Quarantine {
        /// Which.
        weapon: WeaponId,
        /// Why.
        reason: String,
        /// The slot apart.
        place: Option<String>,
    },
    /// Let it be issued again.
    Release {
        /// Which.
        weapon: WeaponId,
        /// On what finding.
        why: String,
    },
    /// Put it in a work queue.
    Queue {
        /// Which.
        weapon: WeaponId,
        /// What is to be done.
        work: Work,
        /// Why.
        why: Option<String>,
    },
    /// Take it out of a work queue: it is done.
    Done {
        /// Which.
        weapon: WeaponId,
        /// What was done.
        work: Work,
        /// It is fit for issue as far as this work goes.
        fit: bool,
        /// What was found.
        note: Option<String>,
    },
    /// Assign it to a person; it stays in the rack until it is drawn.
    Assign {
        /// Which.
        weapon: WeaponId,
        /// To whom.
        person: PersonId,
    },
    /// End that.
    Unassign {
        /// Which.
        weapon: WeaponId,
    },
    /// Give it a home (S-2).
    House {
        /// Which.
        weapon: WeaponId,
        /// Room.
        room: Option<String>,
        /// Rack.
        rack: Option<String>,
        /// Slot.
        slot: Option<String>,
    },
}

/// What becomes of the tags or marks a weapon has when another is bound to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Having {
    /// It has none.
    #[default]
    None,
    /// They are retired.
    Replace,
    /// They stay.
    Keep,
}

/// Which tags or marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// All its tags.
    Tags,
    /// All its marks.
    Marks,
    /// This one.
    One(Identifier),
}

/// Who keeps the record.
const KEEPERS: &[Role] = &[Role::Armourer, Role::Supervisor, Role::Commander];

/// Who works on weapons.
const WORKERS: &[Role] = &[Role::Armourer, Role::Technician, Role::Supervisor];

/// Who says that a weapon is fit: never the one who hands it out.
const JUDGES: &[Role] = &[Role::Technician, Role::Supervisor, Role::Commander];

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        match self {
            Self::Release { .. } => JUDGES,
            Self::Done { work: Work::Inspect | Work::Repair | Work::TestFire, .. } => JUDGES,
            Self::Queue { .. } | Self::Done { .. } | Self::Quarantine { .. } | Self::Mark { .. } => WORKERS,
            _ => KEEPERS,
        }
    }
}
