//! Grey pictures of what the formats carry.

use std::borrow::Cow;

use super::device::{GREY, JPEG, MJPG, Shape, YUYV};
use crate::camera::settings::Layout;
use crate::symbol::{GreyFrame, grey_picture};

/// An application segment that says "AVI": the decoder then uses the tables every motion JPEG stream shares.
const AVI_SEGMENT: [u8; 9] = [0xFF, 0xE0, 0x00, 0x07, b'A', b'V', b'I', b'1', 0x00];

/// The grey picture in a frame, or what is wrong with it.
pub(super) fn grey(shape: &Shape, bytes: &[u8]) -> Result<GreyFrame, String> {
    let Shape { format, width, height, row_bytes, .. } = *shape;
    match format {
        GREY => {
            let frame_bytes = u64::from(row_bytes) * u64::from(height);
            let layout = Layout { width, height, row_bytes, frame_bytes };
            layout.picture(bytes).ok_or_else(|| short(bytes.len(), frame_bytes))
        }
        YUYV => yuyv(shape, bytes),
        MJPG | JPEG => {
            let picture = grey_picture(&with_tables(bytes)).map_err(|error| error.to_string())?;
            if (picture.width, picture.height) == (width, height) {
                return Ok(picture);
            }
            Err(format!("it is {} x {}, agreed was {width} x {height}", picture.width, picture.height))
        }
        other => Err(format!("its format {other} is not read")),
    }
}

/// Every other byte is a grey value.
fn yuyv(shape: &Shape, bytes: &[u8]) -> Result<GreyFrame, String> {
    let (width, row) = (shape.width as usize, shape.row_bytes as usize);
    let whole = u64::from(shape.row_bytes) * u64::from(shape.height);
    if (bytes.len() as u64) < whole || row < width * 2 {
        return Err(short(bytes.len(), whole));
    }
    let rows = bytes.chunks_exact(row).take(shape.height as usize);
    let pixels = rows.flat_map(|row| row[..width * 2].chunks_exact(2).map(|pair| pair[0])).collect();
    GreyFrame::new(shape.width, shape.height, pixels).map_err(|error| error.to_string())
}

fn short(bytes: usize, whole: u64) -> String {
    format!("{bytes} of {whole} bytes came")
}

/// Most cameras leave the Huffman tables out of their frames, because they are always the same (ITU-T T.81 annex K.3).
fn with_tables(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut at = 2;
    while let Some(&[0xFF, marker, high, low]) = bytes.get(at..at + 4) {
        match marker {
            0xFF => at += 1,
            // Tables of its own.
            0xC4 => return Cow::Borrowed(bytes),
            // The picture begins and there were none.
            0xDA => return Cow::Owned([&bytes[..2], &AVI_SEGMENT[..], &bytes[2..]].concat()),
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    Cow::Borrowed(bytes)
}
