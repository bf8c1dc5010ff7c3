//! Plays a script: the devices of [`Script`] plugged in, and its deeds done to them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::script::{Deed, Script, ScriptReader, ScriptScanner, ScriptScannerKind};
use super::{BenchKeyboard, BenchReader, BenchScanner, BenchScannerKind, BenchSettings, Transport};
use crate::scanner::KeyMap;

/// Between one key of a simulated keyboard and the next.
const KEY_GAP_MS: i64 = 4;

/// Simulated devices by their names in a script. They are unplugged when it is dropped.
pub struct ScriptBench {
    devices: BTreeMap<String, Device>,
}

enum Device {
    Reader(BenchReader),
    Scanner(BenchScanner),
    Keyboard(BenchKeyboard, KeyMap),
}

/// What a device has seen in the end.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BenchReport {
    /// Its name in the script.
    pub device: String,
    /// Rounds of inventory; 0 for a scanner.
    pub rounds: u64,
    /// How often its flash memory was written.
    pub flash_writes: u32,
    /// Ghosts sent.
    pub ghosts: usize,
    /// What the station did that such a device may not expect.
    pub complaints: Vec<String>,
}

impl ScriptBench {
    /// Plugs every device in. Relative paths count from `folder`.
    ///
    /// # Errors
    /// Which device could not be made, and why.
    pub fn set_up(script: &Script, folder: &Path) -> Result<Self, io::Error> {
        let mut devices = BTreeMap::new();
        let mut seed = script.seed;
        for reader in &script.readers {
            devices.insert(
                reader.name.clone(),
                start_reader(reader, seed, folder).map_err(named(&reader.name))?,
            );
            seed = seed.wrapping_add(1);
        }
        for scanner in &script.scanners {
            let started = start_scanner(scanner, seed, folder).map_err(named(&scanner.name))?;
            devices.insert(scanner.name.clone(), started);
            seed = seed.wrapping_add(1);
        }
        Ok(Self { devices })
    }

    /// Every device, and what a station is told to open.
    pub fn ports(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.devices.iter().map(|(name, device)| {
            let path = match device {
                Device::Reader(reader) => reader.path(),
                Device::Scanner(scanner) => scanner.path(),
                Device::Keyboard(keyboard, _) => keyboard.path(),
            };
            (name.as_str(), path)
        })
    }

    /// Does one deed.
    ///
    /// # Errors
    /// There is no such device, the deed is none for it, or the system refuses.
    pub fn act(&mut self, name: &str, deed: &Deed) -> io::Result<()> {
        let unfit = || io::Error::other(format!("{name:?} is no device for that"));
        match (self.devices.get_mut(name).ok_or_else(unfit)?, deed) {
            (Device::Reader(reader), Deed::Put(tag)) => reader.place(tag.clone()),
            (Device::Reader(reader), Deed::Take(epc)) => reader.remove(epc),
            (Device::Reader(reader), Deed::Clear) => reader.clear(),
            (Device::Reader(reader), Deed::Unplug) => return reader.unplug(),
            (Device::Reader(reader), Deed::Plug) => return reader.replug(),
            (Device::Reader(reader), Deed::Stall(for_ms)) => reader.stall(*for_ms),
            (Device::Reader(reader), Deed::Noise(count)) => reader.mumble(*count),
            (Device::Reader(reader), Deed::Send(bytes)) => reader.send_raw(bytes),
            (Device::Scanner(scanner), Deed::Show(text)) => scanner.show(text.as_bytes()),
            (Device::Scanner(scanner), Deed::Unplug) => return scanner.unplug(),
            (Device::Scanner(scanner), Deed::Plug) => return scanner.replug(),
            (Device::Scanner(scanner), Deed::Stall(for_ms)) => scanner.stall(*for_ms),
            (Device::Scanner(scanner), Deed::Noise(count)) => scanner.mumble(*count),
            (Device::Scanner(scanner), Deed::Send(bytes)) => scanner.send_raw(bytes),
            (Device::Keyboard(keyboard, map), Deed::Show(text)) => {
                return keyboard.types(text, *map, KEY_GAP_MS);
            }
            (Device::Keyboard(keyboard, _), Deed::Unplug) => return keyboard.unplug(),
            (Device::Keyboard(keyboard, _), Deed::Plug) => return keyboard.replug(),
            (Device::Keyboard(keyboard, _), Deed::Send(bytes)) => return keyboard.send(bytes),
            _ => return Err(unfit()),
        }
        Ok(())
    }

    /// What each device has seen so far.
    pub fn reports(&self) -> Vec<BenchReport> {
        let report = |(name, device): (&String, &Device)| {
            let (rounds, flash_writes, ghosts, complaints) = match device {
                Device::Reader(reader) => {
                    (reader.rounds(), reader.flash_writes(), reader.ghosts().len(), reader.complaints())
                }
                Device::Scanner(scanner) => (0, 0, 0, scanner.complaints()),
                Device::Keyboard(..) => (0, 0, 0, Vec::new()),
            };
            BenchReport { device: name.clone(), rounds, flash_writes, ghosts, complaints }
        };
        self.devices.iter().map(report).collect()
    }
}

fn named(name: &str) -> impl FnOnce(io::Error) -> io::Error + '_ {
    move |error| io::Error::new(error.kind(), format!("set up {name:?}: {error}"))
}

fn start_reader(reader: &ScriptReader, seed: u64, folder: &Path) -> io::Result<Device> {
    let network = reader.port.as_deref() == Some("tcp");
    let settings = BenchSettings {
        family: reader.protocol,
        variant: reader.variant.clone(),
        seed,
        nuisances: reader.nuisances,
        paced: reader.paced,
        ports: reader.antennas,
        missing_antennas: reader.missing_antennas.clone(),
        link: if network { None } else { place(reader.port.as_deref(), folder) },
        transport: match (&reader.port, network) {
            (None, _) => Transport::Usual,
            (Some(_), true) => Transport::Tcp,
            (Some(_), false) => Transport::Pty,
        },
        ..BenchSettings::default()
    };
    BenchReader::start_with(settings).map(Device::Reader)
}

fn start_scanner(scanner: &ScriptScanner, seed: u64, folder: &Path) -> io::Result<Device> {
    let link = place(scanner.port.as_deref(), folder);
    let kind = match scanner.kind {
        ScriptScannerKind::Line => BenchScannerKind::Line(scanner.line_end.bytes()),
        ScriptScannerKind::Gm65 => BenchScannerKind::Gm65,
        ScriptScannerKind::Ssi => BenchScannerKind::Ssi(true),
        ScriptScannerKind::Keyboard => {
            return Ok(Device::Keyboard(BenchKeyboard::start_at(link)?, scanner.key_map));
        }
    };
    BenchScanner::start_at(kind, seed, link).map(Device::Scanner)
}

fn place(port: Option<&str>, folder: &Path) -> Option<PathBuf> {
    port.map(|port| folder.join(port))
}
