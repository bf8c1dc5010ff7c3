//! Command cards: printed codes that stand for a key press. They are never authority: anyone can print one
//! (`ux.md` section 5).

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
}

/// A code that begins like a card but is none we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("take the card {0}: this station has no such command")]
pub struct UnknownCard(pub String);

impl Card {
    /// Reads a code; none if it is not a card at all.
    pub fn from_text(text: &str) -> Option<Result<Self, UnknownCard>> {
        let word = text.trim().strip_prefix(PREFIX)?;
        Some(match word.trim().to_ascii_uppercase().as_str() {
            "ISSUE" => Ok(Self::Issue),
            "RETURN" => Ok(Self::Return),
            "AUTO" => Ok(Self::Auto),
            "OK" => Ok(Self::Ok),
            "CANCEL" => Ok(Self::Cancel),
            "REPEAT" => Ok(Self::Repeat),
            "ACK" => Ok(Self::Acknowledge),
            "CALL SUPERVISOR" => Ok(Self::CallSupervisor),
            _ => Err(UnknownCard(word.chars().filter(|c| !c.is_control()).take(20).collect())),
        })
    }
}
