//! The book and its rules: what a weapon, a person and an event are, and the one function that decides.
//!
//! Nothing here reads a clock, opens a file or waits. State is the fold of events ([`Armoury::apply`]); a request
//! becomes a [`Decision`] in [`decide`]; a refusal is data, not an error.

pub mod apparatus;
pub mod armoury;
pub mod book;
pub mod chip;
pub mod decide;
pub mod event;
pub mod ids;
pub mod lead;
pub mod moment;
pub mod person;
pub mod policy;
pub mod purpose;
pub mod reason;
pub mod record;
pub mod rerun;
pub mod roster;
pub mod watched;
pub mod weapon;

pub use apparatus::{AntennaPlan, ReaderIdentified, TagNote, TagWork};
pub use armoury::{Armoury, Holding};
pub use decide::{Bearer, Chip, Decision, Item, Request, decide};
pub use event::{DeskEvent, DeskKind, Event, Evidence, Mode, Practice, Reason, Road, Verdict};
pub use ids::{PersonId, ReadPoint, Seq, StationId, WeaponId};
pub use moment::{ClockQuality, Moment};
pub use person::{MayDraw, Person, Role};
pub use policy::Policy;
pub use purpose::{Length, Paper, Purpose};
pub use roster::Roster;
pub use watched::Watched;
pub use weapon::{Custody, Identifier, Standing, Weapon};
