//! The running station: one clerk, one inbox, and around them devices, screens and the road to headquarters.
//!
//! | File | Is |
//! |---|---|
//! | `input`, `inbox` | everything that can happen, in one order |
//! | `clerk`, `asks`, `around`, `keeper`, `store` | the owner: decides, writes, and only then shows |
//! | `board`, `alarms`, `words`, `view` | what is shown |
//! | `socket`, `protocol`, `peer` | screens and commands |
//! | `devices`, `road`, `clock` | what reaches the inbox from outside |
//! | `recording` | the inbox on paper |
//! | `life` | start and orderly end |

mod alarms;
mod around;
mod asks;
pub mod board;
pub mod clerk;
pub mod clock;
mod devices;
pub mod inbox;
pub mod input;
pub mod keeper;
pub mod life;
mod peer;
pub mod protocol;
pub mod recording;
mod road;
pub mod socket;
pub mod store;
pub mod view;
pub mod words;

pub use life::{Options, Station, StationError};
