//! `[[camera]]` and `[panel]`, and what all devices have.

use std::path::Path;

use super::reading::reading;
use super::{Walk, name, require, resolve};
use crate::config::checks;
use crate::config::device::{self, Camera, CameraSource, Panel, PictureFormat};
use crate::config::section::{Found, Section};
use crate::domain::ReadPoint;

impl Walk<'_> {
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
        let reading = reading(section);
        let read_point = read_point(section, name.as_ref());
        let (default_width, default_height) = Camera::SIZE_PX;
        Some(Camera {
            name: name?.value,
            source: source?.value,
            format: format.map(|found| found.value).unwrap_or_default(),
            width: width.map_or(default_width, |found| found.value),
            height: height.map_or(default_height, |found| found.value),
            reading,
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

    pub(super) fn device_name(&mut self, section: &mut Section<'_, '_>) -> Option<Found<String>> {
        let found = name(section, "name", "give every reader, camera and scanner a name of its own")?;
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
pub(super) fn read_point(section: &mut Section<'_, '_>, device: Option<&Found<String>>) -> Option<ReadPoint> {
    match section.raw("read_point") {
        Some(_) => Some(ReadPoint::new(name(section, "read_point", "")?.value)),
        None => Some(ReadPoint::new(device?.value.clone())),
    }
}
