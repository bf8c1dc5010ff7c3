//! Files that are no pictures, half a picture, or a trap.

use std::time::{Duration, Instant};

use armoury_hardware::symbol::{
    Effort, GreyFrame, PictureError, SymbolReader, Symbology, draw, inspect_image, load_picture,
};

#[test]
fn a_saved_picture_is_inspected_under_the_name_it_was_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mark.png");
    draw("W-104233", Symbology::DataMatrix, 4).expect("fits").save_png(&path).expect("written");
    let path = path.to_str().expect("a plain name");
    let inspected = inspect_image(path, &mut SymbolReader::new());
    let json = serde_json::to_value(&inspected).expect("plain data");
    let ms = json["ms"].as_f64().expect("a number");
    assert!(ms > 0.0);
    let expected = serde_json::json!({
        "file": path,
        "codes": [{ "symbology": "data_matrix", "text": "W-104233", "decoder": "zxing-cpp" }],
        "ms": json["ms"],
    });
    assert_eq!(json, expected);
}

#[test]
fn every_cut_of_a_picture_is_refused_and_none_panics() {
    let folder = tempfile::tempdir().expect("a folder");
    let code = draw("W-104233", Symbology::Qr, 4).expect("fits");
    for format in [image::ImageFormat::Png, image::ImageFormat::Jpeg, image::ImageFormat::WebP] {
        let whole = encoded(&code, format);
        let path = folder.path().join("cut");
        for part in 0..40 {
            std::fs::write(&path, &whole[..whole.len() * part / 40]).expect("written");
            let error = load_picture(&path).expect_err("part of a picture");
            let kind = matches!(
                error,
                PictureError::NotAPicture | PictureError::Truncated | PictureError::Damaged { .. }
            );
            assert!(kind, "{format:?} cut at {part}/40: {error}");
        }
        std::fs::write(&path, &whole).expect("written");
        assert_eq!(load_picture(&path).map(|f| f.width).ok(), Some(code.width), "{format:?} whole");
    }
}

fn encoded(frame: &GreyFrame, format: image::ImageFormat) -> Vec<u8> {
    let grey = image::GrayImage::from_raw(frame.width, frame.height, frame.pixels.clone()).expect("a frame");
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::ImageLuma8(grey).to_rgb8().write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

#[test]
fn a_small_file_with_a_huge_picture_is_refused_before_it_unfolds() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bomb.png");
    for (width, height) in [(60_000, 60_000), (u32::MAX, 1), (100_000, 600), (0, 5)] {
        std::fs::write(&path, png_header(width, height)).expect("written");
        let started = Instant::now();
        let error = load_picture(&path).expect_err("too large");
        assert!(started.elapsed() < Duration::from_secs(2), "refused late");
        let inspected = inspect_image(path.to_str().expect("plain"), &mut SymbolReader::new());
        assert!(inspected.codes.is_empty() && inspected.reason.is_some(), "{width} x {height}: {error}");
    }
}

/// A PNG that claims a size and holds next to nothing.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut ihdr = b"IHDR".to_vec();
    ihdr.extend(width.to_be_bytes());
    ihdr.extend(height.to_be_bytes());
    ihdr.extend([8, 6, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for chunk in [ihdr, b"IDAT\x78\x9c\x63\x00\x00\x00\x01\x00\x01".to_vec(), b"IEND".to_vec()] {
        png.extend((chunk.len() as u32 - 4).to_be_bytes());
        png.extend(&chunk);
        png.extend(crc32(&chunk).to_be_bytes());
    }
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(load_picture(folder.path()), Err(PictureError::NotAFile { .. })));
    let missing = load_picture(folder.path().join("none.png")).expect_err("missing");
    assert!(matches!(missing, PictureError::Read { .. }), "{missing}");
    assert!(GreyFrame::new(3, 3, vec![0; 8]).is_err());
    assert!(GreyFrame::new(0, 3, Vec::new()).is_err());
    assert!(GreyFrame::new(65_536, 1, vec![0; 65_536]).is_err());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn no_picture_of_any_shape_panics_or_is_late(
        width in 1_u32..90, height in 1_u32..90, seed in proptest::prelude::any::<u64>(), full in proptest::prelude::any::<bool>()
    ) {
        let mut state = seed | 1;
        let mut noise = || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; (state >> 24) as u8 };
        let pixels = (0..width * height).map(|_| noise()).collect();
        let frame = GreyFrame::new(width, height, pixels).expect("fits");
        let effort = if full { Effort::Full } else { Effort::Quick };
        let mut reader = SymbolReader::new().with_patience(Duration::from_secs(20));
        let result = reader.read(&frame, effort, &Symbology::ALL);
        proptest::prop_assert_eq!(result.abandoned, None);
        proptest::prop_assert_eq!(result.codes, vec![]);
    }
}
