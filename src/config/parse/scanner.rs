//! `[[scanner]]`.

use super::devices::read_point;
use super::{Walk, require, resolve};
use crate::config::scanner::{BAUD, KeyMap, Scanner, ScannerKind};
use crate::config::section::{Found, Section};

impl Walk<'_> {
    pub(super) fn scanner(&mut self, section: &mut Section<'_, '_>) -> Option<Scanner> {
        let name = self.device_name(section);
        let kind = section.word("kind", &ScannerKind::WORDS);
        let kind = kind.map_or(ScannerKind::Line, |found| found.value);
        let port = section.file("port");
        if port.is_none() {
            require(
                section,
                "port",
                "name its path under /dev/serial/by-id, or under /dev/input/by-id for one that types",
            );
        }
        let port = port.map(|found| Found { value: resolve(self.base_dir, &found.value), at: found.at });
        if let Some(port) = &port {
            let place = Found { value: port.value.display().to_string(), at: port.at };
            self.places.ports.push((section.path("port"), place));
        }
        let baud = scanner_baud(section, kind);
        let aim = section.flag("aim").unwrap_or(false);
        let key_map = key_map(section, kind);
        let read_point = read_point(section, name.as_ref());
        let lane = self.lane(section, read_point.as_ref());
        Some(Scanner {
            name: name?.value,
            kind,
            port: port?.value,
            baud,
            aim,
            key_map,
            read_point: read_point?,
            lane,
        })
    }
}

fn scanner_baud(section: &mut Section<'_, '_>, kind: ScannerKind) -> Option<u32> {
    let baud = section.number::<u32>("baud", 1..=i64::from(u32::MAX), " baud")?;
    if kind == ScannerKind::Keyboard {
        section.refuse(baud.at, "baud", "a scanner that types has no line and no rate: take the key out");
    } else if !BAUD.contains(&baud.value) {
        let rates: Vec<String> = BAUD.iter().map(u32::to_string).collect();
        let what =
            format!("{} baud is not among the rates of scanners: write {}", baud.value, rates.join(" or "));
        section.refuse(baud.at, "baud", what);
    }
    Some(baud.value)
}

fn key_map(section: &mut Section<'_, '_>, kind: ScannerKind) -> Option<KeyMap> {
    let map = section.word("key_map", &KeyMap::WORDS);
    if kind == ScannerKind::Keyboard {
        return Some(map.map(|found| found.value).unwrap_or_default());
    }
    if let Some(map) = map {
        section.refuse(
            map.at,
            "key_map",
            "only a scanner that types has keys: take it out, or write kind = \"keyboard\"",
        );
    }
    None
}
