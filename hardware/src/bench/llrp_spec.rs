//! What an LLRP reader is told to do: reader operations and accesses, read as the standard orders their parts and held
//! against what the device has (LLRP 1.0.1, sections 10, 11 and 15).

use super::llrp_wire::{Reading, Wrong, wrong};
use crate::reader::{Access, Bank, LockBits};

/// What the device has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub antennas: u16,
    pub powers: u16,
    pub state_aware: bool,
    /// Impinj's parameters are enabled.
    pub impinj: bool,
}

/// A reader operation.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub id: u32,
    /// It starts as soon as it is enabled.
    pub immediate: bool,
    /// It ends after so many ms; 0 is never.
    pub stops_after_ms: u32,
    /// It ends after so many tags; 0 is never.
    pub stops_after_tags: u16,
    pub antennas: Vec<u16>,
    /// Asked for tags in one state: they answer once.
    pub state_aware: bool,
    /// Reports after so many tags; 0 at the end only.
    pub report_every: u16,
    /// Which parts a report has, and which of the EPC memory.
    pub content: u16,
    pub memory: u8,
    pub fast_tid: bool,
    pub centi_dbm: bool,
    /// Its description as it came.
    pub described: Vec<u8>,
}

/// An access to tags.
#[derive(Debug, Clone)]
pub(super) struct AccessTask {
    pub id: u32,
    pub antenna: u16,
    /// It is done so often; 0 is without end.
    pub times: u16,
    /// Bits of the EPC bank a tag must have, from `from_bit`.
    pub target: Option<Target>,
    /// Number, password, what.
    pub operations: Vec<(u16, u32, Access)>,
}

/// Which tags.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub from_bit: u16,
    pub mask: Vec<u8>,
    pub data: Vec<u8>,
}

impl Target {
    /// Whether a tag with that EPC is meant.
    pub(super) fn fits(&self, epc: &[u8]) -> bool {
        // Checksum and PC come before the EPC; nobody asks for them here.
        let Some(from) = self.from_bit.checked_sub(0x20).filter(|bit| bit % 8 == 0) else { return false };
        let Some(there) = epc.get(usize::from(from / 8)..) else { return false };
        there.len() >= self.data.len()
            && self
                .data
                .iter()
                .zip(&self.mask)
                .zip(there)
                .all(|((data, mask), there)| data & mask == there & mask)
    }
}

impl Operation {
    /// Reads the parameter of ADD_ROSPEC.
    pub(super) fn read(mut spec: Reading<'_>, limits: Limits) -> Result<Self, Wrong> {
        let described = spec.rest().to_vec();
        let (id, priority, state) = (spec.u32()?, spec.u8()?, spec.u8()?);
        if id == 0 || priority > 7 || state != 0 {
            return wrong(101, format!("operation {id} with priority {priority} in state {state}"));
        }
        let mut boundary = spec.parameter(178)?;
        let mut start = boundary.parameter(179)?;
        let trigger = start.u8()?;
        if trigger > 1 {
            return wrong(111, format!("start trigger {trigger}"));
        }
        start.end()?;
        let mut stop = boundary.parameter(182)?;
        let (kind, rospec_ms) = (stop.u8()?, stop.u32()?);
        if kind > 1 {
            return wrong(111, format!("stop trigger {kind}"));
        }
        stop.end()?;
        boundary.end()?;
        let mut this = Self {
            id,
            immediate: trigger == 1,
            stops_after_ms: if kind == 1 { rospec_ms } else { 0 },
            stops_after_tags: 0,
            antennas: Vec::new(),
            state_aware: false,
            report_every: 0,
            content: 0,
            memory: 0,
            fast_tid: false,
            centi_dbm: false,
            described,
        };
        this.antenna_inventory(spec.parameter(183)?, limits)?;
        if let Some(report) = spec.optional(237)? {
            this.report(report, limits)?;
        }
        spec.end()?;
        Ok(this)
    }

    fn antenna_inventory(&mut self, mut spec: Reading<'_>, limits: Limits) -> Result<(), Wrong> {
        for _ in 0..spec.u16()? {
            let antenna = spec.u16()?;
            if antenna > limits.antennas {
                return wrong(301, format!("antenna {antenna} of {}", limits.antennas));
            }
            if antenna == 0 {
                self.antennas.extend(1..=limits.antennas);
            } else {
                self.antennas.push(antenna);
            }
        }
        if self.antennas.is_empty() {
            return wrong(101, "no antenna");
        }
        let mut stop = spec.parameter(184)?;
        let (kind, mut ms) = (stop.u8()?, stop.u32()?);
        match kind {
            0 => ms = 0,
            1 => {}
            3 => {
                let mut tags = stop.parameter(185)?;
                // The byte behind the kind is reserved.
                let (trigger, reserved, count) = (tags.u8()?, tags.u8()?, tags.u16()?);
                let (_attempts, _pause) = (tags.u16()?, tags.u16()?);
                (self.stops_after_tags, ms) = (count, tags.u32()?);
                tags.end()?;
                if trigger != 0 || reserved != 0 || count == 0 {
                    return wrong(111, format!("observation of kind {trigger}"));
                }
            }
            _ => return wrong(111, format!("stop trigger {kind} of an antenna inventory")),
        }
        stop.end()?;
        if self.stops_after_ms == 0 {
            self.stops_after_ms = ms;
        }
        let mut inventory = spec.parameter(186)?;
        let (number, protocol) = (inventory.u16()?, inventory.u8()?);
        if number == 0 || protocol != 1 {
            return wrong(101, format!("inventory {number} with protocol {protocol}"));
        }
        while let Some(antenna) = inventory.optional(222)? {
            self.antenna(antenna, limits)?;
        }
        inventory.end()?;
        spec.end()
    }

    fn antenna(&mut self, mut spec: Reading<'_>, limits: Limits) -> Result<(), Wrong> {
        let antenna = spec.u16()?;
        if antenna != 0 && !self.antennas.contains(&antenna) {
            return wrong(301, format!("configuration of antenna {antenna}, which is not in the inventory"));
        }
        if let Some(mut receiver) = spec.optional(223)? {
            receiver.u16()?;
            receiver.end()?;
        }
        if let Some(mut transmitter) = spec.optional(224)? {
            let (hop, channel, power) = (transmitter.u16()?, transmitter.u16()?, transmitter.u16()?);
            transmitter.end()?;
            if hop > 1 || channel > 4 || power == 0 || power > limits.powers {
                return wrong(301, format!("hop table {hop}, channel {channel}, power index {power}"));
            }
        }
        while let Some(mut command) = spec.optional(330)? {
            let aware = command.u8()?;
            if aware & 0x7F != 0 || (aware != 0 && !limits.state_aware) {
                return wrong(111, "an inventory that knows of states");
            }
            if let Some(mut control) = command.optional(335)? {
                control.bytes(4)?;
                control.end()?;
            }
            if let Some(mut singulation) = command.optional(336)? {
                let (session, population, _transit) =
                    (singulation.u8()?, singulation.u16()?, singulation.u32()?);
                if session & 0x3F != 0 || population == 0 {
                    return wrong(101, format!("session bits {session:02x}, population {population}"));
                }
                if let Some(mut state) = singulation.optional(337)? {
                    let bits = state.u8()?;
                    state.end()?;
                    if aware == 0 || bits & 0x3F != 0 {
                        return wrong(102, "a state in an inventory that knows of none");
                    }
                    // In S0 as well: the field of this reader stays up.
                    self.state_aware = true;
                }
                singulation.end()?;
            }
            while let Some((vendor, subtype, mut value)) = command.custom()? {
                if !limits.impinj || (vendor, subtype) != (25882, 23) {
                    return wrong(107, format!("parameter {subtype} of vendor {vendor}"));
                }
                let mode = value.u16()?;
                value.end()?;
                if mode > 3 {
                    return wrong(301, format!("search mode {mode}"));
                }
            }
            command.end()?;
        }
        spec.end()
    }

    fn report(&mut self, mut spec: Reading<'_>, limits: Limits) -> Result<(), Wrong> {
        let (trigger, every) = (spec.u8()?, spec.u16()?);
        if !(1..=2).contains(&trigger) {
            return wrong(111, format!("report trigger {trigger}"));
        }
        self.report_every = every;
        let mut content = spec.parameter(238)?;
        self.content = content.u16()?;
        if self.content & 0x3F != 0 {
            return wrong(101, format!("content bits {:04x}", self.content));
        }
        if let Some(mut memory) = content.optional(348)? {
            self.memory = memory.u8()?;
            memory.end()?;
        }
        content.end()?;
        while let Some((vendor, subtype, mut selector)) = spec.custom()? {
            if !limits.impinj || (vendor, subtype) != (25882, 50) {
                return wrong(107, format!("parameter {subtype} of vendor {vendor}"));
            }
            while let Some((_, subtype, mut value)) = selector.custom()? {
                let on = value.u16()? == 1;
                value.end()?;
                match subtype {
                    51 => self.fast_tid = on,
                    53 => self.centi_dbm = on,
                    52 | 68 => {}
                    _ => return wrong(107, format!("selector {subtype}")),
                }
            }
            selector.end()?;
        }
        spec.end()
    }
}

impl AccessTask {
    /// Reads the parameter of ADD_ACCESSSPEC.
    pub(super) fn read(mut spec: Reading<'_>, limits: Limits) -> Result<Self, Wrong> {
        let (id, antenna, protocol, state, _rospec) =
            (spec.u32()?, spec.u16()?, spec.u8()?, spec.u8()?, spec.u32()?);
        if id == 0 || antenna > limits.antennas || protocol != 1 || state != 0 {
            return wrong(
                101,
                format!("access {id} at antenna {antenna}, protocol {protocol}, state {state}"),
            );
        }
        let mut stop = spec.parameter(208)?;
        let (trigger, times) = (stop.u8()?, stop.u16()?);
        if trigger > 1 || (trigger == 1 && times == 0) {
            return wrong(101, format!("stop trigger {trigger} after {times}"));
        }
        stop.end()?;
        let mut command = spec.parameter(209)?;
        let mut tags = command.parameter(338)?;
        let target = target(tags.parameter(339)?)?;
        tags.end()?;
        let mut operations = Vec::new();
        while !command.is_empty() {
            operations.push(operation(&mut command)?);
        }
        if operations.is_empty() {
            return wrong(103, "an access that does nothing");
        }
        if let Some(mut report) = spec.optional(239)? {
            let trigger = report.u8()?;
            report.end()?;
            if trigger > 1 {
                return wrong(101, format!("access report trigger {trigger}"));
            }
        }
        spec.end()?;
        Ok(Self { id, antenna, times: if trigger == 1 { times } else { 0 }, target, operations })
    }
}

/// Which events are to be told, by number; one of them it may not know.
pub(super) fn events(mut spec: Reading<'_>, unknown: Option<u16>) -> Result<[bool; 9], Wrong> {
    let mut told = [false; 9];
    while let Some(mut state) = spec.optional(245)? {
        let (kind, on) = (state.u16()?, state.u8()?);
        state.end()?;
        match told.get_mut(usize::from(kind)) {
            Some(event) if unknown != Some(kind) => *event = on & 0x80 != 0,
            _ => return wrong(301, format!("event {kind}")),
        }
    }
    spec.end()?;
    Ok(told)
}

fn target(mut spec: Reading<'_>) -> Result<Option<Target>, Wrong> {
    let (bank, from_bit) = (spec.u8()?, spec.u16()?);
    let ((mask_bits, mask), (data_bits, data)) = (spec.bits()?, spec.bits()?);
    spec.end()?;
    if mask_bits != data_bits || bank & 0x1F != 0 {
        return wrong(101, format!("a target of {mask_bits} mask bits and {data_bits} data bits"));
    }
    if data_bits == 0 {
        return Ok(None);
    }
    if bank != 0x60 {
        return wrong(111, format!("a target with bank bits {bank:02x}"));
    }
    Ok(Some(Target { from_bit, mask: mask.to_vec(), data: data.to_vec() }))
}

fn operation(command: &mut Reading<'_>) -> Result<(u16, u32, Access), Wrong> {
    let (id, password, access);
    if let Some(mut read) = command.optional(341)? {
        (id, password) = (read.u16()?, read.u32()?);
        let (bank, word, words) = (bank(read.u8()?)?, read.u16()?, read.u16()?);
        read.end()?;
        let Ok(words) = u8::try_from(words) else { return wrong(301, format!("{words} words")) };
        access = Access::Read { bank, word, words };
    } else if let Some(mut write) = command.optional(342)? {
        (id, password) = (write.u16()?, write.u32()?);
        let (bank, word, words) = (bank(write.u8()?)?, write.u16()?, write.u16()?);
        let data = write.bytes(usize::from(words) * 2)?.to_vec();
        write.end()?;
        access = Access::Write { bank, word, data };
    } else {
        let mut lock = command.parameter(344)?;
        (id, password) = (lock.u16()?, lock.u32()?);
        let mut bits = LockBits { mask: 0, action: 0 };
        while let Some(mut payload) = lock.optional(345)? {
            let (privilege, area) = (payload.u8()?, payload.u8()?);
            payload.end()?;
            if area > 4 || privilege > 3 {
                return wrong(301, format!("privilege {privilege} for area {area}"));
            }
            // Lock, lock for ever, open for ever, open.
            let action = [0b10, 0b11, 0b01, 0b00][usize::from(privilege)];
            bits.mask |= 0b11 << (2 * (4 - area));
            bits.action |= action << (2 * (4 - area));
        }
        lock.end()?;
        access = Access::Lock(bits);
    }
    Ok((id, password, access))
}

fn bank(bits: u8) -> Result<Bank, Wrong> {
    if bits & 0x3F != 0 {
        return wrong(101, format!("bank bits {bits:02x}"));
    }
    Ok([Bank::Reserved, Bank::Epc, Bank::Tid, Bank::User][usize::from(bits >> 6)])
}
