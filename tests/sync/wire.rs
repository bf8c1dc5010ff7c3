//! Bytes that must never change, and answers that must not be believed.

use armoury::domain::{Practice, StationId};
use armoury::ledger::entry::Hash;
use armoury::sync::wire::{Answer, Head, Receipt, Reply, WireError, request_digest};
use proptest::prelude::*;

use crate::book::{Book, key};

fn receipt() -> Receipt {
    Receipt {
        station: StationId::new("north"),
        head: Head { epoch: 1, seq: 42, hash: Hash([0xab; 32]) },
        position: 7,
        log: Hash([0xcd; 32]),
        received_ms: 1_800_000_000_000,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_receipt_has_the_bytes_it_had_in_the_first_version() {
    let raw = receipt().seal(&key(5));
    assert_eq!(hex(&raw), include_str!("receipt.hex").trim());
    assert_eq!(Receipt::verify(&raw, &key(5).verifying_key()).unwrap(), receipt());
}

#[test]
fn a_batch_has_the_digest_it_had_in_the_first_version() {
    let mut book = Book::new("north", &key(1), Practice::Live);
    book.append_bytes(b"entry two".to_vec());
    book.append_bytes(b"entry three".to_vec());
    let digest = book.batch(2, 3).pack(&key(1)).unwrap().digest;
    assert_eq!(digest.to_string(), include_str!("batch-digest.hex").trim());
}

#[test]
fn an_answer_counts_only_for_its_request_and_under_its_key() {
    let reply =
        Reply { at_ms: 1, software: "test".to_owned(), answer: Answer::Receipt(receipt().seal(&key(5))) };
    let request = request_digest(b"request");
    let bytes = reply.seal(&request, &key(5));
    let open = |bytes: &[u8], request, number| Reply::open(bytes, &request, &key(number).verifying_key());
    assert_eq!(open(&bytes, request, 5).unwrap(), reply);
    assert_eq!(open(&bytes, request_digest(b"another"), 5), Err(WireError::OtherRequest));
    assert_eq!(open(&bytes, request, 6), Err(WireError::Signature { what: "answer" }));
    // A receipt is no answer and an answer no receipt, although one key signed both.
    assert!(open(&receipt().seal(&key(5)), request, 5).is_err());
    assert!(Receipt::verify(&bytes, &key(5).verifying_key()).is_err());
    for bit in 0..bytes.len() * 8 {
        let mut bad = bytes.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&bad, request, 5).is_err(), "bit {bit}");
    }
    assert!(matches!(open(&vec![0; 1 << 20], request, 5), Err(WireError::TooLarge { .. })));
}

#[test]
fn keys_of_a_later_version_are_skipped() {
    // The receipt's map with one more key at its end, signed as it stands.
    let mut body = Vec::new();
    minicbor::Encoder::new(&mut body)
        .map(7)
        .and_then(|e| e.u8(0)?.u16(1)?.u8(1)?.str("north")?.u8(2)?.map(3)?.u8(0)?.u8(1)?.u8(1)?.u8(42)?.u8(2))
        .and_then(|e| {
            e.bytes(&[0xab; 32])?.u8(3)?.u8(7)?.u8(4)?.bytes(&[0xcd; 32])?.u8(5)?.i64(1_800_000_000_000)
        })
        .and_then(|e| e.u8(9)?.array(2)?.str("of a later version")?.u8(1))
        .unwrap();
    let raw = signed(b"armoury-receipt-1\0", &body, 5);
    assert_eq!(Receipt::verify(&raw, &key(5).verifying_key()).unwrap(), receipt());
}

/// Signs as `wire` describes it, worked out here anew.
fn signed(tag: &[u8], body: &[u8], number: u8) -> Vec<u8> {
    use ed25519_dalek::Signer;
    use sha2::{Digest, Sha256};
    let length = (body.len() as u64).to_be_bytes();
    let digest = Sha256::digest([tag, &length, body].concat());
    let signature = key(number).sign(&[tag, &digest[..]].concat()).to_bytes();
    let mut raw = Vec::new();
    minicbor::Encoder::new(&mut raw)
        .map(2)
        .and_then(|e| e.u8(0)?.bytes(body)?.u8(1)?.bytes(&signature))
        .unwrap();
    raw
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_panics(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let request = request_digest(b"request");
        prop_assert!(Reply::open(&bytes, &request, &key(5).verifying_key()).is_err());
        prop_assert!(Receipt::verify(&bytes, &key(5).verifying_key()).is_err());
        // Signed by headquarters, and still anything.
        for tag in [&b"armoury-answer-1\0"[..], b"armoury-receipt-1\0"] {
            let raw = signed(tag, &bytes, 5);
            prop_assert!(Reply::open(&raw, &request, &key(5).verifying_key()).is_err());
            prop_assert!(Receipt::verify(&raw, &key(5).verifying_key()).is_err());
        }
    }
}
