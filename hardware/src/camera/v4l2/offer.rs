//! What a device can do, for people who configure it.

use std::path::Path;

use super::agree::FORMATS_MAX;
use super::device::{Device, Size, control, listed};
use super::problem;
use crate::camera::CameraError;

/// Sizes listed of one format.
const SIZES_MAX: u32 = 64;

/// What a camera offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The camera's name for itself.
    pub card: String,
    /// The driver's name.
    pub driver: String,
    /// Its picture formats, in its own order.
    pub formats: Vec<OfferedFormat>,
    /// Shortest and longest exposure in microseconds, where it can be set.
    pub exposure_us: Option<(i64, i64)>,
    /// Least and greatest focus in the driver's steps, where it can be set.
    pub focus: Option<(i64, i64)>,
}

/// A picture format and its sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedFormat {
    /// Its four letters.
    pub name: String,
    /// Sizes as text, `640x480`, or `up to 1920x1080`.
    pub sizes: Vec<String>,
}

/// Asks a device for everything it lists.
pub(super) fn of(device: &impl Device, path: &Path) -> Result<Offer, CameraError> {
    let failed = |errno| problem(path, "list what it offers", errno);
    let card = device.card().map_err(failed)?;
    if !card.streams {
        return Err(CameraError::NotACamera { device: path.to_path_buf() });
    }
    let mut formats = Vec::new();
    for format in listed(FORMATS_MAX, |index| device.format(index)).map_err(failed)? {
        let sizes = listed(SIZES_MAX, |index| device.size(format, index)).map_err(failed)?;
        let sizes = sizes.into_iter().map(|size| match size {
            Size::One(width, height) => format!("{width}x{height}"),
            Size::UpTo(width, height) => format!("up to {width}x{height}"),
        });
        formats.push(OfferedFormat { name: format.to_string(), sizes: sizes.collect() });
    }
    let range = |control, unit: i64| {
        let range = device.range(control).ok()?;
        Some((i64::from(range.least) * unit, i64::from(range.most) * unit))
    };
    Ok(Offer {
        card: card.name,
        driver: card.driver,
        formats,
        exposure_us: range(control::EXPOSURE, 100),
        focus: range(control::FOCUS, 1),
    })
}
