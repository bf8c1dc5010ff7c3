//! Lamps, buzzer and lock relay, behind one verb.
//!
//! | File | Does |
//! |---|---|
//! | `rhythm` | the lamp and sound grammar as a table: what each signal looks and sounds like |
//! | `player` | plays a rhythm on a thread of its own; safe (dark, silent, locked) when it ends |
//! | `gpio` | the outputs of a Raspberry Pi's header |
//! | `printed` | the stand-in: one line for each signal |
//!
//! The lock opens for [`Signal::Out`] and for nothing else, for three seconds, and is shut by everything that comes after.

mod gpio;
mod player;
mod printed;
mod rhythm;

use std::io;

pub use gpio::{GpioPanel, GpioPins};
pub use player::{Outputs, Player};
pub use printed::PrintedPanel;
pub use rhythm::{LOCK_OPEN_MS, Shown, Step, rhythm, self_test};

/// What the panel is told to show. One at a time; each replaces the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Nothing: the station does not run.
    Dark,
    /// The station runs and waits.
    Ready,
    /// The weapon may leave: the only signal that opens the lock.
    Out,
    /// The weapon is back.
    In,
    /// Not read well enough: show it again.
    Again,
    /// Something else must come first.
    Wait,
    /// A supervisor must decide.
    Ask,
    /// The weapon stays.
    Stop,
    /// Something needs a person now.
    Alarm,
}

impl Signal {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Dark,
        Self::Ready,
        Self::Out,
        Self::In,
        Self::Again,
        Self::Wait,
        Self::Ask,
        Self::Stop,
        Self::Alarm,
    ];

    /// The word on the screen beside the lamp.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dark => "DARK",
            Self::Ready => "READY",
            Self::Out => "OUT",
            Self::In => "IN",
            Self::Again => "AGAIN",
            Self::Wait => "WAIT",
            Self::Ask => "ASK",
            Self::Stop => "STOP",
            Self::Alarm => "ALARM",
        }
    }
}

/// Something that shows signals.
pub trait Panel: Send {
    /// Shows a signal from now on. Returns at once; the rhythm goes on by itself.
    ///
    /// # Errors
    /// [`PanelError`] where this or an earlier signal could not be shown; the station goes on without.
    fn show(&mut self, signal: Signal) -> Result<(), PanelError>;
}

/// Why a panel shows nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PanelError {
    /// Two outputs on one pin.
    #[error("{first} and {second} are both on GPIO {pin}: give each its own pin")]
    PinUsedTwice {
        /// One output.
        first: &'static str,
        /// The other.
        second: &'static str,
        /// The pin, by its BCM number.
        pin: u8,
    },
    /// No such pin on the header.
    #[error(
        "{output} is on GPIO {pin}, but the header has GPIO 2 to 27 (BCM numbers, not places on the header)"
    )]
    NoSuchPin {
        /// Which output.
        output: &'static str,
        /// The number given.
        pin: u8,
    },
    /// This computer has no header we know.
    #[error(
        "this computer is no Raspberry Pi with a known GPIO header: lamps, buzzer and lock stay unused, signals are \
         printed instead"
    )]
    NotAPi,
    /// The pins belong to somebody else.
    #[error(
        "no access to the GPIO pins ({detail}): add the station's user to the group gpio and log in again"
    )]
    NoAccess {
        /// What the system says.
        detail: String,
    },
    /// Any other failure of the pins.
    #[error("cannot use {output} on GPIO {pin}: {source}")]
    Pin {
        /// Which output.
        output: &'static str,
        /// The pin.
        pin: u8,
        /// Why.
        source: rppal::gpio::Error,
    },
    /// The pins cannot be opened at all.
    #[error("cannot open the GPIO header: {source}")]
    Header {
        /// Why.
        source: rppal::gpio::Error,
    },
    /// The stand-in's writer failed.
    #[error("cannot print the signal {}: {source}", signal.word())]
    Print {
        /// Which signal.
        signal: Signal,
        /// Why.
        source: io::Error,
    },
    /// The thread that plays rhythms is gone or cannot be started.
    #[error("the panel's thread does not run ({detail}): outputs are off, restart the station")]
    Player {
        /// What happened.
        detail: String,
    },
}

/// Opens the panel on these pins, or the stand-in that prints to standard error, and says why it is not the pins.
///
/// Without pins the stand-in is what was asked for, and there is nothing to say. A program that owns the terminal makes
/// its own [`PrintedPanel`] around a writer that does not disturb the screen.
#[must_use]
pub fn open_panel(pins: Option<GpioPins>) -> (Box<dyn Panel>, Option<PanelError>) {
    let why = match pins.map(GpioPanel::open) {
        Some(Ok(panel)) => return (Box::new(panel), None),
        Some(Err(error)) => Some(error),
        None => None,
    };
    (Box::new(PrintedPanel::new(io::stderr())), why)
}
