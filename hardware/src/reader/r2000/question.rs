//! The ways to ask for a round, from the richest to the plainest. Which of them a reader knows is found out by asking.

use std::time::Duration;

use super::command::*;
use crate::reader::{ReaderSettings, Session, Target};

/// One pass over the field per question. Tags are told as they are read, so longer rounds would be no faster; short
/// ones leave room for the other antennas and for settings.
const REPEAT: u8 = 1;
/// A slot of a sequence without an antenna.
const NO_ANTENNA: u8 = 0xFF;
/// What one antenna more may add to the time until something is heard.
const PER_ANTENNA: Duration = Duration::from_millis(100);

/// A way to ask for a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A sequence over up to eight antennas, with session and target.
    Extended,
    /// A sequence over four or eight antennas.
    Switch,
    /// One antenna, with session and target.
    Session,
    /// One antenna.
    Plain,
}

impl Form {
    /// The richest form for so many antennas. A simple reader, one that answers no setting, gets the plainest: it would
    /// not answer the others either, and each costs a wait.
    pub(super) fn richest(antennas: usize, simple: bool) -> Self {
        match (simple, antennas) {
            (true, _) => Self::Plain,
            (false, ..=1) => Self::Session,
            (false, _) => Self::Extended,
        }
    }

    /// The next plainer form, for a reader that does not know this one. Session and target weigh more than speed: two
    /// readers side by side may depend on them.
    pub(super) fn plainer(self, settings: &ReaderSettings) -> Option<Self> {
        match self {
            Self::Extended if needs_session(settings) => Some(Self::Session),
            Self::Extended => Some(Self::Switch),
            Self::Switch => Some(Self::Session),
            Self::Session => Some(Self::Plain),
            Self::Plain => None,
        }
    }

    /// Whether one question goes over all antennas.
    pub(super) fn is_sequence(self) -> bool {
        matches!(self, Self::Extended | Self::Switch)
    }

    /// Whether session and target go with the question.
    pub(super) fn has_session(self) -> bool {
        matches!(self, Self::Extended | Self::Session)
    }
}

/// Whether the settings ask for something else than what every reader does by itself.
pub(super) fn needs_session(settings: &ReaderSettings) -> bool {
    (settings.session, settings.target) != (Session::S0, Target::A)
}

/// A question for one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub command: u8,
    pub data: Vec<u8>,
    /// Over how many antennas.
    antennas: u32,
}

impl Question {
    /// The question for a round over these antennas (indices from 0, at most eight; one only where the form has no
    /// sequence). `target` is 0 for A, 1 for B.
    pub(super) fn new(form: Form, indices: &[u8], session: Session, target: u8) -> Self {
        let (command, data) = match form {
            Form::Extended => (FAST_SWITCH, extended(indices, session, target)),
            Form::Switch => (FAST_SWITCH, switch(indices)),
            Form::Session => (SESSION_INVENTORY, vec![session.number(), target, REPEAT]),
            Form::Plain => (INVENTORY, vec![REPEAT]),
        };
        Self { command, data, antennas: indices.len() as u32 }
    }

    /// `wait`, and what the antennas after the first add to it.
    pub(super) fn stretched(&self, wait: Duration) -> Duration {
        wait + PER_ANTENNA * self.antennas.saturating_sub(1)
    }
}

/// Pairs of antenna and stay, the unused ones skipped.
fn slots(indices: &[u8], count: usize) -> Vec<u8> {
    let used = indices.iter().flat_map(|&index| [index, REPEAT]);
    used.chain(std::iter::repeat([NO_ANTENNA, 0]).flatten()).take(count * 2).collect()
}

/// Pairs, interval, repeat (protocol sheet, section 5).
fn switch(indices: &[u8]) -> Vec<u8> {
    let four = indices.len() <= 4 && indices.iter().all(|&index| index < 4);
    let mut data = slots(indices, if four { 4 } else { 8 });
    data.extend([0, REPEAT]);
    data
}

/// Eight pairs, interval, five reserved, session, target, optimise, ongoing, target quantity, phase, repeat (section 5).
/// The phase is not asked for: nothing uses it, and it makes every tag longer on the line.
fn extended(indices: &[u8], session: Session, target: u8) -> Vec<u8> {
    let mut data = slots(indices, 8);
    data.extend([0; 6]);
    data.extend([session.number(), target, 0, 0, 0, 0, REPEAT]);
    data
}
