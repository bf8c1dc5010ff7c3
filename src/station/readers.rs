//! Starts the readers of the configuration and turns what they say into inputs.

use std::collections::BTreeMap;

use armoury_hardware::capture::Capture;
use armoury_hardware::reader::{
    self, Family, Identity, ReaderEvent, ReaderSettings, TagDesk, run_reader, tag_desk,
};
use armoury_hardware::usb::System;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::devices::report;
use super::inbox::Inbox;
use super::input::{DeviceIdentity, DeviceKind, DeviceReport, DeviceState, Input, ReaderFigures};
use crate::config;
use crate::domain::AntennaPlan;
use crate::domain::ReadPoint;
use crate::scan::TagReading;

/// A running reader.
#[derive(Debug)]
pub struct RunningReader {
    /// Ends with the reader.
    pub task: JoinHandle<()>,
    /// Takes orders for it.
    pub desk: TagDesk,
}

/// Starts one reader. `plans` are those of its antennas.
pub fn start(
    reader: &config::Reader,
    plans: &[AntennaPlan],
    capture: Capture,
    inbox: &Inbox,
    stop: watch::Receiver<bool>,
) -> RunningReader {
    let settings = ReaderSettings { capture, ..settings_of(reader) };
    let voice = Voice {
        name: reader.name.clone(),
        family: settings.family,
        port: reader.port.clone(),
        session: reader.session,
        read_point: reader.read_point.clone(),
        read_points: plans.iter().map(|plan| (plan.antenna, plan.read_point.clone())).collect(),
        inbox: inbox.clone(),
    };
    voice.say(DeviceState::Starting, settings.port.clone());
    let (desk, orders) = tag_desk();
    let task = tokio::spawn(run_reader(settings, move |event| voice.heard(event), orders, stop));
    RunningReader { task, desk }
}

/// The driver's settings as the configuration has them.
pub fn settings_of(reader: &config::Reader) -> ReaderSettings {
    ReaderSettings {
        baud: reader.baud,
        power_dbm: reader.power_dbm,
        antennas: reader.antennas.clone(),
        region: reader.region.map(region),
        session: match reader.session {
            config::Session::S0 => reader::Session::S0,
            config::Session::S1 => reader::Session::S1,
            config::Session::S2 => reader::Session::S2,
            config::Session::S3 => reader::Session::S3,
        },
        target: match reader.target {
            config::Target::A => reader::Target::A,
            config::Target::B => reader::Target::B,
            config::Target::Ab => reader::Target::Ab,
        },
        q: reader.q,
        read_tid: reader.read_tid,
        ..ReaderSettings::new(&reader.name, family(reader.protocol), &reader.port.to_string())
    }
}

/// The family of a protocol in the configuration.
pub fn family(protocol: config::Protocol) -> Family {
    match protocol {
        config::Protocol::Mercury => Family::Mercury,
        config::Protocol::R2000 => Family::R2000,
        config::Protocol::Uhfreader18 => Family::Uhfreader18,
        config::Protocol::M100 => Family::M100,
        config::Protocol::Llrp => Family::Llrp,
    }
}

fn region(region: config::Region) -> reader::Region {
    match region {
        config::Region::Eu => reader::Region::Eu,
        config::Region::Us => reader::Region::Us,
        config::Region::China => reader::Region::China,
        config::Region::Korea => reader::Region::Korea,
        config::Region::Japan => reader::Region::Japan,
        config::Region::India => reader::Region::India,
        config::Region::Australia => reader::Region::Australia,
    }
}

/// A family as people call it.
pub fn label(family: Family) -> &'static str {
    match family {
        Family::Mercury => "Mercury",
        Family::R2000 => "R2000",
        Family::Uhfreader18 => "UHFReader18",
        Family::M100 => "M100",
        Family::Llrp => "LLRP",
    }
}

/// What is known of a reader, on one line.
pub fn described(family: Family, identity: &Identity) -> String {
    let mut words = vec![label(family).to_owned()];
    words.extend(identity.model.clone().filter(|model| model != label(family)));
    words.push(format!("firmware {}", identity.firmware));
    words.extend(identity.serial.as_ref().map(|serial| format!("number {serial}")));
    words.join(" · ")
}

/// One reader's way into the inbox.
struct Voice {
    name: String,
    family: Family,
    port: config::Port,
    /// By which its tags remember that they were asked; readers side by side have different ones.
    session: config::Session,
    read_point: ReadPoint,
    /// Where each antenna looks.
    read_points: BTreeMap<u8, ReadPoint>,
    inbox: Inbox,
}

impl Voice {
    fn heard(&self, event: ReaderEvent) {
        let (state, detail) = match event {
            ReaderEvent::Read(read) => {
                // An antenna that nobody planned is still one of this reader.
                let read_point = self.read_points.get(&read.antenna).unwrap_or(&self.read_point).clone();
                self.inbox.offer(Input::Tag(TagReading {
                    reader: self.name.clone(),
                    read_point,
                    epc: read.epc,
                    tid: read.tid,
                    antenna: read.antenna,
                    rssi_dbm: read.rssi_dbm,
                    rssi_raw: read.rssi_raw,
                    pc: read.pc,
                }));
                return;
            }
            ReaderEvent::Up { identity, baud } => return self.up(&identity, baud),
            ReaderEvent::Warning { what, stands: false } => (DeviceState::Warning, what),
            ReaderEvent::Warning { what, stands: true } => (DeviceState::Limit, what),
            ReaderEvent::Figures {
                reads_per_s,
                refused_frames,
                skipped_bytes,
                ghosts,
                air_errors,
                temperature_c,
                ..
            } => {
                // Whole reads, never negative, and the conversion stops at the ends of its range.
                let reads_per_s = reads_per_s.round() as u32;
                let figures =
                    ReaderFigures { reads_per_s, refused_frames, skipped_bytes, ghosts, air_errors };
                return self.figures(figures, temperature_c);
            }
            ReaderEvent::Antenna { antenna, fault } => {
                tracing::warn!(reader = %self.name, antenna, "{fault}");
                return self.inbox.put_soon(Input::Antenna { reader: self.name.clone(), antenna, fault });
            }
            ReaderEvent::Down { why, retry_in_ms } => {
                (DeviceState::Down, format!("{why} · again in {} s", retry_in_ms.div_ceil(1000)))
            }
        };
        self.say(state, detail);
    }

    /// Others come in a second: they do not wait where too much waits already.
    fn figures(&self, figures: ReaderFigures, temperature_c: Option<i8>) {
        let ReaderFigures { reads_per_s, refused_frames, ghosts, air_errors, .. } = figures;
        let degrees = temperature_c.map_or_else(String::new, |degrees| format!(" · {degrees} °C"));
        let mut detail = format!("{reads_per_s} reads/s{degrees} · {refused_frames} refused");
        for (count, what) in [(ghosts, "ghosts"), (air_errors, "garbled on the air")] {
            if count > 0 {
                detail += &format!(" · {count} {what}");
            }
        }
        detail += &format!(" · session {}", self.session.word());
        self.inbox.offer(Input::Device(DeviceReport {
            name: self.name.clone(),
            kind: DeviceKind::Reader,
            state: DeviceState::Figures,
            detail,
            identity: None,
            figures: Some(figures),
            camera: None,
        }));
    }

    fn up(&self, identity: &Identity, baud: u32) {
        let mut detail = described(self.family, identity);
        if baud > 0 {
            detail += &format!(" · {baud} baud");
        }
        let identity = self.number_of(identity);
        self.inbox.put_soon(Input::Device(DeviceReport {
            name: self.name.clone(),
            kind: DeviceKind::Reader,
            state: DeviceState::Up,
            detail,
            identity,
            figures: None,
            camera: None,
        }));
    }

    /// The reader's own number, or that of its adapter where the reader has none. A reader that was only overheard is
    /// not judged by its adapter: it says who it is in a moment.
    fn number_of(&self, identity: &Identity) -> Option<DeviceIdentity> {
        let family = self.family.word().to_owned();
        if let Some(serial) = identity.serial.clone() {
            return Some(DeviceIdentity { family, serial, adapter: false });
        }
        if identity.firmware == Identity::unknown().firmware {
            return None;
        }
        let serial = System::default().usb_device(self.port.path()?)?.serial?;
        Some(DeviceIdentity { family, serial, adapter: true })
    }

    fn say(&self, state: DeviceState, detail: String) {
        self.inbox.put_soon(report(&self.name, DeviceKind::Reader, state, detail));
    }
}
