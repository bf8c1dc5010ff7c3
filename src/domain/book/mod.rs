//! The armourer's book beside the desk: keys, people, counts, discrepancies, transfers, a weapon's whole life.
//!
//! Every room of it has the same shape. An *act* is what somebody asks; [`plan`] decides on it, pure as the desk's
//! [`decide`](super::decide()), and gives the *facts* to be entered or a sentence that says why not and who may; the
//! facts become the room's *state* when they are in the ledger. What a clock brings about ([`due`]) is a fact like
//! any other.

pub mod access;
mod by;
pub mod clock;
pub mod count;
pub mod day;
pub mod discrepancy;
pub mod disposal;
mod hex32;
pub mod intake;
pub mod key;
mod limits;
pub mod loan;
pub mod person;
pub mod rack;
pub mod report_line;
mod sign;
pub mod standto;
pub mod trace;
pub mod transfer;
pub mod weapon;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

pub use by::{By, Denied, PinCheck, Proof, Sign, hold};
pub use sign::{Needs, pin_wanted, sign, sign_as};

use super::armoury::Armoury;
use super::ids::{PersonId, Seq, WeaponId};
use super::moment::Moment;
use super::person::Role;

/// What a decision may look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The book as it stands.
    pub armoury: &'a Armoury,
    /// On whose word.
    pub by: &'a By,
    /// When; for dates and periods, never for order.
    pub now: Moment,
    /// The hash of the ledger's last entry.
    pub head: [u8; 32],
}

/// Where a fact stands in the ledger and on whose word.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// Its number.
    pub seq: Seq,
    /// When it was entered.
    pub at: Moment,
    /// On whose word.
    pub by: &'a By,
}

/// One entry of the book beside the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// On whose word.
    pub by: By,
    /// What.
    pub fact: Fact,
    /// What led to it.
    pub origin: Origin,
}

/// What led to an entry of the book: with it every old decision can be made again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// It was noted: nothing was decided, or nothing is known of it.
    #[default]
    Noted,
    /// It had fallen due.
    Due,
    /// It is the first fact of an act.
    Asked(Box<Asked>),
    /// It is a further fact of the act before it.
    Follows,
}

/// An act as it was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What; none where it was too long to be kept, or this version does not know it.
    pub act: Option<Act>,
    /// How many facts came of it.
    pub facts: u32,
}

/// The rooms: a number that never changes its meaning in the ledger, a name, a module with `Act`, `Fact`, `State`,
/// `plan`, `apply` and `due`.
macro_rules! rooms {
    ($($(#[$doc:meta])* $number:literal $name:ident $module:ident,)*) => {
        /// What can be asked of the book.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Act { $($(#[$doc])* $name($module::Act),)* }

        /// What can be entered in it.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
        #[serde(rename_all = "snake_case")]
        pub enum Fact { $($(#[$doc])* #[n($number)] $name(#[n(0)] $module::Fact),)* }

        /// What the facts amount to.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Rooms { $($(#[$doc])* pub $module: $module::State,)* }

        impl Act {
            /// Who may ask this.
            pub fn allowed(&self) -> &'static [Role] {
                match self { $(Self::$name(act) => act.allowed(),)* }
            }
        }

        impl Fact {
            /// The word for its kind, as exported.
            pub fn word(&self) -> &'static str {
                match self { $(Self::$name(fact) => fact.word(),)* }
            }

            /// The weapons it is about.
            pub fn weapons(&self) -> Vec<&WeaponId> {
                match self { $(Self::$name(fact) => fact.weapons(),)* }
            }

            /// The people it is about, apart from those on whose word it is.
            pub fn persons(&self) -> Vec<&PersonId> {
                match self { $(Self::$name(fact) => fact.persons(),)* }
            }

            /// What it says, in a few words for people.
            pub fn line(&self) -> String {
                match self { $(Self::$name(fact) => fact.line(),)* }
            }

            /// Who has to come, and why: the priority of the alarm and what it says.
            pub fn alarm(&self) -> Option<Alarm> {
                match self { $(Self::$name(fact) => fact.alarm(),)* }
            }
        }

        /// Decides on an act.
        ///
        /// # Errors
        /// Why not, and who may; nothing is entered.
        pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<Fact>, Denied> {
            match act { $(Act::$name(act) => $module::plan(context, act),)* }
        }

        /// What has fallen due: facts that the station enters on its own word.
        pub fn due(armoury: &Armoury, now: Moment) -> Vec<Fact> {
            let mut facts = Vec::new();
            $(facts.extend($module::due(armoury, now));)*
            facts
        }

        /// Takes a durable fact into memory.
        pub(super) fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
            person::signed(armoury, stamp);
            match fact { $(Fact::$name(fact) => $module::apply(armoury, stamp, fact),)* }
        }
    };
}

rooms! {
    /// Keys and seals (S-3).
    0 Key key,
    /// People: roles, authorisations, badges, PINs.
    1 Person person,
    /// Who goes in and out.
    2 Access access,
    /// The clock set by hand.
    3 Clock clock,
    /// A weapon's record and life (W-1 to W-6).
    10 Weapon weapon,
    /// What enters the room, whatever the reason (D-4).
    11 Intake intake,
    /// What is drawn: for what and until when, extended, overdue, undone, signed for, decided on (I-1 to I-8).
    30 Loan loan,
    /// Emergency issue (I-7).
    31 StandTo standto,
    /// Counts (section 5).
    40 Count count,
    /// What register and room disagree on (section 6).
    41 Discrepancy discrepancy,
    /// Opening and closing of the day (C-9).
    42 Day day,
    /// Weapons between armouries (T-1 to T-5).
    50 Transfer transfer,
    /// Leaving service.
    51 Disposal disposal,
    /// The racks under watch (S-2).
    52 Rack rack,
    /// What was told of weapons, and what was given out.
    20 Trace trace,
}

/// Something for which somebody has to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// 1 now, 2 soon, 3 today (`ux.md` section 3).
    pub priority: u8,
    /// What is the matter.
    pub what: String,
    /// What to do first.
    pub first_step: &'static str,
}
