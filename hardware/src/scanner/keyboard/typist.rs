//! Input events → codes.

use super::event::{Cut, Cutter, Event, EventSize, KEY, SYN, SYN_DROPPED, SYN_REPORT};
use super::keys::*;
use crate::scanner::error::Refusal;
use crate::scanner::heard::{Decode, Heard, RawCode};
use crate::scanner::{KeyMap, MAX_CODE_BYTES};

/// The longest time between two keys of one code, in µs (scanner page, section 6: a scanner needs 1 to 15 ms, a person
/// more than 100).
const LONGEST_PAUSE_US: i64 = 100_000;

const GS: u8 = 0x1D;

/// Puts keys together to codes, each ended by Enter. A code is whole and unaltered or refused: a lost key, a pause, a key
/// without a character spoil everything up to the next Enter or pause.
#[derive(Debug)]
pub struct KeyboardDecoder {
    map: KeyMap,
    cutter: Cutter,
    held: Held,
    typed: Typed,
    /// When the last key that counts was pressed.
    pressed_at_us: Option<i64>,
    /// The queue overflowed; nothing counts before the next report.
    dropping: bool,
}

/// The keys held down that change others.
#[derive(Debug, Default)]
struct Held {
    left_shift: bool,
    right_shift: bool,
    left_ctrl: bool,
    right_ctrl: bool,
    left_alt: bool,
    right_alt: bool,
}

impl Held {
    fn of(&mut self, key: u16) -> Option<&mut bool> {
        match key {
            LEFT_SHIFT => Some(&mut self.left_shift),
            RIGHT_SHIFT => Some(&mut self.right_shift),
            LEFT_CTRL => Some(&mut self.left_ctrl),
            RIGHT_CTRL => Some(&mut self.right_ctrl),
            LEFT_ALT => Some(&mut self.left_alt),
            RIGHT_ALT => Some(&mut self.right_alt),
            _ => None,
        }
    }

    fn shift(&self) -> bool {
        self.left_shift || self.right_shift
    }

    fn ctrl(&self) -> bool {
        self.left_ctrl || self.right_ctrl
    }

    /// The right Alt key, or Ctrl and Alt together, which is the same on Windows.
    fn alt_gr(&self) -> bool {
        self.right_alt || self.ctrl() && self.left_alt
    }
}

/// The code as far as it was typed.
#[derive(Debug, Default)]
struct Typed {
    bytes: Vec<u8>,
    spoilt: Option<Refusal>,
    /// An accent waits for the space that makes it a character.
    accent: Option<char>,
    /// A number typed while Alt is held: its value and whether it began with 0.
    alt_number: Option<(u32, bool)>,
    /// Bytes above 7F typed as numbers; they are the code's own bytes.
    has_bytes: bool,
    /// Characters above 7F typed with keys; they are written down as UTF-8.
    has_characters: bool,
}

impl Typed {
    fn spoil(&mut self, why: Refusal) {
        self.spoilt.get_or_insert(why);
    }

    fn byte(&mut self, byte: u8) {
        self.has_bytes |= !byte.is_ascii();
        self.put(&[byte]);
    }

    fn character(&mut self, character: char) {
        self.has_characters |= !character.is_ascii();
        self.put(character.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > MAX_CODE_BYTES {
            return self.spoil(Refusal::TooLong);
        }
        self.bytes.extend_from_slice(bytes);
        if self.has_bytes && self.has_characters {
            self.spoil(Refusal::MixedCharacterSets);
        }
    }

    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.spoilt.is_none() && self.accent.is_none()
    }
}

impl KeyboardDecoder {
    /// An empty decoder for a layout and a size of events.
    pub fn new(map: KeyMap, size: EventSize) -> Self {
        Self {
            map,
            cutter: Cutter::new(size),
            held: Held::default(),
            typed: Typed::default(),
            pressed_at_us: None,
            dropping: false,
        }
    }

    fn event(&mut self, event: Event, heard: &mut Vec<Heard>) {
        match (event.kind, event.code) {
            (SYN, SYN_DROPPED) => {
                self.lose_track(Refusal::Overflow, Some(event.at_us));
                self.dropping = true;
            }
            (SYN, SYN_REPORT) => self.dropping = false,
            (KEY, key) if !self.dropping => self.key(key, event, heard),
            _ => {}
        }
    }

    /// Events are missing: neither what was typed nor which keys are held is known. A code that goes on within a pause's
    /// time from then may miss its beginning.
    fn lose_track(&mut self, why: Refusal, at_us: Option<i64>) {
        self.pressed_at_us = at_us;
        self.typed.spoil(why);
        self.typed.alt_number = None;
        self.held = Held::default();
    }

    fn key(&mut self, key: u16, event: Event, heard: &mut Vec<Heard>) {
        let pressed = match event.value {
            0 => false,
            1 => true,
            // The kernel repeats a key that is held; a scanner presses it again.
            _ => return,
        };
        if let Some(held) = self.held.of(key) {
            *held = pressed;
            if key == LEFT_ALT && !pressed {
                self.alt_released(event.at_us, heard);
            }
        } else if pressed {
            self.pressed(key, event.at_us, heard);
        }
    }

    fn pressed(&mut self, key: u16, at_us: i64, heard: &mut Vec<Heard>) {
        // A clock that was set back is a pause as well: nobody knows how long.
        let paused =
            self.pressed_at_us.is_some_and(|before| !(0..=LONGEST_PAUSE_US).contains(&(at_us - before)));
        if paused && !self.typed.is_empty() {
            self.refuse(Refusal::Pause, heard);
        }
        self.pressed_at_us = Some(at_us);
        let alt_digit = if self.held.left_alt && !self.held.ctrl() { keypad_digit(key) } else { None };
        if let Some(digit) = alt_digit {
            self.alt_digit(digit);
        } else {
            match key {
                ENTER | KEYPAD_ENTER => self.enter(heard),
                F8 => self.typed.byte(GS),
                // Some scanners press it to be sure of their keypad.
                NUM_LOCK => {}
                _ => self.types(key, heard),
            }
        }
    }

    fn alt_digit(&mut self, digit: u32) {
        let (number, leading_zero) = self.typed.alt_number.unwrap_or((0, digit == 0));
        // Beyond the last character there is nothing to add: kept, so that it is refused.
        let number = number.saturating_mul(10).saturating_add(digit);
        self.typed.alt_number = Some((number, leading_zero));
    }

    fn alt_released(&mut self, at_us: i64, heard: &mut Vec<Heard>) {
        let Some((number, leading_zero)) = self.typed.alt_number.take() else { return };
        self.pressed_at_us = Some(at_us);
        match (u8::try_from(number), char::from_u32(number)) {
            (Ok(b'\r' | b'\n'), _) => self.enter(heard),
            (Ok(byte), _) if byte.is_ascii() || leading_zero => self.typed.byte(byte),
            // 128 to 255 without the zero are characters of a code page nobody named.
            (Err(_), Some(character)) => self.typed.character(character),
            _ => self.typed.spoil(Refusal::AltNumber { number }),
        }
    }

    fn types(&mut self, key: u16, heard: &mut Vec<Heard>) {
        let stroke = Stroke { key, shift: self.held.shift(), alt_gr: self.held.alt_gr() };
        let unknown = Refusal::UnknownKey { key, layout: self.map.name() };
        let ctrl = self.held.ctrl() && !stroke.alt_gr;
        if ctrl && key == RIGHT_BRACKET {
            return self.typed.byte(GS);
        }
        if self.held.left_alt && !stroke.alt_gr {
            return self.typed.spoil(unknown);
        }
        match (super::keys::key(stroke, self.map), self.typed.accent.take()) {
            (None, _) => self.typed.spoil(unknown),
            (Some(Key::Types(character)), None) if ctrl => self.control(character, unknown, heard),
            (Some(Key::Types(character)), None) => self.typed.character(character),
            (Some(Key::Types(' ')), Some(accent)) => self.typed.character(accent),
            (Some(Key::Accent(accent)), None) => self.typed.accent = Some(accent),
            (Some(_), Some(_)) => self.typed.spoil(Refusal::DeadKey),
        }
    }

    /// Ctrl and a character from @ to _ or a letter: a control character, as terminals have it.
    fn control(&mut self, character: char, unknown: Refusal, heard: &mut Vec<Heard>) {
        match u8::try_from(character.to_ascii_uppercase()) {
            Ok(byte @ b'@'..=b'_') => match byte & 0x1F {
                b'\r' | b'\n' => self.enter(heard),
                control => self.typed.byte(control),
            },
            _ => self.typed.spoil(unknown),
        }
    }

    fn enter(&mut self, heard: &mut Vec<Heard>) {
        if self.typed.accent.is_some() {
            self.typed.spoil(Refusal::DeadKey);
        }
        if self.typed.spoilt.is_some() {
            return self.refuse(Refusal::Overflow, heard);
        }
        let bytes = std::mem::take(&mut self.typed).bytes;
        heard.push(if bytes.is_empty() {
            Heard::Blank(b'\r')
        } else {
            Heard::Code(RawCode { bytes, ended_by: Some(b'\r'), blame: None })
        });
    }

    /// Throws away what was typed; what spoilt it first is the reason.
    fn refuse(&mut self, why: Refusal, heard: &mut Vec<Heard>) {
        let typed = std::mem::take(&mut self.typed);
        heard.push(Heard::Refused { why: typed.spoilt.unwrap_or(why), bytes: typed.bytes });
    }
}

impl Decode for KeyboardDecoder {
    fn push(&mut self, bytes: &[u8]) -> Vec<Heard> {
        let mut heard = Vec::new();
        for cut in self.cutter.cut(bytes) {
            match cut {
                Cut::Event(event) => self.event(event, &mut heard),
                Cut::Noise(bytes) => {
                    self.lose_track(Refusal::NotAnEvent, None);
                    heard.push(Heard::Refused { why: Refusal::NotAnEvent, bytes });
                }
            }
        }
        heard
    }

    fn give_up_partial(&mut self) -> Vec<Heard> {
        let mut heard = Vec::new();
        if let Some(bytes) = self.cutter.rest() {
            let missing = self.cutter.size.bytes() - bytes.len();
            self.lose_track(Refusal::NotAnEvent, None);
            heard.push(Heard::Refused { why: Refusal::CutShort { missing }, bytes });
        }
        if !self.typed.is_empty() {
            self.refuse(Refusal::Pause, &mut heard);
        }
        self.typed = Typed::default();
        heard
    }

    fn is_waiting(&self) -> bool {
        !self.cutter.is_empty() || !self.typed.is_empty()
    }
}
