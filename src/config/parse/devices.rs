//! `[[reader]]`, `[[camera]]` and `[panel]`.

use std::path::Path;

use super::{Walk, name, require, resolve};
use crate::config::checks;
use crate::config::device::{self, Camera, CameraSource, Panel, PictureFormat, Protocol, Reader};
use crate::config::section::{Found, Section, integer};
use crate::domain::ReadPoint;

impl Walk<'_> {
    pub(super) fn reader(&mut self, section: &mut Section<'_, '_>) -> Option<Reader> {
        let name = self.device_name(section);
        let protocol = section.word("protocol", &Protocol::WORDS);
        let port = section.file("port");
        if port.is_none() {
            require(section, "port", "name the serial port, by preference its path under /dev/serial/by-id");
        }
        let port = port.map(|found| Found { value: resolve(self.base_dir, &found.value), at: found.at });
        if let Some(port) = &port {
            self.places.ports.push(port.clone());
        }
        let baud = section.number::<u32>("baud", 1..=i64::from(u32::MAX), " baud");
        if let Some(baud) = &baud
            && !device::BAUD.contains(&i64::from(baud.value))
        {
            let [slow, fast] = device::BAUD;
            let what = format!(
                "{} baud is not among the rates of an r2000: write {fast} or {slow}, or leave it out and both are tried",
                baud.value
            );
            section.refuse(baud.at, "baud", what);
        }
        let read_point = read_point(section, name.as_ref());
        let power_dbm = section.number("power_dbm", device::POWER_DBM, " dBm");
        let antennas = antennas(section);
        Some(Reader {
            name: name?.value,
            protocol: protocol.map_or(Protocol::R2000, |found| found.value),
            port: port?.value,
            baud: baud.map(|found| found.value),
            read_point: read_point?,
            power_dbm: power_dbm.map_or(Reader::POWER_DBM, |found| found.value),
            antennas: antennas.unwrap_or(Reader::ANTENNAS.to_vec()),
        })
    }

    pub(super) fn camera(&mut self, section: &mut Section<'_, '_>) -> Option<Camera> {
        let name = self.device_name(section);
        let source = self.camera_source(section);
        let format = section.word("format", &PictureFormat::WORDS);
        let piped = matches!(source, Some(Found { value: CameraSource::Pipe(_), .. }));
        // The size of a folder's pictures stands in the pictures; only a pipe has to be told.
        let side = if piped { device::SIDE_PX } else { 0..=i64::from(u32::MAX) };
        let width = section.number::<u32>("width", side.clone(), " pixels");
        let height = section.number::<u32>("height", side, " pixels");
        if let Some(format) = &format {
            checks::format(section, format, source.as_ref(), [("width", &width), ("height", &height)]);
        }
        let read_point = read_point(section, name.as_ref());
        let (default_width, default_height) = Camera::SIZE_PX;
        Some(Camera {
            name: name?.value,
            source: source?.value,
            format: format.map(|found| found.value).unwrap_or_default(),
            width: width.map_or(default_width, |found| found.value),
            height: height.map_or(default_height, |found| found.value),
            read_point: read_point?,
        })
    }

    fn camera_source(&mut self, section: &mut Section<'_, '_>) -> Option<Found<CameraSource>> {
        let Some(found) = section.text("source") else {
            require(section, "source", "write \"folder:DIR\" or \"pipe:COMMAND\"");
            return None;
        };
        let at = found.at;
        let value = match found.value.split_once(':').map(|(kind, rest)| (kind, rest.trim())) {
            Some(("folder", folder)) if !folder.is_empty() && !folder.contains('\0') => {
                let folder = resolve(self.base_dir, Path::new(folder));
                self.places.folders.push(Found { value: folder.clone(), at });
                CameraSource::Folder(folder)
            }
            Some(("pipe", command)) if !command.is_empty() && !command.contains('\0') => {
                CameraSource::Pipe(command.to_owned())
            }
            _ => {
                let what = format!(
                    "{:?} is no source of pictures: write \"folder:DIR\" or \"pipe:COMMAND\"",
                    found.value
                );
                section.refuse(at, "source", what);
                return None;
            }
        };
        Some(Found { value, at })
    }

    fn device_name(&mut self, section: &mut Section<'_, '_>) -> Option<Found<String>> {
        let found = name(section, "name", "give every reader and camera a name of its own")?;
        self.places.names.push((section.path("name"), found.clone()));
        Some(found)
    }

    pub(super) fn panel(&mut self, section: &mut Section<'_, '_>) -> Option<Panel> {
        let mut pins: Vec<(&'static str, Found<u8>)> = Vec::new();
        for key in ["red", "amber", "green", "buzzer", "lock"] {
            let Some(pin) = section.number::<u8>(key, device::PIN, " as a BCM pin") else { continue };
            if let Some((taken, other)) = pins.iter().find(|(_, other)| other.value == pin.value) {
                let line = section.log.line(other.at);
                let what = format!(
                    "pin {} is already that of {taken} in line {line}: each needs a pin of its own",
                    pin.value
                );
                section.refuse(pin.at, key, what);
            }
            pins.push((key, pin));
        }
        let pin = |key| pins.iter().find(|(named, _)| *named == key).map(|(_, pin)| pin.value);
        let panel = Panel {
            red: pin("red"),
            amber: pin("amber"),
            green: pin("green"),
            buzzer: pin("buzzer"),
            lock: pin("lock"),
        };
        (panel != Panel::default()).then_some(panel)
    }
}

/// Where a device looks: its own name where the file says nothing.
fn read_point(section: &mut Section<'_, '_>, device: Option<&Found<String>>) -> Option<ReadPoint> {
    match section.raw("read_point") {
        Some(_) => Some(ReadPoint::new(name(section, "read_point", "")?.value)),
        None => Some(ReadPoint::new(device?.value.clone())),
    }
}

fn antennas(section: &mut Section<'_, '_>) -> Option<Vec<u8>> {
    let found = section.raw("antennas")?;
    let Some(list) = found.value.as_array() else {
        return section.wrong_type("antennas", &found, "a list such as [1, 2]");
    };
    let mut antennas: Vec<u8> = Vec::new();
    for item in list.iter() {
        let number = integer(item.get_ref()).and_then(|number| u8::try_from(number).ok());
        match number.filter(|number| (1..=device::ANTENNA_MAX).contains(number)) {
            Some(number) if antennas.contains(&number) => {
                section.refuse(
                    item.span().start,
                    "antennas",
                    format!("antenna {number} is listed twice: once is enough"),
                );
            }
            Some(number) => antennas.push(number),
            None => {
                let max = device::ANTENNA_MAX;
                section.refuse(
                    item.span().start,
                    "antennas",
                    format!("one of the list is no antenna: they are counted from 1 to {max}"),
                );
            }
        }
    }
    if list.is_empty() {
        section.refuse(
            found.at,
            "antennas",
            "the list is empty: name at least one, or leave the key out and 1 is used",
        );
    }
    Some(antennas)
}
