//! `[[reader]]` and `[[reader.antenna]]`.

use std::path::Path;

use toml::de::DeValue;

use super::devices::{lane, read_point};
use super::{Walk, name, require, resolve, value};
use crate::config::checks::SessionAt;
use crate::config::reader::{Antenna, POWER_DBM, Port, Protocol, Reader, Region, Session, Target};
use crate::config::section::{Found, Section, integer};
use crate::domain::{ReadPoint, Watched};

/// Slots of a round as a power of two: the field of the Query command has four bits (EPC Gen2, 6.3.2.12.2.1).
const Q: std::ops::RangeInclusive<i64> = 0..=15;

/// Strength of a read in dBm: a reader's scale reaches from -129 to -2 (impinj-r2000-a0.md section 4).
const RSSI_DBM: std::ops::RangeInclusive<i64> = -130..=0;

/// A reader whose session and target may depend on the other readers.
pub(super) struct Draft {
    reader: Reader,
    session: Option<Session>,
    target: Option<Target>,
}

/// Gives every reader that names none a session that no other reader has, as long as there are enough, and the target
/// that keeps its tags answering.
pub(super) fn settled(drafts: Vec<Draft>) -> Vec<Reader> {
    let mut taken: Vec<Session> = drafts.iter().filter_map(|draft| draft.session).collect();
    let mut readers = Vec::with_capacity(drafts.len());
    for Draft { reader, session, target } in drafts {
        let session = session.unwrap_or_else(|| {
            let uses = |session: &Session| taken.iter().filter(|other| *other == session).count();
            // The first of those used least: with more than four readers they go round again.
            let free = Session::IN_TURN.into_iter().min_by_key(uses).unwrap_or(Session::S0);
            taken.push(free);
            free
        });
        let target = target.unwrap_or(Target::for_session(session));
        readers.push(Reader { session, target, ..reader });
    }
    readers
}

impl Walk<'_> {
    pub(super) fn reader(&mut self, section: &mut Section<'_, '_>) -> Option<Draft> {
        let name = self.device_name(section);
        let protocol =
            section.word("protocol", &Protocol::WORDS).map_or(Protocol::R2000, |found| found.value);
        let port = self.port(section, protocol);
        let baud = baud(section, protocol, port.as_ref());
        let read_point = read_point(section, name.as_ref());
        let (lane, lane_at) = lane(section);
        let power_dbm = section.number("power_dbm", POWER_DBM, " dBm");
        let antennas = antennas(section, protocol);
        let region = section.word("region", &Region::WORDS);
        let session = section.word("session", &Session::WORDS);
        let target = section.word("target", &Target::WORDS);
        let q = section.number("q", Q, "");
        let read_tid = section.flag("read_tid");
        let watches = watched(section);
        let antennas = antennas.unwrap_or(Reader::ANTENNAS.to_vec());
        let particular = self.antennas_in_particular(section, &antennas);
        let places = particular.iter().filter_map(|antenna| antenna.read_point.clone());
        self.places.sessions.push(SessionAt {
            name: name.as_ref().map(|found| found.value.clone()).unwrap_or_default(),
            read_points: read_point.iter().cloned().chain(places).collect(),
            session: session.clone(),
        });
        let session = session.map(|found| found.value);
        let target = target.map(|found| found.value);
        let reader = Reader {
            name: name?.value,
            protocol,
            port: port?.value,
            baud: baud.map(|found| found.value),
            read_point: read_point?,
            lane,
            power_dbm: value(power_dbm, Reader::POWER_DBM),
            antennas,
            region: region.map(|found| found.value),
            session: Session::S0,
            target: Target::A,
            q: q.map(|found| found.value),
            read_tid: read_tid.unwrap_or(true),
            watches,
            particular,
        };
        let lanes =
            reader.lanes().map(|(place, lane)| (place.clone(), Found { value: lane.cloned(), at: lane_at }));
        self.places.lanes.extend(lanes);
        Some(Draft { reader, session, target })
    }

    /// Where the reader is.
    fn port(&mut self, section: &mut Section<'_, '_>, protocol: Protocol) -> Option<Found<Port>> {
        let Some(Found { value: text, at }) = section.file("port") else {
            require(section, "port", "name the serial port, by preference its path under /dev/serial/by-id");
            return None;
        };
        let text = text.to_string_lossy().into_owned();
        let network = ["tcp:", "listen:"].iter().any(|kind| text.starts_with(kind));
        let port = if network {
            if let Err(what) = network_address(&text) {
                section.refuse(at, "port", what);
                return None;
            }
            Port::Network(text)
        } else {
            Port::Serial(resolve(self.base_dir, Path::new(&text)))
        };
        if protocol == Protocol::Llrp && !network {
            let what = format!(
                "{port} is a path and llrp is spoken over the network: write \"tcp:HOST:5084\", or \
                 \"listen:0.0.0.0:5084\" for a reader that calls"
            );
            section.refuse(at, "port", what);
        }
        self.places.ports.push((section.path("port"), Found { value: port.to_string(), at }));
        Some(Found { value: port, at })
    }

    /// `[[reader.antenna]]`, each once and each among the antennas in use.
    fn antennas_in_particular(&mut self, section: &mut Section<'_, '_>, in_use: &[u8]) -> Vec<Antenna> {
        let found = self.each(section, "antenna", |walk, table| walk.antenna(table, in_use));
        let mut antennas: Vec<Antenna> = Vec::new();
        for (antenna, at) in found {
            if antennas.iter().any(|other| other.number == antenna.number) {
                let what = format!("antenna {} has a table already: one is enough", antenna.number);
                section.log.add(at, "reader.antenna.number", what);
            }
            antennas.push(antenna);
        }
        antennas
    }

    fn antenna(&mut self, table: &mut Section<'_, '_>, in_use: &[u8]) -> Option<(Antenna, usize)> {
        let number = table.number::<u8>("number", 1..=i64::from(u8::MAX), "");
        if number.is_none() {
            require(table, "number", "say which antenna this is, counted from 1");
        }
        if let Some(number) = &number
            && !in_use.contains(&number.value)
        {
            let what = format!(
                "antenna {} is not in use: add it to antennas, which are {in_use:?}, or take this table out",
                number.value
            );
            table.refuse(number.at, "number", what);
        }
        let read_point = match table.raw("read_point") {
            Some(_) => name(table, "read_point", "").map(|found| ReadPoint::new(found.value)),
            None => None,
        };
        let (lane, _) = lane(table);
        let control_tag = self.control_tag(table);
        let min_rssi_dbm = table.number("min_rssi_dbm", RSSI_DBM, " dBm").map(|found| found.value);
        let watches = watched(table);
        let number = number?;
        let antenna = Antenna { number: number.value, read_point, lane, control_tag, min_rssi_dbm, watches };
        Some((antenna, number.at))
    }

    fn control_tag(&mut self, table: &mut Section<'_, '_>) -> Option<Vec<u8>> {
        let found = table.text("control_tag")?;
        match crate::identity::epc::parse_epc_hex(&found.value) {
            Ok(epc) if epc.len() % 2 == 0 => {
                self.places.control_tags.push(Found { value: epc.clone(), at: found.at });
                return Some(epc);
            }
            Ok(epc) => {
                let what = format!(
                    "{:?} has {} bytes and an EPC has whole 16-bit words: write all of it",
                    found.value,
                    epc.len()
                );
                table.refuse(found.at, "control_tag", what);
            }
            Err(why) => {
                let what = format!(
                    "{:?} is no EPC ({why}): write the hex digits that `armoury tag check` shows for the tag",
                    found.value
                );
                table.refuse(found.at, "control_tag", what);
            }
        }
        None
    }
}

/// The slots an antenna stares at, where it does.
fn watched(section: &mut Section<'_, '_>) -> Option<Watched> {
    let found = section.text("watches")?;
    match found.value.parse() {
        Ok(watched) => Some(watched),
        Err(what) => {
            section.refuse(found.at, "watches", what);
            None
        }
    }
}

/// A rate that the family's readers have. A connection has none.
fn baud(section: &mut Section<'_, '_>, protocol: Protocol, port: Option<&Found<Port>>) -> Option<Found<u32>> {
    let baud = section.number::<u32>("baud", 1..=i64::from(u32::MAX), " baud")?;
    if let Some(Found { value: Port::Network(road), .. }) = port {
        section.refuse(baud.at, "baud", format!("{road} is a connection and has no rate: take the key out"));
    } else if !protocol.rates().is_empty() && !protocol.rates().contains(&baud.value) {
        let rates: Vec<String> = protocol.rates().iter().map(u32::to_string).collect();
        let what = format!(
            "{} baud is not among the rates of {}: write {}, or leave it out and all are tried",
            baud.value,
            protocol.word(),
            rates.join(" or ")
        );
        section.refuse(baud.at, "baud", what);
    }
    Some(baud)
}

/// `tcp:HOST:PORT` or `listen:ADDRESS:PORT`.
fn network_address(text: &str) -> Result<(), String> {
    let refused = || {
        format!(
            "{text:?} is no address: write \"tcp:HOST:PORT\", or \"listen:ADDRESS:PORT\" for a reader that calls"
        )
    };
    let (_, rest) = text.split_once(':').ok_or_else(refused)?;
    let (host, port) = rest.rsplit_once(':').ok_or_else(refused)?;
    let plain = !host.is_empty()
        && !host.chars().any(|c| c.is_whitespace() || c.is_control() || c == '/')
        && (!host.contains(':') || host.starts_with('[') && host.ends_with(']'));
    match port.parse::<u16>() {
        Ok(1..) if plain => Ok(()),
        _ => Err(refused()),
    }
}

fn antennas(section: &mut Section<'_, '_>, protocol: Protocol) -> Option<Vec<u8>> {
    let found = section.raw("antennas")?;
    let Some(list) = found.value.as_array() else {
        return section.wrong_type("antennas", &found, "a list such as [1, 2]");
    };
    let max = protocol.antenna_max();
    let mut antennas: Vec<u8> = Vec::new();
    for item in list.iter() {
        match antenna_number(item.get_ref(), max) {
            Some(number) if antennas.contains(&number) => {
                let what = format!("antenna {number} is listed twice: once is enough");
                section.refuse(item.span().start, "antennas", what);
            }
            Some(number) => antennas.push(number),
            None => {
                let what = match max {
                    1 => format!("a reader that speaks {} has one antenna: write [1]", protocol.word()),
                    _ => format!("one of the list is no antenna: they are counted from 1 to {max}"),
                };
                section.refuse(item.span().start, "antennas", what);
            }
        }
    }
    if list.is_empty() {
        let what = "the list is empty: name at least one, or leave the key out and 1 is used";
        section.refuse(found.at, "antennas", what);
    }
    Some(antennas)
}

fn antenna_number(value: &DeValue<'_>, max: u8) -> Option<u8> {
    let number = u8::try_from(integer(value)?).ok()?;
    (1..=max).contains(&number).then_some(number)
}
