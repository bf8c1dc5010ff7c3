//! What holds for any tag, any mark and any text. The seed is printed; set `ARMOURY_SEED` to repeat a run or to try
//! another.

use armoury::cli::inspect::{epc_json, epc_lines, mark_json, mark_lines};
use armoury::identity::epc::{self, Scheme, decode, encode, hex, parse_epc_hex, parse_hex};
use armoury::identity::serial::{confusable_form, search_form};
use armoury::identity::{MarkId, TagId, mark};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// Runs `test` on many values from one printed seed.
pub(super) fn holds<S: Strategy>(
    what: &str,
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let seed: u64 =
        std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_240_607);
    println!("{what}: seed {seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        failure_persistence: None,
        // More through PROPTEST_CASES.
        cases: Config::default().cases.max(2_000),
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    match runner.run(&strategy, test) {
        Ok(()) => {}
        Err(TestError::Fail(reason, value)) => {
            panic!("{what}, seed {seed}: {reason}\nwith {value:?}")
        }
        Err(error) => panic!("{what}, seed {seed}: {error}"),
    }
}

/// Seven-bit text as it stands in a URI.
fn uri_text(max: usize) -> impl Strategy<Value = String> {
    let alphabet: Vec<char> =
        (' '..='~').filter(|c| c.is_ascii_alphanumeric() || "!\"%&'()*+,-./:;<=>?_".contains(*c)).collect();
    assert_eq!(alphabet.len(), 82);
    vec(proptest::sample::select(alphabet), 1..=max).prop_map(|chars| {
        let escape = |c: char| {
            if "\"%&/<>?".contains(c) { format!("%{:02X}", c as u32) } else { c.to_string() }
        };
        chars.into_iter().map(escape).collect()
    })
}

/// A run of exactly so many digits.
fn digits(count: usize) -> BoxedStrategy<String> {
    vec(0..10_u8, count)
        .prop_map(|digits| digits.iter().map(|digit| char::from(b'0' + digit)).collect())
        .boxed()
}

/// A number below two to the `bits`, small and large ones alike.
fn number(bits: u32) -> BoxedStrategy<String> {
    (0..=bits, any::<u64>())
        .prop_map(|(bits, value)| (value & ((1_u128 << bits) - 1) as u64).to_string())
        .boxed()
}

fn six_bit(min: usize, max: usize) -> impl Strategy<Value = String> {
    vec(
        proptest::sample::select("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-/".chars().collect::<Vec<_>>()),
        min..=max,
    )
    .prop_map(|chars| chars.into_iter().collect::<String>().replace('/', "%2F"))
}

fn cage() -> impl Strategy<Value = String> {
    let alphabet: Vec<char> = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ".chars().collect();
    vec(proptest::sample::select(alphabet), 5..=6).prop_map(|chars| chars.into_iter().collect())
}

/// A tag URI of any scheme that has one.
fn tag_uri() -> impl Strategy<Value = String> {
    let schemes: Vec<Scheme> = Scheme::ALL.into_iter().filter(|scheme| !scheme.is_plus()).collect();
    assert_eq!(schemes.len(), 21);
    (proptest::sample::select(schemes), 0..8_u8, 0..7_usize).prop_flat_map(|(scheme, filter, row)| {
        let company = digits(12 - row);
        let head = format!("urn:epc:tag:{scheme}:{filter}");
        let keyed = |reference: BoxedStrategy<String>, rest: BoxedStrategy<String>| {
            let head = head.clone();
            (company.clone(), reference, rest)
                .prop_map(move |(company, reference, rest)| format!("{head}.{company}.{reference}{rest}"))
                .boxed()
        };
        let dotted = |serial: BoxedStrategy<String>| serial.prop_map(|serial| format!(".{serial}")).boxed();
        let none = || Just(String::new()).boxed();
        let piece = |serial: BoxedStrategy<String>| {
            (digits(2), digits(2), serial)
                .prop_map(|(piece, total, serial)| format!(".{piece}.{total}.{serial}"))
                .boxed()
        };
        let up_to =
            |digits: usize| (0..10_u64.pow(digits as u32)).prop_map(|value| value.to_string()).boxed();
        match scheme {
            Scheme::Sgtin96 => keyed(digits(1 + row), dotted(number(38))),
            Scheme::Sgtin198 => keyed(digits(1 + row), dotted(uri_text(20).boxed())),
            Scheme::Itip110 => keyed(digits(1 + row), piece(number(38))),
            Scheme::Itip212 => keyed(digits(1 + row), piece(uri_text(20).boxed())),
            Scheme::Sscc96 | Scheme::Gsrn96 | Scheme::Gsrnp96 => keyed(digits(5 + row), none()),
            Scheme::Sgln96 | Scheme::Gdti96 => keyed(digits(row), dotted(number(41))),
            Scheme::Sgln195 => keyed(digits(row), dotted(uri_text(20).boxed())),
            Scheme::Gdti174 => keyed(digits(row), dotted(uri_text(17).boxed())),
            Scheme::Sgcn96 => keyed(digits(row), dotted((1..=12_usize).prop_flat_map(digits).boxed())),
            Scheme::Grai96 => keyed(digits(row), dotted(number(38))),
            Scheme::Grai170 => keyed(digits(row), dotted(uri_text(16).boxed())),
            Scheme::Giai96 => keyed(number([42, 45, 48, 52, 55, 58, 62][row]), none()),
            Scheme::Giai202 => keyed(uri_text(18 + row).boxed(), none()),
            Scheme::Cpi96 => keyed(number([9, 13, 16, 19, 23, 26, 29][row]), dotted(number(31))),
            Scheme::CpiVar => keyed(six_bit(1, 18 + row).boxed(), dotted(up_to(12))),
            Scheme::Gid96 => (number(28), number(24), number(36))
                .prop_map(|(manager, class, serial)| format!("urn:epc:tag:gid-96:{manager}.{class}.{serial}"))
                .boxed(),
            Scheme::Usdod96 => {
                (cage(), number(36)).prop_map(move |(cage, serial)| format!("{head}.{cage}.{serial}")).boxed()
            }
            Scheme::AdiVar => (cage(), six_bit(0, 32), any::<bool>(), six_bit(1, 29))
                .prop_map(move |(cage, part, made_up, serial)| {
                    format!("{head}.{cage}.{part}.{}{serial}", if made_up { "%23" } else { "" })
                })
                .boxed(),
            other => panic!("no generator for {other}"),
        }
    })
}

#[test]
fn decoding_undoes_encoding() {
    holds("decode(encode(x)) = x", tag_uri(), |uri| {
        let encoded = encode(&uri).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(encoded.bytes.len() % 2, 0);
        prop_assert!(encoded.bytes.len() <= epc::EPC_MAX_BYTES);
        prop_assert!(
            encoded.bit_length <= encoded.bytes.len() * 8
                && encoded.bit_length + 16 > encoded.bytes.len() * 8
        );
        let decoded = decode(&encoded.bytes).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(decoded.tag_uri.as_deref(), Some(uri.as_str()));
        prop_assert_eq!(parse_epc_hex(&hex(&encoded.bytes)), Ok(encoded.bytes));
        Ok(())
    });
}

#[test]
fn a_cut_off_tag_is_never_another() {
    holds("truncation", tag_uri(), |uri| {
        let encoded = encode(&uri).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let whole = TagId::from_epc(&encoded.bytes);
        for length in 0..encoded.bytes.len() {
            if let Ok(cut) = decode(&encoded.bytes[..length]) {
                prop_assert_eq!(cut.pure_uri.as_str(), whole.as_str(), "{} bytes", length);
            }
        }
        let mut longer = encoded.bytes.clone();
        longer.extend([0xFF, 0x00, 0x34]);
        prop_assert_eq!(TagId::from_epc(&longer), whole);
        Ok(())
    });
}

#[test]
fn what_decodes_to_a_tag_uri_encodes_back() {
    let headers: Vec<u8> = Scheme::ALL.into_iter().map(Scheme::header).collect();
    let tag = (proptest::sample::select(headers), vec(any::<u8>(), 0..61));
    holds("encode(decode(x))", tag, |(header, rest)| {
        let epc = [vec![header], rest].concat();
        let Ok(decoded) = decode(&epc) else {
            return Ok(());
        };
        let Some(uri) = decoded.tag_uri else {
            return Ok(());
        };
        let encoded = encode(&uri).map_err(|error| TestCaseError::fail(format!("{uri}: {error}")))?;
        prop_assert_eq!(decode(&encoded.bytes).map(|decoded| decoded.pure_uri), Ok(decoded.pure_uri));
        let whole = encoded.bit_length / 8;
        prop_assert_eq!(&encoded.bytes[..whole], &epc[..whole]);
        Ok(())
    });
}

#[test]
fn no_bytes_upset_the_decoder() {
    holds("any EPC", vec(any::<u8>(), 0..80), |bytes| {
        let id = TagId::from_epc(&bytes);
        prop_assert!(id.tail().chars().count() <= 4);
        let text = hex(&bytes);
        prop_assert_eq!(epc_json(&text).1, epc_lines(&text).1);
        let _ = epc::iso_text(&bytes);
        Ok(())
    });
}

#[test]
fn no_text_upsets_anything() {
    holds("any text", any::<String>(), |text| {
        let _ = (parse_hex(&text), parse_epc_hex(&text), encode(&text), mark::house::check(&text));
        let _ = encode(&format!("urn:epc:tag:giai-202:0.9520066.{text}"));
        let form = search_form(&text);
        prop_assert_eq!(search_form(&form), form);
        let alike = confusable_form(&text);
        prop_assert_eq!(confusable_form(&alike), alike);
        Ok(())
    });
}

/// Texts made of what marks are made of, so that many get far into the parsers.
fn mark_like() -> impl Strategy<Value = Vec<u8>> {
    let bits = [
        "[)>\x1e",
        "05",
        "06",
        "12",
        "DD",
        "\x1d",
        "\x1e",
        "\x04",
        "\x1e\x04",
        "17V",
        "1MVX9",
        "1P",
        "S",
        "25S",
        "18S",
        "MFR ",
        "SER ",
        "0CVA5",
        "8004",
        "8003",
        "(8004)",
        "(01)",
        "(21)",
        "01",
        "21",
        "06141415678",
        "80614141123458",
        "]d2",
        "]C1",
        "]Q1",
        "A1:",
        "a1:0123456789t",
        "https://",
        "http://",
        "a.b",
        "/",
        "/8004/",
        "/01/",
        "%2F",
        "%",
        "é",
        "(",
        ")",
        "?",
        "#",
        "\r\n",
        "I",
        "7L",
        "3V",
        "W81X9C",
        "\u{202e}",
        "00106141412345678908",
    ];
    let piece = prop_oneof![
        4 => proptest::sample::select(bits.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

#[test]
fn no_mark_upsets_the_parser_and_a_key_is_its_own_key() {
    let any_mark = prop_oneof![3 => mark_like(), 1 => vec(any::<u8>(), 0..80)];
    holds("any mark", any_mark, |bytes| {
        let key = MarkId::from_bytes(&bytes);
        prop_assert_eq!(MarkId::from_text(key.as_str()), key.clone());
        match mark::parse(&bytes) {
            Ok(mark) => {
                prop_assert_eq!(&mark.key, &key);
                let parts = mark.parts.iter().map(|part| format!("{}{}", part.qualifier, part.value));
                prop_assert!(!parts.chain([mark.text]).any(|text| text.contains(char::is_control)));
            }
            Err(error) => prop_assert!(!error.to_string().contains(char::is_control)),
        }
        prop_assert_eq!(mark_json(&bytes).1, mark_lines(&bytes).1);
        prop_assert!(!mark_lines(&bytes).0.concat().contains(char::is_control));
        Ok(())
    });
}
