//! Command cards: printed codes that stand for a key press. They are never authority: anyone can print one
//! (`ux.md` section 5).

use crate::domain::Purpose;
use crate::identity::mark::printable;

/// How their codes begin.
pub const PREFIX: &str = "CMD:";

/// What a card asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// Only issue from now on.
    Issue,
    /// Only return from now on.
    Return,
    /// Direction follows custody again.
    Auto,
    /// What was on the screen has been dealt with.
    Ok,
    /// Forget the badge and what waits for one.
    Cancel,
    /// Say the last verdict again.
    Repeat,
    /// Acknowledge the newest alarm.
    Acknowledge,
    /// A person is wanted at the hatch.
    CallSupervisor,
    /// Marks count for the count that is open, or no longer.
    Count,
    /// Take the last issue or return here back.
    Undo,
    /// What the next draws are for.
    For(Purpose),
    /// Begin a stand-to: takes a supervisor's badge too.
    StandTo,
    /// What just came back is clean.
    Clean,
    /// What just came back is to be cleaned.
    Dirty,
    /// What just came back is not fit for issue.
    Unfit,
}

/// A code that begins like a card but is none we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("take the card {0}: this station has no such command")]
pub struct UnknownCard(pub String);

impl Card {
    /// All of them, in the order of the wall sheet.
    pub const ALL: [Self; 19] = [
        Self::Issue,
        Self::Return,
        Self::Auto,
        Self::Ok,
        Self::Cancel,
        Self::Repeat,
        Self::Acknowledge,
        Self::CallSupervisor,
        Self::Undo,
        Self::For(Purpose::Duty),
        Self::For(Purpose::Range),
        Self::For(Purpose::Repair),
        Self::For(Purpose::Court),
        Self::For(Purpose::Loan),
        Self::StandTo,
        Self::Clean,
        Self::Dirty,
        Self::Unfit,
        Self::Count,
    ];

    /// The word behind the prefix, as printed on the card.
    pub fn word(self) -> &'static str {
        match self {
            Self::Issue => "ISSUE",
            Self::Return => "RETURN",
            Self::Auto => "AUTO",
            Self::Ok => "OK",
            Self::Cancel => "CANCEL",
            Self::Repeat => "REPEAT",
            Self::Acknowledge => "ACK",
            Self::CallSupervisor => "CALL SUPERVISOR",
            Self::Count => "COUNT",
            Self::Undo => "UNDO",
            Self::For(Purpose::Duty) => "DUTY",
            Self::For(Purpose::Range) => "RANGE",
            Self::For(Purpose::Repair) => "REPAIR",
            Self::For(Purpose::Court) => "COURT",
            Self::For(Purpose::Loan) => "LOAN",
            Self::For(Purpose::StandTo) | Self::StandTo => "STAND TO",
            Self::Clean => "CLEAN",
            Self::Dirty => "DIRTY",
            Self::Unfit => "UNFIT",
        }
    }

    /// The code on the card.
    pub fn text(self) -> String {
        format!("{PREFIX}{}", self.word())
    }

    /// Reads a code; none if it is not a card at all.
    pub fn from_text(text: &str) -> Option<Result<Self, UnknownCard>> {
        let word = text.trim().strip_prefix(PREFIX)?;
        let found = Self::ALL.into_iter().find(|card| word.trim().eq_ignore_ascii_case(card.word()));
        let unknown = || UnknownCard(printable(word).chars().take(20).collect());
        Some(found.ok_or_else(unknown))
    }
}
