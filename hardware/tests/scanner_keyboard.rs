//! Keyboard scanners: what keys become, and what they must not become.

use armoury_hardware::scanner::{
    Decode, EventSize, Heard, KeyMap, KeyboardDecoder, inspect_scanner, strokes_for,
};
use serde_json::{Value, json};

const ENTER: u16 = 28;
const SHIFT: u16 = 42;
const CTRL: u16 = 29;
const ALT: u16 = 56;
const ALT_GR: u16 = 100;

/// A recording of keys, 2 ms apart.
#[derive(Default)]
struct Tape {
    events: Vec<(u64, u16, u16, i32)>,
    at_us: u64,
}

impl Tape {
    fn event(mut self, kind: u16, code: u16, value: i32) -> Self {
        self.at_us += 2_000;
        self.events.push((self.at_us, kind, code, value));
        self.events.push((self.at_us, 0, 0, 0));
        self
    }

    fn down(self, key: u16) -> Self {
        self.event(1, key, 1)
    }

    fn up(self, key: u16) -> Self {
        self.event(1, key, 0)
    }

    fn press(self, key: u16) -> Self {
        self.down(key).up(key)
    }

    fn with(self, held: u16, keys: &[u16]) -> Self {
        keys.iter().fold(self.down(held), |tape, &key| tape.press(key)).up(held)
    }

    fn keys(self, keys: &[u16]) -> Self {
        keys.iter().fold(self, |tape, &key| tape.press(key))
    }

    fn wait(mut self, ms: u64) -> Self {
        self.at_us += ms * 1_000;
        self
    }

    /// The events as a 64-bit or 32-bit system has them.
    fn bytes(&self, wide: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &(at_us, kind, code, value) in &self.events {
            let (seconds, micros) = (1_700_000_000 + at_us / 1_000_000, at_us % 1_000_000);
            if wide {
                bytes.extend(seconds.to_le_bytes());
                bytes.extend(micros.to_le_bytes());
            } else {
                bytes.extend((seconds as u32).to_le_bytes());
                bytes.extend((micros as u32).to_le_bytes());
            }
            bytes.extend(kind.to_le_bytes());
            bytes.extend(code.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes
    }

    fn read(&self, kind: &str) -> Vec<Value> {
        let both = [true, false].map(|wide| {
            let seen = inspect_scanner(kind, &self.bytes(wide)).expect("known");
            serde_json::to_value(seen).expect("JSON")
        });
        assert_eq!(both[0], both[1], "both sizes of events say the same");
        both[0].as_array().expect("a list").clone()
    }

    /// The one code there is.
    fn code(&self, kind: &str) -> Value {
        let seen = self.read(kind);
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0]["kind"], "code", "{seen:?}");
        seen[0].clone()
    }

    fn refusal(&self, kind: &str) -> String {
        let seen = self.read(kind);
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0]["kind"], "refused", "{seen:?}");
        seen[0]["reason"].as_str().expect("a reason").to_owned()
    }
}

#[test]
fn the_same_keys_are_other_characters_on_other_layouts() {
    // Places: Y, Z, minus, shift and 7, the key beside the left shift.
    let tape = || Tape::default().keys(&[21, 44, 12]).with(SHIFT, &[8]);
    assert_eq!(tape().press(ENTER).code("keyboard")["scan"], "yz-&");
    assert_eq!(tape().press(86).press(ENTER).code("keyboard:gb")["scan"], "yz-&\\");
    assert_eq!(tape().press(86).press(ENTER).code("keyboard:de")["scan"], "zyß/<");
    assert_eq!(tape().press(86).press(ENTER).code("keyboard:fr")["scan"], "yw)7<");
    assert_eq!(Tape::default().with(ALT_GR, &[8, 11, 16]).press(96).code("evdev:de")["scan"], "{}@");
    // The same as Windows has it, with Ctrl and Alt.
    let tape = Tape::default().down(CTRL).with(ALT, &[8]).up(CTRL).press(ENTER);
    assert_eq!(tape.code("keyboard:de")["scan"], "{");
    assert_eq!(Tape::default().press(40).press(ENTER).code("keyboard:de")["decoded_as_latin1"], false);
}

#[test]
fn every_character_of_ascii_is_typed_and_read_back_on_every_layout() {
    for map in KeyMap::ALL {
        let typable: String = (' '..='~').filter(|c| strokes_for(&c.to_string(), map).is_some()).collect();
        let missing: String = (' '..='~').filter(|c| !typable.contains(*c)).collect();
        // Accents need a second key there.
        let accents = match map {
            KeyMap::Us | KeyMap::Gb => "",
            KeyMap::De => "^`",
            KeyMap::Fr => "`~",
        };
        assert_eq!(missing, accents, "{map:?}");
        let mut tape = Tape::default();
        for stroke in strokes_for(&typable, map).expect("typable") {
            tape = match (stroke.shift, stroke.alt_gr) {
                (true, _) => tape.with(SHIFT, &[stroke.key]),
                (_, true) => tape.with(ALT_GR, &[stroke.key]),
                _ => tape.press(stroke.key),
            };
        }
        assert_eq!(tape.press(ENTER).code(&format!("keyboard:{}", map.name()))["scan"], typable);
    }
}

#[test]
fn gs_comes_as_f8_or_as_ctrl_and_a_bracket() {
    let tape = Tape::default().press(30).press(66).press(48).with(CTRL, &[27]).press(46).press(ENTER);
    for layout in ["keyboard", "keyboard:de"] {
        assert_eq!(tape.code(layout)["bytes"], "611d621d63");
    }
}

#[test]
fn numbers_typed_with_alt_are_characters() {
    // Keypad: 0 1 9 5 is 82 79 73 76; 0 1 5 0 is 82 79 76 82.
    let umlaut = Tape::default().with(ALT, &[82, 79, 73, 76]).with(ALT, &[82, 79, 76, 82]).press(ENTER);
    assert_eq!(umlaut.code("keyboard")["scan"], "Ö");
    let latin = Tape::default().with(ALT, &[82, 80, 79, 75]).press(30).press(ENTER).code("keyboard");
    assert_eq!((&latin["scan"], &latin["decoded_as_latin1"]), (&json!("Öa"), &json!(true)));
    // 65 needs no zero, 13 is an Enter.
    assert_eq!(Tape::default().with(ALT, &[77, 76]).with(ALT, &[79, 81]).code("keyboard")["scan"], "A");
    let ambiguous = Tape::default().with(ALT, &[79, 81, 82]).press(ENTER);
    assert!(ambiguous.refusal("keyboard").contains("leading zero"));
    let beyond = Tape::default().with(ALT, &[73; 30]).press(ENTER);
    assert!(beyond.refusal("keyboard").contains("ambiguous"));
    let mixed = Tape::default().press(40).with(ALT, &[82, 79, 73, 76]).press(ENTER);
    assert!(mixed.refusal("keyboard:de").contains("one of them"));
}

#[test]
fn keys_without_a_character_spoil_the_code_they_stand_in_and_no_other() {
    for (keys, layout, says) in [
        (&[30, 58, 48][..], "keyboard", "key 58"),
        (&[30, 183], "keyboard", "key 183"),
        (&[86], "keyboard", "us layout"),
        (&[41, 30], "keyboard:de", "accent"),
        (&[26], "keyboard:fr", "accent"),
        (&[30, 15], "keyboard", "0x09"),
    ] {
        let tape = Tape::default().keys(keys).press(ENTER).press(31).press(ENTER);
        let seen = tape.read(layout);
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert!(seen[0]["reason"].as_str().expect("a reason").contains(says), "{seen:?}");
        assert!(seen[1]["scan"].is_string(), "{seen:?}");
    }
    assert_eq!(Tape::default().keys(&[41, 57, ENTER]).code("keyboard:de")["scan"], "^", "accent and space");
}

#[test]
fn a_person_at_a_keyboard_never_makes_a_code() {
    let mut tape = Tape::default();
    for key in [30, 31, 32, ENTER, 33, 34, ENTER] {
        tape = tape.wait(110).down(key).wait(60).up(key);
    }
    let seen = tape.read("keyboard");
    assert!(seen.iter().all(|one| one["kind"] == "refused"), "{seen:?}");
    assert!(seen[0]["reason"].as_str().expect("a reason").contains("100 ms"), "{seen:?}");
    // Rolling from key to key, so that never more than 100 ms pass without an event.
    let tape = Tape::default().down(30).wait(70).down(SHIFT).wait(70).down(31).wait(70).up(30).wait(70);
    let seen = tape.down(ENTER).up(ENTER).read("keyboard");
    assert!(seen.iter().all(|one| one["kind"] == "refused"), "{seen:?}");
}

#[test]
fn a_pause_ends_what_was_begun_and_the_next_code_is_whole() {
    let seen = Tape::default().keys(&[30, 31]).wait(150).keys(&[32, 33, ENTER]).read("keyboard");
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!((&seen[0]["kind"], &seen[1]["scan"]), (&json!("refused"), &json!("df")));
    // A clock that is set back is a pause of unknown length.
    let mut tape = Tape::default().wait(5_000).press(30);
    tape.at_us = 0;
    let seen = tape.keys(&[31, ENTER]).read("keyboard");
    assert_eq!((&seen[0]["kind"], &seen[1]["scan"]), (&json!("refused"), &json!("s")), "{seen:?}");
}

#[test]
fn repeats_and_other_events_change_nothing() {
    let tape = Tape::default().down(30).event(1, 30, 2).event(1, 30, 2).up(30).event(4, 4, 458_756);
    let tape = tape.event(17, 0, 1).press(69).press(31).press(ENTER);
    assert_eq!(tape.code("keyboard")["scan"], "as");
}

#[test]
fn an_overflowed_queue_loses_the_whole_scan() {
    let tape = Tape::default().keys(&[30, 31]).event(0, 3, 0).keys(&[32, 33, ENTER]).keys(&[34, ENTER]);
    let seen = tape.read("keyboard");
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen[0]["reason"].as_str().expect("a reason").contains("overflowed"), "{seen:?}");
    assert_eq!(seen[1]["scan"], "g");
    // A shift that was held when track was lost is not held for ever.
    let tape = Tape::default().down(SHIFT).event(0, 3, 0).press(ENTER).keys(&[30, ENTER]);
    assert_eq!(tape.read("keyboard")[1]["scan"], "a");
}

#[test]
fn a_stream_that_lost_step_comes_back_into_it() {
    let whole = Tape::default().keys(&[30, 31, ENTER]).wait(300).keys(&[32, 33, ENTER]).bytes(true);
    for lost in 1..24 {
        let mut decoder = KeyboardDecoder::new(KeyMap::Us, EventSize::Bits64);
        let mut heard = decoder.push(&whole[lost..]);
        heard.extend(decoder.give_up_partial());
        let codes: Vec<&[u8]> = heard
            .iter()
            .filter_map(|one| match one {
                Heard::Code(code) => Some(code.bytes.as_slice()),
                _ => None,
            })
            .collect();
        assert_eq!(codes, [b"df"], "{lost} bytes lost: {heard:?}");
    }
}
