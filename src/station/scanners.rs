//! Starts the bar code scanners of the configuration and turns what they say into inputs.

use std::path::PathBuf;

use armoury_hardware::capture::Capture;
use armoury_hardware::scanner::{self, ScannedCode, ScannerEvent, ScannerKind, ScannerSettings, run_scanner};
use armoury_hardware::usb::System;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::devices::{report, with_gs1_prefix};
use super::inbox::Inbox;
use super::input::{DeviceIdentity, DeviceKind, DeviceReport, DeviceState, Input};
use crate::config;
use crate::domain::ReadPoint;
use crate::identity::mark::printable;
use crate::scan::CodeReading;

/// Starts one scanner; what is given ends with it.
pub fn start(
    scanner: &config::Scanner,
    capture: Capture,
    inbox: &Inbox,
    stop: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let settings = ScannerSettings { capture, ..settings_of(scanner) };
    let voice = Voice {
        name: scanner.name.clone(),
        kind: settings.kind,
        port: scanner.port.clone(),
        read_point: scanner.read_point.clone(),
        inbox: inbox.clone(),
    };
    voice.say(DeviceState::Starting, settings.port.clone());
    tokio::spawn(run_scanner(settings, move |event| voice.heard(event), stop))
}

/// The driver's settings as the configuration has them.
fn settings_of(scanner: &config::Scanner) -> ScannerSettings {
    ScannerSettings {
        name: scanner.name.clone(),
        kind: kind(scanner.kind),
        port: scanner.port.display().to_string(),
        baud: scanner.baud,
        aim: scanner.aim,
        key_map: match scanner.key_map.unwrap_or_default() {
            config::KeyMap::Us => scanner::KeyMap::Us,
            config::KeyMap::Gb => scanner::KeyMap::Gb,
            config::KeyMap::De => scanner::KeyMap::De,
            config::KeyMap::Fr => scanner::KeyMap::Fr,
        },
        capture: Capture::default(),
    }
}

/// The driver's word for a kind.
pub fn kind(kind: config::ScannerKind) -> ScannerKind {
    match kind {
        config::ScannerKind::Line => ScannerKind::Line,
        config::ScannerKind::Gm65 => ScannerKind::Gm65,
        config::ScannerKind::Ssi => ScannerKind::Ssi,
        config::ScannerKind::Keyboard => ScannerKind::Keyboard,
    }
}

/// One scanner's way into the inbox.
struct Voice {
    name: String,
    kind: ScannerKind,
    port: PathBuf,
    read_point: ReadPoint,
    inbox: Inbox,
}

impl Voice {
    fn heard(&self, event: ScannerEvent) {
        let (state, detail) = match event {
            ScannerEvent::Code(code) => return self.code(code),
            ScannerEvent::Up { what } => return self.up(what),
            ScannerEvent::Refused { why } => {
                // The device's line shows it for a while; the log keeps it. What was refused may be part of a badge and
                // is in neither.
                tracing::warn!(scanner = %self.name, "{why}");
                (DeviceState::Warning, printable(&why).into_owned())
            }
            ScannerEvent::Figures { codes, refused } => {
                (DeviceState::Figures, format!("{codes} codes · {refused} refused"))
            }
            ScannerEvent::Down { why, retry_in_ms } => {
                (DeviceState::Down, format!("{why} · again in {} s", retry_in_ms.div_ceil(1000)))
            }
        };
        self.say(state, detail);
    }

    /// A code is shown once by somebody who waits for the answer: it may wait for a place in the queue and is never
    /// dropped.
    fn code(&self, code: ScannedCode) {
        let ScannedCode { bytes, text, aim, complete, .. } = code;
        if !complete {
            let what = "a code came without its line end and may miss its tail: set the scanner to end a code with CR";
            self.say(DeviceState::Warning, what.to_owned());
        }
        let bytes = with_gs1_prefix(aim.as_deref(), bytes);
        self.inbox.put_soon(Input::Code(CodeReading { read_point: self.read_point.clone(), bytes, text }));
    }

    /// Which scanner it is, its USB device tells; the protocols have no number.
    fn up(&self, detail: String) {
        let usb = System::default().usb_device(&self.port);
        let identity = usb.and_then(|usb| usb.serial).map(|serial| DeviceIdentity {
            family: self.kind.name().to_owned(),
            serial,
            adapter: true,
        });
        self.inbox.put_soon(Input::Device(DeviceReport {
            name: self.name.clone(),
            kind: DeviceKind::Scanner,
            state: DeviceState::Up,
            detail,
            identity,
            figures: None,
            camera: None,
        }));
    }

    fn say(&self, state: DeviceState, detail: String) {
        self.inbox.put_soon(report(&self.name, DeviceKind::Scanner, state, detail));
    }
}
