//! What cameras there are besides V4L2 devices, and one picture of a camera on request.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::folder::is_passing;
use super::{CameraError, CameraSettings, CameraSource, feed, pipe, v4l2};
use crate::symbol::{GreyFrame, load_picture};

/// Seconds the list of Pi cameras may take: the library probes every sensor.
const LIST_PATIENCE_S: &str = "6";

/// A camera at a Raspberry Pi's ribbon connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PiCamera {
    /// Its number, for `source = "rpicam:NUMBER"`.
    pub number: u32,
    /// Sensor and largest picture, as the system's program prints them.
    pub model: String,
}

/// The Pi cameras that `rpicam-hello --list-cameras` finds; none where that program is not there.
#[must_use]
pub fn pi_cameras() -> Vec<PiCamera> {
    let listing = Command::new("timeout")
        .args(["--signal=KILL", LIST_PATIENCE_S, "rpicam-hello", "--list-cameras"])
        .stdin(std::process::Stdio::null())
        .output();
    match listing {
        Ok(listing) => listed(&String::from_utf8_lossy(&listing.stdout)),
        Err(error) => {
            tracing::debug!(%error, "cannot ask for Pi cameras");
            Vec::new()
        }
    }
}

/// Lines such as `0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)`.
fn listed(text: &str) -> Vec<PiCamera> {
    let camera = |line: &str| {
        let (number, model) = line.trim().split_once(" : ")?;
        let model = model.split(" (/").next().unwrap_or(model);
        let model = model.chars().filter(|c| !c.is_control()).take(80).collect();
        Some(PiCamera { number: number.trim().parse().ok()?, model })
    };
    text.lines().filter_map(camera).collect()
}

/// Takes one picture with a camera that nobody else uses: once its exposure has settled, or the newest of a folder.
///
/// # Errors
/// What [`super::CameraEvent::Down`] would tell; [`CameraError::NoPicture`] where none came within `patience`.
pub fn take_picture(settings: &CameraSettings, patience: Duration) -> Result<GreyFrame, CameraError> {
    match &settings.source {
        CameraSource::V4l2(device) => feed::picture(v4l2::open(device, settings), patience),
        CameraSource::Rpicam(number) => feed::picture(pipe::open_pi(*number, settings), patience),
        CameraSource::Pipe(command) => feed::picture(pipe::open(command, settings), patience),
        CameraSource::Folder(folder) => load(&newest(folder)?),
        CameraSource::File(file) => load(file),
    }
}

fn load(file: &Path) -> Result<GreyFrame, CameraError> {
    load_picture(file)
        .map_err(|source| CameraError::Picture { path: file.to_path_buf(), source: Arc::new(source) })
}

/// The file of a folder that was changed last.
fn newest(folder: &Path) -> Result<PathBuf, CameraError> {
    let path = folder.to_path_buf();
    let files = fs::read_dir(folder)
        .map_err(|source| CameraError::Folder { path: path.clone(), source: Arc::new(source) })?;
    let dated = |entry: fs::DirEntry| {
        let metadata = fs::metadata(entry.path()).ok().filter(fs::Metadata::is_file)?;
        (!is_passing(&entry.file_name()))
            .then(|| (metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), entry.path()))
    };
    files.flatten().filter_map(dated).max().map(|(_, file)| file).ok_or(CameraError::Empty { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_pi_cameras_is_read_and_its_other_lines_are_not() {
        let text = "Available cameras\n-----------------\n\
             0 : imx708_wide [4608x2592 10-bit RGGB] (/base/axi/pcie@120000/rp1/i2c@88000/imx708@1a)\n    \
             Modes: 'SRGGB10_CSI2P' : 1536x864 [120.13 fps - (768, 432)/3072x1728 crop]\n\
             1 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)\n";
        let camera = |number, model: &str| PiCamera { number, model: model.into() };
        let both =
            [camera(0, "imx708_wide [4608x2592 10-bit RGGB]"), camera(1, "imx219 [3280x2464 10-bit RGGB]")];
        assert_eq!(listed(text), both);
        assert_eq!(listed("No cameras available!\n"), []);
    }
}
