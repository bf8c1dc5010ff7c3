//! Contradictions: what no single key can tell.

use std::path::PathBuf;

use super::device::{CameraSource, PictureFormat};
use super::section::{Found, Log, Section};
use super::{Access, Presence, Principal};
use crate::domain::Role;

/// Fastest a reader can report, in frames a second: 21-byte frames at 115,200 baud (impinj-r2000-a0.md section 8).
const READS_PER_S_MAX: u64 = 548;

/// What devices must not share.
#[derive(Default)]
pub(super) struct Places {
    /// Names, with the key they stand at.
    pub names: Vec<(String, Found<String>)>,
    /// Serial ports.
    pub ports: Vec<Found<PathBuf>>,
    /// Folders of pictures.
    pub folders: Vec<Found<PathBuf>>,
}

/// Two devices with one name, two readers on one port, two cameras on one folder.
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
    for (port, line) in repeated(&places.ports, log) {
        let what = format!(
            "{} is already the port of the reader in line {line}: one reader with two antennas is one [[reader]] with antennas = [1, 2]",
            port.value.display()
        );
        log.add(port.at, "reader.port", what);
    }
    for (folder, line) in repeated(&places.folders, log) {
        let what = format!(
            "folder {} already feeds the camera in line {line}: every picture would count twice",
            folder.value.display()
        );
        log.add(folder.at, "camera.source", what);
    }
}

fn repeated<'p>(paths: &'p [Found<PathBuf>], log: &Log<'_>) -> Vec<(&'p Found<PathBuf>, usize)> {
    let earlier = |nth: usize, path: &PathBuf| paths[..nth].iter().find(|other| other.value == *path);
    paths
        .iter()
        .enumerate()
        .filter_map(|(nth, path)| Some((path, log.line(earlier(nth, &path.value)?.at))))
        .collect()
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
    if let Some(Found { value: CameraSource::Folder(_), .. }) = source {
        section.refuse(
            format.at,
            "format",
            "yuv420 is the format of a pipe and this source is a folder: take the key out",
        );
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
