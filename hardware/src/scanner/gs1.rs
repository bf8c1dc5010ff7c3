//! GS1 element strings, taken apart for `inspect`: application identifiers and their values.

use std::collections::BTreeMap;

/// Ends a value of variable length.
const GS: u8 = 0x1D;

/// Takes a GS1 element string apart; `None` where it is none: an unknown identifier, a value cut short, an identifier
/// said twice with different values.
pub(super) fn elements(bytes: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut rest = bytes;
    let mut found = BTreeMap::new();
    while let [first, behind @ ..] = rest {
        if *first == GS {
            rest = behind;
            continue;
        }
        let (identifier, after) = rest.split_at_checked(identifier_length(rest)?)?;
        let (value, after) = match value_length(identifier) {
            Some(length) => after.split_at_checked(length)?,
            None => after.split_at(after.iter().position(|&byte| byte == GS).unwrap_or(after.len())),
        };
        if value.is_empty() || !identifier.iter().all(u8::is_ascii_digit) || value.contains(&GS) {
            return None;
        }
        let (identifier, value) = (text(identifier)?, text(value)?);
        if found.insert(identifier, value.clone()).is_some_and(|earlier| earlier != value) {
            return None;
        }
        rest = after;
    }
    (!found.is_empty()).then_some(found)
}

fn text(bytes: &[u8]) -> Option<String> {
    bytes.is_ascii().then(|| bytes.iter().copied().map(char::from).collect())
}

/// How many digits the identifier has, by its first two (GS1 General Specifications, figure "length of application
/// identifiers").
fn identifier_length(bytes: &[u8]) -> Option<usize> {
    match bytes.get(..2)? {
        b"00" | b"01" | b"02" | b"03" | b"04" | b"10" | b"11" | b"12" | b"13" | b"15" | b"16" | b"17"
        | b"20" | b"21" | b"22" | b"30" | b"37" => Some(2),
        [b'9', b'0'..=b'9'] => Some(2),
        b"23" | b"24" | b"25" | b"40" | b"41" | b"42" | b"71" => Some(3),
        [b'3', b'1'..=b'6'] | b"39" | b"43" | b"70" | b"72" | b"80" | b"81" | b"82" => Some(4),
        _ => None,
    }
}

/// The identifiers whose values have a length fixed for ever and need no GS behind them (GS1 General Specifications,
/// figure "element strings with pre-defined length").
fn value_length(identifier: &[u8]) -> Option<usize> {
    match identifier.get(..2)? {
        b"00" => Some(18),
        b"01" | b"02" | b"03" => Some(14),
        b"04" => Some(16),
        b"11" | b"12" | b"13" | b"15" | b"16" | b"17" => Some(6),
        b"20" => Some(2),
        [b'3', b'1'..=b'6'] => Some(6),
        b"41" => Some(13),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::elements;

    #[test]
    fn what_is_no_element_string_is_not_guessed_at() {
        for wrong in ["", "01095212345", "99", "9", "ab12", "05123", "010952123456788821", "2\u{1d}1A"] {
            assert_eq!(elements(wrong.as_bytes()), None, "{wrong:?}");
        }
        assert!(elements(b"10A\x1d10B").is_none(), "one identifier, two values");
        assert!(elements("10Ä".as_bytes()).is_none(), "outside ASCII");
    }
}
