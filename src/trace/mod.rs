//! Questions to the ledger, asked on one that is only read: where a weapon is or was, who held it, on whose authority,
//! before whom, where it should have been and how the station knew; what a person held; what happened in a period
//! (armoury-practice, section 10).
//!
//! | File | Is |
//! |---|---|
//! | `query` | a question, the weapons that fit it, and what was searched |
//! | `life` | one weapon's entries, folded: custody and standing, each with the entry that made it so |
//! | `person` | one person's entries: what they held, then and now |
//! | `answer` | how a question ends, as people and programs read it |
//! | `report` | what happened in a period, and who typed serials by hand |
//! | `when` | moments and days in words |
//!
//! Everything is found through the index beside the ledger and in the order of its numbers. A wall time is a claim;
//! where the clock jumped, an answer says between which entries the moment lies.

pub mod answer;
pub mod life;
pub mod person;
pub mod query;
pub mod report;
pub mod when;
