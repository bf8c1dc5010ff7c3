//! Starts readers, scanners, cameras and the panel, and ends them.

use std::collections::BTreeMap;
use std::time::Duration;

use armoury_hardware::camera::{self, CameraControls, CameraHandle, CameraSettings};
use armoury_hardware::panel::{GpioPins, Panel, Signal, open_panel};
use armoury_hardware::reader::TagDesk;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::cameras::{Lenses, Voice};
use super::captures::Captures;
use super::inbox::Inbox;
use super::input::{DeviceKind, DeviceReport, DeviceState, Input};
use super::readers::{self, RunningReader};
use super::scanners;
use crate::config;

/// Signals that may wait for the panel; older ones say nothing any more.
pub const PANEL_MAX: usize = 4;

/// AIM identifiers of GS1 symbols: Code 128, Data Matrix, QR (`identifiers.md` section 7).
const GS1_SYMBOLS: &[&str] = &["]C1", "]d2", "]Q3"];

/// How long devices may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// Running devices.
#[derive(Debug)]
pub struct Devices {
    readers: BTreeMap<String, RunningReader>,
    scanners: Vec<JoinHandle<()>>,
    cameras: Vec<CameraHandle>,
    stop: watch::Sender<bool>,
}

impl Devices {
    /// Starts everything in the configuration.
    pub fn start(
        configuration: &config::StationConfig,
        captures: &Captures,
        lenses: &Lenses,
        inbox: &Inbox,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let plans = configuration.antenna_plans();
        let start = |reader: &config::Reader| {
            let plans: Vec<_> = plans.iter().filter(|plan| plan.reader == reader.name).cloned().collect();
            let capture = captures.of_device(&reader.name);
            (reader.name.clone(), readers::start(reader, &plans, capture, inbox, stopped.clone()))
        };
        let readers = configuration.readers.iter().map(start).collect();
        let start = |scanner: &config::Scanner| {
            scanners::start(scanner, captures.of_device(&scanner.name), inbox, stopped.clone())
        };
        let scanners = configuration.scanners.iter().map(start).collect();
        let cameras =
            configuration.cameras.iter().map(|camera| start_camera(camera, lenses, inbox)).collect();
        Self { readers, scanners, cameras, stop }
    }

    /// Who takes orders for each reader, by its name.
    pub fn desks(&self) -> BTreeMap<String, TagDesk> {
        self.readers.iter().map(|(name, reader)| (name.clone(), reader.desk.clone())).collect()
    }

    /// Ends everything; whoever does not end in time is left behind.
    pub async fn end(self) {
        self.stop.send_replace(true);
        for reader in self.readers.into_values() {
            if tokio::time::timeout(END_TIMEOUT, reader.task).await.is_err() {
                tracing::warn!("a reader did not end in time");
            }
        }
        for scanner in self.scanners {
            if tokio::time::timeout(END_TIMEOUT, scanner).await.is_err() {
                tracing::warn!("a scanner did not end in time");
            }
        }
        let cameras = self.cameras;
        let ended = tokio::task::spawn_blocking(move || cameras.into_iter().for_each(CameraHandle::stop));
        if tokio::time::timeout(END_TIMEOUT, ended).await.is_err() {
            tracing::warn!("a camera did not end in time");
        }
    }
}

fn start_camera(camera: &config::Camera, lenses: &Lenses, inbox: &Inbox) -> CameraHandle {
    let mut voice = Voice::new(camera, inbox);
    let source = camera.source.to_string();
    inbox.put_soon(report(&camera.name, DeviceKind::Camera, DeviceState::Starting, source));
    let settings = camera_settings(camera);
    camera::spawn_with(settings, lenses.settings_of(camera), move |event| voice.heard(event))
}

/// What the hardware crate is told of a camera of the configuration.
pub fn camera_settings(camera: &config::Camera) -> CameraSettings {
    use config::CameraSource as Configured;
    CameraSettings {
        name: camera.name.clone(),
        source: match &camera.source {
            Configured::V4l2(device) => camera::CameraSource::V4l2(device.clone()),
            Configured::Rpicam(number) => camera::CameraSource::Rpicam(*number),
            Configured::Pipe(command) => camera::CameraSource::Pipe(command.clone()),
            Configured::Folder(folder) => camera::CameraSource::Folder(folder.clone()),
            Configured::File(file) => camera::CameraSource::File(file.clone()),
        },
        format: match camera.format {
            config::PictureFormat::Grey => camera::PixelFormat::Grey,
            config::PictureFormat::Yuv420 => camera::PixelFormat::Yuv420,
        },
        width: camera.width,
        height: camera.height,
        controls: CameraControls { exposure_us: camera.exposure_us, focus: camera.focus },
    }
}

/// A GS1 symbol says what it is only by its AIM identifier: without it the elements are just digits.
pub(super) fn with_gs1_prefix(aim: Option<&str>, bytes: Vec<u8>) -> Vec<u8> {
    match aim.filter(|aim| GS1_SYMBOLS.contains(aim) && !bytes.starts_with(aim.as_bytes())) {
        Some(aim) => [aim.as_bytes(), &bytes].concat(),
        None => bytes,
    }
}

/// A device's word about itself.
pub(super) fn report(name: &str, kind: DeviceKind, state: DeviceState, detail: String) -> Input {
    let name = name.to_owned();
    Input::Device(DeviceReport { name, kind, state, detail, identity: None, figures: None, camera: None })
}

/// Starts the panel on a thread of its own. Without one in the configuration signals go nowhere.
///
/// # Errors
/// The system gives no thread.
pub fn start_panel(
    pins: Option<&config::Panel>,
    inbox: &Inbox,
) -> std::io::Result<(mpsc::Sender<Signal>, std::thread::JoinHandle<()>)> {
    let (signals, queue) = mpsc::channel(PANEL_MAX);
    let pins = pins.map(|pins| GpioPins {
        red: pins.red,
        amber: pins.amber,
        green: pins.green,
        buzzer: pins.buzzer,
        lock: pins.lock,
    });
    let inbox = inbox.clone();
    let thread = std::thread::Builder::new().name("panel".into()).spawn(move || match pins {
        Some(pins) => {
            let (panel, why_not) = open_panel(Some(pins));
            let (state, detail) = match why_not {
                None => (DeviceState::Up, "lamps, buzzer and lock on GPIO".to_owned()),
                Some(error) => (DeviceState::Off, error.to_string()),
            };
            if inbox.put_blocking(report("panel", DeviceKind::Panel, state, detail)).is_ok() {
                play(panel, queue, &inbox);
            }
        }
        None => ignore(queue),
    })?;
    Ok((signals, thread))
}

fn play(mut panel: Box<dyn Panel>, mut queue: mpsc::Receiver<Signal>, inbox: &Inbox) {
    let mut worked = true;
    while let Some(signal) = queue.blocking_recv() {
        let outcome = panel.show(signal);
        if let Err(error) = &outcome
            && worked
        {
            tracing::error!("show {signal:?} on the panel: {error}");
            let down = report("panel", DeviceKind::Panel, DeviceState::Down, error.to_string());
            if inbox.put_blocking(down).is_err() {
                return;
            }
        }
        worked = outcome.is_ok();
    }
}

fn ignore(mut queue: mpsc::Receiver<Signal>) {
    while queue.blocking_recv().is_some() {}
}
