//! A simulated Mercury module and what a driver must know of it.

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag};
use armoury_hardware::reader::{Family, ReaderSettings};

/// A simulated module of that kind.
pub fn bench(settings: BenchSettings) -> BenchReader {
    BenchReader::start_with(BenchSettings { family: Family::Mercury, ..settings }).expect("a bench")
}

/// What a driver must know of it.
pub fn settings(bench: &BenchReader) -> ReaderSettings {
    ReaderSettings {
        power_dbm: 26,
        ..ReaderSettings::new("hatch", Family::Mercury, &bench.path().to_string_lossy())
    }
}

/// The EPC of a tag.
pub fn epc(number: u8) -> Vec<u8> {
    vec![0x30, 0x34, 0xA0, 0x13, 0x01, 0x89, 0, 0, 0, 0, 0xFF, number]
}

/// The number of its chip.
pub fn chip(number: u8) -> Vec<u8> {
    vec![0xE2, 0x80, 0x68, 0x94, 0, 0, 0x50, 0, 0xFF, 0, 0x22, number]
}

/// A tag that answers four times out of five.
pub fn tag(number: u8, antenna: u8) -> BenchTag {
    BenchTag { epc: epc(number), tid: Some(chip(number)), antenna, rssi_dbm: -60, read_rate: 0.8 }
}
