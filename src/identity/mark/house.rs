//! House codes: for places with no scheme at all. A lost label tells its finder nothing.
//!
//! `A1:`, ten characters of `0-9 A-Z` without `I L O U`, one check character by Luhn mod 32 over that alphabet in that
//! order (ruling of the architecture).

/// The text every house code begins with; its digit is the version.
const PREFIX: &str = "A1:";
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS: usize = 10;

/// Why a text that begins like a house code is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HouseError {
    /// No `A1:` in front.
    #[error("a house code begins with A1:")]
    Prefix,
    /// Too short or too long.
    #[error(
        "a house code has 11 characters after A1:, this one has {got}: part of it is missing or was added"
    )]
    Length {
        /// How many there are.
        got: usize,
    },
    /// A character outside the alphabet.
    #[error("{found:?} never stands in a house code: 0-9 and A-Z without I, L, O and U do")]
    Character {
        /// The character.
        found: char,
    },
    /// The last character does not belong to the ten before it.
    #[error(
        "the check character {found} does not belong to this house code: misread or miscopied; scan it again"
    )]
    CheckCharacter {
        /// What stands there. What would be right is not told: a guess must not be helped.
        found: char,
    },
}

/// Makes a house code from ten random bytes; five bits of each are used, every code is equally likely.
pub fn make(random: [u8; 10]) -> String {
    let values = random.map(|byte| byte % 32);
    let mut code = PREFIX.to_owned();
    for value in values {
        code.push(character(value));
    }
    code.push(character(check_value(&values)));
    code
}

/// Checks a house code and gives it in capitals.
///
/// # Errors
/// When prefix, length, alphabet or check character are wrong.
pub fn check(text: &str) -> Result<String, HouseError> {
    if !is_meant(text) {
        return Err(HouseError::Prefix);
    }
    let body = &text[PREFIX.len()..];
    let mut values = Vec::with_capacity(CHARACTERS + 1);
    for found in body.chars().take(CHARACTERS + 1) {
        values.push(value(found).ok_or(HouseError::Character { found })?);
    }
    let got = body.chars().count();
    let Some((check, ten)) = values.split_last().filter(|_| got == CHARACTERS + 1) else {
        return Err(HouseError::Length { got });
    };
    if check_value(ten) != *check {
        return Err(HouseError::CheckCharacter { found: character(*check) });
    }
    Ok(text.to_ascii_uppercase())
}

/// Whether a text begins as a house code does, so that what follows must be one.
pub(super) fn is_meant(text: &str) -> bool {
    text.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

fn character(value: u8) -> char {
    char::from(ALPHABET[usize::from(value % 32)])
}

fn value(c: char) -> Option<u8> {
    let c = c.to_ascii_uppercase();
    ALPHABET.iter().position(|other| char::from(*other) == c).map(|index| index as u8)
}

/// Luhn mod N: every second value from the right is doubled and its digits in base 32 are added.
fn check_value(values: &[u8]) -> u8 {
    let mut sum = 0_u32;
    for (index, value) in values.iter().rev().enumerate() {
        let addend = u32::from(*value) * if index % 2 == 0 { 2 } else { 1 };
        sum += addend / 32 + addend % 32;
    }
    ((32 - sum % 32) % 32) as u8
}
