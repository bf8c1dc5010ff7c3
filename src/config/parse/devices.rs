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
        let sized = source.as_ref().is_some_and(|source| source.value.is_sized());
        // The size of a picture file stands in the file; everything else has to be told.
        let side = if sized { device::SIDE_PX } else { 0..=i64::from(u32::MAX) };
        let width = section.number::<u32>("width", side.clone(), " pixels");
        let height = section.number::<u32>("height", side, " pixels");
        if let Some(format) = &format {
            checks::format(section, format, source.as_ref(), [("width", &width), ("height", &height)]);
        }
        let exposure_us = control(section, "exposure_us", device::EXPOSURE_US, " µs", source.as_ref());
        let focus = control(section, "focus", device::FOCUS, " steps", source.as_ref());
        let reading = reading(section);
        let read_point = read_point(section, name.as_ref());
        let lane = self.lane(section, read_point.as_ref());
        let (default_width, default_height) = Camera::SIZE_PX;
        Some(Camera {
            name: name?.value,
            source: source?.value,
            format: format.map(|found| found.value).unwrap_or_default(),
            width: width.map_or(default_width, |found| found.value),
            height: height.map_or(default_height, |found| found.value),
            exposure_us,
            focus,
            reading,
            read_point: read_point?,
            lane,
        })
    }

    fn camera_source(&mut self, section: &mut Section<'_, '_>) -> Option<Found<CameraSource>> {
        let Some(found) = section.text("source") else {
            require(section, "source", CameraSource::HOW);
            return None;
        };
        let at = found.at;
        let path = |path: &str| resolve(self.base_dir, Path::new(path));
        let value = match found.value.split_once(':').map(|(kind, rest)| (kind, rest.trim())) {
            Some((_, rest)) if rest.is_empty() || rest.contains('\0') => None,
            Some(("v4l2", device)) => Some(CameraSource::V4l2(path(device))),
            Some(("rpicam", number)) => number.parse().ok().map(CameraSource::Rpicam),
            Some(("pipe", command)) => Some(CameraSource::Pipe(command.to_owned())),
            Some(("folder", folder)) => Some(CameraSource::Folder(path(folder))),
            Some(("file", file)) => Some(CameraSource::File(path(file))),
            _ => None,
        };
        let Some(value) = value else {
            let what = format!("{:?} is no source of pictures: {}", found.value, CameraSource::HOW);
            section.refuse(at, "source", what);
            return None;
        };
        self.places.sources.push(Found { value: value.clone(), at });
        Some(Found { value, at })
    }

    pub(super) fn device_name(&mut self, section: &mut Section<'_, '_>) -> Option<Found<String>> {
        let found = name(section, "name", "give every reader, camera and scanner a name of its own")?;
        self.places.names.push((section.path("name"), found.clone()));
        Some(found)
    }

    /// The lane that the device's read point belongs to.
    pub(super) fn lane(
        &mut self,
        section: &mut Section<'_, '_>,
        place: Option<&ReadPoint>,
    ) -> Option<String> {
        let (lane, at) = lane(section);
        if let Some(place) = place {
            self.places.lanes.push((place.clone(), Found { value: lane.clone(), at }));
        }
        lane
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

/// A control of the driver's, refused where the source has none.
fn control(
    section: &mut Section<'_, '_>,
    key: &'static str,
    range: std::ops::RangeInclusive<i64>,
    unit: &'static str,
    source: Option<&Found<CameraSource>>,
) -> Option<u32> {
    let found = section.number::<u32>(key, range, unit)?;
    if let Some(source) = source
        && !source.value.is_driven()
    {
        let what = format!("a {} has no driver that could hold it: take the key out", source.value.kind());
        section.refuse(found.at, key, what);
    }
    Some(found.value)
}

/// Where a device looks: its own name where the file says nothing.
pub(super) fn read_point(section: &mut Section<'_, '_>, device: Option<&Found<String>>) -> Option<ReadPoint> {
    match section.raw("read_point") {
        Some(_) => Some(ReadPoint::new(name(section, "read_point", "")?.value)),
        None => Some(ReadPoint::new(device?.value.clone())),
    }
}

/// The lane named in this table, and where; the table itself where none is.
pub(super) fn lane(section: &mut Section<'_, '_>) -> (Option<String>, usize) {
    let Some(found) = section.raw("lane") else { return (None, section.at()) };
    (name(section, "lane", "").map(|found| found.value), found.at)
}
