//! The doctor's eyes: which cameras are there, what they can, and a test picture.

use std::path::{Path, PathBuf};
use std::time::Duration;

use armoury_hardware::camera::{self, CameraControls, CameraError, CameraSettings, Offer, PixelFormat};
use armoury_hardware::symbol::{GreyFrame, SymbolReader, inspect_image};
use armoury_hardware::usb::System;

use super::{Finding, finding, there};
use crate::cli::{Failure, exit, say};
use crate::config::{Camera, CameraSource, StationConfig};
use crate::identity::mark::printable;
use crate::station::devices::camera_settings;

/// How long a test picture may take: a capture program has to be started and a sensor to find its exposure.
const PICTURE_PATIENCE: Duration = Duration::from_secs(15);

/// Darker or brighter than this, of 255, nothing is read.
const DARK: u8 = 40;
const BRIGHT: u8 = 225;

/// Every camera that is plugged in, with what it offers and what to write for it.
pub(super) fn plugged_in(system: &System) -> std::io::Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = system.cameras()?.iter().filter_map(|device| plugged(device)).collect();
    findings.extend(camera::pi_cameras().into_iter().map(|camera| {
        let (number, model) = (camera.number, camera.model);
        finding(format!("plugged in: Pi camera {model} · source = \"rpicam:{number}\""), None)
    }));
    Ok(findings)
}

/// One device; none for the other things a board has under such names: decoders, metadata, sensors behind a program.
fn plugged(device: &Path) -> Option<Finding> {
    let what = format!("plugged in: camera {}", device.display());
    match camera::offer(device) {
        Ok(offer) => {
            let source = format!("source = \"v4l2:{}\"", device.display());
            Some(there(format!("{what} · {} · {source}", offered(&offer)), device))
        }
        Err(CameraError::NotACamera { .. }) => None,
        Err(CameraError::NotAllowed { .. }) => Some(there(what, device)),
        Err(error) => Some(Finding { what, advice: Some(error.to_string()) }),
    }
}

/// What a camera offers, on one line.
fn offered(offer: &Offer) -> String {
    let mut words = vec![format!("{} ({})", printable(&offer.card), printable(&offer.driver))];
    words.extend(offer.formats.iter().map(|format| format!("{} {}", format.name, format.sizes.join(" "))));
    words.extend(offer.exposure_us.map(|(least, most)| format!("exposure_us {least} to {most}")));
    words.extend(offer.focus.map(|(least, most)| format!("focus {least} to {most}")));
    words.join(" · ")
}

/// A camera of the configuration: whether it can give pictures, without taking one from the station that may be running.
pub(super) fn configured(camera: &Camera) -> Finding {
    let what = format!("camera {} · {}", camera.name, camera.source);
    let advice = match &camera.source {
        CameraSource::V4l2(device) => device_advice(device),
        CameraSource::Rpicam(number) => pi_advice(*number),
        CameraSource::Folder(folder) if folder.is_dir() => None,
        CameraSource::Folder(_) => Some("The folder is not there. Make it, or name another.".to_owned()),
        CameraSource::File(file) if file.is_file() => None,
        CameraSource::File(_) => Some("The picture is not there. Put one there, or name another.".to_owned()),
        CameraSource::Pipe(command) => {
            let program = command.split_whitespace().find(|word| *word != "exec").unwrap_or("");
            (!is_program(program))
                .then(|| "The program is not there, or is a word of the shell. Try it by hand.".to_owned())
        }
    };
    Finding { what, advice }
}

fn device_advice(device: &Path) -> Option<String> {
    match camera::offer(device) {
        Ok(_) => stable_name_advice(device),
        Err(error) => Some(error.to_string()),
    }
}

/// A name such as `/dev/video0` belongs to whoever was plugged in first.
fn stable_name_advice(device: &Path) -> Option<String> {
    let real = device.canonicalize().ok()?;
    if device != real {
        return None;
    }
    let cameras = System::default().cameras().ok()?;
    let stable = cameras
        .into_iter()
        .find(|name| *name != real && name.canonicalize().is_ok_and(|other| other == real))?;
    Some(format!(
        "This name belongs to whoever is plugged in first. Write source = \"v4l2:{}\".",
        stable.display()
    ))
}

fn pi_advice(number: u32) -> Option<String> {
    if !is_program("rpicam-vid") {
        return Some(
            "rpicam-vid is not there: `sudo apt install rpicam-apps` on Raspberry Pi OS.".to_owned(),
        );
    }
    (!camera::pi_cameras().iter().any(|camera| camera.number == number)).then(|| {
        "`rpicam-hello --list-cameras` does not list it, or the station has it. Check the ribbon, both ends, then restart the Pi."
            .to_owned()
    })
}

/// Whether a program of this name is on the path, or at it.
fn is_program(name: &str) -> bool {
    let on_path = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    !name.is_empty() && (on_path || Path::new(name).is_file())
}

/// Takes a picture, saves it, and says what can be seen in it.
pub(super) fn test_picture(
    file: &Path,
    camera: Option<&str>,
    configuration: Option<&StationConfig>,
) -> Result<u8, Failure> {
    let settings = chosen(camera, configuration)?;
    let name = settings.name.clone();
    let picture = camera::take_picture(&settings, PICTURE_PATIENCE)
        .map_err(|error| Failure::absent(format!("take a picture with {name}: {error}")))?;
    picture.save_png(file).map_err(|error| Failure::usage(format!("save the picture: {error}")))?;
    let grey = mean(&picture);
    let light = match grey {
        ..DARK => ": too dark, give it light or a longer exposure_us",
        BRIGHT.. => ": too bright, give it less light or a shorter exposure_us",
        _ => "",
    };
    say(format!("picture {} x {} of {name} in {}", picture.width, picture.height, file.display()));
    say(format!("light   mean grey {grey} of 255{light}"));
    let inspected = inspect_image(&file.display().to_string(), &mut SymbolReader::new());
    if inspected.codes.is_empty() {
        say("codes   none is read in it");
    }
    for code in inspected.codes {
        say(format!("code    {} {}", code.symbology, printable(&code.text)));
    }
    Ok(exit::DONE)
}

/// The camera of that name, the only one there is, or a source as the configuration would have it.
fn chosen(camera: Option<&str>, configuration: Option<&StationConfig>) -> Result<CameraSettings, Failure> {
    let cameras = configuration.map(|configuration| configuration.cameras.as_slice()).unwrap_or_default();
    let names = || cameras.iter().map(|camera| camera.name.as_str()).collect::<Vec<_>>().join(", ");
    let Some(wanted) = camera else {
        return match cameras {
            [only] => Ok(camera_settings(only)),
            [] => Err(Failure::usage(
                "take a picture: no camera is configured: give --config, or --camera v4l2:/dev/video0"
                    .to_owned(),
            )),
            _ => Err(Failure::usage(format!("take a picture: say which with --camera: {}", names()))),
        };
    };
    if let Some(camera) = cameras.iter().find(|camera| camera.name == wanted) {
        return Ok(camera_settings(camera));
    }
    let source = wanted.parse().map_err(|error: CameraError| {
        let known = if cameras.is_empty() { String::new() } else { format!("; configured are {}", names()) };
        Failure::usage(format!("take a picture: {error}{known}"))
    })?;
    let (width, height) = Camera::SIZE_PX;
    Ok(CameraSettings {
        name: wanted.to_owned(),
        source,
        format: PixelFormat::Grey,
        width,
        height,
        controls: CameraControls::default(),
    })
}

/// Mean grey value.
fn mean(picture: &GreyFrame) -> u8 {
    let sum: u64 = picture.pixels.iter().map(|&pixel| u64::from(pixel)).sum();
    (sum / (picture.pixels.len() as u64).max(1)) as u8
}

/// `--picture` and `--camera`.
#[derive(Debug, clap::Args)]
pub(super) struct TestPicture {
    /// Take a test picture, save it as this PNG file, say what is read in it
    #[arg(long, value_name = "FILE")]
    pub(super) picture: Option<PathBuf>,
    /// Whose: a name in the configuration, or a source such as v4l2:/dev/video0; left out, the only one configured
    #[arg(long, value_name = "CAMERA", requires = "picture")]
    pub(super) camera: Option<String>,
}
