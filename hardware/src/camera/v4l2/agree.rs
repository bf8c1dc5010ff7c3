//! Which format and size the device is to give, and the controls that are held still.

use std::path::Path;

use rustix::io::Errno;

use super::device::{Device, FourCc, GREY, JPEG, MJPG, Range, Shape, YUYV, control, listed};
use super::problem;
use crate::camera::{CameraControls, CameraError, CameraSettings};
use crate::symbol::check_size;

/// A device lists no more formats than this.
pub(super) const FORMATS_MAX: u32 = 32;

/// Uncompressed pictures up to this size come at full speed over USB 2; of larger ones few a second.
const FAST_PIXELS: u64 = 640 * 480;

/// A frame of more bytes than this is no frame of a camera whose pictures are looked at.
const FRAME_BYTES_MAX: u32 = 128 * 1024 * 1024;

/// Agrees on a format that is read, in the size that is wanted or the next to it.
pub(super) fn shape(
    device: &mut impl Device,
    path: &Path,
    settings: &CameraSettings,
) -> Result<Shape, CameraError> {
    let (width, height) = (settings.width, settings.height);
    check_size(width, height).map_err(|_| CameraError::Size { width, height })?;
    let offered = listed(FORMATS_MAX, |index| device.format(index))
        .map_err(|errno| problem(path, "list its formats", errno))?;
    let mut best: Option<(u64, Shape)> = None;
    for format in preferred(width, height).into_iter().filter(|format| offered.contains(format)) {
        let Some(given) = asked(device, path, Shape::asked(format, width, height))? else { continue };
        let distance = area(given.width, given.height).abs_diff(area(width, height));
        if (given.width, given.height) == (width, height) {
            return Ok(given);
        }
        if best.is_none_or(|(other, _)| distance < other) {
            best = Some((distance, given));
        }
    }
    // The last wish is what the device has set; the best one is wished again.
    if let Some((_, best)) = best
        && let Some(given) = asked(device, path, best)?
    {
        return Ok(given);
    }
    let offered = offered.iter().map(FourCc::to_string).collect::<Vec<_>>().join(", ");
    let offered = if offered.is_empty() { "no format".to_owned() } else { offered };
    Err(CameraError::NoFormat { device: path.to_path_buf(), offered })
}

/// Grey needs no work; JPEG costs some, and is the only way to many large pictures a second.
fn preferred(width: u32, height: u32) -> [FourCc; 4] {
    if area(width, height) <= FAST_PIXELS { [GREY, YUYV, MJPG, JPEG] } else { [GREY, MJPG, JPEG, YUYV] }
}

fn area(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}

/// What the device makes of a wish; none where that is nothing that is read.
fn asked(device: &mut impl Device, path: &Path, wish: Shape) -> Result<Option<Shape>, CameraError> {
    let given = match device.shape(wish) {
        Ok(given) => given,
        Err(Errno::INVAL) => return Ok(None),
        Err(errno) => return Err(problem(path, "take a picture format", errno)),
    };
    if given.format != wish.format
        || check_size(given.width, given.height).is_err()
        || given.frame_bytes > FRAME_BYTES_MAX
    {
        return Ok(None);
    }
    // Sides are at most 65 535, so that nothing overflows.
    let least = match given.format {
        GREY => given.width,
        YUYV => given.width * 2,
        _ => 0,
    };
    let row_bytes = if given.row_bytes == 0 { least } else { given.row_bytes };
    Ok((row_bytes >= least).then_some(Shape { row_bytes, ..given }))
}

/// Holds exposure and focus, or gives them back to the camera. What could not be had, as pairs of thing and sentence.
pub(super) fn hold(device: &mut impl Device, controls: CameraControls) -> Vec<(String, String)> {
    // The driver counts in 100 µs.
    let exposure = controls.exposure_us.map(|exposure_us| (exposure_us / 100).max(1));
    let exposure_us = |steps: i32| i64::from(steps) * 100;
    let held = [
        Held {
            key: "exposure_us",
            automatic: control::EXPOSURE_AUTO,
            by_hand: control::MANUAL,
            control: control::EXPOSURE,
            wanted: exposure,
        }
        .hold(device, exposure_us),
        Held {
            key: "focus",
            automatic: control::FOCUS_AUTO,
            by_hand: 0,
            control: control::FOCUS,
            wanted: controls.focus,
        }
        .hold(device, i64::from),
    ];
    held.into_iter().flatten().collect()
}

struct Held {
    key: &'static str,
    automatic: u32,
    by_hand: i32,
    control: u32,
    wanted: Option<u32>,
}

impl Held {
    fn hold(self, device: &mut impl Device, in_words: impl Fn(i32) -> i64) -> Option<(String, String)> {
        let Self { key, automatic, by_hand, control, wanted } = self;
        let Some(wanted) = wanted else {
            // Somebody may have held it before us; where there is no automatic nothing was.
            if let Ok(Range { usual, .. }) = device.range(automatic)
                && let Err(error) = device.set(automatic, usual)
            {
                tracing::debug!(%error, "{key}: the camera's automatic cannot be switched on");
            }
            return None;
        };
        let remark = |why: String| Some((key.to_owned(), why));
        // First by hand: many drivers refuse the value, or hide it, while the automatic is on. A camera without automatic
        // has nothing to switch.
        if device.range(automatic).is_ok()
            && let Err(errno) = device.set(automatic, by_hand)
        {
            tracing::debug!(%errno, "{key}: the camera's automatic cannot be switched off");
        }
        let Ok(Range { least, most, .. }) = device.range(control) else {
            return remark(format!("this camera does not offer it: take {key} out of its section"));
        };
        let value = i32::try_from(wanted).unwrap_or(i32::MAX).clamp(least.min(most), most);
        match device.set(control, value) {
            Err(errno) => remark(format!("the camera refuses it ({errno}): take {key} out of its section")),
            Ok(()) if i64::from(value) != i64::from(wanted) => remark(format!(
                "the camera takes {} to {}; {} is used: change {key}",
                in_words(least),
                in_words(most),
                in_words(value)
            )),
            Ok(()) => None,
        }
    }
}
