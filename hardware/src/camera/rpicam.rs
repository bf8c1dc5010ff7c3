//! How a Raspberry Pi camera's program is called, and what its frames look like.
//!
//! `rpicam-vid --codec yuv420` writes planes as the image processor leaves them in memory, rows padded to a multiple of 64
//! bytes (a width of 780 arrives as 832); the program is called instead of binding libcamera, whose interface changes with
//! every update of the system.

use super::settings::{CameraSettings, Layout, PixelFormat};

/// Rows lie in memory in multiples of this, bytes.
const ROW_MULTIPLE: u32 = 64;

/// The command for one camera. `exec`, so that the program itself leads its process group and is told to end.
pub(super) fn command(number: u32, settings: &CameraSettings) -> String {
    let Layout { width, height, .. } = layout(settings);
    let mut command = format!(
        "exec rpicam-vid --camera {number} --nopreview --timeout 0 --verbose 0 --width {width} --height {height} \
         --codec yuv420 --flush --output -"
    );
    if let Some(exposure_us) = settings.controls.exposure_us {
        command.push_str(&format!(" --shutter {exposure_us}"));
    }
    if let Some(focus) = settings.controls.focus {
        command.push_str(&format!(" --autofocus-mode manual --lens-position {}.{}", focus / 10, focus % 10));
    }
    command
}

/// The frames that come. The program makes odd sides even before it asks the camera; so do we, to know what comes.
pub(super) fn layout(settings: &CameraSettings) -> Layout {
    let (width, height) = (settings.width & !1, settings.height & !1);
    let row_bytes = width.checked_next_multiple_of(ROW_MULTIPLE).unwrap_or(width);
    Layout { width, height, row_bytes, frame_bytes: PixelFormat::Yuv420.frame_bytes(row_bytes, height) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{CameraControls, CameraSource};

    fn settings(width: u32, height: u32, controls: CameraControls) -> CameraSettings {
        CameraSettings {
            name: "lens".into(),
            source: CameraSource::Rpicam(0),
            format: PixelFormat::Grey,
            width,
            height,
            controls,
        }
    }

    #[test]
    fn a_width_of_780_arrives_as_832() {
        let layout = |width, height| layout(&settings(width, height, CameraControls::default()));
        let padded = Layout { width: 780, height: 600, row_bytes: 832, frame_bytes: 832 * 600 * 3 / 2 };
        assert_eq!(layout(780, 600), padded);
        assert_eq!(layout(781, 601), padded);
        assert_eq!(layout(640, 480).frame_bytes, 460_800);
        assert_eq!(layout(u32::MAX, 2).width, u32::MAX - 1, "refused later, by its size");
    }

    #[test]
    fn controls_become_options() {
        let controls = CameraControls { exposure_us: Some(8_000), focus: Some(35) };
        let command = command(1, &settings(640, 480, controls));
        for part in ["--camera 1 ", "--width 640 --height 480", "--shutter 8000", "--lens-position 3.5"] {
            assert!(command.contains(part), "{command}");
        }
    }
}
