//! The second reader: rqrr, an independent program for QR codes.
//!
//! It says whether it makes the same bytes of a code: of modules that were sampled by our own arithmetic, so that neither
//! the first reader's thresholds nor its sampling, its error correction or its decoding are trusted twice. Its panics are
//! caught here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use rqrr::SimpleGrid;

use super::enhance;
use super::fit::fitted;
use super::flatten::{AROUND, FLAT, Grid};
use super::frame::GreyFrame;
use super::zxing::Seen;

/// How many ways of bending a grid are tried: the code was read, so it is hardly bent.
const STARTS: usize = 1;

/// Whether the second reader makes the same bytes of a code that the first one found.
///
/// It is given the place, not the reading: the modules are sampled anew, and if they do not decode, on a grid fitted to
/// them.
pub(crate) fn confirms(picture: &GreyFrame, code: &Seen, until: Instant) -> bool {
    let (Some(corners), Some(modules)) = (code.read.corners, code.modules) else {
        return false;
    };
    let agrees =
        |split: &GreyFrame| decoded(split, code.inverted).is_some_and(|bytes| bytes == code.read.bytes);
    // A panic was told by the fence's hook; the first reader's findings must not be lost with it.
    let caught = |ask: &dyn Fn() -> bool| catch_unwind(AssertUnwindSafe(ask)).unwrap_or(false);
    caught(&|| {
        let middles = Grid::over(corners, modules, FLAT).and_then(|grid| grid.sampled(picture, &AROUND));
        middles.is_some_and(|middles| enhance::split_modules(&middles).iter().any(agrees))
    }) || caught(&|| {
        fitted(picture, corners, modules, STARTS, until, |split| agrees(split).then_some(())).is_some()
    })
}

/// What the second reader makes of modules, one pixel each, black or white.
fn decoded(modules: &GreyFrame, inverted: bool) -> Option<Vec<u8>> {
    let dark = |x: usize, y: usize| (modules.pixels[y * modules.w() + x] == 0) != inverted;
    let mut bytes = Vec::new();
    rqrr::Grid::new(SimpleGrid::from_func(modules.w(), dark)).decode_to(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::symbol::{CodeRead, Decoder, Symbology, draw};

    const MODULE: i32 = 5;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    /// A drawn code, and what the first reader would say of it.
    fn drawn(text: &str) -> (GreyFrame, Seen) {
        let frame = draw(text, Symbology::Qr, MODULE as u32).expect("a text that fits");
        let (low, high) = (4 * MODULE, frame.width as i32 - 4 * MODULE);
        let modules = (high - low) as u32 / MODULE as u32;
        let read = CodeRead {
            text: text.into(),
            bytes: text.into(),
            aim: None,
            symbology: Symbology::Qr,
            decoder: Decoder::ZxingCpp,
            witnessed: false,
            corners: Some([(low, low), (high, low), (high, high), (low, high)]),
        };
        (frame, Seen { read, modules: Some((modules, modules)), inverted: false })
    }

    #[test]
    fn the_witness_confirms_what_is_printed_and_nothing_else() {
        for text in ["A1:7K2M9QX4TB3", "https://example.mil/8004/0016AG3627"] {
            let (frame, mut code) = drawn(text);
            assert!(confirms(&frame, &code, soon()), "{text}");
            let negative = Seen { inverted: true, ..drawn(text).1 };
            assert!(confirms(&enhance::inverted(&frame), &negative, soon()), "{text} light on dark");
            code.read.bytes[3] ^= 1;
            assert!(!confirms(&frame, &code, soon()), "another text than {text}");
        }
    }

    #[test]
    fn a_corner_a_module_off_is_found_by_the_witness_itself() {
        let (frame, mut code) = drawn("A1:7K2M9QX4TB3");
        if let Some([_, _, opposite, _]) = &mut code.read.corners {
            *opposite = (opposite.0 - MODULE, opposite.1 + MODULE);
        }
        assert!(confirms(&frame, &code, soon()));
    }

    #[test]
    fn no_place_and_no_size_make_it_panic_or_agree() {
        let (frame, code) = drawn("A1:7K2M9QX4TB3");
        let places = [
            [(0, 0); 4],
            [(i32::MIN, 0), (i32::MAX, 0), (0, i32::MAX), (0, 0)],
            [(9, 9), (0, 9), (9, 0), (3, 3)],
        ];
        for corners in places {
            for side in [21, 25, 177] {
                let read = CodeRead { corners: Some(corners), ..code.read.clone() };
                let wrong = Seen { read, modules: Some((side, side)), inverted: false };
                assert!(!confirms(&frame, &wrong, soon()), "{corners:?} with {side} modules");
            }
        }
    }
}
