//! LLRP from the reader's side (protocol sheet, sections 1 to 6).
//!
//! Stricter than any real reader: requests one at a time, in the standard's order, every length exact, settings before
//! inventory, keep-alives answered. Whatever a driver does wrong becomes a complaint a test can look at.

use std::time::Duration;

use super::Nuisances;
use super::firmware::{Firmware, Station};
use super::llrp_report as report;
use super::llrp_spec::events;
use super::llrp_wire::{Reading, Wrong, custom, event, message, status, tlv, wrong};
use super::llrp_work::Work;
use super::wire::Wire;

const IMPINJ: u32 = 25882;
/// The reader's clock was never set: it began in 1970.
const CLOCK_US: u64 = 86_400_000_000;
/// How long the controller thinks about a request.
const THINKS: Duration = Duration::from_millis(1);
/// Of the frames that would lose their tail on a serial line, one in so many breaks the connection.
const BREAKS_PER_LOST_TAIL: f32 = 100.0;

/// What an LLRP reader is like, besides what every reader is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LlrpTraits {
    /// It is an Impinj: it has its own parameters, and knows nothing of states.
    pub impinj: bool,
    /// The highest version it speaks, and with which it begins: 1 for LLRP 1.0.1, 2 for 1.1.
    pub version: u8,
    /// It refuses with an error message what deletes nothing, and the message that releases reports, as an emulator does;
    /// and it does not tell how full its buffer is.
    pub fussy: bool,
    /// It sends keep-alives when told to.
    pub keepalives: bool,
    /// Its tags know the shortcut by which an Impinj reports chip numbers.
    pub fast_tid: bool,
}

impl Default for LlrpTraits {
    fn default() -> Self {
        Self { impinj: false, version: 1, fussy: false, keepalives: true, fast_tid: true }
    }
}

/// One simulated reader, without its line.
pub(super) struct Llrp {
    pub(super) station: Station,
    inbox: Vec<u8>,
    pub(super) connection: Option<Connection>,
    pub(super) work: Work,
    pub(super) next_id: u32,
    /// The connection breaks in the middle of what was said last.
    breaking: bool,
}

/// What ends with the client.
pub(super) struct Connection {
    pub version: u8,
    pub capabilities_asked: bool,
    pub configured: bool,
    pub extended: bool,
    antenna_events: bool,
    operation_events: bool,
    keepalive: Option<Keepalive>,
}

struct Keepalive {
    every: Duration,
    next: Duration,
    unanswered: u32,
}

impl Firmware for Llrp {
    fn station(&mut self) -> &mut Station {
        &mut self.station
    }

    fn power_cycle(&mut self) {
        self.station.hang_up = false;
        self.station.wire.forget();
        self.inbox.clear();
        self.connection = None;
        self.work = Work::default();
    }

    fn called(&mut self, now: Duration) {
        self.inbox.clear();
        self.station.wire.forget();
        self.station.hang_up = false;
        self.breaking = false;
        let traits = self.station.settings.llrp;
        self.connection = Some(Connection {
            version: traits.version,
            capabilities_asked: false,
            configured: false,
            extended: false,
            antenna_events: false,
            operation_events: false,
            keepalive: None,
        });
        self.tell(now, &tlv(256, &[0, 0]));
    }

    fn left(&mut self, _now: Duration) {
        self.connection = None;
        self.inbox.clear();
        self.station.wire.forget();
    }

    fn turn_away(&mut self, now: Duration) -> Vec<u8> {
        self.station.complain("a second client".to_owned());
        self.tell(now, &tlv(256, &[0, 4]));
        event(1, 0, clock(now), &tlv(256, &[0, 2]))
    }

    fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.inbox.extend_from_slice(bytes);
        let mut requests = 0;
        while let Some(&[h0, h1, l0, l1, l2, l3, i0, i1, i2, i3]) = self.inbox.first_chunk() {
            let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
            if h0 >> 5 != 0 || !(10..=100_000).contains(&length) {
                self.station.complain(format!("a message beginning {h0:02x}{h1:02x} with length {length}"));
                self.station.hang_up = true;
                return self.inbox.clear();
            }
            if self.inbox.len() < length {
                return;
            }
            let whole: Vec<u8> = self.inbox.drain(..length).collect();
            let kind = u16::from_be_bytes([h0, h1]) & 0x03FF;
            if !matches!(kind, 64 | 72) {
                requests += 1;
            }
            if requests > 1 {
                self.station.complain(format!("message {kind} before the last was answered"));
            }
            self.obey(kind, h0 >> 2 & 7, u32::from_be_bytes([i0, i1, i2, i3]), &whole[10..], now);
        }
    }

    fn live(&mut self, now: Duration) -> Option<Duration> {
        let keepalive = self.keep_alive(now);
        if self.work.stops_at.is_some_and(|at| at <= now) {
            self.done(now);
        }
        if !self.is_active() {
            return keepalive;
        }
        if now >= self.work.next_pass {
            self.pass(now);
        }
        [Some(self.work.next_pass), self.work.stops_at, keepalive].into_iter().flatten().min()
    }
}

impl Llrp {
    pub(super) fn new(mut station: Station) -> Self {
        // A network delivers bytes whole and in order, or not at all, and is faster than any reader.
        let air_only = Nuisances {
            noise_bytes: 0.0,
            lost_tails: 0.0,
            duplicate_frames: 0.0,
            wrong_checksums: 0.0,
            ..station.settings.nuisances
        };
        station.wire = Wire::new(air_only, false);
        Self {
            station,
            inbox: Vec::new(),
            connection: None,
            work: Work::default(),
            next_id: 1000,
            breaking: false,
        }
    }

    /// Answers one message.
    fn obey(&mut self, kind: u16, version: u8, id: u32, body: &[u8], now: Duration) {
        let at = now + THINKS;
        let Some(connection) = &mut self.connection else { return };
        if kind == 72 {
            match &mut connection.keepalive {
                Some(keepalive) if keepalive.unanswered > 0 && body.is_empty() => keepalive.unanswered = 0,
                _ => self.station.complain("a keep-alive answered that was not sent".to_owned()),
            }
            return;
        }
        // Questions for the version come in the version they ask for.
        if version != connection.version && !matches!(kind, 46 | 47) {
            self.station.complain(format!("message {kind} in version {version}"));
            return self.say(at, 100, id, &status(110, "version"));
        }
        match self.answer(kind, body, now) {
            Ok(Some((kind, body))) => self.say(at, kind, id, &body),
            Ok(None) => {}
            Err(Wrong { status: code, what }) => {
                let known = matches!(kind, 1..=3 | 20..=26 | 40..=44);
                if !self.forgives(kind, code) {
                    self.station.complain(format!("message {kind}: {what}"));
                }
                self.say(at, if known { kind + 10 } else { 100 }, id, &status(code, &what));
            }
        }
        self.announce(kind, now);
    }

    /// Whether a refusal is the reader's own fault.
    fn forgives(&self, kind: u16, code: u16) -> bool {
        let traits = self.station.settings.llrp;
        (traits.fussy && matches!(kind, 3 | 21 | 64)) || (kind == 41 && code == 300)
    }

    /// What a request is answered with: the message's type and body.
    fn answer(&mut self, kind: u16, body: &[u8], now: Duration) -> Result<Option<(u16, Vec<u8>)>, Wrong> {
        let mut reading = Reading::new(body);
        let mut answer = status(0, "");
        match kind {
            1 => {
                if reading.u8()? != 0 {
                    return wrong(111, "only all capabilities together");
                }
                self.connected()?.capabilities_asked = true;
                answer.extend(report::capabilities(&self.station.settings));
            }
            2 => answer.extend(self.configuration(&mut reading)?),
            3 => self.configure(&mut reading, now)?,
            14 => {
                self.station.hang_up = true;
                return Ok(Some((4, answer)));
            }
            20 => self.add_operation(&mut reading)?,
            26 => answer.extend(self.operations()),
            21..=25 => self.change_operation(kind, reading.u32()?, now)?,
            40 => self.add_access(&mut reading)?,
            41..=43 => self.change_access(kind, reading.u32()?)?,
            46 => {
                let (current, best) = (self.connected()?.version, self.station.settings.llrp.version);
                return Ok(Some((56, [vec![current, best], answer].concat())));
            }
            47 => {
                let version = reading.u8()?;
                if version == 0 || version > self.station.settings.llrp.version {
                    return wrong(110, format!("version {version}"));
                }
                self.connected()?.version = version;
                return Ok(Some((57, answer)));
            }
            64 if self.station.settings.llrp.fussy => return wrong(109, "nothing is held back"),
            64 => {
                reading.end()?;
                return Ok(None);
            }
            1023 => {
                let (vendor, subtype, reserved) = (reading.u32()?, reading.u8()?, reading.u32()?);
                if (vendor, subtype, reserved) != (IMPINJ, 21, 0) || !self.station.settings.llrp.impinj {
                    return wrong(109, format!("message {subtype} of vendor {vendor}"));
                }
                self.connected()?.extended = true;
                return Ok(Some((1023, [&IMPINJ.to_be_bytes()[..], &[22], &answer].concat())));
            }
            _ => return wrong(109, "not a message this reader takes"),
        }
        if !(kind == 2 || kind == 3) {
            reading.end()?;
        }
        Ok(Some((kind + 10, answer)))
    }

    pub(super) fn connected(&mut self) -> Result<&mut Connection, Wrong> {
        self.connection.as_mut().ok_or_else(|| Wrong { status: 401, what: "nobody is connected".to_owned() })
    }

    /// What is asked of the configuration.
    fn configuration(&mut self, reading: &mut Reading<'_>) -> Result<Vec<u8>, Wrong> {
        let (antenna, part, gpi, gpo) = (reading.u16()?, reading.u8()?, reading.u16()?, reading.u16()?);
        if antenna > self.station.settings.ports.into() || part > 11 || gpi > 0 || gpo > 0 {
            return wrong(301, format!("part {part} of antenna {antenna}, inputs {gpi}, outputs {gpo}"));
        }
        let extended = self.connected()?.extended;
        let mut answer = Vec::new();
        if matches!(part, 0 | 1) {
            answer.extend(report::identification(&self.station.settings));
        }
        if matches!(part, 0 | 2) {
            answer.extend(report::antenna_properties(&self.station.settings));
        }
        while let Some((vendor, subtype, mut value)) = reading.custom()? {
            let data = value.u32()?;
            value.end()?;
            if !extended || (vendor, subtype, data) != (IMPINJ, 21, 2004) {
                return wrong(107, format!("data {data} of parameter {subtype} of vendor {vendor}"));
            }
            let celsius = self.station.dice.between(31, 38) as u16;
            answer.extend(custom(IMPINJ, 37, &celsius.to_be_bytes()));
        }
        reading.end()?;
        Ok(answer)
    }

    fn configure(&mut self, reading: &mut Reading<'_>, now: Duration) -> Result<(), Wrong> {
        if reading.u8()? != 0 {
            return wrong(111, "factory settings");
        }
        let LlrpTraits { keepalives, fussy, .. } = self.station.settings.llrp;
        let connection = self.connected()?;
        let told = reading.optional(244)?.map(|spec| events(spec, fussy.then_some(3))).transpose()?;
        if let Some(told) = told {
            (connection.operation_events, connection.antenna_events) = (told[2], told[8]);
        }
        if let Some(mut spec) = reading.optional(220)? {
            let (kind, ms) = (spec.u8()?, spec.u32()?);
            spec.end()?;
            if kind != 1 || !(1_000..=60_000).contains(&ms) {
                return wrong(301, format!("keep-alive of kind {kind} every {ms} ms"));
            }
            let every = Duration::from_millis(ms.into());
            let keepalive = Keepalive { every, next: now + every, unanswered: 0 };
            connection.keepalive = keepalives.then_some(keepalive);
            connection.configured = told.is_some() || fussy;
        }
        reading.end()
    }

    /// What the reader tells after a request, where it was asked to.
    fn announce(&mut self, kind: u16, now: Duration) {
        let id = self.work.operation.as_ref().map_or(1, |(operation, _)| operation.id).to_be_bytes();
        let Some(connection) = &self.connection else { return };
        if kind == 3 && connection.antenna_events {
            for antenna in self.station.settings.missing_antennas.clone() {
                self.tell(now, &tlv(255, &[0, 0, antenna]));
            }
        } else if matches!(kind, 22 | 23) && connection.operation_events {
            self.tell(now, &tlv(249, &[&[u8::from(kind == 23)][..], &id, &[0; 4]].concat()));
        }
    }

    fn keep_alive(&mut self, now: Duration) -> Option<Duration> {
        let connection = self.connection.as_mut()?;
        let keepalive = connection.keepalive.as_mut()?;
        if now < keepalive.next {
            return Some(keepalive.next);
        }
        keepalive.next = now + keepalive.every;
        keepalive.unanswered += 1;
        let (next, unanswered) = (keepalive.next, keepalive.unanswered);
        if unanswered > 1 {
            self.station.complain("a keep-alive was not answered".to_owned());
            self.station.hang_up = unanswered > 3;
        }
        self.next_id += 1;
        self.say(now, 62, self.next_id, &[]);
        Some(next)
    }

    /// Tells something unasked.
    pub(super) fn tell(&mut self, at: Duration, what: &[u8]) {
        self.next_id += 1;
        let Some(connection) = &self.connection else { return };
        let bytes = event(connection.version, self.next_id, clock(at), what);
        self.put(at, bytes);
    }

    pub(super) fn say(&mut self, at: Duration, kind: u16, id: u32, body: &[u8]) {
        let Some(connection) = &self.connection else { return };
        // The answer about versions comes in version 1.1, whatever is spoken.
        let version = if matches!(kind, 56 | 57) { 2 } else { connection.version };
        self.put(at, message(version, kind, id, body));
    }

    fn put(&mut self, at: Duration, mut bytes: Vec<u8>) {
        if self.station.wire.is_full() || self.breaking {
            return;
        }
        if self.station.dice.chance(self.station.settings.nuisances.lost_tails / BREAKS_PER_LOST_TAIL) {
            bytes.truncate(self.station.dice.between(1, bytes.len() as u64 - 1) as usize);
            self.station.hang_up = true;
            self.breaking = true;
        }
        self.station.wire.put_in_pieces(at, bytes, &mut self.station.dice);
    }
}

/// The reader's clock.
pub(super) fn clock(now: Duration) -> u64 {
    CLOCK_US + now.as_micros() as u64
}
