//! Contradictions: what no single key can tell.

use std::path::PathBuf;

use super::device::{CameraSource, PictureFormat};
use super::reader::Session;
use super::section::{Found, Log, Section};
use super::{Access, Presence, Principal};
use crate::domain::{ReadPoint, Role};

/// Fastest a reader can report, in reads a second: 47-byte records at 921,600 baud (thingmagic-mercury.md section 9).
const READS_PER_S_MAX: u64 = 1_960;

/// What devices must not share.
#[derive(Default)]
pub(super) struct Places {
    /// Names, with the key they stand at.
    pub names: Vec<(String, Found<String>)>,
    /// Ports of readers and scanners as they are written, with the key they stand at.
    pub ports: Vec<(String, Found<String>)>,
    /// The readers and the sessions of those that name one.
    pub sessions: Vec<SessionAt>,
    /// Control tags of antennas.
    pub control_tags: Vec<Found<Vec<u8>>>,
    /// Where the cameras' pictures come from.
    pub sources: Vec<Found<CameraSource>>,
    /// Read points with the lane they are put in by one device.
    pub lanes: Vec<(ReadPoint, Found<Option<String>>)>,
}

/// A reader, where it looks, and the session it names.
pub(super) struct SessionAt {
    pub name: String,
    pub read_points: Vec<ReadPoint>,
    pub session: Option<Found<Session>>,
}

/// Two devices with one name or on one port, two readers in one session, two cameras on one source, two antennas with
/// one control tag.
pub(super) fn devices(places: &Places, log: &mut Log<'_>) {
    for (nth, (key, name)) in places.names.iter().enumerate() {
        if let Some((_, other)) = places.names[..nth].iter().find(|(_, other)| other.value == name.value) {
            let line = log.line(other.at);
            let what = format!(
                "{:?} is already the name of the device in line {line}: give each its own",
                name.value
            );
            log.add(name.at, key.as_str(), what);
        }
    }
    shared_ports(places, log);
    split_places(places, log);
    check_sessions(&places.sessions, log);
    for (tag, line) in repeated(&places.control_tags, log) {
        let what = format!(
            "{} is already the control tag in line {line}: one tag cannot vouch for two antennas",
            crate::identity::epc::hex(&tag.value)
        );
        log.add(tag.at, "reader.antenna.control_tag", what);
    }
    for (source, line) in repeated(&places.sources, log) {
        let what = format!(
            "{} already feeds the camera in line {line}: every picture would count twice",
            source.value
        );
        log.add(source.at, "camera.source", what);
    }
}

/// Two devices on one port, also under two names of it.
/// What looks at one place serves one person: a read point in two lanes would be answered twice.
fn split_places(places: &Places, log: &mut Log<'_>) {
    for (nth, (place, lane)) in places.lanes.iter().enumerate() {
        let same = |(other, known): &&(ReadPoint, Found<_>)| other == place && known.value != lane.value;
        if let Some((_, other)) = places.lanes[..nth].iter().find(same) {
            let of = |lane: &Option<String>| {
                lane.as_ref().map_or("no lane".to_owned(), |lane| format!("{lane:?}"))
            };
            let what = format!(
                "read point {:?} is in {} here and in {} in line {}: write the same lane for all that looks there",
                place.as_str(),
                of(&lane.value),
                of(&other.value),
                log.line(other.at)
            );
            log.add(lane.at, "lane", what);
        }
    }
}

fn shared_ports(places: &Places, log: &mut Log<'_>) {
    for (nth, (key, port)) in places.ports.iter().enumerate() {
        let real = real_port(&port.value);
        let earlier = &places.ports[..nth];
        let Some((_, other)) = earlier.iter().find(|(_, other)| real_port(&other.value) == real) else {
            continue;
        };
        let line = log.line(other.at);
        let same =
            if other.value == port.value { String::new() } else { format!(", there called {}", other.value) };
        let what = format!(
            "{} is already the port of the device in line {line}{same}: one reader with two antennas is one \
             [[reader]] with antennas = [1, 2]",
            port.value
        );
        log.add(port.at, key.as_str(), what);
    }
}

fn repeated<'p, T: PartialEq>(things: &'p [Found<T>], log: &Log<'_>) -> Vec<(&'p Found<T>, usize)> {
    let earlier = |nth: usize, thing: &T| things[..nth].iter().find(|other| other.value == *thing);
    things
        .iter()
        .enumerate()
        .filter_map(|(nth, thing)| Some((thing, log.line(earlier(nth, &thing.value)?.at))))
        .collect()
}

/// Two readers that were given the same session: while there are enough for all, or where both look at one place.
fn check_sessions(readers: &[SessionAt], log: &mut Log<'_>) {
    let enough = readers.len() <= Session::IN_TURN.len();
    for (nth, reader) in readers.iter().enumerate() {
        let Some(session) = &reader.session else { continue };
        let has = |other: &&SessionAt| other.session.as_ref().is_some_and(|it| it.value == session.value);
        let shares = |other: &&SessionAt| other.read_points.iter().any(|at| reader.read_points.contains(at));
        let earlier = readers[..nth].iter().filter(has).find(|other| enough || shares(other));
        let Some((other, there)) = earlier.and_then(|other| Some((other, other.session.as_ref()?))) else {
            continue;
        };
        let (line, word) = (log.line(there.at), session.value.word());
        let place = reader.read_points.iter().find(|place| other.read_points.contains(place));
        let place = place.map_or_else(String::new, |place| format!(" and both look at {:?}", place.as_str()));
        let used = |free: &Session| readers.iter().flat_map(|one| &one.session).any(|it| it.value == *free);
        let free = Session::IN_TURN.into_iter().find(|free| !used(free));
        let write = free.map_or_else(
            || "give the one of them another session than its neighbours have".to_owned(),
            |free| {
                format!(
                    "write session = \"{}\" here, or leave the key out and they get different ones",
                    free.word()
                )
            },
        );
        let what = format!(
            "\"{word}\" is the session of reader {:?} in line {line} too{place}: {:?} and {:?} would each silence the \
             tags the other looks for; {write}",
            other.name, other.name, reader.name
        );
        log.add(session.at, "reader.session", what);
    }
}

/// The port as the system sees it: two names may lead to one device.
fn real_port(port: &str) -> PathBuf {
    let path = PathBuf::from(port);
    if port.starts_with("tcp:") || port.starts_with("listen:") {
        return path;
    }
    path.canonicalize().unwrap_or(path)
}

/// A format that its source cannot have.
pub(super) fn format(
    section: &mut Section<'_, '_>,
    format: &Found<PictureFormat>,
    source: Option<&Found<CameraSource>>,
    sides: [(&'static str, &Option<Found<u32>>); 2],
) {
    if format.value != PictureFormat::Yuv420 {
        return;
    }
    if let Some(Found { value: source, .. }) = source
        && !matches!(source, CameraSource::Pipe(_) | CameraSource::Rpicam(_))
    {
        let kind = source.kind();
        let what = format!("yuv420 is the format of a pipe and this source is a {kind}: take the key out");
        section.refuse(format.at, "format", what);
    }
    for (key, side) in sides {
        if let Some(side) = side
            && side.value % 2 == 1
        {
            section.refuse(
                side.at,
                key,
                format!("{} is odd and yuv420 halves it: give an even number", side.value),
            );
        }
    }
}

/// Numbers under which no tag could be present, or none could stay so. Reported at `key`, one that the file gives.
pub(super) fn presence(section: &mut Section<'_, '_>, key: &'static str, at: usize, presence: &Presence) {
    let Presence { sightings, within_ms, leave_ms, .. } = *presence;
    let possible = 1 + within_ms * READS_PER_S_MAX / 1_000;
    if u64::from(sightings) > possible {
        let what = format!(
            "{sightings} sightings cannot come within {within_ms} ms, a reader gives at most {possible}: \
             raise within_ms or lower sightings"
        );
        section.refuse(at, key, what);
    }
    // A tag read just often enough to appear is read about every within_ms / sightings.
    let gap_ms = within_ms / u64::from(sightings.max(1));
    if sightings > 1 && leave_ms < gap_ms {
        let what = format!(
            "a tag that appears with {sightings} reads in {within_ms} ms is silent {gap_ms} ms between two of them \
             and would leave again after {leave_ms} ms: set leave_ms to at least {gap_ms}, better {within_ms}"
        );
        section.refuse(at, key, what);
    }
}

/// An address that a ledger may be sent to.
pub(super) fn url(text: &str, has_ca_file: bool) -> Result<(), String> {
    let url = reqwest::Url::parse(text)
        .map_err(|why| format!("{text:?} is no address ({why}): write \"https://HOST:PORT\""))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "holds a user name or a password: the station signs what it sends and needs neither".into()
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("{text:?} has something after a ? or a #: write \"https://HOST:PORT\""));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if !is_loopback(&url) => Err(format!(
            "{text:?} would send the ledger over an open line: write https://, http:// is for this machine only"
        )),
        "http" if has_ca_file => Err(format!(
            "{text:?} uses no certificate and ca_file names one: write https:// or take ca_file out"
        )),
        "http" => Ok(()),
        other => Err(format!("{other}:// is no road the station knows: write \"https://HOST:PORT\"")),
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A user or a group in two lists would be two people.
pub(super) fn listed_once(access: &Access, role: Role, who: Principal) -> Result<Principal, String> {
    match access.role_naming(&who) {
        None => Ok(who),
        Some(other) if other == role => Err(format!("{who} is listed twice: once is enough")),
        Some(other) => Err(format!("{who} is already listed as {}: one role each", other.word())),
    }
}
