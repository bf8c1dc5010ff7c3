//! The decoder's rules that no vector breaks, each broken once, on tags laid out by hand.

use armoury::identity::epc::{EpcError, decode};

use super::plus_schemes::{bits, bytes, nibbles};

/// Header, filter 0, partition 5, company prefix 0614141.
fn head(header: &str) -> String {
    nibbles(header) + &bits(0, 3) + &bits(5, 3) + &bits(614_141, 24)
}

fn refused(tag: &str) -> EpcError {
    decode(&bytes(tag)).expect_err("the tag breaks a rule")
}

#[test]
fn reserved_bits_are_zero() {
    let crate_number = head("31") + &bits(1_234_567_890, 34);
    assert!(decode(&bytes(&(crate_number.clone() + &bits(0, 24)))).is_ok());
    assert!(matches!(refused(&(crate_number + &bits(1, 24))), EpcError::ReservedBits { .. }));
}

#[test]
fn a_reference_of_no_digits_is_zero() {
    let place = nibbles("32") + &bits(0, 6) + &bits(952_006_000_001, 40);
    assert!(decode(&bytes(&(place.clone() + &bits(0, 1) + &bits(7, 41)))).is_ok());
    let error = refused(&(place + &bits(1, 1) + &bits(7, 41)));
    assert_eq!(error, EpcError::Reference { value: 1, digits: 0 });
}

#[test]
fn component_references_and_serials_have_few_digits() {
    let component = nibbles("3C") + &bits(0, 6) + &bits(952_006_000_001, 40);
    assert!(decode(&bytes(&(component.clone() + &bits(999, 11) + &bits(1, 31)))).is_ok());
    let error = refused(&(component + &bits(1_000, 11) + &bits(1, 31)));
    assert_eq!(error, EpcError::Reference { value: 1_000, digits: 3 });
    let part = head("3D") + &bits(0x35, 6) + &bits(0, 6);
    assert!(decode(&bytes(&(part.clone() + &bits(999_999_999_999, 40)))).is_ok());
    assert!(matches!(refused(&(part + &bits(1_000_000_000_000, 40))), EpcError::Range { .. }));
    assert!(matches!(refused(&(head("3D") + &bits(0, 6) + &bits(1, 40))), EpcError::EmptyText { .. }));
}

#[test]
fn pieces_have_two_digits() {
    let item = head("40") + &bits(12_345, 20);
    assert!(decode(&bytes(&(item.clone() + &bits(99, 7) + &bits(99, 7) + &bits(1, 38)))).is_ok());
    let error = refused(&(item + &bits(1, 7) + &bits(100, 7) + &bits(1, 38)));
    assert!(matches!(error, EpcError::Range { field: "total", value: 100, .. }));
}

#[test]
fn a_coupon_serial_has_its_one_in_front() {
    let coupon = |serial: u128| head("3F") + &bits(67_890, 17) + &bits(serial, 41);
    assert_eq!(decode(&bytes(&coupon(1_007))).unwrap().pure_uri, "urn:epc:id:sgcn:0614141.67890.007");
    for serial in [0, 1, 2, 2_007] {
        assert!(matches!(refused(&coupon(serial)), EpcError::Range { .. }), "{serial}");
    }
}

#[test]
fn part_and_serial_of_aerospace_tags_keep_their_bounds() {
    let six = |text: &str| text.bytes().map(|byte| bits(u128::from(byte & 0x3F), 6)).collect::<String>();
    let tag = |code: &str, part: &str, serial: &str| {
        nibbles("3B") + &bits(1, 6) + &six(code) + &six(part) + &bits(0, 6) + &six(serial) + &bits(0, 6)
    };
    let long = |count: usize| "A".repeat(count);
    assert!(decode(&bytes(&tag(" 1MVX9", &long(32), &long(30)))).is_ok());
    assert!(matches!(refused(&tag(" 1MVX9", &long(33), "1")), EpcError::TooManyCharacters { max: 32, .. }));
    assert!(matches!(refused(&tag(" 1MVX9", "", &long(31))), EpcError::TooManyCharacters { max: 30, .. }));
    assert!(matches!(refused(&tag(" 1MVX9", "A#", "1")), EpcError::Character { found: '#', .. }));
    assert!(matches!(refused(&tag(" 1MVX9", "A", "1#")), EpcError::Character { found: '#', .. }));
    assert!(matches!(refused(&tag(" 1MVX9", "AAAA", "#")), EpcError::EmptyText { .. }));
    assert!(matches!(refused(&tag(" 1MVX9", "AAAA", "")), EpcError::EmptyText { .. }));
    assert!(matches!(refused(&tag(" 1MVI9", "AAAA", "1")), EpcError::Character { found: 'I', .. }));
    assert!(matches!(refused(&tag("1MVX 9", "AAAA", "1")), EpcError::Character { found: ' ', .. }));
}
