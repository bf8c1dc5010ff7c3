//! The screen: a guest of the station's local socket that can only look and ask.
//!
//! ```text
//! socket ─ link ─ feed ─► Scene ─┐
//!                                ├─ screens::render ─► frame        a plain value in, a picture out
//! keyboard ─ keys, bindings ► Ui ┘
//! ```
//!
//! Invariants: nothing is painted that did not go through [`clean`]; no clock is read while painting, the time shown is
//! the station's; a picture older than two seconds is never painted as live; the footer names only keys that work,
//! because it is printed from the table the keys are looked up in. What a screen shows is decided at the station: no
//! rule of the armoury is in here.

pub mod big;
pub mod bindings;
pub mod clean;
pub mod feed;
pub mod keys;
mod link;
mod paint;
mod screens;
mod terminal;
pub mod theme;
pub mod ui;
mod watch;
mod words;

pub use screens::render;
pub use theme::Theme;
pub use ui::{Lost, Page, Scene, Ui};
pub use watch::{Options, WatchError, watch};
