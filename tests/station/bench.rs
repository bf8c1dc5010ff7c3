//! Badges and weapons as a reader hears them.

use armoury_hardware::bench::BenchTag;

/// How many weapons `W01`, `W02` … stand in the register.
pub const WEAPONS: u32 = 40;

/// Soldiers `P1` to `P3`. The first two may draw everything, the third nothing.
pub const PERSONS: u32 = 3;

/// The EPC of weapon `number`: a GRAI-96 like those on the demonstration's weapons.
pub fn weapon_epc(number: u32) -> Vec<u8> {
    let mut epc = vec![0x34, 0x16, 0x45, 0x0F, 0x08, 0, 0, 0];
    epc.extend(number.to_be_bytes());
    epc
}

/// The EPC of the badge of soldier `number`: a GSRN-96.
pub fn badge_epc(number: u32) -> Vec<u8> {
    let mut epc = vec![0x2D, 0x16, 0x45, 0x0F, 0x08, 0, 0, 0x0F];
    epc.extend((0xA000_0000 + (number << 24)).to_be_bytes());
    epc
}

/// Weapon `number` on the pad.
pub fn weapon(number: u32) -> BenchTag {
    tag(weapon_epc(number))
}

/// The badge of soldier `number` on the pad.
pub fn badge(number: u32) -> BenchTag {
    tag(badge_epc(number))
}

fn tag(epc: Vec<u8>) -> BenchTag {
    BenchTag { epc, tid: None, antenna: 1, rssi_dbm: -50, read_rate: 1.0 }
}

/// Lower-case hex, as registers and entries hold it.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
