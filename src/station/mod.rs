//! The running station: one clerk, one inbox, and around them devices, screens and the road to headquarters.
//!
//! | File | Is |
//! |---|---|
//! | `input`, `inbox` | everything that can happen, in one order |
//! | `clerk`, `asks`, `around`, `keeper`, `store` | the owner: decides, writes, and only then shows |
//! | `board`, `hints`, `alarms`, `warnings`, `words`, `view` | what is shown |
//! | `socket`, `protocol`, `peer` | screens and commands |
//! | `devices`, `readers`, `scanners`, `cameras`, `road`, `clock` | what reaches the inbox from outside |
//! | `picture` | what the clerk shows: the picture, lamps, buzzer |
//! | `cards`, `typed` | command cards, and what is typed where no device reads it |
//! | `acts` | what people ask of the book beside the desk: signed, decided, entered |
//! | `counting` | readers that listen for a count, marks that count |
//! | `pins`, `private` | PINs, looked at before an act enters the inbox, and what of an act stays out of the chain |
//! | `staging` | a book that comes in pieces |
//! | `code_book` | marks and badges that were printed here |
//! | `commission` | the next unknown thing shown, to be bound |
//! | `tags`, `tag_book`, `passwords`, `alone` | work on tags at a reader, and the same without a running station |
//! | `recording`, `captures` | the inbox on paper, and the bytes of a reader or scanner |
//! | `life` | start and orderly end |

mod acts;
mod alarms;
pub mod alone;
mod around;
mod asks;
pub mod board;
pub mod cameras;
pub mod captures;
mod cards;
pub mod clerk;
pub mod clock;
mod code_book;
mod commission;
mod counting;
pub mod devices;
mod hints;
pub mod inbox;
pub mod input;
pub mod keeper;
pub mod life;
pub mod passwords;
pub mod peer;
mod picture;
pub mod pins;
mod private;
pub mod protocol;
pub mod racks;
pub mod readers;
pub mod recording;
mod road;
mod scanners;
pub mod socket;
pub mod staging;
pub mod store;
mod tag_book;
pub mod tags;
mod typed;
pub mod view;
mod warnings;
pub mod words;

pub use life::{Options, Station, StationError};
