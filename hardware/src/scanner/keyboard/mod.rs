//! Scanners that pose as a keyboard (scanner page, section 6).
//!
//! | File | Is |
//! |---|---|
//! | `event.rs` | bytes → input events, back in step after damage |
//! | `keys.rs` | which key is which character on which layout |
//! | `typist.rs` | events → codes: shift, Ctrl, Alt codes, pauses, lost keys |
//! | `device.rs` | opening, exclusive grab, reading |

mod device;
mod event;
mod keys;
mod typist;

pub use event::EventSize;
pub use keys::{Stroke, strokes_for};
pub use typist::KeyboardDecoder;

pub(super) use device::run;
pub(crate) use event::encode;
pub(crate) use keys::{LEFT_SHIFT, RIGHT_ALT};
