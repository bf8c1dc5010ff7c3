//! The "+" schemes have no tag URI to encode from; here a packer written from TDS 2.3 section 14.5 makes the tags, by
//! way of strings of 0 and 1, so that it shares nothing with the decoder.

use armoury::identity::epc::{EpcError, decode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::properties::holds;

/// A number as so many binary digits.
pub(super) fn bits(value: u128, count: usize) -> String {
    format!("{value:0count$b}")
}

/// Digits as nibbles, with E and F for the delimiter and the terminator.
pub(super) fn nibbles(digits: &str) -> String {
    digits.chars().map(|c| bits(c.to_digit(16).unwrap().into(), 4)).collect()
}

/// Bits of the largest number of so many digits.
fn integer(digits: &str) -> String {
    let largest = 10_u128.pow(digits.len() as u32) - 1;
    bits(digits.parse().unwrap(), format!("{largest:b}").len())
}

/// Indicator, length and characters.
fn packed(indicator: u8, text: &str) -> String {
    let by = |alphabet: &str, count: usize| {
        text.chars().map(|c| bits(alphabet.find(c).unwrap() as u128, count)).collect::<String>()
    };
    let body = match indicator {
        0 => integer(text),
        1 => by("0123456789ABCDEF", 4),
        2 => by("0123456789abcdef", 4),
        3 => by("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6),
        4 => text.chars().map(|c| bits(u128::from(c as u32), 7)).collect(),
        5 => {
            let codes: Vec<u128> = text
                .chars()
                .map(|c| " ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789".find(c).unwrap() as u128)
                .collect();
            let code = |group: &[u128], at: usize| group.get(at).copied().unwrap_or(0);
            let value = |group: &[u128]| 1600 * code(group, 0) + 40 * code(group, 1) + code(group, 2) + 1;
            codes.chunks(3).map(|group| bits(value(group), 16)).collect()
        }
        _ => panic!("reserved indicator"),
    };
    bits(indicator.into(), 3) + &bits(text.len() as u128, 5) + &body
}

/// Whole bytes, zeros behind.
pub(super) fn bytes(bits: &str) -> Vec<u8> {
    let padded = format!("{bits:0<width$}", width = bits.len().div_ceil(8) * 8);
    padded
        .as_bytes()
        .chunks(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect()
}

/// An indicator and a text it can pack, up to twenty characters.
fn serial() -> impl Strategy<Value = (u8, String)> {
    let alphabets = [
        "0123456789",
        "0123456789ABCDEF",
        "0123456789abcdef",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "ABCxyz0189!\"%&'()*+,-./:;<=>?_",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789",
    ];
    (0..6_u8).prop_flat_map(move |indicator| {
        let alphabet: Vec<char> = alphabets[usize::from(indicator)].chars().collect();
        vec(select(alphabet), 1..=20).prop_map(move |chars| (indicator, chars.into_iter().collect()))
    })
}

#[test]
fn every_packing_of_a_serial_is_read() {
    holds("SGTIN+", ("[0-9]{14}", serial(), 0..8_u8), |(gtin, (indicator, serial), filter)| {
        let tag = nibbles("F7") + &bits(filter.into(), 4) + &nibbles(&gtin) + &packed(indicator, &serial);
        let decoded = decode(&bytes(&tag)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(decoded.element_string, Some(format!("(01){gtin}(21){serial}")));
        prop_assert_eq!(decoded.filter, Some(filter));
        Ok(())
    });
}

#[test]
fn assets_with_and_without_letters_are_read() {
    holds("GIAI+", ("[0-9]{4,9}", proptest::option::of(serial())), |(digits, rest)| {
        let tag = "FA3".to_owned() + &digits + if rest.is_some() { "E" } else { "F" };
        let packed = rest.as_ref().map(|(indicator, text)| packed(*indicator, text)).unwrap_or_default();
        let asset = digits + &rest.map(|(_, text)| text).unwrap_or_default();
        let whole = bytes(&(nibbles(&tag) + &packed));
        let decoded = decode(&whole).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(decoded.uii.as_deref(), Some(asset.as_str()));
        for length in 0..whole.len() {
            if let Ok(cut) = decode(&whole[..length]) {
                prop_assert_eq!(&cut.pure_uri, &decoded.pure_uri);
            }
        }
        Ok(())
    });
}

#[test]
fn what_breaks_the_packing_is_refused() {
    let head = nibbles("F7379521141123453");
    let refused = |rest: &str| decode(&bytes(&(head.clone() + rest + &"0".repeat(16)))).unwrap_err();
    assert!(matches!(refused(&(bits(6, 3) + &bits(3, 5))), EpcError::Indicator { indicator: 6, .. }));
    assert!(matches!(refused(&bits(0, 8)), EpcError::EmptyText { .. }));
    assert!(matches!(refused(&bits(21, 8)), EpcError::TooManyCharacters { max: 20, .. }));
    assert!(matches!(refused(&(bits(1, 8) + &bits(10, 4))), EpcError::Range { value: 10, .. }));
    // A padding character in the middle of a group, and a group beyond the table.
    assert!(matches!(refused(&(bits(0b101, 3) + &bits(3, 5) + &bits(1601, 16))), EpcError::Range { .. }));
    assert!(matches!(refused(&(bits(0b101, 3) + &bits(3, 5) + &bits(64_001, 16))), EpcError::Range { .. }));
    assert!(matches!(
        refused(&(bits(0b100, 3) + &bits(1, 5) + &bits(0x40, 7))),
        EpcError::Character { found: '@', .. }
    ));
    assert!(matches!(
        refused(&(bits(0b100, 3) + &bits(1, 5) + &bits(0x23, 7))),
        EpcError::Character { found: '#', .. }
    ));
    assert!(matches!(
        decode(&bytes(&nibbles("F43952114A1234567890"))),
        Err(EpcError::Range { value: 10, .. })
    ));
    assert!(matches!(decode(&bytes(&nibbles("FA3F"))), Err(EpcError::EmptyText { .. })));
    assert!(matches!(decode(&bytes(&nibbles("F1319521141123454"))), Err(EpcError::Range { value: 1, .. })));
    let dated = |kind: u128, year: u128, month: u128, day: u128| {
        let date = bits(kind, 4) + &bits(year, 7) + &bits(month, 4) + &bits(day, 5);
        decode(&bytes(&(nibbles("FB3") + &date + &nibbles("79521141123453") + &packed(0, "7"))))
    };
    assert!(dated(4, 24, 2, 29).is_ok() && dated(6, 99, 12, 0).is_ok());
    for (kind, year, month, day) in
        [(7, 24, 1, 1), (4, 100, 1, 1), (4, 24, 13, 1), (4, 23, 2, 29), (4, 24, 4, 31)]
    {
        assert!(
            matches!(dated(kind, year, month, day), Err(EpcError::Range { .. })),
            "{kind} {year} {month} {day}"
        );
    }
}
