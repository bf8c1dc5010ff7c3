//! What must hold of any bytes whatever: the bodies of the fuzz targets, and of the test that replays their corpus.

use armoury_hardware::scanner::{
    Decode, EventSize, Gm65Decoder, Heard, KeyMap, KeyboardDecoder, LineDecoder, MAX_CODE_BYTES, SsiDecoder,
};

/// A bar code scanner's decoder: no panic, nothing altered by where the line cut the bytes, no code that is empty or
/// longer than a code may be.
///
/// The first byte says where the rest is cut.
pub fn scanner(kind: &str, input: &[u8]) {
    match kind {
        "line" => scanned(LineDecoder::default, input),
        "gm65" => scanned(Gm65Decoder::default, input),
        "ssi" => scanned(SsiDecoder::default, input),
        "keyboard" => scanned(|| KeyboardDecoder::new(KeyMap::Us, EventSize::Bits64), input),
        other => panic!("no scanner is called {other}"),
    }
}

fn scanned<D: Decode>(fresh: impl Fn() -> D, input: &[u8]) {
    let Some((&cut, bytes)) = input.split_first() else { return };
    let at = bytes.len() * usize::from(cut) / 256;
    let whole = heard(fresh(), &[bytes]);
    let pieces = heard(fresh(), &[&bytes[..at], &bytes[at..]]);
    // What is refused may be told in other portions; what is taken may not differ.
    let taken = |heard: &[Heard]| -> Vec<Heard> {
        heard.iter().filter(|one| !matches!(one, Heard::Refused { .. })).cloned().collect()
    };
    assert_eq!(taken(&whole), taken(&pieces), "cut after {at} bytes");
    for one in whole {
        if let Heard::Code(code) = one {
            assert!((1..=MAX_CODE_BYTES).contains(&code.bytes.len()), "{code:?}");
        }
    }
}

fn heard<D: Decode>(mut decoder: D, pieces: &[&[u8]]) -> Vec<Heard> {
    let mut heard = Vec::new();
    for piece in pieces {
        heard.extend(decoder.push(piece));
    }
    heard.extend(decoder.give_up_partial());
    assert!(!decoder.is_waiting(), "something is held back after the pause");
    heard
}
