//! Codes that the station draws itself.

use std::time::Duration;

use armoury_hardware::symbol::{Decoder, Effort, GreyFrame, PictureError, SymbolReader, Symbology, draw};

#[test]
fn what_is_drawn_is_read_back() {
    let mut reader = SymbolReader::new();
    let cases = [
        (Symbology::Qr, "A1:7K2M9QX4TB3"),
        (Symbology::Qr, "https://example.mil/8004/0016AG36Nº7"),
        (Symbology::DataMatrix, "[)>\u{1e}06\u{1d}25S0016A\u{1d}1PM4\u{1d}S123\u{1e}\u{4}"),
        (Symbology::DataMatrix, "D0016A1234567"),
        (Symbology::Code128, "W-104233"),
        (Symbology::Code39, "M4/A1-$7"),
    ];
    for (symbology, text) in cases {
        for (effort, module_px) in [(Effort::Quick, 4), (Effort::Full, 4), (Effort::Full, 2)] {
            let frame = draw(text, symbology, module_px).expect("a text that fits");
            let result = reader.read(&frame, effort, &Symbology::ALL);
            let [code] = result.codes.as_slice() else { panic!("{symbology} {text}: {result:?}") };
            assert_eq!((code.text.as_str(), code.symbology), (text, symbology), "{effort:?} at {module_px}");
            assert_eq!(code.decoder, Decoder::ZxingCpp);
            assert_eq!(code.witnessed, symbology == Symbology::Qr, "{symbology} {text} at {module_px}");
        }
    }
}

#[test]
fn only_what_is_wanted_is_read() {
    let frame = draw("W-104233", Symbology::Code128, 3).expect("a text that fits");
    let mut reader = SymbolReader::new();
    for wanted in [&[][..], &[Symbology::Qr], &[Symbology::Code39, Symbology::DataMatrix]] {
        assert_eq!(reader.read(&frame, Effort::Full, wanted).codes, []);
    }
    assert_eq!(reader.read(&frame, Effort::Full, &[Symbology::Code128]).codes.len(), 1);
}

#[test]
fn a_code_that_shows_twice_is_told_once() {
    let one = draw("A1:7K2M9QX4TB3", Symbology::Qr, 4).expect("a text that fits");
    let rows = one.pixels.chunks_exact(one.width as usize);
    let pixels: Vec<u8> = rows.flat_map(|row| [row, row].concat()).collect();
    let two = GreyFrame::new(one.width * 2, one.height, pixels).expect("two side by side");
    assert_eq!(SymbolReader::new().read(&two, Effort::Full, &Symbology::ALL).codes.len(), 1);
}

#[test]
fn the_corners_lie_on_the_code_in_the_picture() {
    let code = draw("A1:7K2M9QX4TB3", Symbology::Qr, 5).expect("a text that fits");
    let picture = on_ground(&code, 4000, 3000, 2000, 1000);
    let result = SymbolReader::new().with_patience(Duration::from_secs(20)).read(
        &picture,
        Effort::Full,
        &[Symbology::Qr],
    );
    let corners = result.codes[0].corners.expect("a QR code has corners");
    let (right, bottom) = (2000 + code.width as i32, 1000 + code.height as i32);
    assert!(
        corners.iter().all(|&(x, y)| (2000..right).contains(&x) && (1000..bottom).contains(&y)),
        "{corners:?}"
    );
}

fn on_ground(code: &GreyFrame, width: u32, height: u32, left: usize, top: usize) -> GreyFrame {
    let mut pixels = vec![225; (width * height) as usize];
    for (y, row) in code.pixels.chunks_exact(code.width as usize).enumerate() {
        let start = (top + y) * width as usize + left;
        pixels[start..start + row.len()].copy_from_slice(row);
    }
    GreyFrame::new(width, height, pixels).expect("the ground")
}

#[test]
fn what_cannot_be_drawn_says_why() {
    for (text, symbology, module_px) in [
        ("", Symbology::Qr, 4),
        ("x", Symbology::Qr, 0),
        ("é", Symbology::Code39, 4),
        (&*"x".repeat(9000), Symbology::DataMatrix, 4),
    ] {
        let error = draw(text, symbology, module_px).expect_err("no such code");
        assert!(matches!(error, PictureError::Draw { .. }), "{error}");
    }
    let error = draw("A1:7K2M9QX4TB3", Symbology::Qr, 100_000).expect_err("a wall, not a label");
    assert!(matches!(error, PictureError::Dimensions { .. }), "{error}");
}
